// A classifier's training step from one example to the update: every matrix product is one
// contraction, the softmax's gradient is the probabilities minus the one-hot label, weighted.
// RUN: nn-opt %s --pass-pipeline="builtin.module(nn-add-batch{batch=8},func.func(nn-differentiate,nn-simplify))" --mlir-use-nameloc-as-prefix | FileCheck %s

// CHECK: %h = nn.contract %{{.*}}, %{{.*}} [0, 1] x [1, 2] -> [0, 2] : tensor<8x4xf32>, tensor<4x3xf32> -> tensor<8x3xf32>
// CHECK: %logits = nn.add %h
// CHECK: %[[MAX:.*]] = nn.reduce_max %logits [1]
// CHECK: %[[E:.*]] = nn.exp
// CHECK: %[[Z:.*]] = nn.reduce_sum %[[E]] [1]
// CHECK: %loss = nn.contract %example_weight, %{{.*}} [0] x [0] -> []
// CHECK: %[[MINUS:.*]] = nn.neg %example_weight
// CHECK: %[[PICKED:.*]] = nn.scatter_add %[[MINUS]]
// CHECK: %[[SCALE:.*]] = nn.div %example_weight, %[[Z]]
// CHECK: %[[SCALES:.*]] = nn.broadcast %[[SCALE]] [0]
// CHECK: %[[SOFTMAX:.*]] = nn.mul %[[SCALES]], %[[E]]
// CHECK: %[[D:.*]] = nn.add %[[PICKED]], %[[SOFTMAX]]
// CHECK: %d.dense.bias = nn.reduce_sum %[[D]] [0] : tensor<8x3xf32> -> tensor<3xf32>
// CHECK: %d.dense.weight = nn.contract %[[D]], %{{.*}} [0, 1] x [0, 2] -> [2, 1] : tensor<8x3xf32>, tensor<8x4xf32> -> tensor<4x3xf32>
func.func @train_step(%w: tensor<4x3xf32> {nn.kind = #nn.kind<parameter>, nn.name="dense.weight"}, %b: tensor<3xf32> {nn.kind = #nn.kind<parameter>, nn.name="dense.bias"}, %x: tensor<4xf32> {nn.kind = #nn.kind<input>, nn.name="x"}, %label: tensor<i32> {nn.kind = #nn.kind<input>, nn.name="label"}, %rate: tensor<f64> {nn.kind = #nn.kind<scalar>}) -> (tensor<4x3xf32> {nn.kind = #nn.kind<parameter>, nn.name="dense.weight"}, tensor<3xf32> {nn.kind = #nn.kind<parameter>, nn.name="dense.bias"}, tensor<f32> {nn.kind = #nn.kind<output>, nn.name="loss"}) {
  %h = nn.contract %x, %w [0] x [0, 1] -> [1] : tensor<4xf32>, tensor<4x3xf32> -> tensor<3xf32> loc("h"("a.nn":1:2))
  %y = nn.add %h, %b : tensor<3xf32> loc("logits"("a.nn":2:2))
  %m = nn.reduce_max %y [0] : tensor<3xf32> -> tensor<f32>
  %m1 = nn.stop_gradient %m : tensor<f32>
  %mb = nn.broadcast %m1 [] : tensor<f32> -> tensor<3xf32>
  %s = nn.sub %y, %mb : tensor<3xf32>
  %e = nn.exp %s : tensor<3xf32>
  %z = nn.reduce_sum %e [0] : tensor<3xf32> -> tensor<f32>
  %lz = nn.log %z : tensor<f32>
  %lse = nn.add %lz, %m1 : tensor<f32>
  %pick = nn.gather %y, %label batch_dims 0 : tensor<3xf32>, tensor<i32> -> tensor<f32>
  %l = nn.sub %lse, %pick : tensor<f32>
  %loss = nn.batch_mean %l : tensor<f32> loc("loss")
  %dw, %db = nn.gradient %loss wrt %w, %b : tensor<f32> wrt tensor<4x3xf32>, tensor<3xf32>
  %r = nn.convert %rate : tensor<f64> -> tensor<f32>
  %rw = nn.broadcast %r [] : tensor<f32> -> tensor<4x3xf32>
  %rb = nn.broadcast %r [] : tensor<f32> -> tensor<3xf32>
  %uw = nn.mul %rw, %dw : tensor<4x3xf32>
  %ub = nn.mul %rb, %db : tensor<3xf32>
  %nw = nn.sub %w, %uw : tensor<4x3xf32>
  %nb = nn.sub %b, %ub : tensor<3xf32>
  return %nw, %nb, %loss : tensor<4x3xf32>, tensor<3xf32>, tensor<f32>
}
