// A tile asks for the lines that its epilogue will touch before its sums are taken, where the tensors of the epilogue are too large for
// the level-two cache; not where they are small. Tiles on a packed panel ask, at a lower level, for the lines of the next.
// RUN: nn-opt --nn-stage-linalg --nn-stage-loops=target-cpu=haswell --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func private @nnc_contraction_0(
// CHECK: memref.prefetch {{.*}} locality<3>
// CHECK: scf.for
// CHECK: vector.fma
func.func @large(%w: tensor<1024x1024xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, %x: tensor<128x1024xf32>, %d: tensor<128x1024xf32>)
    -> (tensor<1024x1024xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}) {
  %g = nn.contract %x, %d [0, 1] x [0, 2] -> [1, 2] : tensor<128x1024xf32>, tensor<128x1024xf32> -> tensor<1024x1024xf32>
  %new = nn.sub %w, %g : tensor<1024x1024xf32>
  return %new : tensor<1024x1024xf32>
}

// -----

// CHECK-LABEL: func.func private @nnc_contraction_0(
// CHECK-NOT: memref.prefetch
// CHECK: vector.fma
func.func @small(%w: tensor<64x64xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, %x: tensor<128x64xf32>, %d: tensor<128x64xf32>)
    -> (tensor<64x64xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}) {
  %g = nn.contract %x, %d [0, 1] x [0, 2] -> [1, 2] : tensor<128x64xf32>, tensor<128x64xf32> -> tensor<64x64xf32>
  %new = nn.sub %w, %g : tensor<64x64xf32>
  return %new : tensor<64x64xf32>
}

// -----

// CHECK-LABEL: func.func private @nnc_contraction_0(
// CHECK: vector.store
// CHECK: memref.prefetch {{.*}} locality<2>
// CHECK: vector.fma
func.func @panels(%x: tensor<256x1024xf32>, %w: tensor<1024x1024xf32>) -> tensor<256x1024xf32> {
  %y = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<256x1024xf32>, tensor<1024x1024xf32> -> tensor<256x1024xf32>
  return %y : tensor<256x1024xf32>
}
