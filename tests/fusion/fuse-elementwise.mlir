// Operations that become one kernel, and operations that stay apart.
// RUN: nn-opt --convert-nn-to-linalg --fuse-elementwise --cse --split-input-file %s | FileCheck %s

// A chain with a broadcast and a constant is one kernel.
// CHECK-LABEL: func.func @chain
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<8xf32>)
// CHECK: arith.addf
// CHECK: math.tanh
// CHECK: arith.mulf %{{.*}}, %cst
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @chain(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %half = nn.constant dense<0.5> : tensor<4x8xf32>
  %bb = nn.broadcast %b [1] : tensor<8xf32> -> tensor<4x8xf32>
  %s = nn.add %x, %bb : tensor<4x8xf32>
  %t = nn.tanh %s : tensor<4x8xf32>
  %y = nn.mul %t, %half : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// An element-wise producer becomes part of the reduction that alone reads it.
// CHECK-LABEL: func.func @into_reduction
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK: math.exp
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @into_reduction(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %e = nn.exp %x : tensor<4x8xf32>
  %y = nn.reduce_sum %e [1] : tensor<4x8xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A function that two kernels need is computed once.
// CHECK-LABEL: func.func @expensive
// CHECK-COUNT-1: math.exp
// CHECK-NOT: math.exp
// CHECK: return
func.func @expensive(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = nn.exp %x : tensor<4x8xf32>
  %s = nn.reduce_sum %e [1] : tensor<4x8xf32> -> tensor<4xf32>
  %b = nn.broadcast %s [0] : tensor<4xf32> -> tensor<4x8xf32>
  %y = nn.div %e, %b : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A function of a column would be computed again in each row, one of a row is not.
// CHECK-LABEL: func.func @recomputed
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK: math.exp
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK: math.log
func.func @recomputed(%x: tensor<4x8xf32>, %c: tensor<8xf32>, %r: tensor<4xf32>) -> tensor<4x8xf32> {
  %e = nn.exp %c : tensor<8xf32>
  %eb = nn.broadcast %e [1] : tensor<8xf32> -> tensor<4x8xf32>
  %l = nn.log %r : tensor<4xf32>
  %lb = nn.broadcast %l [0] : tensor<4xf32> -> tensor<4x8xf32>
  %p = nn.mul %x, %eb : tensor<4x8xf32>
  %y = nn.mul %p, %lb : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// Of what a contraction reads only a transposition is folded, into the operand's map.
// CHECK: #[[SWAPPED:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-LABEL: func.func @contraction
// CHECK: math.exp
// CHECK: linalg.generic {indexing_maps = [#[[SWAPPED]],
// CHECK-NOT: math.exp
func.func @contraction(%x: tensor<5x4xf32>, %y: tensor<5x6xf32>) -> tensor<4x6xf32> {
  %e = nn.exp %y : tensor<5x6xf32>
  %t = nn.transpose %x [1, 0] : tensor<5x4xf32> -> tensor<4x5xf32>
  %z = nn.contract %t, %e [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x6xf32> -> tensor<4x6xf32>
  return %z : tensor<4x6xf32>
}

// -----

// Two results over the same elements come from one kernel.
// CHECK-LABEL: func.func @merged
// CHECK: %[[BOTH:.*]]:2 = linalg.generic
// CHECK: return %[[BOTH]]#
func.func @merged(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = nn.exp %x : tensor<4x8xf32>
  %y = nn.sin %e : tensor<4x8xf32>
  return %e, %y : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// An operand that is read twice is computed once.
// CHECK-LABEL: func.func @square
// CHECK-COUNT-1: math.exp
// CHECK-NOT: math.exp
// CHECK: return
func.func @square(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = nn.exp %x : tensor<4x8xf32>
  %y = nn.mul %e, %e : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// Two kernels that read the same tensor are one that reads it once, as an update must to be computed on the tiles of its gradient.
// CHECK-LABEL: func.func @read_once
// CHECK: linalg.generic
// CHECK: %[[BOTH:.*]]:2 = linalg.generic
// CHECK-SAME: ins(%{{[^,]*}}, %{{[^,]*}} : tensor<4x8xf32>, tensor<4x8xf32>)
// CHECK: return %[[BOTH]]#
func.func @read_once(%x: tensor<5x4xf32>, %d: tensor<5x8xf32>, %m: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %g = nn.contract %x, %d [0, 1] x [0, 2] -> [1, 2] : tensor<5x4xf32>, tensor<5x8xf32> -> tensor<4x8xf32>
  %new = nn.add %m, %g : tensor<4x8xf32>
  %square = nn.mul %g, %new : tensor<4x8xf32>
  return %new, %square : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// Overlapping windows are read where they lie. No operand says any more how often the loops over a window run,
// so that an empty tensor does.
// CHECK: #[[WINDOWS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0 + d2, d1 + d3)>
// CHECK-LABEL: func.func @reduce_windows
// CHECK: %[[EXTENTS:.*]] = tensor.empty() : tensor<3x3xi8>
// CHECK: linalg.generic {indexing_maps = [#[[WINDOWS]], {{.*}} ins(%{{.*}}, %[[EXTENTS]] : tensor<10x10xf32>, tensor<3x3xi8>)
// CHECK: arith.maximumf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @reduce_windows(%x: tensor<10x10xf32>) -> tensor<8x8xf32> {
  %w = nn.windows %x [0, 1] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<10x10xf32> -> tensor<8x8x3x3xf32>
  %y = nn.reduce_max %w [2, 3] : tensor<8x8x3x3xf32> -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// -----

// The gradient of a maximum over windows: numbers of elements follow from the loops and are computed again rather than
// stored, so that nothing of the windows' size is left.
// CHECK-LABEL: func.func @maximum_gradient
// CHECK-NOT: tensor<8x8x3x3x
// CHECK: arith.minsi
// CHECK-NOT: tensor<8x8x3x3x
// CHECK: arith.addf
// CHECK-NOT: tensor<8x8x3x3x
// CHECK: return
func.func @maximum_gradient(%x: tensor<10x10xf32>, %y: tensor<8x8xf32>, %d: tensor<8x8xf32>) -> tensor<10x10xf32> {
  %zero = nn.constant dense<0.0> : tensor<8x8x3x3xf32>
  %none = nn.constant dense<9> : tensor<8x8x3x3xi32>
  %three = nn.constant dense<3> : tensor<8x8x3x3xi32>
  %w = nn.windows %x [0, 1] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<10x10xf32> -> tensor<8x8x3x3xf32>
  %column = nn.iota 3 : tensor<8x8x3x3xi32>
  %row = nn.iota 2 : tensor<8x8x3x3xi32>
  %first = nn.mul %row, %three : tensor<8x8x3x3xi32>
  %number = nn.add %column, %first : tensor<8x8x3x3xi32>
  %ys = nn.broadcast %y [0, 1] : tensor<8x8xf32> -> tensor<8x8x3x3xf32>
  %is = nn.compare eq %w, %ys : tensor<8x8x3x3xf32>
  %candidates = nn.select %is, %number, %none : tensor<8x8x3x3xi32>
  %index = nn.reduce_min %candidates [2, 3] : tensor<8x8x3x3xi32> -> tensor<8x8xi32>
  %indices = nn.broadcast %index [0, 1] : tensor<8x8xi32> -> tensor<8x8x3x3xi32>
  %ds = nn.broadcast %d [0, 1] : tensor<8x8xf32> -> tensor<8x8x3x3xf32>
  %mine = nn.compare eq %number, %indices : tensor<8x8x3x3xi32>
  %parts = nn.select %mine, %ds, %zero : tensor<8x8x3x3xf32>
  %sum = nn.overlap_add %parts [0, 1] extents [10, 10] strides [1, 1] dilations [1, 1] : tensor<8x8x3x3xf32> -> tensor<10x10xf32>
  return %sum : tensor<10x10xf32>
}

// -----

// A tensor that a kernel also reads at computed places is complete before the kernel begins.
// CHECK-LABEL: func.func @captured
// CHECK: %[[E:.*]] = linalg.generic
// CHECK: math.tanh
// CHECK: linalg.generic
// CHECK: tensor.extract %[[E]]
// CHECK: return
func.func @captured(%x: tensor<4x5xf32>, %label: tensor<4xi32>) -> tensor<4x5xf32> {
  %e = nn.tanh %x : tensor<4x5xf32>
  %g = nn.gather %e, %label batch_dims 1 : tensor<4x5xf32>, tensor<4xi32> -> tensor<4xf32>
  %s = nn.scatter_add %g, %label batch_dims 1 size 5 : tensor<4xf32>, tensor<4xi32> -> tensor<4x5xf32>
  %z = nn.mul %s, %e : tensor<4x5xf32>
  return %z : tensor<4x5xf32>
}

// -----

// The mean of a row is divided once, not for each element, so that both of its readers compute the difference themselves, and neither
// the differences nor their squares are in memory.
// CHECK-LABEL: func.func @deviations(
// CHECK-NOT: :2 = linalg.generic
// CHECK: linalg.generic {{.*}} ins(%arg0 : tensor<8x64xf32>) outs({{.*}} : tensor<8xf32>)
// CHECK: linalg.generic {{.*}}"reduction"]} ins(%arg0, %{{.*}} : tensor<8x64xf32>, tensor<8xf32>) outs({{.*}} : tensor<8xf32>)
// CHECK: linalg.generic {{.*}} ins(%arg0, %{{.*}}, %{{.*}} : tensor<8x64xf32>, tensor<8xf32>, tensor<8xf32>) outs({{.*}} : tensor<8x64xf32>)
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @deviations(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %count = nn.constant dense<64.0> : tensor<8xf32>
  %sum = nn.reduce_sum %x [1] : tensor<8x64xf32> -> tensor<8xf32>
  %mean = nn.div %sum, %count : tensor<8xf32>
  %means = nn.broadcast %mean [0] : tensor<8xf32> -> tensor<8x64xf32>
  %deviation = nn.sub %x, %means : tensor<8x64xf32>
  %square = nn.mul %deviation, %deviation : tensor<8x64xf32>
  %squares = nn.reduce_sum %square [1] : tensor<8x64xf32> -> tensor<8xf32>
  %all = nn.broadcast %squares [0] : tensor<8xf32> -> tensor<8x64xf32>
  %y = nn.div %deviation, %all : tensor<8x64xf32>
  return %y : tensor<8x64xf32>
}

// -----

// Sums of columns go through all rows for each of some columns: what they read is not computed again from the reciprocal of each row.
// CHECK-LABEL: func.func @columns(
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%arg0, %arg1 : tensor<8x64xf32>, tensor<8xf32>)
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[Y]] : tensor<8x64xf32>)
// CHECK: return
func.func @columns(%x: tensor<8x64xf32>, %s: tensor<8xf32>) -> (tensor<8x64xf32>, tensor<64xf32>) {
  %one = nn.constant dense<1.0> : tensor<8xf32>
  %r = nn.div %one, %s : tensor<8xf32>
  %rs = nn.broadcast %r [0] : tensor<8xf32> -> tensor<8x64xf32>
  %y = nn.mul %x, %rs : tensor<8x64xf32>
  %sum = nn.reduce_sum %y [0] : tensor<8x64xf32> -> tensor<64xf32>
  return %y, %sum : tensor<8x64xf32>, tensor<64xf32>
}
