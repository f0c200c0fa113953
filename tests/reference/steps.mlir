// RUN: nn-check --steps %s | FileCheck %s
// At each position, each function equals its step function, run position by position.

// CHECK: passed rnn
func.func @rnn(%e: tensor<7x4xf64> {nn.kind = #nn.kind<parameter>, nn.name = "e"},
               %w: tensor<4x4xf64> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
               %x: tensor<33xi32> {nn.kind = #nn.kind<token>, nn.name = "x", nn.range = [0.0, 6.0]})
    -> (tensor<33x7xf64> {nn.kind = #nn.kind<example_output>, nn.name = "logits"}) {
  %zero = nn.constant dense<0.0> : tensor<4xf64>
  %rows = nn.gather %e, %x batch_dims 0 : tensor<7x4xf64>, tensor<33xi32> -> tensor<33x4xf64>
  %h = nn.scan 33 over(%row = %rows : tensor<33x4xf64>) carry(%h_t = %zero : tensor<4xf64>)
                  with(%w_t = %w : tensor<4x4xf64>) {
    %product = nn.contract %h_t, %w_t [0] x [0, 1] -> [1] : tensor<4xf64>, tensor<4x4xf64> -> tensor<4xf64>
    %sum = nn.add %product, %row : tensor<4xf64>
    %next = nn.tanh %sum : tensor<4xf64>
    nn.yield carry(%next : tensor<4xf64>)
  }
  %hs = nn.slice %h [1, 0] [33, 4] [1, 1] : tensor<34x4xf64> -> tensor<33x4xf64>
  %logits = nn.contract %hs, %e [0, 1] x [2, 1] -> [0, 2] : tensor<33x4xf64>, tensor<7x4xf64> -> tensor<33x7xf64>
  return %logits : tensor<33x7xf64>
}

// Two scans, the second over the carries of the first before each step and over its emits; the last carry.
// CHECK: passed stacked
func.func @stacked(%init: tensor<3xf64> {nn.kind = #nn.kind<parameter>, nn.name = "init"},
                   %x: tensor<9x3xf64> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf64> {nn.kind = #nn.kind<example_output>, nn.name = "y"},
        tensor<3xf64> {nn.kind = #nn.kind<example_output>, nn.name = "last"}) {
  %first = nn.exp %init : tensor<3xf64>
  %h, %out = nn.scan 9 over(%x_t = %x : tensor<9x3xf64>) carry(%h_t = %first : tensor<3xf64>) {
    %sum = nn.add %h_t, %x_t : tensor<3xf64>
    %next = nn.tanh %sum : tensor<3xf64>
    %emitted = nn.mul %next, %h_t : tensor<3xf64>
    nn.yield carry(%next : tensor<3xf64>) emit(%emitted : tensor<3xf64>)
  }
  %before = nn.slice %h [0, 0] [9, 3] [1, 1] : tensor<10x3xf64> -> tensor<9x3xf64>
  %g = nn.scan 9 over(%a = %before : tensor<9x3xf64>, %b = %out : tensor<9x3xf64>)
                 carry(%g_t = %init : tensor<3xf64>) {
    %product = nn.mul %a, %g_t : tensor<3xf64>
    %next = nn.add %product, %b : tensor<3xf64>
    nn.yield carry(%next : tensor<3xf64>)
  }
  %y = nn.slice %g [1, 0] [9, 3] [1, 1] : tensor<10x3xf64> -> tensor<9x3xf64>
  %row = nn.slice %g [9, 0] [1, 3] [1, 1] : tensor<10x3xf64> -> tensor<1x3xf64>
  %last = nn.reshape %row : tensor<1x3xf64> -> tensor<3xf64>
  return %y, %last : tensor<9x3xf64>, tensor<3xf64>
}

// Causal windows, dilated ones over them, and a margin of another value.
// CHECK: passed convolutions
func.func @convolutions(%w: tensor<3x3x3xf64> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                        %x: tensor<11x3xf64> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<11x3xf64> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %padded = nn.pad %x [2, 0] [0, 0] value 0.5 : tensor<11x3xf64> -> tensor<13x3xf64>
  %windows = nn.windows %padded [0] sizes [3] strides [1] dilations [1] : tensor<13x3xf64> -> tensor<11x3x3xf64>
  %product = nn.contract %windows, %w [0, 1, 2] x [2, 1, 3] -> [0, 3] : tensor<11x3x3xf64>, tensor<3x3x3xf64> -> tensor<11x3xf64>
  %active = nn.tanh %product : tensor<11x3xf64>
  %again = nn.pad %active [5, 0] [2, 0] value 0.0 : tensor<11x3xf64> -> tensor<18x3xf64>
  %dilated = nn.windows %again [0] sizes [3] strides [1] dilations [2] : tensor<18x3xf64> -> tensor<14x3x3xf64>
  %maximum = nn.reduce_max %dilated [2] : tensor<14x3x3xf64> -> tensor<14x3xf64>
  %y = nn.slice %maximum [1, 0] [11, 3] [1, 1] : tensor<14x3xf64> -> tensor<11x3xf64>
  return %y : tensor<11x3xf64>
}

// Rows of a parameter in another dimension, numbers of positions, running sums, shifts by a
// concatenation, other orders of dimensions.
// CHECK: passed positions
func.func @positions(%p: tensor<3x7xf64> {nn.kind = #nn.kind<parameter>, nn.name = "p"},
                     %front: tensor<2x3xf64> {nn.kind = #nn.kind<parameter>, nn.name = "front"},
                     %x: tensor<7x3xf64> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<7x3xf64> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %turned = nn.transpose %x [1, 0] : tensor<7x3xf64> -> tensor<3x7xf64>
  %moved = nn.add %turned, %p : tensor<3x7xf64>
  %number = nn.iota 1 : tensor<3x7xf64>
  %numbered = nn.mul %moved, %number : tensor<3x7xf64>
  %sums = nn.cumulative_sum %numbered dim 1 : tensor<3x7xf64>
  %back = nn.transpose %sums [1, 0] : tensor<3x7xf64> -> tensor<7x3xf64>
  %shifted = nn.concat %front, %back dim 0 : tensor<2x3xf64>, tensor<7x3xf64> -> tensor<9x3xf64>
  %late = nn.slice %shifted [0, 0] [7, 3] [1, 1] : tensor<9x3xf64> -> tensor<7x3xf64>
  %scale = nn.reduce_sum %front [0] : tensor<2x3xf64> -> tensor<3xf64>
  %scales = nn.broadcast %scale [1] : tensor<3xf64> -> tensor<7x3xf64>
  %scaled = nn.mul %late, %scales : tensor<7x3xf64>
  %y = nn.add %scaled, %back : tensor<7x3xf64>
  return %y : tensor<7x3xf64>
}

// A norm over the features, a choice among them, and an integer carry.
// CHECK: passed choices
func.func @choices(%x: tensor<8x4xf64> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<8x4xf64> {nn.kind = #nn.kind<example_output>, nn.name = "y"},
        tensor<8xi32> {nn.kind = #nn.kind<example_output>, nn.name = "best"},
        tensor<8xi32> {nn.kind = #nn.kind<example_output>, nn.name = "count"}) {
  %maximum = nn.reduce_max %x [1] : tensor<8x4xf64> -> tensor<8xf64>
  %wide = nn.broadcast %maximum [0] : tensor<8xf64> -> tensor<8x4xf64>
  %below = nn.sub %x, %wide : tensor<8x4xf64>
  %order = nn.argsort %x dim 1 : tensor<8x4xf64>
  %y = nn.gather %below, %order batch_dims 1 : tensor<8x4xf64>, tensor<8x4xi32> -> tensor<8x4xf64>
  %best = nn.argmax %y dim 1 : tensor<8x4xf64> -> tensor<8xi32>
  %zero = nn.constant dense<0> : tensor<i32>
  %counts = nn.scan 8 over(%b = %best : tensor<8xi32>) carry(%c = %zero : tensor<i32>) {
    %sum = nn.add %c, %b : tensor<i32>
    nn.yield carry(%sum : tensor<i32>)
  }
  %count = nn.slice %counts [1] [8] [1] : tensor<9xi32> -> tensor<8xi32>
  return %y, %best, %count : tensor<8x4xf64>, tensor<8xi32>, tensor<8xi32>
}

// An encoder, whose last state is the initial carry, and whose states are read at each position.
// CHECK: passed translate
func.func @translate(%source: tensor<5x4xf64> {nn.kind = #nn.kind<input>, nn.name = "source"},
                     %x: tensor<9x4xf64> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x4xf64> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %zero = nn.constant dense<0.0> : tensor<4xf64>
  %read = nn.scan 5 over(%s = %source : tensor<5x4xf64>) carry(%h = %zero : tensor<4xf64>) {
    %sum = nn.add %h, %s : tensor<4xf64>
    %next = nn.tanh %sum : tensor<4xf64>
    nn.yield carry(%next : tensor<4xf64>)
  }
  %row = nn.slice %read [5, 0] [1, 4] [1, 1] : tensor<6x4xf64> -> tensor<1x4xf64>
  %last = nn.reshape %row : tensor<1x4xf64> -> tensor<4xf64>
  %write = nn.scan 9 over(%t = %x : tensor<9x4xf64>) carry(%h = %last : tensor<4xf64>)
                     with(%r = %read : tensor<6x4xf64>) {
    %weights = nn.contract %r, %h [0, 1] x [1] -> [0] : tensor<6x4xf64>, tensor<4xf64> -> tensor<6xf64>
    %context = nn.contract %weights, %r [0] x [0, 1] -> [1] : tensor<6xf64>, tensor<6x4xf64> -> tensor<4xf64>
    %moved = nn.add %context, %t : tensor<4xf64>
    %next = nn.tanh %moved : tensor<4xf64>
    nn.yield carry(%next : tensor<4xf64>)
  }
  %y = nn.slice %write [1, 0] [9, 4] [1, 1] : tensor<10x4xf64> -> tensor<9x4xf64>
  return %y : tensor<9x4xf64>
}
