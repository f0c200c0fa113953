// A scan can be recomputed as a whole: its trace and its emitted values are then not saved.
// RUN: nn-opt %s --nn-recompute=operations-per-byte=1048576 | FileCheck %s
// RUN: nn-opt %s --nn-recompute=operations-per-byte=1 | FileCheck --check-prefix=SAVED %s
// RUN: nn-opt %s --nn-recompute=operations-per-byte=1048576 -o %t.recomputed.mlir && nn-check --evaluate %t.recomputed.mlir > %t.recomputed
// RUN: nn-check --evaluate %s > %t.saved && cmp %t.saved %t.recomputed

// CHECK-LABEL: @train_step
// CHECK: %[[F:.*]]:2 = nn.scan 6 over
// CHECK-NOT: nn.recomputed
// CHECK: %[[AGAIN:.*]]:2 = nn.scan 6 over(%{{.*}}) carry(%{{.*}}) with(%{{.*}}) attributes {nn.recomputed = 0 : i64}
// CHECK: nn.scan 6 reverse over(%{{.*}} = %[[AGAIN]]#1 : tensor<6x4x5xf32>)
// CHECK: nn.slice %[[AGAIN]]#0
// SAVED-NOT: nn.recomputed
func.func @train_step(
    %U: tensor<5x5xf32> {nn.kind = #nn.kind<parameter>, nn.name = "U"},
    %xs: tensor<6x4x5xf32> {nn.kind = #nn.kind<input>, nn.name = "xs"})
    -> (tensor<5x5xf32> {nn.kind = #nn.kind<parameter>, nn.name = "U"}, tensor<f32> {nn.kind = #nn.kind<output>, nn.name = "loss"}) {
  %zero = nn.constant dense<0.0> : tensor<4x5xf32>
  %one = nn.constant dense<1.0> : tensor<4x5xf32>
  %f:2 = nn.scan 6 over(%x = %xs : tensor<6x4x5xf32>) carry(%h = %zero : tensor<4x5xf32>) with(%u = %U : tensor<5x5xf32>) {
    %0 = nn.contract %h, %u [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x5xf32> -> tensor<4x5xf32>
    %1 = nn.add %x, %0 : tensor<4x5xf32>
    %2 = nn.sin %1 : tensor<4x5xf32>
    nn.yield carry(%2 : tensor<4x5xf32>) emit(%1 : tensor<4x5xf32>)
  }
  %last = nn.slice %f#0 [6, 0, 0] [1, 4, 5] [1, 1, 1] : tensor<7x4x5xf32> -> tensor<1x4x5xf32>
  %loss = nn.reduce_sum %last [0, 1, 2] : tensor<1x4x5xf32> -> tensor<f32>
  %d:2 = nn.scan 6 reverse over(%a = %f#1 : tensor<6x4x5xf32>) carry(%g = %one : tensor<4x5xf32>) with(%u = %U : tensor<5x5xf32>) {
    %0 = nn.cos %a : tensor<4x5xf32>
    %1 = nn.mul %g, %0 : tensor<4x5xf32>
    %2 = nn.contract %1, %u [0, 1] x [2, 1] -> [0, 2] : tensor<4x5xf32>, tensor<5x5xf32> -> tensor<4x5xf32>
    nn.yield carry(%2 : tensor<4x5xf32>) emit(%1 : tensor<4x5xf32>)
  }
  %h = nn.slice %f#0 [0, 0, 0] [6, 4, 5] [1, 1, 1] : tensor<7x4x5xf32> -> tensor<6x4x5xf32>
  %dU = nn.contract %h, %d#1 [0, 1, 2] x [0, 1, 3] -> [2, 3] : tensor<6x4x5xf32>, tensor<6x4x5xf32> -> tensor<5x5xf32>
  %new = nn.sub %U, %dU : tensor<5x5xf32>
  return %new, %loss : tensor<5x5xf32>, tensor<f32>
}
