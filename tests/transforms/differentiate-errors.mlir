// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-differentiate))" --split-input-file --verify-diagnostics

func.func @batch(%w: tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "dense.weight"}) -> tensor<f32> {
  %0 = nn.exp %w : tensor<f32>
  // expected-error @+1 {{'nn.batch_mean' op has no derivative; it is on the path from parameter `dense.weight` to the loss}}
  %1 = nn.batch_mean %0 : tensor<f32>
  %2 = nn.gradient %1 wrt %w : tensor<f32> wrt tensor<f32>
  return %2 : tensor<f32>
}

// -----

// A requested value that has no name and is not an argument.
func.func @unnamed(%x: tensor<f32>) -> tensor<f32> {
  %0 = nn.exp %x : tensor<f32>
  // expected-error @+1 {{'nn.batch_sum' op has no derivative; it is on the path from value to the loss}}
  %1 = nn.batch_sum %0 : tensor<f32>
  %2 = nn.gradient %1 wrt %0 : tensor<f32> wrt tensor<f32>
  return %2 : tensor<f32>
}
