// How threads share the kernels of a function, and where they meet.
// RUN: nn-opt --nn-stage-linalg --nn-stage-loops=target-cpu=x86-64-v4 %s | FileCheck %s

// Small kernels run on thread 0, one after the other, without a barrier.
// CHECK-LABEL: func.func @nnc_small
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %arg5, %c0
// CHECK: scf.if %[[FIRST]]
// CHECK: math.exp
// CHECK: arith.addf
// CHECK-NOT: scf.if
// CHECK-NOT: call @nnc_barrier
// CHECK: return
func.func @small(%x: tensor<4x20xf32>) -> (tensor<4x20xf32>, tensor<4xf32>) {
  %e = nn.exp %x : tensor<4x20xf32>
  %s = nn.reduce_sum %e [1] : tensor<4x20xf32> -> tensor<4xf32>
  return %e, %s : tensor<4x20xf32>, tensor<4xf32>
}

// Rows are shared; who sums a row has computed it: no barrier. The sums over columns need all rows.
// CHECK-LABEL: func.func @nnc_rows
// CHECK: %[[LOW:.*]] = arith.divui
// CHECK: %[[HIGH:.*]] = arith.divui
// CHECK: scf.for %{{.*}} = %[[LOW]] to %[[HIGH]]
// CHECK: math.exp
// CHECK-NOT: call @nnc_barrier
// CHECK: scf.for %{{.*}} = %[[LOW]] to %[[HIGH]]
// CHECK: call @nnc_barrier
// CHECK: scf.for
// CHECK-NOT: call @nnc_barrier
// CHECK: return
func.func @rows(%x: tensor<500x300xf32>, %b: tensor<300xf32>)
    -> (tensor<500x300xf32>, tensor<500xf32>, tensor<300xf32>) {
  %bb = nn.broadcast %b [1] : tensor<300xf32> -> tensor<500x300xf32>
  %a = nn.add %x, %bb : tensor<500x300xf32>
  %e = nn.exp %a : tensor<500x300xf32>
  %s = nn.reduce_sum %e [1] : tensor<500x300xf32> -> tensor<500xf32>
  %t = nn.reduce_sum %e [0] : tensor<500x300xf32> -> tensor<300xf32>
  return %e, %s, %t : tensor<500x300xf32>, tensor<500xf32>, tensor<300xf32>
}

// Whoever has the last of the shared vectors has the rest that is no full one.
// CHECK-LABEL: func.func @nnc_remainder
// CHECK: scf.for
// CHECK: %[[LAST:.*]] = arith.cmpi eq
// CHECK: scf.if %[[LAST]]
// CHECK: vector.store
// CHECK: return
func.func @remainder(%x: tensor<100010xf32>) -> tensor<100010xf32> {
  %y = nn.neg %x : tensor<100010xf32>
  return %y : tensor<100010xf32>
}
