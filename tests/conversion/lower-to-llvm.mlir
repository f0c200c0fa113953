// Blocks as bare pointers; lines of the source as debug locations.
// RUN: nn-opt --nn-stage-linalg --nn-stage-loops=target-cpu=x86-64-v4 --nn-stage-llvm=target-cpu=x86-64-v4 --mlir-print-debuginfo %s | FileCheck %s

// CHECK: llvm.func @nnc_double(%arg0: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias} {{.*}}, %arg1: !llvm.ptr {{.*}}, %arg5: i64 {{.*}}, %arg6: i64
// CHECK: llvm.getelementptr
// CHECK: llvm.load {{.*}} : !llvm.ptr -> vector<16xf32>
// CHECK: llvm.fadd {{.*}} : vector<16xf32>
// CHECK: llvm.store {{.*}} : vector<16xf32>, !llvm.ptr
// CHECK-DAG: loc("program.nn":7:3)
// CHECK-DAG: llvm.di_subprogram
func.func @double(%x: tensor<64xf32>) -> tensor<64xf32> {
  %y = nn.add %x, %x : tensor<64xf32> loc("program.nn":7:3)
  return %y : tensor<64xf32>
}
