// RUN: nn-opt %s --nn-add-batch=batch=8 --split-input-file --mlir-use-nameloc-as-prefix | FileCheck %s

// Inputs and per-example results get a batch dimension, the weights follow the inputs, parameters
// and what is computed from them alone stay as they are.
// CHECK-LABEL: @evaluate
// CHECK-SAME: %[[W:[^:]*]]: tensor<4x3xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}
// CHECK-SAME: %[[X:[^:]*]]: tensor<8x4xf32> {nn.kind = #nn.kind<input>, nn.name = "x"}
// CHECK-SAME: %example_weight: tensor<8xf32> {nn.kind = #nn.kind<example_weight>, nn.name = "example_weight"}
// CHECK-SAME: %[[RATE:[^:]*]]: tensor<f64> {nn.kind = #nn.kind<scalar>}
// CHECK-SAME: -> (tensor<f32> {nn.kind = #nn.kind<output>, nn.name = "loss"}, tensor<8x3xf32> {nn.kind = #nn.kind<example_output>}, tensor<8x4x3xf32> {nn.kind = #nn.kind<example_output>})
// CHECK: %scaled = nn.tanh %[[W]] : tensor<4x3xf32>
// CHECK: %y = nn.contract %[[X]], %scaled [2, 0] x [0, 1] -> [2, 1] : tensor<8x4xf32>, tensor<4x3xf32> -> tensor<8x3xf32>
// CHECK: %[[C:.*]] = nn.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK: %[[CB:.*]] = nn.broadcast %[[C]] [1] : tensor<3xf32> -> tensor<8x3xf32>
// CHECK: %[[Z:.*]] = nn.add %y, %[[CB]] : tensor<8x3xf32>
// CHECK: %[[S:.*]] = nn.reduce_sum %[[Z]] [1] : tensor<8x3xf32> -> tensor<8xf32>
// CHECK: %loss = nn.contract %example_weight, %[[S]] [0] x [0] -> [] : tensor<8xf32>, tensor<8xf32> -> tensor<f32>
// CHECK: %[[ALL:.*]] = nn.broadcast %scaled [1, 2] : tensor<4x3xf32> -> tensor<8x4x3xf32>
// CHECK: return %loss, %[[Z]], %[[ALL]]
func.func @evaluate(%w: tensor<4x3xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                    %x: tensor<4xf32> {nn.kind = #nn.kind<input>, nn.name = "x"},
                    %rate: tensor<f64> {nn.kind = #nn.kind<scalar>})
    -> (tensor<f32> {nn.kind = #nn.kind<output>, nn.name = "loss"},
        tensor<3xf32> {nn.kind = #nn.kind<example_output>}, tensor<4x3xf32> {nn.kind = #nn.kind<example_output>}) {
  %scaled = nn.tanh %w : tensor<4x3xf32> loc("scaled")
  %y = nn.contract %x, %scaled [0] x [0, 1] -> [1] : tensor<4xf32>, tensor<4x3xf32> -> tensor<3xf32> loc("y")
  %c = nn.constant dense<0.5> : tensor<3xf32>
  %z = nn.add %y, %c : tensor<3xf32>
  %s = nn.reduce_sum %z [0] : tensor<3xf32> -> tensor<f32>
  %loss = nn.batch_mean %s : tensor<f32> loc("loss")
  return %loss, %z, %scaled : tensor<f32>, tensor<3xf32>, tensor<4x3xf32>
}

// Without an input nothing changes.
// CHECK-LABEL: @initialize
// CHECK-SAME: (%[[SEED:.*]]: tensor<i64> {nn.kind = #nn.kind<scalar>}) -> tensor<3xf32>
// CHECK: nn.random_normal %[[SEED]], %[[SEED]] stream 1 : tensor<3xf32>
func.func @initialize(%seed: tensor<i64> {nn.kind = #nn.kind<scalar>}) -> tensor<3xf32> {
  %0 = nn.random_normal %seed, %seed stream 1 : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Sums and counts leave out padding, whose weight is 0.
// CHECK-LABEL: @batch_operations
// CHECK-SAME: %[[X:[^:]*]]: tensor<8x2xf64>
// CHECK: %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<8xf64>
// CHECK: %[[REAL:.*]] = nn.compare gt %example_weight, %[[ZERO]] : tensor<8xf64>
// CHECK: %[[MASK:.*]] = nn.convert %[[REAL]] : tensor<8xi1> -> tensor<8xf64>
// CHECK: nn.contract %[[MASK]], %[[X]] [0] x [0, 1] -> [1] : tensor<8xf64>, tensor<8x2xf64> -> tensor<2xf64>
// CHECK: %[[REAL_2:.*]] = nn.compare gt %example_weight
// CHECK: %[[MASK_2:.*]] = nn.convert %[[REAL_2]] : tensor<8xi1> -> tensor<8xf32>
// CHECK: nn.reduce_sum %[[MASK_2]] [0] : tensor<8xf32> -> tensor<f32>
// CHECK: %[[WEIGHT_F32:.*]] = nn.convert %example_weight : tensor<8xf64> -> tensor<8xf32>
// CHECK: nn.contract %[[WEIGHT_F32]]
func.func @batch_operations(%x: tensor<2xf64> {nn.kind = #nn.kind<input>})
    -> (tensor<2xf64>, tensor<f32>, tensor<2xf32>) {
  %sum = nn.batch_sum %x : tensor<2xf64>
  %count = nn.batch_count : tensor<f32>
  %x32 = nn.convert %x : tensor<2xf64> -> tensor<2xf32>
  %mean = nn.batch_mean %x32 : tensor<2xf32>
  return %sum, %count, %mean : tensor<2xf64>, tensor<f32>, tensor<2xf32>
}

// Of a value that all examples share the mean is the value, the sum a multiple.
// CHECK-LABEL: @shared_value
// CHECK-SAME: %[[W:[^:]*]]: tensor<2xf32>
// CHECK: %[[COUNT:.*]] = nn.reduce_sum
// CHECK: %[[COUNTS:.*]] = nn.broadcast %[[COUNT]] [] : tensor<f32> -> tensor<2xf32>
// CHECK: %[[SUM:.*]] = nn.mul %[[W]], %[[COUNTS]]
// CHECK: return %[[W]], %[[SUM]]
func.func @shared_value(%w: tensor<2xf32> {nn.kind = #nn.kind<parameter>}, %x: tensor<2xf32> {nn.kind = #nn.kind<input>})
    -> (tensor<2xf32>, tensor<2xf32>) {
  %mean = nn.batch_mean %w : tensor<2xf32>
  %sum = nn.batch_sum %w : tensor<2xf32>
  return %mean, %sum : tensor<2xf32>, tensor<2xf32>
}

// -----

// Random numbers like a value of the example differ from example to example.
// CHECK-LABEL: @random
// CHECK: nn.random_uniform %{{.*}}, %{{.*}} stream 1 : tensor<8x3xf32>
// CHECK: nn.random_uniform %{{.*}}, %{{.*}} stream 2 : tensor<3xf32>
// CHECK: nn.random_normal %{{.*}}, %{{.*}} stream 3 : tensor<3xf32>
func.func @random(%w: tensor<3xf32> {nn.kind = #nn.kind<parameter>}, %x: tensor<2xf32> {nn.kind = #nn.kind<input>},
                  %seed: tensor<i64> {nn.kind = #nn.kind<scalar>}, %step: tensor<i64> {nn.kind = #nn.kind<scalar>})
    -> (tensor<3xf32> {nn.kind = #nn.kind<example_output>}, tensor<3xf32>, tensor<3xf32>) {
  %y = nn.exp %x : tensor<2xf32>
  %0 = nn.random_uniform %seed, %step stream 1 like %y : tensor<2xf32> : tensor<3xf32>
  %1 = nn.random_uniform %seed, %step stream 2 like %w : tensor<3xf32> : tensor<3xf32>
  %2 = nn.random_normal %seed, %step stream 3 : tensor<3xf32>
  return %0, %1, %2 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// -----

// The gradient by an input has one value an example; one by a parameter has none.
// CHECK-LABEL: @gradient
// CHECK-SAME: -> (tensor<2xf32> {nn.kind = #nn.kind<output>, nn.name = "grad.w"}, tensor<8x2xf32> {nn.kind = #nn.kind<output>, nn.name = "grad.x"})
// CHECK: nn.gradient %{{.*}} wrt %{{.*}}, %{{.*}} : tensor<f32> wrt tensor<2xf32>, tensor<8x2xf32>
func.func @gradient(%w: tensor<2xf32> {nn.kind = #nn.kind<parameter>}, %x: tensor<2xf32> {nn.kind = #nn.kind<input>})
    -> (tensor<2xf32> {nn.kind = #nn.kind<output>, nn.name = "grad.w"},
        tensor<2xf32> {nn.kind = #nn.kind<output>, nn.name = "grad.x"}) {
  %0 = nn.mul %w, %x : tensor<2xf32>
  %1 = nn.reduce_sum %0 [0] : tensor<2xf32> -> tensor<f32>
  %loss = nn.batch_mean %1 : tensor<f32>
  %dw, %dx = nn.gradient %loss wrt %w, %x : tensor<f32> wrt tensor<2xf32>, tensor<2xf32>
  return %dw, %dx : tensor<2xf32>, tensor<2xf32>
}

// -----

// The copies that stand for missing examples do not spoil a mean that is infinite: 0 * inf would be NaN.
// CHECK-LABEL: @infinite
// CHECK-SAME: %[[X:[^:]*]]: tensor<8xf32>
// CHECK: %[[Q:.*]] = nn.div %{{.*}}, %[[X]] : tensor<8xf32>
// CHECK: %[[EXISTS:.*]] = nn.compare gt %example_weight
// CHECK: %[[KEPT:.*]] = nn.select %[[EXISTS]], %[[Q]], %{{.*}} : tensor<8xf32>
// CHECK: nn.contract %example_weight, %[[KEPT]] [0] x [0] -> [] : tensor<8xf32>, tensor<8xf32> -> tensor<f32>
func.func @infinite(%x: tensor<f32> {nn.kind = #nn.kind<input>}) -> tensor<f32> {
  %one = nn.constant dense<1.0> : tensor<f32>
  %q = nn.div %one, %x : tensor<f32>
  %mean = nn.batch_mean %q : tensor<f32>
  return %mean : tensor<f32>
}

// -----

// A per-example state gets the batch in all functions; its initial value is the same in all rows.
// CHECK-LABEL: @train_step
// CHECK-SAME: %[[H:[^:]*]]: tensor<8x3xf32> {nn.kind = #nn.kind<state>, nn.name = "h", nn.per_example}
// CHECK-SAME: -> (tensor<8x3xf32> {nn.kind = #nn.kind<state>, nn.name = "h", nn.per_example})
// CHECK: %[[NEXT:.*]] = nn.add %[[H]], %{{.*}} : tensor<8x3xf32>
// CHECK: return %[[NEXT]]
func.func @train_step(%h: tensor<3xf32> {nn.kind = #nn.kind<state>, nn.name = "h", nn.per_example},
                      %x: tensor<3xf32> {nn.kind = #nn.kind<input>, nn.name = "x"})
    -> (tensor<3xf32> {nn.kind = #nn.kind<state>, nn.name = "h", nn.per_example}) {
  %next = nn.add %h, %x : tensor<3xf32>
  return %next : tensor<3xf32>
}

// CHECK-LABEL: @initialize
// CHECK-SAME: -> (tensor<8x3xf32> {nn.kind = #nn.kind<state>, nn.name = "h", nn.per_example})
// CHECK: %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK: %[[ALL:.*]] = nn.broadcast %[[ZERO]] [1] : tensor<3xf32> -> tensor<8x3xf32>
// CHECK: return %[[ALL]]
func.func @initialize() -> (tensor<3xf32> {nn.kind = #nn.kind<state>, nn.name = "h", nn.per_example}) {
  %0 = nn.constant dense<0.0> : tensor<3xf32>
  return %0 : tensor<3xf32>
}
