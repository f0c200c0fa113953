// The loops of a contraction spare LLVM work (see docs/stages.md, machine code): transposes of packed
// panels are fenced halfway, and unrolled steps lie at constant distances from the first.
// RUN: nn-opt --lower-to-loops=target-cpu=x86-64-v4 --canonicalize --cse %s | FileCheck %s

// CHECK-LABEL: func.func @transposed
// CHECK: vector.shuffle {{.*}} [2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31]
// CHECK-COUNT-16: llvm.call_intrinsic "llvm.arithmetic.fence"
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11,

// CHECK: scf.for %[[K:.*]] = %c0 to %c64 step %c2 iter_args
// CHECK-NEXT: %[[A:.*]] = arith.addi %{{.*}}, %[[K]]
// CHECK-NEXT: %[[B:.*]] = arith.muli %[[K]], %c64
// CHECK-NEXT: vector.load %{{.*}}[%[[B]]]
// CHECK-NOT: arith.muli
// The second step's.
// CHECK: %[[NEXT:.*]] = arith.addi %[[B]], %c64 : index
// CHECK-NEXT: vector.load %{{.*}}[%[[NEXT]]]
// CHECK-NOT: arith.muli
// CHECK: arith.addi %[[A]], %c193 : index
// CHECK-NOT: arith.muli
// CHECK: scf.yield
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @transposed(%a: memref<256x64xf32>, %b: memref<512x64xf32>, %c: memref<256x512xf32>) {
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<256x64xf32>, memref<512x64xf32>) outs(%c : memref<256x512xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %z, %p : f32
    linalg.yield %s : f32
  }
  return
}
