// Loops of vectors on blocks of memory in the LLVM dialect: bare pointers, constant offsets, and no library call but those that
// the runtime provides.
// RUN: nn-opt --lower-to-llvm --split-input-file %s | FileCheck %s

// A view of a block is a pointer plus a constant; an address is one multiply-add of the pointer's type.
// CHECK-LABEL: llvm.func @views(
// CHECK-SAME: %[[BLOCK:.*]]: !llvm.ptr {llvm.noalias}, %[[N:.*]]: i64)
// CHECK: %[[OFFSET:.*]] = llvm.mlir.constant(128 : index) : i64
// CHECK: %[[VIEW:.*]] = llvm.getelementptr %{{.*}}[%[[OFFSET]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: llvm.getelementptr {{.*}}%{{.*}}[%[[N]]] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// CHECK: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<8xf32>
// CHECK-NOT: memref
// CHECK: llvm.return
func.func @views(%block: memref<1024xi8> {llvm.noalias}, %n: index) {
  %c128 = arith.constant 128 : index
  %x = memref.view %block[%c128][] : memref<1024xi8> to memref<64xf32>
  %v = vector.load %x[%n] : memref<64xf32>, vector<8xf32>
  vector.store %v, %x[%n] : memref<64xf32>, vector<8xf32>
  return
}

// -----

// A view of a view folds into one address before pointers take its place.
// CHECK-LABEL: llvm.func @subview(
// CHECK: llvm.getelementptr
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK-NOT: unrealized_conversion_cast
// CHECK: llvm.return
func.func @subview(%x: memref<8x16xf32>) -> f32 {
  %c1 = arith.constant 1 : index
  %part = memref.subview %x[2, 4] [4, 8] [1, 1] : memref<8x16xf32> to memref<4x8xf32, strided<[16, 1], offset: 36>>
  %v = memref.load %part[%c1, %c1] : memref<4x8xf32, strided<[16, 1], offset: 36>>
  return %v : f32
}

// -----

// A loop that carries vectors is a block with arguments: they stay in registers.
// CHECK-LABEL: llvm.func @carried(
// CHECK: llvm.br ^[[HEADER:.*]](%{{.*}}, %{{.*}} : i64, vector<8xf32>)
// CHECK: ^[[HEADER]](%{{.*}}: i64, %{{.*}}: vector<8xf32>):
// CHECK: llvm.cond_br
// CHECK: llvm.intr.fmuladd(%{{.*}}, %{{.*}}, %{{.*}}) : (vector<8xf32>, vector<8xf32>, vector<8xf32>) -> vector<8xf32>
func.func @carried(%x: memref<64xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %sum = scf.for %i = %c0 to %c64 step %c8 iter_args(%s = %zero) -> vector<8xf32> {
    %v = vector.load %x[%i] : memref<64xf32>, vector<8xf32>
    %next = vector.fma %v, %v, %s : vector<8xf32>
    scf.yield %next : vector<8xf32>
  }
  return %sum : vector<8xf32>
}

// -----

// The lanes of a mask count in 32 bits; a masked load is one intrinsic.
// CHECK-LABEL: llvm.func @masked(
// CHECK: llvm.icmp "sgt" %{{.*}}, %{{.*}} : vector<8xi32>
// CHECK: llvm.intr.masked.load
func.func @masked(%x: memref<64xf32>, %left: index) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %mask = vector.create_mask %left : vector<8xi1>
  %v = vector.maskedload %x[%c0], %mask, %zero : memref<64xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
  return %v : vector<8xf32>
}

// -----

// The barrier is a call of the runtime, by its name.
// CHECK: llvm.func @nnc_barrier()
// CHECK-LABEL: llvm.func @meet(
// CHECK: llvm.call @nnc_barrier() : () -> ()
func.func private @nnc_barrier()
func.func @meet() {
  call @nnc_barrier() : () -> ()
  return
}
