// The training step of two layers of an LSTM.
// RUN: nn-opt %s --nn-stage-nn=batch=4 --nn-stage-grad --nn-stage-opt | FileCheck %s
// RUN: nn-opt %s --nn-stage-nn=batch=4 --nn-stage-grad --nn-stage-opt --remarks-filter=scan --remark-format=emitRemark 2>&1 | FileCheck --check-prefix=REMARK %s
// Hoisted or not, with saved gates or not, the results are the same.
// RUN: nn-opt %s --nn-add-batch=batch=4 --nn-differentiate -o %t.loops.mlir && nn-check --evaluate %t.loops.mlir > %t.loops
// RUN: nn-opt %s --nn-add-batch=batch=4 --nn-differentiate --nn-simplify --nn-scan-hoist --nn-simplify -o %t.hoisted.mlir && nn-check --evaluate %t.hoisted.mlir > %t.hoisted
// RUN: nn-opt %s --nn-stage-nn=batch=4 --nn-stage-grad --nn-stage-opt -o %t.saved.mlir && nn-check --evaluate %t.saved.mlir > %t.saved
// RUN: %{python} %S/agree.py %t.loops %t.hoisted %t.saved
// RUN: nn-opt %s --nn-stage-nn=batch=4 --nn-stage-grad --nn-stage-opt > %t.mlir && nn-verify %t.mlir --threads=1 --float=f64 && nn-verify %t.mlir --threads=3

// Scans that are computed again in the backward pass.
// RUN: nn-opt %s --nn-stage-nn=batch=4 --nn-stage-grad --nn-stage-opt="operations-per-byte=1048576 minimum-bytes=0" -o %t.again.mlir && nn-verify %t.again.mlir --threads=3
// RUN: nn-check --evaluate %t.again.mlir > %t.again && cmp %t.saved %t.again

// No tensor has weights, or a matrix, for each step, nor is the sequence of cotangents copied.
// CHECK-NOT: tensor<6x5x20xf64>
// CHECK-NOT: nn.pad
// The input product of the first layer reads the input as it lies.
// CHECK: nn.contract %{{.*}}, %{{.*}} [0, 1, 2] x [2, 3] -> [1, 0, 3] : tensor<4x6x3xf64>, tensor<3x20xf64> -> tensor<6x4x20xf64>
// CHECK: %[[S0:.*]]:3 = nn.scan 6 over(
// CHECK-NEXT: nn.contract
// CHECK-NOT: nn.contract
// CHECK: %[[GATES:.*]] = nn.concat
// CHECK: nn.yield {{.*}} emit(%[[GATES]] : tensor<4x20xf64>)
// The second layer's, of the first one's trace.
// CHECK: %[[H0:.*]] = nn.slice %[[S0]]#0 [1, 0, 0]
// CHECK: nn.contract %[[H0]], %{{.*}} [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<6x4x5xf64>, tensor<5x20xf64> -> tensor<6x4x20xf64>
// CHECK: nn.scan 6 over(
// CHECK-NEXT: nn.contract
// CHECK-NOT: nn.contract
// CHECK: nn.yield
// The loops of the backward pass read the gates, compute no product of the forward pass again, and emit the
// gradient of the sums in front of the gates.
// CHECK: %[[D1:.*]]:3 = nn.scan 6 reverse over(
// CHECK-NOT: nn.logistic
// CHECK: nn.contract %{{.*}}, %{{.*}} [0, 1] x [2, 1] -> [0, 2] : tensor<4x20xf64>, tensor<5x20xf64> -> tensor<4x5xf64>
// CHECK-NOT: nn.contract
// CHECK: nn.yield carry(%{{.*}}, %{{.*}} : tensor<4x5xf64>, tensor<4x5xf64>) emit(%{{.*}} : tensor<4x20xf64>)
// Its sums over steps and batch are the gradients of the weights.
// CHECK-DAG: nn.contract %[[D1]]#2, %{{.*}} [0, 1, 2] x [0, 1, 3] -> [3, 2] : tensor<6x4x20xf64>, tensor<6x4x5xf64> -> tensor<5x20xf64>
// CHECK-DAG: nn.reduce_sum %[[D1]]#2 [0, 1] : tensor<6x4x20xf64> -> tensor<20xf64>
// CHECK: %[[D0:.*]]:3 = nn.scan 6 reverse over(
// CHECK: nn.contract
// CHECK-NOT: nn.contract
// CHECK: nn.yield
// CHECK-DAG: nn.contract %[[D0]]#2, %{{.*}} [0, 1, 2] x [0, 1, 3] -> [3, 2] : tensor<6x4x20xf64>, tensor<6x4x5xf64> -> tensor<5x20xf64>
// CHECK-DAG: nn.contract %[[D0]]#2, %{{.*}} [0, 1, 2] x [1, 0, 3] -> [3, 2] : tensor<6x4x20xf64>, tensor<4x6x3xf64> -> tensor<3x20xf64>
// CHECK: return

// REMARK-DAG: contract is computed once in front of the loop, for all 6 steps
// REMARK-DAG: contract is computed once behind the loop, for all 6 steps
// REMARK-DAG: the loop over 6 steps saves logistic for the backward pass
func.func @train_step(
    %WX0: tensor<3x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WX0"},
    %B0: tensor<20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "B0"},
    %WH0: tensor<5x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WH0"},
    %WX1: tensor<5x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WX1"},
    %B1: tensor<20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "B1"},
    %WH1: tensor<5x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WH1"},
    %V: tensor<5x2xf64> {nn.kind = #nn.kind<parameter>, nn.name = "V"},
    %xs: tensor<6x3xf64> {nn.kind = #nn.kind<input>, nn.name = "x"},
    %y: tensor<6x2xf64> {nn.kind = #nn.kind<input>, nn.name = "y"})
    -> (tensor<3x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WX0"},
     tensor<20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "B0"},
     tensor<5x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WH0"},
     tensor<5x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WX1"},
     tensor<20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "B1"},
     tensor<5x20xf64> {nn.kind = #nn.kind<parameter>, nn.name = "WH1"},
     tensor<5x2xf64> {nn.kind = #nn.kind<parameter>, nn.name = "V"},
     tensor<f64> {nn.kind = #nn.kind<output>, nn.name = "loss"}) {
  %zero = nn.constant dense<0.0> : tensor<5xf64>
  %s0:3 = nn.scan 6 over(%x = %xs : tensor<6x3xf64>) carry(%h = %zero : tensor<5xf64>, %c = %zero : tensor<5xf64>)
      with(%wx = %WX0 : tensor<3x20xf64>, %b = %B0 : tensor<20xf64>, %wh = %WH0 : tensor<5x20xf64>) {
    %p = nn.contract %x, %wx [0] x [0, 1] -> [1] : tensor<3xf64>, tensor<3x20xf64> -> tensor<20xf64>
    %pb = nn.add %p, %b : tensor<20xf64>
    %q = nn.contract %h, %wh [0] x [0, 1] -> [1] : tensor<5xf64>, tensor<5x20xf64> -> tensor<20xf64>
    %z = nn.add %pb, %q : tensor<20xf64>
    %zi = nn.slice %z [0] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %zf = nn.slice %z [5] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %zg = nn.slice %z [10] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %zo = nn.slice %z [15] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %i = nn.logistic %zi : tensor<5xf64>
    %f = nn.logistic %zf : tensor<5xf64>
    %o = nn.logistic %zo : tensor<5xf64>
    %g = nn.tanh %zg : tensor<5xf64>
    %fc = nn.mul %f, %c : tensor<5xf64>
    %ig = nn.mul %i, %g : tensor<5xf64>
    %c1 = nn.add %fc, %ig : tensor<5xf64>
    %tc = nn.tanh %c1 : tensor<5xf64>
    %h1 = nn.mul %o, %tc : tensor<5xf64>
    nn.yield carry(%h1, %c1 : tensor<5xf64>, tensor<5xf64>) emit(%h1 : tensor<5xf64>)
  }
  %s1:3 = nn.scan 6 over(%x = %s0#2 : tensor<6x5xf64>) carry(%h = %zero : tensor<5xf64>, %c = %zero : tensor<5xf64>)
      with(%wx = %WX1 : tensor<5x20xf64>, %b = %B1 : tensor<20xf64>, %wh = %WH1 : tensor<5x20xf64>) {
    %p = nn.contract %x, %wx [0] x [0, 1] -> [1] : tensor<5xf64>, tensor<5x20xf64> -> tensor<20xf64>
    %pb = nn.add %p, %b : tensor<20xf64>
    %q = nn.contract %h, %wh [0] x [0, 1] -> [1] : tensor<5xf64>, tensor<5x20xf64> -> tensor<20xf64>
    %z = nn.add %pb, %q : tensor<20xf64>
    %zi = nn.slice %z [0] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %zf = nn.slice %z [5] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %zg = nn.slice %z [10] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %zo = nn.slice %z [15] [5] [1] : tensor<20xf64> -> tensor<5xf64>
    %i = nn.logistic %zi : tensor<5xf64>
    %f = nn.logistic %zf : tensor<5xf64>
    %o = nn.logistic %zo : tensor<5xf64>
    %g = nn.tanh %zg : tensor<5xf64>
    %fc = nn.mul %f, %c : tensor<5xf64>
    %ig = nn.mul %i, %g : tensor<5xf64>
    %c1 = nn.add %fc, %ig : tensor<5xf64>
    %tc = nn.tanh %c1 : tensor<5xf64>
    %h1 = nn.mul %o, %tc : tensor<5xf64>
    nn.yield carry(%h1, %c1 : tensor<5xf64>, tensor<5xf64>) emit(%h1 : tensor<5xf64>)
  }
  %out = nn.contract %s1#2, %V [0, 1] x [1, 2] -> [0, 2] : tensor<6x5xf64>, tensor<5x2xf64> -> tensor<6x2xf64>
  %e = nn.sub %out, %y : tensor<6x2xf64>
  %e2 = nn.mul %e, %e : tensor<6x2xf64>
  %l = nn.reduce_sum %e2 [0, 1] : tensor<6x2xf64> -> tensor<f64>
  %loss = nn.batch_mean %l : tensor<f64>
  %d:7 = nn.gradient %loss wrt %WX0, %B0, %WH0, %WX1, %B1, %WH1, %V
      : tensor<f64> wrt tensor<3x20xf64>, tensor<20xf64>, tensor<5x20xf64>, tensor<5x20xf64>, tensor<20xf64>, tensor<5x20xf64>, tensor<5x2xf64>
  %n0 = nn.sub %WX0, %d#0 : tensor<3x20xf64>
  %n1 = nn.sub %B0, %d#1 : tensor<20xf64>
  %n2 = nn.sub %WH0, %d#2 : tensor<5x20xf64>
  %n3 = nn.sub %WX1, %d#3 : tensor<5x20xf64>
  %n4 = nn.sub %B1, %d#4 : tensor<20xf64>
  %n5 = nn.sub %WH1, %d#5 : tensor<5x20xf64>
  %n6 = nn.sub %V, %d#6 : tensor<5x2xf64>
  return %n0, %n1, %n2, %n3, %n4, %n5, %n6, %loss
      : tensor<3x20xf64>, tensor<20xf64>, tensor<5x20xf64>, tensor<5x20xf64>, tensor<20xf64>, tensor<5x20xf64>, tensor<5x2xf64>, tensor<f64>
}
