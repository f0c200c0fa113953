// What becomes one kernel, and what does not.
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
