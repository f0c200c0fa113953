// A scan emits values that a later one would recompute, if that is expensive.
// RUN: nn-opt %s --nn-scan-residuals --nn-simplify | FileCheck %s
// RUN: nn-opt %s --nn-simplify > %t.plain.mlir && nn-check --evaluate %t.plain.mlir > %t.plain
// RUN: nn-opt %s --nn-scan-residuals --nn-simplify > %t.saved.mlir && nn-check --evaluate %t.saved.mlir > %t.saved
// RUN: cmp %t.plain %t.saved

// The gates are saved in place of the product that they are computed from, concatenated in its order. The
// function of the trace behind a step is recomputed.
// CHECK-LABEL: @gates
// CHECK: %[[F:.*]]:2 = nn.scan 6 over
// CHECK: %[[A:.*]] = nn.logistic
// CHECK: %[[B:.*]] = nn.tanh
// CHECK: %[[G:.*]] = nn.concat %[[A]], %[[B]] dim 1 : tensor<4x5xf32>, tensor<4x5xf32> -> tensor<4x10xf32>
// CHECK: nn.yield carry(%{{.*}} : tensor<4x5xf32>) emit(%[[G]] : tensor<4x10xf32>)
// CHECK: nn.scan 6 reverse
// CHECK-NOT: nn.contract
// CHECK-NOT: nn.logistic
// CHECK: nn.tanh
// CHECK-NOT: nn.tanh
// CHECK: nn.yield
func.func @gates(%zs: tensor<6x4x10xf32>, %h0: tensor<4x5xf32>, %U: tensor<5x10xf32>, %d0: tensor<4x5xf32>)
    -> (tensor<7x4x5xf32>, tensor<7x4x5xf32>) {
  %0 = nn.scan 6 over(%z = %zs : tensor<6x4x10xf32>) carry(%h = %h0 : tensor<4x5xf32>) with(%u = %U : tensor<5x10xf32>) {
    %1 = nn.contract %h, %u [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x10xf32> -> tensor<4x10xf32>
    %2 = nn.add %z, %1 : tensor<4x10xf32>
    %3 = nn.slice %2 [0, 0] [4, 5] [1, 1] : tensor<4x10xf32> -> tensor<4x5xf32>
    %4 = nn.slice %2 [0, 5] [4, 5] [1, 1] : tensor<4x10xf32> -> tensor<4x5xf32>
    %5 = nn.logistic %3 : tensor<4x5xf32>
    %6 = nn.tanh %4 : tensor<4x5xf32>
    %7 = nn.mul %5, %6 : tensor<4x5xf32>
    nn.yield carry(%7 : tensor<4x5xf32>)
  }
  %hs = nn.slice %0 [0, 0, 0] [6, 4, 5] [1, 1, 1] : tensor<7x4x5xf32> -> tensor<6x4x5xf32>
  %8 = nn.scan 6 reverse over(%z = %zs : tensor<6x4x10xf32>, %h = %hs : tensor<6x4x5xf32>) carry(%d = %d0 : tensor<4x5xf32>)
      with(%u = %U : tensor<5x10xf32>) {
    %1 = nn.contract %h, %u [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x10xf32> -> tensor<4x10xf32>
    %2 = nn.add %z, %1 : tensor<4x10xf32>
    %3 = nn.slice %2 [0, 0] [4, 5] [1, 1] : tensor<4x10xf32> -> tensor<4x5xf32>
    %4 = nn.slice %2 [0, 5] [4, 5] [1, 1] : tensor<4x10xf32> -> tensor<4x5xf32>
    %5 = nn.logistic %3 : tensor<4x5xf32>
    %6 = nn.tanh %4 : tensor<4x5xf32>
    %7 = nn.mul %5, %6 : tensor<4x5xf32>
    %t = nn.tanh %7 : tensor<4x5xf32>
    %9 = nn.mul %d, %5 : tensor<4x5xf32>
    %10 = nn.mul %9, %6 : tensor<4x5xf32>
    %11 = nn.mul %10, %t : tensor<4x5xf32>
    nn.yield carry(%11 : tensor<4x5xf32>)
  }
  return %0, %8 : tensor<7x4x5xf32>, tensor<7x4x5xf32>
}

// The product and the sum have equal sizes; the sum is saved, since the product is only needed for it.
// CHECK-LABEL: @sine
// CHECK: nn.scan 6 over
// CHECK: %[[A:.*]] = nn.add
// CHECK: nn.yield carry({{.*}}) emit(%[[A]] :
// CHECK: nn.scan 6 reverse
// CHECK-NEXT: nn.cos
// CHECK-NEXT: nn.mul
// CHECK-NEXT: nn.yield
func.func @sine(%zs: tensor<6x5xf32>, %h0: tensor<5xf32>, %U: tensor<5x5xf32>, %d0: tensor<5xf32>) -> (tensor<7x5xf32>, tensor<7x5xf32>) {
  %0 = nn.scan 6 over(%z = %zs : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) with(%u = %U : tensor<5x5xf32>) {
    %1 = nn.contract %h, %u [0] x [0, 1] -> [1] : tensor<5xf32>, tensor<5x5xf32> -> tensor<5xf32>
    %2 = nn.add %z, %1 : tensor<5xf32>
    %3 = nn.sin %2 : tensor<5xf32>
    nn.yield carry(%3 : tensor<5xf32>)
  }
  %hs = nn.slice %0 [0, 0] [6, 5] [1, 1] : tensor<7x5xf32> -> tensor<6x5xf32>
  %4 = nn.scan 6 reverse over(%z = %zs : tensor<6x5xf32>, %h = %hs : tensor<6x5xf32>) carry(%d = %d0 : tensor<5xf32>) with(%u = %U : tensor<5x5xf32>) {
    %1 = nn.contract %h, %u [0] x [0, 1] -> [1] : tensor<5xf32>, tensor<5x5xf32> -> tensor<5xf32>
    %2 = nn.add %z, %1 : tensor<5xf32>
    %5 = nn.cos %2 : tensor<5xf32>
    %6 = nn.mul %d, %5 : tensor<5xf32>
    nn.yield carry(%6 : tensor<5xf32>)
  }
  return %0, %4 : tensor<7x5xf32>, tensor<7x5xf32>
}

// Arithmetic is cheaper than a place in memory: the later scan over the same rows recomputes it.
// CHECK-LABEL: @cheap
// CHECK: nn.scan 6 over
// CHECK: nn.yield carry({{[^)]*}}){{$}}
// CHECK: nn.scan 6 reverse
// CHECK: nn.mul
// CHECK: nn.yield carry({{[^)]*}}){{$}}
func.func @cheap(%xs: tensor<6x5xf32>, %h0: tensor<5xf32>, %d0: tensor<5xf32>) -> (tensor<7x5xf32>, tensor<7x5xf32>) {
  %0 = nn.scan 6 over(%x = %xs : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) {
    %1 = nn.mul %x, %x : tensor<5xf32>
    %2 = nn.add %h, %1 : tensor<5xf32>
    nn.yield carry(%2 : tensor<5xf32>)
  }
  %3 = nn.scan 6 reverse over(%x = %xs : tensor<6x5xf32>) carry(%d = %d0 : tensor<5xf32>) {
    %1 = nn.mul %x, %x : tensor<5xf32>
    %2 = nn.mul %d, %1 : tensor<5xf32>
    nn.yield carry(%2 : tensor<5xf32>)
  }
  return %0, %3 : tensor<7x5xf32>, tensor<7x5xf32>
}
