// Long reductions to few results are split into pieces whose number depends on the shape alone.
// RUN: nn-opt --convert-nn-to-linalg --fuse-elementwise --split-reductions %s | FileCheck %s

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
