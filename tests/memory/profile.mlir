// Profiled code tells the runtime where each region of kernels begins; other code does not.
// RUN: nn-opt --nn-stage-linalg --nn-stage-loops="target-cpu=haswell profile=true" --mlir-print-debuginfo --mlir-print-local-scope %s | FileCheck %s
// RUN: nn-opt --nn-stage-linalg --nn-stage-loops=target-cpu=haswell %s | FileCheck %s --check-prefix=PLAIN

// PLAIN: regions = []
// PLAIN-NOT: nn.region
// PLAIN-NOT: nnc_profile

// CHECK: func.func private @nnc_profile(index, index)
// Each product has 2 x 8 x 20 x 30 operations and touches x, w and y once. The update comes early: it frees what it reads.
// CHECK-LABEL: func.func @nnc_train_step(
// CHECK-SAME: regions = [
// CHECK-SAME: {backward = false, bytes = 4000 : i64, flop = 9600 : i64, kind = "contraction", line = 11 : i64}
// CHECK-SAME: {backward = true, bytes = 4000 : i64, flop = 9600 : i64, kind = "contraction", line = 13 : i64}
// CHECK-SAME: {backward = false, bytes = 644 : i64, flop = 160 : i64, kind = "reduction", line = 12 : i64}
// CHECK: call @nnc_profile(%c0{{.*}}, %arg5)
// CHECK: call @nnc_profile(%c1{{.*}}, %arg5)
// CHECK: call @nnc_profile(%c2{{.*}}, %arg5)
// CHECK-NOT: call @nnc_profile
// CHECK: return
func.func @train_step(%w: tensor<30x20xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, %x: tensor<8x30xf32>)
    -> (tensor<30x20xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, tensor<f32> {nn.kind = #nn.kind<output>, nn.name = "loss"}) {
  %y = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<8x30xf32>, tensor<30x20xf32> -> tensor<8x20xf32> loc("net.nn":11:1)
  %loss = nn.reduce_sum %y [0, 1] : tensor<8x20xf32> -> tensor<f32> loc("net.nn":12:1)
  %d = nn.contract %x, %y [0, 1] x [0, 2] -> [1, 2] : tensor<8x30xf32>, tensor<8x20xf32> -> tensor<30x20xf32> loc("net.nn":13:1)
  return %d, %loss : tensor<30x20xf32>, tensor<f32>
}

// A step touches one row of a trace. The new carry is computed in its row, so that its insertion touches nothing.
// CHECK-LABEL: func.func @nnc_rows(
// CHECK-SAME: bytes = 64 : i64, flop = 0 : i64, kind = "copy"
// CHECK-SAME: bytes = 576 : i64, flop = 48 : i64, kind = "element-wise"
// CHECK-SAME: bytes = 0 : i64, flop = 0 : i64, kind = "copy"
func.func @rows(%xs: tensor<6x8xf32>, %h0: tensor<8xf32>) -> tensor<7x8xf32> {
  %0 = nn.scan 6 over(%x = %xs : tensor<6x8xf32>) carry(%h = %h0 : tensor<8xf32>) {
    %1 = nn.mul %h, %x : tensor<8xf32>
    nn.yield carry(%1 : tensor<8xf32>)
  }
  return %0 : tensor<7x8xf32>
}
