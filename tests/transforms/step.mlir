// RUN: nn-opt %s -split-input-file --nn-step | FileCheck %s
// RUN: nn-opt %s -split-input-file --nn-step --nn-add-batch=batch=2 | FileCheck --check-prefix=SEVERAL %s

// A recurrent network: the embedding and the product are rows, the carry is the cache.
// CHECK-LABEL: func.func @rnn_begin
// CHECK-SAME:    -> (tensor<4xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"})
// CHECK:         %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK:         return %[[ZERO]]
// CHECK-LABEL: func.func @rnn_step
// CHECK-SAME:    %[[E:[a-z0-9]*]]: tensor<7x4xf32> {nn.kind = #nn.kind<parameter>, nn.name = "e"}
// CHECK-SAME:    %[[X:[a-z0-9]*]]: tensor<1xi32> {nn.kind = #nn.kind<token>, nn.name = "x"}
// CHECK-SAME:    tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "position"}
// CHECK-SAME:    %[[H:[a-z0-9]*]]: tensor<4xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"})
// CHECK-SAME:    -> (tensor<1x7xf32> {nn.kind = #nn.kind<output>, nn.name = "logits"},
// CHECK-SAME:        tensor<4xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"})
// CHECK-SAME:    nn.limit = 0 : i64
// CHECK-SAME:    nn.steps
// CHECK-NOT:     nn.scan
// CHECK:         %[[ROW:.*]] = nn.gather %[[E]], %[[X]] batch_dims 0 : {{.*}} -> tensor<1x4xf32>
// CHECK:         %[[ROW_T:.*]] = nn.reshape %[[ROW]] : tensor<1x4xf32> -> tensor<4xf32>
// CHECK:         %[[SUM:.*]] = nn.add %[[H]], %[[ROW_T]] : tensor<4xf32>
// CHECK:         %[[NEXT:.*]] = nn.tanh %[[SUM]] : tensor<4xf32>
// CHECK:         %[[OUT:.*]] = nn.contract {{.*}} -> tensor<1x7xf32>
// CHECK:         return %[[OUT]], %[[NEXT]]
func.func @rnn(%e: tensor<7x4xf32> {nn.kind = #nn.kind<parameter>, nn.name = "e"},
               %x: tensor<9xi32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x7xf32> {nn.kind = #nn.kind<example_output>, nn.name = "logits"}) {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  %rows = nn.gather %e, %x batch_dims 0 : tensor<7x4xf32>, tensor<9xi32> -> tensor<9x4xf32>
  %h = nn.scan 9 over(%row = %rows : tensor<9x4xf32>) carry(%h_t = %zero : tensor<4xf32>) {
    %sum = nn.add %h_t, %row : tensor<4xf32>
    %next = nn.tanh %sum : tensor<4xf32>
    nn.yield carry(%next : tensor<4xf32>)
  }
  %hs = nn.slice %h [1, 0] [9, 4] [1, 1] : tensor<10x4xf32> -> tensor<9x4xf32>
  %logits = nn.contract %hs, %e [0, 1] x [2, 1] -> [0, 2] : tensor<9x4xf32>, tensor<7x4xf32> -> tensor<9x7xf32>
  return %logits : tensor<9x7xf32>
}

// -----

// Windows behind a margin keep a ring buffer of the previous rows, which begins with the margin.
// CHECK-LABEL: func.func @convolution_begin
// CHECK:         %[[MARGIN:.*]] = nn.constant dense<0.000000e+00> : tensor<2x3xf32>
// CHECK:         %[[RING:.*]] = nn.slice %[[MARGIN]] [0, 0] [2, 3] [1, 1]
// CHECK:         return %[[RING]] : tensor<2x3xf32>
// CHECK-LABEL: func.func @convolution_step
// CHECK-SAME:    %[[X:[a-z0-9]*]]: tensor<1x3xf32>
// CHECK-SAME:    %[[RING:[a-z0-9]*]]: tensor<2x3xf32> {nn.kind = #nn.kind<cache>, nn.name = "ring.pad"}
// CHECK:         %[[NEW:.*]] = nn.pad %[[X]] [0, 0] [0, 0]
// CHECK:         %[[ROWS:.*]] = nn.concat %[[RING]], %[[NEW]] dim 0
// CHECK:         %[[KEPT:.*]] = nn.slice %[[ROWS]] [1, 0] [2, 3] [1, 1] : tensor<3x3xf32> -> tensor<2x3xf32>
// CHECK:         nn.windows %[[ROWS]] [0] sizes [3] strides [1] dilations [1] : tensor<3x3xf32> -> tensor<1x3x3xf32>
// CHECK:         return %{{.*}}, %[[KEPT]]
func.func @convolution(%w: tensor<3x3x3xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                       %x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %padded = nn.pad %x [2, 0] [0, 0] value 0.0 : tensor<9x3xf32> -> tensor<11x3xf32>
  %windows = nn.windows %padded [0] sizes [3] strides [1] dilations [1] : tensor<11x3xf32> -> tensor<9x3x3xf32>
  %y = nn.contract %windows, %w [0, 1, 2] x [2, 1, 3] -> [0, 3] : tensor<9x3x3xf32>, tensor<3x3x3xf32> -> tensor<9x3xf32>
  return %y : tensor<9x3xf32>
}

// -----

// Rows of a parameter are looked up by the number of the position, and limit the positions; a timeless
// value that costs work is computed once; a running sum keeps its sum.
// CHECK-LABEL: func.func @positions_begin
// CHECK:         %[[EXP:.*]] = nn.exp
// CHECK:         return %[[EXP]], %{{.*}} : tensor<3xf32>, tensor<1x3xf32>
// CHECK-LABEL: func.func @positions_step
// CHECK-SAME:    %[[P:[a-z0-9]*]]: tensor<9x3xf32> {nn.kind = #nn.kind<parameter>
// CHECK-SAME:    %[[POSITION:[a-z0-9]*]]: tensor<i64>
// CHECK-SAME:    %[[EXP:[a-z0-9]*]]: tensor<3xf32> {nn.kind = #nn.kind<cache>, nn.name = "timeless.exp"}
// CHECK-SAME:    %[[SUM:[a-z0-9]*]]: tensor<1x3xf32> {nn.kind = #nn.kind<cache>, nn.name = "sum.cumulative_sum"}
// CHECK-SAME:    nn.limit = 9 : i64
// CHECK:         %[[NUMBER:.*]] = nn.convert %[[POSITION]] : tensor<i64> -> tensor<i32>
// CHECK:         %[[AT:.*]] = nn.broadcast %[[NUMBER]] []
// CHECK:         nn.gather %[[P]], %[[AT]] batch_dims 0 : {{.*}} -> tensor<1x3xf32>
// CHECK:         nn.broadcast %[[EXP]] [1] : tensor<3xf32> -> tensor<1x3xf32>
// CHECK:         nn.add %[[SUM]], %
func.func @positions(%p: tensor<9x3xf32> {nn.kind = #nn.kind<parameter>, nn.name = "p"},
                     %s: tensor<3xf32> {nn.kind = #nn.kind<parameter>, nn.name = "s"},
                     %x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %moved = nn.add %x, %p : tensor<9x3xf32>
  %exp = nn.exp %s : tensor<3xf32>
  %scale = nn.broadcast %exp [1] : tensor<3xf32> -> tensor<9x3xf32>
  %scaled = nn.mul %moved, %scale : tensor<9x3xf32>
  %y = nn.cumulative_sum %scaled dim 0 : tensor<9x3xf32>
  return %y : tensor<9x3xf32>
}

// -----

// The previous row comes from a ring buffer; the last row is the current row.
// CHECK-LABEL: func.func @last_step
// CHECK-SAME:    -> (tensor<3xf32> {nn.kind = #nn.kind<output>, nn.name = "y"},
// CHECK:         %[[BACK:.*]] = nn.slice %{{.*}} [0, 0] [1, 3] [1, 1] : tensor<2x3xf32> -> tensor<1x3xf32>
// CHECK:         %[[DIFFERENCE:.*]] = nn.sub %{{.*}}, %[[BACK]] : tensor<1x3xf32>
// CHECK:         %[[ROW:.*]] = nn.slice %[[DIFFERENCE]] [0, 0] [1, 3] [1, 1]
// CHECK:         %[[SAME:.*]] = nn.slice %[[ROW]] [0, 0] [1, 3] [1, 1]
// CHECK:         nn.reshape %[[SAME]] : tensor<1x3xf32> -> tensor<3xf32>
func.func @last(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %padded = nn.pad %x [1, 0] [0, 0] value 0.0 : tensor<9x3xf32> -> tensor<10x3xf32>
  %back = nn.slice %padded [0, 0] [9, 3] [1, 1] : tensor<10x3xf32> -> tensor<9x3xf32>
  %difference = nn.sub %x, %back : tensor<9x3xf32>
  %row = nn.slice %difference [8, 0] [1, 3] [1, 1] : tensor<9x3xf32> -> tensor<1x3xf32>
  %y = nn.reshape %row : tensor<1x3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// Values that depend on other inputs alone are computed once: an encoder, whose last state is the initial carry. A value
// that each step reads is cached; the step function does not take the input.
// CHECK-LABEL: func.func @translate_begin
// CHECK-SAME:    %[[SOURCE:[a-z0-9]*]]: tensor<5x4xf32> {nn.kind = #nn.kind<input>, nn.name = "source"}
// CHECK:         %[[READ:.*]] = nn.scan 5
// CHECK:         return %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xf32>
// CHECK-LABEL: func.func @translate_step
// CHECK-NOT:     nn.kind<input>
// CHECK-SAME:    %[[X:[a-z0-9]*]]: tensor<1x4xf32> {nn.kind = #nn.kind<token>, nn.name = "x"}
// CHECK-SAME:    %[[H:[a-z0-9]*]]: tensor<4xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"}
// CHECK-SAME:    %[[LAST:[a-z0-9]*]]: tensor<4xf32> {nn.kind = #nn.kind<cache>, nn.name = "timeless.reshape"}
// CHECK-NOT:     nn.scan
// CHECK:         nn.add %[[H]],
// CHECK:         nn.broadcast %[[LAST]] [1] : tensor<4xf32> -> tensor<1x4xf32>
func.func @translate(%source: tensor<5x4xf32> {nn.kind = #nn.kind<input>, nn.name = "source"},
                     %x: tensor<9x4xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x4xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %zero = nn.constant dense<0.0> : tensor<4xf32>
  %read = nn.scan 5 over(%s = %source : tensor<5x4xf32>) carry(%h = %zero : tensor<4xf32>) {
    %sum = nn.add %h, %s : tensor<4xf32>
    %next = nn.tanh %sum : tensor<4xf32>
    nn.yield carry(%next : tensor<4xf32>)
  }
  %row = nn.slice %read [5, 0] [1, 4] [1, 1] : tensor<6x4xf32> -> tensor<1x4xf32>
  %last = nn.reshape %row : tensor<1x4xf32> -> tensor<4xf32>
  %write = nn.scan 9 over(%t = %x : tensor<9x4xf32>) carry(%h = %last : tensor<4xf32>) {
    %sum = nn.add %h, %t : tensor<4xf32>
    %next = nn.tanh %sum : tensor<4xf32>
    nn.yield carry(%next : tensor<4xf32>)
  }
  %states = nn.slice %write [1, 0] [9, 4] [1, 1] : tensor<10x4xf32> -> tensor<9x4xf32>
  %all = nn.broadcast %last [1] : tensor<4xf32> -> tensor<9x4xf32>
  %y = nn.add %states, %all : tensor<9x4xf32>
  return %y : tensor<9x4xf32>
}

// -----

// Attention: the rows of keys and values are stored in the cache at the current position, and the row of
// the current position attends to all of them. The mask, of the numbers of the positions, leaves out later
// ones.
// CHECK-LABEL: func.func @attention_begin
// CHECK:         %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<9x3xf32>
// CHECK:         return %[[ZERO]]
// CHECK-LABEL: func.func @attention_step
// CHECK-SAME:    %[[X:[a-z0-9]*]]: tensor<1x3xf32> {nn.kind = #nn.kind<token>
// CHECK-SAME:    %[[POSITION:[a-z0-9]*]]: tensor<i64>
// CHECK-SAME:    %[[ROWS:[a-z0-9.]*]]: tensor<9x3xf32> {nn.kind = #nn.kind<cache>, nn.name = "rows.x"}
// CHECK-SAME:    nn.limit = 9 : i64
// CHECK-DAG:     %[[NUMBER:.*]] = nn.convert %[[POSITION]] : tensor<i64> -> tensor<i32>
// CHECK-DAG:     %[[MASK:.*]] = nn.compare le %{{.*}}, %{{.*}} : tensor<1x9xi32>
// CHECK-DAG:     %[[HERE:.*]] = nn.compare eq %{{.*}}, %{{.*}} : tensor<9xi32>
// CHECK:         %[[STORED:.*]] = nn.select %{{.*}}, %{{.*}}, %[[ROWS]] : tensor<9x3xf32>
// CHECK:         %[[SCORES:.*]] = nn.contract %[[X]], %[[STORED]] {{.*}} -> tensor<1x9xf32>
// CHECK:         %[[KEPT:.*]] = nn.select %[[MASK]], %[[SCORES]], %{{.*}} : tensor<1x9xf32>
// CHECK:         nn.contract %[[KEPT]], %[[STORED]] {{.*}} -> tensor<1x3xf32>
// CHECK:         return %{{.*}}, %[[STORED]]
func.func @attention(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %scores = nn.contract %x, %x [0, 1] x [2, 1] -> [0, 2] : tensor<9x3xf32>, tensor<9x3xf32> -> tensor<9x9xf32>
  %s = nn.iota 1 : tensor<9x9xi32>
  %t = nn.iota 0 : tensor<9x9xi32>
  %mask = nn.compare le %s, %t : tensor<9x9xi32>
  %zero = nn.constant dense<0.0> : tensor<9x9xf32>
  %kept = nn.select %mask, %scores, %zero : tensor<9x9xf32>
  %y = nn.contract %kept, %x [0, 1] x [1, 2] -> [0, 2] : tensor<9x9xf32>, tensor<9x3xf32> -> tensor<9x3xf32>
  return %y : tensor<9x3xf32>
}

// -----

// Several sequences: a step of one becomes a step of three, each with its own token and carry.
// CHECK-LABEL: func.func @several_step
// CHECK-SAME:    tensor<2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"}
// CHECK-LABEL: func.func @several_rows
// CHECK-SAME:    tensor<2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"}
// CHECK-SAME:    nn.rows = 3 : i64
// SEVERAL-LABEL: func.func @several_step
// SEVERAL-SAME:    tensor<2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"}
// SEVERAL-LABEL: func.func @several_rows
// SEVERAL-SAME:    %[[W:[a-z0-9]*]]: tensor<f32> {nn.kind = #nn.kind<parameter>
// SEVERAL-SAME:    %[[X:[a-z0-9]*]]: tensor<3x1x2xf32> {nn.kind = #nn.kind<token>, nn.name = "x"}
// SEVERAL-SAME:    tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "position"}
// SEVERAL-SAME:    %[[H:[a-z0-9]*]]: tensor<3x2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"})
// SEVERAL-SAME:    -> (tensor<3x1x2xf32> {nn.kind = #nn.kind<output>, nn.name = "y"},
// SEVERAL-SAME:        tensor<3x2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"})
// SEVERAL:         nn.add %[[H]], %{{.*}} : tensor<3x2xf32>
func.func @several(%w: tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                   %x: tensor<9x2xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x2xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"})
    attributes {nn.rows = 3 : i64} {
  %zero = nn.constant dense<0.0> : tensor<2xf32>
  %h = nn.scan 9 over(%x_t = %x : tensor<9x2xf32>) carry(%h_t = %zero : tensor<2xf32>) {
    %sum = nn.add %h_t, %x_t : tensor<2xf32>
    nn.yield carry(%sum : tensor<2xf32>)
  }
  %hs = nn.slice %h [1, 0] [9, 2] [1, 1] : tensor<10x2xf32> -> tensor<9x2xf32>
  %v = nn.broadcast %w [] : tensor<f32> -> tensor<9x2xf32>
  %y = nn.mul %hs, %v : tensor<9x2xf32>
  return %y : tensor<9x2xf32>
}
