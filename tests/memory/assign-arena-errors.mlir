// RUN: nn-opt --assign-arena --verify-diagnostics --split-input-file %s

// expected-error @+1 {{takes or gives 'tensor<index>', for which no memory can be assigned}}
func.func @element(%x: tensor<index>) -> tensor<index> {
  return %x : tensor<index>
}

// -----

// expected-error @+1 {{takes or gives 'tensor<4x0xf32>', for which no memory can be assigned}}
func.func @argument(%x: tensor<4x0xf32>) -> tensor<4xf32> {
  %0 = tensor.empty() : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @value(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{gives 'tensor<4294967296x4294967296xf32>', for which no memory can be assigned}}
  %0 = tensor.empty() : tensor<4294967296x4294967296xf32>
  return %x : tensor<4xf32>
}
