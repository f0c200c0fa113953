// A tile asks for the lines that its epilogue will touch before its sums are taken, where the tensors of the epilogue are too large for
// the level-two cache; not where they are small.
// RUN: nn-opt --nn-stage-linalg --nn-stage-loops=target-cpu=haswell --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func private @nnc_contraction_0(
// CHECK: memref.prefetch
// CHECK: scf.for
// CHECK: vector.fma
func.func @large(%w: tensor<1024x1024xf32> {nn.kind = "parameter", nn.name = "w"}, %x: tensor<128x1024xf32>, %d: tensor<128x1024xf32>)
    -> (tensor<1024x1024xf32> {nn.kind = "parameter", nn.name = "w"}) {
  %g = nn.contract %x, %d [0, 1] x [0, 2] -> [1, 2] : tensor<128x1024xf32>, tensor<128x1024xf32> -> tensor<1024x1024xf32>
  %new = nn.sub %w, %g : tensor<1024x1024xf32>
  return %new : tensor<1024x1024xf32>
}

// -----

// CHECK-LABEL: func.func private @nnc_contraction_0(
// CHECK-NOT: memref.prefetch
// CHECK: vector.fma
func.func @small(%w: tensor<64x64xf32> {nn.kind = "parameter", nn.name = "w"}, %x: tensor<128x64xf32>, %d: tensor<128x64xf32>)
    -> (tensor<64x64xf32> {nn.kind = "parameter", nn.name = "w"}) {
  %g = nn.contract %x, %d [0, 1] x [0, 2] -> [1, 2] : tensor<128x64xf32>, tensor<128x64xf32> -> tensor<64x64xf32>
  %new = nn.sub %w, %g : tensor<64x64xf32>
  return %new : tensor<64x64xf32>
}
