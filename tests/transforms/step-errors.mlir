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

func.func @attention(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x9xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error@+1 {{cannot generate: compares positions with each other: attention is not supported yet}}
  %y = nn.contract %x, %x [0, 1] x [2, 1] -> [0, 2] : tensor<9x3xf32>, tensor<9x3xf32> -> tensor<9x9xf32>
  return %y : tensor<9x9xf32>
}

// -----

func.func @two(%x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"},
               // expected-error@+1 {{cannot generate: the model takes more than one sequence}}
               %z: tensor<9x3xf32> {nn.kind = #nn.kind<input>, nn.name = "z"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  %y = nn.add %x, %z : tensor<9x3xf32>
  return %y : tensor<9x3xf32>
}

// -----

// expected-error@+1 {{cannot generate: `y` does not depend on the tokens}}
func.func @constant(%w: tensor<9x3xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                    %x: tensor<9x3xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
    -> (tensor<9x3xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  return %w : tensor<9x3xf32>
}
