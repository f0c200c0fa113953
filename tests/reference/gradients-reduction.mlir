// Every derivative of a reduction or contraction against finite differences.
// RUN: nn-check --gradient %s | FileCheck %s
// CHECK-NOT: FAILED

// CHECK: passed reduce_sum arg0: 24 elements
func.func @reduce_sum(%x: tensor<2x3x4xf64>) -> tensor<3xf64> {
  %0 = nn.reduce_sum %x [0, 2] : tensor<2x3x4xf64> -> tensor<3xf64>
  %y = nn.mul %0, %0 : tensor<3xf64>
  return %y : tensor<3xf64>
}

// CHECK: passed reduce_max arg0: 24 elements
func.func @reduce_max(%x: tensor<2x3x4xf64>) -> tensor<3xf64> {
  %y = nn.reduce_max %x [0, 2] : tensor<2x3x4xf64> -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// CHECK: passed reduce_min arg0: 24 elements
func.func @reduce_min(%x: tensor<2x3x4xf64>) -> tensor<2x4xf64> {
  %y = nn.reduce_min %x [1] : tensor<2x3x4xf64> -> tensor<2x4xf64>
  return %y : tensor<2x4xf64>
}

// CHECK: passed reduce_prod arg0: 12 elements
func.func @reduce_prod(%x: tensor<3x4xf64>) -> tensor<3xf64> {
  %y = nn.reduce_prod %x [1] : tensor<3x4xf64> -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// Rows with no, one and two zeros.
// CHECK: passed reduce_prod_zeros arg0: 12 elements
func.func @reduce_prod_zeros(%x: tensor<3x4xf64> {nn.values =
    dense<[[1.5, 2.0, -0.5, 3.0], [1.5, 0.0, -2.0, 0.7], [0.0, 2.5, 0.0, 1.2]]> : tensor<3x4xf64>})
    -> tensor<3xf64> {
  %y = nn.reduce_prod %x [1] : tensor<3x4xf64> -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// CHECK: passed contract arg0: 12 elements
// CHECK: passed contract arg1: 20 elements
func.func @contract(%a: tensor<3x4xf64>, %b: tensor<4x5xf64>) -> tensor<3x5xf64> {
  %y = nn.contract %a, %b [0, 1] x [1, 2] -> [0, 2]
      : tensor<3x4xf64>, tensor<4x5xf64> -> tensor<3x5xf64>
  return %y : tensor<3x5xf64>
}

// CHECK: passed contract_batch arg0: 24 elements
// CHECK: passed contract_batch arg1: 40 elements
func.func @contract_batch(%a: tensor<2x3x4xf64>, %b: tensor<4x2x5xf64>) -> tensor<5x2x3xf64> {
  %y = nn.contract %a, %b [7, 0, 1] x [1, 7, 2] -> [2, 7, 0]
      : tensor<2x3x4xf64>, tensor<4x2x5xf64> -> tensor<5x2x3xf64>
  return %y : tensor<5x2x3xf64>
}

// Labels that are summed in one operand alone.
// CHECK: passed contract_lone arg0: 12 elements
// CHECK: passed contract_lone arg1: 10 elements
func.func @contract_lone(%a: tensor<3x4xf64>, %b: tensor<5x2xf64>) -> tensor<2x3xf64> {
  %y = nn.contract %a, %b [0, 1] x [2, 3] -> [3, 0]
      : tensor<3x4xf64>, tensor<5x2xf64> -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}

// Softmax cross-entropy as the standard library writes it: the maximum is a constant.
// CHECK: passed cross_entropy arg0: 12 elements
func.func @cross_entropy(%x: tensor<4x3xf64>, %label: tensor<4xi32> {nn.range = [0.0, 2.0]})
    -> tensor<4xf64> {
  %m = nn.reduce_max %x [1] : tensor<4x3xf64> -> tensor<4xf64>
  %m0 = nn.stop_gradient %m : tensor<4xf64>
  %m1 = nn.broadcast %m0 [0] : tensor<4xf64> -> tensor<4x3xf64>
  %s = nn.sub %x, %m1 : tensor<4x3xf64>
  %e = nn.exp %s : tensor<4x3xf64>
  %z = nn.reduce_sum %e [1] : tensor<4x3xf64> -> tensor<4xf64>
  %l = nn.log %z : tensor<4xf64>
  %lse = nn.add %l, %m0 : tensor<4xf64>
  %picked = nn.gather %x, %label batch_dims 1 : tensor<4x3xf64>, tensor<4xi32> -> tensor<4xf64>
  %y = nn.sub %lse, %picked : tensor<4xf64>
  return %y : tensor<4xf64>
}
