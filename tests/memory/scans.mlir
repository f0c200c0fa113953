// The memory of a scan's rows: carries are in their traces, emitted rows in their sequences, both written in place.
// RUN: nn-opt --nn-stage-linalg=target-cpu=haswell --assign-arena --split-input-file %s | FileCheck %s

// The trace is the output. A step reads its row t and writes row t + 1: no copy, and no memory of its own.
// CHECK-LABEL: func.func @nnc_trace(
// CHECK-SAME: arena_bytes = 0
// CHECK-DAG: %[[TRACE:.*]] = memref.view %arg3{{.*}} to memref<8x4x16xf32>
// CHECK-DAG: %[[INIT:.*]] = memref.subview %[[TRACE]][0, 0, 0] [1, 4, 16] [1, 1, 1] : {{.*}} to memref<4x16xf32, strided<[16, 1]>>
// CHECK-DAG: %[[FROM:.*]] = memref.subview %[[TRACE]][0, 0, 0] [1, 4, 16] [1, 1, 1] {nn.advance = array<i64: 0, 256>}
// CHECK-DAG: %[[TO:.*]] = memref.subview %[[TRACE]][1, 0, 0] [1, 4, 16] [1, 1, 1] {nn.advance = array<i64: 0, 256>}
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[INIT]]
// CHECK: linalg.fill {nn.loop = array<i64: 0, 7>}
// CHECK: linalg.generic {{.*}} ins(%[[FROM]], %{{.*}} attrs = {nn.consumed, nn.loop = array<i64: 0, 7>}
// CHECK: linalg.generic {{.*}} outs(%[[TO]] : {{.*}}) attrs = {nn.epilogue, nn.loop = array<i64: 0, 7>}
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @trace(%xs: tensor<7x4x16xf32>, %u: tensor<16x16xf32>) -> tensor<8x4x16xf32> {
  %zero = nn.constant dense<0.0> : tensor<4x16xf32>
  %0 = nn.scan 7 over(%x = %xs : tensor<7x4x16xf32>) carry(%h = %zero : tensor<4x16xf32>) with(%b = %u : tensor<16x16xf32>) {
    %1 = nn.contract %h, %b [0, 1] x [1, 2] -> [0, 2] : tensor<4x16xf32>, tensor<16x16xf32> -> tensor<4x16xf32>
    %2 = nn.add %x, %1 : tensor<4x16xf32>
    %3 = nn.tanh %2 : tensor<4x16xf32>
    nn.yield carry(%3 : tensor<4x16xf32>)
  }
  return %0 : tensor<8x4x16xf32>
}

// -----

// A carry has one row if only its last value is used behind the loop. It is computed in place if its old value is read element by
// element...
// CHECK-LABEL: func.func @nnc_last(
// CHECK-DAG: %[[ROW:.*]] = memref.view %arg1{{.*}} to memref<1x16xf32>
// CHECK: memref.subview %[[ROW]][0, 0] [1, 16] [1, 1] : memref<1x16xf32>
// CHECK: %[[OLD:.*]] = memref.subview %[[ROW]][0, 0] [1, 16] [1, 1] : memref<1x16xf32>
// CHECK: %[[NEW:.*]] = memref.subview %[[ROW]][0, 0] [1, 16] [1, 1] : memref<1x16xf32>
// CHECK: linalg.generic {{.*}} ins(%[[OLD]], %{{.*}} outs(%[[NEW]] : {{.*}} attrs = {nn.loop = array<i64: 0, 7>}
// CHECK-NOT: nn.loop
// CHECK: return
func.func @last(%xs: tensor<7x16xf32>, %h0: tensor<16xf32>) -> tensor<16xf32> {
  %0 = nn.scan 7 over(%x = %xs : tensor<7x16xf32>) carry(%h = %h0 : tensor<16xf32>) {
    %1 = nn.mul %h, %x : tensor<16xf32>
    nn.yield carry(%1 : tensor<16xf32>)
  }
  %1 = nn.slice %0 [7, 0] [1, 16] [1, 1] : tensor<8x16xf32> -> tensor<1x16xf32>
  %2 = nn.reshape %1 : tensor<1x16xf32> -> tensor<16xf32>
  return %2 : tensor<16xf32>
}

// -----

// ... and copied at the end of the step otherwise.
// CHECK-LABEL: func.func @nnc_copied(
// CHECK-DAG: %[[ROW:.*]] = memref.view %arg1{{.*}} to memref<1x4x4xf32>
// CHECK: linalg.generic {{.*}} attrs = {nn.loop = array<i64: 0, 7>}
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : memref<4x4xf32, strided<[4, 1]>>) attrs = {nn.loop = array<i64: 0, 7>}
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[IN]]
func.func @copied(%u: tensor<4x4xf32>, %h0: tensor<4x4xf32>) -> tensor<1x4x4xf32> {
  %0 = nn.scan 7 carry(%h = %h0 : tensor<4x4xf32>) with(%b = %u : tensor<4x4xf32>) {
    %1 = nn.contract %h, %b [0, 1] x [1, 2] -> [0, 2] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
    nn.yield carry(%1 : tensor<4x4xf32>)
  }
  %1 = nn.slice %0 [7, 0, 0] [1, 4, 4] [1, 1, 1] : tensor<8x4x4xf32> -> tensor<1x4x4xf32>
  return %1 : tensor<1x4x4xf32>
}

// -----

// The gates are computed in place of their inputs, which this loop is the last to read, and the cotangents of the inputs in place of
// the gates: each kernel writes its parts of the rows where it has read them.
// CHECK-LABEL: func.func @nnc_gates(
// CHECK-SAME: arena_bytes = 2048
// CHECK: %[[ALL:.*]] = memref.view %arg1{{.*}} to memref<7x4x16xf32>
// CHECK-NOT: memref.view %arg1{{.*}} to memref<7x4x16xf32>
// CHECK: linalg.generic {{.*}} attrs = {nn.loop = array<i64: 0, 7>}
// CHECK-NOT: nn.loop = array<i64: 0, 7>
// CHECK: linalg.generic {{.*}} attrs = {nn.loop = array<i64: 1, 7>}
// CHECK: return
func.func @gates(%xs: tensor<7x4x3xf32>, %w: tensor<3x16xf32>, %h0: tensor<4x8xf32>) -> tensor<3x16xf32> {
  %zs = nn.contract %xs, %w [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<7x4x3xf32>, tensor<3x16xf32> -> tensor<7x4x16xf32>
  %0:2 = nn.scan 7 over(%z = %zs : tensor<7x4x16xf32>) carry(%h = %h0 : tensor<4x8xf32>) {
    %1 = nn.slice %z [0, 0] [4, 8] [1, 1] : tensor<4x16xf32> -> tensor<4x8xf32>
    %2 = nn.slice %z [0, 8] [4, 8] [1, 1] : tensor<4x16xf32> -> tensor<4x8xf32>
    %3 = nn.logistic %1 : tensor<4x8xf32>
    %4 = nn.mul %2, %h : tensor<4x8xf32>
    %5 = nn.tanh %4 : tensor<4x8xf32>
    %6 = nn.mul %3, %5 : tensor<4x8xf32>
    %7 = nn.concat %3, %5 dim 1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x16xf32>
    nn.yield carry(%6 : tensor<4x8xf32>) emit(%7 : tensor<4x16xf32>)
  }
  %1:2 = nn.scan 7 reverse over(%gates = %0#1 : tensor<7x4x16xf32>) carry(%g = %h0 : tensor<4x8xf32>) {
    %r = nn.slice %gates [0, 0] [4, 8] [1, 1] : tensor<4x16xf32> -> tensor<4x8xf32>
    %n = nn.slice %gates [0, 8] [4, 8] [1, 1] : tensor<4x16xf32> -> tensor<4x8xf32>
    %2 = nn.mul %g, %n : tensor<4x8xf32>
    %3 = nn.mul %2, %r : tensor<4x8xf32>
    %4 = nn.mul %3, %r : tensor<4x8xf32>
    %5 = nn.concat %3, %4 dim 1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x16xf32>
    %6 = nn.add %3, %4 : tensor<4x8xf32>
    nn.yield carry(%6 : tensor<4x8xf32>) emit(%5 : tensor<4x16xf32>)
  }
  %2 = nn.contract %xs, %1#1 [0, 1, 2] x [0, 1, 3] -> [2, 3] : tensor<7x4x3xf32>, tensor<7x4x16xf32> -> tensor<3x16xf32>
  return %2 : tensor<3x16xf32>
}

// -----

// A loop in a loop: marks name both, and each slice the loop that moves it.
// CHECK-LABEL: func.func @nnc_nested(
// CHECK-DAG: %[[ROW:.*]] = memref.subview %{{.*}}[0, 0, 0] [1, 3, 16] [1, 1, 1] {nn.advance = array<i64: 0, 192>}
// CHECK-DAG: memref.subview %[[ROW]][0, 0] [1, 16] [1, 1] {nn.advance = array<i64: 1, 64>}
// CHECK: linalg.generic {{.*}} attrs = {nn.loop = array<i64: 0, 2, 1, 3>}
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @nested(%xs: tensor<2x3x16xf32>, %h0: tensor<16xf32>) -> tensor<2x3x16xf32> {
  %0 = nn.scan 2 over(%row = %xs : tensor<2x3x16xf32>) with(%h = %h0 : tensor<16xf32>) {
    %1 = nn.scan 3 over(%x = %row : tensor<3x16xf32>) with(%g = %h : tensor<16xf32>) {
      %2 = nn.mul %g, %x : tensor<16xf32>
      nn.yield emit(%2 : tensor<16xf32>)
    }
    nn.yield emit(%1 : tensor<3x16xf32>)
  }
  return %0 : tensor<2x3x16xf32>
}
