// stop_gradient stays while there is a gradient to stop.
// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-simplify))" | FileCheck %s
// CHECK: nn.stop_gradient
func.func @f(%x: tensor<f64>) -> tensor<f64> {
  %0 = nn.stop_gradient %x : tensor<f64>
  %1 = nn.mul %0, %x : tensor<f64>
  %2 = nn.gradient %1 wrt %x : tensor<f64> wrt tensor<f64>
  return %2 : tensor<f64>
}
