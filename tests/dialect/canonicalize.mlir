// Folders and canonicalisation patterns; and that they keep what every function computes.
// RUN: nn-opt %s --canonicalize="region-simplify=disabled" | FileCheck %s
// RUN: nn-check --evaluate %s > %t.before
// RUN: nn-opt %s --canonicalize="region-simplify=disabled" | nn-check --evaluate - > %t.after
// RUN: diff %t.before %t.after

// CHECK-LABEL: @involutions
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[C:.*]]: tensor<4xi1>
// CHECK-NEXT: return %[[X]], %[[C]]
func.func @involutions(%x: tensor<4xf32>, %c: tensor<4xi1>) -> (tensor<4xf32>, tensor<4xi1>) {
  %0 = nn.neg %x : tensor<4xf32>
  %1 = nn.neg %0 : tensor<4xf32>
  %2 = nn.not %c : tensor<4xi1>
  %3 = nn.not %2 : tensor<4xi1>
  return %1, %3 : tensor<4xf32>, tensor<4xi1>
}

// CHECK-LABEL: @identities
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[X]]
func.func @identities(%x: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  %one = nn.constant dense<1.0> : tensor<4xf32>
  %0 = nn.add %zero, %x : tensor<4xf32>
  %1 = nn.sub %x, %zero : tensor<4xf32>
  %2 = nn.mul %one, %x : tensor<4xf32>
  %3 = nn.div %x, %one : tensor<4xf32>
  %4 = nn.max %x, %x : tensor<4xf32>
  %5 = nn.pow %x, %one : tensor<4xf32>
  return %0, %1, %2, %3, %4, %5
      : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// Not exact in IEEE arithmetic, so kept: 0 * NaN, 0 / x, x - x, 0 - x for x = 0.
// CHECK-LABEL: @kept
// CHECK: nn.mul
// CHECK: nn.div
// CHECK: nn.sub
// CHECK: nn.sub
func.func @kept(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  %0 = nn.mul %x, %zero : tensor<4xf32>
  %1 = nn.div %zero, %x : tensor<4xf32>
  %2 = nn.sub %x, %x : tensor<4xf32>
  %3 = nn.sub %zero, %x : tensor<4xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @integers
// CHECK-SAME: %[[I:.*]]: tensor<4xi32>
// CHECK-DAG: %[[ZERO:.*]] = nn.constant dense<0> : tensor<4xi32>
// CHECK-DAG: %[[TRUE:.*]] = nn.constant dense<true> : tensor<4xi1>
// CHECK-NEXT: return %[[ZERO]], %[[TRUE]]
func.func @integers(%i: tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi1>) {
  %zero = nn.constant dense<0> : tensor<4xi32>
  %0 = nn.mul %i, %zero : tensor<4xi32>
  %1 = nn.compare le %i, %i : tensor<4xi32>
  return %0, %1 : tensor<4xi32>, tensor<4xi1>
}

// CHECK-LABEL: @logic
// CHECK-SAME: %[[C:.*]]: tensor<4xi1>
// CHECK-DAG: %[[TRUE:.*]] = nn.constant dense<true>
// CHECK-DAG: %[[FALSE:.*]] = nn.constant dense<false>
// CHECK-NEXT: return %[[C]], %[[FALSE]], %[[C]], %[[TRUE]]
func.func @logic(%c: tensor<4xi1>) -> (tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>) {
  %true = nn.constant dense<true> : tensor<4xi1>
  %false = nn.constant dense<false> : tensor<4xi1>
  %0 = nn.and %true, %c : tensor<4xi1>
  %1 = nn.and %c, %false : tensor<4xi1>
  %2 = nn.or %c, %false : tensor<4xi1>
  %3 = nn.or %true, %c : tensor<4xi1>
  return %0, %1, %2, %3 : tensor<4xi1>, tensor<4xi1>, tensor<4xi1>, tensor<4xi1>
}

// CHECK-LABEL: @select
// CHECK-SAME: %[[C:.*]]: tensor<4xi1>, %[[A:.*]]: tensor<4xf32>, %[[B:.*]]: tensor<4xf32>
// CHECK-NEXT: return %[[A]], %[[B]], %[[A]]
func.func @select(%c: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %true = nn.constant dense<true> : tensor<4xi1>
  %false = nn.constant dense<false> : tensor<4xi1>
  %0 = nn.select %true, %a, %b : tensor<4xf32>
  %1 = nn.select %false, %a, %b : tensor<4xf32>
  %2 = nn.select %c, %a, %a : tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @powers
// CHECK-SAME: %[[X:.*]]: tensor<4xf64>
// CHECK-DAG: %[[ONE:.*]] = nn.constant dense<1.000000e+00>
// CHECK-DAG: %[[HALF:.*]] = nn.constant dense<5.000000e-01>
// CHECK-DAG: %[[INVERSE:.*]] = nn.div %[[ONE]], %[[X]]
// CHECK-DAG: %[[SQUARE:.*]] = nn.mul %[[X]], %[[X]]
// CHECK-DAG: %[[SQUARE_2:.*]] = nn.mul %[[X]], %[[X]]
// CHECK-DAG: %[[CUBE:.*]] = nn.mul %[[SQUARE_2]], %[[X]]
// CHECK-DAG: %[[ROOT:.*]] = nn.pow %[[X]], %[[HALF]]
// CHECK: return %[[INVERSE]], %[[ONE]], %[[SQUARE]], %[[CUBE]], %[[ROOT]]
func.func @powers(%x: tensor<4xf64>)
    -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>) {
  %m1 = nn.constant dense<-1.0> : tensor<4xf64>
  %p0 = nn.constant dense<0.0> : tensor<f64>
  %p0b = nn.broadcast %p0 [] : tensor<f64> -> tensor<4xf64>
  %p2 = nn.constant dense<2.0> : tensor<4xf64>
  %p3 = nn.constant dense<3.0> : tensor<4xf64>
  %half = nn.constant dense<0.5> : tensor<4xf64>
  %0 = nn.pow %x, %m1 : tensor<4xf64>
  %1 = nn.pow %x, %p0b : tensor<4xf64>
  %2 = nn.pow %x, %p2 : tensor<4xf64>
  %3 = nn.pow %x, %p3 : tensor<4xf64>
  %4 = nn.pow %x, %half : tensor<4xf64>
  return %0, %1, %2, %3, %4
      : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>
}

// Constants are folded element by element, in f64 with one rounding.
// CHECK-LABEL: @constants
// CHECK-DAG: nn.constant dense<[4.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG: nn.constant dense<2.71828175> : tensor<f32>
// CHECK-DAG: nn.constant dense<[-2147483648, 2147483647]> : tensor<2xi32>
// CHECK-DAG: nn.constant dense<[true, false]> : tensor<2xi1>
// CHECK-DAG: nn.constant dense<{{\[}}[1.000000e+00], [3.000000e+00]]> : tensor<2x1xf32>
// CHECK-NEXT: return
func.func @constants()
    -> (tensor<2xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi1>, tensor<2x1xf32>) {
  %a = nn.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %b = nn.constant dense<[3.0, -1.0]> : tensor<2xf32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %0 = nn.add %a, %b : tensor<2xf32>
  %1 = nn.exp %one : tensor<f32>
  %i = nn.constant dense<[2147483647, -2147483648]> : tensor<2xi32>
  %ones = nn.constant dense<[1, -1]> : tensor<2xi32>
  %2 = nn.add %i, %ones : tensor<2xi32>
  %3 = nn.compare lt %a, %b : tensor<2xf32>
  %4 = nn.reshape %a : tensor<2xf32> -> tensor<2x1xf32>
  return %0, %1, %2, %3, %4 : tensor<2xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi1>, tensor<2x1xf32>
}

// CHECK-LABEL: @splats
// CHECK-NEXT: %[[C:.*]] = nn.constant dense<2.000000e+00> : tensor<3x4xf32>
// CHECK-NEXT: return %[[C]], %[[C]], %[[C]]
func.func @splats() -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  %0 = nn.constant dense<2.0> : tensor<f32>
  %1 = nn.broadcast %0 [] : tensor<f32> -> tensor<3x4xf32>
  %2 = nn.constant dense<2.0> : tensor<4x3xf32>
  %3 = nn.transpose %2 [1, 0] : tensor<4x3xf32> -> tensor<3x4xf32>
  %4 = nn.constant dense<2.0> : tensor<2x2xf32>
  %5 = nn.pad %4 [0, 1] [1, 1] value 2.0 : tensor<2x2xf32> -> tensor<3x4xf32>
  return %1, %3, %5 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: @nothing_to_do
// CHECK-SAME: %[[X:.*]]: tensor<1x3xf32>
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[X]]
func.func @nothing_to_do(%x: tensor<1x3xf32>)
    -> (tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>,
        tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>) {
  %0 = nn.reshape %x : tensor<1x3xf32> -> tensor<1x3xf32>
  %1 = nn.transpose %x [0, 1] : tensor<1x3xf32> -> tensor<1x3xf32>
  %2 = nn.slice %x [0, 0] [1, 3] [1, 1] : tensor<1x3xf32> -> tensor<1x3xf32>
  %3 = nn.pad %x [0, 0] [0, 0] value 0.0 : tensor<1x3xf32> -> tensor<1x3xf32>
  %4 = nn.concat %x dim 1 : tensor<1x3xf32> -> tensor<1x3xf32>
  %5 = nn.reverse %x [0] : tensor<1x3xf32>
  %6 = nn.broadcast %x [0, 1] : tensor<1x3xf32> -> tensor<1x3xf32>
  %7 = nn.reduce_sum %x [] : tensor<1x3xf32> -> tensor<1x3xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7
      : tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>,
        tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>
}

// CHECK-LABEL: @chains
// CHECK-SAME: %[[X:.*]]: tensor<2x3x4xf64>
// CHECK-DAG: %[[RESHAPE:.*]] = nn.reshape %[[X]] : tensor<2x3x4xf64> -> tensor<24xf64>
// CHECK-DAG: %[[TRANSPOSE:.*]] = nn.transpose %[[X]] [1, 2, 0] : tensor<2x3x4xf64> -> tensor<3x4x2xf64>
// CHECK-DAG: %[[SLICE:.*]] = nn.slice %[[X]] [0, 1, 3] [1, 1, 1] [1, 2, 2] : tensor<2x3x4xf64> -> tensor<1x1x1xf64>
// CHECK-DAG: %[[BROADCAST:.*]] = nn.broadcast %[[X]] [0, 2, 3] : tensor<2x3x4xf64> -> tensor<2x5x3x4x6xf64>
// CHECK-DAG: %[[SUM:.*]] = nn.reduce_sum %[[X]] [0, 2] : tensor<2x3x4xf64> -> tensor<3xf64>
// CHECK-DAG: %[[REVERSE:.*]] = nn.reverse %[[X]] [0, 1] : tensor<2x3x4xf64>
// CHECK-NEXT: return %[[RESHAPE]], %[[TRANSPOSE]], %[[SLICE]], %[[BROADCAST]], %[[SUM]], %[[REVERSE]]
func.func @chains(%x: tensor<2x3x4xf64>)
    -> (tensor<24xf64>, tensor<3x4x2xf64>, tensor<1x1x1xf64>, tensor<2x5x3x4x6xf64>, tensor<3xf64>,
        tensor<2x3x4xf64>) {
  %0 = nn.reshape %x : tensor<2x3x4xf64> -> tensor<6x4xf64>
  %1 = nn.reshape %0 : tensor<6x4xf64> -> tensor<24xf64>
  %2 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf64> -> tensor<4x2x3xf64>
  %3 = nn.transpose %2 [2, 0, 1] : tensor<4x2x3xf64> -> tensor<3x4x2xf64>
  %4 = nn.slice %x [0, 1, 1] [2, 2, 2] [1, 1, 2] : tensor<2x3x4xf64> -> tensor<2x2x2xf64>
  %5 = nn.slice %4 [0, 0, 1] [1, 1, 1] [1, 2, 1] : tensor<2x2x2xf64> -> tensor<1x1x1xf64>
  %6 = nn.broadcast %x [0, 2, 3] : tensor<2x3x4xf64> -> tensor<2x5x3x4xf64>
  %7 = nn.broadcast %6 [0, 1, 2, 3] : tensor<2x5x3x4xf64> -> tensor<2x5x3x4x6xf64>
  %8 = nn.reduce_sum %x [2] : tensor<2x3x4xf64> -> tensor<2x3xf64>
  %9 = nn.reduce_sum %8 [0] : tensor<2x3xf64> -> tensor<3xf64>
  %10 = nn.reverse %x [0, 2] : tensor<2x3x4xf64>
  %11 = nn.reverse %10 [1, 2] : tensor<2x3x4xf64>
  return %1, %3, %5, %7, %9, %11
      : tensor<24xf64>, tensor<3x4x2xf64>, tensor<1x1x1xf64>, tensor<2x5x3x4x6xf64>, tensor<3xf64>,
        tensor<2x3x4xf64>
}

// CHECK-LABEL: @reduce_splat
// CHECK-DAG: %[[SUM:.*]] = nn.constant dense<6.000000e+00> : tensor<2xf32>
// CHECK-DAG: %[[MAX:.*]] = nn.constant dense<2.000000e+00> : tensor<2xf32>
// CHECK-DAG: %[[PRODUCT:.*]] = nn.constant dense<8> : tensor<2xi32>
// CHECK-NEXT: return %[[SUM]], %[[MAX]], %[[PRODUCT]]
func.func @reduce_splat() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xi32>) {
  %0 = nn.constant dense<2.0> : tensor<2x3xf32>
  %1 = nn.constant dense<2> : tensor<2x3xi32>
  %2 = nn.reduce_sum %0 [1] : tensor<2x3xf32> -> tensor<2xf32>
  %3 = nn.reduce_max %0 [1] : tensor<2x3xf32> -> tensor<2xf32>
  %4 = nn.reduce_prod %1 [1] : tensor<2x3xi32> -> tensor<2xi32>
  return %2, %3, %4 : tensor<2xf32>, tensor<2xf32>, tensor<2xi32>
}
