// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-simplify))" | FileCheck %s
// RUN: nn-check --evaluate %s > %t.before
// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-simplify))" | nn-check --evaluate - > %t.after
// RUN: diff %t.before %t.after

// Arguments that are not used stay.
// CHECK-LABEL: @arguments
// CHECK-SAME: (%{{.*}}: tensor<f64>, %[[X:.*]]: tensor<f64>)
// CHECK-NEXT: return %[[X]]
func.func @arguments(%unused: tensor<f64>, %x: tensor<f64>) -> tensor<f64> {
  %0 = nn.exp %unused : tensor<f64>
  return %x : tensor<f64>
}

// CHECK-LABEL: @common
// CHECK: %[[Y:.*]] = nn.exp
// CHECK-NEXT: return %[[Y]], %[[Y]]
func.func @common(%x: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %0 = nn.exp %x : tensor<3xf64>
  %1 = nn.exp %x : tensor<3xf64>
  return %0, %1 : tensor<3xf64>, tensor<3xf64>
}

// CHECK-LABEL: @sink_broadcast
// CHECK-SAME: %[[A:.*]]: tensor<3xf64>, %[[B:.*]]: tensor<3xf64>
// CHECK-DAG: %[[TWO:.*]] = nn.constant dense<2.000000e+00> : tensor<3xf64>
// CHECK-DAG: %[[SUM:.*]] = nn.add %[[A]], %[[B]] : tensor<3xf64>
// CHECK: %[[SCALED:.*]] = nn.mul %[[SUM]], %[[TWO]] : tensor<3xf64>
// CHECK: %[[C:.*]] = nn.compare lt %[[SCALED]], %[[TWO]] : tensor<3xf64>
// CHECK: %[[CB:.*]] = nn.broadcast %[[C]] [0] : tensor<3xi1> -> tensor<3x5xi1>
// CHECK-NEXT: return %[[CB]]
func.func @sink_broadcast(%a: tensor<3xf64>, %b: tensor<3xf64>) -> tensor<3x5xi1> {
  %0 = nn.broadcast %a [0] : tensor<3xf64> -> tensor<3x5xf64>
  %1 = nn.broadcast %b [0] : tensor<3xf64> -> tensor<3x5xf64>
  %2 = nn.add %0, %1 : tensor<3x5xf64>
  %3 = nn.constant dense<2.0> : tensor<3x5xf64>
  %4 = nn.mul %2, %3 : tensor<3x5xf64>
  %5 = nn.compare lt %4, %3 : tensor<3x5xf64>
  return %5 : tensor<3x5xi1>
}

// Broadcasts along different dimensions stay above the operation.
// CHECK-LABEL: @two_directions
// CHECK: nn.add {{.*}} : tensor<3x5xf64>
func.func @two_directions(%a: tensor<3xf64>, %b: tensor<5xf64>) -> tensor<3x5xf64> {
  %0 = nn.broadcast %a [0] : tensor<3xf64> -> tensor<3x5xf64>
  %1 = nn.broadcast %b [1] : tensor<5xf64> -> tensor<3x5xf64>
  %2 = nn.add %0, %1 : tensor<3x5xf64>
  return %2 : tensor<3x5xf64>
}

// CHECK-LABEL: @reduce_broadcast
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf64>
// CHECK-DAG: %[[FIVE:.*]] = nn.constant dense<5.000000e+00> : tensor<3xf64>
// CHECK-DAG: %[[SUM:.*]] = nn.reduce_sum %[[X]] [1] : tensor<3x4xf64> -> tensor<3xf64>
// CHECK-DAG: %[[SCALED:.*]] = nn.mul %[[SUM]], %[[FIVE]] : tensor<3xf64>
// CHECK-DAG: %[[MAX:.*]] = nn.reduce_max %[[X]] [0] : tensor<3x4xf64> -> tensor<4xf64>
// CHECK-DAG: %[[MAXB:.*]] = nn.broadcast %[[MAX]] [1] : tensor<4xf64> -> tensor<5x4xf64>
// CHECK: return %[[SCALED]], %[[MAXB]], %[[X]]
func.func @reduce_broadcast(%x: tensor<3x4xf64>) -> (tensor<3xf64>, tensor<5x4xf64>, tensor<3x4xf64>) {
  %0 = nn.broadcast %x [0, 2] : tensor<3x4xf64> -> tensor<3x5x4xf64>
  %1 = nn.reduce_sum %0 [1, 2] : tensor<3x5x4xf64> -> tensor<3xf64>
  %2 = nn.reduce_max %0 [0] : tensor<3x5x4xf64> -> tensor<5x4xf64>
  %3 = nn.reduce_min %0 [1] : tensor<3x5x4xf64> -> tensor<3x4xf64>
  return %1, %2, %3 : tensor<3xf64>, tensor<5x4xf64>, tensor<3x4xf64>
}

// A matrix product written with broadcasts is one.
// CHECK-LABEL: @sum_of_product
// CHECK-SAME: %[[A:.*]]: tensor<2x3xf64>, %[[B:.*]]: tensor<3x4xf64>
// CHECK-NEXT: %[[C:.*]] = nn.contract %[[A]], %[[B]] [0, 1] x [1, 2] -> [0, 2]
// CHECK-NEXT: return %[[C]]
func.func @sum_of_product(%a: tensor<2x3xf64>, %b: tensor<3x4xf64>) -> tensor<2x4xf64> {
  %0 = nn.broadcast %a [0, 1] : tensor<2x3xf64> -> tensor<2x3x4xf64>
  %1 = nn.broadcast %b [1, 2] : tensor<3x4xf64> -> tensor<2x3x4xf64>
  %2 = nn.mul %0, %1 : tensor<2x3x4xf64>
  %3 = nn.reduce_sum %2 [1] : tensor<2x3x4xf64> -> tensor<2x4xf64>
  return %3 : tensor<2x4xf64>
}

// A factor that the sum does not run over is taken out of it.
// CHECK-LABEL: @factor_out
// CHECK-SAME: %[[A:.*]]: tensor<2xf64>, %[[B:.*]]: tensor<2x3xf64>
// CHECK-NEXT: %[[SUM:.*]] = nn.reduce_sum %[[B]] [1]
// CHECK-NEXT: %[[C:.*]] = nn.mul %[[A]], %[[SUM]]
// CHECK-NEXT: return %[[C]]
func.func @factor_out(%a: tensor<2xf64>, %b: tensor<2x3xf64>)
    -> tensor<2xf64> {
  %0 = nn.broadcast %a [0] : tensor<2xf64> -> tensor<2x3xf64>
  %1 = nn.mul %0, %b : tensor<2x3xf64>
  %2 = nn.reduce_sum %1 [1] : tensor<2x3xf64> -> tensor<2xf64>
  return %2 : tensor<2xf64>
}

// CHECK-LABEL: @unit_dims
// CHECK-SAME: %[[X:.*]]: tensor<3x1xf64>
// CHECK-NEXT: %[[Y:.*]] = nn.reshape %[[X]] : tensor<3x1xf64> -> tensor<3xf64>
// CHECK-NEXT: return %[[Y]], %[[Y]]
func.func @unit_dims(%x: tensor<3x1xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %0 = nn.reduce_sum %x [1] : tensor<3x1xf64> -> tensor<3xf64>
  %1 = nn.reduce_prod %x [1] : tensor<3x1xf64> -> tensor<3xf64>
  return %0, %1 : tensor<3xf64>, tensor<3xf64>
}

// CHECK-LABEL: @signs
// CHECK-SAME: %[[A:.*]]: tensor<3xf64>, %[[B:.*]]: tensor<3xf64>
// CHECK-DAG: %[[S1:.*]] = nn.sub %[[A]], %[[B]]
// CHECK-DAG: %[[S2:.*]] = nn.add %[[A]], %[[B]]
// CHECK-DAG: %[[S3:.*]] = nn.neg %[[A]]
// CHECK: return %[[S1]], %[[S1]], %[[S2]], %[[S3]]
func.func @signs(%a: tensor<3xf64>, %b: tensor<3xf64>)
    -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  %minus = nn.constant dense<-1.0> : tensor<3xf64>
  %n = nn.neg %b : tensor<3xf64>
  %0 = nn.add %a, %n : tensor<3xf64>
  %1 = nn.add %n, %a : tensor<3xf64>
  %2 = nn.sub %a, %n : tensor<3xf64>
  %3 = nn.mul %a, %minus : tensor<3xf64>
  return %0, %1, %2, %3 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// Only reciprocals that are exact replace a division.
// CHECK-LABEL: @divisions
// CHECK-SAME: %[[X:.*]]: tensor<3xf64>
// CHECK-DAG: %[[EIGHTH:.*]] = nn.constant dense<1.250000e-01>
// CHECK-DAG: %[[THREE:.*]] = nn.constant dense<3.000000e+00>
// CHECK-DAG: nn.mul %[[X]], %[[EIGHTH]]
// CHECK-DAG: nn.div %[[X]], %[[THREE]]
func.func @divisions(%x: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %eight = nn.constant dense<8.0> : tensor<3xf64>
  %three = nn.constant dense<3.0> : tensor<3xf64>
  %0 = nn.div %x, %eight : tensor<3xf64>
  %1 = nn.div %x, %three : tensor<3xf64>
  return %0, %1 : tensor<3xf64>, tensor<3xf64>
}

// CHECK-LABEL: @stop_gradient
// CHECK-SAME: %[[X:.*]]: tensor<3xf64>
// CHECK-NEXT: return %[[X]]
func.func @stop_gradient(%x: tensor<3xf64>) -> tensor<3xf64> {
  %0 = nn.stop_gradient %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}

// The sum over the steps of a sequence goes into the contraction; one over a dimension of a single factor does not.
// CHECK-LABEL: @sums_of_contractions
// CHECK-SAME: %[[X:.*]]: tensor<5x3x2xf64>, %[[Y:.*]]: tensor<5x3x4xf64>
// CHECK-NEXT: %[[R:.*]] = nn.contract %[[X]], %[[Y]] [0, 1, 2] x [0, 1, 3] -> [2, 3]
// CHECK-NEXT: %[[C:.*]] = nn.contract %[[X]]
// CHECK-NEXT: %[[S:.*]] = nn.reduce_sum %[[C]] [1]
// CHECK-NEXT: return %[[R]], %[[S]]
func.func @sums_of_contractions(%x: tensor<5x3x2xf64>, %y: tensor<5x3x4xf64>) -> (tensor<2x4xf64>, tensor<5x4xf64>) {
  %0 = nn.contract %x, %y [0, 1, 2] x [0, 1, 3] -> [0, 2, 3] : tensor<5x3x2xf64>, tensor<5x3x4xf64> -> tensor<5x2x4xf64>
  %1 = nn.reduce_sum %0 [0] : tensor<5x2x4xf64> -> tensor<2x4xf64>
  %2 = nn.contract %x, %y [0, 1, 2] x [0, 1, 3] -> [0, 2, 3] : tensor<5x3x2xf64>, tensor<5x3x4xf64> -> tensor<5x2x4xf64>
  %3 = nn.reduce_sum %2 [1] : tensor<5x2x4xf64> -> tensor<5x4xf64>
  return %1, %3 : tensor<2x4xf64>, tensor<5x4xf64>
}

// The gradients of the parts of a split lie side by side, in whatever order they are added.
// CHECK-LABEL: @neighbours
// CHECK-SAME: %[[A:.*]]: tensor<2x3xf64>, %[[B:.*]]: tensor<2x4xf64>, %[[C:.*]]: tensor<2x1xf64>
// CHECK-NEXT: %[[R:.*]] = nn.concat %[[A]], %[[B]], %[[C]] dim 1
// CHECK-NEXT: return %[[R]]
func.func @neighbours(%a: tensor<2x3xf64>, %b: tensor<2x4xf64>, %c: tensor<2x1xf64>) -> tensor<2x8xf64> {
  %0 = nn.pad %a [0, 0] [0, 5] value 0.0 : tensor<2x3xf64> -> tensor<2x8xf64>
  %1 = nn.pad %b [0, 3] [0, 1] value 0.0 : tensor<2x4xf64> -> tensor<2x8xf64>
  %2 = nn.pad %c [0, 7] [0, 0] value 0.0 : tensor<2x1xf64> -> tensor<2x8xf64>
  %3 = nn.add %2, %1 : tensor<2x8xf64>
  %4 = nn.add %3, %0 : tensor<2x8xf64>
  return %4 : tensor<2x8xf64>
}

// CHECK-LABEL: @between_neighbours
// CHECK-SAME: %[[A:.*]]: tensor<2x3xf64>, %[[B:.*]]: tensor<2x4xf64>, %[[C:.*]]: tensor<2x1xf64>
// CHECK-NEXT: %[[R:.*]] = nn.concat %[[A]], %[[B]], %[[C]] dim 1
// CHECK-NEXT: return %[[R]]
func.func @between_neighbours(%a: tensor<2x3xf64>, %b: tensor<2x4xf64>, %c: tensor<2x1xf64>) -> tensor<2x8xf64> {
  %0 = nn.pad %a [0, 0] [0, 5] value 0.0 : tensor<2x3xf64> -> tensor<2x8xf64>
  %1 = nn.pad %b [0, 3] [0, 1] value 0.0 : tensor<2x4xf64> -> tensor<2x8xf64>
  %2 = nn.pad %c [0, 7] [0, 0] value 0.0 : tensor<2x1xf64> -> tensor<2x8xf64>
  %3 = nn.add %2, %0 : tensor<2x8xf64>
  %4 = nn.add %1, %3 : tensor<2x8xf64>
  return %4 : tensor<2x8xf64>
}

// Neither with a gap, nor with overlap, nor with another value than zero.
// CHECK-LABEL: @no_neighbours
// CHECK-NOT: nn.concat
// CHECK: return
func.func @no_neighbours(%a: tensor<3xf64>, %b: tensor<3xf64>) -> (tensor<8xf64>, tensor<8xf64>, tensor<6xf64>) {
  %0 = nn.pad %a [0] [5] value 0.0 : tensor<3xf64> -> tensor<8xf64>
  %1 = nn.pad %b [4] [1] value 0.0 : tensor<3xf64> -> tensor<8xf64>
  %2 = nn.pad %b [2] [3] value 0.0 : tensor<3xf64> -> tensor<8xf64>
  %3 = nn.pad %a [0] [3] value 1.0 : tensor<3xf64> -> tensor<6xf64>
  %4 = nn.pad %b [3] [0] value 1.0 : tensor<3xf64> -> tensor<6xf64>
  %5 = nn.add %0, %1 : tensor<8xf64>
  %6 = nn.add %0, %2 : tensor<8xf64>
  %7 = nn.add %3, %4 : tensor<6xf64>
  return %5, %6, %7 : tensor<8xf64>, tensor<8xf64>, tensor<6xf64>
}
