//===- Passes.td - The passes on nn, in the order of the pipeline ----------===//

#ifndef NNC_PASSES
#define NNC_PASSES

include "mlir/Pass/PassBase.td"

def Step : Pass<"nn-step", "::mlir::ModuleOp"> {
  let summary = "derive the functions that generate a sequence step by step";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input: functions of one example, some of which compute rows from a sequence: they have an
    argument of kind `token`, whose first dimension is that of the positions.

    Output: in place of such a function `f` two functions with the attribute `nn.steps`. `f_begin`
    computes the first `cache`; `f_step` computes from one more token and the cache the results at
    its position and the next cache. The interface Steppable defines each operation in a step:

    - timeless values, which depend on no token, are computed in `f_begin`, and cached unless they
      cost nothing; arguments of kind `input` are those of `f_begin` alone, and the values of them
      that `f_step` needs are cached;
    - row-wise operations compute their row of the position;
    - rows of a parameter or of a constant are looked up by the number of the position, the scalar
      `position`;
    - a scan keeps its carries in the cache, windows and shifts a ring buffer of the last rows,
      running sums their sum;
    - a sum over positions, as in attention, reads the rows of all positions so far from the cache,
      and each step stores its own row there. A mask, a comparison of indices or a table of
      constants, must leave out later positions.

    Parameters with a dimension of positions, and stored rows, limit the sequence to `nn.limit`
    positions, an attribute of `f_step`; 0 means unlimited. A slice of the last row takes the
    current row, since the sequence ends there.

    Where no carry, ring buffer or sum is in the cache, and the sequence has 32 positions, `f_chunk`
    is a step of 32 positions, with a row of results for each.

    With the attribute `nn.rows` on `f`, `f_rows` is a copy of `f_step` that nn-add-batch turns into a step
    of so many sequences at the same position: tokens, cache and results get their dimension.

    Errors: an operation that looks at positions after its own, at its location.

    ```mlir
    func.func @f(%w: tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "w"},
                 %x: tensor<9x2xf32> {nn.kind = #nn.kind<token>, nn.name = "x"})
        -> (tensor<9x2xf32> {nn.kind = #nn.kind<example_output>, nn.name = "y"}) {
      %zero = nn.constant dense<0.0> : tensor<2xf32>
      %h = nn.scan 9 over(%x_t = %x : tensor<9x2xf32>) carry(%h_t = %zero : tensor<2xf32>) {
        %sum = nn.add %h_t, %x_t : tensor<2xf32>
        nn.yield carry(%sum : tensor<2xf32>)
      }
      %y = nn.slice %h [1, 0] [9, 2] [1, 1] : tensor<10x2xf32> -> tensor<9x2xf32>
      return %y : tensor<9x2xf32>
    }
    ```
    becomes
    ```mlir
    func.func @f_begin(%w: ...) -> (tensor<2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"})
    func.func @f_step(%w: ..., %x: tensor<1x2xf32> {nn.kind = #nn.kind<token>, nn.name = "x"},
                      %t: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "position"},
                      %h_t: tensor<2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"})
        -> (tensor<1x2xf32> {nn.kind = #nn.kind<output>, nn.name = "y"},
            tensor<2xf32> {nn.kind = #nn.kind<cache>, nn.name = "carry"}) {
      %x_t = nn.reshape %x : tensor<1x2xf32> -> tensor<2xf32>
      %sum = nn.add %h_t, %x_t : tensor<2xf32>
      %y = nn.reshape %sum : tensor<2xf32> -> tensor<1x2xf32>
      return %y, %sum : tensor<1x2xf32>, tensor<2xf32>
    }
    ```
  }];
}

def AddBatch : Pass<"nn-add-batch", "::mlir::ModuleOp"> {
  let summary = "turn functions of one example into functions of a batch";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input: functions written for one example. Arguments of kind `input` are that
    example's fields; `nn.batch_mean`, `nn.batch_sum` and `nn.batch_count` say
    where examples are combined.

    Output: in every function with inputs, these and the results of kind
    `example_output` have a leading dimension of `batch`, or of the function's
    attribute `nn.batch`, and an argument of kind
    `example_weight` follows the last input: 1/n for each of the n real examples,
    0 for padding, which repeats real examples and is left out of means and sums
    that may be infinite or NaN. Values that depend on an input, or random numbers `like` one
    that does, have the batch dimension; all others are as before. Neither the
    three batch operations nor `like` are left. Functions without inputs are not
    touched. The gradient of a loss that combines the examples is kept: it is
    differentiated after this pass, other gradients before it.

    Errors: a result of kind `output`, `parameter`, `slot` or `state`, or a loss
    of `nn.gradient`, that differs from example to example (only a gradient by an
    input may be an `output`).

    ```mlir
    func.func @f(%x: tensor<3xf32> {nn.kind = #nn.kind<input>, nn.name = "x"})
        -> (tensor<f32> {nn.kind = #nn.kind<output>, nn.name = "loss"}) {
      %sum = nn.reduce_sum %x [0] : tensor<3xf32> -> tensor<f32>
      %loss = nn.batch_mean %sum : tensor<f32>
      return %loss : tensor<f32>
    }
    ```
    becomes
    ```mlir
    func.func @f(%x: tensor<64x3xf32> {nn.kind = #nn.kind<input>, nn.name = "x"},
                 %w: tensor<64xf32> {nn.kind = #nn.kind<example_weight>, nn.name = "example_weight"})
        -> (tensor<f32> {nn.kind = #nn.kind<output>, nn.name = "loss"}) {
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

def FormAttention : Pass<"nn-form-attention", "::mlir::func::FuncOp"> {
  let summary = "form nn.attention from contraction, softmax and contraction";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input: a function of a batch, before the gradient of its loss is built.

    Output: where a contraction gives scores, operations change them one by one, `nn.softmax` over
    one dimension makes weights of them, and a contraction sums values by these weights, one
    `nn.attention` takes their place. Operations that are linear in the weights, as dropout is, may
    stand in front of the last contraction. The scores and the weights must not have other uses.
    Values that change the scores are extras of the operation, and cheap arithmetic on indices moves
    into its block. Comparisons of the indices of keys and rows, as of a causal mask or a window,
    become the bounds `first_key` and `last_key`.

    Not formed, with a remark that says why: scores or weights that something else reads, that are
    changed by other operations than element-wise ones, or by values that a gradient is asked for;
    labels without a role in `nn.attention`. The separate operations give the same values.

    ```mlir
    %s = nn.contract %q, %k [0, 1] x [2, 1] -> [0, 2]
        : tensor<9x8xf32>, tensor<9x8xf32> -> tensor<9x9xf32>
    %w = nn.softmax %s [1] : tensor<9x9xf32>
    %y = nn.contract %w, %v [0, 1] x [1, 2] -> [0, 2]
        : tensor<9x9xf32>, tensor<9x8xf32> -> tensor<9x8xf32>
    ```
    becomes
    ```mlir
    %y, %lse = nn.attention %q, %k, %v [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
        : tensor<9x8xf32>, tensor<9x8xf32>, tensor<9x8xf32> -> tensor<9x8xf32>, tensor<9xf32> {
    ^bb0(%s: tensor<9x9xf32>):
      nn.yield emit(%s : tensor<9x9xf32>)
    }
    ```
  }];
}

def Differentiate : Pass<"nn-differentiate", "::mlir::func::FuncOp"> {
  let summary = "replace nn.gradient by the operations that compute it";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input: a function of one block with any number of `nn.gradient`; the loss of
    one may use the results of another. The function may be written for one
    example, or have its batch by `nn-add-batch`.

    Output: no `nn.gradient`, except before `nn-add-batch` those of a loss that
    combines the examples, as the loss of a training step does. Of other losses
    the derivative is that of one example. Where `nn.batch_mean` or `nn.batch_sum`
    lies on the path, it is that of the loss's sum over the batch.

    Reverse-mode differentiation: from the loss
    backwards, each operation between a requested value and the loss turns
    the cotangents of its results into those of its operands (the interface
    Differentiable); cotangents of a value used several times are added. Nothing
    flows through `nn.stop_gradient`, into conditions, or into indices. The
    cotangent of a value named NAME is named `d.NAME`; a value that the loss does
    not depend on gets zeros. So does a branch that is not taken, also where its
    local derivatives are infinite or NaN.

    Errors: an operation without a derivative between a requested value and the
    loss, at its location, also where the path leads through integers or truth
    values that are converted back to floats. `nn.batch_mean` or `nn.batch_sum`
    between a loss of one example and a value that all examples share.

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
    before the broadcast; reductions of broadcasts are done on the source;
    a sum of products with a broadcast factor becomes a contraction, and a sum
    over a dimension of both factors of a contraction another of its sums; a sum
    of tensors that are padded to neighbouring places becomes a concatenation; a reduction
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

def StripMine : Pass<"nn-strip-mine", "::mlir::func::FuncOp"> {
  let summary = "divide the steps of scans into chunks that the derivative computes again";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input and output: nn functions of one block, before differentiation. Functions
    without `nn.gradient` stay as they are.

    A scan of T steps becomes a scan of T / C steps, marked `nn.chunks`, each of which
    is a scan of C steps, by the same operations. The derivative of the outer scan
    computes its block again. So the backward pass computes a chunk again from the
    carries in front of it, and values for the derivative exist for one chunk at a
    time: O(T / C + C) of them instead of O(T). Operands and results of the scan, such
    as the output of a layer, still have all T rows. The cotangents of invariants are
    added up from chunk to chunk, so that gradients may differ in rounding.

    C is the largest divisor of T between half of the option `chunk` and all of it,
    or else the option, with the T mod C last steps in a scan of their own. Scans of
    fewer than two chunks stay.

    ```mlir
    %hs = nn.scan 64 over(%x = %xs : tensor<64x5xf32>) carry(%h = %h0 : tensor<5xf32>) { ... }
    ```
    becomes, if only the rows behind each step are used,
    ```mlir
    %0 = nn.reshape %xs : tensor<64x5xf32> -> tensor<8x8x5xf32>
    %carries, %1 = nn.scan 8 over(%x = %0 : tensor<8x8x5xf32>) carry(%g = %h0 : tensor<5xf32>)
        with {nn.chunks} {
      %2 = nn.scan 8 over(%x_0 = %x : tensor<8x5xf32>) carry(%h = %g : tensor<5xf32>) { ... }
      ... // %3: row 8 of %2, %4: rows 1 to 8
      nn.yield carry(%3 : tensor<5xf32>) emit(%4 : tensor<8x5xf32>)
    }
    %hs = nn.reshape %1 : tensor<8x8x5xf32> -> tensor<64x5xf32>
    ```
  }];
  let options = [
    Option<"chunk", "chunk", "int64_t", "0", "steps of a chunk; 0: leave scans as they are">,
  ];
}

def ScanHoist : Pass<"nn-scan-hoist", "::mlir::func::FuncOp"> {
  let summary = "hoist and sink operations out of scans, to compute them for all steps at once";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input and output: any nn function of one block.

    The steps of a scan are treated as a batch. An operation that depends on
    sequences and invariants alone is hoisted: rebuilt in front of the loop by its
    batch rule, or moved there if it depends on invariants alone. An operation whose
    results only reach emitted values is sunk: rebuilt behind the loop, which emits
    its operands instead. So a product of the input of each step becomes one
    contraction, and so does, with `nn-simplify`, the gradient of weights, the sum
    over the steps of a product in each.

    The pass hoists contractions, scans, other operations of much work for each
    element of their results, and element-wise operations whose result the loop
    reads in place of other hoisted results. Lookups and other element-wise
    operations stay in the loop. The pass sinks operations if the loop then emits
    fewer elements, or no more than their work is worth.

    ```mlir
    %hs, %ys = nn.scan 64 over(%x = %xs : tensor<64x3xf32>) carry(%h = %h0 : tensor<5xf32>)
        with(%w = %W : tensor<3x5xf32>, %v = %V : tensor<5x2xf32>) {
      %p = nn.contract %x, %w [0] x [0, 1] -> [1] : tensor<3xf32>, tensor<3x5xf32> -> tensor<5xf32>
      %a = nn.add %p, %h : tensor<5xf32>
      %h1 = nn.tanh %a : tensor<5xf32>
      %y = nn.contract %h1, %v [0] x [0, 1] -> [1] : tensor<5xf32>, tensor<5x2xf32> -> tensor<2xf32>
      nn.yield carry(%h1 : tensor<5xf32>) emit(%y : tensor<2xf32>)
    }
    ```
    becomes
    ```mlir
    %ps = nn.contract %xs, %W [2, 0] x [0, 1] -> [2, 1] : tensor<64x3xf32>, tensor<3x5xf32> -> tensor<64x5xf32>
    %hs = nn.scan 64 over(%p = %ps : tensor<64x5xf32>) carry(%h = %h0 : tensor<5xf32>) {
      %a = nn.add %p, %h : tensor<5xf32>
      %h1 = nn.tanh %a : tensor<5xf32>
      nn.yield carry(%h1 : tensor<5xf32>)
    }
    %h1s = nn.slice %hs [1, 0] [64, 5] [1, 1] : tensor<65x5xf32> -> tensor<64x5xf32>
    %ys = nn.contract %h1s, %V [2, 0] x [0, 1] -> [2, 1] : tensor<64x5xf32>, tensor<5x2xf32> -> tensor<64x2xf32>
    ```
  }];
}

def ScanResiduals : Pass<"nn-scan-residuals", "::mlir::func::FuncOp"> {
  let summary = "save values of a scan that its derivative would recompute";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input: simplified nn functions of one block, after differentiation. The
    derivative of a scan is a scan that computes the block again, from the rows of the
    sequences and of the traces.

    Output: the same functions with bitwise equal results. Where a scan computes a
    value that an earlier scan of as many steps computes from the same rows, it may
    read that value instead, from the trace or from rows that the earlier scan now
    emits. A minimum cut of the block between the rows that it reads anyway and the
    operations of the later scan alone chooses the values to read. An emitted element
    costs as much as 24 additions, an element read from a trace as 2, a recomputed
    one as much as its operation. So the earlier scan emits products, or
    transcendental functions of them in their place; cheap arithmetic and functions
    of traces are recomputed.

    ```mlir
    %hs = nn.scan 64 over(%p = %ps : tensor<64x5xf32>) carry(%h = %h0 : tensor<5xf32>)
                     with(%u = %U : tensor<5x5xf32>) {
      %q = nn.contract %h, %u [0] x [0, 1] -> [1] : tensor<5xf32>, tensor<5x5xf32> -> tensor<5xf32>
      %a = nn.add %p, %q : tensor<5xf32>
      %s = nn.sin %a : tensor<5xf32>
      nn.yield carry(%s : tensor<5xf32>)
    }
    ... // a scan that computes %a again, from %p and %hs, and then nn.cos %a
    ```
    becomes
    ```mlir
    %hs, %as = nn.scan 64 over(%p = %ps : tensor<64x5xf32>) carry(%h = %h0 : tensor<5xf32>)
                          with(%u = %U : tensor<5x5xf32>) {
      ...
      nn.yield carry(%s : tensor<5xf32>) emit(%a : tensor<5xf32>)
    }
    ... // a scan over %as
    ```
  }];
}

def ScanMerge : Pass<"nn-scan-merge", "::mlir::ModuleOp"> {
  let summary = "merge independent scans with equal carries into one loop";
  let dependentDialects = ["::nnc::nn::NNDialect"];
  let description = [{
    Input and output: nn functions of one block.

    Two scans become one scan with the operands and results of both if they have
    equal numbers of steps, the same direction and carries of the same types, depend
    on equally many scans one behind the other, so that they are independent, and
    have invariants that fit three quarters of the level-two cache together, where
    they stay from step to step. So the two directions of a bidirectional
    layer, one of which reads its input in reverse, are one loop, whose threads
    synchronise half as often.

    ```mlir
    %a = nn.scan 64 over(%x = %xs : tensor<64x5xf32>) carry(%h = %h0 : tensor<5xf32>) { ... }
    %b = nn.scan 64 over(%y = %ys : tensor<64x5xf32>) carry(%g = %g0 : tensor<5xf32>) { ... }
    ```
    becomes
    ```mlir
    %a, %b = nn.scan 64 over(%x = %xs : tensor<64x5xf32>, %y = %ys : tensor<64x5xf32>)
                        carry(%h = %h0 : tensor<5xf32>, %g = %g0 : tensor<5xf32>) { ... }
    ```
  }];
  let options = [
    Option<"targetCpu", "target-cpu", "std::string", "\"native\"", "processor to plan for">,
  ];
}

def AssignLayout : Pass<"nn-assign-layout", "::mlir::ModuleOp"> {
  let summary = "choose a layout with the batch first or last for each group of values";
  let description = [{
    Input: simplified nn functions of one block, with the batch in front, as
    `nn-add-batch` leaves it.

    Output: the same functions, of the same signature, in which some values have
    the batch last instead, and `nn.layout` on each function with a choice: the
    layout and the estimated cycles of the alternatives. `nn-simplify` must follow:
    it absorbs transpositions into contractions.

    Operations other than contractions tie values together into groups of one
    layout (BatchDims.h). A contraction reads and writes any
    layout. Batch first lets vectors run along channels, batch last along the
    examples, which is better where channels are few. The choice is the cheapest
    found by moving one group after the other, from all first and from all last:
    the sum of the cycles of the contractions, by the kernel generator's own model,
    and of the transpositions at arguments, at results, and at operations that keep
    the order (gather, scatter_add, constants, and random numbers, which are a
    function of the row-major index and so do not depend on the layout). Groups
    whose examples meet in pairs, and functions without inputs, stay.

    ```mlir
    %y = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2]
        : tensor<64x256xf32>, tensor<256x4xf32> -> tensor<64x4xf32>
    %e = nn.exp %y : tensor<64x4xf32>
    %s = nn.reduce_sum %e [1] : tensor<64x4xf32> -> tensor<64xf32>
    ```
    becomes
    ```mlir
    %y = nn.contract %x, %w [0, 1] x [1, 2] -> [2, 0]
        : tensor<64x256xf32>, tensor<256x4xf32> -> tensor<4x64xf32>
    %e = nn.exp %y : tensor<4x64xf32>
    %s = nn.reduce_sum %e [0] : tensor<4x64xf32> -> tensor<64xf32>
    ```
  }];
  let options = [
    Option<"targetCpu", "target-cpu", "std::string", "\"native\"", "processor to plan for">,
    Option<"batch", "batch", "std::string", "\"choose\"",
           "choose, or for tests first or last: wherever that is possible">,
  ];
  let dependentDialects = ["::nnc::nn::NNDialect"];
}

def Recompute : Pass<"nn-recompute", "::mlir::func::FuncOp"> {
  let summary = "compute values of the forward pass again instead of saving them";
  let description = [{
    Input: a training step of nn functions of one block after differentiation and
    `nn-assign-layout`: forward pass, backward pass and update in one graph. By
    StepAnalysis.h the forward pass computes the result `loss`; the backward pass
    consists of the other operations from which new parameters and slots are
    computed. Other functions are not touched.

    Output: the same function with the same results to the bit. Operations of the
    backward pass read from the forward pass only values that are saved; the
    others are computed again, by clones with the attribute `nn.recomputed` that
    stand right before their first use and that no later stage merges with the
    originals. The function's attribute `nn.recompute` lists the values that are
    computed again and the bytes that this saves. No CSE of nn operations may
    follow.

    The choice is a minimum cut of the graph of the forward pass, between the
    values that exist anyway (arguments, constants) and those that the backward
    pass uses. To cut a value is to save it, at the price of its bytes; to compute
    it again costs its operations, of which `operations-per-byte` are as expensive
    as one byte. Moves that readers do by index arithmetic are free. Recomputation
    of all values at once would keep as many bytes in the backward pass as it saves
    in the forward pass. With `segments` above 1, the forward pass is divided where
    few bytes are handed on, and these are saved, so that a segment is recomputed
    when the backward pass comes to it. Cheap values are computed
    again where they are used, from expensive ones of their segment, rather than
    kept from where the segment begins or from one use to the next.

    With `operations-per-byte=8`,
    ```mlir
    %h = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2]
        : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
    %y = nn.mul %h, %h : tensor<64x256xf32>
    ... // %loss is computed from %y
    %d = nn.mul %d.y, %h : tensor<64x256xf32>
    %d.v = nn.contract %y, %d.z [0, 1] x [0, 2] -> [1, 2]
        : tensor<64x256xf32>, tensor<64x256xf32> -> tensor<256x256xf32>
    ```
    becomes
    ```mlir
    %h = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2]
        : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
    %y = nn.mul %h, %h : tensor<64x256xf32>
    ...
    %d = nn.mul %d.y, %h : tensor<64x256xf32>
    %y_0 = nn.mul %h, %h {nn.recomputed = 0 : i64} : tensor<64x256xf32>
    %d.v = nn.contract %y_0, %d.z [0, 1] x [0, 2] -> [1, 2]
        : tensor<64x256xf32>, tensor<64x256xf32> -> tensor<256x256xf32>
    ```
  }];
  let options = [
    Option<"operationsPerByte", "operations-per-byte", "int64_t", "0",
           "operations that are as expensive as one saved byte; 0: recompute nothing">,
    Option<"segments", "segments", "int64_t", "1",
           "parts of the forward pass that are recomputed one by one">,
    Option<"minimumBytes", "minimum-bytes", "int64_t", "0",
           "recompute nothing where the forward pass saves no more than this">,
  ];
  let dependentDialects = ["::nnc::nn::NNDialect"];
}

include "compiler/passes/LoweringPasses.td"

#endif // NNC_PASSES
