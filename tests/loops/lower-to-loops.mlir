// Kernels as loops of vector code.
// RUN: nn-opt --lower-to-loops=target-cpu=x86-64-v4 --canonicalize --cse %s | FileCheck %s
// RUN: nn-opt --lower-to-loops=target-cpu=haswell --canonicalize --cse %s | FileCheck %s --check-prefix=AVX2

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>
#reversed = affine_map<(d0) -> (-d0 + 31)>
#line = affine_map<(d0) -> (d0)>

// Contiguous loops are collapsed; an iteration handles several vectors.
// CHECK-LABEL: func.func @collapsed
// CHECK: scf.for %{{.*}} = %c0 to %c192 step %c64 {
// CHECK-COUNT-4: vector.load {{.*}} vector<16xf32>
// CHECK-COUNT-4: arith.negf
// CHECK-COUNT-4: vector.store
// CHECK-NOT: scf.for
// AVX2-LABEL: func.func @collapsed
// AVX2: scf.for %{{.*}} = %c0 to %c192 step %c32 {
// AVX2: vector.load {{.*}} vector<8xf32>
func.func @collapsed(%x: memref<6x32xf32>, %y: memref<6x32xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<6x32xf32>) outs(%y : memref<6x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.negf %a : f32
    linalg.yield %0 : f32
  }
  return
}

// A value that is the same for a row is computed once a row, as a scalar; the tail is one masked vector.
// CHECK-LABEL: func.func @broadcast
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c6 step %c1 {
// CHECK: %[[S:.*]] = memref.load %{{.*}}[%[[ROW]]] : memref<6xf32>
// CHECK: %[[E:.*]] = math.exp %[[S]] : f32
// CHECK: vector.broadcast %[[E]] : f32 to vector<16xf32>
// CHECK: vector.load
// CHECK: vector.store
// CHECK: vector.maskedload
// CHECK: vector.maskedstore
// Where masked stores take long, shorter vectors are stored.
// AVX2-LABEL: func.func @broadcast
// AVX2: vector.maskedload
// AVX2-NOT: vector.maskedstore
// AVX2: vector.store {{.*}} vector<4xf32>
func.func @broadcast(%x: memref<6x20xf32>, %r: memref<6xf32>, %y: memref<6x20xf32>) {
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %r : memref<6x20xf32>, memref<6xf32>) outs(%y : memref<6x20xf32>) {
  ^bb0(%a: f32, %s: f32, %b: f32):
    %e = math.exp %s : f32
    %0 = arith.mulf %a, %e : f32
    linalg.yield %0 : f32
  }
  return
}

// A sum over lanes starts from the fill's constant, and ends with one combination of the lanes in a fixed
// order. Lanes that do not exist add zero.
// CHECK-LABEL: func.func @row_sums
// CHECK-NOT: linalg.fill
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c6 step %c1 {
// CHECK: vector.maskedload
// CHECK: arith.select
// CHECK: vector.shuffle %[[SUM:.*]], %[[SUM]] [0, 1, 2, 3, 4, 5, 6, 7]
// CHECK: vector.extract
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[ROW]]]
func.func @row_sums(%x: memref<6x40xf32>, %y: memref<6xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<6xf32>)
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<6x40xf32>) outs(%y : memref<6xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// A sum over rows keeps a vector of sums in a register, and goes on from what the output holds.
// CHECK-LABEL: func.func @column_sums
// CHECK: %[[OLD:.*]] = vector.load %{{.*}}[%c0]
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} iter_args(%{{.*}} = %[[OLD]]) -> (vector<16xf32>)
// CHECK: vector.store %[[SUM]]
func.func @column_sums(%x: memref<40x16xf32>, %y: memref<16xf32>) {
  linalg.generic {indexing_maps = [#id, #column], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<40x16xf32>) outs(%y : memref<16xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// CHECK-LABEL: func.func @reversed
// CHECK: vector.load
// CHECK: vector.shuffle {{.*}} [15, 14, 13,
func.func @reversed(%x: memref<32xf32>, %y: memref<32xf32>) {
  linalg.generic {indexing_maps = [#reversed, #line], iterator_types = ["parallel"]}
      ins(%x : memref<32xf32>) outs(%y : memref<32xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// Rows that an index chooses are read as vectors, elements that it chooses are gathered.
// CHECK-LABEL: func.func @gather_rows
// CHECK: %[[I:.*]] = memref.load %{{.*}} : memref<6xi32>
// CHECK: %[[R:.*]] = arith.index_cast %[[I]]
// CHECK: vector.load %{{.*}}[%[[R]], %{{.*}}] : memref<9x32xf32>, vector<16xf32>
func.func @gather_rows(%x: memref<9x32xf32>, %i: memref<6xi32>, %y: memref<6x32xf32>) {
  linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%i : memref<6xi32>) outs(%y : memref<6x32xf32>) {
  ^bb0(%a: i32, %b: f32):
    %r = arith.index_cast %a : i32 to index
    %c = linalg.index 1 : index
    %0 = memref.load %x[%r, %c] : memref<9x32xf32>
    linalg.yield %0 : f32
  }
  return
}
// CHECK-LABEL: func.func @gather_elements
// CHECK: vector.gather
func.func @gather_elements(%x: memref<100xf32>, %i: memref<32xi32>, %y: memref<32xf32>) {
  linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
      ins(%i : memref<32xi32>) outs(%y : memref<32xf32>) {
  ^bb0(%a: i32, %b: f32):
    %r = arith.index_cast %a : i32 to index
    %0 = memref.load %x[%r] : memref<100xf32>
    linalg.yield %0 : f32
  }
  return
}

// A body that has no vector form runs element by element.
// CHECK-LABEL: func.func @scalar
// CHECK-NOT: vector.
// CHECK: memref.load
// CHECK: scf.if
// CHECK: memref.store
// CHECK: return
func.func @scalar(%x: memref<32xf32>, %y: memref<32xf32>) {
  linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
      ins(%x : memref<32xf32>) outs(%y : memref<32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %zero = arith.constant 0.0 : f32
    %c = arith.cmpf ogt, %a, %zero : f32
    %0 = scf.if %c -> f32 {
      %1 = math.log %a : f32
      scf.yield %1 : f32
    } else {
      scf.yield %zero : f32
    }
    linalg.yield %0 : f32
  }
  return
}
