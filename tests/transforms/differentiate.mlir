// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-differentiate))" --mlir-use-nameloc-as-prefix | FileCheck %s

// The product rule; cotangents of a value used twice are added; names. Operations without a use, like
// the loss here, is removed.
// CHECK-LABEL: @product
// CHECK-SAME: %x: tensor<f32>, %w: tensor<f32>
// CHECK-NEXT: %y = nn.mul %x, %w : tensor<f32>
// CHECK-NEXT: %d.loss = nn.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %d.y = nn.mul %d.loss, %x : tensor<f32>
// CHECK-NEXT: %d.x = nn.mul %d.loss, %y : tensor<f32>
// CHECK-NEXT: %[[DX:.*]] = nn.mul %d.y, %w : tensor<f32>
// CHECK-NEXT: %d.w = nn.mul %d.y, %x : tensor<f32>
// CHECK-NEXT: %[[SUM:.*]] = nn.add %d.x, %[[DX]] : tensor<f32>
// CHECK-NEXT: return %[[SUM]], %d.w
func.func @product(%x: tensor<f32> loc("x"), %w: tensor<f32> loc("w")) -> (tensor<f32>, tensor<f32>) {
  %y = nn.mul %x, %w : tensor<f32> loc("y")
  %loss = nn.mul %y, %x : tensor<f32> loc("loss")
  %dx, %dw = nn.gradient %loss wrt %x, %w : tensor<f32> wrt tensor<f32>, tensor<f32>
  return %dx, %dw : tensor<f32>, tensor<f32>
}

// Only operations between a requested value and the loss are differentiated.
// CHECK-LABEL: @only_wanted
// CHECK-NOT: nn.cos
// CHECK: nn.sin
// CHECK-NOT: nn.cos
// CHECK: return
func.func @only_wanted(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %s = nn.sin %x : tensor<f32>
  %loss = nn.mul %s, %w : tensor<f32>
  %dw = nn.gradient %loss wrt %w : tensor<f32> wrt tensor<f32>
  return %dw : tensor<f32>
}

// stop_gradient cuts; a value without a path gets zeros; the loss itself gets 1.
// CHECK-LABEL: @cut
// CHECK-DAG: %[[ZEROS:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-DAG: %[[ONE:.*]] = nn.constant dense<1.000000e+00> : tensor<f32>
// CHECK: return %[[ZEROS]], %[[ONE]]
func.func @cut(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>) {
  %0 = nn.stop_gradient %x : tensor<3xf32>
  %loss = nn.reduce_sum %0 [0] : tensor<3xf32> -> tensor<f32>
  %dx, %dloss = nn.gradient %loss wrt %x, %loss : tensor<f32> wrt tensor<3xf32>, tensor<f32>
  return %dx, %dloss : tensor<3xf32>, tensor<f32>
}

// The second operand of max gets the gradient of equal operands: max(x, 0) has derivative 0 at 0.
// CHECK-LABEL: @relu
// CHECK-SAME: %[[X:.*]]: tensor<3xf32>
// CHECK: %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK: %[[D:.*]] = nn.broadcast
// CHECK-DAG: %[[OFF:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-DAG: %[[POSITIVE:.*]] = nn.compare gt %[[X]], %[[ZERO]]
// CHECK: nn.select %[[POSITIVE]], %[[D]], %[[OFF]]
func.func @relu(%x: tensor<3xf32>) -> tensor<3xf32> {
  %zero = nn.constant dense<0.0> : tensor<3xf32>
  %y = nn.max %x, %zero : tensor<3xf32>
  %loss = nn.reduce_sum %y [0] : tensor<3xf32> -> tensor<f32>
  %dx = nn.gradient %loss wrt %x : tensor<f32> wrt tensor<3xf32>
  return %dx : tensor<3xf32>
}

// Conditions and indices carry no gradient, wherever they come from.
// CHECK-LABEL: @conditions
// CHECK: nn.scatter_add
// CHECK: nn.select
// CHECK-NOT: nn.gradient
func.func @conditions(%x: tensor<3xf32>) -> tensor<3xf32> {
  %zero = nn.constant dense<0.0> : tensor<3xf32>
  %c = nn.compare gt %x, %zero : tensor<3xf32>
  %y = nn.select %c, %x, %zero : tensor<3xf32>
  %best = nn.argmax %x dim 0 : tensor<3xf32> -> tensor<i32>
  %loss = nn.gather %y, %best batch_dims 0 : tensor<3xf32>, tensor<i32> -> tensor<f32>
  %dx = nn.gradient %loss wrt %x : tensor<f32> wrt tensor<3xf32>
  return %dx : tensor<3xf32>
}

// Operations off the path need no derivative.
// CHECK-LABEL: @off_the_path
// CHECK: nn.floor
// CHECK: nn.argmax
func.func @off_the_path(%x: tensor<3xf32>, %w: tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>) {
  %f = nn.floor %x : tensor<3xf32>
  %y = nn.mul %f, %w : tensor<3xf32>
  %loss = nn.reduce_sum %y [0] : tensor<3xf32> -> tensor<f32>
  %best = nn.argmax %y dim 0 : tensor<3xf32> -> tensor<i32>
  %dw = nn.gradient %loss wrt %w : tensor<f32> wrt tensor<3xf32>
  return %dw, %best : tensor<3xf32>, tensor<i32>
}

// No derivative passes steps: floats that are rounded, integers, truth values.
// CHECK-LABEL: @steps
// CHECK-NEXT: %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[ONE:.*]] = nn.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[ONES:.*]] = nn.broadcast %[[ONE]] []
// CHECK-NEXT: return %[[ZERO]], %[[ONES]]
func.func @steps(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %f = nn.floor %x : tensor<3xf32>
  %best = nn.argmax %x dim 0 : tensor<3xf32> -> tensor<i32>
  %number = nn.convert %best : tensor<i32> -> tensor<f32>
  %a = nn.reduce_sum %f [0] : tensor<3xf32> -> tensor<f32>
  %b = nn.reduce_sum %x [0] : tensor<3xf32> -> tensor<f32>
  %steps = nn.add %a, %number : tensor<f32>
  %loss = nn.add %steps, %b : tensor<f32>
  %none = nn.gradient %steps wrt %x : tensor<f32> wrt tensor<3xf32>
  %dx = nn.gradient %loss wrt %x : tensor<f32> wrt tensor<3xf32>
  return %none, %dx : tensor<3xf32>, tensor<3xf32>
}

// Random numbers do not depend on what they are like.
// CHECK-LABEL: @dropout
// CHECK: nn.random_uniform
// CHECK-NOT: nn.gradient
func.func @dropout(%x: tensor<3xf32>, %seed: tensor<i64>) -> tensor<3xf32> {
  %u = nn.random_uniform %seed, %seed stream 0 like %x : tensor<3xf32> : tensor<3xf32>
  %half = nn.constant dense<0.5> : tensor<3xf32>
  %kept = nn.compare lt %u, %half : tensor<3xf32>
  %mask = nn.convert %kept : tensor<3xi1> -> tensor<3xf32>
  %y = nn.mul %x, %mask : tensor<3xf32>
  %loss = nn.reduce_sum %y [0] : tensor<3xf32> -> tensor<f32>
  %dx = nn.gradient %loss wrt %x : tensor<f32> wrt tensor<3xf32>
  return %dx : tensor<3xf32>
}

// The cotangent of a branch that is not taken is 0, and stays so where the logarithm's own derivative is infinite.
// CHECK-LABEL: @branch
// CHECK: %[[D:.*]] = nn.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<3xf32>
// CHECK: %[[PRODUCT:.*]] = nn.div %[[D]], %{{.*}} : tensor<3xf32>
// CHECK: %[[IS_ZERO:.*]] = nn.compare eq %[[D]], %{{.*}} : tensor<3xf32>
// CHECK: nn.select %[[IS_ZERO]], %{{.*}}, %[[PRODUCT]] : tensor<3xf32>
func.func @branch(%x: tensor<3xf32>) -> tensor<3xf32> {
  %zero = nn.constant dense<0.0> : tensor<3xf32>
  %log = nn.log %x : tensor<3xf32>
  %y = nn.max %log, %zero : tensor<3xf32>
  %loss = nn.reduce_sum %y [0] : tensor<3xf32> -> tensor<f32>
  %dx = nn.gradient %loss wrt %x : tensor<f32> wrt tensor<3xf32>
  return %dx : tensor<3xf32>
}

// Where local derivatives are finite anyway, nothing is added: products, quotients by what is not 0, exponentials of
// what is not positive, the logarithm of a softmax's sum.
// CHECK-LABEL: @finite
// CHECK-NOT: nn.compare eq
// CHECK: return
func.func @finite(%x: tensor<4x3xf32>, %w: tensor<3xf32>) -> (tensor<4x3xf32>, tensor<3xf32>) {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  %zeros = nn.constant dense<0.0> : tensor<4x3xf32>
  %eps = nn.constant dense<1.0e-5> : tensor<4x3xf32>
  %scale = nn.broadcast %w [1] : tensor<3xf32> -> tensor<4x3xf32>
  %scaled = nn.mul %x, %scale : tensor<4x3xf32>
  %square = nn.mul %x, %x : tensor<4x3xf32>
  %positive = nn.add %square, %eps : tensor<4x3xf32>
  %root = nn.sqrt %positive : tensor<4x3xf32>
  %normal = nn.div %scaled, %root : tensor<4x3xf32>
  %isPositive = nn.compare gt %normal, %zeros : tensor<4x3xf32>
  %negated = nn.neg %normal : tensor<4x3xf32>
  %exponent = nn.select %isPositive, %negated, %normal : tensor<4x3xf32>
  %exp = nn.exp %exponent : tensor<4x3xf32>
  %plus = nn.log1p %exp : tensor<4x3xf32>
  %max = nn.reduce_max %plus [1] : tensor<4x3xf32> -> tensor<4xf32>
  %constant = nn.stop_gradient %max : tensor<4xf32>
  %repeated = nn.broadcast %constant [0] : tensor<4xf32> -> tensor<4x3xf32>
  %shifted = nn.sub %plus, %repeated : tensor<4x3xf32>
  %power = nn.exp %shifted : tensor<4x3xf32>
  %sum = nn.reduce_sum %power [1] : tensor<4x3xf32> -> tensor<4xf32>
  %log = nn.log %sum : tensor<4xf32>
  %relu = nn.max %log, %zero : tensor<4xf32>
  %loss = nn.reduce_sum %relu [0] : tensor<4xf32> -> tensor<f32>
  %dx, %dw = nn.gradient %loss wrt %x, %w : tensor<f32> wrt tensor<4x3xf32>, tensor<3xf32>
  return %dx, %dw : tensor<4x3xf32>, tensor<3xf32>
}
