// Values of the element-wise operations, special values included. Expected values: IEEE 754 and the
// C mathematics library.
// RUN: nn-check --evaluate %s | FileCheck %s

// CHECK: {{^}}neg: tensor<7xf64> [2.5, 0, -0.75, -3, -inf, inf, nan]{{$}}
func.func @neg() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.neg %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}abs: tensor<7xf64> [2.5, 0, 0.75, 3, inf, inf, nan]{{$}}
func.func @abs() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.abs %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}sign: tensor<7xf64> [-1, -0, 1, 1, 1, -1, nan]{{$}}
func.func @sign() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.sign %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}exp: tensor<7xf64> [0.0820849986239, 1, 2.11700001661, 20.0855369232, inf, 0, nan]{{$}}
func.func @exp() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.exp %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}expm1: tensor<7xf64> [-0.917915001376, -0, 1e-20, 19.0855369232, inf, -1, nan]{{$}}
func.func @expm1() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 1.0e-20, 3.0, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.expm1 %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}log: tensor<6xf64> [-0.287682072452, 0, 1.09861228867, -690.775527898, inf, nan]{{$}}
func.func @log() -> tensor<6xf64> {
  %0 = nn.constant dense<[0.75, 1.0, 3.0, 1.0e-300, 0x7FF0000000000000, 0x7FF8000000000000]> : tensor<6xf64>
  %y = nn.log %0 : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: {{^}}log1p: tensor<6xf64> [0.559615787935, 1e-20, 1.38629436112, -0.69314718056, inf, nan]{{$}}
func.func @log1p() -> tensor<6xf64> {
  %0 = nn.constant dense<[0.75, 1.0e-20, 3.0, -0.5, 0x7FF0000000000000, 0x7FF8000000000000]> : tensor<6xf64>
  %y = nn.log1p %0 : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: {{^}}sqrt: tensor<6xf64> [0.866025403784, 1, 1.73205080757, 1e-150, inf, nan]{{$}}
func.func @sqrt() -> tensor<6xf64> {
  %0 = nn.constant dense<[0.75, 1.0, 3.0, 1.0e-300, 0x7FF0000000000000, 0x7FF8000000000000]> : tensor<6xf64>
  %y = nn.sqrt %0 : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: {{^}}rsqrt: tensor<6xf64> [1.15470053838, 1, 0.57735026919, 1e+150, 0, nan]{{$}}
func.func @rsqrt() -> tensor<6xf64> {
  %0 = nn.constant dense<[0.75, 1.0, 3.0, 1.0e-300, 0x7FF0000000000000, 0x7FF8000000000000]> : tensor<6xf64>
  %y = nn.rsqrt %0 : tensor<6xf64>
  return %y : tensor<6xf64>
}

// CHECK: {{^}}tanh: tensor<7xf64> [-0.986614298151, -0, 0.635148952387, 0.995054753687, 1, -1, nan]{{$}}
func.func @tanh() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.tanh %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}logistic: tensor<7xf64> [0.0758581800212, 0.5, 0.679178699175, 0.952574126822, 1, 0, nan]{{$}}
func.func @logistic() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.logistic %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}erf: tensor<7xf64> [-0.999593047983, -0, 0.711155633654, 1.1283791671e-20, 1, -1, nan]{{$}}
func.func @erf() -> tensor<7xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 1.0e-20, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<7xf64>
  %y = nn.erf %0 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}sin: tensor<5xf64> [-0.598472144104, -0, 0.681638760023, 0.14112000806, -0.50636564111]{{$}}
func.func @sin() -> tensor<5xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 100.0]> : tensor<5xf64>
  %y = nn.sin %0 : tensor<5xf64>
  return %y : tensor<5xf64>
}

// CHECK: {{^}}cos: tensor<5xf64> [-0.801143615547, 1, 0.731688868874, -0.9899924966, 0.862318872288]{{$}}
func.func @cos() -> tensor<5xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, 100.0]> : tensor<5xf64>
  %y = nn.cos %0 : tensor<5xf64>
  return %y : tensor<5xf64>
}

// CHECK: {{^}}floor: tensor<5xf64> [-3, -0, 0, 3, -1]{{$}}
func.func @floor() -> tensor<5xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, -0.25]> : tensor<5xf64>
  %y = nn.floor %0 : tensor<5xf64>
  return %y : tensor<5xf64>
}

// CHECK: {{^}}ceil: tensor<5xf64> [-2, -0, 1, 3, -0]{{$}}
func.func @ceil() -> tensor<5xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.0, -0.25]> : tensor<5xf64>
  %y = nn.ceil %0 : tensor<5xf64>
  return %y : tensor<5xf64>
}

// CHECK: {{^}}round: tensor<8xf64> [-2, -0, 1, 4, -0, 0, 2, 0]{{$}}
func.func @round() -> tensor<8xf64> {
  %0 = nn.constant dense<[-2.5, -0.0, 0.75, 3.5, -0.25, 0.5, 1.5, 0.49999999999999994]> : tensor<8xf64>
  %y = nn.round %0 : tensor<8xf64>
  return %y : tensor<8xf64>
}

// CHECK: {{^}}exp_f32: tensor<3xf32> [0.0820849985, 1.10517097, 1.65163627e+38]{{$}}
func.func @exp_f32() -> tensor<3xf32> {
  %0 = nn.constant dense<[-2.5, 0.10000000149011612, 88.0]> : tensor<3xf32>
  %y = nn.exp %0 : tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK: {{^}}add_f32: tensor<2xf32> [1, 16777216]{{$}}
func.func @add_f32() -> tensor<2xf32> {
  %0 = nn.constant dense<[1.0, 16777216.0]> : tensor<2xf32>
  %1 = nn.constant dense<[1.0e-08, 1.0]> : tensor<2xf32>
  %y = nn.add %0, %1 : tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK: {{^}}neg_i32: tensor<4xi32> [7, 0, -5, -2147483648]{{$}}
func.func @neg_i32() -> tensor<4xi32> {
  %0 = nn.constant dense<[-7, 0, 5, -2147483648]> : tensor<4xi32>
  %y = nn.neg %0 : tensor<4xi32>
  return %y : tensor<4xi32>
}

// CHECK: {{^}}abs_i32: tensor<4xi32> [7, 0, 5, -2147483648]{{$}}
func.func @abs_i32() -> tensor<4xi32> {
  %0 = nn.constant dense<[-7, 0, 5, -2147483648]> : tensor<4xi32>
  %y = nn.abs %0 : tensor<4xi32>
  return %y : tensor<4xi32>
}

// CHECK: {{^}}sign_i32: tensor<4xi32> [-1, 0, 1, -1]{{$}}
func.func @sign_i32() -> tensor<4xi32> {
  %0 = nn.constant dense<[-7, 0, 5, -2147483648]> : tensor<4xi32>
  %y = nn.sign %0 : tensor<4xi32>
  return %y : tensor<4xi32>
}

// CHECK: {{^}}add: tensor<7xf64> [9.5, -5.5, 1, 0, 0, nan, inf]{{$}}
func.func @add() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.add %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}sub: tensor<7xf64> [5.5, -9.5, 1, 0, -0, nan, inf]{{$}}
func.func @sub() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.sub %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}mul: tensor<7xf64> [15, -15, 0, -0, -0, nan, inf]{{$}}
func.func @mul() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.mul %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}div: tensor<7xf64> [3.75, -3.75, inf, nan, nan, nan, inf]{{$}}
func.func @div() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.div %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}rem: tensor<7xf64> [1.5, -1.5, nan, nan, nan, nan, nan]{{$}}
func.func @rem() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.rem %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}max: tensor<7xf64> [7.5, 2, 1, 0, 0, nan, inf]{{$}}
func.func @max() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.max %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}min: tensor<7xf64> [2, -7.5, 0, -0, -0, nan, 1]{{$}}
func.func @min() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.min %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}pow: tensor<7xf64> [56.25, 56.25, 1, 1, 1, nan, inf]{{$}}
func.func @pow() -> tensor<7xf64> {
  %0 = nn.constant dense<[7.5, -7.5, 1.0, 0.0, -0.0, 0x7FF8000000000000, 0x7FF0000000000000]> : tensor<7xf64>
  %1 = nn.constant dense<[2.0, 2.0, 0.0, -0.0, 0.0, 1.0, 1.0]> : tensor<7xf64>
  %y = nn.pow %0, %1 : tensor<7xf64>
  return %y : tensor<7xf64>
}

// CHECK: {{^}}add_i32: tensor<5xi32> [9, -5, 5, -2147483648, 2147483647]{{$}}
func.func @add_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[7, -7, 5, 2147483647, -2147483648]> : tensor<5xi32>
  %1 = nn.constant dense<[2, 2, 0, 1, -1]> : tensor<5xi32>
  %y = nn.add %0, %1 : tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}sub_i32: tensor<5xi32> [5, -9, 5, 2147483646, -2147483647]{{$}}
func.func @sub_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[7, -7, 5, 2147483647, -2147483648]> : tensor<5xi32>
  %1 = nn.constant dense<[2, 2, 0, 1, -1]> : tensor<5xi32>
  %y = nn.sub %0, %1 : tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}mul_i32: tensor<5xi32> [14, -14, 0, 2147483647, -2147483648]{{$}}
func.func @mul_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[7, -7, 5, 2147483647, -2147483648]> : tensor<5xi32>
  %1 = nn.constant dense<[2, 2, 0, 1, -1]> : tensor<5xi32>
  %y = nn.mul %0, %1 : tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}div_i32: tensor<5xi32> [3, -3, 0, 2147483647, -2147483648]{{$}}
func.func @div_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[7, -7, 5, 2147483647, -2147483648]> : tensor<5xi32>
  %1 = nn.constant dense<[2, 2, 0, 1, -1]> : tensor<5xi32>
  %y = nn.div %0, %1 : tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}rem_i32: tensor<5xi32> [1, -1, 0, 0, 0]{{$}}
func.func @rem_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[7, -7, 5, 2147483647, -2147483648]> : tensor<5xi32>
  %1 = nn.constant dense<[2, 2, 0, 1, -1]> : tensor<5xi32>
  %y = nn.rem %0, %1 : tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}max_i32: tensor<5xi32> [7, 2, 5, 2147483647, -1]{{$}}
func.func @max_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[7, -7, 5, 2147483647, -2147483648]> : tensor<5xi32>
  %1 = nn.constant dense<[2, 2, 0, 1, -1]> : tensor<5xi32>
  %y = nn.max %0, %1 : tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}min_i32: tensor<5xi32> [2, -7, 0, 1, -2147483648]{{$}}
func.func @min_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[7, -7, 5, 2147483647, -2147483648]> : tensor<5xi32>
  %1 = nn.constant dense<[2, 2, 0, 1, -1]> : tensor<5xi32>
  %y = nn.min %0, %1 : tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}and: tensor<4xi1> [1, 0, 0, 0]{{$}}
func.func @and() -> tensor<4xi1> {
  %0 = nn.constant dense<[true, true, false, false]> : tensor<4xi1>
  %1 = nn.constant dense<[true, false, true, false]> : tensor<4xi1>
  %y = nn.and %0, %1 : tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK: {{^}}or: tensor<4xi1> [1, 1, 1, 0]{{$}}
func.func @or() -> tensor<4xi1> {
  %0 = nn.constant dense<[true, true, false, false]> : tensor<4xi1>
  %1 = nn.constant dense<[true, false, true, false]> : tensor<4xi1>
  %y = nn.or %0, %1 : tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK: {{^}}not: tensor<4xi1> [0, 0, 1, 1]{{$}}
func.func @not() -> tensor<4xi1> {
  %0 = nn.constant dense<[true, true, false, false]> : tensor<4xi1>
  %y = nn.not %0 : tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK: {{^}}compare_eq: tensor<5xi1> [0, 1, 0, 0, 1]{{$}}
func.func @compare_eq() -> tensor<5xi1> {
  %0 = nn.constant dense<[1.0, 2.0, 3.0, 0x7FF8000000000000, -0.0]> : tensor<5xf64>
  %1 = nn.constant dense<[2.0, 2.0, 2.0, 2.0, 0.0]> : tensor<5xf64>
  %y = nn.compare eq %0, %1 : tensor<5xf64>
  return %y : tensor<5xi1>
}

// CHECK: {{^}}compare_ne: tensor<5xi1> [1, 0, 1, 1, 0]{{$}}
func.func @compare_ne() -> tensor<5xi1> {
  %0 = nn.constant dense<[1.0, 2.0, 3.0, 0x7FF8000000000000, -0.0]> : tensor<5xf64>
  %1 = nn.constant dense<[2.0, 2.0, 2.0, 2.0, 0.0]> : tensor<5xf64>
  %y = nn.compare ne %0, %1 : tensor<5xf64>
  return %y : tensor<5xi1>
}

// CHECK: {{^}}compare_lt: tensor<5xi1> [1, 0, 0, 0, 0]{{$}}
func.func @compare_lt() -> tensor<5xi1> {
  %0 = nn.constant dense<[1.0, 2.0, 3.0, 0x7FF8000000000000, -0.0]> : tensor<5xf64>
  %1 = nn.constant dense<[2.0, 2.0, 2.0, 2.0, 0.0]> : tensor<5xf64>
  %y = nn.compare lt %0, %1 : tensor<5xf64>
  return %y : tensor<5xi1>
}

// CHECK: {{^}}compare_le: tensor<5xi1> [1, 1, 0, 0, 1]{{$}}
func.func @compare_le() -> tensor<5xi1> {
  %0 = nn.constant dense<[1.0, 2.0, 3.0, 0x7FF8000000000000, -0.0]> : tensor<5xf64>
  %1 = nn.constant dense<[2.0, 2.0, 2.0, 2.0, 0.0]> : tensor<5xf64>
  %y = nn.compare le %0, %1 : tensor<5xf64>
  return %y : tensor<5xi1>
}

// CHECK: {{^}}compare_gt: tensor<5xi1> [0, 0, 1, 0, 0]{{$}}
func.func @compare_gt() -> tensor<5xi1> {
  %0 = nn.constant dense<[1.0, 2.0, 3.0, 0x7FF8000000000000, -0.0]> : tensor<5xf64>
  %1 = nn.constant dense<[2.0, 2.0, 2.0, 2.0, 0.0]> : tensor<5xf64>
  %y = nn.compare gt %0, %1 : tensor<5xf64>
  return %y : tensor<5xi1>
}

// CHECK: {{^}}compare_ge: tensor<5xi1> [0, 1, 1, 0, 1]{{$}}
func.func @compare_ge() -> tensor<5xi1> {
  %0 = nn.constant dense<[1.0, 2.0, 3.0, 0x7FF8000000000000, -0.0]> : tensor<5xf64>
  %1 = nn.constant dense<[2.0, 2.0, 2.0, 2.0, 0.0]> : tensor<5xf64>
  %y = nn.compare ge %0, %1 : tensor<5xf64>
  return %y : tensor<5xi1>
}

// CHECK: {{^}}compare_i32: tensor<3xi1> [1, 0, 0]{{$}}
func.func @compare_i32() -> tensor<3xi1> {
  %0 = nn.constant dense<[-1, 0, 1]> : tensor<3xi32>
  %1 = nn.constant dense<[0, 0, 0]> : tensor<3xi32>
  %y = nn.compare lt %0, %1 : tensor<3xi32>
  return %y : tensor<3xi1>
}

// CHECK: {{^}}select: tensor<2xf64> [1.5, -2]{{$}}
func.func @select() -> tensor<2xf64> {
  %0 = nn.constant dense<[true, false]> : tensor<2xi1>
  %1 = nn.constant dense<[1.5, 2.5]> : tensor<2xf64>
  %2 = nn.constant dense<[-1.0, -2.0]> : tensor<2xf64>
  %y = nn.select %0, %1, %2 : tensor<2xf64>
  return %y : tensor<2xf64>
}

// CHECK: {{^}}convert_to_f32: tensor<3xf32> [0.100000001, inf, 16777216]{{$}}
func.func @convert_to_f32() -> tensor<3xf32> {
  %0 = nn.constant dense<[0.1, 1.0e+300, 16777217.0]> : tensor<3xf64>
  %y = nn.convert %0 : tensor<3xf64> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK: {{^}}convert_to_i32: tensor<5xi32> [2, -2, 2147483647, -2147483648, 0]{{$}}
func.func @convert_to_i32() -> tensor<5xi32> {
  %0 = nn.constant dense<[2.9, -2.9, 10000000000.0, -10000000000.0, 0x7FF8000000000000]> : tensor<5xf64>
  %y = nn.convert %0 : tensor<5xf64> -> tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK: {{^}}convert_i64: tensor<2xi32> [705032704, -3]{{$}}
func.func @convert_i64() -> tensor<2xi32> {
  %0 = nn.constant dense<[5000000000, -3]> : tensor<2xi64>
  %y = nn.convert %0 : tensor<2xi64> -> tensor<2xi32>
  return %y : tensor<2xi32>
}

// CHECK: {{^}}convert_i64_f64: tensor<2xf64> [5000000000, -3]{{$}}
func.func @convert_i64_f64() -> tensor<2xf64> {
  %0 = nn.constant dense<[5000000000, -3]> : tensor<2xi64>
  %y = nn.convert %0 : tensor<2xi64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// CHECK: {{^}}convert_i1: tensor<2xf32> [1, 0]{{$}}
func.func @convert_i1() -> tensor<2xf32> {
  %0 = nn.constant dense<[true, false]> : tensor<2xi1>
  %y = nn.convert %0 : tensor<2xi1> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK: {{^}}stop_gradient: tensor<2xf64> [1.5, -2]{{$}}
func.func @stop_gradient() -> tensor<2xf64> {
  %0 = nn.constant dense<[1.5, -2.0]> : tensor<2xf64>
  %y = nn.stop_gradient %0 : tensor<2xf64>
  return %y : tensor<2xf64>
}

// CHECK: {{^}}batch_mean: tensor<2xf64> [1.5, -2]{{$}}
func.func @batch_mean() -> tensor<2xf64> {
  %0 = nn.constant dense<[1.5, -2.0]> : tensor<2xf64>
  %y = nn.batch_mean %0 : tensor<2xf64>
  return %y : tensor<2xf64>
}

// CHECK: {{^}}batch_sum: tensor<2xf64> [1.5, -2]{{$}}
func.func @batch_sum() -> tensor<2xf64> {
  %0 = nn.constant dense<[1.5, -2.0]> : tensor<2xf64>
  %y = nn.batch_sum %0 : tensor<2xf64>
  return %y : tensor<2xf64>
}
