// Contraction, softmax and contraction become one operation; remarks say where they do not.
// RUN: nn-opt %s --nn-form-attention | FileCheck %s
// RUN: nn-opt %s --nn-form-attention --remarks-filter=attention --remark-format=emitRemark 2>&1 >/dev/null \
// RUN:   | FileCheck --check-prefix=REMARK %s

// A causal mask and a scale; the keys behind the row are bounded.
// CHECK-LABEL: @causal
// CHECK: %{{.*}}, %{{.*}} = nn.attention %arg0, %arg1, %arg2 [0, 1, 2] x [0, 3, 2] x [0, 3, 4] scores [0, 1, 3] -> [1, 0, 4] {last_key = 0 : i64}
// CHECK: nn.select
// CHECK-NOT: nn.contract
// CHECK-NOT: nn.softmax
// REMARK: [[#@LINE+12]]:{{.*}}Category:attention {{.*}}attention is one operation
func.func @causal(%q: tensor<2x5x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>) -> tensor<5x2x3xf32> {
  %s = nn.contract %q, %k [0, 1, 2] x [0, 3, 2] -> [0, 1, 3] : tensor<2x5x4xf32>, tensor<2x5x4xf32> -> tensor<2x5x5xf32>
  %half = nn.constant dense<0.5> : tensor<2x5x5xf32>
  %scaled = nn.mul %s, %half : tensor<2x5x5xf32>
  %i = nn.iota 0 : tensor<5xi32>
  %t = nn.broadcast %i [0] : tensor<5xi32> -> tensor<5x5xi32>
  %key = nn.broadcast %i [1] : tensor<5xi32> -> tensor<5x5xi32>
  %le = nn.compare le %key, %t : tensor<5x5xi32>
  %keep = nn.broadcast %le [1, 2] : tensor<5x5xi1> -> tensor<2x5x5xi1>
  %out = nn.constant dense<0xFF800000> : tensor<2x5x5xf32>
  %kept = nn.select %keep, %scaled, %out : tensor<2x5x5xf32>
  %w = nn.softmax %kept [2] : tensor<2x5x5xf32>
  %y = nn.contract %w, %v [0, 1, 2] x [0, 2, 3] -> [1, 0, 3] : tensor<2x5x5xf32>, tensor<2x5x3xf32> -> tensor<5x2x3xf32>
  return %y : tensor<5x2x3xf32>
}

// The keys t - 2 to t, by a difference of indices; operands of the products in the other order; an extra.
// CHECK-LABEL: @window
// CHECK: nn.attention %arg0, %arg1, %arg2 [2, 1] x [0, 1] x [0, 3] scores [2, 0] -> [2, 3] with(%arg3 : tensor<6xf32>) {first_key = -2 : i64, last_key = 0 : i64}
func.func @window(%q: tensor<6x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x3xf32>, %bias: tensor<6xf32>) -> tensor<6x3xf32> {
  %s = nn.contract %k, %q [0, 1] x [2, 1] -> [2, 0] : tensor<6x4xf32>, tensor<6x4xf32> -> tensor<6x6xf32>
  %b = nn.broadcast %bias [1] : tensor<6xf32> -> tensor<6x6xf32>
  %biased = nn.add %s, %b : tensor<6x6xf32>
  %t = nn.iota 0 : tensor<6x6xi32>
  %key = nn.iota 1 : tensor<6x6xi32>
  %distance = nn.sub %t, %key : tensor<6x6xi32>
  %three = nn.constant dense<3> : tensor<6x6xi32>
  %zero = nn.constant dense<0> : tensor<6x6xi32>
  %near = nn.compare lt %distance, %three : tensor<6x6xi32>
  %past = nn.compare ge %distance, %zero : tensor<6x6xi32>
  %keep = nn.and %near, %past : tensor<6x6xi1>
  %out = nn.constant dense<0xFF800000> : tensor<6x6xf32>
  %kept = nn.select %keep, %biased, %out : tensor<6x6xf32>
  %w = nn.softmax %kept [1] : tensor<6x6xf32>
  %y = nn.contract %v, %w [0, 1] x [2, 0] -> [2, 1] : tensor<6x3xf32>, tensor<6x6xf32> -> tensor<6x3xf32>
  return %y : tensor<6x3xf32>
}

// Two rows of queries for each key.
// CHECK-LABEL: @grouped
// CHECK: nn.attention %arg0, %arg1, %arg1 [0, 1, 2, 3] x [0, 4, 3] x [0, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5]
func.func @grouped(%q: tensor<3x2x5x4xf32>, %k: tensor<3x6x4xf32>) -> tensor<3x2x5x4xf32> {
  %s = nn.contract %q, %k [0, 1, 2, 3] x [0, 4, 3] -> [0, 1, 2, 4] : tensor<3x2x5x4xf32>, tensor<3x6x4xf32> -> tensor<3x2x5x6xf32>
  %w = nn.softmax %s [3] : tensor<3x2x5x6xf32>
  %y = nn.contract %w, %k [0, 1, 2, 3] x [0, 3, 4] -> [0, 1, 2, 4] : tensor<3x2x5x6xf32>, tensor<3x6x4xf32> -> tensor<3x2x5x4xf32>
  return %y : tensor<3x2x5x4xf32>
}

// Dropout of the weights: a factor of each.
// CHECK-LABEL: @dropout
// CHECK: nn.attention %arg0, %arg0, %arg0 [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3] with(%arg1, %arg2 : tensor<i64>, tensor<i64>)
// CHECK: %[[ONE:.*]] = nn.constant dense<1.000000e+00>
// CHECK: %[[GROWN:.*]] = nn.div %[[ONE]]
// CHECK: %[[FACTOR:.*]] = nn.select %{{.*}}, %{{.*}}, %[[GROWN]]
// CHECK: nn.yield emit(%{{.*}}, %[[FACTOR]] : tensor<5x5xf32>, tensor<5x5xf32>)
func.func @dropout(%q: tensor<5x4xf32>, %seed: tensor<i64>, %step: tensor<i64>) -> tensor<5x4xf32> {
  %s = nn.contract %q, %q [0, 1] x [2, 1] -> [0, 2] : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x5xf32>
  %w = nn.softmax %s [1] : tensor<5x5xf32>
  %u = nn.random_uniform %seed, %step stream 3 : tensor<5x5xf32>
  %half = nn.constant dense<0.5> : tensor<5x5xf32>
  %zero = nn.constant dense<0.0> : tensor<5x5xf32>
  %drop = nn.compare lt %u, %half : tensor<5x5xf32>
  %grown = nn.div %w, %half : tensor<5x5xf32>
  %kept = nn.select %drop, %zero, %grown : tensor<5x5xf32>
  %y = nn.contract %kept, %q [0, 1] x [1, 2] -> [0, 2] : tensor<5x5xf32>, tensor<5x4xf32> -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// CHECK-LABEL: @weights_returned
// CHECK: nn.softmax
// REMARK: [[#@LINE+3]]:{{.*}}attention is computed by its parts: its weights have several uses
func.func @weights_returned(%q: tensor<5x4xf32>) -> (tensor<5x4xf32>, tensor<5x5xf32>) {
  %s = nn.contract %q, %q [0, 1] x [2, 1] -> [0, 2] : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x5xf32>
  %w = nn.softmax %s [1] : tensor<5x5xf32>
  %y = nn.contract %w, %q [0, 1] x [1, 2] -> [0, 2] : tensor<5x5xf32>, tensor<5x4xf32> -> tensor<5x4xf32>
  return %y, %w : tensor<5x4xf32>, tensor<5x5xf32>
}

// CHECK-LABEL: @scores_returned
// CHECK: nn.softmax
// REMARK: [[#@LINE+3]]:{{.*}}something else reads its scores
func.func @scores_returned(%q: tensor<5x4xf32>) -> (tensor<5x4xf32>, tensor<5x5xf32>) {
  %s = nn.contract %q, %q [0, 1] x [2, 1] -> [0, 2] : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x5xf32>
  %w = nn.softmax %s [1] : tensor<5x5xf32>
  %y = nn.contract %w, %q [0, 1] x [1, 2] -> [0, 2] : tensor<5x5xf32>, tensor<5x4xf32> -> tensor<5x4xf32>
  return %y, %s : tensor<5x4xf32>, tensor<5x5xf32>
}

// The derivative by a bias computes the scores again; those of the forward pass are not stored.
// CHECK-LABEL: @bias_with_gradient
// CHECK: nn.attention {{.*}} with(%{{.*}} : tensor<5x5xf32>) {extras_are_differentiated}
// REMARK: [[#@LINE+5]]:{{.*}}attention is one operation: its scores and weights are not stored; the derivative by what changes the scores computes them again
func.func @bias_with_gradient(%q: tensor<5x4xf32>, %bias: tensor<5x5xf32>) -> tensor<5x5xf32> {
  %s = nn.contract %q, %q [0, 1] x [2, 1] -> [0, 2] : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x5xf32>
  %b = nn.exp %bias : tensor<5x5xf32>
  %biased = nn.add %s, %b : tensor<5x5xf32>
  %w = nn.softmax %biased [1] : tensor<5x5xf32>
  %y = nn.contract %w, %q [0, 1] x [1, 2] -> [0, 2] : tensor<5x5xf32>, tensor<5x4xf32> -> tensor<5x4xf32>
  %loss = nn.reduce_sum %y [0, 1] : tensor<5x4xf32> -> tensor<f32>
  %g = nn.gradient %loss wrt %bias : tensor<f32> wrt tensor<5x5xf32>
  return %g : tensor<5x5xf32>
}

// CHECK-LABEL: @scores_centred
// CHECK: nn.softmax
// REMARK: [[#@LINE+6]]:{{.*}}its scores are changed by more than element-wise operations
func.func @scores_centred(%q: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %s = nn.contract %q, %q [0, 1] x [2, 1] -> [0, 2] : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x5xf32>
  %sum = nn.reduce_sum %s [1] : tensor<5x5xf32> -> tensor<5xf32>
  %sums = nn.broadcast %sum [0] : tensor<5xf32> -> tensor<5x5xf32>
  %r = nn.sub %s, %sums : tensor<5x5xf32>
  %w = nn.softmax %r [1] : tensor<5x5xf32>
  %y = nn.contract %w, %q [0, 1] x [1, 2] -> [0, 2] : tensor<5x5xf32>, tensor<5x4xf32> -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// CHECK-LABEL: @roles
// CHECK: nn.softmax
// REMARK: [[#@LINE+3]]:{{.*}}its dimensions do not have the roles of queries, keys and values
func.func @roles(%q: tensor<5x4xf32>, %v: tensor<5x5xf32>) -> tensor<5xf32> {
  %s = nn.contract %q, %q [0, 1] x [2, 1] -> [0, 2] : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x5xf32>
  %w = nn.softmax %s [1] : tensor<5x5xf32>
  %y = nn.contract %w, %v [0, 1] x [0, 1] -> [0] : tensor<5x5xf32>, tensor<5x5xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// CHECK-LABEL: @reduced_weights
// CHECK: nn.softmax
// REMARK: [[#@LINE+3]]:{{.*}}its softmax is over several dimensions
func.func @reduced_weights(%q: tensor<5x4xf32>) -> tensor<4xf32> {
  %s = nn.contract %q, %q [0, 1] x [2, 1] -> [0, 2] : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x5xf32>
  %w = nn.softmax %s [0, 1] : tensor<5x5xf32>
  %y = nn.contract %w, %q [0, 1] x [1, 2] -> [2] : tensor<5x5xf32>, tensor<5x4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// A classifier's softmax is none of these.
// CHECK-LABEL: @classifier
// CHECK: nn.softmax
// REMARK-NOT: remark
func.func @classifier(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = nn.softmax %x [1] : tensor<5x4xf32>
  return %w : tensor<5x4xf32>
}
