// A step writes its own rows of a cache in the memory of the cache, and leaves the others alone.
// RUN: nn-opt --nn-stage-linalg --assign-arena --split-input-file %s | FileCheck %s

// One row, whose elements are copied 16 at once. A position beyond the cache changes nothing.
// CHECK-LABEL: func.func @nnc_one(
// CHECK-DAG: %[[CACHE:.*]] = memref.view %{{.*}} : memref<{{.*}}xi8> to memref<64x2x16xf32>
// CHECK-DAG: %[[POSITION:.*]] = memref.view %{{.*}} : memref<8xi8> to memref<i64>
// CHECK-NOT: linalg.generic
// CHECK: %[[NUMBER:.*]] = memref.load %[[POSITION]][]
// CHECK: %[[SHORT:.*]] = arith.trunci %[[NUMBER]]
// CHECK: %[[FIRST:.*]] = arith.index_cast %[[SHORT]]
// CHECK: %[[LAST:.*]] = arith.addi %[[FIRST]], %c1
// CHECK: %[[POSITIVE:.*]] = arith.maxsi %[[FIRST]], %c0
// CHECK: %[[LOW:.*]] = arith.minsi %[[POSITIVE]], %c64
// CHECK: %[[POSITIVE_LAST:.*]] = arith.maxsi %[[LAST]], %c0
// CHECK: %[[HIGH:.*]] = arith.minsi %[[POSITIVE_LAST]], %c64
// CHECK: scf.for %[[ROW:.*]] = %[[LOW]] to %[[HIGH]] step
// CHECK: vector.load {{.*}} : memref<2x16xf32{{.*}}>, vector<16xf32>
// CHECK: vector.store {{.*}}, %[[CACHE]][%[[ROW]], {{.*}}] : memref<64x2x16xf32>, vector<16xf32>
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @one(%row: tensor<2x16xf32> {nn.kind = #nn.kind<input>, nn.name = "row"},
               %position: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "position"},
               %cache: tensor<64x2x16xf32> {nn.kind = #nn.kind<cache>, nn.name = "rows"})
    -> (tensor<64x2x16xf32> {nn.kind = #nn.kind<cache>, nn.name = "rows"}) attributes {nn.steps} {
  %zero = nn.constant dense<0> : tensor<64xi32>
  %i = nn.iota 0 : tensor<64xi32>
  %p = nn.convert %position : tensor<i64> -> tensor<i32>
  %all = nn.broadcast %p [] : tensor<i32> -> tensor<64xi32>
  %number = nn.sub %i, %all : tensor<64xi32>
  %is = nn.compare eq %number, %zero : tensor<64xi32>
  %new = nn.broadcast %row [1, 2] : tensor<2x16xf32> -> tensor<64x2x16xf32>
  %keep = nn.broadcast %is [0] : tensor<64xi1> -> tensor<64x2x16xi1>
  %next = nn.select %keep, %new, %cache : tensor<64x2x16xf32>
  return %next : tensor<64x2x16xf32>
}

// -----

// Several rows that are computed on the way, element by element.
// CHECK-LABEL: func.func @nnc_several(
// CHECK-NOT: linalg.generic
// CHECK: arith.addi %{{.*}}, %c4
// CHECK: scf.for
// CHECK: memref.load %{{.*}} : memref<4x6xf32>
// CHECK: arith.addf {{.*}} : f32
// CHECK: memref.store {{.*}} : memref<64x6xf32>
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @several(%rows: tensor<4x6xf32> {nn.kind = #nn.kind<input>, nn.name = "x"},
                   %position: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "position"},
                   %cache: tensor<64x6xf32> {nn.kind = #nn.kind<cache>, nn.name = "rows"})
    -> (tensor<64x6xf32> {nn.kind = #nn.kind<cache>, nn.name = "rows"}) attributes {nn.steps} {
  %zero = nn.constant dense<0> : tensor<64xi32>
  %four = nn.constant dense<4> : tensor<64xi32>
  %i = nn.iota 0 : tensor<64xi32>
  %p = nn.convert %position : tensor<i64> -> tensor<i32>
  %all = nn.broadcast %p [] : tensor<i32> -> tensor<64xi32>
  %number = nn.sub %i, %all : tensor<64xi32>
  %from = nn.compare ge %number, %zero : tensor<64xi32>
  %to = nn.compare lt %number, %four : tensor<64xi32>
  %is = nn.and %from, %to : tensor<64xi1>
  %found = nn.gather %rows, %number batch_dims 0 : tensor<4x6xf32>, tensor<64xi32> -> tensor<64x6xf32>
  %new = nn.add %found, %found : tensor<64x6xf32>
  %keep = nn.broadcast %is [0] : tensor<64xi1> -> tensor<64x6xi1>
  %next = nn.select %keep, %new, %cache : tensor<64x6xf32>
  return %next : tensor<64x6xf32>
}

// -----

// The old rows are still needed, so that the new ones are another tensor at first.
// CHECK-LABEL: func.func @nnc_both(
// CHECK: linalg.generic
// CHECK: arith.select
// CHECK: return
func.func @both(%row: tensor<6xf32> {nn.kind = #nn.kind<input>, nn.name = "row"},
                %position: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "position"},
                %cache: tensor<64x6xf32> {nn.kind = #nn.kind<cache>, nn.name = "rows"})
    -> (tensor<64x6xf32> {nn.kind = #nn.kind<cache>, nn.name = "rows"},
        tensor<64x6xf32> {nn.kind = #nn.kind<output>, nn.name = "product"}) attributes {nn.steps} {
  %zero = nn.constant dense<0> : tensor<64xi32>
  %i = nn.iota 0 : tensor<64xi32>
  %p = nn.convert %position : tensor<i64> -> tensor<i32>
  %all = nn.broadcast %p [] : tensor<i32> -> tensor<64xi32>
  %number = nn.sub %i, %all : tensor<64xi32>
  %is = nn.compare eq %number, %zero : tensor<64xi32>
  %new = nn.broadcast %row [1] : tensor<6xf32> -> tensor<64x6xf32>
  %keep = nn.broadcast %is [0] : tensor<64xi1> -> tensor<64x6xi1>
  %next = nn.select %keep, %new, %cache : tensor<64x6xf32>
  %turned = nn.reverse %next [0] : tensor<64x6xf32>
  %product = nn.mul %turned, %cache : tensor<64x6xf32>
  return %next, %product : tensor<64x6xf32>, tensor<64x6xf32>
}
