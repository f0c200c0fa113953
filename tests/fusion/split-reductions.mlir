// Long reductions to few results are split into pieces whose number depends on the shape alone.
// RUN: nn-opt --convert-nn-to-linalg --fuse-elementwise --split-reductions %s | FileCheck %s

// CHECK: #[[IMAGE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0 + d4 * 2 + d7, d1 + d5, d2, d6)>

// 784 = 56 * 14
// CHECK-LABEL: func.func @sum_of_squares
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [56, 14, 256]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "reduction"]
// CHECK-SAME: outs(%{{.*}} : tensor<56xf32>)
// CHECK: arith.mulf
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction"]
// CHECK-SAME: ins(%{{.*}} : tensor<56xf32>)
func.func @sum_of_squares(%x: tensor<784x256xf32>) -> tensor<f32> {
  %s = nn.mul %x, %x : tensor<784x256xf32>
  %y = nn.reduce_sum %s [0, 1] : tensor<784x256xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func.func @small
// CHECK-NOT: tensor.expand_shape
// CHECK: return
func.func @small(%x: tensor<64x10xf32>) -> tensor<f32> {
  %y = nn.reduce_sum %x [0, 1] : tensor<64x10xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: func.func @many_results
// CHECK-NOT: tensor.expand_shape
// CHECK: return
func.func @many_results(%x: tensor<512x1024xf32>) -> tensor<1024xf32> {
  %y = nn.reduce_sum %x [0] : tensor<512x1024xf32> -> tensor<1024xf32>
  return %y : tensor<1024xf32>
}

// Each thread has rows of its own to sum.
// CHECK-LABEL: func.func @rows
// CHECK-NOT: tensor.expand_shape
// CHECK: return
func.func @rows(%x: tensor<64x4096xf32>) -> tensor<64xf32> {
  %y = nn.reduce_sum %x [1] : tensor<64x4096xf32> -> tensor<64xf32>
  return %y : tensor<64xf32>
}

// CHECK-LABEL: func.func @few_columns
// CHECK: output_shape [64, 64, 64]
func.func @few_columns(%x: tensor<4096x64xf32>) -> tensor<64xf32> {
  %y = nn.reduce_sum %x [0] : tensor<4096x64xf32> -> tensor<64xf32>
  return %y : tensor<64xf32>
}

// The gradient of a convolution by its weights reads 350,000 elements for 600 results: 28 rows are summed in 14 pieces,
// the rows of the image where windows put them.
// CHECK-LABEL: func.func @weights
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2], [3], [4]] output_shape [14, 2, 28, 6, 64]
// CHECK: linalg.generic {indexing_maps = [#[[IMAGE]], {{.*}}outs(%{{.*}} : tensor<14x5x5x1x6xf32>)
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "parallel", "parallel", "parallel"]
func.func @weights(%x: tensor<32x32x1x64xf32>, %d: tensor<28x28x6x64xf32>) -> tensor<5x5x1x6xf32> {
  %w = nn.windows %x [0, 1] sizes [5, 5] strides [1, 1] dilations [1, 1] : tensor<32x32x1x64xf32> -> tensor<28x28x1x64x5x5xf32>
  %y = nn.contract %w, %d [0, 1, 2, 3, 4, 5] x [0, 1, 6, 3] -> [4, 5, 2, 6] : tensor<28x28x1x64x5x5xf32>, tensor<28x28x6x64xf32> -> tensor<5x5x1x6xf32>
  return %y : tensor<5x5x1x6xf32>
}

// Of a dense layer the results are as many as what is read.
// CHECK-LABEL: func.func @dense
// CHECK-NOT: tensor.expand_shape
// CHECK: return
func.func @dense(%x: tensor<256x256xf32>, %d: tensor<256x512xf32>) -> tensor<256x512xf32> {
  %y = nn.contract %x, %d [0, 1] x [0, 2] -> [1, 2] : tensor<256x256xf32>, tensor<256x512xf32> -> tensor<256x512xf32>
  return %y : tensor<256x512xf32>
}
