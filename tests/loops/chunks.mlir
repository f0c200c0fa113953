// Kernels that threads share without a barrier in between go through their rows together, in chunks that a cache holds; small ones,
// and those that share no memory, do not.
// RUN: nn-opt %s --nn-stage-linalg | nn-opt --nn-stage-loops="target-cpu=x86-64-v3 target-threads=2" --remarks-filter=threads --remark-format=emitRemark -o %t.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s < %t.mlir
// RUN: nn-verify %s --threads=1 && nn-verify %s --threads=2 && nn-verify %s --threads=5

// REMARK: Function=nnc_rows | Remark="3 kernels go through their rows together, in {{[0-9]+}} chunks of a thread"
// REMARK-NOT: kernels go through

// CHECK-LABEL: func.func @nnc_rows(
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[COUNT:.*]] step
// CHECK: %[[N:.*]] = arith.addi %{{.*}}, %[[I]]
// CHECK-NEXT: call @nnc_kernel_{{[0-9]+}}({{.*}}, %[[N]], %[[ALL:[0-9]+]])
// CHECK-NEXT: call @nnc_kernel_{{[0-9]+}}({{.*}}, %[[N]], %[[ALL]])
// CHECK-NEXT: call @nnc_kernel_{{[0-9]+}}({{.*}}, %[[N]], %[[ALL]])
// CHECK-NEXT: }
func.func @rows(%x: tensor<4096x3000xf32>) -> (tensor<4096x3000xf32>, tensor<4096xf32>) {
  %m = nn.reduce_max %x [1] : tensor<4096x3000xf32> -> tensor<4096xf32>
  %b = nn.broadcast %m [0] : tensor<4096xf32> -> tensor<4096x3000xf32>
  %d = nn.sub %x, %b : tensor<4096x3000xf32>
  %e = nn.exp %d : tensor<4096x3000xf32>
  %s = nn.reduce_sum %e [1] : tensor<4096x3000xf32> -> tensor<4096xf32>
  return %e, %s : tensor<4096x3000xf32>, tensor<4096xf32>
}

// CHECK-LABEL: func.func @nnc_small(
// CHECK-NOT: scf.for
// CHECK: return
func.func @small(%x: tensor<64x300xf32>) -> (tensor<64x300xf32>, tensor<64xf32>) {
  %m = nn.reduce_max %x [1] : tensor<64x300xf32> -> tensor<64xf32>
  %b = nn.broadcast %m [0] : tensor<64xf32> -> tensor<64x300xf32>
  %d = nn.sub %x, %b : tensor<64x300xf32>
  %e = nn.exp %d : tensor<64x300xf32>
  %s = nn.reduce_sum %e [1] : tensor<64x300xf32> -> tensor<64xf32>
  return %e, %s : tensor<64x300xf32>, tensor<64xf32>
}
