// Angles: form, errors, value, derivative, batch, order of dimensions, code, and the language. The values are those of
// Python's math.atan2.
// RUN: split-file %s %t
// RUN: nn-opt %t/values.mlir | nn-opt | FileCheck --check-prefix=FORM %t/values.mlir
// RUN: nn-opt --split-input-file --verify-diagnostics %t/errors.mlir
// RUN: nn-check --evaluate %t/values.mlir | FileCheck %t/values.mlir
// RUN: nn-opt --canonicalize %t/values.mlir | nn-check --evaluate - | FileCheck %t/values.mlir
// RUN: nn-check --gradient %t/gradients.mlir | FileCheck %t/gradients.mlir
// RUN: nn-check --batch %t/gradients.mlir | FileCheck --check-prefix=BATCH %t/gradients.mlir
// RUN: nn-opt --nn-differentiate %t/origin.mlir | nn-check --evaluate - | FileCheck %t/origin.mlir
// RUN: nn-verify %t/code.mlir --threads=3
// RUN: nn-verify %t/code.mlir --float=f64
// RUN: nn-opt --nn-assign-layout=batch=last %t/order.mlir | FileCheck %t/order.mlir
// RUN: nnc build %t/program.nn --target-cpu=haswell --emit=loops | FileCheck --check-prefix=VECTOR %t/program.nn
// RUN: nnc grad-check %t/program.nn | FileCheck %t/program.nn

//--- values.mlir
// FORM: nn.atan2 %{{.*}}, %{{.*}} : tensor<17xf64>
// CHECK: angles: tensor<17xf64> [0, -0, 3.14159265359, -3.14159265359, 1.57079632679, -1.57079632679, 2.55359005004, -2.55359005004,
// CHECK-SAME: 0.124354994547, 0.785398163397, -0.785398163397, 2.35619449019, -1.57079632679, 0, -3.14159265359, 3.14159265359, nan]
func.func @angles() -> tensor<17xf64> {
  %y = nn.constant dense<[0.0, -0.0, 0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 0x7FF0000000000000, 0xFFF0000000000000,
                          0x7FF0000000000000, 0xFFF0000000000000, 1.0, -1.0, 1.0, 0x7FF8000000000000]> : tensor<17xf64>
  %x = nn.constant dense<[1.0, 1.0, -1.0, -1.0, 0.0, -0.0, -3.0, -3.0, 4.0, 0x7FF0000000000000, 0x7FF0000000000000,
                          0xFFF0000000000000, 2.0, 0x7FF0000000000000, 0xFFF0000000000000, 0xFFF0000000000000,
                          1.0]> : tensor<17xf64>
  %0 = nn.atan2 %y, %x : tensor<17xf64>
  return %0 : tensor<17xf64>
}
// CHECK: origin: tensor<4xf64> [0, 3.14159265359, -0, -3.14159265359]
func.func @origin() -> tensor<4xf64> {
  %y = nn.constant dense<[0.0, 0.0, -0.0, -0.0]> : tensor<4xf64>
  %x = nn.constant dense<[0.0, -0.0, 0.0, -0.0]> : tensor<4xf64>
  %0 = nn.atan2 %y, %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

//--- errors.mlir
func.func @shapes(%y: tensor<4xf32>, %x: tensor<3xf32>) {
  // expected-note @-1 {{prior use here}}
  // expected-error @+1 {{expects different type than prior uses}}
  %0 = nn.atan2 %y, %x : tensor<4xf32>
  return
}
// -----
func.func @integers(%x: tensor<4xi32>) {
  // expected-error @+1 {{operand #0 must be}}
  %0 = nn.atan2 %x, %x : tensor<4xi32>
  return
}

//--- gradients.mlir
// CHECK: passed angles arg0: 8 elements
// CHECK: passed angles arg1: 8 elements
// BATCH: passed angles
func.func @angles(%y: tensor<8xf64> {nn.values = dense<[0.5, 0.5, -0.5, -0.5, 3.0, -3.0, 0.25, 0.2]> : tensor<8xf64>},
                  %x: tensor<8xf64> {nn.values = dense<[2.0, -2.0, 2.0, -2.0, 0.1, 0.0, 1.0, -0.3]> : tensor<8xf64>})
    -> tensor<8xf64> {
  %0 = nn.atan2 %y, %x : tensor<8xf64>
  return %0 : tensor<8xf64>
}

//--- origin.mlir
// Both derivatives are 0 at the origin, of all signs of its zeros.
// CHECK: origin: tensor<4xf64> [0, 0, 0, 0]
// CHECK: origin: tensor<4xf64> [0, 0, 0, 0]
func.func @origin() -> (tensor<4xf64>, tensor<4xf64>) {
  %y = nn.constant dense<[0.0, 0.0, -0.0, -0.0]> : tensor<4xf64>
  %x = nn.constant dense<[0.0, -0.0, 0.0, -0.0]> : tensor<4xf64>
  %0 = nn.atan2 %y, %x : tensor<4xf64>
  %1 = nn.reduce_sum %0 [0] : tensor<4xf64> -> tensor<f64>
  %dy, %dx = nn.gradient %1 wrt %y, %x : tensor<f64> wrt tensor<4xf64>, tensor<4xf64>
  return %dy, %dx : tensor<4xf64>, tensor<4xf64>
}

// The arcsine's derivative is infinite at 1, as lang/std/functions.nn computes it.
// CHECK: arcsine: tensor<3xf64> [inf, inf, 1]
func.func @arcsine() -> tensor<3xf64> {
  %x = nn.constant dense<[1.0, -1.0, 0.0]> : tensor<3xf64>
  %one = nn.constant dense<1.0> : tensor<3xf64>
  %less = nn.sub %one, %x : tensor<3xf64>
  %more = nn.add %one, %x : tensor<3xf64>
  %0 = nn.sqrt %less : tensor<3xf64>
  %1 = nn.sqrt %more : tensor<3xf64>
  %2 = nn.mul %0, %1 : tensor<3xf64>
  %3 = nn.atan2 %x, %2 : tensor<3xf64>
  %4 = nn.reduce_sum %3 [0] : tensor<3xf64> -> tensor<f64>
  %dx = nn.gradient %4 wrt %x : tensor<f64> wrt tensor<3xf64>
  return %dx : tensor<3xf64>
}

//--- code.mlir
func.func @angles(%y: tensor<331xf32> {nn.special, nn.low = -3.0, nn.high = 3.0}, %x: tensor<331xf32> {nn.low = -3.0, nn.high = 3.0})
    -> (tensor<331xf32>, tensor<331xf32>) attributes {nn.ulp = 4.0} {
  %0 = nn.atan2 %y, %x : tensor<331xf32>
  %1 = nn.atan2 %x, %y : tensor<331xf32>
  return %0, %1 : tensor<331xf32>, tensor<331xf32>
}

//--- order.mlir
// CHECK: nn.atan2 %{{.*}} : tensor<5x64xf32>
func.func @angles(%x: tensor<64x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<64x5xf32> {
  %0 = nn.exp %x : tensor<64x5xf32>
  %1 = nn.atan2 %0, %x : tensor<64x5xf32>
  return %1 : tensor<64x5xf32>
}

//--- program.nn
// VECTOR: math.atan2 {{.*}} : vector<8xf32>
// CHECK: w {{.*}} ok
data points { x: float[40]; train = csv("x.csv") }
model turns(x: float[40]) -> float[40] { param w: float[40] = 0.5; atan2(x * w, x + w) + atan(w * x) + asin(w) + acos(w) }
train turns on points { loss = sum(turns(x)^2); optimizer = sgd(0.1); steps = 1 }
