// How kernels are shared among threads: units of the outermost parallel loop, barriers only between
// kernels that meet in memory on different threads, small kernels on thread 0 alone.
// RUN: nn-opt --lower-to-loops=target-cpu=haswell --canonicalize --cse %s | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#transposed = affine_map<(d0, d1) -> (d1, d0)>
#row = affine_map<(d0, d1) -> (d0)>
#line = affine_map<(d0) -> (d0)>
#scalar = affine_map<(d0) -> ()>

// Thread t of T has the units from n t / T to n (t + 1) / T, here of 8192 vectors; every kernel of as many units
// has the same ones, so that what a thread reads it wrote itself: no barrier.
// CHECK-LABEL: func.func @same_units
// CHECK: call @[[EXP:nnc_kernel_[0-9]+]](%{{.*}}, %c0, %{{.*}}, %c262144, %arg1, %arg2)
// CHECK-NOT: nnc_barrier
// Equal kernels are one function, given where its operands are.
// CHECK: call @[[EXP]](%{{.*}}, %c262144, %{{.*}}, %c0, %arg1, %arg2)
// CHECK-NOT: nnc_barrier
// CHECK: return
func.func @same_units(%block: memref<1048576xi8>, %thread: index, %threads: index) attributes {nn.threaded} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 262144 : index
  %x = memref.view %block[%c0][] : memref<1048576xi8> to memref<256x256xf32>
  %y = memref.view %block[%c1][] : memref<1048576xi8> to memref<256x256xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<256x256xf32>) outs(%y : memref<256x256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : memref<256x256xf32>) outs(%x : memref<256x256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  }
  return
}

// A thread reads another thread's results behind a barrier only.
// CHECK-LABEL: func.func @other_units
// CHECK: call @[[EXP]](
// CHECK-NEXT: call @nnc_barrier()
// CHECK-NEXT: call @[[TURNED:nnc_kernel_[0-9]+]](
// CHECK-NEXT: return
func.func @other_units(%block: memref<1048576xi8>, %thread: index, %threads: index) attributes {nn.threaded} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 262144 : index
  %c2 = arith.constant 524288 : index
  %x = memref.view %block[%c0][] : memref<1048576xi8> to memref<256x256xf32>
  %y = memref.view %block[%c1][] : memref<1048576xi8> to memref<256x256xf32>
  %z = memref.view %block[%c2][] : memref<1048576xi8> to memref<256x256xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<256x256xf32>) outs(%y : memref<256x256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#transposed, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : memref<256x256xf32>) outs(%z : memref<256x256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  }
  return
}

// Kernels that touch different bytes need no barrier, however they are divided. Small ones run on thread 0, consecutive
// ones in one region; the large one behind them reads what thread 0 wrote.
// CHECK-LABEL: func.func @small
// CHECK: %[[IS_FIRST:.*]] = arith.cmpi eq, %arg1, %c0
// CHECK: call @[[EXP]](
// CHECK-NEXT: scf.if %[[IS_FIRST]] {
// CHECK-NEXT: func.call @nnc_kernel_{{[0-9]+}}(%{{.*}}, %c524288)
// CHECK-NEXT: func.call @nnc_kernel_{{[0-9]+}}(%{{.*}}, %c524544)
// CHECK-NEXT: }
// CHECK-NEXT: call @nnc_barrier()
// CHECK-NEXT: call @nnc_kernel_{{[0-9]+}}({{.*}}, %arg1, %arg2)
// CHECK-NEXT: return
func.func @small(%block: memref<1048576xi8>, %thread: index, %threads: index) attributes {nn.threaded} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 262144 : index
  %c2 = arith.constant 524288 : index
  %c3 = arith.constant 524544 : index
  %x = memref.view %block[%c0][] : memref<1048576xi8> to memref<256x256xf32>
  %y = memref.view %block[%c1][] : memref<1048576xi8> to memref<256x256xf32>
  %s = memref.view %block[%c2][] : memref<1048576xi8> to memref<64xf32>
  %t = memref.view %block[%c3][] : memref<1048576xi8> to memref<256xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<256x256xf32>) outs(%y : memref<256x256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
      ins(%s : memref<64xf32>) outs(%s : memref<64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.negf %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
      ins(%t : memref<256xf32>) outs(%t : memref<256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %t : memref<256x256xf32>, memref<256xf32>) outs(%x : memref<256x256xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  }
  return
}

// A sum is never split among threads, which would make it depend on their number: rows are shared, one long sum is not.
// CHECK-LABEL: func.func @sums
// CHECK: %[[IS_FIRST:.*]] = arith.cmpi eq, %arg2, %c0
// CHECK: call @[[ROWS:nnc_kernel_[0-9]+]]({{.*}}, %arg2, %arg3)
// CHECK: scf.if %[[IS_FIRST]] {
// CHECK: func.call @[[ALL:nnc_kernel_[0-9]+]](%{{.*}}, %c0, %{{.*}}, %c262144)
// CHECK: return

// CHECK: func.func private @[[EXP]]({{.*}}, %[[THREAD:arg4]]: index, %[[THREADS:arg5]]: index) attributes {nn.kernel}
// CHECK-DAG: %[[NEXT:.*]] = arith.addi %[[THREAD]], %c1
// CHECK-DAG: %[[LOW:.*]] = arith.muli %[[THREAD]], %c8192
// CHECK-DAG: %[[BEGIN:.*]] = arith.divui %[[LOW]], %[[THREADS]]
// CHECK-DAG: %[[HIGH:.*]] = arith.muli %[[NEXT]], %c8192
// CHECK-DAG: %[[END:.*]] = arith.divui %[[HIGH]], %[[THREADS]]
// CHECK-DAG: %[[LAST:.*]] = arith.muli %[[END]], %c8 :
// CHECK-DAG: %[[FIRST:.*]] = arith.muli %[[BEGIN]], %c8 :
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %[[LAST]] step %c8

// CHECK: func.func private @[[ROWS]](
// CHECK: %[[BEGIN_ROW:.*]] = arith.divui
// CHECK: %[[END_ROW:.*]] = arith.divui
// CHECK: scf.for %{{.*}} = %[[BEGIN_ROW]] to %[[END_ROW]] step %c1 {
// CHECK:   scf.for {{.*}} iter_args

// CHECK: func.func private @[[ALL]](%{{.*}}: memref<1xi8>, %{{.*}}: index, %{{.*}}: memref<1xi8>, %{{.*}}: index)
// CHECK-NOT: arith.divui
// CHECK: scf.for %{{.*}} = %c0 to %c65536
func.func @sums(%block: memref<1048576xi8>, %other: memref<1048576xi8>, %thread: index, %threads: index) attributes {nn.threaded} {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 262144 : index
  %x = memref.view %block[%c0][] : memref<1048576xi8> to memref<256x256xf32>
  %r = memref.view %block[%c1][] : memref<1048576xi8> to memref<256xf32>
  %v = memref.view %other[%c0][] : memref<1048576xi8> to memref<65536xf32>
  %s = memref.view %other[%c1][] : memref<1048576xi8> to memref<f32>
  linalg.fill ins(%zero : f32) outs(%r : memref<256xf32>)
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<256x256xf32>) outs(%r : memref<256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%s : memref<f32>)
  linalg.generic {indexing_maps = [#line, #scalar], iterator_types = ["reduction"]}
      ins(%v : memref<65536xf32>) outs(%s : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}
