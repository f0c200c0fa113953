// In a function with scans the dimension of the steps comes in front of that of the batch, so that no sequence of
// floats is transposed: the indices of lookups are.
// RUN: nn-opt %s --nn-assign-layout=target-cpu=haswell --nn-simplify | FileCheck %s

// CHECK-LABEL: @lookups
// CHECK: %[[IDS:.*]] = nn.transpose %arg2 [1, 0] : tensor<4x6xi32> -> tensor<6x4xi32>
// CHECK: %[[X:.*]] = nn.gather %arg0, %[[IDS]] batch_dims 0 : tensor<9x5xf32>, tensor<6x4xi32> -> tensor<6x4x5xf32>
// CHECK: nn.sin %[[X]]
// CHECK: %[[S:.*]] = nn.scan 6 over(
// CHECK: %[[H:.*]] = nn.slice %[[S]]
// CHECK: %[[Y:.*]] = nn.cos %[[H]] : tensor<6x4x5xf32>
// The score of the right class, and the sums by row of the table.
// CHECK: nn.gather %[[Y]], %[[IDS]] batch_dims 2 : tensor<6x4x5xf32>, tensor<6x4xi32> -> tensor<6x4xf32>
// CHECK: nn.scatter_add %[[Y]], %[[IDS]] batch_dims 0 size 9 : tensor<6x4x5xf32>, tensor<6x4xi32> -> tensor<9x5xf32>
// CHECK-NOT: nn.transpose
// CHECK: return
func.func @lookups(%table: tensor<9x5xf32>, %h0: tensor<4x5xf32>,
                   %ids: tensor<4x6xi32> {nn.kind = #nn.kind<input>, nn.name = "ids"}) -> (tensor<4xf32>, tensor<9x5xf32>) {
  %0 = nn.gather %table, %ids batch_dims 0 : tensor<9x5xf32>, tensor<4x6xi32> -> tensor<4x6x5xf32>
  %1 = nn.sin %0 : tensor<4x6x5xf32>
  %2 = nn.transpose %1 [1, 0, 2] : tensor<4x6x5xf32> -> tensor<6x4x5xf32>
  %3 = nn.scan 6 over(%x = %2 : tensor<6x4x5xf32>) carry(%h = %h0 : tensor<4x5xf32>) {
    %8 = nn.mul %h, %x : tensor<4x5xf32>
    nn.yield carry(%8 : tensor<4x5xf32>)
  }
  %4 = nn.slice %3 [1, 0, 0] [6, 4, 5] [1, 1, 1] : tensor<7x4x5xf32> -> tensor<6x4x5xf32>
  %5 = nn.transpose %4 [1, 0, 2] : tensor<6x4x5xf32> -> tensor<4x6x5xf32>
  %6 = nn.cos %5 : tensor<4x6x5xf32>
  %7 = nn.gather %6, %ids batch_dims 2 : tensor<4x6x5xf32>, tensor<4x6xi32> -> tensor<4x6xf32>
  %8 = nn.reduce_sum %7 [1] : tensor<4x6xf32> -> tensor<4xf32>
  %9 = nn.scatter_add %6, %ids batch_dims 0 size 9 : tensor<4x6x5xf32>, tensor<4x6xi32> -> tensor<9x5xf32>
  return %8, %9 : tensor<4xf32>, tensor<9x5xf32>
}
