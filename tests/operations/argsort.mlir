// Orders: form, errors, value, batch, order of dimensions, code, and the language. It has no derivative; that of `sort` is
// the lookup's.
// RUN: split-file %s %t
// RUN: nn-opt %t/values.mlir | nn-opt | FileCheck --check-prefix=FORM %t/values.mlir
// RUN: nn-opt --split-input-file --verify-diagnostics %t/errors.mlir
// RUN: nn-check --evaluate %t/values.mlir | FileCheck %t/values.mlir
// RUN: nn-check --batch %t/code.mlir | FileCheck --check-prefix=BATCH %t/code.mlir
// RUN: nn-verify %t/code.mlir --threads=3
// RUN: nn-verify %t/code.mlir --float=f64
// RUN: nn-opt --nn-assign-layout=batch=last %t/order.mlir | FileCheck %t/order.mlir
// RUN: nnc grad-check %t/program.nn | FileCheck %t/program.nn
// RUN: nnc build --memory %t/long.nn | FileCheck %t/long.nn
// RUN: not nnc check %t/scalar.nn 2>&1 | FileCheck %t/scalar.nn

//--- values.mlir
// FORM: nn.argsort %{{.*}} dim 1 : tensor<2x4xi32>
// CHECK: integers: tensor<2x4xi32> {{\[}}[2, 0, 1, 3], [3, 1, 2, 0]]
// CHECK: integers: tensor<2x4xi32> {{\[}}[0, 1, 0, 1], [1, 0, 1, 0]]
func.func @integers() -> (tensor<2x4xi32>, tensor<2x4xi32>) {
  %0 = nn.constant dense<[[3, 4, -1, 7], [8, 2, 2, -2147483648]]> : tensor<2x4xi32>
  %1 = nn.argsort %0 dim 1 : tensor<2x4xi32>
  %2 = nn.argsort %0 dim 0 : tensor<2x4xi32>
  return %1, %2 : tensor<2x4xi32>, tensor<2x4xi32>
}
// Equal numbers, also zeros of both signs, keep their order; NaNs come last, behind infinity, and keep theirs.
// CHECK: special: tensor<9xi32> [2, 4, 5, 7, 1, 8, 3, 0, 6]
func.func @special() -> tensor<9xi32> {
  %0 = nn.constant dense<[0x7FF8000000000000, 1.0, 0xFFF0000000000000, 0x7FF0000000000000, -1.0, 0.0, 0xFFF8000000000000,
                          -0.0, 1.0]> : tensor<9xf64>
  %1 = nn.argsort %0 dim 0 : tensor<9xf64>
  return %1 : tensor<9xi32>
}

//--- errors.mlir
func.func @rank(%x: tensor<4xf32>) {
  // expected-error @+1 {{has dimension 1, which is not in [0, 1)}}
  %0 = nn.argsort %x dim 1 : tensor<4xf32>
  return
}
// -----
func.func @truth(%x: tensor<4xi1>) {
  // expected-error @+1 {{'operand' must be}}
  %0 = nn.argsort %x dim 0 : tensor<4xi1>
  return
}

//--- code.mlir
// BATCH: passed floats
func.func @floats(%x: tensor<3x70xf32> {nn.special}, %y: tensor<1xf32>, %z: tensor<2x5x3xf32>)
    -> (tensor<3x70xi32>, tensor<3x70xi32>, tensor<1xi32>, tensor<2x5x3xi32>) {
  %0 = nn.argsort %x dim 1 : tensor<3x70xf32>
  %1 = nn.argsort %x dim 0 : tensor<3x70xf32>
  %2 = nn.argsort %y dim 0 : tensor<1xf32>
  %3 = nn.argsort %z dim 1 : tensor<2x5x3xf32>
  return %0, %1, %2, %3 : tensor<3x70xi32>, tensor<3x70xi32>, tensor<1xi32>, tensor<2x5x3xi32>
}
// BATCH: passed ties
func.func @ties(%x: tensor<3x70xi32> {nn.low = -4, nn.high = 4}) -> (tensor<3x70xi32>, tensor<3x70xi32>) {
  %0 = nn.argsort %x dim 1 : tensor<3x70xi32>
  %1 = nn.argsort %x dim 0 : tensor<3x70xi32>
  return %0, %1 : tensor<3x70xi32>, tensor<3x70xi32>
}

//--- order.mlir
// CHECK: nn.argsort %{{.*}} dim 0 : tensor<5x64xf32>
func.func @orders(%x: tensor<64x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<64x5xi32> {
  %0 = nn.exp %x : tensor<64x5xf32>
  %1 = nn.argsort %0 dim 1 : tensor<64x5xf32>
  return %1 : tensor<64x5xi32>
}

//--- program.nn
// CHECK: w {{.*}} ok
// CHECK: all derivatives agree
data rows { x: float[2, 6]; train = csv("x.csv") }
model ranked(x: float[2, 6]) -> float[2, 6] {
  param w: float[6] = 0.5
  values, indices = x * w |> sort
  best = x * w |> top_k(3)
  weights = iota(6) + 1
  values * weights + sum(best.values^2) + indices
}
train ranked on rows { loss = sum(ranked(x)^2) / 100; optimizer = sgd(0.1); steps = 1 }

//--- long.nn
// The pairs that are compared are not stored: 10000 numbers have 100 million.
// CHECK: arena {{ *}}120000
data rows { x: float[10000]; train = csv("x.csv") }
model ranked(x: float[10000]) -> float { param w: float = 0.5; sum((x |> sort).values[..10]) * w }
train ranked on rows { loss = ranked(x); optimizer = sgd(0.1); batch = 1; steps = 1 }

//--- scalar.nn
// CHECK: error[N0312]: `argsort` cannot take float
// CHECK-NEXT: scalar.nn:5:11
// CHECK: note: it takes tensors of at least one dimension
model total(x: float) -> float {
  argsort(x)
}
