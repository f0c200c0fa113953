// Scans in chunks, which the backward pass computes again.
// RUN: nn-opt %s --nn-strip-mine=chunk=4 | FileCheck %s
// RUN: nn-opt %s --nn-strip-mine=chunk=4 --remarks-filter=recomputation --remark-format=emitRemark 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: nn-opt %s --nn-strip-mine=chunk=4 --nn-stage-grad --nn-stage-opt | FileCheck %s --check-prefix=OPT
// A chunk has at least two steps, and a scan at least two chunks.
// RUN: nn-opt %s --nn-stage-grad --nn-stage-opt -o %t.whole.mlir
// RUN: nn-opt %s --nn-stage-grad=chunk=1 --nn-stage-opt | cmp - %t.whole.mlir
// RUN: nn-opt %s --nn-stage-grad=chunk=13 --nn-stage-opt | cmp - %t.whole.mlir
// Any number of steps in a chunk gives the same gradients. Of 12 steps 5 in a chunk become 4; of 11 steps some are left over.
// RUN: nn-check --evaluate %t.whole.mlir > %t.whole
// RUN: nn-opt %s --nn-stage-grad=chunk=3 --nn-stage-opt -o %t.3.mlir && nn-check --evaluate %t.3.mlir > %t.3
// RUN: nn-opt %s --nn-stage-grad=chunk=4 --nn-stage-opt -o %t.4.mlir && nn-check --evaluate %t.4.mlir > %t.4
// RUN: nn-opt %s --nn-strip-mine=chunk=5 --nn-differentiate --nn-simplify -o %t.5.mlir && nn-check --evaluate %t.5.mlir > %t.5
// RUN: nn-opt %s --nn-stage-grad=chunk=5 --nn-stage-opt -o %t.rest.mlir && nn-check --evaluate %t.rest.mlir > %t.rest
// RUN: %{python} %S/agree.py %t.whole %t.3 %t.4 %t.5 %t.rest
// RUN: nn-verify %t.3.mlir --threads=3 && nn-verify %t.4.mlir --threads=1 && nn-verify %t.rest.mlir --threads=2

// A scan of three chunks, whose block is a scan of four steps. Its trace is used for the rows behind the steps.
// CHECK-LABEL: @forward
// CHECK: %[[XS:.*]] = nn.reshape %{{.*}} : tensor<12x4x5xf64> -> tensor<3x4x4x5xf64>
// CHECK: %[[S:.*]]:2 = nn.scan 3 over(%[[ROWS:.*]] = %[[XS]] : tensor<3x4x4x5xf64>) carry(%[[H:.*]] = %{{.*}} : tensor<4x5xf64>) with({{.*}}) attributes {nn.chunks} {
// CHECK: %[[T:.*]]:2 = nn.scan 4 over(%{{.*}} = %[[ROWS]] : tensor<4x4x5xf64>) carry(%{{.*}} = %[[H]] : tensor<4x5xf64>)
// CHECK: nn.yield carry(%[[NEXT:.*]] : tensor<4x5xf64>) emit(%[[NEXT]] : tensor<4x5xf64>)
// CHECK: %[[ROW:.*]] = nn.slice %[[T]]#0 [4, 0, 0] [1, 4, 5] [1, 1, 1]
// CHECK: %[[LAST:.*]] = nn.reshape %[[ROW]] : tensor<1x4x5xf64> -> tensor<4x5xf64>
// CHECK: nn.yield carry(%[[LAST]] : tensor<4x5xf64>) emit(%[[T]]#1 : tensor<4x4x5xf64>)
// CHECK: nn.reshape %[[S]]#1 : tensor<3x4x4x5xf64> -> tensor<12x4x5xf64>
// CHECK-NOT: nn.concat
// REMARK: the backward pass computes the loop of 12 steps again in chunks of 4, from the carries in front of each

// The backward pass has the product of the input, the loop of the chunk and its derivative in one loop over chunks, which adds the gradients
// of the weights up. Of the values that a chunk computes, only the results of the loop exist for all steps.
// OPT-LABEL: @forward
// OPT: nn.scan 3 over({{.*}}attributes {nn.chunks}
// OPT-NOT: nn.concat
// OPT: nn.scan 3 reverse over(
// OPT-SAME: attributes {nn.chunks}
// OPT: nn.contract {{.*}} -> tensor<4x4x10xf64>
// OPT: nn.scan 4 over(
// OPT: nn.yield {{.*}} emit(%{{.*}} : tensor<4x10xf64>)
// OPT: nn.scan 4 reverse over(
// OPT: nn.yield {{.*}} emit(%{{.*}} : tensor<4x10xf64>)
// OPT: %[[DU:.*]] = nn.contract {{.*}} -> tensor<5x10xf64>
// OPT: nn.add %{{.*}}, %{{.*}} : tensor<5x10xf64>
// OPT: nn.yield
// OPT-NOT: tensor<12x4x10xf64>
// OPT: return
func.func @forward(%xs: tensor<12x4x5xf64>, %h0: tensor<4x5xf64>, %W: tensor<5x10xf64>, %U: tensor<5x10xf64>, %y: tensor<12x4x5xf64>)
    -> (tensor<12x4x5xf64>, tensor<4x5xf64>, tensor<5x10xf64>, tensor<5x10xf64>) {
  %trace = nn.scan 12 over(%x = %xs : tensor<12x4x5xf64>) carry(%h = %h0 : tensor<4x5xf64>)
      with(%w = %W : tensor<5x10xf64>, %u = %U : tensor<5x10xf64>) {
    %p = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf64>, tensor<5x10xf64> -> tensor<4x10xf64>
    %q = nn.contract %h, %u [0, 1] x [1, 2] -> [0, 2] : tensor<4x5xf64>, tensor<5x10xf64> -> tensor<4x10xf64>
    %z = nn.add %p, %q : tensor<4x10xf64>
    %l = nn.slice %z [0, 0] [4, 5] [1, 1] : tensor<4x10xf64> -> tensor<4x5xf64>
    %r = nn.slice %z [0, 5] [4, 5] [1, 1] : tensor<4x10xf64> -> tensor<4x5xf64>
    %g = nn.logistic %l : tensor<4x5xf64>
    %t = nn.tanh %r : tensor<4x5xf64>
    %next = nn.mul %g, %t : tensor<4x5xf64>
    nn.yield carry(%next : tensor<4x5xf64>)
  }
  %hs = nn.slice %trace [1, 0, 0] [12, 4, 5] [1, 1, 1] : tensor<13x4x5xf64> -> tensor<12x4x5xf64>
  %e = nn.mul %hs, %y : tensor<12x4x5xf64>
  %loss = nn.reduce_sum %e [0, 1, 2] : tensor<12x4x5xf64> -> tensor<f64>
  %d:4 = nn.gradient %loss wrt %xs, %h0, %W, %U
      : tensor<f64> wrt tensor<12x4x5xf64>, tensor<4x5xf64>, tensor<5x10xf64>, tensor<5x10xf64>
  return %d#0, %d#1, %d#2, %d#3 : tensor<12x4x5xf64>, tensor<4x5xf64>, tensor<5x10xf64>, tensor<5x10xf64>
}

// In reverse, with all rows of one trace, the last row of another, a row in between, an emitted value, and a carry of integers.
// CHECK-LABEL: @backward
// CHECK: nn.scan 2 reverse over
// CHECK: nn.scan 4 reverse over
// CHECK: nn.scan 3 reverse over
func.func @backward(%xs: tensor<11x3xf64>, %h0: tensor<3xf64>, %g0: tensor<3xf64>, %u: tensor<3xf64>)
    -> (tensor<12x3xf64>, tensor<11x3xf64>, tensor<11x3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<12xi32>) {
  %n0 = nn.constant dense<1> : tensor<i32>
  %s:4 = nn.scan 11 reverse over(%x = %xs : tensor<11x3xf64>) carry(%h = %h0 : tensor<3xf64>, %g = %g0 : tensor<3xf64>, %n = %n0 : tensor<i32>)
      with(%w = %u : tensor<3xf64>) {
    %one = nn.constant dense<1> : tensor<i32>
    %n1 = nn.add %n, %one : tensor<i32>
    %a = nn.mul %h, %w : tensor<3xf64>
    %b = nn.add %a, %x : tensor<3xf64>
    %h1 = nn.tanh %b : tensor<3xf64>
    %g1 = nn.sin %h1 : tensor<3xf64>
    %g2 = nn.sub %g1, %g : tensor<3xf64>
    %y = nn.mul %g, %h1 : tensor<3xf64>
    nn.yield carry(%h1, %g2, %n1 : tensor<3xf64>, tensor<3xf64>, tensor<i32>) emit(%y : tensor<3xf64>)
  }
  %last = nn.slice %s#1 [0, 0] [1, 3] [1, 1] : tensor<12x3xf64> -> tensor<1x3xf64>
  %row = nn.slice %s#1 [5, 0] [1, 3] [1, 1] : tensor<12x3xf64> -> tensor<1x3xf64>
  %p = nn.mul %last, %row : tensor<1x3xf64>
  %q = nn.reduce_sum %p [0, 1] : tensor<1x3xf64> -> tensor<f64>
  %r = nn.reduce_sum %s#0 [0, 1] : tensor<12x3xf64> -> tensor<f64>
  %e = nn.mul %s#3, %s#3 : tensor<11x3xf64>
  %t = nn.reduce_sum %e [0, 1] : tensor<11x3xf64> -> tensor<f64>
  %qr = nn.add %q, %r : tensor<f64>
  %loss = nn.add %qr, %t : tensor<f64>
  %d:4 = nn.gradient %loss wrt %xs, %h0, %g0, %u : tensor<f64> wrt tensor<11x3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
  return %s#0, %s#3, %d#0, %d#1, %d#2, %d#3, %s#2
      : tensor<12x3xf64>, tensor<11x3xf64>, tensor<11x3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<12xi32>
}

// Without a derivative loops stay as they are.
// CHECK-LABEL: @predict
// CHECK: nn.scan 12 over
// CHECK-NOT: nn.scan
func.func @predict(%xs: tensor<12x3xf64>, %h0: tensor<3xf64>) -> tensor<13x3xf64> {
  %s = nn.scan 12 over(%x = %xs : tensor<12x3xf64>) carry(%h = %h0 : tensor<3xf64>) {
    %b = nn.add %h, %x : tensor<3xf64>
    nn.yield carry(%b : tensor<3xf64>)
  }
  return %s : tensor<13x3xf64>
}
