// Expected values were computed by hand.
// RUN: nn-check --evaluate %s | FileCheck %s

// CHECK{LITERAL}: windows: tensor<3x2xf32> [[0, 3], [2, 5], [4, 7]]
// CHECK{LITERAL}: windows: tensor<2x1x2x2xi32> [[[[1, 2], [4, 5]]], [[[4, 5], [7, 8]]]]
func.func @windows() -> (tensor<3x2xf32>, tensor<2x1x2x2xi32>) {
  %0 = nn.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]> : tensor<8xf32>
  %1 = nn.windows %0 [0] sizes [2] strides [2] dilations [3] : tensor<8xf32> -> tensor<3x2xf32>
  %2 = nn.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9]]> : tensor<3x3xi32>
  %3 = nn.windows %2 [0, 1] sizes [2, 2] strides [1, 2] dilations [1, 1]
      : tensor<3x3xi32> -> tensor<2x1x2x2xi32>
  return %1, %3 : tensor<3x2xf32>, tensor<2x1x2x2xi32>
}

// Elements in no window are 0, those in two are sums.
// CHECK: overlap_add: tensor<8xf32> [1, 0, 2, 10, 3, 20, 0, 30]
// CHECK: overlap_add: tensor<4xf64> [1, 12, 23, 30]
func.func @overlap_add() -> (tensor<8xf32>, tensor<4xf64>) {
  %0 = nn.constant dense<[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]> : tensor<3x2xf32>
  %1 = nn.overlap_add %0 [0] extents [8] strides [2] dilations [3] : tensor<3x2xf32> -> tensor<8xf32>
  %2 = nn.constant dense<[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]> : tensor<3x2xf64>
  %3 = nn.overlap_add %2 [0] extents [4] strides [1] dilations [1] : tensor<3x2xf64> -> tensor<4xf64>
  return %1, %3 : tensor<8xf32>, tensor<4xf64>
}
