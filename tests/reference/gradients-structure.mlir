// Every derivative of an operation on shapes against finite differences. The squares make the
// cotangents differ from element to element.
// RUN: nn-check --gradient %s | FileCheck %s
// CHECK-NOT: FAILED

// CHECK: passed broadcast arg0: 3 elements
func.func @broadcast(%x: tensor<3xf64>) -> tensor<2x3x2xf64> {
  %y = nn.broadcast %x [1] : tensor<3xf64> -> tensor<2x3x2xf64>
  return %y : tensor<2x3x2xf64>
}

// CHECK: passed reshape arg0: 6 elements
func.func @reshape(%x: tensor<2x3xf64>) -> tensor<3x2xf64> {
  %0 = nn.reshape %x : tensor<2x3xf64> -> tensor<3x2xf64>
  %y = nn.mul %0, %0 : tensor<3x2xf64>
  return %y : tensor<3x2xf64>
}

// CHECK: passed transpose arg0: 24 elements
func.func @transpose(%x: tensor<2x3x4xf64>) -> tensor<4x2x3xf64> {
  %0 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf64> -> tensor<4x2x3xf64>
  %y = nn.mul %0, %0 : tensor<4x2x3xf64>
  return %y : tensor<4x2x3xf64>
}

// CHECK: passed slice arg0: 24 elements
func.func @slice(%x: tensor<4x6xf64>) -> tensor<2x3xf64> {
  %y = nn.slice %x [1, 2] [2, 3] [1, 1] : tensor<4x6xf64> -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}

// CHECK: passed slice_strided arg0: 56 elements
func.func @slice_strided(%x: tensor<7x8xf64>) -> tensor<3x3xf64> {
  %y = nn.slice %x [0, 1] [3, 3] [3, 2] : tensor<7x8xf64> -> tensor<3x3xf64>
  return %y : tensor<3x3xf64>
}

// CHECK: passed pad arg0: 6 elements
func.func @pad(%x: tensor<2x3xf64>) -> tensor<4x4xf64> {
  %0 = nn.pad %x [0, 1] [2, 0] value 2.0 : tensor<2x3xf64> -> tensor<4x4xf64>
  %y = nn.mul %0, %0 : tensor<4x4xf64>
  return %y : tensor<4x4xf64>
}

// CHECK: passed concat arg0: 4 elements
// CHECK: passed concat arg1: 6 elements
func.func @concat(%a: tensor<2x2xf64>, %b: tensor<2x3xf64>) -> tensor<2x7xf64> {
  %0 = nn.concat %a, %b, %a dim 1
      : tensor<2x2xf64>, tensor<2x3xf64>, tensor<2x2xf64> -> tensor<2x7xf64>
  %y = nn.mul %0, %0 : tensor<2x7xf64>
  return %y : tensor<2x7xf64>
}

// CHECK: passed reverse arg0: 12 elements
func.func @reverse(%x: tensor<2x3x2xf64>) -> tensor<2x3x2xf64> {
  %y = nn.reverse %x [0, 1] : tensor<2x3x2xf64>
  return %y : tensor<2x3x2xf64>
}

// Repeated and clamped indices.
// CHECK: passed gather arg0: 8 elements
func.func @gather(%x: tensor<4x2xf64>, %i: tensor<2x3xi32> {nn.range = [-1.0, 4.0]})
    -> tensor<2x3x2xf64> {
  %y = nn.gather %x, %i batch_dims 0 : tensor<4x2xf64>, tensor<2x3xi32> -> tensor<2x3x2xf64>
  return %y : tensor<2x3x2xf64>
}

// CHECK: passed gather_batch arg0: 24 elements
func.func @gather_batch(%x: tensor<2x4x3xf64>, %i: tensor<2x5xi32>) -> tensor<2x5x3xf64> {
  %y = nn.gather %x, %i batch_dims 1 : tensor<2x4x3xf64>, tensor<2x5xi32> -> tensor<2x5x3xf64>
  return %y : tensor<2x5x3xf64>
}

// CHECK: passed scatter_add arg0: 10 elements
func.func @scatter_add(%u: tensor<5x2xf64>, %i: tensor<5xi32>) -> tensor<3x2xf64> {
  %0 = nn.scatter_add %u, %i batch_dims 0 size 3 : tensor<5x2xf64>, tensor<5xi32> -> tensor<3x2xf64>
  %y = nn.mul %0, %0 : tensor<3x2xf64>
  return %y : tensor<3x2xf64>
}

// CHECK: passed scatter_add_batch arg0: 20 elements
func.func @scatter_add_batch(%u: tensor<2x5x2xf64>, %i: tensor<2x5xi32>) -> tensor<2x3x2xf64> {
  %0 = nn.scatter_add %u, %i batch_dims 1 size 3
      : tensor<2x5x2xf64>, tensor<2x5xi32> -> tensor<2x3x2xf64>
  %y = nn.mul %0, %0 : tensor<2x3x2xf64>
  return %y : tensor<2x3x2xf64>
}
