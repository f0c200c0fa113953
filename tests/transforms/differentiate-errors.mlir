// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-differentiate))" --split-input-file --verify-diagnostics

func.func @floor(%w: tensor<f32> {nn.kind = "parameter", nn.name = "dense.weight"}) -> tensor<f32> {
  %0 = nn.exp %w : tensor<f32>
  // expected-error @+1 {{'nn.floor' op has no derivative; it is on the path from parameter `dense.weight` to the loss}}
  %1 = nn.floor %0 : tensor<f32>
  %2 = nn.mul %1, %1 : tensor<f32>
  %3 = nn.gradient %2 wrt %w : tensor<f32> wrt tensor<f32>
  return %3 : tensor<f32>
}

// -----

// A path through integers: what made them is named.
func.func @accuracy(%x: tensor<3xf32> {nn.kind = "input", nn.name = "image"}, %label: tensor<i32>) -> tensor<3xf32> {
  // expected-error @+1 {{'nn.argmax' op has no derivative; it is on the path from input `image` to the loss}}
  %0 = nn.argmax %x dim 0 : tensor<3xf32> -> tensor<i32>
  %1 = nn.compare eq %0, %label : tensor<i32>
  %2 = nn.convert %1 : tensor<i1> -> tensor<f32>
  %3 = nn.gradient %2 wrt %x : tensor<f32> wrt tensor<3xf32>
  return %3 : tensor<3xf32>
}

// -----

// A wanted value that has no name and is no argument.
func.func @unnamed(%x: tensor<f32>) -> tensor<f32> {
  %0 = nn.exp %x : tensor<f32>
  // expected-error @+1 {{'nn.sign' op has no derivative; it is on the path from value to the loss}}
  %1 = nn.sign %0 : tensor<f32>
  %2 = nn.gradient %1 wrt %0 : tensor<f32> wrt tensor<f32>
  return %2 : tensor<f32>
}

// -----

func.func @batch(%w: tensor<f32> {nn.kind = "parameter", nn.name = "w"}) -> tensor<f32> {
  // expected-error @+1 {{'nn.batch_mean' op has no derivative; it is on the path from parameter `w` to the loss}}
  %0 = nn.batch_mean %w : tensor<f32>
  %1 = nn.gradient %0 wrt %w : tensor<f32> wrt tensor<f32>
  return %1 : tensor<f32>
}
