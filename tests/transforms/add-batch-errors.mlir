// RUN: nn-opt %s --nn-add-batch --split-input-file --verify-diagnostics
// RUN: not nn-opt %s --nn-add-batch=batch=0 --split-input-file 2>&1 | FileCheck %s
// CHECK: a batch has at least 1 example, not 0
// RUN: not nn-opt %s --nn-add-batch=batch=9223372036854775807 --split-input-file 2>&1 | FileCheck %s --check-prefix=HUGE
// HUGE: for a batch of 9223372036854775807 this is a {{.*}}; a tensor may take 4398046511104 bytes

func.func @output(%x: tensor<2xf32> {nn.kind = #nn.kind<input>})
    -> (tensor<2xf32> {nn.kind = #nn.kind<output>, nn.name = "loss"}) {
  // expected-error @+1 {{the output `loss` differs from example to example; combine the examples, for instance with nn.batch_mean}}
  %0 = nn.exp %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @state(%x: tensor<2xf32> {nn.kind = #nn.kind<input>})
    -> (tensor<2xf32> {nn.kind = #nn.kind<state>, nn.name = "mean"}) {
  // expected-error @+1 {{the state `mean` differs from example to example}}
  %0 = nn.exp %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @loss(%x: tensor<f32> {nn.kind = #nn.kind<input>}, %w: tensor<f32>) -> tensor<f32> {
  %0 = nn.mul %x, %w : tensor<f32>
  // expected-error @+1 {{has a loss that differs from example to example; take its mean over the batch with nn.batch_mean}}
  %1 = nn.gradient %0 wrt %w : tensor<f32> wrt tensor<f32>
  return %1 : tensor<f32>
}

// -----

func.func @no_input(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @+1 {{has no batch to refer to: the function has no input}}
  %0 = nn.batch_mean %x : tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @seed(%seed: tensor<i64> {nn.kind = #nn.kind<input>}) -> tensor<2xf32> {
  // expected-error @+1 {{has a seed or a step that depends on an example}}
  %0 = nn.random_uniform %seed, %seed stream 0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func private @other(tensor<f32>) -> tensor<f32>
func.func @foreign(%x: tensor<f32> {nn.kind = #nn.kind<input>}) -> tensor<f32> {
  // expected-error @+1 {{depends on an example, but cannot be computed for a batch}}
  %0 = func.call @other(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @large(%x: tensor<1048576xf32> {nn.kind = #nn.kind<input>}, %w: tensor<1048576x4096xf32>)
    -> (tensor<1048576x4096xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
  // expected-error @+1 {{for a batch of 64 this is a 'tensor<64x1048576x4096x16xf32>'; a tensor may take 4398046511104 bytes}}
  %0 = nn.broadcast %x [0] : tensor<1048576xf32> -> tensor<1048576x4096x16xf32>
  %1 = nn.reduce_sum %0 [2] : tensor<1048576x4096x16xf32> -> tensor<1048576x4096xf32>
  return %1 : tensor<1048576x4096xf32>
}
