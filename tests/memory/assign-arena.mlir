// Where tensors live: blocks, updates in place, kernels in order, memory that is used again.
// RUN: nn-opt --nn-stage-linalg --assign-arena --split-input-file %s | FileCheck %s

// The blocks of the ABI and their layouts. A truth value is a byte, a scalar takes 8.
// CHECK: nn.persistent = {bytes = 128 : i64, tensors = [{kind = "parameter", name = "w", offset = 0 : i64, type = tensor<3x5xf32>}, {kind = "slot", name = "m", offset = 64 : i64, type = tensor<7xf32>}]}
// CHECK-SAME: nn.scalars = {bytes = 16 : i64, tensors = [{kind = "scalar", name = "rate", offset = 0 : i64, type = tensor<f64>}, {kind = "scalar", name = "step", offset = 8 : i64, type = tensor<i64>}]}
// CHECK-LABEL: func.func @nnc_blocks(
// CHECK-SAME: %[[PERSISTENT:.*]]: memref<128xi8> {llvm.align = 64 : i64, llvm.noalias}, %{{.*}}: memref<0xi8> {{.*}}, %[[INPUTS:.*]]: memref<64xi8> {llvm.align = 64 : i64, llvm.noalias, llvm.readonly}, %[[OUTPUTS:.*]]: memref<128xi8> {{.*}}, %{{.*}}: memref<16xi8> {llvm.align = 8 : i64, llvm.noalias, llvm.readonly}, %{{.*}}: index, %{{.*}}: index)
// CHECK-SAME: arena_bytes = 0
// CHECK-SAME: inputs = {bytes = 64 : i64, tensors = [{kind = "input", name = "x", offset = 0 : i64, type = tensor<20xi1>}]}
// CHECK-SAME: outputs = {bytes = 128 : i64, tensors = [{kind = "output", name = "y", offset = 0 : i64, type = tensor<3x5xf32>}, {kind = "example_output", name = "z", offset = 64 : i64, type = tensor<20xi1>}]}
// CHECK-DAG: %[[M:.*]] = memref.view %[[PERSISTENT]][%c64{{.*}}][] {nn.padded} : memref<128xi8> to memref<7xf32>
// CHECK-DAG: %[[X:.*]] = memref.view %[[INPUTS]]{{.*}} to memref<20xi8>
// CHECK-DAG: %[[Z:.*]] = memref.view %[[OUTPUTS]]{{.*}} to memref<20xi8>
// CHECK: linalg.fill {{.*}} outs(%[[M]] : memref<7xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[X]] : memref<20xi8>) outs(%[[Z]] : memref<20xi8>)
// CHECK: arith.trunci %{{.*}} : i8 to i1
// CHECK: arith.extui %{{.*}} : i1 to i8
func.func @blocks(%w: tensor<3x5xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                  %x: tensor<20xi1> {nn.kind = #nn.kind<input>, nn.name = "x"},
                  %s: tensor<f64> {nn.kind = #nn.kind<scalar>, nn.name = "rate"},
                  %t: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "step"})
    -> (tensor<3x5xf32> {nn.kind = #nn.kind<output>, nn.name = "y"},
        tensor<20xi1> {nn.kind = #nn.kind<example_output>, nn.name = "z"},
        tensor<7xf32> {nn.kind = #nn.kind<slot>, nn.name = "m"}) {
  %a = nn.exp %w : tensor<3x5xf32>
  %n = nn.not %x : tensor<20xi1>
  %c = nn.constant dense<1.0> : tensor<7xf32>
  return %a, %n, %c : tensor<3x5xf32>, tensor<20xi1>, tensor<7xf32>
}

// -----

// The update is written over the old value, behind the contraction that still reads it; the gradient, which
// only the update reads, stays on the tiles and takes no memory.
// CHECK-LABEL: func.func @nnc_order(
// CHECK-SAME: arena_bytes = 0
// CHECK-DAG: %[[W:.*]] = memref.view %arg0{{.*}} to memref<30x20xf32>
// CHECK-DAG: %[[TILES:.*]] = memref.alloca() : memref<30x20xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[W]] : memref<8x30xf32>, memref<30x20xf32>) outs(%{{.*}} : memref<8x20xf32>)
// CHECK: linalg.generic {{.*}} outs(%[[TILES]] : memref<30x20xf32>) attrs = {nn.consumed}
// CHECK: linalg.generic {{.*}} ins(%[[W]], %[[TILES]] {{.*}} outs(%[[W]] : memref<30x20xf32>) attrs = {nn.epilogue}
func.func @order(%w: tensor<30x20xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                 %x: tensor<8x30xf32>, %g: tensor<8x20xf32>)
    -> (tensor<30x20xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, tensor<8x20xf32>) {
  %d = nn.contract %x, %g [0, 1] x [0, 2] -> [1, 2] : tensor<8x30xf32>, tensor<8x20xf32> -> tensor<30x20xf32>
  %rate = nn.constant dense<0.1> : tensor<30x20xf32>
  %s = nn.mul %rate, %d : tensor<30x20xf32>
  %new = nn.sub %w, %s : tensor<30x20xf32>
  %y = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<8x30xf32>, tensor<30x20xf32> -> tensor<8x20xf32>
  return %new, %y : tensor<30x20xf32>, tensor<8x20xf32>
}

// -----

// A kernel that needs the new value and the old one keeps both: the new one is copied at last.
// CHECK-LABEL: func.func @nnc_both(
// CHECK-DAG: %[[A:.*]] = memref.view %arg0{{.*}} to memref<8x8xf32>
// CHECK-DAG: %[[NEW:.*]] = memref.view %arg1{{.*}} to memref<8x8xf32>
// CHECK: linalg.generic {{.*}} ins(%[[A]] : {{.*}} outs(%[[NEW]] :
// CHECK: linalg.generic {{.*}} ins(%[[NEW]], %[[A]] :
// CHECK: linalg.generic {{.*}} ins(%[[NEW]] : {{.*}} outs(%[[A]] :
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[IN]]
// CHECK-NOT: linalg.generic
func.func @both(%a: tensor<8x8xf32> {nn.kind = #nn.kind<state>, nn.name = "a"})
    -> (tensor<8x8xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}, tensor<8x8xf32>) {
  %new = nn.exp %a : tensor<8x8xf32>
  %t = nn.contract %new, %a [0, 1] x [1, 2] -> [0, 2] : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  return %new, %t : tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

// A transposed read is not where the write is.
// CHECK-LABEL: func.func @nnc_transposed(
// CHECK-SAME: arena_bytes = 256
func.func @transposed(%a: tensor<8x8xf32> {nn.kind = #nn.kind<state>, nn.name = "a"})
    -> (tensor<8x8xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}) {
  %t = nn.transpose %a [1, 0] : tensor<8x8xf32> -> tensor<8x8xf32>
  %new = nn.add %a, %t : tensor<8x8xf32>
  return %new : tensor<8x8xf32>
}

// -----

// A kernel writes over an operand that dies; two buffers are enough for a chain of contractions.
// CHECK-LABEL: func.func @nnc_chain(
// CHECK-SAME: arena_bytes = 512
// CHECK-SAME: largest_live_bytes = 512
func.func @chain(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %a = nn.contract %x, %x [0, 1] x [1, 2] -> [0, 2] : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  %b = nn.contract %a, %x [0, 1] x [1, 2] -> [0, 2] : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  %c = nn.contract %b, %x [0, 1] x [1, 2] -> [0, 2] : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  %d = nn.contract %c, %x [0, 1] x [1, 2] -> [0, 2] : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  return %d : tensor<8x8xf32>
}

// -----

// An update waits for a number that the program computes last. The number comes first, so that the gradient of `w`, with the update as
// its epilogue, is computed before that of `v`, as in the program.
// CHECK-LABEL: func.func @nnc_early(
// CHECK-NOT: arith.addf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: nn.epilogue
// CHECK: arith.addf
// CHECK: return
func.func @early(%w: tensor<8x8xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, %x: tensor<4x8xf32>, %d: tensor<4x8xf32>, %rate: tensor<f32>)
    -> (tensor<8x8xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, tensor<8x8xf32>, tensor<f32>) {
  %g = nn.contract %x, %d [0, 1] x [0, 2] -> [1, 2] : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<8x8xf32>
  %v = nn.contract %d, %x [0, 1] x [0, 2] -> [1, 2] : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<8x8xf32>
  %e = nn.exp %rate : tensor<f32>
  %b = nn.broadcast %e [] : tensor<f32> -> tensor<8x8xf32>
  %step = nn.mul %b, %g : tensor<8x8xf32>
  %new = nn.sub %w, %step : tensor<8x8xf32>
  return %new, %v, %e : tensor<8x8xf32>, tensor<8x8xf32>, tensor<f32>
}

// -----

// The heads of a part of a product are read where they are, and what is computed by heads is written into its part.
// CHECK-LABEL: func.func @nnc_heads(
// CHECK-SAME: arena_bytes = 0
// CHECK-DAG: %[[Z:.*]] = memref.view %{{.*}} to memref<4x12xf32>
// CHECK-DAG: %[[READ:.*]] = memref.subview %[[Z]][0, 4] [4, 8] [1, 1] : memref<4x12xf32> to memref<4x8xf32, strided<[12, 1], offset: 4>>
// CHECK-DAG: %[[HEADS:.*]] = memref.expand_shape %[[READ]] {{.*}} into memref<4x2x4xf32, strided<[12, 4, 1], offset: 4>>
// CHECK-DAG: %[[BOTH:.*]] = memref.view %{{.*}} to memref<4x16xf32>
// CHECK-DAG: %[[LEFT:.*]] = memref.subview %[[BOTH]][0, 0] [4, 8]
// CHECK-DAG: %[[RIGHT:.*]] = memref.subview %[[BOTH]][0, 8] [4, 8]
// CHECK-DAG: %[[LEFT_HEADS:.*]] = memref.expand_shape %[[LEFT]]
// CHECK-DAG: %[[RIGHT_HEADS:.*]] = memref.expand_shape %[[RIGHT]]
// CHECK-NOT: linalg.copy
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[HEADS]] : {{.*}} outs(%[[LEFT_HEADS]] :
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[HEADS]] : {{.*}} outs(%[[RIGHT_HEADS]] :
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @heads(%z: tensor<4x12xf32>, %a: tensor<2x4x4xf32>, %b: tensor<2x4x4xf32>) -> tensor<4x16xf32> {
  %part = nn.slice %z [0, 4] [4, 8] [1, 1] : tensor<4x12xf32> -> tensor<4x8xf32>
  %heads = nn.reshape %part : tensor<4x8xf32> -> tensor<4x2x4xf32>
  %l = nn.contract %a, %heads [0, 1, 2] x [3, 0, 1] -> [3, 0, 2] : tensor<2x4x4xf32>, tensor<4x2x4xf32> -> tensor<4x2x4xf32>
  %r = nn.contract %b, %heads [0, 1, 2] x [3, 0, 1] -> [3, 0, 2] : tensor<2x4x4xf32>, tensor<4x2x4xf32> -> tensor<4x2x4xf32>
  %left = nn.reshape %l : tensor<4x2x4xf32> -> tensor<4x8xf32>
  %right = nn.reshape %r : tensor<4x2x4xf32> -> tensor<4x8xf32>
  %both = nn.concat %left, %right dim 1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x16xf32>
  return %both : tensor<4x16xf32>
}

// -----

// Rows of a part do not follow each other: in one dimension they are a copy.
// CHECK-LABEL: func.func @nnc_flat(
// CHECK-DAG: %[[PART:.*]] = memref.subview %{{.*}}[0, 4] [4, 8]
// CHECK-DAG: %[[COPY:.*]] = memref.view %arg1{{.*}} to memref<4x8xf32>
// CHECK-DAG: %[[FLAT:.*]] = memref.view %arg1{{.*}} to memref<32xf32>
// CHECK: linalg.generic {{.*}} ins(%[[PART]] : {{.*}} outs(%[[COPY]] :
// CHECK: linalg.generic {{.*}} ins(%[[FLAT]] :
func.func @flat(%z: tensor<4x12xf32>) -> tensor<32xf32> {
  %part = nn.slice %z [0, 4] [4, 8] [1, 1] : tensor<4x12xf32> -> tensor<4x8xf32>
  %flat = nn.reshape %part : tensor<4x8xf32> -> tensor<32xf32>
  %e = nn.exp %flat : tensor<32xf32>
  return %e : tensor<32xf32>
}
