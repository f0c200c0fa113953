// RUN: nn-check --gradient %s | FileCheck %s
// RUN: nn-check --batch %s | FileCheck %s --check-prefix=BATCH

// CHECK: passed windows arg0: 40 elements
// BATCH: passed windows
func.func @windows(%x: tensor<5x4x2xf64>) -> tensor<3x1x2x2x3xf64> {
  %0 = nn.windows %x [0, 1] sizes [2, 3] strides [1, 2] dilations [2, 1]
      : tensor<5x4x2xf64> -> tensor<3x1x2x2x3xf64>
  %y = nn.mul %0, %0 : tensor<3x1x2x2x3xf64>
  return %y : tensor<3x1x2x2x3xf64>
}

// CHECK: passed overlap_add arg0: 36 elements
// BATCH: passed overlap_add
func.func @overlap_add(%x: tensor<3x1x2x2x3xf64>) -> tensor<5x4x2xf64> {
  %0 = nn.overlap_add %x [0, 1] extents [5, 4] strides [1, 2] dilations [2, 1]
      : tensor<3x1x2x2x3xf64> -> tensor<5x4x2xf64>
  %y = nn.mul %0, %0 : tensor<5x4x2xf64>
  return %y : tensor<5x4x2xf64>
}

// CHECK: passed overlapping_maxima arg0: 30 elements
// BATCH: passed overlapping_maxima
func.func @overlapping_maxima(%x: tensor<5x3x2xf64>) -> tensor<2x2x2xf64> {
  %0 = nn.windows %x [0, 1] sizes [3, 2] strides [2, 1] dilations [1, 1]
      : tensor<5x3x2xf64> -> tensor<2x2x2x3x2xf64>
  %y = nn.reduce_max %0 [3, 4] : tensor<2x2x2x3x2xf64> -> tensor<2x2x2xf64>
  return %y : tensor<2x2x2xf64>
}
