// Kernels of a scan run in a loop, on rows at their place in the first step plus a multiple of their stride. Operands that the loop does not
// change are packed in front of it.
// RUN: nn-opt %s --nn-stage-linalg=target-cpu=haswell -o %t.mlir
// RUN: nn-opt %t.mlir "--nn-stage-loops=target-cpu=haswell target-threads=2" | FileCheck %s --check-prefixes=CHECK,ROWS
// RUN: nn-opt %t.mlir "--nn-stage-loops=target-cpu=haswell target-threads=2 loop-threads=kernels" | FileCheck %s --check-prefixes=CHECK,KERNELS
// RUN: nn-opt %t.mlir "--nn-stage-loops=target-cpu=haswell loop-threads=one" | FileCheck %s --check-prefix=ONE
// RUN: not nn-opt %t.mlir "--nn-stage-loops=loop-threads=two" 2>&1 | FileCheck %s --check-prefix=TWO
// TWO: error: unknown way to share loops: two
// RUN: nn-opt %t.mlir "--nn-stage-loops=target-cpu=haswell target-threads=2" --remarks-filter=threads --remark-format=emitRemark -o %t.loops 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK: Function=nnc_shared | Remark="a loop of 6 steps: threads share rows in units of {{[468]}} of 96; about {{[0-9]+}} cycles on one, {{[0-9]+}} if they share kernels, {{[0-9]+}} if they share rows"
// REMARK: Function=nnc_alone | Remark="a loop of 6 steps: one thread; about {{[0-9]+}} cycles on one, {{[0-9]+}} if they share kernels"

// Threads that share rows wait once, in front of the loop, for the panels and the first row; threads that share kernels in each step. With
// its epilogue a contraction writes the new carry to the next row.
// CHECK-LABEL: func.func @nnc_shared(
// CHECK-SAME: panel_bytes = {{[1-9]}}
// CHECK: scf.if
// CHECK: call @nnc_kernel_
// CHECK: call @nnc_panels_{{[0-9]+}}(
// CHECK: call @nnc_panels_{{[0-9]+}}(
// ROWS: call @nnc_barrier
// KERNELS-NOT: call @nnc_barrier
// CHECK: scf.for %[[T:.*]] = %c0{{.*}} to %c6{{.*}} step
// ROWS-NOT: nnc_barrier
// KERNELS-NEXT: call @nnc_barrier
// CHECK: %[[H:.*]] = arith.muli %[[T]], %c49152
// CHECK: %[[FROM:.*]] = arith.addi %c0{{.*}}, %[[H]]
// CHECK: call @nnc_contraction_{{[0-9]+}}(%{{.*}}, %[[FROM]],
// KERNELS-NEXT: call @nnc_barrier
// ROWS-NOT: nnc_barrier
// CHECK: %[[X:.*]] = arith.muli %[[T]], %c15360
// CHECK: %[[ROW:.*]] = arith.addi %c0{{.*}}, %[[X]]
// CHECK: %[[TO:.*]] = arith.addi %c49152{{.*}}, %[[H]]
// CHECK: call @nnc_contraction_{{[0-9]+}}(%{{.*}}, %[[ROW]], {{.*}}, %[[TO]],
// CHECK-NOT: call
// CHECK: return
// ONE-LABEL: func.func @nnc_shared(
// ONE-NOT: nnc_barrier
// ONE: return
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

// A loop in a loop: rows of rows.
// CHECK-LABEL: func.func @nnc_nested(
// CHECK: scf.for %[[S:.*]] = %c0{{.*}} to %c2{{.*}} step
// CHECK: scf.for %[[T:.*]] = %c0{{.*}} to %c3{{.*}} step
// CHECK-DAG: arith.muli %[[S]], %c192
// CHECK-DAG: arith.muli %[[T]], %c64
// CHECK: call @nnc_kernel
// CHECK: nn.loop = array<i64: 0, 2, 1, 3>
// CHECK: nn.loop = array<i64: 0, 2>
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
