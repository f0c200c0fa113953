// Compositions that fuse, reuse memory and need barriers.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @softmax(%x: tensor<33x10xf32>) -> tensor<33x10xf32> attributes {nn.factor = 4.0} {
  %m = nn.reduce_max %x [1] : tensor<33x10xf32> -> tensor<33xf32>
  %mb = nn.broadcast %m [0] : tensor<33xf32> -> tensor<33x10xf32>
  %d = nn.sub %x, %mb : tensor<33x10xf32>
  %e = nn.exp %d : tensor<33x10xf32>
  %s = nn.reduce_sum %e [1] : tensor<33x10xf32> -> tensor<33xf32>
  %sb = nn.broadcast %s [0] : tensor<33xf32> -> tensor<33x10xf32>
  %y = nn.div %e, %sb : tensor<33x10xf32>
  return %y : tensor<33x10xf32>
}
func.func @batch_norm(%x: tensor<64x50xf32>, %scale: tensor<50xf32>, %shift: tensor<50xf32>) -> tensor<64x50xf32> attributes {nn.factor = 10.0} {
  %n = nn.constant dense<64.0> : tensor<50xf32>
  %eps = nn.constant dense<1.0e-5> : tensor<50xf32>
  %s = nn.reduce_sum %x [0] : tensor<64x50xf32> -> tensor<50xf32>
  %m = nn.div %s, %n : tensor<50xf32>
  %mb = nn.broadcast %m [1] : tensor<50xf32> -> tensor<64x50xf32>
  %d = nn.sub %x, %mb : tensor<64x50xf32>
  %d2 = nn.mul %d, %d : tensor<64x50xf32>
  %s2 = nn.reduce_sum %d2 [0] : tensor<64x50xf32> -> tensor<50xf32>
  %v = nn.div %s2, %n : tensor<50xf32>
  %ve = nn.add %v, %eps : tensor<50xf32>
  %r = nn.rsqrt %ve : tensor<50xf32>
  %rs = nn.mul %r, %scale : tensor<50xf32>
  %rb = nn.broadcast %rs [1] : tensor<50xf32> -> tensor<64x50xf32>
  %sb = nn.broadcast %shift [1] : tensor<50xf32> -> tensor<64x50xf32>
  %p = nn.mul %d, %rb : tensor<64x50xf32>
  %y = nn.add %p, %sb : tensor<64x50xf32>
  return %y : tensor<64x50xf32>
}
func.func @dense_layers(%x: tensor<32x100xf32>, %w1: tensor<100x70xf32>, %b1: tensor<70xf32>, %w2: tensor<70x10xf32>) -> (tensor<32x10xf32>, tensor<32x70xf32>) attributes {nn.factor = 10.0} {
  %z = nn.contract %x, %w1 [0, 1] x [1, 2] -> [0, 2] : tensor<32x100xf32>, tensor<100x70xf32> -> tensor<32x70xf32>
  %bb = nn.broadcast %b1 [1] : tensor<70xf32> -> tensor<32x70xf32>
  %a = nn.add %z, %bb : tensor<32x70xf32>
  %h = nn.tanh %a : tensor<32x70xf32>
  %y = nn.contract %h, %w2 [0, 1] x [1, 2] -> [0, 2] : tensor<32x70xf32>, tensor<70x10xf32> -> tensor<32x10xf32>
  return %y, %h : tensor<32x10xf32>, tensor<32x70xf32>
}
func.func @big_elementwise(%x: tensor<200x301xf32>, %y: tensor<301xf32>) -> (tensor<200x301xf32>, tensor<200x301xf32>, tensor<200xf32>) attributes {nn.factor = 4.0} {
  %e = nn.exp %x : tensor<200x301xf32>
  %yb = nn.broadcast %y [1] : tensor<301xf32> -> tensor<200x301xf32>
  %p = nn.mul %e, %yb : tensor<200x301xf32>
  %q = nn.tanh %p : tensor<200x301xf32>
  %s = nn.reduce_sum %q [1] : tensor<200x301xf32> -> tensor<200xf32>
  %sb = nn.broadcast %s [0] : tensor<200xf32> -> tensor<200x301xf32>
  %r = nn.add %e, %sb : tensor<200x301xf32>
  return %q, %r, %s : tensor<200x301xf32>, tensor<200x301xf32>, tensor<200xf32>
}
// The same value through two operands of one kernel, and used outside too.
func.func @read_twice(%x: tensor<8x6xf32>, %z: tensor<8x6xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>) {
  %e = nn.exp %x : tensor<8x6xf32>
  %t = nn.tanh %z : tensor<8x6xf32>
  %p = nn.mul %e, %t : tensor<8x6xf32>
  %q = nn.div %p, %e : tensor<8x6xf32>
  %r = nn.add %q, %t : tensor<8x6xf32>
  return %r, %e, %t : tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>
}
func.func @square_twice(%x: tensor<8x6xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>) {
  %e = nn.exp %x : tensor<8x6xf32>
  %p = nn.mul %e, %e : tensor<8x6xf32>
  return %p, %e : tensor<8x6xf32>, tensor<8x6xf32>
}
func.func @two_results(%x: tensor<8x6xf32>, %z: tensor<8x6xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>) {
  %e = nn.exp %x : tensor<8x6xf32>
  %l = nn.tanh %e : tensor<8x6xf32>
  %p = nn.div %l, %e : tensor<8x6xf32>
  return %p, %e, %l : tensor<8x6xf32>, tensor<8x6xf32>, tensor<8x6xf32>
}
// Parts of a product that are read, and written, in another shape.
func.func @heads_of_parts(%z: tensor<5x12xf32>, %a: tensor<2x5x5xf32>) -> (tensor<5x16xf32>, tensor<40xf32>) {
  %p = nn.slice %z [0, 4] [5, 8] [1, 1] : tensor<5x12xf32> -> tensor<5x8xf32>
  %heads = nn.reshape %p : tensor<5x8xf32> -> tensor<5x2x4xf32>
  %l = nn.contract %a, %heads [0, 1, 2] x [2, 0, 3] -> [1, 0, 3] : tensor<2x5x5xf32>, tensor<5x2x4xf32> -> tensor<5x2x4xf32>
  %r = nn.exp %heads : tensor<5x2x4xf32>
  %left = nn.reshape %l : tensor<5x2x4xf32> -> tensor<5x8xf32>
  %right = nn.reshape %r : tensor<5x2x4xf32> -> tensor<5x8xf32>
  %both = nn.concat %left, %right dim 1 : tensor<5x8xf32>, tensor<5x8xf32> -> tensor<5x16xf32>
  %flat = nn.reshape %p : tensor<5x8xf32> -> tensor<40xf32>
  %doubled = nn.add %flat, %flat : tensor<40xf32>
  return %both, %doubled : tensor<5x16xf32>, tensor<40xf32>
}
func.func @every_other_column(%z: tensor<6x12xf32>) -> (tensor<3x2x3x2xf32>, tensor<3x2x6xf32>) {
  %p = nn.slice %z [1, 0] [3, 6] [2, 2] : tensor<6x12xf32> -> tensor<3x6xf32>
  %w = nn.reshape %p : tensor<3x6xf32> -> tensor<3x1x3x2xf32>
  %e = nn.exp %w : tensor<3x1x3x2xf32>
  %both = nn.concat %e, %w dim 1 : tensor<3x1x3x2xf32>, tensor<3x1x3x2xf32> -> tensor<3x2x3x2xf32>
  %merged = nn.reshape %both : tensor<3x2x3x2xf32> -> tensor<3x2x6xf32>
  %y = nn.exp %merged : tensor<3x2x6xf32>
  return %both, %y : tensor<3x2x3x2xf32>, tensor<3x2x6xf32>
}
