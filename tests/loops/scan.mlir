// Kernels of a scan run in a loop, on rows at their place in the first step plus a multiple of their stride. Steps in which threads
// share a kernel begin with a barrier; thread 0 runs others alone.
// RUN: nn-opt %s "--nn-stage-linalg=target-cpu=haswell" "--nn-stage-loops=target-cpu=haswell target-threads=2" | FileCheck %s

// CHECK-LABEL: func.func @nnc_shared(
// CHECK: scf.for %[[T:.*]] = %c0{{.*}} to %c6{{.*}} step
// CHECK-NEXT: call @nnc_barrier
// CHECK: %[[H:.*]] = arith.muli %[[T]], %c49152
// CHECK: %[[FROM:.*]] = arith.addi %c0{{.*}}, %[[H]]
// CHECK: call @nnc_contraction_{{[0-9]+}}(%{{.*}}, %[[FROM]],
// CHECK: %[[X:.*]] = arith.muli %[[T]], %c15360
// CHECK: %[[ROW:.*]] = arith.addi %c0{{.*}}, %[[X]]
// CHECK: call @nnc_contraction_{{[0-9]+}}(%{{.*}}, %[[ROW]],
// The new carry goes to the next row.
// CHECK: scf.if
// CHECK: %[[TO:.*]] = arith.addi %c49152{{.*}}, %[[H]]
// CHECK: call @nnc_kernel_{{[0-9]+}}({{.*}}, %[[TO]])
// CHECK-NOT: call
// CHECK: return
func.func @shared(%xs: tensor<6x96x40xf32>, %h0: tensor<96x128xf32>, %w: tensor<40x128xf32>,
                  %u: tensor<128x128xf32>) -> tensor<7x96x128xf32> {
  %0 = nn.scan 6 over(%x = %xs : tensor<6x96x40xf32>) carry(%h = %h0 : tensor<96x128xf32>)
                 with(%a = %w : tensor<40x128xf32>, %b = %u : tensor<128x128xf32>) {
    %1 = nn.contract %x, %a [0, 1] x [1, 2] -> [0, 2] : tensor<96x40xf32>, tensor<40x128xf32> -> tensor<96x128xf32>
    %2 = nn.contract %h, %b [0, 1] x [1, 2] -> [0, 2] : tensor<96x128xf32>, tensor<128x128xf32> -> tensor<96x128xf32>
    %3 = nn.add %1, %2 : tensor<96x128xf32>
    %4 = nn.tanh %3 : tensor<96x128xf32>
    nn.yield carry(%4 : tensor<96x128xf32>)
  }
  return %0 : tensor<7x96x128xf32>
}

// Backwards, rows of one number of four bytes.
// CHECK-LABEL: func.func @nnc_alone(
// CHECK-NOT: nnc_barrier
// CHECK: scf.for %[[T:.*]] = %c0{{.*}} to %c6{{.*}} step
// CHECK-NEXT: scf.if
// CHECK: %[[BACK:.*]] = arith.muli %[[T]], %c-4
// CHECK: arith.addi %c24{{.*}}, %[[BACK]]
// CHECK: arith.addi %c20{{.*}}, %[[BACK]]
// CHECK-NOT: nnc_barrier
// CHECK: return
func.func @alone(%xs: tensor<6xf32>, %h0: tensor<f32>) -> tensor<6xf32> {
  %0 = nn.scan 6 reverse over(%x = %xs : tensor<6xf32>) carry(%h = %h0 : tensor<f32>) {
    %1 = nn.mul %h, %x : tensor<f32>
    nn.yield carry(%1 : tensor<f32>)
  }
  %1 = nn.slice %0 [0] [6] [1] : tensor<7xf32> -> tensor<6xf32>
  %2 = nn.neg %1 : tensor<6xf32>
  return %2 : tensor<6xf32>
}
