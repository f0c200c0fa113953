// The remarks of fusion: fused kernels and obstacles, by the user's names and lines.
// RUN: nn-opt %s --mlir-disable-threading --convert-nn-to-linalg --fuse-elementwise --remarks-filter=fusion --remark-format=emitRemark -o %t 2>&1 \
// RUN:   | FileCheck %s --implicit-check-not="remark:"
// RUN: nn-opt %s --nn-stage-linalg --mlir-print-debuginfo | nn-opt --mlir-disable-threading --assign-arena --remarks-filter=fusion --remark-format=emitRemark -o %t 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TILES --implicit-check-not="remark:"
// Nothing without a filter that matches.
// RUN: nn-opt %s --convert-nn-to-linalg --fuse-elementwise --remarks-filter=layout --remark-format=emitRemark -o %t 2>&1 | count 0

// All operations of a chain, with the broadcast; only the last name is the kernel's.
// CHECK: a.nn:3:1: remark: {{.*}}Function=chain{{.*}}"one kernel computes broadcast in line 1, `s` in line 2, `t` in line 2, mul"
func.func @chain(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %bb = nn.broadcast %b [1] : tensor<8xf32> -> tensor<4x8xf32> loc("a.nn":1:1)
  %s = nn.add %x, %bb : tensor<4x8xf32> loc("s"("a.nn":2:1))
  %t = nn.tanh %s : tensor<4x8xf32> loc("t"("a.nn":2:1))
  %y = nn.mul %t, %x : tensor<4x8xf32> loc("a.nn":3:1)
  return %y : tensor<4x8xf32>
}

// An exponential that two need is computed once; its sum is complete too late.
// CHECK: a.nn:4:1: remark: {{.*}}Function=softmax{{.*}}"`e` is not computed within the sum in line 5: it has 2 readers, and computing it in each, about {{[0-9]+}} cycles per element
// CHECK: a.nn:6:1: remark: {{.*}}Function=softmax{{.*}}"one kernel computes broadcast, div"
// CHECK: a.nn:4:1: remark: {{.*}}Function=softmax{{.*}}"`e` is not computed within div in line 6: it has 2 readers, another of which runs before this one"
// CHECK: a.nn:5:1: remark: {{.*}}Function=softmax{{.*}}"the sum is not computed within div in line 6: its results are complete only at the end of its own pass"
func.func @softmax(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = nn.exp %x : tensor<4x8xf32> loc("e"("a.nn":4:1))
  %s = nn.reduce_sum %e [1] : tensor<4x8xf32> -> tensor<4xf32> loc("a.nn":5:1)
  %b = nn.broadcast %s [0] : tensor<4xf32> -> tensor<4x8xf32> loc("a.nn":6:1)
  %y = nn.div %e, %b : tensor<4x8xf32> loc("a.nn":6:1)
  return %y : tensor<4x8xf32>
}

// Cheap values are computed in each reader; 128 bytes are 4 x 8 floats.
// CHECK: a.nn:7:1: remark: {{.*}}Function=cheap{{.*}}"one kernel computes broadcast, `d`"
// CHECK: a.nn:8:1: remark: {{.*}}Function=cheap{{.*}}"the sum computes again values that have other readers too, instead of reading 128 bytes: broadcast in line 7, `d` in line 7"
func.func @cheap(%x: tensor<4x8xf32>, %c: tensor<8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) {
  %b = nn.broadcast %c [1] : tensor<8xf32> -> tensor<4x8xf32> loc("a.nn":7:1)
  %d = nn.sub %x, %b : tensor<4x8xf32> loc("d"("a.nn":7:1))
  %s = nn.reduce_sum %d [1] : tensor<4x8xf32> -> tensor<4xf32> loc("a.nn":8:1)
  return %s, %d : tensor<4xf32>, tensor<4x8xf32>
}

// One kernel stores what two others need.
// CHECK: a.nn:10:1: remark: {{.*}}Function=merged{{.*}}"one kernel with 2 results computes `e` in line 9, neg"
func.func @merged(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = nn.exp %x : tensor<4x8xf32> loc("e"("a.nn":9:1))
  %y = nn.neg %e : tensor<4x8xf32> loc("a.nn":10:1)
  return %e, %y : tensor<4x8xf32>, tensor<4x8xf32>
}

// A function of a column would be computed again in each of four rows.
// CHECK: a.nn:12:1: remark: {{.*}}Function=repeated{{.*}}"one kernel computes broadcast, mul"
// CHECK: a.nn:11:1: remark: {{.*}}Function=repeated{{.*}}"`e` is not computed within mul in line 12: each element would be computed 4 times over, in about {{[0-9]+}} cycles"
func.func @repeated(%x: tensor<4x8xf32>, %c: tensor<8xf32>) -> tensor<4x8xf32> {
  %e = nn.exp %c : tensor<8xf32> loc("e"("a.nn":11:1))
  %b = nn.broadcast %e [1] : tensor<8xf32> -> tensor<4x8xf32> loc("a.nn":12:1)
  %y = nn.mul %x, %b : tensor<4x8xf32> loc("a.nn":12:1)
  return %y : tensor<4x8xf32>
}

// A product reads transposed weights where they lie, but not what would be computed for each multiplication. The bias
// and the activation behind it are computed on its tiles, over the memory of its result; the reversal of the second
// product is not.
// TILES: a.nn:16:1: remark: {{.*}}Function=layer{{.*}}"`h` is computed on the tiles of the product in line 15"
// TILES: a.nn:18:1: remark: {{.*}}Function=layer{{.*}}"reversal is not computed on the tiles of the product in line 17: it reads the result in several ways, or not element for element"
func.func @layer(%x: tensor<16x8xf32>, %w: tensor<16x8xf32>, %c: tensor<16xf32>, %v: tensor<16x4xf32>) -> tensor<16x4xf32> {
  %e = nn.exp %x : tensor<16x8xf32> loc("e"("a.nn":13:1))
  %t = nn.transpose %w [1, 0] : tensor<16x8xf32> -> tensor<8x16xf32> loc("a.nn":14:1)
  %p = nn.contract %e, %t [0, 1] x [1, 2] -> [0, 2] : tensor<16x8xf32>, tensor<8x16xf32> -> tensor<16x16xf32> loc("a.nn":15:1)
  %b = nn.broadcast %c [1] : tensor<16xf32> -> tensor<16x16xf32> loc("a.nn":16:1)
  %a = nn.add %p, %b : tensor<16x16xf32> loc("a"("a.nn":16:1))
  %h = nn.tanh %a : tensor<16x16xf32> loc("h"("a.nn":16:1))
  %q = nn.contract %h, %v [0, 1] x [1, 2] -> [0, 2] : tensor<16x16xf32>, tensor<16x4xf32> -> tensor<16x4xf32> loc("a.nn":17:1)
  %y = nn.reverse %q [0] : tensor<16x4xf32> loc("a.nn":18:1)
  return %y : tensor<16x4xf32>
}
// CHECK: a.nn:15:1: remark: {{.*}}Function=layer{{.*}}"the product reads through transposition in line 14: nothing is copied"
// CHECK: a.nn:13:1: remark: {{.*}}Function=layer{{.*}}"`e` is not computed within the product in line 15: for a product, each element would be computed 16 times over, in about {{[0-9]+}} cycles"
// CHECK: a.nn:16:1: remark: {{.*}}Function=layer{{.*}}"one kernel computes broadcast, `a`, `h`"
// CHECK: a.nn:16:1: remark: {{.*}}Function=layer{{.*}}"`h` is not computed within the product in line 17: for a product, each element would be computed 4 times over
// Views and padding lie between.
// CHECK: a.nn:19:1: remark: {{.*}}Function=between{{.*}}"exp is not computed within tanh in line 21: it is reshaped or sliced in between"
// CHECK: a.nn:21:1: remark: {{.*}}Function=between{{.*}}"tanh is not computed within sin in line 23: it becomes part of a padded or joined tensor
func.func @between(%x: tensor<4x8xf32>) -> tensor<34xf32> {
  %e = nn.exp %x : tensor<4x8xf32> loc("a.nn":19:1)
  %f = nn.reshape %e : tensor<4x8xf32> -> tensor<32xf32> loc("a.nn":20:1)
  %t = nn.tanh %f : tensor<32xf32> loc("a.nn":21:1)
  %p = nn.pad %t [1] [1] value 0.0 : tensor<32xf32> -> tensor<34xf32> loc("a.nn":22:1)
  %y = nn.sin %p : tensor<34xf32> loc("a.nn":23:1)
  return %y : tensor<34xf32>
}
// CHECK: a.nn:24:1: remark: {{.*}}Function=lookup{{.*}}"exp is not computed within lookup in line 25: the other kernel looks its elements up by an index
func.func @lookup(%x: tensor<4x8xf32>, %i: tensor<4xi32>) -> tensor<4xf32> {
  %e = nn.exp %x : tensor<4x8xf32> loc("a.nn":24:1)
  %y = nn.gather %e, %i batch_dims 1 : tensor<4x8xf32>, tensor<4xi32> -> tensor<4xf32> loc("a.nn":25:1)
  return %y : tensor<4xf32>
}

// One kernel is computed on the tiles; fusion leaves it to assign-arena to say so.
// TILES: a.nn:27:1: remark: {{.*}}Function=readers{{.*}}"`a` is computed on the tiles of the product in line 26"
// TILES: a.nn:28:1: remark: {{.*}}Function=readers{{.*}}"sin is not computed on the tiles of the product in line 26: another reader, which comes first, is computed on them"
func.func @readers(%x: tensor<16x8xf32>, %w: tensor<8x4xf32>) -> (tensor<16x4xf32>, tensor<16x4xf32>) {
  %p = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<16x8xf32>, tensor<8x4xf32> -> tensor<16x4xf32> loc("a.nn":26:1)
  %a = nn.exp %p : tensor<16x4xf32> loc("a"("a.nn":27:1))
  %b = nn.sin %p : tensor<16x4xf32> loc("a.nn":28:1)
  return %a, %b : tensor<16x4xf32>, tensor<16x4xf32>
}

// CHECK: a.nn:29:1: remark: {{.*}}Function=centred{{.*}}"the product is not computed within the sum in line 30: its results are complete only at the end of its own pass"
// CHECK: a.nn:31:1: remark: {{.*}}Function=centred{{.*}}"one kernel computes broadcast, sub"
// CHECK: a.nn:30:1: remark: {{.*}}Function=centred{{.*}}"the sum is not computed within sub in line 31
// TILES: a.nn:31:1: remark: {{.*}}Function=centred{{.*}}"sub is not computed on the tiles of the product in line 29: it also needs results that other kernels compute from the product"
func.func @centred(%x: tensor<16x8xf32>, %w: tensor<8x4xf32>) -> tensor<16x4xf32> {
  %p = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<16x8xf32>, tensor<8x4xf32> -> tensor<16x4xf32> loc("a.nn":29:1)
  %s = nn.reduce_sum %p [1] : tensor<16x4xf32> -> tensor<16xf32> loc("a.nn":30:1)
  %b = nn.broadcast %s [0] : tensor<16xf32> -> tensor<16x4xf32> loc("a.nn":31:1)
  %y = nn.sub %p, %b : tensor<16x4xf32> loc("a.nn":31:1)
  return %y : tensor<16x4xf32>
}
