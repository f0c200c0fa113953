// Updates of tables that leave rows without a gradient as they are.
// RUN: nn-opt %s --nn-stage-linalg | FileCheck %s
// RUN: nn-verify %s --threads=1 && nn-verify %s --threads=3

// CHECK-LABEL: @descent
// CHECK: %[[G:.*]] = nn.scatter_add
// CHECK: %[[LOOKED:.*]] = linalg.fill ins(%true : i1) outs(%{{.*}} : tensor<40xi1>)
// CHECK: linalg.generic {{.*}} ins({{.*}}%[[G]]{{.*}}%[[LOOKED]]{{.*}}nn.rows
func.func @descent(%w: tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, %rate: tensor<f32> {nn.kind = #nn.kind<scalar>, nn.name = "rate"},
    %u: tensor<5x2x6xf32> {nn.kind = #nn.kind<input>, nn.name = "u"}, %i: tensor<5x2xi32> {nn.kind = #nn.kind<input>, nn.name = "i"})
    -> (tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}) {
  %g = nn.scatter_add %u, %i batch_dims 0 size 40 : tensor<5x2x6xf32>, tensor<5x2xi32> -> tensor<40x6xf32>
  %r = nn.broadcast %rate [] : tensor<f32> -> tensor<40x6xf32>
  %s = nn.mul %r, %g : tensor<40x6xf32>
  %n = nn.sub %w, %s : tensor<40x6xf32>
  return %n : tensor<40x6xf32>
}

// A decay by a constant, and a state that moves without a gradient, change all rows.
// CHECK-LABEL: @decay
// CHECK-NOT: nn.rows
// CHECK-LABEL: @velocity
// CHECK-NOT: nn.rows
func.func @decay(%w: tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
    %u: tensor<5x2x6xf32> {nn.kind = #nn.kind<input>, nn.name = "u"}, %i: tensor<5x2xi32> {nn.kind = #nn.kind<input>, nn.name = "i"})
    -> (tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}) {
  %g = nn.scatter_add %u, %i batch_dims 0 size 40 : tensor<5x2x6xf32>, tensor<5x2xi32> -> tensor<40x6xf32>
  %c = nn.constant dense<0.5> : tensor<40x6xf32>
  %d = nn.mul %c, %w : tensor<40x6xf32>
  %s = nn.add %g, %d : tensor<40x6xf32>
  %n = nn.sub %w, %s : tensor<40x6xf32>
  return %n : tensor<40x6xf32>
}

func.func @velocity(%w: tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, %v: tensor<40x6xf32> {nn.kind = #nn.kind<slot>, nn.name = "v"},
    %mu: tensor<f32> {nn.kind = #nn.kind<scalar>, nn.name = "mu"},
    %u: tensor<5x2x6xf32> {nn.kind = #nn.kind<input>, nn.name = "u"}, %i: tensor<5x2xi32> {nn.kind = #nn.kind<input>, nn.name = "i"})
    -> (tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, tensor<40x6xf32> {nn.kind = #nn.kind<slot>, nn.name = "v"}) {
  %g = nn.scatter_add %u, %i batch_dims 0 size 40 : tensor<5x2x6xf32>, tensor<5x2xi32> -> tensor<40x6xf32>
  %m = nn.broadcast %mu [] : tensor<f32> -> tensor<40x6xf32>
  %s = nn.mul %m, %v : tensor<40x6xf32>
  %a = nn.add %s, %g : tensor<40x6xf32>
  %n = nn.sub %w, %a : tensor<40x6xf32>
  return %n, %a : tensor<40x6xf32>, tensor<40x6xf32>
}

// The old values are read behind the update: the new ones go elsewhere first, and all rows are computed.
// CHECK-LABEL: @old
// CHECK: nn.rows
func.func @old(%w: tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
    %u: tensor<5x2x6xf32> {nn.kind = #nn.kind<input>, nn.name = "u"}, %i: tensor<5x2xi32> {nn.kind = #nn.kind<input>, nn.name = "i"})
    -> (tensor<40x6xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, tensor<40xf32>) {
  %g = nn.scatter_add %u, %i batch_dims 0 size 40 : tensor<5x2x6xf32>, tensor<5x2xi32> -> tensor<40x6xf32>
  %n = nn.sub %w, %g : tensor<40x6xf32>
  %t = nn.contract %n, %w [0, 1] x [0, 1] -> [0] : tensor<40x6xf32>, tensor<40x6xf32> -> tensor<40xf32>
  return %n, %t : tensor<40x6xf32>, tensor<40xf32>
}
