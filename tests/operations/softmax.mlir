// Softmax: form, errors, value, derivative, batch, order of dimensions, code, and the language.
// RUN: split-file %s %t
// RUN: nn-opt %t/values.mlir | nn-opt | FileCheck --check-prefix=FORM %t/values.mlir
// RUN: nn-opt --split-input-file --verify-diagnostics %t/errors.mlir
// RUN: nn-check --evaluate %t/values.mlir | FileCheck %t/values.mlir
// RUN: nn-check --gradient %t/gradients.mlir | FileCheck %t/gradients.mlir
// RUN: nn-check --batch %t/gradients.mlir | FileCheck --check-prefix=BATCH %t/gradients.mlir
// RUN: nn-opt --nn-differentiate %t/excluded.mlir > %t/excluded.grad.mlir
// RUN: nn-check --evaluate %t/excluded.grad.mlir | FileCheck %t/excluded.mlir
// RUN: nn-verify %t/code.mlir --threads=3
// RUN: nn-verify %t/code.mlir --float=f64
// RUN: nn-opt --nn-assign-layout=batch=last %t/order.mlir | FileCheck %t/order.mlir
// RUN: nnc grad-check %t/program.nn | FileCheck %t/program.nn
// RUN: nnc build --emit=nn %t/program.nn | FileCheck --check-prefix=ONE %t/program.nn

//--- values.mlir
// exp(1) / (exp(1) + exp(2) + exp(3)), ...
// FORM: nn.softmax %{{.*}} [1] : tensor<2x3xf64>
// CHECK: softmax_rows: tensor<2x3xf64> {{\[}}[0.0900305731704, 0.244728471055, 0.665240955775], [0.333333333333, 0.333333333333, 0.333333333333]]
func.func @softmax_rows() -> tensor<2x3xf64> {
  %0 = nn.constant dense<[[1.0, 2.0, 3.0], [1000.0, 1000.0, 1000.0]]> : tensor<2x3xf64>
  %1 = nn.softmax %0 [1] : tensor<2x3xf64>
  return %1 : tensor<2x3xf64>
}
// CHECK: softmax_all: tensor<2x2xf64> {{\[}}[0.25, 0.25], [0.25, 0.25]]
func.func @softmax_all() -> tensor<2x2xf64> {
  %0 = nn.constant dense<-7.0> : tensor<2x2xf64>
  %1 = nn.softmax %0 [0, 1] : tensor<2x2xf64>
  return %1 : tensor<2x2xf64>
}
// -inf leaves an element out; a row that keeps nothing is 0; NaN and inf are not hidden.
// CHECK: softmax_special: tensor<4x2xf64> {{\[}}[0, 1], [0, 0], [nan, nan], [nan, nan]]
func.func @softmax_special() -> tensor<4x2xf64> {
  %0 = nn.constant dense<[[0xFFF0000000000000, 3.0], [0xFFF0000000000000, 0xFFF0000000000000],
                          [0x7FF8000000000000, 1.0], [0x7FF0000000000000, 0x7FF0000000000000]]>
      : tensor<4x2xf64>
  %1 = nn.softmax %0 [1] : tensor<4x2xf64>
  return %1 : tensor<4x2xf64>
}

//--- errors.mlir
func.func @rank(%x: tensor<4xf32>) {
  // expected-error @+1 {{dims}}
  %0 = nn.softmax %x [1] : tensor<4xf32>
  return
}
// -----
func.func @order(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{dims}}
  %0 = nn.softmax %x [1, 0] : tensor<4x4xf32>
  return
}

//--- gradients.mlir
// CHECK: passed softmax_rows arg0: 20 elements
// CHECK: passed softmax_blocks arg0: 12 elements
// BATCH: passed softmax_rows
// BATCH: passed softmax_blocks
func.func @softmax_rows(%x: tensor<4x5xf64>) -> tensor<4x5xf64> {
  %y = nn.softmax %x [1] : tensor<4x5xf64>
  return %y : tensor<4x5xf64>
}
func.func @softmax_blocks(%x: tensor<2x3x2xf64>) -> tensor<2x3x2xf64> {
  %y = nn.softmax %x [0, 2] : tensor<2x3x2xf64>
  return %y : tensor<2x3x2xf64>
}

//--- excluded.mlir
// The derivative by an element that is left out is 0, also in a row that keeps nothing.
// CHECK: gradient: tensor<2x3xf64> {{\[}}[0.24{{[0-9]*}}, -0.24{{[0-9]*}}, 0], [0, 0, 0]]
func.func @gradient() -> tensor<2x3xf64> {
  %x = nn.constant dense<[[0.5, 0.3, 2.0], [1.0, 1.0, 1.0]]> : tensor<2x3xf64>
  %keep = nn.constant dense<[[true, true, false], [false, false, false]]> : tensor<2x3xi1>
  %out = nn.constant dense<0xFFF0000000000000> : tensor<2x3xf64>
  %kept = nn.select %keep, %x, %out : tensor<2x3xf64>
  %y = nn.softmax %kept [1] : tensor<2x3xf64>
  %first = nn.slice %y [0, 0] [2, 1] [1, 1] : tensor<2x3xf64> -> tensor<2x1xf64>
  %loss = nn.reduce_sum %first [0, 1] : tensor<2x1xf64> -> tensor<f64>
  %g = nn.gradient %loss wrt %x : tensor<f64> wrt tensor<2x3xf64>
  return %g : tensor<2x3xf64>
}

//--- code.mlir
func.func @softmax_rows(%x: tensor<3x70xf32>, %y: tensor<9x1xf32>, %z: tensor<5x3x4xf32>)
    -> (tensor<3x70xf32>, tensor<3x70xf32>, tensor<9x1xf32>, tensor<5x3x4xf32>) {
  %0 = nn.softmax %x [1] : tensor<3x70xf32>
  %1 = nn.softmax %x [0] : tensor<3x70xf32>
  %2 = nn.softmax %y [1] : tensor<9x1xf32>
  %3 = nn.softmax %z [0, 2] : tensor<5x3x4xf32>
  return %0, %1, %2, %3 : tensor<3x70xf32>, tensor<3x70xf32>, tensor<9x1xf32>, tensor<5x3x4xf32>
}

//--- order.mlir
// CHECK: nn.softmax %{{.*}} [0] : tensor<5x64xf32>
func.func @softmax_rows(%x: tensor<64x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<64x5xf32> {
  %0 = nn.exp %x : tensor<64x5xf32>
  %1 = nn.softmax %0 [1] : tensor<64x5xf32>
  return %1 : tensor<64x5xf32>
}

//--- program.nn
// CHECK: w {{.*}} ok
// ONE: nn.softmax {{.*}} [1] : tensor<2x4xf32>
data points { x: float[4]; train = csv("x.csv") }
model weights(x: float[4]) -> float[4] { param w: float[4] = 0.5; softmax(where x * w > -10: x * w) }
train weights on points { loss = sum(weights(x)^2); optimizer = sgd(0.1); batch = 2; steps = 1 }
