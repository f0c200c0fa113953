// The batch goes where cycles are fewest, and a remark gives the reason.
// RUN: nn-opt %s --nn-assign-layout=target-cpu=skylake-avx512 --nn-simplify | FileCheck %s
// RUN: nn-opt %s --nn-assign-layout=target-cpu=skylake-avx512 --remarks-filter=layout --remark-format=emitRemark -o %t 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: not nn-opt %s --nn-assign-layout=batch=middle 2>&1 | FileCheck %s --check-prefix=WORD

// WORD: error: nn-assign-layout: batch is choose, first or last, not `middle`

// REMARK: remark: {{.*}}Category:layout{{.*}}Function=few_channels{{.*}}batch last in 2 of 2 groups

// Six channels would fill six lanes of sixteen: the lanes run along the examples, and the image is put in
// order once.
// CHECK-LABEL: @few_channels
// CHECK-SAME: %[[X:.*]]: tensor<64x28x28x1xf32> {nn.kind = #nn.kind<input>}
// CHECK-SAME: -> tensor<64x12x12x6xf32>
// CHECK-SAME: nn.layout = "batch last in 2 of 2 groups of values: {{.*}} M cycles of contractions and transpositions; in none {{.*}} M, in all {{.*}} M"
// CHECK: %[[T:.*]] = nn.transpose %[[X]] [1, 2, 3, 0]
// CHECK: %[[W:.*]] = nn.windows %[[T]] [0, 1]
// CHECK: nn.contract %[[W]], %{{.*}} -> tensor<24x24x6x64xf32>
// CHECK: %[[M:.*]] = nn.reduce_max {{.*}} -> tensor<12x12x6x64xf32>
// CHECK: %[[R:.*]] = nn.transpose %[[M]] [3, 0, 1, 2]
// CHECK: return %[[R]]
func.func @few_channels(%x: tensor<64x28x28x1xf32> {nn.kind = #nn.kind<input>}, %w: tensor<5x5x1x6xf32>) -> tensor<64x12x12x6xf32> {
  %v = nn.windows %x [1, 2] sizes [5, 5] strides [1, 1] dilations [1, 1]
      : tensor<64x28x28x1xf32> -> tensor<64x24x24x1x5x5xf32>
  %y = nn.contract %v, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6]
      : tensor<64x24x24x1x5x5xf32>, tensor<5x5x1x6xf32> -> tensor<64x24x24x6xf32>
  %q = nn.windows %y [1, 2] sizes [2, 2] strides [2, 2] dilations [1, 1]
      : tensor<64x24x24x6xf32> -> tensor<64x12x12x6x2x2xf32>
  %m = nn.reduce_max %q [4, 5] : tensor<64x12x12x6x2x2xf32> -> tensor<64x12x12x6xf32>
  return %m : tensor<64x12x12x6xf32>
}

// CHECK-LABEL: @many_channels
// CHECK-SAME: nn.layout = "batch first: {{.*}} M cycles of contractions, nothing to gain"
// CHECK-NOT: nn.transpose
// CHECK: nn.contract {{.*}} -> tensor<16x10x10x64xf32>
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @many_channels(%x: tensor<16x12x12x64xf32> {nn.kind = #nn.kind<input>}, %w: tensor<3x3x64x64xf32>) -> tensor<16x10x10x64xf32> {
  %r = nn.abs %x : tensor<16x12x12x64xf32>
  %v = nn.windows %r [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1]
      : tensor<16x12x12x64xf32> -> tensor<16x10x10x64x3x3xf32>
  %y = nn.contract %v, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6]
      : tensor<16x10x10x64x3x3xf32>, tensor<3x3x64x64xf32> -> tensor<16x10x10x64xf32>
  %e = nn.exp %y : tensor<16x10x10x64xf32>
  return %e : tensor<16x10x10x64xf32>
}

// CHECK-LABEL: @few_examples
// CHECK-SAME: nn.layout = "batch first: 4 examples are fewer than the 16 lanes of a vector"
// CHECK: nn.contract {{.*}} -> tensor<4x24x24x6xf32>
func.func @few_examples(%x: tensor<4x28x28x1xf32> {nn.kind = #nn.kind<input>}, %w: tensor<5x5x1x6xf32>) -> tensor<4x24x24x6xf32> {
  %v = nn.windows %x [1, 2] sizes [5, 5] strides [1, 1] dilations [1, 1]
      : tensor<4x28x28x1xf32> -> tensor<4x24x24x1x5x5xf32>
  %y = nn.contract %v, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6]
      : tensor<4x24x24x1x5x5xf32>, tensor<5x5x1x6xf32> -> tensor<4x24x24x6xf32>
  return %y : tensor<4x24x24x6xf32>
}

// Without inputs, or without contractions, there is nothing to choose.
// CHECK-LABEL: @no_inputs
// CHECK-NOT: nn.layout
// CHECK: return
func.func @no_inputs(%x: tensor<64x6xf32>, %w: tensor<6x4xf32>) -> tensor<64x4xf32> {
  %y = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<64x6xf32>, tensor<6x4xf32> -> tensor<64x4xf32>
  return %y : tensor<64x4xf32>
}

// The order of what is drawn would change with the layout, so a large draw keeps its reader where it is
// unless the contractions gain more than the transposition costs.
// CHECK-LABEL: @head
// CHECK-SAME: nn.layout = "batch first: {{.*}}
// CHECK: nn.random_uniform
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @head(%x: tensor<64x256xf32> {nn.kind = #nn.kind<input>}, %w: tensor<256x10xf32>, %seed: tensor<i64>, %step: tensor<i64>) -> tensor<64x10xf32> {
  %r = nn.random_uniform %seed, %step stream 0 : tensor<64x256xf32>
  %d = nn.mul %x, %r : tensor<64x256xf32>
  %y = nn.contract %d, %w [0, 1] x [1, 2] -> [0, 2] : tensor<64x256xf32>, tensor<256x10xf32> -> tensor<64x10xf32>
  %e = nn.exp %y : tensor<64x10xf32>
  return %e : tensor<64x10xf32>
}
