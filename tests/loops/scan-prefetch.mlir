// In a loop over steps, tiles ask for their part of a row of a sequence before they take their sums.
// RUN: nn-opt %s --nn-stage-linalg --nn-stage-loops="target-cpu=x86-64-v4 target-threads=1" | FileCheck %s
// RUN: nn-verify %s --threads=1 && nn-verify %s --threads=2

// CHECK-LABEL: func.func private @nnc_contraction_
// CHECK: scf.for
// CHECK: memref.prefetch %{{.*}}, read, locality<3>, data
// CHECK: scf.for
// CHECK: vector.fma
func.func @steps(%z: tensor<8x16x128xf32>, %h0: tensor<16x128xf32>, %W: tensor<128x128xf32>) -> tensor<9x16x128xf32> {
  %small = nn.constant dense<0.05> : tensor<128x128xf32>
  %V = nn.mul %W, %small : tensor<128x128xf32>
  %s = nn.scan 8 over(%x = %z : tensor<8x16x128xf32>) carry(%h = %h0 : tensor<16x128xf32>) with(%w = %V : tensor<128x128xf32>) {
    %p = nn.contract %h, %w [0, 1] x [1, 2] -> [0, 2] : tensor<16x128xf32>, tensor<128x128xf32> -> tensor<16x128xf32>
    %a = nn.add %p, %x : tensor<16x128xf32>
    %t = nn.tanh %a : tensor<16x128xf32>
    nn.yield carry(%t : tensor<16x128xf32>)
  }
  return %s : tensor<9x16x128xf32>
}
