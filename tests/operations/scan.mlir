// A loop over the steps of sequences: form, errors, values, derivatives, the batch, canonical form.
// RUN: split-file %s %t
// RUN: nn-opt %t/values.mlir | nn-opt | FileCheck --check-prefix=FORM %t/values.mlir
// RUN: nn-opt --split-input-file --verify-diagnostics %t/errors.mlir
// RUN: nn-check --evaluate %t/values.mlir | FileCheck %t/values.mlir
// RUN: nn-check --gradient %t/gradients.mlir | FileCheck %t/gradients.mlir
// RUN: nn-check --batch %t/gradients.mlir | FileCheck --check-prefix=BATCH %t/gradients.mlir
// RUN: nn-check --batch %t/batch.mlir | FileCheck --check-prefix=BATCH %t/batch.mlir
// RUN: nn-verify %t/code.mlir --threads=1
// RUN: nn-verify %t/code.mlir --threads=3
// RUN: nn-verify %t/code.mlir --float=f64
// RUN: nn-opt --canonicalize %t/canonical.mlir | FileCheck %t/canonical.mlir

//--- values.mlir
// Row t of the trace is the carry in front of step t.
// FORM: %{{.*}}:2 = nn.scan 3 over(%{{.*}} = %{{.*}} : tensor<3xf64>) carry(%{{.*}} = %{{.*}} : tensor<f64>) with(%{{.*}} = %{{.*}} : tensor<f64>) {
// FORM: nn.yield carry(%{{.*}} : tensor<f64>) emit(%{{.*}} : tensor<f64>)
// CHECK: forward: tensor<4xf64> [10, 11, 13, 17]
// CHECK: forward: tensor<3xf64> [-10, -11, -13]
func.func @forward() -> (tensor<4xf64>, tensor<3xf64>) {
  %xs = nn.constant dense<[1.0, 2.0, 4.0]> : tensor<3xf64>
  %zero = nn.constant dense<10.0> : tensor<f64>
  %one = nn.constant dense<-1.0> : tensor<f64>
  %0:2 = nn.scan 3 over(%x = %xs : tensor<3xf64>) carry(%s = %zero : tensor<f64>)
                   with(%m = %one : tensor<f64>) {
    %1 = nn.add %s, %x : tensor<f64>
    %2 = nn.mul %s, %m : tensor<f64>
    nn.yield carry(%1 : tensor<f64>) emit(%2 : tensor<f64>)
  }
  return %0#0, %0#1 : tensor<4xf64>, tensor<3xf64>
}

// With `reverse` the last row of the trace is the initial value, and row t what step t makes.
// FORM: nn.scan 3 reverse over
// CHECK: backward: tensor<4xf64> [17, 16, 14, 10]
// CHECK: backward: tensor<3xf64> [16, 14, 10]
func.func @backward() -> (tensor<4xf64>, tensor<3xf64>) {
  %xs = nn.constant dense<[1.0, 2.0, 4.0]> : tensor<3xf64>
  %zero = nn.constant dense<10.0> : tensor<f64>
  %0:2 = nn.scan 3 reverse over(%x = %xs : tensor<3xf64>) carry(%s = %zero : tensor<f64>) {
    %1 = nn.add %s, %x : tensor<f64>
    nn.yield carry(%1 : tensor<f64>) emit(%s : tensor<f64>)
  }
  return %0#0, %0#1 : tensor<4xf64>, tensor<3xf64>
}

// Fibonacci's numbers: two carries that change places, and no sequence.
// CHECK: fibonacci: tensor<6xi32> [0, 1, 1, 2, 3, 5]
func.func @fibonacci() -> tensor<6xi32> {
  %zero = nn.constant dense<0> : tensor<i32>
  %one = nn.constant dense<1> : tensor<i32>
  %0:2 = nn.scan 5 carry(%a = %zero : tensor<i32>, %b = %one : tensor<i32>) {
    %1 = nn.add %a, %b : tensor<i32>
    nn.yield carry(%b, %1 : tensor<i32>, tensor<i32>)
  }
  return %0#0 : tensor<6xi32>
}

// A scan in a scan: sums of each row, then of those in front of it.
// CHECK: nested: tensor<3xf64> [0, 6, 21]
func.func @nested() -> tensor<3xf64> {
  %xs = nn.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %zero = nn.constant dense<0.0> : tensor<f64>
  %0 = nn.scan 2 over(%row = %xs : tensor<2x3xf64>) carry(%sum = %zero : tensor<f64>) {
    %1 = nn.scan 3 over(%x = %row : tensor<3xf64>) carry(%s = %sum : tensor<f64>) {
      %2 = nn.add %s, %x : tensor<f64>
      nn.yield carry(%2 : tensor<f64>)
    }
    %3 = nn.slice %1 [3] [1] [1] : tensor<4xf64> -> tensor<1xf64>
    %4 = nn.reshape %3 : tensor<1xf64> -> tensor<f64>
    nn.yield carry(%4 : tensor<f64>)
  }
  return %0 : tensor<3xf64>
}

//--- errors.mlir
func.func @steps(%x: tensor<4xf32>) {
  // expected-error @+1 {{has 3 steps, but sequence 0 is a 'tensor<4xf32>'}}
  %0 = nn.scan 3 over(%a = %x : tensor<4xf32>) { nn.yield emit(%a : tensor<f32>) }
  return
}
// -----
func.func @no_steps(%x: tensor<f32>) {
  // expected-error @+1 {{a sequence has a dimension of steps, but this is a 'tensor<f32>'}}
  %0 = nn.scan 3 over(%a = %x : tensor<f32>) { nn.yield emit(%a : tensor<f32>) }
  return
}
// -----
func.func @zero(%x: tensor<f32>) {
  // expected-error @+1 {{attribute 'steps' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %0 = nn.scan 0 carry(%a = %x : tensor<f32>) { nn.yield carry(%a : tensor<f32>) }
  return
}
// -----
func.func @carry(%x: tensor<4xf32>, %h: tensor<2xf32>) {
  %0 = nn.scan 4 over(%a = %x : tensor<4xf32>) carry(%b = %h : tensor<2xf32>) {
    // expected-error @+1 {{hands on carry 0 as 'tensor<f32>', but it begins as 'tensor<2xf32>'}}
    nn.yield carry(%a : tensor<f32>)
  }
  return
}
// -----
func.func @carries(%h: tensor<2xf32>) {
  %0 = nn.scan 4 carry(%b = %h : tensor<2xf32>) {
    // expected-error @+1 {{hands on 2 carries, but the scan has 1}}
    nn.yield carry(%b, %b : tensor<2xf32>, tensor<2xf32>)
  }
  return
}
// -----
func.func @inside(%x: tensor<4xf32>) {
  %0 = nn.scan 4 over(%a = %x : tensor<4xf32>) {
    // expected-error @+1 {{'nn.batch_mean' op cannot be in the block of a scan}}
    %1 = nn.batch_mean %a : tensor<f32>
    nn.yield emit(%1 : tensor<f32>)
  }
  return
}
// -----
func.func @ends(%x: tensor<4xf32>) {
  // expected-error @+1 {{the block of nn.scan ends in nn.yield}}
  %0 = nn.scan 4 over(%a = %x : tensor<4xf32>) { %1 = nn.neg %a : tensor<f32> }
  return
}

//--- gradients.mlir
// CHECK: passed rnn arg0: 6 elements
// CHECK: passed rnn arg1: 3 elements
// CHECK: passed rnn arg2: 6 elements
// CHECK: passed rnn arg3: 9 elements
// BATCH: passed rnn
func.func @rnn(%xs: tensor<3x2xf64>, %h0: tensor<3xf64>, %w: tensor<2x3xf64>, %u: tensor<3x3xf64>)
    -> (tensor<4x3xf64>, tensor<3x3xf64>) {
  %0:2 = nn.scan 3 over(%x = %xs : tensor<3x2xf64>) carry(%h = %h0 : tensor<3xf64>)
                   with(%a = %w : tensor<2x3xf64>, %b = %u : tensor<3x3xf64>) {
    %1 = nn.contract %x, %a [0] x [0, 1] -> [1] : tensor<2xf64>, tensor<2x3xf64> -> tensor<3xf64>
    %2 = nn.contract %h, %b [0] x [0, 1] -> [1] : tensor<3xf64>, tensor<3x3xf64> -> tensor<3xf64>
    %3 = nn.add %1, %2 : tensor<3xf64>
    %4 = nn.tanh %3 : tensor<3xf64>
    %5 = nn.mul %3, %4 : tensor<3xf64>
    nn.yield carry(%4 : tensor<3xf64>) emit(%5 : tensor<3xf64>)
  }
  return %0#0, %0#1 : tensor<4x3xf64>, tensor<3x3xf64>
}

// CHECK: passed reversed arg0: 4 elements
// CHECK: passed reversed arg1: 1 elements
// BATCH: passed reversed
func.func @reversed(%xs: tensor<4xf64>, %h0: tensor<f64>) -> (tensor<5xf64>, tensor<4xf64>) {
  %0:2 = nn.scan 4 reverse over(%x = %xs : tensor<4xf64>) carry(%h = %h0 : tensor<f64>) {
    %1 = nn.mul %h, %x : tensor<f64>
    %2 = nn.sin %1 : tensor<f64>
    nn.yield carry(%2 : tensor<f64>) emit(%1 : tensor<f64>)
  }
  return %0#0, %0#1 : tensor<5xf64>, tensor<4xf64>
}

// The loss sees the last step alone, a carry counts, another is not used.
// CHECK: passed counting arg0: 3 elements
// CHECK: passed counting arg1: 1 elements
// BATCH: passed counting
func.func @counting(%xs: tensor<3xf64>, %h0: tensor<f64>) -> tensor<1xf64> {
  %zero = nn.constant dense<0> : tensor<i32>
  %0:4 = nn.scan 3 over(%x = %xs : tensor<3xf64>)
                   carry(%n = %zero : tensor<i32>, %h = %h0 : tensor<f64>, %g = %h0 : tensor<f64>) {
    %one = nn.constant dense<1> : tensor<i32>
    %1 = nn.add %n, %one : tensor<i32>
    %2 = nn.convert %1 : tensor<i32> -> tensor<f64>
    %3 = nn.mul %h, %x : tensor<f64>
    %4 = nn.mul %3, %2 : tensor<f64>
    %5 = nn.mul %g, %x : tensor<f64>
    nn.yield carry(%1, %4, %5 : tensor<i32>, tensor<f64>, tensor<f64>) emit(%3 : tensor<f64>)
  }
  %last = nn.slice %0#3 [2] [1] [1] : tensor<3xf64> -> tensor<1xf64>
  return %last : tensor<1xf64>
}

// CHECK: passed nested arg0: 6 elements
// CHECK: passed nested arg1: 1 elements
// CHECK: passed nested arg2: 1 elements
// BATCH: passed nested
func.func @nested(%xs: tensor<2x3xf64>, %h0: tensor<f64>, %w: tensor<f64>) -> tensor<3xf64> {
  %0 = nn.scan 2 over(%row = %xs : tensor<2x3xf64>) carry(%h = %h0 : tensor<f64>)
                 with(%v = %w : tensor<f64>) {
    %1 = nn.scan 3 reverse over(%x = %row : tensor<3xf64>) carry(%g = %h : tensor<f64>)
                   with(%u = %v : tensor<f64>) {
      %2 = nn.mul %g, %u : tensor<f64>
      %3 = nn.mul %2, %x : tensor<f64>
      %4 = nn.tanh %3 : tensor<f64>
      nn.yield carry(%4 : tensor<f64>)
    }
    %5 = nn.slice %1 [0] [1] [1] : tensor<4xf64> -> tensor<1xf64>
    %6 = nn.reshape %5 : tensor<1xf64> -> tensor<f64>
    nn.yield carry(%6 : tensor<f64>)
  }
  return %0 : tensor<3xf64>
}

// The carried values are constants.
// CHECK: passed stopped arg0: 3 elements
// CHECK: passed stopped arg1: 1 elements
// BATCH: passed stopped
func.func @stopped(%xs: tensor<3xf64>, %h0: tensor<f64>) -> tensor<4xf64> {
  %0 = nn.scan 3 over(%x = %xs : tensor<3xf64>) carry(%h = %h0 : tensor<f64>) {
    %1 = nn.stop_gradient %h : tensor<f64>
    %2 = nn.mul %1, %x : tensor<f64>
    nn.yield carry(%2 : tensor<f64>)
  }
  return %0 : tensor<4xf64>
}

// The square root of 0 is not on the path to the loss: only row 1 is.
// CHECK: passed chosen arg0: 2 elements
// BATCH: passed chosen
func.func @chosen(%xs: tensor<2xf64> {nn.values = dense<[0.0, 4.0]> : tensor<2xf64>})
    -> tensor<1xf64> {
  %0 = nn.scan 2 over(%x = %xs : tensor<2xf64>) {
    %1 = nn.sqrt %x : tensor<f64>
    nn.yield emit(%1 : tensor<f64>)
  }
  %1 = nn.slice %0 [1] [1] [1] : tensor<2xf64> -> tensor<1xf64>
  return %1 : tensor<1xf64>
}

//--- batch.mlir
// The initial value is the same for all examples, and becomes one for each.
// BATCH: passed carry
func.func @carry(%xs: tensor<3x2xf64>, %w: tensor<2xf64>, %ns: tensor<3xi32>)
    -> (tensor<4x2xf64>, tensor<4xi32>, tensor<3x2xf64>) {
  %zero = nn.constant dense<0.5> : tensor<2xf64>
  %count = nn.constant dense<0> : tensor<i32>
  %0:3 = nn.scan 3 over(%x = %xs : tensor<3x2xf64>, %n = %ns : tensor<3xi32>)
                   carry(%h = %zero : tensor<2xf64>, %c = %count : tensor<i32>)
                   with(%v = %w : tensor<2xf64>) {
    %1 = nn.mul %h, %v : tensor<2xf64>
    %2 = nn.add %1, %x : tensor<2xf64>
    %3 = nn.add %c, %n : tensor<i32>
    nn.yield carry(%2, %3 : tensor<2xf64>, tensor<i32>) emit(%1 : tensor<2xf64>)
  }
  return %0#0, %0#1, %0#2 : tensor<4x2xf64>, tensor<4xi32>, tensor<3x2xf64>
}

//--- code.mlir
// Contractions, a trace and an emitted sequence.
func.func @rnn(%xs: tensor<7x5x3xf32>, %h0: tensor<5x16xf32>, %w: tensor<3x16xf32>, %u: tensor<16x16xf32>)
    -> (tensor<8x5x16xf32>, tensor<7x5x16xf32>) {
  %0:2 = nn.scan 7 over(%x = %xs : tensor<7x5x3xf32>) carry(%h = %h0 : tensor<5x16xf32>)
                   with(%a = %w : tensor<3x16xf32>, %b = %u : tensor<16x16xf32>) {
    %1 = nn.contract %x, %a [0, 1] x [1, 2] -> [0, 2] : tensor<5x3xf32>, tensor<3x16xf32> -> tensor<5x16xf32>
    %2 = nn.contract %h, %b [0, 1] x [1, 2] -> [0, 2] : tensor<5x16xf32>, tensor<16x16xf32> -> tensor<5x16xf32>
    %3 = nn.add %1, %2 : tensor<5x16xf32>
    %4 = nn.tanh %3 : tensor<5x16xf32>
    %5 = nn.mul %3, %4 : tensor<5x16xf32>
    nn.yield carry(%4 : tensor<5x16xf32>) emit(%5 : tensor<5x16xf32>)
  }
  return %0#0, %0#1 : tensor<8x5x16xf32>, tensor<7x5x16xf32>
}

// Rows of one number, from the last to the first.
func.func @reversed(%xs: tensor<4xf32>, %h0: tensor<f32>) -> (tensor<5xf32>, tensor<4xf32>) {
  %0:2 = nn.scan 4 reverse over(%x = %xs : tensor<4xf32>) carry(%h = %h0 : tensor<f32>) {
    %1 = nn.mul %h, %x : tensor<f32>
    %2 = nn.sin %1 : tensor<f32>
    nn.yield carry(%2 : tensor<f32>) emit(%1 : tensor<f32>)
  }
  return %0#0, %0#1 : tensor<5xf32>, tensor<4xf32>
}

// Carries that change places, look-ups, additions at indices, constants of the block, parts that are
// written in place.
func.func @parts(%a0: tensor<3xf32>, %b0: tensor<3xf32>, %table: tensor<5x3xf32>, %is: tensor<6xi32>)
    -> (tensor<7x3xf32>, tensor<7x3xf32>, tensor<6x5xf32>, tensor<6x3xf32>) {
  %0:4 = nn.scan 6 over(%i = %is : tensor<6xi32>)
                   carry(%a = %a0 : tensor<3xf32>, %b = %b0 : tensor<3xf32>)
                   with(%t = %table : tensor<5x3xf32>) {
    %k = nn.constant dense<[1.0, 2.0, -3.0]> : tensor<3xf32>
    %1 = nn.gather %t, %i batch_dims 0 : tensor<5x3xf32>, tensor<i32> -> tensor<3xf32>
    %2 = nn.add %a, %1 : tensor<3xf32>
    %3 = nn.mul %2, %k : tensor<3xf32>
    %4 = nn.reduce_sum %3 [0] : tensor<3xf32> -> tensor<f32>
    %5 = nn.scatter_add %4, %i batch_dims 0 size 5 : tensor<f32>, tensor<i32> -> tensor<5xf32>
    %6 = nn.slice %1 [1] [2] [1] : tensor<3xf32> -> tensor<2xf32>
    %7 = nn.pad %6 [1] [0] value 0.5 : tensor<2xf32> -> tensor<3xf32>
    %8 = nn.reshape %a : tensor<3xf32> -> tensor<1x3xf32>
    %9 = nn.reduce_max %8 [0] : tensor<1x3xf32> -> tensor<3xf32>
    %10 = nn.add %9, %7 : tensor<3xf32>
    nn.yield carry(%b, %2 : tensor<3xf32>, tensor<3xf32>) emit(%5, %10 : tensor<5xf32>, tensor<3xf32>)
  }
  return %0#0, %0#1, %0#2, %0#3 : tensor<7x3xf32>, tensor<7x3xf32>, tensor<6x5xf32>, tensor<6x3xf32>
}

// Shared by threads: rows, with barriers where they meet; what follows reads other rows.
func.func @shared(%xs: tensor<6x96x40xf32>, %h0: tensor<96x128xf32>, %w: tensor<40x128xf32>,
                  %u: tensor<128x128xf32>) -> (tensor<96x128xf32>, tensor<128xf32>, tensor<6x96x40xf32>) {
  %small = nn.constant dense<0.05> : tensor<128x128xf32>
  %v = nn.mul %u, %small : tensor<128x128xf32>
  %0 = nn.scan 6 over(%x = %xs : tensor<6x96x40xf32>) carry(%h = %h0 : tensor<96x128xf32>)
                 with(%a = %w : tensor<40x128xf32>, %b = %v : tensor<128x128xf32>) {
    %1 = nn.contract %x, %a [0, 1] x [1, 2] -> [0, 2] : tensor<96x40xf32>, tensor<40x128xf32> -> tensor<96x128xf32>
    %2 = nn.contract %h, %b [0, 1] x [1, 2] -> [0, 2] : tensor<96x128xf32>, tensor<128x128xf32> -> tensor<96x128xf32>
    %3 = nn.add %1, %2 : tensor<96x128xf32>
    %4 = nn.tanh %3 : tensor<96x128xf32>
    nn.yield carry(%4 : tensor<96x128xf32>)
  }
  %1 = nn.reduce_sum %0 [0] : tensor<7x96x128xf32> -> tensor<96x128xf32>
  %2 = nn.reduce_sum %1 [0] : tensor<96x128xf32> -> tensor<128xf32>
  %rows = nn.slice %0 [1, 0, 0] [6, 96, 128] [1, 1, 1] : tensor<7x96x128xf32> -> tensor<6x96x128xf32>
  %3:2 = nn.scan 6 reverse over(%y = %rows : tensor<6x96x128xf32>) carry(%g = %h0 : tensor<96x128xf32>)
                           with(%a = %w : tensor<40x128xf32>) {
    %4 = nn.add %y, %g : tensor<96x128xf32>
    %5 = nn.contract %4, %a [0, 1] x [2, 1] -> [0, 2] : tensor<96x128xf32>, tensor<40x128xf32> -> tensor<96x40xf32>
    %6 = nn.tanh %4 : tensor<96x128xf32>
    nn.yield carry(%6 : tensor<96x128xf32>) emit(%5 : tensor<96x40xf32>)
  }
  return %1, %2, %3#1 : tensor<96x128xf32>, tensor<128xf32>, tensor<6x96x40xf32>
}

//--- canonical.mlir
// The carry that nothing needs goes, and what only it needs; equal operands are one, equal rows and
// numbers stay out of the loop, and what a trace holds is not emitted.
// CHECK-LABEL: func @parts
// CHECK-SAME: (%[[XS:.*]]: tensor<3x2xf32>, %[[YS:.*]]: tensor<3x2xf32>, %[[W:.*]]: tensor<2xf32>)
// CHECK: %[[S:.*]] = nn.scan 3 over(%[[X:.*]] = %[[XS]] : tensor<3x2xf32>)
// CHECK-SAME: carry(%[[H:.*]] = %[[W]] : tensor<2xf32>) with(%[[V:.*]] = %[[W]] : tensor<2xf32>) {
// CHECK-DAG: %[[C:.*]] = nn.constant dense<3.000000e+00> : tensor<2xf32>
// CHECK-DAG: %[[A:.*]] = nn.mul %[[V]], %[[V]]
// CHECK: nn.yield carry(%{{.*}} : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK: %[[HS:.*]] = nn.slice %[[S]] [1, 0] [3, 2] [1, 1]
// CHECK: return %[[HS]], %[[XS]]
func.func @parts(%xs: tensor<3x2xf32>, %ys: tensor<3x2xf32>, %w: tensor<2xf32>)
    -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %three = nn.constant dense<3.0> : tensor<3x2xf32>
  %rows = nn.broadcast %w [1] : tensor<2xf32> -> tensor<3x2xf32>
  %0:5 = nn.scan 3 over(%x = %xs : tensor<3x2xf32>, %y = %ys : tensor<3x2xf32>,
                        %z = %xs : tensor<3x2xf32>, %c = %three : tensor<3x2xf32>,
                        %r = %rows : tensor<3x2xf32>)
                   carry(%h = %w : tensor<2xf32>, %g = %w : tensor<2xf32>)
                   with(%v = %w : tensor<2xf32>) {
    %1 = nn.mul %v, %r : tensor<2xf32>
    %2 = nn.mul %1, %h : tensor<2xf32>
    %3 = nn.add %2, %c : tensor<2xf32>
    %4 = nn.mul %3, %z : tensor<2xf32>
    %5 = nn.mul %g, %y : tensor<2xf32>
    nn.yield carry(%4, %5 : tensor<2xf32>, tensor<2xf32>)
             emit(%4, %5, %x : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  }
  return %0#2, %0#4 : tensor<3x2xf32>, tensor<3x2xf32>
}

// A scan without a needed result goes.
// CHECK-LABEL: func @unused
// CHECK-NEXT: return
func.func @unused(%xs: tensor<3xf32>) {
  %0 = nn.scan 3 over(%x = %xs : tensor<3xf32>) { nn.yield emit(%x : tensor<f32>) }
  return
}
