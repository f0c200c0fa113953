// Every operation is printed as it is read.
// RUN: nn-opt %s | nn-opt | FileCheck %s
// RUN: nn-opt --mlir-print-op-generic %s | nn-opt | FileCheck %s

// CHECK-LABEL: @elementwise
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>, %[[B:.*]]: tensor<4xf32>, %[[C:.*]]: tensor<4xi1>
func.func @elementwise(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xi1>) {
  // CHECK: nn.neg %[[A]] : tensor<4xf32>
  %neg = nn.neg %a : tensor<4xf32>
  // CHECK: nn.abs %[[A]] : tensor<4xf32>
  %abs = nn.abs %a : tensor<4xf32>
  // CHECK: nn.sign %[[A]] : tensor<4xf32>
  %sign = nn.sign %a : tensor<4xf32>
  // CHECK: nn.exp %[[A]] : tensor<4xf32>
  %exp = nn.exp %a : tensor<4xf32>
  // CHECK: nn.expm1 %[[A]] : tensor<4xf32>
  %expm1 = nn.expm1 %a : tensor<4xf32>
  // CHECK: nn.log %[[A]] : tensor<4xf32>
  %log = nn.log %a : tensor<4xf32>
  // CHECK: nn.log1p %[[A]] : tensor<4xf32>
  %log1p = nn.log1p %a : tensor<4xf32>
  // CHECK: nn.sqrt %[[A]] : tensor<4xf32>
  %sqrt = nn.sqrt %a : tensor<4xf32>
  // CHECK: nn.rsqrt %[[A]] : tensor<4xf32>
  %rsqrt = nn.rsqrt %a : tensor<4xf32>
  // CHECK: nn.tanh %[[A]] : tensor<4xf32>
  %tanh = nn.tanh %a : tensor<4xf32>
  // CHECK: nn.logistic %[[A]] : tensor<4xf32>
  %logistic = nn.logistic %a : tensor<4xf32>
  // CHECK: nn.erf %[[A]] : tensor<4xf32>
  %erf = nn.erf %a : tensor<4xf32>
  // CHECK: nn.sin %[[A]] : tensor<4xf32>
  %sin = nn.sin %a : tensor<4xf32>
  // CHECK: nn.cos %[[A]] : tensor<4xf32>
  %cos = nn.cos %a : tensor<4xf32>
  // CHECK: nn.floor %[[A]] : tensor<4xf32>
  %floor = nn.floor %a : tensor<4xf32>
  // CHECK: nn.ceil %[[A]] : tensor<4xf32>
  %ceil = nn.ceil %a : tensor<4xf32>
  // CHECK: nn.round %[[A]] : tensor<4xf32>
  %round = nn.round %a : tensor<4xf32>
  // CHECK: nn.stop_gradient %[[A]] : tensor<4xf32>
  %stop_gradient = nn.stop_gradient %a : tensor<4xf32>
  // CHECK: nn.batch_mean %[[A]] : tensor<4xf32>
  %batch_mean = nn.batch_mean %a : tensor<4xf32>
  // CHECK: nn.batch_sum %[[A]] : tensor<4xf32>
  %batch_sum = nn.batch_sum %a : tensor<4xf32>
  // CHECK: nn.add %[[A]], %[[B]] : tensor<4xf32>
  %add = nn.add %a, %b : tensor<4xf32>
  // CHECK: nn.sub %[[A]], %[[B]] : tensor<4xf32>
  %sub = nn.sub %a, %b : tensor<4xf32>
  // CHECK: nn.mul %[[A]], %[[B]] : tensor<4xf32>
  %mul = nn.mul %a, %b : tensor<4xf32>
  // CHECK: nn.div %[[A]], %[[B]] : tensor<4xf32>
  %div = nn.div %a, %b : tensor<4xf32>
  // CHECK: nn.rem %[[A]], %[[B]] : tensor<4xf32>
  %rem = nn.rem %a, %b : tensor<4xf32>
  // CHECK: nn.max %[[A]], %[[B]] : tensor<4xf32>
  %max = nn.max %a, %b : tensor<4xf32>
  // CHECK: nn.min %[[A]], %[[B]] : tensor<4xf32>
  %min = nn.min %a, %b : tensor<4xf32>
  // CHECK: nn.pow %[[A]], %[[B]] : tensor<4xf32>
  %pow = nn.pow %a, %b : tensor<4xf32>
  // CHECK: nn.compare eq %[[A]], %[[B]] : tensor<4xf32>
  %eq = nn.compare eq %a, %b : tensor<4xf32>
  // CHECK: nn.compare ne %[[A]], %[[B]] : tensor<4xf32>
  %ne = nn.compare ne %a, %b : tensor<4xf32>
  // CHECK: nn.compare lt %[[A]], %[[B]] : tensor<4xf32>
  %lt = nn.compare lt %a, %b : tensor<4xf32>
  // CHECK: nn.compare le %[[A]], %[[B]] : tensor<4xf32>
  %le = nn.compare le %a, %b : tensor<4xf32>
  // CHECK: nn.compare gt %[[A]], %[[B]] : tensor<4xf32>
  %gt = nn.compare gt %a, %b : tensor<4xf32>
  // CHECK: nn.compare ge %[[A]], %[[B]] : tensor<4xf32>
  %ge = nn.compare ge %a, %b : tensor<4xf32>
  // CHECK: nn.and %[[C]], %[[C]] : tensor<4xi1>
  %and = nn.and %c, %c : tensor<4xi1>
  // CHECK: nn.or %[[C]], %[[C]] : tensor<4xi1>
  %or = nn.or %c, %c : tensor<4xi1>
  // CHECK: nn.not %[[C]] : tensor<4xi1>
  %not = nn.not %c : tensor<4xi1>
  // CHECK: nn.select %[[C]], %[[A]], %[[B]] : tensor<4xf32>
  %select = nn.select %c, %a, %b : tensor<4xf32>
  // CHECK: nn.convert %[[A]] : tensor<4xf32> -> tensor<4xf64>
  %convert = nn.convert %a : tensor<4xf32> -> tensor<4xf64>
  return
}

// CHECK-LABEL: @structure
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>, %[[I:.*]]: tensor<4x2xi32>
func.func @structure(%x: tensor<4x8xf32>, %i: tensor<4x2xi32>) {
  // CHECK: nn.constant dense<1.000000e+00> : tensor<4x8xf32>
  %0 = nn.constant dense<1.0> : tensor<4x8xf32>
  // CHECK: nn.constant dense<[true, false]> : tensor<2xi1>
  %1 = nn.constant dense<[true, false]> : tensor<2xi1>
  // CHECK: nn.iota 1 : tensor<2x2xi32>
  %2 = nn.iota 1 : tensor<2x2xi32>
  // CHECK: nn.broadcast %[[X]] [1, 2] : tensor<4x8xf32> -> tensor<2x4x8xf32>
  %3 = nn.broadcast %x [1, 2] : tensor<4x8xf32> -> tensor<2x4x8xf32>
  // CHECK: nn.reshape %[[X]] : tensor<4x8xf32> -> tensor<32xf32>
  %4 = nn.reshape %x : tensor<4x8xf32> -> tensor<32xf32>
  // CHECK: nn.transpose %[[X]] [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  %5 = nn.transpose %x [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  // CHECK: nn.slice %[[X]] [0, 2] [4, 3] [1, 2] : tensor<4x8xf32> -> tensor<4x3xf32>
  %6 = nn.slice %x [0, 2] [4, 3] [1, 2] : tensor<4x8xf32> -> tensor<4x3xf32>
  // CHECK: nn.pad %[[X]] [0, 1] [0, 2] value 0.000000e+00 : tensor<4x8xf32> -> tensor<4x11xf32>
  %7 = nn.pad %x [0, 1] [0, 2] value 0.0 : tensor<4x8xf32> -> tensor<4x11xf32>
  // CHECK: nn.concat %[[X]], %[[X]] dim 1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x16xf32>
  %8 = nn.concat %x, %x dim 1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x16xf32>
  // CHECK: nn.reverse %[[X]] [1] : tensor<4x8xf32>
  %9 = nn.reverse %x [1] : tensor<4x8xf32>
  // CHECK: %[[G:.*]] = nn.gather %[[X]], %[[I]] batch_dims 1 : tensor<4x8xf32>, tensor<4x2xi32> -> tensor<4x2xf32>
  %10 = nn.gather %x, %i batch_dims 1 : tensor<4x8xf32>, tensor<4x2xi32> -> tensor<4x2xf32>
  // CHECK: nn.scatter_add %[[G]], %[[I]] batch_dims 1 size 8 : tensor<4x2xf32>, tensor<4x2xi32> -> tensor<4x8xf32>
  %11 = nn.scatter_add %10, %i batch_dims 1 size 8 : tensor<4x2xf32>, tensor<4x2xi32> -> tensor<4x8xf32>
  return
}

// CHECK-LABEL: @reduction
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>, %[[W:.*]]: tensor<8x3xf32>
func.func @reduction(%x: tensor<4x8xf32>, %w: tensor<8x3xf32>) {
  // CHECK: nn.reduce_sum %[[X]] [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %sum = nn.reduce_sum %x [0, 1] : tensor<4x8xf32> -> tensor<f32>
  // CHECK: nn.reduce_max %[[X]] [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %max = nn.reduce_max %x [0, 1] : tensor<4x8xf32> -> tensor<f32>
  // CHECK: nn.reduce_min %[[X]] [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %min = nn.reduce_min %x [0, 1] : tensor<4x8xf32> -> tensor<f32>
  // CHECK: nn.reduce_prod %[[X]] [0, 1] : tensor<4x8xf32> -> tensor<f32>
  %prod = nn.reduce_prod %x [0, 1] : tensor<4x8xf32> -> tensor<f32>
  // CHECK: nn.argmax %[[X]] dim 1 : tensor<4x8xf32> -> tensor<4xi32>
  %0 = nn.argmax %x dim 1 : tensor<4x8xf32> -> tensor<4xi32>
  // CHECK: nn.contract %[[X]], %[[W]] [0, 1] x [1, 2] -> [0, 2] : tensor<4x8xf32>, tensor<8x3xf32> -> tensor<4x3xf32>
  %1 = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<4x8xf32>, tensor<8x3xf32> -> tensor<4x3xf32>
  // CHECK: nn.contract %[[X]], %[[X]] [0, 1] x [0, 1] -> [] : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<f32>
  %2 = nn.contract %x, %x [0, 1] x [0, 1] -> [] : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<f32>
  return
}

// CHECK-LABEL: @learning
// CHECK-SAME: %[[SEED:.*]]: tensor<i64>, %[[STEP:.*]]: tensor<i64>, %[[X:.*]]: tensor<4xf32>, %[[LOSS:.*]]: tensor<f32>
func.func @learning(%seed: tensor<i64>, %step: tensor<i64>, %x: tensor<4xf32>, %loss: tensor<f32>) {
  // CHECK: nn.random_uniform %[[SEED]], %[[STEP]] stream 3 like %[[X]] : tensor<4xf32> : tensor<2xf64>
  %0 = nn.random_uniform %seed, %step stream 3 like %x : tensor<4xf32> : tensor<2xf64>
  // CHECK: nn.random_normal %[[SEED]], %[[STEP]] stream 0 : tensor<4xf32>
  %1 = nn.random_normal %seed, %step stream 0 : tensor<4xf32>
  // CHECK: nn.batch_count : tensor<f32>
  %2 = nn.batch_count : tensor<f32>
  // CHECK: nn.gradient %[[LOSS]] wrt %[[X]], %[[LOSS]] : tensor<f32> wrt tensor<4xf32>, tensor<f32>
  %3, %4 = nn.gradient %loss wrt %x, %loss : tensor<f32> wrt tensor<4xf32>, tensor<f32>
  return
}

// CHECK-LABEL: func.func @windows
func.func @windows(%x: tensor<8x6x2xf32>, %w: tensor<3x6x2x4xf32>) -> (tensor<3x2x2x4x3xf32>, tensor<8x6x2xf32>) {
  // CHECK: nn.windows %{{.*}} [0, 1] sizes [4, 3] strides [2, 2] dilations [1, 1] : tensor<8x6x2xf32> -> tensor<3x2x2x4x3xf32>
  %0 = nn.windows %x [0, 1] sizes [4, 3] strides [2, 2] dilations [1, 1] : tensor<8x6x2xf32> -> tensor<3x2x2x4x3xf32>
  // CHECK: nn.overlap_add %{{.*}} [0] extents [8] strides [2] dilations [1] : tensor<3x6x2x4xf32> -> tensor<8x6x2xf32>
  %1 = nn.overlap_add %w [0] extents [8] strides [2] dilations [1] : tensor<3x6x2x4xf32> -> tensor<8x6x2xf32>
  return %0, %1 : tensor<3x2x2x4x3xf32>, tensor<8x6x2xf32>
}
