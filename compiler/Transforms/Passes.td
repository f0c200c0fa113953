//===- Passes.td - Passes from nn to nn -----------------------------------===//

#ifndef NNC_TRANSFORMS_PASSES
#define NNC_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def AddBatch : Pass<"nn-add-batch", "::mlir::ModuleOp"> {
  let summary = "turn functions of one example into functions of a batch";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input: functions written for one example. Arguments of kind `input` are that
    example's fields; `nn.batch_mean`, `nn.batch_sum` and `nn.batch_count` say
    where examples are combined.

    Output: in every function with inputs, these and the results of kind
    `example_output` have a leading dimension of `batch`, and an argument of kind
    `example_weight` follows the last input: 1/n for each of the n real examples,
    0 for padding, which repeats real examples and is left out of means and sums
    that may be infinite or NaN. Values that depend on an input, or random numbers `like` one
    that does, have the batch dimension; all others are as before. Neither the
    three batch operations nor `like` are left. Functions without inputs are not
    touched. Differentiation follows this pass: `nn.gradient` is kept.

    Errors: a result of kind `output`, `parameter`, `slot` or `state`, or a loss
    of `nn.gradient`, that differs from example to example (only a gradient by an
    input may be an `output`).

    ```mlir
    func.func @f(%x: tensor<3xf32> {nn.kind = "input", nn.name = "x"})
        -> (tensor<f32> {nn.kind = "output", nn.name = "loss"}) {
      %sum = nn.reduce_sum %x [0] : tensor<3xf32> -> tensor<f32>
      %loss = nn.batch_mean %sum : tensor<f32>
      return %loss : tensor<f32>
    }
    ```
    becomes
    ```mlir
    func.func @f(%x: tensor<64x3xf32> {nn.kind = "input", nn.name = "x"},
                 %w: tensor<64xf32> {nn.kind = "example_weight", nn.name = "example_weight"})
        -> (tensor<f32> {nn.kind = "output", nn.name = "loss"}) {
      %sum = nn.reduce_sum %x [1] : tensor<64x3xf32> -> tensor<64xf32>
      %loss = nn.contract %w, %sum [0] x [0] -> [] : tensor<64xf32>, tensor<64xf32> -> tensor<f32>
      return %loss : tensor<f32>
    }
    ```
  }];
  let options = [
    Option<"batch", "batch", "int64_t", "64", "number of examples in a batch">,
  ];
}

def Differentiate : Pass<"nn-differentiate", "::mlir::func::FuncOp"> {
  let summary = "replace nn.gradient by the operations that compute it";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input: a function of one block, after `nn-add-batch`, with any number of
    `nn.gradient`; the loss of one may use the results of another.

    Output: no `nn.gradient`. Reverse-mode differentiation: from the loss
    backwards, each operation that lies between a wanted value and the loss turns
    the cotangents of its results into those of its operands (the interface
    Differentiable); cotangents of a value used several times are added. Nothing
    flows through `nn.stop_gradient`, into conditions, or into indices. The
    cotangent of a value named NAME is named `d.NAME`; a value that the loss does
    not depend on gets zeros. So does a branch that is not taken, also where its
    local derivatives are infinite or NaN.

    Errors: an operation without a derivative between a wanted value and the
    loss, at its location, also where the path leads through integers or truth
    values that are converted back to floats.

    Conventions at kinks: where both operands of max or min are equal the
    gradient goes to the second, so max(x, 0) has derivative 0 at 0; abs has
    derivative 0 at 0; of equal elements the first gets the gradient of reduce_max
    and reduce_min; select follows its condition.

    ```mlir
    %y = nn.exp %x : tensor<f32>
    %g = nn.gradient %y wrt %x : tensor<f32> wrt tensor<f32>
    ```
    becomes
    ```mlir
    %y = nn.exp %x : tensor<f32>
    %one = nn.constant dense<1.0> : tensor<f32>
    %d.x = nn.mul %one, %y : tensor<f32>
    ```
  }];
}

def Simplify : Pass<"nn-simplify", "::mlir::func::FuncOp"> {
  let summary = "canonicalise, share common subexpressions, move work to smaller tensors";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input and output: any nn function. The signature stays as it is, arguments
    that are not used included.

    Runs, until nothing changes, the canonicalisation of the nn operations, CSE,
    and the patterns of this pass: element-wise operations on broadcasts are done
    before the broadcast; reductions of broadcasts are done on what is broadcast;
    a sum of products with a broadcast factor becomes a contraction; a reduction
    over dimensions of one element becomes a reshape; negations are merged
    into sums; division by a power of two becomes a multiplication.
    `nn.stop_gradient` is removed if the function has no `nn.gradient`. Sums may
    be reassociated, so results can differ in rounding; nothing else about a
    result changes.

    ```mlir
    %s = nn.broadcast %scale [] : tensor<f32> -> tensor<4x8xf32>
    %e = nn.exp %s : tensor<4x8xf32>
    %p = nn.mul %x, %e : tensor<4x8xf32>
    %r = nn.reduce_sum %p [1] : tensor<4x8xf32> -> tensor<4xf32>
    ```
    becomes
    ```mlir
    %e = nn.exp %scale : tensor<f32>
    %t = nn.reduce_sum %x [1] : tensor<4x8xf32> -> tensor<4xf32>
    %s = nn.broadcast %e [] : tensor<f32> -> tensor<4xf32>
    %r = nn.mul %s, %t : tensor<4xf32>
    ```
  }];
}

#endif // NNC_TRANSFORMS_PASSES
