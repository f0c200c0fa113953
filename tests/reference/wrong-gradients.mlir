// The gradient check reports wrong derivatives.
// RUN: not nn-check --gradient %s | FileCheck %s

// CHECK: FAILED wrong x: 2 elements, relative error at most 3.3e-01; element {{[01]}} has derivative 2, difference 3
// CHECK-SAME: 0 elements unsettled
func.func @wrong(%x: tensor<2xf64> {nn.name = "x"})
    -> (tensor<f64> {nn.name = "loss"}, tensor<2xf64> {nn.name = "grad.x"}) {
  %three = nn.constant dense<3.0> : tensor<2xf64>
  %two = nn.constant dense<2.0> : tensor<2xf64>
  %0 = nn.mul %x, %three : tensor<2xf64>
  %loss = nn.reduce_sum %0 [0] : tensor<2xf64> -> tensor<f64>
  return %loss, %two : tensor<f64>, tensor<2xf64>
}

// CHECK: FAILED infinite x: 1 elements, relative error at most inf
func.func @infinite(%x: tensor<1xf64> {nn.name = "x"})
    -> (tensor<f64> {nn.name = "loss"}, tensor<1xf64> {nn.name = "grad.x"}) {
  %loss = nn.reduce_sum %x [0] : tensor<1xf64> -> tensor<f64>
  %inf = nn.constant dense<0x7FF0000000000000> : tensor<1xf64>
  return %loss, %inf : tensor<f64>, tensor<1xf64>
}

// A step: the differences do not settle at its edge.
// CHECK: FAILED kink x: 1 elements
// CHECK-SAME: 1 elements unsettled
func.func @kink(%x: tensor<1xf64> {nn.name = "x", nn.values = dense<0.0> : tensor<1xf64>})
    -> (tensor<f64> {nn.name = "loss"}, tensor<1xf64> {nn.name = "grad.x"}) {
  %zero = nn.constant dense<0.0> : tensor<1xf64>
  %one = nn.constant dense<1.0> : tensor<1xf64>
  %positive = nn.compare ge %x, %zero : tensor<1xf64>
  %step = nn.select %positive, %one, %zero : tensor<1xf64>
  %loss = nn.reduce_sum %step [0] : tensor<1xf64> -> tensor<f64>
  return %loss, %zero : tensor<f64>, tensor<1xf64>
}

// The differences are rounded beside a large loss, but the derivative is further off.
// CHECK: FAILED large x: 2 elements, relative error at most 3.3e-01; element {{[01]}} has derivative 2, difference {{2.99|3}}
// CHECK-SAME: 0 elements unsettled, 0 hidden by rounding
func.func @large(%x: tensor<2xf64> {nn.name = "x"})
    -> (tensor<f64> {nn.name = "loss"}, tensor<2xf64> {nn.name = "grad.x"}) {
  %three = nn.constant dense<3.0> : tensor<2xf64>
  %two = nn.constant dense<2.0> : tensor<2xf64>
  %offset = nn.constant dense<1.0e9> : tensor<f64>
  %0 = nn.mul %x, %three : tensor<2xf64>
  %sum = nn.reduce_sum %0 [0] : tensor<2xf64> -> tensor<f64>
  %loss = nn.add %sum, %offset : tensor<f64>
  return %loss, %two : tensor<f64>, tensor<2xf64>
}

// It is not beside a larger one, which is a failure here too.
// CHECK: FAILED hidden x: 2 elements
// CHECK-SAME: 0 elements unsettled, 2 hidden by rounding
func.func @hidden(%x: tensor<2xf64> {nn.name = "x"})
    -> (tensor<f64> {nn.name = "loss"}, tensor<2xf64> {nn.name = "grad.x"}) {
  %three = nn.constant dense<3.0> : tensor<2xf64>
  %two = nn.constant dense<2.0> : tensor<2xf64>
  %offset = nn.constant dense<1.0e13> : tensor<f64>
  %0 = nn.mul %x, %three : tensor<2xf64>
  %sum = nn.reduce_sum %0 [0] : tensor<2xf64> -> tensor<f64>
  %loss = nn.add %sum, %offset : tensor<f64>
  return %loss, %two : tensor<f64>, tensor<2xf64>
}
