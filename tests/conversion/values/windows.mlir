// Convolution and pooling: as they are, and as nn-simplify has them (views, convolutions for overlaps of products).
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3
// RUN: nn-opt --nn-simplify %s > %t.mlir
// RUN: nn-verify %t.mlir --threads=2
// RUN: nn-verify %t.mlir --float=f64 --threads=3

func.func @moved(%x: tensor<2x7x9x3xf32>) -> (tensor<2x5x4x3x3x3xf32>, tensor<2x3x9x3x2xf32>) {
  %0 = nn.windows %x [1, 2] sizes [3, 3] strides [1, 2] dilations [1, 1]
      : tensor<2x7x9x3xf32> -> tensor<2x5x4x3x3x3xf32>
  %1 = nn.windows %x [1] sizes [2] strides [2] dilations [1] : tensor<2x7x9x3xf32> -> tensor<2x3x9x3x2xf32>
  return %0, %1 : tensor<2x5x4x3x3x3xf32>, tensor<2x3x9x3x2xf32>
}
func.func @overlap(%x: tensor<2x5x4x19x3x3xf32>, %y: tensor<2x3x9x3x2xf32>)
    -> (tensor<2x7x10x19xf32>, tensor<2x7x9x3xf32>) {
  %0 = nn.overlap_add %x [1, 2] extents [7, 10] strides [1, 2] dilations [1, 1]
      : tensor<2x5x4x19x3x3xf32> -> tensor<2x7x10x19xf32>
  %1 = nn.overlap_add %y [1] extents [7] strides [2] dilations [1] : tensor<2x3x9x3x2xf32> -> tensor<2x7x9x3xf32>
  return %0, %1 : tensor<2x7x10x19xf32>, tensor<2x7x9x3xf32>
}
func.func @pooled(%x: tensor<2x7x9x17xf32>) -> (tensor<2x3x4x17xf32>, tensor<2x3x4x17xf32>, tensor<2x3x4x17xf32>) {
  %0 = nn.windows %x [1, 2] sizes [3, 3] strides [2, 2] dilations [1, 1]
      : tensor<2x7x9x17xf32> -> tensor<2x3x4x17x3x3xf32>
  %1 = nn.reduce_max %0 [4, 5] : tensor<2x3x4x17x3x3xf32> -> tensor<2x3x4x17xf32>
  %2 = nn.reduce_sum %0 [4, 5] : tensor<2x3x4x17x3x3xf32> -> tensor<2x3x4x17xf32>
  %3 = nn.windows %x [1, 2] sizes [2, 2] strides [2, 2] dilations [1, 1]
      : tensor<2x7x9x17xf32> -> tensor<2x3x4x17x2x2xf32>
  %4 = nn.reduce_max %3 [4, 5] : tensor<2x3x4x17x2x2xf32> -> tensor<2x3x4x17xf32>
  return %1, %2, %4 : tensor<2x3x4x17xf32>, tensor<2x3x4x17xf32>, tensor<2x3x4x17xf32>
}
func.func @convolution(%x: tensor<3x6x7x5xf32>, %w: tensor<3x3x5x20xf32>) -> tensor<3x6x7x20xf32> {
  %0 = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.0 : tensor<3x6x7x5xf32> -> tensor<3x8x9x5xf32>
  %1 = nn.windows %0 [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1]
      : tensor<3x8x9x5xf32> -> tensor<3x6x7x5x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6]
      : tensor<3x6x7x5x3x3xf32>, tensor<3x3x5x20xf32> -> tensor<3x6x7x20xf32>
  return %2 : tensor<3x6x7x20xf32>
}
func.func @depthwise(%x: tensor<3x6x7x18xf32>, %w: tensor<3x3x18xf32>) -> tensor<3x4x5x18xf32> {
  %1 = nn.windows %x [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1]
      : tensor<3x6x7x18xf32> -> tensor<3x4x5x18x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3] -> [0, 1, 2, 3]
      : tensor<3x4x5x18x3x3xf32>, tensor<3x3x18xf32> -> tensor<3x4x5x18xf32>
  return %2 : tensor<3x4x5x18xf32>
}
func.func @weights(%x: tensor<3x8x9x5xf32>, %d: tensor<3x3x4x20xf32>) -> tensor<3x3x5x20xf32> {
  %1 = nn.windows %x [1, 2] sizes [3, 3] strides [2, 2] dilations [1, 1]
      : tensor<3x8x9x5xf32> -> tensor<3x3x4x5x3x3xf32>
  %2 = nn.contract %1, %d [0, 1, 2, 3, 4, 5] x [0, 1, 2, 6] -> [4, 5, 3, 6]
      : tensor<3x3x4x5x3x3xf32>, tensor<3x3x4x20xf32> -> tensor<3x3x5x20xf32>
  return %2 : tensor<3x3x5x20xf32>
}
// The gradients by inputs: strides 1 and 2, a dilation, extents that strides do not divide, a stride
// beyond the window.
func.func @inputs(%d: tensor<2x6x7x20xf32>, %w: tensor<3x3x5x20xf32>, %e: tensor<2x3x4x20xf32>)
    -> (tensor<2x8x9x5xf32>, tensor<2x7x10x5xf32>, tensor<2x10x9x5xf32>, tensor<2x10x13x5xf32>) {
  %0 = nn.contract %d, %w [0, 1, 2, 3] x [4, 5, 6, 3] -> [0, 1, 2, 6, 4, 5]
      : tensor<2x6x7x20xf32>, tensor<3x3x5x20xf32> -> tensor<2x6x7x5x3x3xf32>
  %1 = nn.overlap_add %0 [1, 2] extents [8, 9] strides [1, 1] dilations [1, 1]
      : tensor<2x6x7x5x3x3xf32> -> tensor<2x8x9x5xf32>
  %2 = nn.contract %e, %w [0, 1, 2, 3] x [4, 5, 6, 3] -> [0, 1, 2, 6, 4, 5]
      : tensor<2x3x4x20xf32>, tensor<3x3x5x20xf32> -> tensor<2x3x4x5x3x3xf32>
  %3 = nn.overlap_add %2 [1, 2] extents [7, 10] strides [2, 2] dilations [1, 1]
      : tensor<2x3x4x5x3x3xf32> -> tensor<2x7x10x5xf32>
  %6 = nn.contract %w, %d [4, 5, 6, 3] x [0, 1, 2, 3] -> [0, 1, 2, 6, 4, 5]
      : tensor<3x3x5x20xf32>, tensor<2x6x7x20xf32> -> tensor<2x6x7x5x3x3xf32>
  %4 = nn.overlap_add %6 [1, 2] extents [10, 9] strides [1, 1] dilations [2, 1]
      : tensor<2x6x7x5x3x3xf32> -> tensor<2x10x9x5xf32>
  %7 = nn.contract %w, %e [4, 5, 6, 3] x [0, 1, 2, 3] -> [0, 1, 2, 6, 4, 5]
      : tensor<3x3x5x20xf32>, tensor<2x3x4x20xf32> -> tensor<2x3x4x5x3x3xf32>
  %5 = nn.overlap_add %7 [1, 2] extents [10, 13] strides [3, 3] dilations [1, 1]
      : tensor<2x3x4x5x3x3xf32> -> tensor<2x10x13x5xf32>
  return %1, %3, %4, %5 : tensor<2x8x9x5xf32>, tensor<2x7x10x5xf32>, tensor<2x10x9x5xf32>, tensor<2x10x13x5xf32>
}
// Only a slice of the overlap is used: strides 1 and 2.
func.func @inner_inputs(%d: tensor<2x6x7x20xf32>, %w: tensor<3x3x5x20xf32>, %e: tensor<2x3x4x20xf32>)
    -> (tensor<2x6x7x5xf32>, tensor<2x5x8x5xf32>) {
  %0 = nn.contract %d, %w [0, 1, 2, 3] x [4, 5, 6, 3] -> [0, 1, 2, 6, 4, 5]
      : tensor<2x6x7x20xf32>, tensor<3x3x5x20xf32> -> tensor<2x6x7x5x3x3xf32>
  %1 = nn.overlap_add %0 [1, 2] extents [8, 9] strides [1, 1] dilations [1, 1]
      : tensor<2x6x7x5x3x3xf32> -> tensor<2x8x9x5xf32>
  %2 = nn.slice %1 [0, 1, 1, 0] [2, 6, 7, 5] [1, 1, 1, 1] : tensor<2x8x9x5xf32> -> tensor<2x6x7x5xf32>
  %3 = nn.contract %e, %w [0, 1, 2, 3] x [4, 5, 6, 3] -> [0, 1, 2, 6, 4, 5]
      : tensor<2x3x4x20xf32>, tensor<3x3x5x20xf32> -> tensor<2x3x4x5x3x3xf32>
  %4 = nn.overlap_add %3 [1, 2] extents [7, 10] strides [2, 2] dilations [1, 1]
      : tensor<2x3x4x5x3x3xf32> -> tensor<2x7x10x5xf32>
  %5 = nn.slice %4 [0, 1, 1, 0] [2, 5, 8, 5] [1, 1, 1, 1] : tensor<2x7x10x5xf32> -> tensor<2x5x8x5xf32>
  return %2, %5 : tensor<2x6x7x5xf32>, tensor<2x5x8x5xf32>
}
