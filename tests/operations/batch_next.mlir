// The next example of the batch: form, errors, value, derivative, what it becomes in a batch, and the language. Of a batch of
// one, which is what the evaluator computes, the next example is the example.
// RUN: split-file %s %t
// RUN: nn-opt %t/values.mlir | nn-opt | FileCheck --check-prefix=FORM %t/values.mlir
// RUN: nn-opt --split-input-file --verify-diagnostics %t/errors.mlir
// RUN: nn-check --evaluate %t/values.mlir | FileCheck %t/values.mlir
// RUN: nn-check --gradient %t/gradients.mlir | FileCheck %t/gradients.mlir --implicit-check-not=FAILED
// RUN: nn-opt --nn-add-batch=batch=4 %t/batch.mlir | FileCheck %t/batch.mlir
// RUN: nn-opt --nn-add-batch=batch=1 %t/batch.mlir | FileCheck --check-prefix=ONE %t/batch.mlir
// RUN: not nn-opt --nn-add-batch=batch=4 %t/none.mlir 2>&1 | FileCheck %t/none.mlir
// RUN: nn-opt %t/examples.mlir --pass-pipeline="builtin.module(func.func(nn-differentiate))" | FileCheck %t/examples.mlir
// RUN: not nnc check %t/scan.nn 2>&1 | FileCheck %t/scan.nn
// RUN: not nnc check %t/shared.nn 2>&1 | FileCheck %t/shared.nn
// RUN: not nnc check %t/initial.nn 2>&1 | FileCheck %t/initial.nn
// RUN: nnc grad-check %t/program.nn | FileCheck %t/program.nn
// RUN: cd %t && nnc build program.nn --float=f64 -o program && ./program train --log log && FileCheck --check-prefix=LOG program.nn < log

//--- values.mlir
// FORM: nn.batch_next %{{.*}} : tensor<3xf64>
// FORM: nn.batch_next %{{.*}} previous : tensor<2xi32>
// CHECK: floats: tensor<3xf64> [1, -2, inf]
func.func @floats() -> tensor<3xf64> {
  %0 = nn.constant dense<[1.0, -2.0, 0x7FF0000000000000]> : tensor<3xf64>
  %1 = nn.batch_next %0 : tensor<3xf64>
  return %1 : tensor<3xf64>
}
// CHECK: integers_before: tensor<2xi32> [4, -5]
func.func @integers_before() -> tensor<2xi32> {
  %0 = nn.constant dense<[4, -5]> : tensor<2xi32>
  %1 = nn.batch_next %0 previous : tensor<2xi32>
  return %1 : tensor<2xi32>
}

//--- errors.mlir
func.func @scanned(%x: tensor<3x2xf32>) {
  %0 = nn.scan 3 over(%row = %x : tensor<3x2xf32>) {
    // expected-error @+1 {{'nn.batch_next' op cannot be in the block of a scan}}
    %1 = nn.batch_next %row : tensor<2xf32>
    nn.yield emit(%1 : tensor<2xf32>)
  }
  return
}

//--- gradients.mlir
// CHECK: passed batch_next arg0: 3 elements
func.func @batch_next(%x: tensor<3xf64> {nn.kind = #nn.kind<input>}) -> tensor<3xf64> {
  %square = nn.mul %x, %x : tensor<3xf64>
  %next = nn.batch_next %square : tensor<3xf64>
  %before = nn.batch_next %x previous : tensor<3xf64>
  %y = nn.mul %before, %next : tensor<3xf64>
  return %y : tensor<3xf64>
}

//--- batch.mlir
// The rows from the second on, then the first; of what all examples share, the same.
// CHECK-DAG: %[[REST:.*]] = nn.slice %[[X:.*]] [1, 0] [3, 2] [1, 1] : tensor<4x2xf32> -> tensor<3x2xf32>
// CHECK-DAG: %[[FIRST:.*]] = nn.slice %[[X]] [0, 0] [1, 2] [1, 1] : tensor<4x2xf32> -> tensor<1x2xf32>
// CHECK: nn.concat %[[REST]], %[[FIRST]] dim 0
// CHECK-DAG: %[[LAST:.*]] = nn.slice %[[X]] [3, 0] [1, 2] [1, 1]
// CHECK-DAG: %[[OTHERS:.*]] = nn.slice %[[X]] [0, 0] [3, 2] [1, 1]
// CHECK: nn.concat %[[LAST]], %[[OTHERS]] dim 0
// CHECK-NOT: nn.concat
// ONE-NOT: nn.slice
func.func @turned(%x: tensor<2xf32> {nn.kind = #nn.kind<input>, nn.name = "x"},
                  %w: tensor<2xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"})
    -> (tensor<2xf32> {nn.kind = #nn.kind<example_output>, nn.name = "next"},
        tensor<2xf32> {nn.kind = #nn.kind<example_output>, nn.name = "previous"},
        tensor<2xf32> {nn.kind = #nn.kind<output>, nn.name = "shared"}) {
  %0 = nn.batch_next %x : tensor<2xf32>
  %1 = nn.batch_next %x previous : tensor<2xf32>
  %2 = nn.batch_next %w : tensor<2xf32>
  return %0, %1, %2 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

//--- none.mlir
// CHECK: has no batch to refer to
func.func @none(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = nn.batch_next %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}

//--- examples.mlir
// The derivative of the sum of the losses of all examples: the example before has read the value.
// CHECK-LABEL: @mixed
// CHECK: nn.batch_next %[[X:.*]] : tensor<f32>
// CHECK: %[[SHARE:.*]] = nn.mul %{{.*}}, %[[X]]
// CHECK: nn.batch_next %[[SHARE]] previous
func.func @mixed(%x: tensor<f32> {nn.kind = #nn.kind<input>, nn.name = "x"})
    -> (tensor<f32> {nn.kind = #nn.kind<example_output>, nn.name = "d"}) {
  %next = nn.batch_next %x : tensor<f32>
  %y = nn.mul %x, %next : tensor<f32>
  %d = nn.gradient %y wrt %x : tensor<f32> wrt tensor<f32>
  return %d : tensor<f32>
}

//--- scan.nn
// CHECK: error[N0211]: `batch_next` in the block of a `scan` is not supported by this version
model m(x: float[4, 2]) -> float[4, 2] { scan row in x { yield batch_next(row) } }

//--- shared.nn
// CHECK: error[N0362]: `grad`: the batch is combined between `w` and `y`
data rows { x: float; train = csv("x.csv") }
model m(x: float) -> float { param w: float = 1; y = batch_next(w * x); w + grad(y, w) }
train m on rows { loss = m(x); optimizer = sgd(0.1); steps = 1 }

//--- initial.nn
// CHECK: error[N0314]{{.*}}`batch_next` needs a batch of examples
model m(x: float[2]) -> float[2] { param w: float[2] = 1; state s: float[2] = batch_next(zeros(2)); s + w * x }

//--- x.csv
1
2
4
8
16
//--- program.nn
// Five examples in batches of three: the last of a batch has the first one as its next, also where the batch is not full. The
// loss is w times the mean of x times the next x, and w = 1 in both steps:
// (1 * 2 + 2 * 4 + 4 * 1) / 3 and (8 * 16 + 16 * 8) / 2.
// CHECK: all derivatives agree
// LOG: "loss":4.66666666666666
// LOG: "loss":128,
data rows { x: float; train = csv("x.csv", header = false) }
model m(x: float) -> float { param w: float = 1; w * x }
train m on rows { loss = m(x) * batch_next(x); optimizer = sgd(0); epochs = 1; batch = 3; shuffle = false }
