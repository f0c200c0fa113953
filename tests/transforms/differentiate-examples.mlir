// Gradients of one example are replaced before the batch is there, that of the training step after it.
// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-differentiate))" --mlir-use-nameloc-as-prefix | FileCheck %s
// RUN: nn-opt %s --nn-stage-nn=batch=8 --mlir-use-nameloc-as-prefix | FileCheck %s --check-prefix=BATCH
// RUN: nn-opt %s --nn-stage-nn=batch=8 | nn-opt --nn-stage-grad | FileCheck %s --check-prefix=NONE
// NONE-NOT: nn.gradient

// The name of the only result is that of what replaces it.
// CHECK-LABEL: @train_step
// CHECK: nn.cos
// CHECK: %slope = nn.mul
// CHECK: %loss = nn.batch_mean %{{.*}} : tensor<f32>
// CHECK: nn.gradient %loss wrt %arg0 : tensor<f32> wrt tensor<f32>
// BATCH-LABEL: @train_step
// BATCH: %slope = nn.mul %{{.*}}, %{{.*}} : tensor<8xf32>
// BATCH: nn.gradient %loss wrt %arg0 : tensor<f32> wrt tensor<f32>
func.func @train_step(%w: tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                      %x: tensor<f32> {nn.kind = #nn.kind<input>, nn.name = "x"})
    -> (tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}) {
  %0 = nn.mul %w, %x : tensor<f32>
  %u = nn.sin %0 : tensor<f32> loc("u")
  %slope = nn.gradient %u wrt %x : tensor<f32> wrt tensor<f32> loc("slope")
  %2 = nn.mul %slope, %slope : tensor<f32>
  %loss = nn.batch_mean %2 : tensor<f32> loc("loss")
  %dw = nn.gradient %loss wrt %w : tensor<f32> wrt tensor<f32>
  return %dw : tensor<f32>
}

// The derivative of the sum of all examples' losses: the mean of their cotangents comes back.
// CHECK-LABEL: @mean
// CHECK: nn.batch_mean %[[X:.*]] : tensor<f32>
// CHECK: %[[SHARE:.*]] = nn.mul %{{.*}}, %[[X]]
// CHECK: %[[BACK:.*]] = nn.batch_mean %[[SHARE]]
// CHECK: nn.add %{{.*}}, %[[BACK]]
func.func @mean(%x: tensor<f32> {nn.kind = #nn.kind<input>, nn.name = "x"})
    -> (tensor<f32> {nn.kind = #nn.kind<example_output>, nn.name = "d"}) {
  %mean = nn.batch_mean %x : tensor<f32>
  %y = nn.mul %x, %mean : tensor<f32>
  %d = nn.gradient %y wrt %x : tensor<f32> wrt tensor<f32>
  return %d : tensor<f32>
}

// A zero of a branch that is not taken is one to derivatives of the derivative too; but where the derivative is a number,
// a cotangent that happens to be 0 does not cut it off. A derivative that is not differentiated again needs no such condition.
// CHECK-LABEL: @guard
// CHECK: %[[ZERO:.*]] = nn.compare eq
// CHECK: %[[NAN:.*]] = nn.compare ne %[[D:.*]], %[[D]]
// CHECK: %[[BOTH:.*]] = nn.and %[[ZERO]], %[[NAN]]
// CHECK: nn.select %[[BOTH]]
// CHECK-LABEL: @last_guard
// CHECK-NOT: nn.and
func.func @guard(%x: tensor<f32>) -> tensor<f32> {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %c = nn.compare gt %x, %zero : tensor<f32>
  %l = nn.log %x : tensor<f32>
  %y = nn.select %c, %l, %x : tensor<f32>
  %d = nn.gradient %y wrt %x : tensor<f32> wrt tensor<f32>
  %dd = nn.gradient %d wrt %x : tensor<f32> wrt tensor<f32>
  return %dd : tensor<f32>
}
func.func @last_guard(%x: tensor<f32>) -> tensor<f32> {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %c = nn.compare gt %x, %zero : tensor<f32>
  %l = nn.log %x : tensor<f32>
  %y = nn.select %c, %l, %x : tensor<f32>
  %d = nn.gradient %y wrt %x : tensor<f32> wrt tensor<f32>
  return %d : tensor<f32>
}
