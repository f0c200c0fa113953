// Independent scans with equal steps and carries run in one loop.
// RUN: nn-opt %s --nn-scan-merge=target-cpu=haswell --nn-simplify | FileCheck %s

// Both directions of a layer. An operation that reads the results of the first alone comes behind.
// CHECK-LABEL: @bidirectional
// CHECK: %[[R:.*]] = nn.reverse %arg0 [0]
// CHECK: %[[S:.*]]:2 = nn.scan 6 over(%{{.*}} = %arg0 : tensor<6x5xf32>, %{{.*}} = %[[R]] : tensor<6x5xf32>) carry(%{{.*}} = %arg1 : tensor<5xf32>, %{{.*}} = %arg1 : tensor<5xf32>) with(%{{.*}} = %arg2 : tensor<5xf32>) {
// CHECK-NOT: nn.scan
// CHECK-DAG: nn.neg %[[S]]#0
// CHECK-DAG: nn.reverse %[[S]]#1
// CHECK: return
func.func @bidirectional(%xs: tensor<6x5xf32>, %h0: tensor<5xf32>, %w: tensor<5xf32>) -> (tensor<7x5xf32>, tensor<7x5xf32>) {
  %0 = nn.scan 6 over(%x = %xs : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) with(%v = %w : tensor<5xf32>) {
    %1 = nn.add %h, %x : tensor<5xf32>
    %2 = nn.mul %1, %v : tensor<5xf32>
    nn.yield carry(%2 : tensor<5xf32>)
  }
  %n = nn.neg %0 : tensor<7x5xf32>
  %r = nn.reverse %xs [0] : tensor<6x5xf32>
  %3 = nn.scan 6 over(%x = %r : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) with(%v = %w : tensor<5xf32>) {
    %1 = nn.mul %h, %x : tensor<5xf32>
    %2 = nn.mul %1, %v : tensor<5xf32>
    nn.yield carry(%2 : tensor<5xf32>)
  }
  %4 = nn.reverse %3 [0] : tensor<7x5xf32>
  return %n, %4 : tensor<7x5xf32>, tensor<7x5xf32>
}

// Layers on top of each other, other directions and other carries stay apart.
// CHECK-LABEL: @apart
// CHECK-COUNT-4: nn.scan
func.func @apart(%xs: tensor<6x5xf32>, %h0: tensor<5xf32>, %g0: tensor<5xf64>)
    -> (tensor<7x5xf32>, tensor<7x5xf32>, tensor<7x5xf64>) {
  %0 = nn.scan 6 over(%x = %xs : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) {
    %1 = nn.add %h, %x : tensor<5xf32>
    nn.yield carry(%1 : tensor<5xf32>)
  }
  %s = nn.slice %0 [1, 0] [6, 5] [1, 1] : tensor<7x5xf32> -> tensor<6x5xf32>
  %2 = nn.scan 6 over(%x = %s : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) {
    %1 = nn.mul %h, %x : tensor<5xf32>
    nn.yield carry(%1 : tensor<5xf32>)
  }
  %3 = nn.scan 6 reverse over(%x = %xs : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) {
    %1 = nn.mul %h, %x : tensor<5xf32>
    nn.yield carry(%1 : tensor<5xf32>)
  }
  %4 = nn.scan 6 carry(%h = %g0 : tensor<5xf64>) {
    %1 = nn.mul %h, %h : tensor<5xf64>
    nn.yield carry(%1 : tensor<5xf64>)
  }
  return %2, %3, %4 : tensor<7x5xf32>, tensor<7x5xf32>, tensor<7x5xf64>
}

// Weights that do not fit the level-two cache together stay apart: 98,304 elements are three quarters of 512 KiB.
// CHECK-LABEL: @large
// CHECK-COUNT-2: nn.scan
func.func @large(%xs: tensor<6x5xf32>, %h0: tensor<5xf32>, %v: tensor<5x9900xf32>, %w: tensor<5x9900xf32>)
    -> (tensor<7x5xf32>, tensor<7x5xf32>) {
  %0 = nn.scan 6 over(%x = %xs : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) with(%u = %v : tensor<5x9900xf32>) {
    %1 = nn.reduce_sum %u [1] : tensor<5x9900xf32> -> tensor<5xf32>
    %2 = nn.mul %h, %1 : tensor<5xf32>
    nn.yield carry(%2 : tensor<5xf32>)
  }
  %3 = nn.scan 6 over(%x = %xs : tensor<6x5xf32>) carry(%h = %h0 : tensor<5xf32>) with(%u = %w : tensor<5x9900xf32>) {
    %1 = nn.reduce_sum %u [1] : tensor<5x9900xf32> -> tensor<5xf32>
    %2 = nn.mul %h, %1 : tensor<5xf32>
    nn.yield carry(%2 : tensor<5xf32>)
  }
  return %0, %3 : tensor<7x5xf32>, tensor<7x5xf32>
}
