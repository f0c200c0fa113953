// Loops over steps: the values are right and have the same bits however threads share the loop.
// RUN: nn-verify %s --threads=3 --loop-threads=rows --digest > %t.rows
// RUN: nn-verify %s --threads=3 --loop-threads=kernels --digest > %t.kernels
// RUN: nn-verify %s --threads=3 --loop-threads=one --digest > %t.one
// RUN: cmp %t.rows %t.kernels && cmp %t.rows %t.one
// RUN: nn-verify %s --threads=2 --loop-threads=rows
// RUN: nn-verify %s --threads=8 --loop-threads=rows
// RUN: nn-verify %s --threads=7 --loop-threads=kernels
// RUN: nn-verify %s --threads=3 --loop-threads=rows --float=f64
// RUN: nn-verify %s --threads=4 --loop-threads=rows --target-cpu=x86-64

// An LSTM's steps with their derivative: gates in the memory of the sums, carries with and without a
// trace, panels of the recurrent weights.
func.func @lstm(%xs: tensor<5x12x7xf32>, %wx: tensor<7x128xf32>, %wh: tensor<32x128xf32>, %dy: tensor<5x12x32xf32>)
    -> (tensor<5x12x32xf32>, tensor<32x128xf32>, tensor<12x32xf32>) {
  %zero = nn.constant dense<0.0> : tensor<12x32xf32>
  %zs = nn.contract %xs, %wx [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<5x12x7xf32>, tensor<7x128xf32> -> tensor<5x12x128xf32>
  %0:3 = nn.scan 5 over(%z = %zs : tensor<5x12x128xf32>)
                   carry(%h = %zero : tensor<12x32xf32>, %c = %zero : tensor<12x32xf32>)
                   with(%w = %wh : tensor<32x128xf32>) {
    %1 = nn.contract %h, %w [0, 1] x [1, 2] -> [0, 2] : tensor<12x32xf32>, tensor<32x128xf32> -> tensor<12x128xf32>
    %a = nn.add %z, %1 : tensor<12x128xf32>
    %ai = nn.slice %a [0, 0] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %af = nn.slice %a [0, 32] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %ag = nn.slice %a [0, 64] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %ao = nn.slice %a [0, 96] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %i = nn.logistic %ai : tensor<12x32xf32>
    %f = nn.logistic %af : tensor<12x32xf32>
    %g = nn.tanh %ag : tensor<12x32xf32>
    %o = nn.logistic %ao : tensor<12x32xf32>
    %fc = nn.mul %f, %c : tensor<12x32xf32>
    %ig = nn.mul %i, %g : tensor<12x32xf32>
    %c1 = nn.add %fc, %ig : tensor<12x32xf32>
    %h1 = nn.mul %o, %c1 : tensor<12x32xf32>
    %gates = nn.concat %i, %f, %g, %o dim 1 : tensor<12x32xf32>, tensor<12x32xf32>, tensor<12x32xf32>, tensor<12x32xf32> -> tensor<12x128xf32>
    nn.yield carry(%h1, %c1 : tensor<12x32xf32>, tensor<12x32xf32>) emit(%gates : tensor<12x128xf32>)
  }
  %cs = nn.slice %0#1 [0, 0, 0] [5, 12, 32] [1, 1, 1] : tensor<6x12x32xf32> -> tensor<5x12x32xf32>
  %hs = nn.slice %0#0 [0, 0, 0] [5, 12, 32] [1, 1, 1] : tensor<6x12x32xf32> -> tensor<5x12x32xf32>
  %ys = nn.slice %0#0 [1, 0, 0] [5, 12, 32] [1, 1, 1] : tensor<6x12x32xf32> -> tensor<5x12x32xf32>
  %1:3 = nn.scan 5 reverse over(%gates = %0#2 : tensor<5x12x128xf32>,
                                %c = %cs : tensor<5x12x32xf32>, %dyt = %dy : tensor<5x12x32xf32>)
                           carry(%dh = %zero : tensor<12x32xf32>, %dc = %zero : tensor<12x32xf32>)
                           with(%w = %wh : tensor<32x128xf32>) {
    %i = nn.slice %gates [0, 0] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %f = nn.slice %gates [0, 32] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %g = nn.slice %gates [0, 64] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %o = nn.slice %gates [0, 96] [12, 32] [1, 1] : tensor<12x128xf32> -> tensor<12x32xf32>
    %2 = nn.add %dh, %dyt : tensor<12x32xf32>
    %do = nn.mul %2, %c : tensor<12x32xf32>
    %dao = nn.mul %do, %o : tensor<12x32xf32>
    %3 = nn.mul %2, %o : tensor<12x32xf32>
    %dct = nn.add %dc, %3 : tensor<12x32xf32>
    %4 = nn.mul %dct, %c : tensor<12x32xf32>
    %daf = nn.mul %4, %f : tensor<12x32xf32>
    %dc0 = nn.mul %dct, %f : tensor<12x32xf32>
    %dai = nn.mul %dct, %g : tensor<12x32xf32>
    %dag = nn.mul %dct, %i : tensor<12x32xf32>
    %da = nn.concat %dai, %daf, %dag, %dao dim 1 : tensor<12x32xf32>, tensor<12x32xf32>, tensor<12x32xf32>, tensor<12x32xf32> -> tensor<12x128xf32>
    %small = nn.constant dense<0.1> : tensor<12x32xf32>
    %5 = nn.contract %da, %w [0, 1] x [2, 1] -> [0, 2] : tensor<12x128xf32>, tensor<32x128xf32> -> tensor<12x32xf32>
    %dh0 = nn.mul %5, %small : tensor<12x32xf32>
    nn.yield carry(%dh0, %dc0 : tensor<12x32xf32>, tensor<12x32xf32>) emit(%da : tensor<12x128xf32>)
  }
  %dw = nn.contract %hs, %1#2 [0, 1, 2] x [0, 1, 3] -> [2, 3] : tensor<5x12x32xf32>, tensor<5x12x128xf32> -> tensor<32x128xf32>
  %last = nn.slice %1#0 [0, 0, 0] [1, 12, 32] [1, 1, 1] : tensor<6x12x32xf32> -> tensor<1x12x32xf32>
  %dh = nn.reshape %last : tensor<1x12x32xf32> -> tensor<12x32xf32>
  return %ys, %dw, %dh : tensor<5x12x32xf32>, tensor<32x128xf32>, tensor<12x32xf32>
}

// Carries without a trace: one that is read after its new value is computed, two that are swapped.
func.func @lasts(%u: tensor<8x8xf32>, %a0: tensor<6x8xf32>, %b0: tensor<6x8xf32>, %xs: tensor<4x6x8xf32>)
    -> (tensor<1x6x8xf32>, tensor<1x6x8xf32>, tensor<6x8xf32>) {
  %0:4 = nn.scan 4 over(%x = %xs : tensor<4x6x8xf32>)
                   carry(%a = %a0 : tensor<6x8xf32>, %b = %b0 : tensor<6x8xf32>,
                         %c = %b0 : tensor<6x8xf32>, %d = %a0 : tensor<6x8xf32>)
                   with(%w = %u : tensor<8x8xf32>) {
    %s = nn.constant dense<0.25> : tensor<6x8xf32>
    %1 = nn.contract %a, %w [0, 1] x [1, 2] -> [0, 2] : tensor<6x8xf32>, tensor<8x8xf32> -> tensor<6x8xf32>
    %2 = nn.mul %1, %s : tensor<6x8xf32>
    %3 = nn.add %b, %x : tensor<6x8xf32>
    %4 = nn.mul %3, %a : tensor<6x8xf32>
    %5 = nn.tanh %4 : tensor<6x8xf32>
    nn.yield carry(%2, %5, %d, %c : tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>)
  }
  %a1 = nn.slice %0#0 [4, 0, 0] [1, 6, 8] [1, 1, 1] : tensor<5x6x8xf32> -> tensor<1x6x8xf32>
  %b1 = nn.slice %0#1 [4, 0, 0] [1, 6, 8] [1, 1, 1] : tensor<5x6x8xf32> -> tensor<1x6x8xf32>
  %c1 = nn.slice %0#2 [4, 0, 0] [1, 6, 8] [1, 1, 1] : tensor<5x6x8xf32> -> tensor<1x6x8xf32>
  %c2 = nn.reshape %c1 : tensor<1x6x8xf32> -> tensor<6x8xf32>
  return %a1, %b1, %c2 : tensor<1x6x8xf32>, tensor<1x6x8xf32>, tensor<6x8xf32>
}

// Scans in scans, three deep: rows of rows, a carry that passes through all, a trace that is emitted.
func.func @nested(%xs: tensor<2x3x4x10x8xf32>, %h0: tensor<10x8xf32>, %u: tensor<8x8xf32>)
    -> (tensor<3x10x8xf32>, tensor<2x4x10x8xf32>) {
  %0:2 = nn.scan 2 over(%y = %xs : tensor<2x3x4x10x8xf32>) carry(%h = %h0 : tensor<10x8xf32>)
                   with(%w = %u : tensor<8x8xf32>) {
    %1 = nn.scan 3 reverse over(%z = %y : tensor<3x4x10x8xf32>) carry(%g = %h : tensor<10x8xf32>)
                           with(%v = %w : tensor<8x8xf32>) {
      %2 = nn.scan 4 over(%x = %z : tensor<4x10x8xf32>) carry(%f = %g : tensor<10x8xf32>)
                     with(%t = %v : tensor<8x8xf32>) {
        %3 = nn.contract %f, %t [0, 1] x [1, 2] -> [0, 2] : tensor<10x8xf32>, tensor<8x8xf32> -> tensor<10x8xf32>
        %4 = nn.add %3, %x : tensor<10x8xf32>
        %5 = nn.tanh %4 : tensor<10x8xf32>
        nn.yield carry(%5 : tensor<10x8xf32>)
      }
      %6 = nn.slice %2 [4, 0, 0] [1, 10, 8] [1, 1, 1] : tensor<5x10x8xf32> -> tensor<1x10x8xf32>
      %7 = nn.reshape %6 : tensor<1x10x8xf32> -> tensor<10x8xf32>
      %8 = nn.sin %7 : tensor<10x8xf32>
      nn.yield carry(%8 : tensor<10x8xf32>)
    }
    %9 = nn.slice %1 [0, 0, 0] [1, 10, 8] [1, 1, 1] : tensor<4x10x8xf32> -> tensor<1x10x8xf32>
    %10 = nn.reshape %9 : tensor<1x10x8xf32> -> tensor<10x8xf32>
    nn.yield carry(%10 : tensor<10x8xf32>) emit(%1 : tensor<4x10x8xf32>)
  }
  return %0#0, %0#1 : tensor<3x10x8xf32>, tensor<2x4x10x8xf32>
}

// The derivative of a loop in chunks: each step of the outer loop adds up sums over rows, so that threads can share the rows of
// the inner loops alone, between kernels that they share otherwise.
func.func @chunks(%xs: tensor<3x4x12x32xf32>, %h0: tensor<12x32xf32>, %wx: tensor<32x64xf32>, %wh: tensor<32x64xf32>)
    -> (tensor<12x32xf32>, tensor<32x64xf32>, tensor<3x4x12x32xf32>) {
  %zero = nn.constant dense<0.0> : tensor<32x64xf32>
  %fifth = nn.constant dense<0.2> : tensor<32x64xf32>
  %vs = nn.mul %wx, %fifth : tensor<32x64xf32>
  %us = nn.mul %wh, %fifth : tensor<32x64xf32>
  %0:3 = nn.scan 3 over(%x = %xs : tensor<3x4x12x32xf32>) carry(%g = %h0 : tensor<12x32xf32>, %s = %zero : tensor<32x64xf32>)
      with(%v = %vs : tensor<32x64xf32>, %u = %us : tensor<32x64xf32>) {
    %zs = nn.contract %x, %v [0, 1, 2] x [2, 3] -> [0, 1, 3] : tensor<4x12x32xf32>, tensor<32x64xf32> -> tensor<4x12x64xf32>
    %1:2 = nn.scan 4 over(%z = %zs : tensor<4x12x64xf32>) carry(%h = %g : tensor<12x32xf32>) with(%w = %u : tensor<32x64xf32>) {
      %p = nn.contract %h, %w [0, 1] x [1, 2] -> [0, 2] : tensor<12x32xf32>, tensor<32x64xf32> -> tensor<12x64xf32>
      %a = nn.add %z, %p : tensor<12x64xf32>
      %l = nn.slice %a [0, 0] [12, 32] [1, 1] : tensor<12x64xf32> -> tensor<12x32xf32>
      %r = nn.slice %a [0, 32] [12, 32] [1, 1] : tensor<12x64xf32> -> tensor<12x32xf32>
      %i = nn.logistic %l : tensor<12x32xf32>
      %t = nn.tanh %r : tensor<12x32xf32>
      %n = nn.mul %i, %t : tensor<12x32xf32>
      %b = nn.concat %i, %t dim 1 : tensor<12x32xf32>, tensor<12x32xf32> -> tensor<12x64xf32>
      nn.yield carry(%n : tensor<12x32xf32>) emit(%b : tensor<12x64xf32>)
    }
    %hs = nn.slice %1#0 [1, 0, 0] [4, 12, 32] [1, 1, 1] : tensor<5x12x32xf32> -> tensor<4x12x32xf32>
    %last = nn.slice %1#0 [4, 0, 0] [1, 12, 32] [1, 1, 1] : tensor<5x12x32xf32> -> tensor<1x12x32xf32>
    %next = nn.reshape %last : tensor<1x12x32xf32> -> tensor<12x32xf32>
    %d = nn.contract %hs, %1#1 [0, 1, 2] x [0, 1, 3] -> [2, 3] : tensor<4x12x32xf32>, tensor<4x12x64xf32> -> tensor<32x64xf32>
    %sum = nn.add %s, %d : tensor<32x64xf32>
    nn.yield carry(%next, %sum : tensor<12x32xf32>, tensor<32x64xf32>) emit(%hs : tensor<4x12x32xf32>)
  }
  %l0 = nn.slice %0#0 [3, 0, 0] [1, 12, 32] [1, 1, 1] : tensor<4x12x32xf32> -> tensor<1x12x32xf32>
  %end = nn.reshape %l0 : tensor<1x12x32xf32> -> tensor<12x32xf32>
  %l1 = nn.slice %0#1 [3, 0, 0] [1, 32, 64] [1, 1, 1] : tensor<4x32x64xf32> -> tensor<1x32x64xf32>
  %total = nn.reshape %l1 : tensor<1x32x64xf32> -> tensor<32x64xf32>
  return %end, %total, %0#2 : tensor<12x32xf32>, tensor<32x64xf32>, tensor<3x4x12x32xf32>
}
