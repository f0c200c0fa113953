// The canonical form of contractions; and that it keeps what every function computes.
// RUN: nn-opt %s --canonicalize="region-simplify=disabled" | FileCheck %s
// RUN: nn-check --evaluate %s > %t.before
// RUN: nn-opt %s --canonicalize="region-simplify=disabled" | nn-check --evaluate - > %t.after
// RUN: diff %t.before %t.after

// CHECK-LABEL: @renumber
// CHECK: nn.contract %{{.*}}, %{{.*}} [0, 1] x [1, 2] -> [2, 0]
func.func @renumber(%a: tensor<2x3xf64>, %b: tensor<3x4xf64>) -> tensor<4x2xf64> {
  %0 = nn.contract %a, %b [9, 4] x [4, 0] -> [0, 9]
      : tensor<2x3xf64>, tensor<3x4xf64> -> tensor<4x2xf64>
  return %0 : tensor<4x2xf64>
}

// A transposed operand is read as it is; a transposed result is written transposed.
// CHECK-LABEL: @transposes
// CHECK-SAME: %[[A:.*]]: tensor<3x2xf64>, %[[B:.*]]: tensor<3x4xf64>
// CHECK-NEXT: %[[C:.*]] = nn.contract %[[A]], %[[B]] [0, 1] x [0, 2] -> [2, 1]
// CHECK-NEXT: return %[[C]]
func.func @transposes(%a: tensor<3x2xf64>, %b: tensor<3x4xf64>) -> tensor<4x2xf64> {
  %0 = nn.transpose %a [1, 0] : tensor<3x2xf64> -> tensor<2x3xf64>
  %1 = nn.contract %0, %b [0, 1] x [1, 2] -> [0, 2]
      : tensor<2x3xf64>, tensor<3x4xf64> -> tensor<2x4xf64>
  %2 = nn.transpose %1 [1, 0] : tensor<2x4xf64> -> tensor<4x2xf64>
  return %2 : tensor<4x2xf64>
}

// A transposed contraction that is used as it is too stays.
// CHECK-LABEL: @transpose_of_shared
// CHECK: nn.transpose
func.func @transpose_of_shared(%a: tensor<2x3xf64>, %b: tensor<3x4xf64>)
    -> (tensor<2x4xf64>, tensor<4x2xf64>) {
  %0 = nn.contract %a, %b [0, 1] x [1, 2] -> [0, 2]
      : tensor<2x3xf64>, tensor<3x4xf64> -> tensor<2x4xf64>
  %1 = nn.transpose %0 [1, 0] : tensor<2x4xf64> -> tensor<4x2xf64>
  return %0, %1 : tensor<2x4xf64>, tensor<4x2xf64>
}

// CHECK-LABEL: @lone_label
// CHECK-SAME: %[[A:.*]]: tensor<2x3x5xf64>, %[[B:.*]]: tensor<3x4xf64>
// CHECK-NEXT: %[[S:.*]] = nn.reduce_sum %[[A]] [2]
// CHECK-NEXT: nn.contract %[[S]], %[[B]] [0, 1] x [1, 2] -> [0, 2]
func.func @lone_label(%a: tensor<2x3x5xf64>, %b: tensor<3x4xf64>) -> tensor<2x4xf64> {
  %0 = nn.contract %a, %b [0, 1, 3] x [1, 2] -> [0, 2]
      : tensor<2x3x5xf64>, tensor<3x4xf64> -> tensor<2x4xf64>
  return %0 : tensor<2x4xf64>
}

// A broadcast dimension that the other operand has is not read: in the result it comes from the
// other operand, if summed it is summed there.
// CHECK-LABEL: @broadcast_operand
// CHECK-SAME: %[[A:.*]]: tensor<3xf64>, %[[B:.*]]: tensor<3x4x2xf64>
// CHECK-NEXT: %[[C:.*]] = nn.contract %[[A]], %[[B]] [0] x [0, 1, 2] -> [2, 1]
// CHECK-NEXT: return %[[C]]
func.func @broadcast_operand(%a: tensor<3xf64>, %b: tensor<3x4x2xf64>) -> tensor<2x4xf64> {
  %0 = nn.broadcast %a [1] : tensor<3xf64> -> tensor<2x3xf64>
  %1 = nn.contract %0, %b [0, 1] x [1, 2, 0] -> [0, 2]
      : tensor<2x3xf64>, tensor<3x4x2xf64> -> tensor<2x4xf64>
  return %1 : tensor<2x4xf64>
}

// A contraction with a splat sums the other operand.
// CHECK-LABEL: @splat_operand
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf64>
// CHECK-DAG: %[[TWO:.*]] = nn.constant dense<2.000000e+00>
// CHECK-DAG: %[[S:.*]] = nn.reduce_sum %[[X]] [0]
// CHECK: nn.mul %[[S]], %[[TWO]]
func.func @splat_operand(%x: tensor<3x4xf64>) -> tensor<4xf64> {
  %0 = nn.constant dense<2.0> : tensor<3xf64>
  %1 = nn.contract %0, %x [0] x [0, 1] -> [1] : tensor<3xf64>, tensor<3x4xf64> -> tensor<4xf64>
  return %1 : tensor<4xf64>
}

// Products that sum nothing are element-wise.
// CHECK-LABEL: @outer
// CHECK-SAME: %[[A:.*]]: tensor<2xf64>, %[[B:.*]]: tensor<3xf64>
// CHECK-DAG: %[[A2:.*]] = nn.broadcast %[[A]] [1] : tensor<2xf64> -> tensor<3x2xf64>
// CHECK-DAG: %[[B2:.*]] = nn.broadcast %[[B]] [0] : tensor<3xf64> -> tensor<3x2xf64>
// CHECK: nn.mul %[[A2]], %[[B2]] : tensor<3x2xf64>
func.func @outer(%a: tensor<2xf64>, %b: tensor<3xf64>) -> tensor<3x2xf64> {
  %0 = nn.contract %a, %b [0] x [1] -> [1, 0] : tensor<2xf64>, tensor<3xf64> -> tensor<3x2xf64>
  return %0 : tensor<3x2xf64>
}

// CHECK-LABEL: @scaled_transpose
// CHECK-SAME: %[[S:.*]]: tensor<f64>, %[[X:.*]]: tensor<2x3xf64>
// CHECK-DAG: %[[S2:.*]] = nn.broadcast %[[S]] [] : tensor<f64> -> tensor<3x2xf64>
// CHECK-DAG: %[[X2:.*]] = nn.transpose %[[X]] [1, 0]
// CHECK: nn.mul %[[S2]], %[[X2]]
func.func @scaled_transpose(%s: tensor<f64>, %x: tensor<2x3xf64>) -> tensor<3x2xf64> {
  %0 = nn.contract %s, %x [] x [0, 1] -> [1, 0] : tensor<f64>, tensor<2x3xf64> -> tensor<3x2xf64>
  return %0 : tensor<3x2xf64>
}
