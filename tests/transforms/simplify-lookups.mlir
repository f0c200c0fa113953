// Lookups in tables of fewer rows than are looked up change places with products.
// RUN: nn-opt %s --nn-simplify | FileCheck %s

// CHECK-LABEL: @product
// CHECK: %[[P:.*]] = nn.contract %arg0, %arg2 [0, 1] x [1, 2] -> [0, 2] : tensor<7x3xf32>, tensor<3x5xf32> -> tensor<7x5xf32>
// CHECK: nn.gather %[[P]], %arg1 batch_dims 0 : tensor<7x5xf32>, tensor<4x6xi32> -> tensor<4x6x5xf32>
func.func @product(%table: tensor<7x3xf32>, %ids: tensor<4x6xi32>, %w: tensor<3x5xf32>) -> tensor<4x6x5xf32> {
  %0 = nn.gather %table, %ids batch_dims 0 : tensor<7x3xf32>, tensor<4x6xi32> -> tensor<4x6x3xf32>
  %1 = nn.contract %0, %w [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<4x6x3xf32>, tensor<3x5xf32> -> tensor<4x6x5xf32>
  return %1 : tensor<4x6x5xf32>
}

// A table of more rows stays.
// CHECK-LABEL: @large
// CHECK: %[[G:.*]] = nn.gather %arg0
// CHECK: nn.contract %[[G]]
func.func @large(%table: tensor<70x3xf32>, %ids: tensor<4x6xi32>, %w: tensor<3x5xf32>) -> tensor<4x6x5xf32> {
  %0 = nn.gather %table, %ids batch_dims 0 : tensor<70x3xf32>, tensor<4x6xi32> -> tensor<4x6x3xf32>
  %1 = nn.contract %0, %w [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<4x6x3xf32>, tensor<3x5xf32> -> tensor<4x6x5xf32>
  return %1 : tensor<4x6x5xf32>
}

// The gradients of the weights and of the table.
// CHECK-LABEL: @gradients
// CHECK: %[[S:.*]] = nn.scatter_add %arg2, %arg1 batch_dims 0 size 7 : tensor<4x6x5xf32>, tensor<4x6xi32> -> tensor<7x5xf32>
// CHECK-DAG: nn.contract %arg0, %[[S]] [0, 1] x [0, 2] -> [1, 2] : tensor<7x3xf32>, tensor<7x5xf32> -> tensor<3x5xf32>
// CHECK-DAG: nn.contract %[[S]], %arg3 [0, 1] x [2, 1] -> [0, 2] : tensor<7x5xf32>, tensor<3x5xf32> -> tensor<7x3xf32>
func.func @gradients(%table: tensor<7x3xf32>, %ids: tensor<4x6xi32>, %d: tensor<4x6x5xf32>, %w: tensor<3x5xf32>)
    -> (tensor<3x5xf32>, tensor<7x3xf32>) {
  %0 = nn.gather %table, %ids batch_dims 0 : tensor<7x3xf32>, tensor<4x6xi32> -> tensor<4x6x3xf32>
  %1 = nn.contract %0, %d [0, 1, 2] x [0, 1, 3] -> [2, 3] : tensor<4x6x3xf32>, tensor<4x6x5xf32> -> tensor<3x5xf32>
  %2 = nn.contract %d, %w [0, 1, 2] x [3, 2] -> [0, 1, 3] : tensor<4x6x5xf32>, tensor<3x5xf32> -> tensor<4x6x3xf32>
  %3 = nn.scatter_add %2, %ids batch_dims 0 size 7 : tensor<4x6x3xf32>, tensor<4x6xi32> -> tensor<7x3xf32>
  return %1, %3 : tensor<3x5xf32>, tensor<7x3xf32>
}

// CHECK-LABEL: @batches
// CHECK: %[[S:.*]] = nn.scatter_add %arg0, %arg1 batch_dims 0 size 7 : tensor<4x6x5xf32>, tensor<4x6xi32> -> tensor<7x5xf32>
// CHECK: return %[[S]]
func.func @batches(%d: tensor<4x6x5xf32>, %ids: tensor<4x6xi32>) -> tensor<7x5xf32> {
  %0 = nn.scatter_add %d, %ids batch_dims 1 size 7 : tensor<4x6x5xf32>, tensor<4x6xi32> -> tensor<4x7x5xf32>
  %1 = nn.reduce_sum %0 [0] : tensor<4x7x5xf32> -> tensor<7x5xf32>
  return %1 : tensor<7x5xf32>
}
