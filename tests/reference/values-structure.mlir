// Values of constants, operations on shapes, lookups and batch operations.
// RUN: nn-check --evaluate %s | FileCheck %s

// CHECK{LITERAL}: iota: tensor<2x3xi32> [[0, 1, 2], [0, 1, 2]]
// CHECK{LITERAL}: iota: tensor<2x3xf32> [[0, 0, 0], [1, 1, 1]]
func.func @iota() -> (tensor<2x3xi32>, tensor<2x3xf32>) {
  %0 = nn.iota 1 : tensor<2x3xi32>
  %1 = nn.iota 0 : tensor<2x3xf32>
  return %0, %1 : tensor<2x3xi32>, tensor<2x3xf32>
}

// CHECK{LITERAL}: broadcast: tensor<2x3x2xi32> [[[1, 1], [2, 2], [3, 3]], [[1, 1], [2, 2], [3, 3]]]
func.func @broadcast() -> tensor<2x3x2xi32> {
  %0 = nn.constant dense<[1, 2, 3]> : tensor<3xi32>
  %1 = nn.broadcast %0 [1] : tensor<3xi32> -> tensor<2x3x2xi32>
  return %1 : tensor<2x3x2xi32>
}

// CHECK{LITERAL}: reshape: tensor<3x2xi32> [[1, 2], [3, 4], [5, 6]]
// CHECK{LITERAL}: reshape: tensor<3x2xi32> [[1, 4], [2, 5], [3, 6]]
func.func @reshape() -> (tensor<3x2xi32>, tensor<3x2xi32>) {
  %0 = nn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %1 = nn.reshape %0 : tensor<2x3xi32> -> tensor<3x2xi32>
  %2 = nn.transpose %0 [1, 0] : tensor<2x3xi32> -> tensor<3x2xi32>
  return %1, %2 : tensor<3x2xi32>, tensor<3x2xi32>
}

// Dimension i of the result is dimension permutation[i] of the operand: element [2, 0, 1] of the
// result is element [0, 1, 2] of the operand.
// CHECK{LITERAL}: transpose: tensor<3x1x2xi32> [[[0, 3]], [[1, 4]], [[2, 5]]]
func.func @transpose() -> tensor<3x1x2xi32> {
  %0 = nn.constant dense<[[[0, 1, 2], [3, 4, 5]]]> : tensor<1x2x3xi32>
  %1 = nn.transpose %0 [2, 0, 1] : tensor<1x2x3xi32> -> tensor<3x1x2xi32>
  return %1 : tensor<3x1x2xi32>
}

// CHECK{LITERAL}: slice: tensor<2x2xi32> [[5, 7], [9, 11]]
func.func @slice() -> tensor<2x2xi32> {
  %0 = nn.iota 0 : tensor<12xi32>
  %1 = nn.reshape %0 : tensor<12xi32> -> tensor<3x4xi32>
  %2 = nn.slice %1 [1, 1] [2, 2] [1, 2] : tensor<3x4xi32> -> tensor<2x2xi32>
  return %2 : tensor<2x2xi32>
}

// CHECK{LITERAL}: pad: tensor<2x4xi32> [[-1, 1, 2, -1], [-1, -1, -1, -1]]
// CHECK: pad: tensor<3xf32> [1, 2, -inf]
func.func @pad() -> (tensor<2x4xi32>, tensor<3xf32>) {
  %0 = nn.constant dense<[[1, 2]]> : tensor<1x2xi32>
  %1 = nn.pad %0 [0, 1] [1, 1] value -1.0 : tensor<1x2xi32> -> tensor<2x4xi32>
  %2 = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %3 = nn.pad %2 [0] [1] value 0xFFF0000000000000 : tensor<2xf32> -> tensor<3xf32>
  return %1, %3 : tensor<2x4xi32>, tensor<3xf32>
}

// CHECK{LITERAL}: concat: tensor<2x3xi32> [[1, 2, 5], [3, 4, 6]]
func.func @concat() -> tensor<2x3xi32> {
  %0 = nn.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %1 = nn.constant dense<[[5], [6]]> : tensor<2x1xi32>
  %2 = nn.concat %0, %1 dim 1 : tensor<2x2xi32>, tensor<2x1xi32> -> tensor<2x3xi32>
  return %2 : tensor<2x3xi32>
}

// CHECK{LITERAL}: reverse: tensor<2x3xi32> [[6, 5, 4], [3, 2, 1]]
// CHECK{LITERAL}: reverse: tensor<2x3xi32> [[3, 2, 1], [6, 5, 4]]
func.func @reverse() -> (tensor<2x3xi32>, tensor<2x3xi32>) {
  %0 = nn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %1 = nn.reverse %0 [0, 1] : tensor<2x3xi32>
  %2 = nn.reverse %0 [1] : tensor<2x3xi32>
  return %1, %2 : tensor<2x3xi32>, tensor<2x3xi32>
}

// Indices outside are clamped.
// CHECK{LITERAL}: gather: tensor<4x2xi32> [[5, 6], [1, 2], [1, 2], [5, 6]]
// CHECK: gather: tensor<3xi32> [2, 4, 5]
func.func @gather() -> (tensor<4x2xi32>, tensor<3xi32>) {
  %0 = nn.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi32>
  %1 = nn.constant dense<[2, 0, -100, 7]> : tensor<4xi32>
  %2 = nn.gather %0, %1 batch_dims 0 : tensor<3x2xi32>, tensor<4xi32> -> tensor<4x2xi32>
  %3 = nn.constant dense<[1, 1, 0]> : tensor<3xi32>
  %4 = nn.gather %0, %3 batch_dims 1 : tensor<3x2xi32>, tensor<3xi32> -> tensor<3xi32>
  return %2, %4 : tensor<4x2xi32>, tensor<3xi32>
}

// CHECK{LITERAL}: scatter_add: tensor<3x2xi32> [[4, 6], [0, 0], [12, 14]]
// CHECK{LITERAL}: scatter_add: tensor<2x3xf64> [[0, 3, 0], [4, 0, 3]]
func.func @scatter_add() -> (tensor<3x2xi32>, tensor<2x3xf64>) {
  %0 = nn.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8]]> : tensor<4x2xi32>
  %1 = nn.constant dense<[0, -5, 2, 9]> : tensor<4xi32>
  %2 = nn.scatter_add %0, %1 batch_dims 0 size 3 : tensor<4x2xi32>, tensor<4xi32> -> tensor<3x2xi32>
  %3 = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf64>
  %4 = nn.constant dense<[[1, 1], [2, 0]]> : tensor<2x2xi32>
  %5 = nn.scatter_add %3, %4 batch_dims 1 size 3 : tensor<2x2xf64>, tensor<2x2xi32> -> tensor<2x3xf64>
  return %2, %5 : tensor<3x2xi32>, tensor<2x3xf64>
}

// Before nn-add-batch the batch is one example.
// CHECK: batch_count: tensor<f32> 1
func.func @batch_count() -> tensor<f32> {
  %0 = nn.batch_count : tensor<f32>
  return %0 : tensor<f32>
}
