// nn operations as structured ops on tensors, in destination-passing style.
// RUN: nn-opt --convert-nn-to-linalg --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @elementwise
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<4x8xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK-SAME: ins(%{{.*}} : tensor<4x8xf32>) outs(%[[EMPTY]] : tensor<4x8xf32>)
// CHECK: math.tanh
func.func @elementwise(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = nn.tanh %x : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A broadcast and a transposition are indexing maps; a slice and a reshape are views.
// CHECK: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK: #[[SWAP:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK: #[[REVERSE:.*]] = affine_map<(d0, d1) -> (d0, -d1 + 3)>
// CHECK-LABEL: func.func @structure
// CHECK: linalg.generic {indexing_maps = [#[[COLUMN]],
// CHECK: linalg.generic {indexing_maps = [#[[SWAP]],
// CHECK: linalg.generic {indexing_maps = [#[[REVERSE]],
// CHECK: tensor.extract_slice %{{.*}}[1, 0] [2, 2] [1, 2]
// CHECK: tensor.collapse_shape
// CHECK: tensor.expand_shape
func.func @structure(%x: tensor<4xf32>) -> tensor<2x1x2xf32> {
  %b = nn.broadcast %x [1] : tensor<4xf32> -> tensor<3x4xf32>
  %t = nn.transpose %b [1, 0] : tensor<3x4xf32> -> tensor<4x3xf32>
  %u = nn.transpose %t [1, 0] : tensor<4x3xf32> -> tensor<3x4xf32>
  %r = nn.reverse %u [1] : tensor<3x4xf32>
  %s = nn.slice %r [1, 0] [2, 2] [1, 2] : tensor<3x4xf32> -> tensor<2x2xf32>
  %y = nn.reshape %s : tensor<2x2xf32> -> tensor<4xf32>
  %z = nn.reshape %y : tensor<4xf32> -> tensor<2x1x2xf32>
  return %z : tensor<2x1x2xf32>
}

// -----

// CHECK: #[[LEFT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK: #[[RIGHT:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK: #[[RESULT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @contract
// CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[INIT:.*]] = linalg.fill ins(%[[ZERO]] : f32)
// CHECK: linalg.generic {indexing_maps = [#[[LEFT]], #[[RIGHT]], #[[RESULT]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME: outs(%[[INIT]] : tensor<4x6xf32>)
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @contract(%x: tensor<4x5xf32>, %y: tensor<6x5xf32>) -> tensor<4x6xf32> {
  %z = nn.contract %x, %y [0, 1] x [2, 1] -> [0, 2] : tensor<4x5xf32>, tensor<6x5xf32> -> tensor<4x6xf32>
  return %z : tensor<4x6xf32>
}

// -----

// A maximum starts from minus infinity and passes NaN on.
// CHECK-LABEL: func.func @maximum
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: arith.maximumf
func.func @maximum(%x: tensor<4x5xf32>) -> tensor<4xf32> {
  %y = nn.reduce_max %x [1] : tensor<4x5xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gather
// CHECK: linalg.generic
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: tensor.extract
func.func @gather(%x: tensor<4x5xf32>, %i: tensor<4xi32>) -> tensor<4xf32> {
  %y = nn.gather %x, %i batch_dims 1 : tensor<4x5xf32>, tensor<4xi32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Where each place gets one update, comparison replaces the data-dependent store; elsewhere the op stays.
// CHECK-LABEL: func.func @scatter
// CHECK: linalg.generic
// CHECK: linalg.index 1
// CHECK: arith.select
// CHECK: nn.scatter_add
func.func @scatter(%u: tensor<4xf32>, %i: tensor<4xi32>) -> (tensor<4x5xf32>, tensor<5xf32>) {
  %y = nn.scatter_add %u, %i batch_dims 1 size 5 : tensor<4xf32>, tensor<4xi32> -> tensor<4x5xf32>
  %z = nn.scatter_add %u, %i batch_dims 0 size 5 : tensor<4xf32>, tensor<4xi32> -> tensor<5xf32>
  return %y, %z : tensor<4x5xf32>, tensor<5xf32>
}

// -----

// The number of an element is one linear form of the loops.
// CHECK: affine_map<(d0, d1) -> (d0 * 6 + d1)>
// CHECK-LABEL: func.func @random
// CHECK: affine.apply
// CHECK: arith.shrui
// CHECK: arith.sitofp
func.func @random(%seed: tensor<i64>, %step: tensor<i64>) -> tensor<4x6xf32> {
  %y = nn.random_uniform %seed, %step stream 2 : tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// -----

// The mask of a rectifier is made from its result.
// CHECK-LABEL: func.func @rectifier
// CHECK: %[[H:.*]] = linalg.generic
// CHECK: arith.maximumf
// CHECK: linalg.generic {{.*}} ins(%[[H]], %{{.*}} :
// CHECK: arith.cmpf ogt
func.func @rectifier(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xi1>) {
  %zero = nn.constant dense<0.0> : tensor<8xf32>
  %h = nn.max %x, %zero : tensor<8xf32>
  %m = nn.compare gt %x, %zero : tensor<8xf32>
  return %h, %m : tensor<8xf32>, tensor<8xi1>
}
