// Contractions are told what of a padded operand need not be zero, and leave out the products with zeros.
// RUN: nn-opt %s --convert-nn-to-linalg --fuse-elementwise --mark-zero-borders | FileCheck %s
// RUN: nn-opt %s --nn-stage-linalg --nn-stage-loops=target-cpu=haswell --remark-format=emitRemark --remark-policy=all --remarks-filter=contraction -o %t.mlir 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK-LABEL: func.func @forward
// CHECK: linalg.generic {{.*}}["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%inserted_slice{{.*}}, %arg1 : {{.*}} attrs = {nn.interiors = [array<i64: 0, 8, 1, 5, 1, 5, 0, 32>, array<i64>]}
// REMARK: sums of 288 products: {{.*}} without the zeros of borders, 69 % of the products
func.func @forward(%x: tensor<8x4x4x32xf32>, %w: tensor<3x3x32x32xf32>) -> tensor<8x4x4x32xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.0 : tensor<8x4x4x32xf32> -> tensor<8x6x6x32xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<8x6x6x32xf32> -> tensor<8x4x4x32x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6] : tensor<8x4x4x32x3x3xf32>, tensor<3x3x32x32xf32> -> tensor<8x4x4x32xf32>
  return %2 : tensor<8x4x4x32xf32>
}

// The padding is not zero: every product counts.
// CHECK-LABEL: func.func @ones
// CHECK-NOT: nn.interiors
func.func @ones(%x: tensor<8x4x4x32xf32>, %w: tensor<3x3x32x32xf32>) -> tensor<8x4x4x32xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 1.0 : tensor<8x4x4x32xf32> -> tensor<8x6x6x32xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<8x6x6x32xf32> -> tensor<8x4x4x32x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6] : tensor<8x4x4x32x3x3xf32>, tensor<3x3x32x32xf32> -> tensor<8x4x4x32xf32>
  return %2 : tensor<8x4x4x32xf32>
}
