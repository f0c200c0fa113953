// Convolution and padding on their way to loops.
// RUN: nn-opt --nn-stage-linalg %s | FileCheck %s --check-prefix=LINALG
// RUN: nn-opt --nn-stage-linalg %s | nn-opt --assign-arena | FileCheck %s --check-prefix=ARENA
// RUN: nn-opt --nn-stage-linalg %s | nn-opt --nn-stage-loops | FileCheck %s --check-prefix=LOOPS
// RUN: nn-opt --nn-stage-linalg %s | nn-opt --nn-stage-loops --remarks-filter=contraction --remark-format=emitRemark 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// The windows are a map of the contraction, and the reversed weights are read from their end.
// LINALG-DAG: #[[IMAGE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 - d5 + 2, d2 - d6 + 2, d4)>
// LINALG-DAG: #[[WEIGHTS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d5, d6, d3, d4)>
// LINALG-LABEL: func.func @convolve_twice
// LINALG: linalg.generic {indexing_maps = [#[[IMAGE]], #[[WEIGHTS]],

// The result goes into the padded image at once; only the border is filled.
// ARENA-LABEL: func.func @nnc_convolve_twice
// ARENA: %[[PADDED:.*]] = memref.view {{.*}} memref<2x10x10x16xf32>
// ARENA: %[[INNER:.*]] = memref.subview %[[PADDED]][0, 1, 1, 0] [2, 8, 8, 16]
// ARENA: linalg.generic {{.*}} outs(%[[INNER]]
// ARENA-NOT: memref.copy

// Both convolutions are of one shape: one function computes them.
// LOOPS-LABEL: func.func @nnc_convolve_twice
// LOOPS: call @[[KERNEL:nnc_contraction_[0-9]+]](
// LOOPS: call @[[KERNEL]](
// LOOPS: func.func private @[[KERNEL]](
// LOOPS: vector.fma
// LOOPS-NOT: func.func private @nnc_contraction

// REMARK: remark: [Passed] tiling | Category:contraction | Function=nnc_convolve_twice | Remark="128 x 16 sums of 144 products: lanes along n, tiles of
func.func @convolve_twice(%x: tensor<2x8x8x16xf32>, %w: tensor<3x3x16x16xf32>) -> tensor<2x8x8x16xf32> {
  %r = nn.reverse %w [0, 1] : tensor<3x3x16x16xf32>
  %0 = nn.exp %x : tensor<2x8x8x16xf32>
  %1 = nn.pad %0 [0, 1, 1, 0] [0, 1, 1, 0] value 0.0 : tensor<2x8x8x16xf32> -> tensor<2x10x10x16xf32>
  %2 = nn.windows %1 [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<2x10x10x16xf32> -> tensor<2x8x8x16x3x3xf32>
  %3 = nn.contract %2, %r [0, 1, 2, 3, 4, 5] x [4, 5, 6, 3] -> [0, 1, 2, 6]
      : tensor<2x8x8x16x3x3xf32>, tensor<3x3x16x16xf32> -> tensor<2x8x8x16xf32>
  %4 = nn.sin %3 : tensor<2x8x8x16xf32>
  %5 = nn.exp %4 : tensor<2x8x8x16xf32>
  %6 = nn.reduce_sum %5 [0] : tensor<2x8x8x16xf32> -> tensor<8x8x16xf32>
  %7 = nn.broadcast %6 [1, 2, 3] : tensor<8x8x16xf32> -> tensor<2x8x8x16xf32>
  %8 = nn.pad %7 [0, 1, 1, 0] [0, 1, 1, 0] value 0.0 : tensor<2x8x8x16xf32> -> tensor<2x10x10x16xf32>
  %9 = nn.windows %8 [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<2x10x10x16xf32> -> tensor<2x8x8x16x3x3xf32>
  %10 = nn.contract %9, %r [0, 1, 2, 3, 4, 5] x [4, 5, 6, 3] -> [0, 1, 2, 6]
      : tensor<2x8x8x16x3x3xf32>, tensor<3x3x16x16xf32> -> tensor<2x8x8x16xf32>
  %11 = nn.neg %10 : tensor<2x8x8x16xf32>
  %12 = nn.transpose %10 [0, 2, 1, 3] : tensor<2x8x8x16xf32> -> tensor<2x8x8x16xf32>
  %13 = nn.add %11, %12 : tensor<2x8x8x16xf32>
  return %13 : tensor<2x8x8x16xf32>
}
