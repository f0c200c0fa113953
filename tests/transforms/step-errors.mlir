// RUN: nn-opt %s -split-input-file --nn-step --verify-diagnostics

func.func @mean(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: looks at positions after t, since it is computed from all of them}}
  %y = nn.reduce_sum %x [0] : tensor<9x3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

func.func @reverse(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: looks at positions after t}}
  %y = nn.reverse %x [0] : tensor<9x3xf32>
  return %y : tensor<9x3xf32>
}

// -----

func.func @backwards(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<10x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %zero = nn.constant dense<0.0> : tensor<3xf32>
  // expected-error@+1 {{cannot generate: looks at positions after t}}
  %y = nn.scan 9 reverse over(%x_t = %x : tensor<9x3xf32>) carry(%h = %zero : tensor<3xf32>) {
    %sum = nn.add %h, %x_t : tensor<3xf32>
    nn.yield carry(%sum : tensor<3xf32>)
  }
  return %y : tensor<10x3xf32>
}

// -----

func.func @next(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<8x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: looks at positions after t}}
  %y = nn.slice %x [1, 0] [8, 3] [1, 1] : tensor<9x3xf32> -> tensor<8x3xf32>
  return %y : tensor<8x3xf32>
}

// -----

func.func @window(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %padded = nn.pad %x [1, 0] [1, 0] value 0.0 : tensor<9x3xf32> -> tensor<11x3xf32>
  // expected-error@+1 {{cannot generate: looks at positions after t}}
  %y = nn.windows %padded [0] sizes [3] strides [1] dilations [1] : tensor<11x3xf32> -> tensor<9x3x3xf32>
  return %y : tensor<9x3x3xf32>
}

// -----

func.func @scores(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    // expected-error@+2 {{cannot generate: `y` compares positions with each other}}
    -> (tensor<9x9xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %y = nn.contract %x, %x [0, 1] x [2, 1] -> [0, 2] : tensor<9x3xf32>, tensor<9x3xf32> -> tensor<9x9xf32>
  return %y : tensor<9x9xf32>
}

// -----

func.func @unmasked(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %scores = nn.contract %x, %x [0, 1] x [2, 1] -> [0, 2] : tensor<9x3xf32>, tensor<9x3xf32> -> tensor<9x9xf32>
  // expected-error@+1 {{cannot generate: looks at positions after t, which a condition such as `where s <= t` leaves out}}
  %y = nn.reduce_sum %scores [1] : tensor<9x9xf32> -> tensor<9xf32>
  return %y : tensor<9xf32>
}

// -----

func.func @other(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"},
                 // expected-error@+1 {{cannot generate: `y` does not depend on the tokens}}
                 %z: tensor<9x3xf32> {nn.kind = #nn.kind<input>, nn.name = "z"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  return %z : tensor<9x3xf32>
}

// -----

// expected-error@+1 {{cannot generate: the token input has no positions}}
func.func @scalar(%x: tensor<i32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<i32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  return %x : tensor<i32>
}

// -----

func.func @columns(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<3x9xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: the first dimension of `y` is not that of the positions}}
  %y = nn.transpose %x [1, 0] : tensor<9x3xf32> -> tensor<3x9xf32>
  return %y : tensor<3x9xf32>
}

// -----

func.func @last(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %row = nn.slice %x [8, 0] [1, 3] [1, 1] : tensor<9x3xf32> -> tensor<1x3xf32>
  %last = nn.reshape %row : tensor<1x3xf32> -> tensor<3xf32>
  %all = nn.broadcast %last [1] : tensor<3xf32> -> tensor<9x3xf32>
  // expected-error@+1 {{cannot generate: uses a value of the last position at earlier positions}}
  %y = nn.add %x, %all : tensor<9x3xf32>
  return %y : tensor<9x3xf32>
}

// -----

func.func @every_other(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<5x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: takes one of every 2 positions}}
  %y = nn.slice %x [0, 0] [5, 3] [2, 1] : tensor<9x3xf32> -> tensor<5x3xf32>
  return %y : tensor<5x3xf32>
}

// -----

func.func @third(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<1x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: takes one position out of the sequence}}
  %y = nn.slice %x [2, 0] [1, 3] [1, 1] : tensor<9x3xf32> -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// -----

func.func @twice(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<18x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: appends positions to the whole sequence}}
  %y = nn.concat %x, %x dim 0 : tensor<9x3xf32>, tensor<9x3xf32> -> tensor<18x3xf32>
  return %y : tensor<18x3xf32>
}

// -----

func.func @prepended(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<10x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %row = nn.slice %x [8, 0] [1, 3] [1, 1] : tensor<9x3xf32> -> tensor<1x3xf32>
  // expected-error@+1 {{cannot generate: prepends a value that depends on the tokens to the sequence}}
  %y = nn.concat %row, %x dim 0 : tensor<1x3xf32>, tensor<9x3xf32> -> tensor<10x3xf32>
  return %y : tensor<10x3xf32>
}

// -----

func.func @strided(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<4x3x2xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: takes one of every 2 positions}}
  %y = nn.windows %x [0] sizes [2] strides [2] dilations [1] : tensor<9x3xf32> -> tensor<4x3x2xf32>
  return %y : tensor<4x3x2xf32>
}

// -----

func.func @sorted(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xi32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: looks at positions after t}}
  %y = nn.argsort %x dim 0 : tensor<9x3xf32>
  return %y : tensor<9x3xi32>
}

// -----

func.func @start(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<6x9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: takes the whole sequence as an initial value or an invariant}}
  %y = nn.scan 5 carry(%h = %x : tensor<9x3xf32>) {
    %next = nn.tanh %h : tensor<9x3xf32>
    nn.yield carry(%next : tensor<9x3xf32>)
  }
  return %y : tensor<6x9x3xf32>
}

// -----

func.func @over_columns(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<4x9xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %zero = nn.constant dense<0.0> : tensor<9xf32>
  %columns = nn.transpose %x [1, 0] : tensor<9x3xf32> -> tensor<3x9xf32>
  // expected-error@+1 {{cannot generate: runs over another dimension than that of the positions}}
  %y = nn.scan 3 over(%column = %columns : tensor<3x9xf32>) carry(%h = %zero : tensor<9xf32>) {
    %sum = nn.add %h, %column : tensor<9xf32>
    nn.yield carry(%sum : tensor<9xf32>)
  }
  return %y : tensor<4x9xf32>
}

// -----

func.func @batch(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: `batch_mean` cannot be computed position by position}}
  %y = nn.batch_mean %x : tensor<9x3xf32>
  return %y : tensor<9x3xf32>
}

// -----

// expected-error@+1 {{cannot generate: `y` does not depend on the tokens}}
func.func @constant(%w: tensor<9x3xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                    %x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  return %w : tensor<9x3xf32>
}
