// Threads share the elements of the rows that nn.scatter_add adds up, where there are enough of them.
// RUN: nn-opt %s --nn-stage-linalg --nn-stage-loops="target-cpu=x86-64-v3 target-threads=2" | FileCheck %s
// RUN: nn-verify %s --threads=1 && nn-verify %s --threads=3

// CHECK-LABEL: func.func @nnc_large(
// CHECK-SAME: %[[THREAD:[a-z0-9]+]]: index, %[[THREADS:[a-z0-9]+]]: index)
// CHECK: call @nnc_barrier()
// CHECK-NEXT: scf.for
// CHECK: arith.muli %[[THREAD]], %c4
// CHECK: vector.store {{.*}} : memref<10x64xf32{{.*}}>, vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: } {nn.shared = 16384 : i64}
// CHECK-NEXT: call @nnc_barrier()
// CHECK: return
func.func @large(%x: tensor<256x128xf32>, %w: tensor<128x64xf32>, %i: tensor<256xi32>) -> tensor<10x64xf32> {
  %u = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<256x128xf32>, tensor<128x64xf32> -> tensor<256x64xf32>
  %g = nn.scatter_add %u, %i batch_dims 0 size 10 : tensor<256x64xf32>, tensor<256xi32> -> tensor<10x64xf32>
  %s = nn.mul %g, %g : tensor<10x64xf32>
  return %s : tensor<10x64xf32>
}

// Too small: thread 0.
// CHECK-LABEL: func.func @nnc_small(
// CHECK: scf.if
// CHECK-NEXT: scf.for
// CHECK: } {nn.shared = 1024 : i64}
func.func @small(%x: tensor<256x128xf32>, %w: tensor<128x64xf32>, %u: tensor<16x64xf32>, %i: tensor<16xi32>) -> (tensor<256x64xf32>, tensor<10x64xf32>) {
  %p = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<256x128xf32>, tensor<128x64xf32> -> tensor<256x64xf32>
  %g = nn.scatter_add %u, %i batch_dims 0 size 10 : tensor<16x64xf32>, tensor<16xi32> -> tensor<10x64xf32>
  return %p, %g : tensor<256x64xf32>, tensor<10x64xf32>
}
