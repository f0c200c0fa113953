// With the batch last wherever that is possible, every kind of operation computes what it did.
// RUN: nn-check --evaluate %s > %t.before
// RUN: nn-opt %s --nn-assign-layout=batch=last > %t.mlir
// RUN: nn-check --evaluate %t.mlir > %t.after
// RUN: diff %t.before %t.after
// RUN: nn-opt %t.mlir --nn-simplify > %t.simple.mlir
// RUN: nn-check --evaluate %t.simple.mlir > %t.after
// RUN: diff %t.before %t.after
// RUN: nn-verify %t.simple.mlir --threads=2
// RUN: FileCheck %s < %t.mlir

// CHECK-LABEL: @elementwise
// CHECK: nn.constant dense<5.000000e-01> : tensor<3x2x4xf32>
// CHECK: nn.iota 1 : tensor<3x2x4xf32>
// CHECK: nn.broadcast %{{.*}} [0, 1] : tensor<3x2xf32> -> tensor<3x2x4xf32>
// CHECK: nn.broadcast %{{.*}} [2] : tensor<4xf32> -> tensor<3x2x4xf32>
// CHECK: nn.select %{{.*}} : tensor<3x2x4xf32>
func.func @elementwise(%x: tensor<4x3x2xf32> {nn.kind = #nn.kind<input>}, %b: tensor<3x2xf32>, %weight: tensor<4xf32> {nn.kind = #nn.kind<example_weight>}) -> (tensor<4x3x2xf32>, tensor<4x3x2xi1>) {
  %half = nn.constant dense<0.5> : tensor<4x3x2xf32>
  %i = nn.iota 2 : tensor<4x3x2xf32>
  %bb = nn.broadcast %b [1, 2] : tensor<3x2xf32> -> tensor<4x3x2xf32>
  %wb = nn.broadcast %weight [0] : tensor<4xf32> -> tensor<4x3x2xf32>
  %s = nn.add %x, %bb : tensor<4x3x2xf32>
  %p = nn.mul %s, %wb : tensor<4x3x2xf32>
  %q = nn.sub %p, %i : tensor<4x3x2xf32>
  %c = nn.compare gt %q, %half : tensor<4x3x2xf32>
  %y = nn.select %c, %q, %half : tensor<4x3x2xf32>
  return %y, %c : tensor<4x3x2xf32>, tensor<4x3x2xi1>
}

// CHECK-LABEL: @moves
// CHECK: nn.pad %{{.*}} [1, 0, 0] [0, 2, 0] value 1.000000e+00 : tensor<3x5x4xf32> -> tensor<4x7x4xf32>
// CHECK: nn.slice %{{.*}} [1, 0, 0] [2, 3, 4] [1, 2, 1] : tensor<4x7x4xf32> -> tensor<2x3x4xf32>
// CHECK: nn.reverse %{{.*}} [1] : tensor<2x3x4xf32>
// CHECK: nn.concat {{.*}} dim 0 : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<4x3x4xf32>
// CHECK: nn.transpose %{{.*}} [1, 0, 2] : tensor<4x3x4xf32> -> tensor<3x4x4xf32>
// CHECK: nn.reshape %{{.*}} : tensor<3x4x4xf32> -> tensor<12x4xf32>
func.func @moves(%x: tensor<4x3x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<4x12xf32> {
  %p = nn.pad %x [0, 1, 0] [0, 0, 2] value 1.0 : tensor<4x3x5xf32> -> tensor<4x4x7xf32>
  %s = nn.slice %p [0, 1, 0] [4, 2, 3] [1, 1, 2] : tensor<4x4x7xf32> -> tensor<4x2x3xf32>
  %r = nn.reverse %s [2] : tensor<4x2x3xf32>
  %c = nn.concat %s, %r dim 1 : tensor<4x2x3xf32>, tensor<4x2x3xf32> -> tensor<4x4x3xf32>
  %t = nn.transpose %c [0, 2, 1] : tensor<4x4x3xf32> -> tensor<4x3x4xf32>
  %y = nn.reshape %t : tensor<4x3x4xf32> -> tensor<4x12xf32>
  return %y : tensor<4x12xf32>
}

// Parts of the batch, and its reverse.
// CHECK-LABEL: @along_the_batch
// CHECK: nn.slice %{{.*}} [0, 1] [5, 2] [1, 1] : tensor<5x4xf32> -> tensor<5x2xf32>
// CHECK: nn.pad %{{.*}} [0, 1] [0, 1]
// CHECK: nn.reverse %{{.*}} [1]
func.func @along_the_batch(%x: tensor<4x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<4x5xf32> {
  %s = nn.slice %x [1, 0] [2, 5] [1, 1] : tensor<4x5xf32> -> tensor<2x5xf32>
  %p = nn.pad %s [1, 0] [1, 0] value 0.0 : tensor<2x5xf32> -> tensor<4x5xf32>
  %r = nn.reverse %p [0] : tensor<4x5xf32>
  return %r : tensor<4x5xf32>
}

// A reshape that joins the batch with another dimension gets it where it was.
// CHECK-LABEL: @joined
// CHECK: %[[E:.*]] = nn.exp %{{.*}} : tensor<5x4xf32>
// CHECK: %[[T:.*]] = nn.transpose %[[E]] [1, 0] : tensor<5x4xf32> -> tensor<4x5xf32>
// CHECK: nn.reshape %[[T]] : tensor<4x5xf32> -> tensor<20xf32>
func.func @joined(%x: tensor<4x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<20xf32> {
  %e = nn.exp %x : tensor<4x5xf32>
  %r = nn.reshape %e : tensor<4x5xf32> -> tensor<20xf32>
  return %r : tensor<20xf32>
}

// CHECK-LABEL: @reductions
// CHECK: nn.reduce_max %{{.*}} [1] : tensor<3x5x4xf32> -> tensor<3x4xf32>
// CHECK: nn.reduce_sum %{{.*}} [2] : tensor<3x5x4xf32> -> tensor<3x5xf32>
// CHECK: nn.reduce_prod %{{.*}} [0, 2] : tensor<3x5x4xf32> -> tensor<5xf32>
// CHECK: nn.argmax %{{.*}} : tensor<3x5x4xf32> -> tensor<3x4xi32>
func.func @reductions(%x: tensor<4x3x5xf32> {nn.kind = #nn.kind<input>}) -> (tensor<4x3xf32>, tensor<3x5xf32>, tensor<5xf32>, tensor<4x3xi32>) {
  %e = nn.abs %x : tensor<4x3x5xf32>
  %m = nn.reduce_max %e [2] : tensor<4x3x5xf32> -> tensor<4x3xf32>
  %s = nn.reduce_sum %e [0] : tensor<4x3x5xf32> -> tensor<3x5xf32>
  %p = nn.reduce_prod %e [0, 1] : tensor<4x3x5xf32> -> tensor<5xf32>
  %a = nn.argmax %e dim 2 : tensor<4x3x5xf32> -> tensor<4x3xi32>
  return %m, %s, %p, %a : tensor<4x3xf32>, tensor<3x5xf32>, tensor<5xf32>, tensor<4x3xi32>
}

// CHECK-LABEL: @contractions
// CHECK: nn.contract %{{.*}} [1, 0] x [1, 2] -> [2, 0] : tensor<5x4xf32>, tensor<5x3xf32> -> tensor<3x4xf32>
// CHECK: nn.contract %{{.*}} [1, 0] x [2, 0] -> [1, 2] : tensor<5x4xf32>, tensor<3x4xf32> -> tensor<5x3xf32>
func.func @contractions(%x: tensor<4x5xf32> {nn.kind = #nn.kind<input>}, %w: tensor<5x3xf32>) -> (tensor<4x3xf32>, tensor<5x3xf32>) {
  %e = nn.sin %x : tensor<4x5xf32>
  %y = nn.contract %e, %w [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x3xf32> -> tensor<4x3xf32>
  %z = nn.tanh %y : tensor<4x3xf32>
  %d = nn.contract %e, %z [0, 1] x [0, 2] -> [1, 2] : tensor<4x5xf32>, tensor<4x3xf32> -> tensor<5x3xf32>
  return %z, %d : tensor<4x3xf32>, tensor<5x3xf32>
}

// Values that pair each example with each stay.
// CHECK-LABEL: @pairs
// CHECK: nn.contract {{.*}} -> tensor<4x4xf32>
// CHECK: nn.exp {{.*}} : tensor<4x4xf32>
// CHECK-NEXT: return
func.func @pairs(%x: tensor<4x5xf32> {nn.kind = #nn.kind<input>}) -> tensor<4x4xf32> {
  %e = nn.cos %x : tensor<4x5xf32>
  %p = nn.contract %e, %x [0, 1] x [2, 1] -> [0, 2] : tensor<4x5xf32>, tensor<4x5xf32> -> tensor<4x4xf32>
  %y = nn.exp %p : tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// Random numbers are those of the row-major index with the batch first.
// CHECK-LABEL: @dropout
// CHECK: %[[R:.*]] = nn.random_uniform {{.*}} : tensor<4x5xf32>
// CHECK: nn.transpose %[[R]] [1, 0] : tensor<4x5xf32> -> tensor<5x4xf32>
func.func @dropout(%x: tensor<4x5xf32> {nn.kind = #nn.kind<input>}, %seed: tensor<i64>, %step: tensor<i64>) -> tensor<4x5xf32> {
  %r = nn.random_uniform %seed, %step stream 1 : tensor<4x5xf32>
  %half = nn.constant dense<0.5> : tensor<4x5xf32>
  %zero = nn.constant dense<0.0> : tensor<4x5xf32>
  %c = nn.compare lt %r, %half : tensor<4x5xf32>
  %y = nn.select %c, %x, %zero : tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// CHECK-LABEL: @indexed
// CHECK: nn.gather %{{.*}} batch_dims 1 : tensor<4x5xf32>, tensor<4xi32> -> tensor<4xf32>
// CHECK: nn.scatter_add %{{.*}} batch_dims 1 size 5 : tensor<4xf32>, tensor<4xi32> -> tensor<4x5xf32>
// CHECK: nn.gather %{{.*}} batch_dims 0 : tensor<6x5xf32>, tensor<4xi32> -> tensor<4x5xf32>
func.func @indexed(%x: tensor<4x5xf32> {nn.kind = #nn.kind<input>}, %label: tensor<4xi32> {nn.kind = #nn.kind<input>}, %table: tensor<6x5xf32>) -> tensor<4x5xf32> {
  %offsets = nn.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0], [1.5, 2.5, 3.5, 4.5, 5.5], [6.5, 7.5, 8.5, 9.5, 0.5]]> : tensor<4x5xf32>
  %e = nn.add %x, %offsets : tensor<4x5xf32>
  %g = nn.gather %e, %label batch_dims 1 : tensor<4x5xf32>, tensor<4xi32> -> tensor<4xf32>
  %s = nn.scatter_add %g, %label batch_dims 1 size 5 : tensor<4xf32>, tensor<4xi32> -> tensor<4x5xf32>
  %t = nn.gather %table, %label batch_dims 0 : tensor<6x5xf32>, tensor<4xi32> -> tensor<4x5xf32>
  %y = nn.add %s, %t : tensor<4x5xf32>
  %z = nn.mul %y, %e : tensor<4x5xf32>
  return %z : tensor<4x5xf32>
}

// CHECK-LABEL: @convolution
// CHECK: nn.pad %{{.*}} [1, 1, 0, 0] [1, 1, 0, 0] {{.*}} -> tensor<8x9x2x4xf32>
// CHECK: nn.windows %{{.*}} [0, 1] sizes [3, 3] {{.*}} : tensor<8x9x2x4xf32> -> tensor<6x7x2x4x3x3xf32>
// CHECK: nn.contract {{.*}} -> tensor<6x7x5x4xf32>
// CHECK: nn.windows %{{.*}} [0, 1] sizes [2, 2] {{.*}} -> tensor<3x3x5x4x2x2xf32>
// CHECK: nn.reduce_max
// CHECK: nn.overlap_add %{{.*}} [0, 1] extents [6, 7] {{.*}} -> tensor<6x7x5x4xf32>
func.func @convolution(%x: tensor<4x6x7x2xf32> {nn.kind = #nn.kind<input>}, %w: tensor<3x3x2x5xf32>) -> (tensor<4x3x3x5xf32>, tensor<4x6x7x5xf32>) {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.0 : tensor<4x6x7x2xf32> -> tensor<4x8x9x2xf32>
  %v = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1]
      : tensor<4x8x9x2xf32> -> tensor<4x6x7x2x3x3xf32>
  %y = nn.contract %v, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6]
      : tensor<4x6x7x2x3x3xf32>, tensor<3x3x2x5xf32> -> tensor<4x6x7x5xf32>
  %q = nn.windows %y [1, 2] sizes [2, 2] strides [2, 2] dilations [1, 1]
      : tensor<4x6x7x5xf32> -> tensor<4x3x3x5x2x2xf32>
  %m = nn.reduce_max %q [4, 5] : tensor<4x3x3x5x2x2xf32> -> tensor<4x3x3x5xf32>
  %b = nn.abs %q : tensor<4x3x3x5x2x2xf32>
  %o = nn.overlap_add %b [1, 2] extents [6, 7] strides [2, 2] dilations [1, 1]
      : tensor<4x3x3x5x2x2xf32> -> tensor<4x6x7x5xf32>
  return %m, %o : tensor<4x3x3x5xf32>, tensor<4x6x7x5xf32>
}
