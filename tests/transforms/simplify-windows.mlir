// Windows that are views, and overlaps of products that are convolutions. Values: tests/conversion/values/windows.mlir.
// RUN: nn-opt --nn-simplify --split-input-file %s | FileCheck %s

// Windows side by side, of which the last row and column are in none.
// CHECK-LABEL: func.func @blocks
// CHECK: nn.slice %{{.*}} [0, 0, 0, 0] [2, 6, 8, 3] [1, 1, 1, 1]
// CHECK: nn.reshape %{{.*}} : tensor<2x6x8x3xf32> -> tensor<2x3x2x4x2x3xf32>
// CHECK: nn.transpose %{{.*}} [0, 1, 3, 5, 2, 4]
// CHECK-NOT: nn.windows
func.func @blocks(%x: tensor<2x7x9x3xf32>) -> tensor<2x3x4x3x2x2xf32> {
  %0 = nn.windows %x [1, 2] sizes [2, 2] strides [2, 2] dilations [1, 1]
      : tensor<2x7x9x3xf32> -> tensor<2x3x4x3x2x2xf32>
  return %0 : tensor<2x3x4x3x2x2xf32>
}

// -----

// CHECK-LABEL: func.func @overlapping
// CHECK: nn.windows
func.func @overlapping(%x: tensor<2x7x9x3xf32>) -> tensor<2x3x4x3x3x3xf32> {
  %0 = nn.windows %x [1, 2] sizes [3, 3] strides [2, 2] dilations [1, 1]
      : tensor<2x7x9x3xf32> -> tensor<2x3x4x3x3x3xf32>
  return %0 : tensor<2x3x4x3x3x3xf32>
}

// -----

// The gradient by a 3x3 convolution's image without its border of zeros: one more convolution.
// CHECK-LABEL: func.func @same
// CHECK-SAME: (%[[D:.*]]: tensor<2x6x7x20xf32>, %[[W:.*]]: tensor<3x3x5x20xf32>)
// CHECK-DAG: %[[PAD:.*]] = nn.pad %[[D]] [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00
// CHECK-DAG: %[[WINDOWS:.*]] = nn.windows %[[PAD]] [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1]
// CHECK-DAG: %[[REVERSED:.*]] = nn.reverse %[[W]] [0, 1]
// CHECK: nn.contract %[[WINDOWS]], %[[REVERSED]]
// CHECK-SAME: -> tensor<2x6x7x5xf32>
// CHECK-NOT: nn.overlap_add
func.func @same(%d: tensor<2x6x7x20xf32>, %w: tensor<3x3x5x20xf32>) -> tensor<2x6x7x5xf32> {
  %0 = nn.contract %d, %w [0, 1, 2, 3] x [4, 5, 6, 3] -> [0, 1, 2, 6, 4, 5]
      : tensor<2x6x7x20xf32>, tensor<3x3x5x20xf32> -> tensor<2x6x7x5x3x3xf32>
  %1 = nn.overlap_add %0 [1, 2] extents [8, 9] strides [1, 1] dilations [1, 1]
      : tensor<2x6x7x5x3x3xf32> -> tensor<2x8x9x5xf32>
  %2 = nn.slice %1 [0, 1, 1, 0] [2, 6, 7, 5] [1, 1, 1, 1] : tensor<2x8x9x5xf32> -> tensor<2x6x7x5xf32>
  return %2 : tensor<2x6x7x5xf32>
}

// -----

// Stride 2: even elements by two of the weights, odd ones by the third, then side by side.
// CHECK-LABEL: func.func @phases
// CHECK-SAME: (%[[D:.*]]: tensor<2x4x20xf32>, %[[W:.*]]: tensor<3x5x20xf32>)
// CHECK-DAG: nn.slice %[[W]] [0, 0, 0] [2, 5, 20] [2, 1, 1]
// CHECK-DAG: nn.slice %[[W]] [1, 0, 0] [1, 5, 20] [2, 1, 1]
// CHECK: nn.concat %{{.*}}, %{{.*}} dim 2 : tensor<2x5x1x5xf32>, tensor<2x5x1x5xf32>
// CHECK: nn.reshape %{{.*}} : tensor<2x5x2x5xf32> -> tensor<2x10x5xf32>
// CHECK-NOT: nn.overlap_add
func.func @phases(%d: tensor<2x4x20xf32>, %w: tensor<3x5x20xf32>) -> tensor<2x9x5xf32> {
  %0 = nn.contract %d, %w [0, 1, 2] x [3, 4, 2] -> [0, 1, 4, 3]
      : tensor<2x4x20xf32>, tensor<3x5x20xf32> -> tensor<2x4x5x3xf32>
  %1 = nn.overlap_add %0 [1] extents [9] strides [2] dilations [1] : tensor<2x4x5x3xf32> -> tensor<2x9x5xf32>
  return %1 : tensor<2x9x5xf32>
}

// -----

// Nothing is a product here: sums stay scattered.
// CHECK-LABEL: func.func @pooled
// CHECK: nn.overlap_add
func.func @pooled(%d: tensor<2x4x5x3xf32>) -> tensor<2x9x5xf32> {
  %1 = nn.overlap_add %d [1] extents [9] strides [2] dilations [1] : tensor<2x4x5x3xf32> -> tensor<2x9x5xf32>
  return %1 : tensor<2x9x5xf32>
}
