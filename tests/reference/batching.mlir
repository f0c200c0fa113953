// Operations without a derivative for a batch; the others are checked on the functions of the
// gradient tests.
// RUN: nn-check --batch %s | FileCheck %s
// RUN: nn-check --batch %S/gradients-elementwise.mlir
// RUN: nn-check --batch %S/gradients-reduction.mlir
// RUN: nn-check --batch %S/gradients-structure.mlir

// CHECK: passed argmax
func.func @argmax(%x: tensor<4x3xf64>) -> tensor<3xi32> {
  %y = nn.argmax %x dim 0 : tensor<4x3xf64> -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// CHECK: passed rounding
func.func @rounding(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>) {
  %0 = nn.floor %x : tensor<4xf64>
  %1 = nn.ceil %x : tensor<4xf64>
  %2 = nn.sign %x : tensor<4xf64>
  %3 = nn.round %x : tensor<4xf64>
  return %0, %1, %2, %3 : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>
}

// CHECK: passed logic
func.func @logic(%a: tensor<4xf64>, %b: tensor<4xf64>, %c: tensor<4xi1>)
    -> (tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi32>) {
  %0 = nn.compare le %a, %b : tensor<4xf64>
  %1 = nn.and %0, %c : tensor<4xi1>
  %2 = nn.or %0, %c : tensor<4xi1>
  %3 = nn.not %c : tensor<4xi1>
  %4 = nn.convert %1 : tensor<4xi1> -> tensor<4xi32>
  return %1, %2, %3, %4 : tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi32>
}

// CHECK: passed constants
func.func @constants(%x: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  %0 = nn.iota 0 : tensor<3xf64>
  %1 = nn.add %x, %0 : tensor<3xf64>
  %2 = nn.constant dense<[1.0, 2.0, 4.0]> : tensor<3xf64>
  %3 = nn.mul %x, %2 : tensor<3xf64>
  %4 = nn.stop_gradient %x : tensor<3xf64>
  return %1, %3, %4 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// Only data, only indices, both: lookups in a table that all share need no copies of it.
// CHECK: passed embedding
func.func @embedding(%table: tensor<4x2xf64>, %token: tensor<i32>) -> tensor<2xf64> {
  %0 = nn.gather %table, %token batch_dims 0 : tensor<4x2xf64>, tensor<i32> -> tensor<2xf64>
  return %0 : tensor<2xf64>
}

// The derivative of an example is by what belongs to it, and by what all share it is one for each example.
// CHECK: passed gradient
func.func @gradient(%x: tensor<3xf64>, %w: tensor<3x2xf64>) -> (tensor<3xf64>, tensor<3x2xf64>) {
  %0 = nn.contract %x, %w [0] x [0, 1] -> [1] : tensor<3xf64>, tensor<3x2xf64> -> tensor<2xf64>
  %1 = nn.tanh %0 : tensor<2xf64>
  %2 = nn.reduce_sum %1 [0] : tensor<2xf64> -> tensor<f64>
  %3 = nn.gradient %2 wrt %x : tensor<f64> wrt tensor<3xf64>
  %4 = nn.mul %3, %3 : tensor<3xf64>
  %5 = nn.reduce_sum %4 [0] : tensor<3xf64> -> tensor<f64>
  %6:2 = nn.gradient %5 wrt %x, %w : tensor<f64> wrt tensor<3xf64>, tensor<3x2xf64>
  return %6#0, %6#1 : tensor<3xf64>, tensor<3x2xf64>
}
