// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-differentiate))" --split-input-file --verify-diagnostics

// The first gradient waits until the batch is there; the second one, of an example, cannot go through it.
func.func @nested(%w: tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "dense.weight"},
                  %x: tensor<f32> {nn.kind = #nn.kind<input>, nn.name = "x"}) -> tensor<f32> {
  %0 = nn.mul %w, %x : tensor<f32>
  %1 = nn.exp %0 : tensor<f32>
  %2 = nn.batch_mean %1 : tensor<f32>
  // expected-error @+1 {{'nn.gradient' op has no derivative; it is on the path from input `x` to the loss}}
  %3 = nn.gradient %2 wrt %w : tensor<f32> wrt tensor<f32>
  %4 = nn.mul %3, %x : tensor<f32>
  %5 = nn.gradient %4 wrt %x : tensor<f32> wrt tensor<f32>
  return %5 : tensor<f32>
}

// -----

// A requested value that has no name and is not an argument.
func.func @unnamed(%w: tensor<f32>, %x: tensor<f32> {nn.kind = #nn.kind<input>, nn.name = "x"}) -> tensor<f32> {
  %0 = nn.exp %x : tensor<f32>
  %1 = nn.mul %w, %0 : tensor<f32>
  %2 = nn.batch_mean %1 : tensor<f32>
  // expected-error @+1 {{'nn.gradient' op has no derivative; it is on the path from value to the loss}}
  %3 = nn.gradient %2 wrt %w : tensor<f32> wrt tensor<f32>
  %4 = nn.mul %3, %x : tensor<f32>
  %5 = nn.gradient %4 wrt %0 : tensor<f32> wrt tensor<f32>
  return %5 : tensor<f32>
}

// -----

// The parameter reaches the loss of each example by way of all examples.
func.func @shared(%w: tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "dense.weight"},
                  %x: tensor<f32> {nn.kind = #nn.kind<input>, nn.name = "x"}) -> tensor<f32> {
  %0 = nn.mul %w, %x : tensor<f32>
  // expected-error @+1 {{'nn.batch_sum' op lies between a value that all examples share and what is differentiated by it}}
  %1 = nn.batch_sum %0 : tensor<f32>
  %2 = nn.mul %1, %x : tensor<f32>
  %3 = nn.gradient %2 wrt %w : tensor<f32> wrt tensor<f32>
  return %3 : tensor<f32>
}
