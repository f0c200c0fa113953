// The derivative of a branch that is not taken is 0, whatever its own is: where an infinite or undefined
// derivative meets the cotangent 0, finite differences see nothing of it.
// RUN: nn-check --gradient %s | FileCheck %s --implicit-check-not=FAILED

// Where x is negative the root and the logarithm are undefined.
// CHECK: passed chain arg0: 4 elements
func.func @chain(%x: tensor<4xf64> {nn.values = dense<[-4.0, 4.0, -0.1, 0.3]> : tensor<4xf64>})
    -> tensor<4xf64> {
  %zero = nn.constant dense<0.0> : tensor<4xf64>
  %c = nn.compare gt %x, %zero : tensor<4xf64>
  %root = nn.sqrt %x : tensor<4xf64>
  %log = nn.log %root : tensor<4xf64>
  %y = nn.select %c, %log, %x : tensor<4xf64>
  return %y : tensor<4xf64>
}

// exp(800) is infinite; so is its product with x, whose factor x has a derivative of its own.
// CHECK: passed overflow arg0: 3 elements
func.func @overflow(%x: tensor<3xf64> {nn.values = dense<[800.0, 1.0, -800.0]> : tensor<3xf64>})
    -> tensor<3xf64> {
  %limit = nn.constant dense<10.0> : tensor<3xf64>
  %c = nn.compare gt %x, %limit : tensor<3xf64>
  %e = nn.exp %x : tensor<3xf64>
  %product = nn.mul %x, %e : tensor<3xf64>
  %y = nn.select %c, %x, %product : tensor<3xf64>
  return %y : tensor<3xf64>
}

// 1e60 to the power 8 is infinite.
// CHECK: passed high_power arg0: 1 elements
func.func @high_power(%x: tensor<1xf64> {nn.values = dense<[1.0e60]> : tensor<1xf64>})
    -> tensor<1xf64> {
  %limit = nn.constant dense<10.0> : tensor<1xf64>
  %eight = nn.constant dense<8.0> : tensor<1xf64>
  %c = nn.compare gt %x, %limit : tensor<1xf64>
  %power = nn.pow %x, %eight : tensor<1xf64>
  %y = nn.select %c, %x, %power : tensor<1xf64>
  return %y : tensor<1xf64>
}

// Quotients by 0, and powers of negative bases.
// CHECK: passed undefined arg0: 2 elements
func.func @undefined(%x: tensor<2xf64> {nn.values = dense<[-2.0, 2.0]> : tensor<2xf64>})
    -> (tensor<2xf64>, tensor<2xf64>) {
  %zero = nn.constant dense<0.0> : tensor<2xf64>
  %negative = nn.compare lt %x, %zero : tensor<2xf64>
  %floor = nn.max %x, %zero : tensor<2xf64>
  %quotient = nn.div %x, %floor : tensor<2xf64>
  %0 = nn.select %negative, %x, %quotient : tensor<2xf64>
  %power = nn.pow %x, %x : tensor<2xf64>
  %1 = nn.select %negative, %x, %power : tensor<2xf64>
  return %0, %1 : tensor<2xf64>, tensor<2xf64>
}

// Kinks: exp(-800) is 0 and its logarithm -inf, which max and min leave.
// CHECK: passed kinks arg0: 2 elements
func.func @kinks(%x: tensor<2xf64> {nn.values = dense<[-800.0, 1.0]> : tensor<2xf64>})
    -> (tensor<2xf64>, tensor<2xf64>) {
  %low = nn.constant dense<-100.0> : tensor<2xf64>
  %high = nn.constant dense<100.0> : tensor<2xf64>
  %e = nn.exp %x : tensor<2xf64>
  %log = nn.log %e : tensor<2xf64>
  %0 = nn.max %log, %low : tensor<2xf64>
  %negated = nn.neg %log : tensor<2xf64>
  %1 = nn.min %negated, %high : tensor<2xf64>
  return %0, %1 : tensor<2xf64>, tensor<2xf64>
}

// Operations that pick elements leave the others, here the first, whose logarithm is -inf.
// CHECK: passed picked arg0: 4 elements
func.func @picked(%x: tensor<4xf64> {nn.values = dense<[-800.0, 1.0, 2.0, 0.5]> : tensor<4xf64>})
    -> (tensor<f64>, tensor<f64>, tensor<2xf64>, tensor<1x3xf64>) {
  %index = nn.constant dense<2> : tensor<i32>
  %e = nn.exp %x : tensor<4xf64>
  %log = nn.log %e : tensor<4xf64>
  %0 = nn.reduce_max %log [0] : tensor<4xf64> -> tensor<f64>
  %1 = nn.gather %log, %index batch_dims 0 : tensor<4xf64>, tensor<i32> -> tensor<f64>
  %2 = nn.slice %log [2] [2] [1] : tensor<4xf64> -> tensor<2xf64>
  %reversed = nn.reverse %log [0] : tensor<4xf64>
  %3 = nn.windows %reversed [0] sizes [3] strides [4] dilations [1] : tensor<4xf64> -> tensor<1x3xf64>
  return %0, %1, %2, %3 : tensor<f64>, tensor<f64>, tensor<2xf64>, tensor<1x3xf64>
}

// A reduction in between: the cotangent of all that is summed, or multiplied, is that of the sum.
// CHECK: passed reduced arg0: 4 elements
func.func @reduced(%x: tensor<2x2xf64> {nn.values = dense<[[800.0, 1.0], [0.5, 1.0]]> : tensor<2x2xf64>})
    -> (tensor<2xf64>, tensor<2xf64>) {
  %limit = nn.constant dense<100.0> : tensor<2xf64>
  %zero = nn.constant dense<0.0> : tensor<2xf64>
  %e = nn.exp %x : tensor<2x2xf64>
  %total = nn.reduce_sum %x [1] : tensor<2x2xf64> -> tensor<2xf64>
  %large = nn.compare gt %total, %limit : tensor<2xf64>
  %sum = nn.reduce_sum %e [1] : tensor<2x2xf64> -> tensor<2xf64>
  %0 = nn.select %large, %zero, %sum : tensor<2xf64>
  %product = nn.reduce_prod %e [1] : tensor<2x2xf64> -> tensor<2xf64>
  %1 = nn.select %large, %zero, %product : tensor<2xf64>
  return %0, %1 : tensor<2xf64>, tensor<2xf64>
}

// A value that another part uses as well keeps the derivative of that part.
// CHECK: passed shared arg0: 2 elements
func.func @shared(%x: tensor<2xf64> {nn.values = dense<[-800.0, 1.0]> : tensor<2xf64>})
    -> (tensor<2xf64>, tensor<2xf64>) {
  %zero = nn.constant dense<0.0> : tensor<2xf64>
  %e = nn.exp %x : tensor<2xf64>
  %log = nn.log %e : tensor<2xf64>
  %c = nn.compare gt %x, %zero : tensor<2xf64>
  %0 = nn.select %c, %log, %x : tensor<2xf64>
  %1 = nn.add %e, %x : tensor<2xf64>
  return %0, %1 : tensor<2xf64>, tensor<2xf64>
}

// The cotangent of the logarithm is 0 where it is 0, at 1: not since a branch is not taken, so that the derivative of
// the derivative is 2 there.
// CHECK: passed cut_off arg0: 3 elements
func.func @cut_off(%x: tensor<3xf64> {nn.values = dense<[1.0, 2.0, -1.0]> : tensor<3xf64>})
    -> tensor<3xf64> {
  %zero = nn.constant dense<0.0> : tensor<3xf64>
  %c = nn.compare gt %x, %zero : tensor<3xf64>
  %log = nn.log %x : tensor<3xf64>
  %square = nn.mul %log, %log : tensor<3xf64>
  %y = nn.select %c, %square, %x : tensor<3xf64>
  return %y : tensor<3xf64>
}
