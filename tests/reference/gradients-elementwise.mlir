// Every derivative of an element-wise operation against finite differences.
// RUN: nn-check --gradient %s | FileCheck %s
// CHECK-NOT: FAILED

// CHECK: passed neg arg0: 6 elements
func.func @neg(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.neg %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed abs arg0: 6 elements
func.func @abs(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.abs %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// Steps have derivative 0, as conversions to integers and comparisons do.
// CHECK: passed steps arg0: 6 elements
func.func @steps(%x: tensor<6xf64>) -> tensor<6xf64> {
  %sign = nn.sign %x : tensor<6xf64>
  %floor = nn.floor %x : tensor<6xf64>
  %ceil = nn.ceil %x : tensor<6xf64>
  %round = nn.round %x : tensor<6xf64>
  %integer = nn.convert %x : tensor<6xf64> -> tensor<6xi32>
  %whole = nn.convert %integer : tensor<6xi32> -> tensor<6xf64>
  %positive = nn.compare gt %x, %round : tensor<6xf64>
  %truth = nn.convert %positive : tensor<6xi1> -> tensor<6xf64>
  %0 = nn.add %sign, %floor : tensor<6xf64>
  %1 = nn.mul %0, %ceil : tensor<6xf64>
  %2 = nn.add %1, %round : tensor<6xf64>
  %3 = nn.add %2, %whole : tensor<6xf64>
  %4 = nn.add %3, %truth : tensor<6xf64>
  %y = nn.mul %4, %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed exp arg0: 6 elements
func.func @exp(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.exp %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed expm1 arg0: 6 elements
func.func @expm1(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.expm1 %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed log arg0: 6 elements
func.func @log(%x: tensor<6xf64> {nn.range = [0.2, 3.0]}) -> tensor<6xf64> {
  %y = nn.log %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed log1p arg0: 6 elements
func.func @log1p(%x: tensor<6xf64> {nn.range = [-0.8, 2.0]}) -> tensor<6xf64> {
  %y = nn.log1p %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed sqrt arg0: 6 elements
func.func @sqrt(%x: tensor<6xf64> {nn.range = [0.2, 3.0]}) -> tensor<6xf64> {
  %y = nn.sqrt %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed rsqrt arg0: 6 elements
func.func @rsqrt(%x: tensor<6xf64> {nn.range = [0.2, 3.0]}) -> tensor<6xf64> {
  %y = nn.rsqrt %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed tanh arg0: 6 elements
func.func @tanh(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.tanh %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed logistic arg0: 6 elements
func.func @logistic(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.logistic %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed erf arg0: 6 elements
func.func @erf(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.erf %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed sin arg0: 6 elements
func.func @sin(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.sin %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed cos arg0: 6 elements
func.func @cos(%x: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.cos %x : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed add arg0: 6 elements
// CHECK: passed add arg1: 6 elements
func.func @add(%a: tensor<6xf64>, %b: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.add %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed sub arg0: 6 elements
// CHECK: passed sub arg1: 6 elements
func.func @sub(%a: tensor<6xf64>, %b: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.sub %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed mul arg0: 6 elements
// CHECK: passed mul arg1: 6 elements
func.func @mul(%a: tensor<6xf64>, %b: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.mul %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed div arg0: 6 elements
// CHECK: passed div arg1: 6 elements
func.func @div(%a: tensor<6xf64> {nn.range = [0.3, 2.0]}, %b: tensor<6xf64> {nn.range = [0.3, 2.0]}) -> tensor<6xf64> {
  %y = nn.div %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed rem arg0: 6 elements
// CHECK: passed rem arg1: 6 elements
func.func @rem(%a: tensor<6xf64> {nn.range = [-5.0, 5.0]}, %b: tensor<6xf64> {nn.range = [0.8, 1.9]}) -> tensor<6xf64> {
  %y = nn.rem %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed max arg0: 6 elements
// CHECK: passed max arg1: 6 elements
func.func @max(%a: tensor<6xf64>, %b: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.max %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed min arg0: 6 elements
// CHECK: passed min arg1: 6 elements
func.func @min(%a: tensor<6xf64>, %b: tensor<6xf64>) -> tensor<6xf64> {
  %y = nn.min %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed pow arg0: 6 elements
// CHECK: passed pow arg1: 6 elements
func.func @pow(%a: tensor<6xf64> {nn.range = [0.2, 3.0]}, %b: tensor<6xf64> {nn.range = [0.2, 3.0]}) -> tensor<6xf64> {
  %y = nn.pow %a, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// Negative bases with a whole exponent, and powers with constant exponents.
// CHECK: passed pow_constant arg0: 6 elements
func.func @pow_constant(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<6xf64>, tensor<6xf64>) {
  %two = nn.constant dense<2.0> : tensor<6xf64>
  %three = nn.constant dense<3.0> : tensor<6xf64>
  %minus = nn.constant dense<-1.0> : tensor<6xf64>
  %0 = nn.pow %x, %two : tensor<6xf64>
  %1 = nn.pow %x, %three : tensor<6xf64>
  %2 = nn.pow %x, %minus : tensor<6xf64>
  return %0, %1, %2 : tensor<6xf64>, tensor<6xf64>, tensor<6xf64>
}

// CHECK: passed select arg0: 6 elements
// CHECK: passed select arg1: 6 elements
func.func @select(%a: tensor<6xf64>, %b: tensor<6xf64>) -> tensor<6xf64> {
  %c = nn.compare lt %a, %b : tensor<6xf64>
  %square = nn.mul %a, %a : tensor<6xf64>
  %y = nn.select %c, %square, %b : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: passed convert arg0: 6 elements
func.func @convert(%x: tensor<6xf64>) -> tensor<6xf64> {
  %0 = nn.convert %x : tensor<6xf64> -> tensor<6xf64>
  %y = nn.mul %0, %0 : tensor<6xf64>
  return %y : tensor<6xf64>
}

// The derivative of a derivative: what a gradient penalty needs.
// CHECK: passed second_derivative arg0: 6 elements
func.func @second_derivative(%x: tensor<6xf64>) -> tensor<6xf64> {
  %0 = nn.tanh %x : tensor<6xf64>
  %1 = nn.mul %0, %x : tensor<6xf64>
  %loss = nn.reduce_sum %1 [0] : tensor<6xf64> -> tensor<f64>
  %g = nn.gradient %loss wrt %x : tensor<f64> wrt tensor<6xf64>
  return %g : tensor<6xf64>
}
