// Values of reductions and contractions.
// RUN: nn-check --evaluate %s | FileCheck %s

// CHECK: sum: tensor<2xi32> [6, 15]
// CHECK: sum: tensor<3xf64> [5, 7, 9]
// CHECK: sum: tensor<f64> 21
func.func @sum() -> (tensor<2xi32>, tensor<3xf64>, tensor<f64>) {
  %0 = nn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %1 = nn.convert %0 : tensor<2x3xi32> -> tensor<2x3xf64>
  %2 = nn.reduce_sum %0 [1] : tensor<2x3xi32> -> tensor<2xi32>
  %3 = nn.reduce_sum %1 [0] : tensor<2x3xf64> -> tensor<3xf64>
  %4 = nn.reduce_sum %1 [0, 1] : tensor<2x3xf64> -> tensor<f64>
  return %2, %3, %4 : tensor<2xi32>, tensor<3xf64>, tensor<f64>
}

// CHECK: extrema: tensor<3xf64> [2, nan, -1]
// CHECK: extrema: tensor<3xf64> [-3, nan, -inf]
// CHECK: extrema: tensor<2xi32> [3, -4]
// CHECK: extrema: tensor<2xi32> [1, -6]
func.func @extrema() -> (tensor<3xf64>, tensor<3xf64>, tensor<2xi32>, tensor<2xi32>) {
  %0 = nn.constant dense<[[2.0, -3.0], [0x7FF8000000000000, 5.0], [-1.0, 0xFFF0000000000000]]>
      : tensor<3x2xf64>
  %1 = nn.constant dense<[[1, 2, 3], [-4, -5, -6]]> : tensor<2x3xi32>
  %2 = nn.reduce_max %0 [1] : tensor<3x2xf64> -> tensor<3xf64>
  %3 = nn.reduce_min %0 [1] : tensor<3x2xf64> -> tensor<3xf64>
  %4 = nn.reduce_max %1 [1] : tensor<2x3xi32> -> tensor<2xi32>
  %5 = nn.reduce_min %1 [1] : tensor<2x3xi32> -> tensor<2xi32>
  return %2, %3, %4, %5 : tensor<3xf64>, tensor<3xf64>, tensor<2xi32>, tensor<2xi32>
}

// CHECK: product: tensor<2xf64> [6, -120]
// CHECK: product: tensor<i32> -720
func.func @product() -> (tensor<2xf64>, tensor<i32>) {
  %0 = nn.constant dense<[[1, 2, 3], [4, -5, 6]]> : tensor<2x3xi32>
  %1 = nn.convert %0 : tensor<2x3xi32> -> tensor<2x3xf64>
  %2 = nn.reduce_prod %1 [1] : tensor<2x3xf64> -> tensor<2xf64>
  %3 = nn.reduce_prod %0 [0, 1] : tensor<2x3xi32> -> tensor<i32>
  return %2, %3 : tensor<2xf64>, tensor<i32>
}

// The first of equal maxima; a NaN counts only in the first place.
// CHECK: argmax: tensor<4xi32> [1, 0, 2, 0]
// CHECK: argmax: tensor<3xi32> [1, 0, 0]
func.func @argmax() -> (tensor<4xi32>, tensor<3xi32>) {
  %0 = nn.constant dense<[[1.0, 3.0, 3.0], [5.0, 5.0, 5.0], [0.0, 0x7FC00000, 1.0],
                          [0x7FC00000, 2.0, 1.0]]> : tensor<4x3xf32>
  %1 = nn.argmax %0 dim 1 : tensor<4x3xf32> -> tensor<4xi32>
  %2 = nn.constant dense<[[1, 2, 3], [4, 2, 1]]> : tensor<2x3xi32>
  %3 = nn.argmax %2 dim 0 : tensor<2x3xi32> -> tensor<3xi32>
  return %1, %3 : tensor<4xi32>, tensor<3xi32>
}

// CHECK{LITERAL}: contract: tensor<2x2xf64> [[4, 5], [10, 11]]
// CHECK{LITERAL}: contract: tensor<2x2xf64> [[4, 10], [5, 11]]
// CHECK: contract: tensor<3xf64> [6, 15, 24]
// CHECK: contract: tensor<f64> 126
func.func @contract() -> (tensor<2x2xf64>, tensor<2x2xf64>, tensor<3xf64>, tensor<f64>) {
  %0 = nn.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %1 = nn.constant dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]> : tensor<3x2xf64>
  // Matrix product, and the same transposed.
  %2 = nn.contract %0, %1 [0, 1] x [1, 2] -> [0, 2] : tensor<2x3xf64>, tensor<3x2xf64> -> tensor<2x2xf64>
  %3 = nn.contract %0, %1 [0, 1] x [1, 2] -> [2, 0] : tensor<2x3xf64>, tensor<3x2xf64> -> tensor<2x2xf64>
  // A label in both operands and in the result; one that only lhs has and that is summed.
  %4 = nn.constant dense<[1.0, 1.0, 1.0]> : tensor<3xf64>
  %5 = nn.constant dense<[1.2, 2.142857142857142857, 2.6666666666666666667]> : tensor<3xf64>
  %6 = nn.contract %0, %5 [0, 1] x [1] -> [1] : tensor<2x3xf64>, tensor<3xf64> -> tensor<3xf64>
  // All labels summed: (1 + ... + 6) * (1 + 2 + 3).
  %7 = nn.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf64>
  %8 = nn.contract %0, %7 [0, 1] x [2] -> [] : tensor<2x3xf64>, tensor<3xf64> -> tensor<f64>
  return %2, %3, %6, %8 : tensor<2x2xf64>, tensor<2x2xf64>, tensor<3xf64>, tensor<f64>
}
