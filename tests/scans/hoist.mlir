// Operations that depend on sequences and invariants alone are hoisted out of a scan; those that only reach
// emitted values are sunk.
// RUN: nn-opt %s --nn-scan-hoist --nn-simplify | FileCheck %s

// The product of the input and its bias come first. The product of the hidden state stays, that of the
// output follows.
// CHECK-LABEL: @cell
// CHECK: %[[P:.*]] = nn.contract %{{.*}}, %{{.*}} [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<6x4x3xf32>, tensor<3x5xf32> -> tensor<6x4x5xf32>
// CHECK: %[[Z:.*]] = nn.add %[[P]], %{{.*}} : tensor<6x4x5xf32>
// CHECK: %[[S:.*]] = nn.scan 6 over(%[[ROW:.*]] = %[[Z]] : tensor<6x4x5xf32>) carry(%[[H:.*]] = %{{.*}} : tensor<4x5xf32>) with(%[[U:.*]] = %{{.*}} : tensor<5x5xf32>) {
// CHECK-NEXT: %[[Q:.*]] = nn.contract %[[H]], %[[U]]
// CHECK-NEXT: %[[A:.*]] = nn.add %[[ROW]], %[[Q]]
// CHECK-NEXT: %[[T:.*]] = nn.tanh %[[A]]
// CHECK-NEXT: nn.yield carry(%[[T]] : tensor<4x5xf32>)
// CHECK: %[[HS:.*]] = nn.slice %[[S]] [1, 0, 0] [6, 4, 5] [1, 1, 1]
// CHECK: %[[Y:.*]] = nn.contract %[[HS]], %{{.*}} [0, 1, 2] x [2, 3] -> [0, 1, 3]
// CHECK: return %[[Y]]
func.func @cell(%xs: tensor<6x4x3xf32>, %h0: tensor<4x5xf32>, %W: tensor<3x5xf32>, %b: tensor<5xf32>,
                %U: tensor<5x5xf32>, %V: tensor<5x2xf32>) -> tensor<6x4x2xf32> {
  %0:2 = nn.scan 6 over(%x = %xs : tensor<6x4x3xf32>) carry(%h = %h0 : tensor<4x5xf32>)
      with(%w = %W : tensor<3x5xf32>, %bias = %b : tensor<5xf32>, %u = %U : tensor<5x5xf32>, %v = %V : tensor<5x2xf32>) {
    %1 = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<4x3xf32>, tensor<3x5xf32> -> tensor<4x5xf32>
    %2 = nn.broadcast %bias [1] : tensor<5xf32> -> tensor<4x5xf32>
    %3 = nn.add %1, %2 : tensor<4x5xf32>
    %4 = nn.contract %h, %u [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x5xf32> -> tensor<4x5xf32>
    %5 = nn.add %3, %4 : tensor<4x5xf32>
    %6 = nn.tanh %5 : tensor<4x5xf32>
    %7 = nn.contract %6, %v [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x2xf32> -> tensor<4x2xf32>
    nn.yield carry(%6 : tensor<4x5xf32>) emit(%7 : tensor<4x2xf32>)
  }
  return %0#1 : tensor<6x4x2xf32>
}

// A function of invariants is computed once. A constant and a view stay with their readers.
// CHECK-LABEL: @invariant
// CHECK: %[[E:.*]] = nn.exp %arg1 : tensor<8xf32>
// CHECK: nn.scan 5 carry(%[[H:.*]] = %arg0 : tensor<4xf32>) with(%[[W:.*]] = %[[E]] : tensor<8xf32>) {
// CHECK-DAG: %[[HALF:.*]] = nn.constant dense<5.0{{.*}}> : tensor<4xf32>
// CHECK-DAG: nn.slice %[[W]] [2] [4] [1]
// CHECK-NOT: nn.exp
// CHECK: nn.yield
func.func @invariant(%h0: tensor<4xf32>, %W: tensor<8xf32>) -> tensor<6x4xf32> {
  %0 = nn.scan 5 carry(%h = %h0 : tensor<4xf32>) with(%w = %W : tensor<8xf32>) {
    %half = nn.constant dense<0.5> : tensor<4xf32>
    %1 = nn.exp %w : tensor<8xf32>
    %2 = nn.slice %1 [2] [4] [1] : tensor<8xf32> -> tensor<4xf32>
    %3 = nn.mul %h, %2 : tensor<4xf32>
    %4 = nn.mul %3, %half : tensor<4xf32>
    nn.yield carry(%4 : tensor<4xf32>)
  }
  return %0 : tensor<6x4xf32>
}

// Arithmetic on a row and a lookup stay in the loop: outside, their results would be written and read again.
// CHECK-LABEL: @rows
// CHECK-NOT: nn.sin
// CHECK: nn.scan 5 over(
// CHECK: nn.gather
// CHECK: nn.sin
// CHECK: nn.yield
func.func @rows(%ids: tensor<5x4xi32>, %table: tensor<9x3xf32>, %h0: tensor<4x3xf32>) -> tensor<6x4x3xf32> {
  %0 = nn.scan 5 over(%id = %ids : tensor<5x4xi32>) carry(%h = %h0 : tensor<4x3xf32>) with(%e = %table : tensor<9x3xf32>) {
    %1 = nn.gather %e, %id batch_dims 0 : tensor<9x3xf32>, tensor<4xi32> -> tensor<4x3xf32>
    %2 = nn.sin %1 : tensor<4x3xf32>
    %3 = nn.mul %h, %2 : tensor<4x3xf32>
    nn.yield carry(%3 : tensor<4x3xf32>)
  }
  return %0 : tensor<6x4x3xf32>
}

// A function of a trace is sunk, but not one with more elements in its operands than in its result.
// CHECK-LABEL: @emitted
// CHECK: %[[S:.*]]:2 = nn.scan 5 over
// CHECK: %[[M:.*]] = nn.mul %[[A:.*]], %[[B:.*]] : tensor<3xf32>
// CHECK: nn.yield carry(%{{.*}} : tensor<3xf32>) emit(%[[M]] : tensor<3xf32>)
// CHECK: %[[H:.*]] = nn.slice %[[S]]#0 [1, 0] [5, 3] [1, 1]
// CHECK: %[[C:.*]] = nn.cos %[[H]] : tensor<5x3xf32>
// CHECK: return %[[S]]#1, %[[C]]
func.func @emitted(%xs: tensor<5x3xf32>, %h0: tensor<3xf32>) -> (tensor<5x3xf32>, tensor<5x3xf32>) {
  %0:3 = nn.scan 5 over(%x = %xs : tensor<5x3xf32>) carry(%h = %h0 : tensor<3xf32>) {
    %1 = nn.add %h, %x : tensor<3xf32>
    %2 = nn.sin %1 : tensor<3xf32>
    %a = nn.exp %1 : tensor<3xf32>
    %b = nn.tanh %1 : tensor<3xf32>
    %m = nn.mul %a, %b : tensor<3xf32>
    %c = nn.cos %2 : tensor<3xf32>
    nn.yield carry(%2 : tensor<3xf32>) emit(%m, %c : tensor<3xf32>, tensor<3xf32>)
  }
  return %0#1, %0#2 : tensor<5x3xf32>, tensor<5x3xf32>
}

// The gradient of weights, summed over the steps: one contraction over steps and batch; also where the
// weights are applied twice. The bias' is one sum.
// CHECK-LABEL: @gradient
// CHECK: %[[S:.*]]:2 = nn.scan 6 reverse over
// CHECK-NOT: nn.contract {{.*}} -> tensor<5x5xf32>
// CHECK: nn.yield carry(%{{.*}} : tensor<4x5xf32>) emit(%{{.*}} : tensor<4x5xf32>)
// CHECK-NOT: tensor<6x5x5xf32>
// CHECK-DAG: nn.contract %arg0, %[[S]]#1 [0, 1, 2] x [0, 1, 3] -> [2, 3] : tensor<6x4x5xf32>, tensor<6x4x5xf32> -> tensor<5x5xf32>
// CHECK-DAG: nn.contract %{{.*}}, %[[S]]#1 [0, 1, 2] x [0, 1, 3] -> [2, 3] : tensor<6x4x5xf32>, tensor<6x4x5xf32> -> tensor<5x5xf32>
// CHECK-DAG: nn.reduce_sum %[[S]]#1 [0, 1] : tensor<6x4x5xf32> -> tensor<5xf32>
func.func @gradient(%hs: tensor<6x4x5xf32>, %d0: tensor<4x5xf32>, %U: tensor<5x5xf32>) -> (tensor<5x5xf32>, tensor<5xf32>) {
  %0:3 = nn.scan 6 reverse over(%h = %hs : tensor<6x4x5xf32>) carry(%d = %d0 : tensor<4x5xf32>) with(%u = %U : tensor<5x5xf32>) {
    %1 = nn.mul %d, %h : tensor<4x5xf32>
    %2 = nn.contract %1, %u [0, 1] x [2, 1] -> [0, 2] : tensor<4x5xf32>, tensor<5x5xf32> -> tensor<4x5xf32>
    %3 = nn.contract %h, %1 [0, 1] x [0, 2] -> [1, 2] : tensor<4x5xf32>, tensor<4x5xf32> -> tensor<5x5xf32>
    %s = nn.sin %h : tensor<4x5xf32>
    %4 = nn.contract %s, %1 [0, 1] x [0, 2] -> [1, 2] : tensor<4x5xf32>, tensor<4x5xf32> -> tensor<5x5xf32>
    %5 = nn.add %3, %4 : tensor<5x5xf32>
    %6 = nn.reduce_sum %1 [0] : tensor<4x5xf32> -> tensor<5xf32>
    nn.yield carry(%2 : tensor<4x5xf32>) emit(%5, %6 : tensor<5x5xf32>, tensor<5xf32>)
  }
  %w = nn.reduce_sum %0#1 [0] : tensor<6x5x5xf32> -> tensor<5x5xf32>
  %b = nn.reduce_sum %0#2 [0] : tensor<6x5xf32> -> tensor<5xf32>
  return %w, %b : tensor<5x5xf32>, tensor<5xf32>
}

// An operation that is hoisted out of the inner of two loops is hoisted out of the outer one, too.
// CHECK-LABEL: @nested
// CHECK: nn.contract %arg0, %arg2 [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<2x3x4xf32>, tensor<4x4xf32> -> tensor<2x3x4xf32>
// CHECK: nn.scan 2 over
// CHECK: nn.scan 3 over
// CHECK-NOT: nn.contract
// CHECK: return
func.func @nested(%xs: tensor<2x3x4xf32>, %h0: tensor<4xf32>, %W: tensor<4x4xf32>) -> tensor<3x4xf32> {
  %0 = nn.scan 2 over(%row = %xs : tensor<2x3x4xf32>) carry(%h = %h0 : tensor<4xf32>) with(%w = %W : tensor<4x4xf32>) {
    %1 = nn.scan 3 over(%x = %row : tensor<3x4xf32>) carry(%g = %h : tensor<4xf32>) with(%v = %w : tensor<4x4xf32>) {
      %2 = nn.contract %x, %v [0] x [0, 1] -> [1] : tensor<4xf32>, tensor<4x4xf32> -> tensor<4xf32>
      %3 = nn.mul %g, %2 : tensor<4xf32>
      nn.yield carry(%3 : tensor<4xf32>)
    }
    %4 = nn.slice %1 [3, 0] [1, 4] [1, 1] : tensor<4x4xf32> -> tensor<1x4xf32>
    %5 = nn.reshape %4 : tensor<1x4xf32> -> tensor<4xf32>
    nn.yield carry(%5 : tensor<4xf32>)
  }
  return %0 : tensor<3x4xf32>
}

// With `reverse` the trace behind a step is the row of the step itself.
// CHECK-LABEL: @reversed
// CHECK: %[[S:.*]] = nn.scan 6 reverse
// CHECK: %[[H:.*]] = nn.slice %[[S]] [0, 0, 0] [6, 4, 5]
// CHECK: nn.contract %[[H]], %arg2
func.func @reversed(%xs: tensor<6x4x5xf32>, %h0: tensor<4x5xf32>, %V: tensor<5x2xf32>) -> tensor<6x4x2xf32> {
  %0:2 = nn.scan 6 reverse over(%x = %xs : tensor<6x4x5xf32>) carry(%h = %h0 : tensor<4x5xf32>) with(%v = %V : tensor<5x2xf32>) {
    %1 = nn.mul %h, %x : tensor<4x5xf32>
    %2 = nn.contract %1, %v [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf32>, tensor<5x2xf32> -> tensor<4x2xf32>
    nn.yield carry(%1 : tensor<4x5xf32>) emit(%2 : tensor<4x2xf32>)
  }
  return %0#1 : tensor<6x4x2xf32>
}
