// The values that nn-recompute saves and computes again, where the clones go, and that no later stage merges them with
// what they are clones of.
// RUN: nn-opt %s --nn-recompute=operations-per-byte=8 --mlir-use-nameloc-as-prefix | FileCheck %s
// RUN: nn-opt %s --nn-recompute=operations-per-byte=32 --mlir-use-nameloc-as-prefix | FileCheck %s --check-prefix=RANDOM
// RUN: nn-opt %s --nn-recompute="operations-per-byte=1000000000000 segments=2" --mlir-use-nameloc-as-prefix | FileCheck %s --check-prefix=ALL
// RUN: nn-opt %s --nn-recompute | FileCheck %s --check-prefix=OFF
// RUN: nn-opt %s --nn-recompute="operations-per-byte=8 minimum-bytes=60000" --mlir-use-nameloc-as-prefix | FileCheck %s
// RUN: nn-opt %s --nn-recompute="operations-per-byte=8 minimum-bytes=1000000" | FileCheck %s --check-prefix=OFF
// RUN: nn-opt %s --nn-recompute=operations-per-byte=8 --nn-stage-linalg | FileCheck %s --check-prefix=LINALG
// RUN: nn-opt %s --nn-recompute=operations-per-byte=8 --remarks-filter=recomputation --remark-format=emitRemark -o %t 2>&1 | FileCheck %s --check-prefix=REMARK
// The same results.
// RUN: nn-check --evaluate %s > %t.before
// RUN: nn-opt %s --nn-recompute="operations-per-byte=1000000000000 segments=2" | nn-check --evaluate - > %t.after
// RUN: diff %t.before %t.after

// OFF-NOT: nn.recompute

// REMARK: a.nn:4:{{.*}} remark: {{.*}}Category:recomputation{{.*}}Function=train_step{{.*}}the backward pass computes `y` again: 32768 bytes less are saved
// REMARK-NOT: `h` is computed again

// The product %h is saved; the element-wise chain behind it is computed again in front of its first use. Neither the
// parameter nor the input costs anything. The mask, a byte for each random number, is saved for less than it costs to
// draw them again.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: nn.recompute = {bytes = 32768 : i64, operations = 16384 : i64, values = [{bytes = 32768 : i64, line = 4 : i64, name = "y"}]}
// CHECK: %h = nn.contract
// CHECK: %[[KEPT:.*]] = nn.compare
// CHECK: %y = nn.select %[[KEPT]]
// CHECK: %loss = nn.reduce_sum
// CHECK-NOT: nn.recomputed
// CHECK: %d.z = nn.mul
// CHECK-NEXT: %[[HH:.*]] = nn.mul %h, %h {nn.recomputed = 0 : i64}
// CHECK-NEXT: %[[Y:.*]] = nn.select %[[KEPT]], %[[HH]], %{{.*}} {nn.recomputed = 0 : i64}
// CHECK-NEXT: nn.contract %[[Y]], %d.z
// CHECK: %d.y = nn.contract %d.z
// CHECK: nn.select %[[KEPT]], %d.y
// CHECK-NOT: nn.recomputed
// CHECK: return

// At another price they are drawn again.
// RANDOM: %loss = nn.reduce_sum
// RANDOM: nn.random_uniform %{{.*}} stream 3 {nn.recomputed

// With no price on work, products are computed again as well; what the first part hands on to the second is saved.
// ALL-LABEL: func.func @train_step
// ALL: %loss = nn.reduce_sum
// ALL: %d.z = nn.mul %[[Z:.*]], %
// ALL: nn.contract %y, %d.z
// ALL: %[[H:.*]] = nn.contract %{{.*}} {nn.recomputed
// ALL: nn.mul %{{.*}}, %[[H]] : tensor<64x128xf32>
// ALL: return

// The clone is a kernel of its own, behind the loss.
// LINALG-LABEL: func.func @train_step
// LINALG: arith.mulf
// LINALG: arith.select
// LINALG: linalg.generic {{.*}} attrs = {{ *}}{nn.recomputed = 0 : i64} {
// LINALG: arith.mulf
// LINALG-NEXT: arith.select
func.func @train_step(%v: tensor<128x128xf32> {nn.kind = #nn.kind<parameter>, nn.name="v"}, %w: tensor<128x128xf32> {nn.kind = #nn.kind<parameter>, nn.name="w"}, %x: tensor<64x128xf32> {nn.kind = #nn.kind<input>, nn.name="x"}, %seed: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name="seed"}, %step: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name="step"}) -> (tensor<128x128xf32> {nn.kind = #nn.kind<parameter>, nn.name="v"}, tensor<128x128xf32> {nn.kind = #nn.kind<parameter>, nn.name="w"}, tensor<f32> {nn.kind = #nn.kind<output>, nn.name="loss"}) {
  %zero = nn.constant dense<0.0> : tensor<64x128xf32>
  %half = nn.constant dense<0.5> : tensor<64x128xf32>
  %h = nn.contract %x, %v [0, 1] x [1, 2] -> [0, 2] : tensor<64x128xf32>, tensor<128x128xf32> -> tensor<64x128xf32> loc("h"("a.nn":3:2))
  %u = nn.random_uniform %seed, %step stream 3 : tensor<64x128xf32>
  %kept = nn.compare lt %u, %half : tensor<64x128xf32>
  %hh = nn.mul %h, %h : tensor<64x128xf32>
  %y = nn.select %kept, %hh, %zero : tensor<64x128xf32> loc("y"("a.nn":4:2))
  %z = nn.contract %y, %w [0, 1] x [1, 2] -> [0, 2] : tensor<64x128xf32>, tensor<128x128xf32> -> tensor<64x128xf32> loc("z"("a.nn":5:2))
  %zz = nn.mul %z, %z : tensor<64x128xf32>
  %loss = nn.reduce_sum %zz [0, 1] : tensor<64x128xf32> -> tensor<f32> loc("loss")
  %dz = nn.mul %z, %half : tensor<64x128xf32> loc("d.z")
  %dw = nn.contract %y, %dz [0, 1] x [0, 2] -> [1, 2] : tensor<64x128xf32>, tensor<64x128xf32> -> tensor<128x128xf32>
  %dy = nn.contract %dz, %w [0, 1] x [2, 1] -> [0, 2] : tensor<64x128xf32>, tensor<128x128xf32> -> tensor<64x128xf32> loc("d.y")
  %dhh = nn.select %kept, %dy, %zero : tensor<64x128xf32>
  %dh = nn.mul %dhh, %h : tensor<64x128xf32>
  %dv = nn.contract %x, %dh [0, 1] x [0, 2] -> [1, 2] : tensor<64x128xf32>, tensor<64x128xf32> -> tensor<128x128xf32>
  %nw = nn.sub %w, %dw : tensor<128x128xf32>
  %nv = nn.sub %v, %dv : tensor<128x128xf32>
  return %nv, %nw, %loss : tensor<128x128xf32>, tensor<128x128xf32>, tensor<f32>
}

// Along a residual chain, what is computed again on the way to the last value does not wait for the use of the first:
// it is computed once more.
// CHECK-LABEL: func.func @residual
// CHECK: %loss = nn.reduce_sum
// CHECK-NEXT: %[[A:.*]] = nn.mul %h, %h {nn.recomputed = 0 : i64}
// CHECK-NEXT: %[[G:.*]] = nn.mul %g, %g {nn.recomputed = 0 : i64}
// CHECK-NEXT: %[[B:.*]] = nn.add %[[A]], %[[G]] {nn.recomputed = 0 : i64}
// CHECK-NEXT: nn.contract %[[B]], %
// CHECK-NEXT: %[[AGAIN:.*]] = nn.mul %h, %h {nn.recomputed = 1 : i64}
// CHECK-NEXT: nn.contract %[[AGAIN]], %
func.func @residual(%v: tensor<64x64xf32> {nn.kind = #nn.kind<parameter>, nn.name="v"}, %x: tensor<64x64xf32> {nn.kind = #nn.kind<input>, nn.name="x"}) -> (tensor<64x64xf32> {nn.kind = #nn.kind<parameter>, nn.name="v"}, tensor<f32> {nn.kind = #nn.kind<output>, nn.name="loss"}) {
  %h = nn.contract %x, %v [0, 1] x [1, 2] -> [0, 2] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32> loc("h")
  %a = nn.mul %h, %h : tensor<64x64xf32>
  %g = nn.contract %a, %v [0, 1] x [1, 2] -> [0, 2] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32> loc("g")
  %gg = nn.mul %g, %g : tensor<64x64xf32>
  %b = nn.add %a, %gg : tensor<64x64xf32>
  %loss = nn.reduce_sum %b [0, 1] : tensor<64x64xf32> -> tensor<f32> loc("loss")
  %db = nn.contract %b, %v [0, 1] x [2, 1] -> [0, 2] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  %da = nn.contract %a, %v [0, 1] x [2, 1] -> [0, 2] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  %dg = nn.mul %db, %g : tensor<64x64xf32>
  %dh = nn.mul %da, %h : tensor<64x64xf32>
  %dv = nn.sub %dg, %dh : tensor<64x64xf32>
  return %dv, %loss : tensor<64x64xf32>, tensor<f32>
}

// Nothing is saved without a loss.
// CHECK-LABEL: func.func @no_loss
// CHECK-NOT: nn.recomputed
func.func @no_loss(%x: tensor<8xf32> {nn.kind = #nn.kind<parameter>, nn.name="x"}) -> (tensor<8xf32> {nn.kind = #nn.kind<parameter>, nn.name="x"}) {
  %y = nn.mul %x, %x : tensor<8xf32>
  %z = nn.add %y, %x : tensor<8xf32>
  return %z : tensor<8xf32>
}
