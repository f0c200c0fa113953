// RUN: split-file %s %t
// RUN: not nn-check --evaluate %t/gradient.mlir 2>&1 | FileCheck --check-prefix=GRADIENT %s
// RUN: not nn-check --evaluate %t/foreign.mlir 2>&1 | FileCheck --check-prefix=FOREIGN %s
// RUN: not nn-check --gradient %t/single.mlir 2>&1 | FileCheck --check-prefix=SINGLE %s
// RUN: not nn-check --gradient %t/name.mlir 2>&1 | FileCheck --check-prefix=NAME %s
// RUN: not nn-check --gradient %t/none.mlir 2>&1 | FileCheck --check-prefix=NONE %s

//--- gradient.mlir
// GRADIENT: error: 'nn.gradient' op cannot be evaluated
func.func @f(%x: tensor<f64>) -> tensor<f64> {
  %g = nn.gradient %x wrt %x : tensor<f64> wrt tensor<f64>
  return %g : tensor<f64>
}

//--- foreign.mlir
// FOREIGN: error: 'func.call' op cannot be evaluated
func.func @g(%x: tensor<f64>) -> tensor<f64> {
  return %x : tensor<f64>
}
func.func @f(%x: tensor<f64>) -> tensor<f64> {
  %y = func.call @g(%x) : (tensor<f64>) -> tensor<f64>
  return %y : tensor<f64>
}

//--- single.mlir
// SINGLE: error: 'func.func' op has no result `loss` of type tensor<f64> to differentiate
func.func @f(%x: tensor<f32> {nn.name = "x"}) -> (tensor<f32> {nn.name = "loss"}) {
  return %x : tensor<f32>
}

//--- name.mlir
// NAME: error: 'func.func' op has no f64 argument `y` of type 'tensor<f64>'
func.func @f(%x: tensor<f64> {nn.name = "x"})
    -> (tensor<f64> {nn.name = "loss"}, tensor<f64> {nn.name = "grad.y"}) {
  return %x, %x : tensor<f64>, tensor<f64>
}

//--- none.mlir
// NONE: error: 'func.func' op has no result `grad.NAME` to check
func.func @f(%x: tensor<f64> {nn.name = "x"}) -> (tensor<f64> {nn.name = "loss"}) {
  return %x : tensor<f64>
}
