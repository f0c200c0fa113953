// Running sums: form, errors, value, derivative, batch, order of dimensions, code, and the language.
// RUN: split-file %s %t
// RUN: nn-opt %t/values.mlir | nn-opt | FileCheck --check-prefix=FORM %t/values.mlir
// RUN: nn-opt --split-input-file --verify-diagnostics %t/errors.mlir
// RUN: nn-check --evaluate %t/values.mlir | FileCheck %t/values.mlir
// RUN: nn-check --gradient %t/gradients.mlir | FileCheck %t/gradients.mlir
// RUN: nn-check --batch %t/gradients.mlir | FileCheck --check-prefix=BATCH %t/gradients.mlir
// RUN: nn-verify %t/code.mlir --threads=3
// RUN: nn-verify %t/code.mlir --float=f64
// RUN: nn-opt --nn-assign-layout=batch=last %t/order.mlir | FileCheck %t/order.mlir
// RUN: nnc grad-check %t/program.nn | FileCheck %t/program.nn
// RUN: not nnc check %t/scalar.nn 2>&1 | FileCheck %t/scalar.nn

//--- values.mlir
// FORM: nn.cumulative_sum %{{.*}} dim 1 : tensor<2x3xi32>
// CHECK: sums: tensor<2x3xi32> {{\[}}[1, 3, 6], [4, 9, 15]]
// CHECK: sums: tensor<2x3xf64> {{\[}}[1, 2, 3], [5, 7, 9]]
func.func @sums() -> (tensor<2x3xi32>, tensor<2x3xf64>) {
  %0 = nn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %1 = nn.convert %0 : tensor<2x3xi32> -> tensor<2x3xf64>
  %2 = nn.cumulative_sum %0 dim 1 : tensor<2x3xi32>
  %3 = nn.cumulative_sum %1 dim 0 : tensor<2x3xf64>
  return %2, %3 : tensor<2x3xi32>, tensor<2x3xf64>
}
// An infinite element leaves those in front of it alone.
// CHECK: infinite: tensor<4xf64> [1, 2, inf, inf]
func.func @infinite() -> tensor<4xf64> {
  %0 = nn.constant dense<[1.0, 1.0, 0x7FF0000000000000, 1.0]> : tensor<4xf64>
  %1 = nn.cumulative_sum %0 dim 0 : tensor<4xf64>
  return %1 : tensor<4xf64>
}

//--- errors.mlir
func.func @rank(%x: tensor<4xf32>) {
  // expected-error @+1 {{has dimension 1, which is not in [0, 1)}}
  %0 = nn.cumulative_sum %x dim 1 : tensor<4xf32>
  return
}

//--- gradients.mlir
// CHECK: passed sums arg0: 20 elements
// BATCH: passed sums
func.func @sums(%x: tensor<4x5xf64>) -> tensor<4x5xf64> {
  %y = nn.cumulative_sum %x dim 0 : tensor<4x5xf64>
  return %y : tensor<4x5xf64>
}

//--- code.mlir
func.func @sums(%x: tensor<3x70xf32>, %y: tensor<1xf32>)
    -> (tensor<3x70xf32>, tensor<3x70xf32>, tensor<1xf32>) {
  %0 = nn.cumulative_sum %x dim 1 : tensor<3x70xf32>
  %1 = nn.cumulative_sum %x dim 0 : tensor<3x70xf32>
  %2 = nn.cumulative_sum %y dim 0 : tensor<1xf32>
  return %0, %1, %2 : tensor<3x70xf32>, tensor<3x70xf32>, tensor<1xf32>
}

//--- order.mlir
// CHECK: nn.cumulative_sum %{{.*}} dim 0 : tensor<5x64xf32>
func.func @sums(%x: tensor<64x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<64x5xf32> {
  %0 = nn.exp %x : tensor<64x5xf32>
  %1 = nn.cumulative_sum %0 dim 1 : tensor<64x5xf32>
  return %1 : tensor<64x5xf32>
}

//--- program.nn
// CHECK: w {{.*}} ok
data steps { x: float[4]; train = csv("x.csv") }
model total(x: float[4]) -> float[4] { param w: float[4] = 0.5; cumsum(x * w) }
train total on steps { loss = sum(total(x)^2); optimizer = sgd(0.1); steps = 1 }

//--- scalar.nn
// CHECK: error[N0312]: `cumsum` cannot take float
// CHECK-NEXT: scalar.nn:5:10
// CHECK: note: it takes tensors of at least one dimension
model total(x: float) -> float {
  cumsum(x)
}
