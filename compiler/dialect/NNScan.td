//===- NNScan.td - A loop over the steps of sequences ----------------------===//

#ifndef NNC_DIALECT_NNSCAN
#define NNC_DIALECT_NNSCAN

include "compiler/dialect/NNBase.td"

def NN_ScanOp : NN_Op<"scan", [AttrSizedOperandSegments, IsolatedFromAbove, SingleBlock,
                               NN_HasDerivative, NN_HasBatchRule, NN_HasStepRule,
                               NN_ChoosesElements]> {
  let summary = "computes a block once for each step of its sequences, with carries between them";
  let description = [{
    ```mlir
    %hs, %ys = nn.scan 64 over(%x = %xs : tensor<64x3xf32>) carry(%h = %h0 : tensor<5xf32>)
                          with(%w = %W : tensor<5x3xf32>) {
      ...
      nn.yield carry(%h1 : tensor<5xf32>) emit(%y : tensor<2xf32>)
    } // %hs : tensor<65x5xf32>, %ys : tensor<64x2xf32>
    ```

    Step t sees row t of each sequence (`over`), the carries (`carry`), which begin with the
    operands and go from step to step, and the invariants (`with`), the same in all steps. The
    results are first, of each carry, its trace of steps + 1 rows: the initial value and the
    value behind each step; then, of each emitted value, its steps rows.

    The steps run from row 0 on; with `reverse` from the last row back. Traces then begin with their
    last row: in front of step t the carry is row t of the trace, behind it row t + 1, and the other way
    around with `reverse`.

    The block sees its arguments alone, and holds nn operations; neither gradients nor operations
    that combine the examples of a batch are among them.
  }];
  let operations = "detail::countScan(*this)";
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$steps, UnitAttr:$reverse,
                       Variadic<NN_Tensor>:$sequences, Variadic<NN_Tensor>:$inits,
                       Variadic<NN_Tensor>:$invariants);
  let results = (outs Variadic<NN_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "int64_t":$steps, "bool":$reverse, "::mlir::ValueRange":$sequences,
                                 "::mlir::ValueRange":$inits, "::mlir::ValueRange":$invariants,
                                 "::nnc::nn::ScanBody":$body)>];
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let declarations = [{
    ::mlir::ResultRange getTraces() { return getOutputs().take_front(getInits().size()); }
    ::mlir::ResultRange getEmits() { return getOutputs().drop_front(getInits().size()); }
    ::mlir::Block *getBlock() { return &getBody().front(); }
    /// The block's arguments for the sequences, the carries and the invariants.
    ::mlir::ArrayRef<::mlir::BlockArgument> getSequenceArguments();
    ::mlir::ArrayRef<::mlir::BlockArgument> getCarryArguments();
    ::mlir::ArrayRef<::mlir::BlockArgument> getInvariantArguments();
    YieldOp getYield();
    /// The rows of the traces that hold the carries in front of the step of row 0 and behind it.
    int64_t getRowBefore() { return getReverse() ? 1 : 0; }
    int64_t getRowBehind() { return getReverse() ? 0 : 1; }
    /// The rows of the traces that hold the initial values and the last ones.
    int64_t getInitialRow() { return getReverse() ? getSteps() : 0; }
    int64_t getLastRow() { return getReverse() ? 0 : getSteps(); }
  }];
}

def NN_YieldOp : NN_Op<"yield", [Terminator, AttrSizedOperandSegments,
                                 ParentOneOf<["AttentionGradientOp", "AttentionOp", "ScanOp"]>]> {
  let summary = "the end of a block: the carries behind a step, and the values that it emits";
  let operations = "0";
  let arguments = (ins Variadic<NN_Tensor>:$carries, Variadic<NN_Tensor>:$emits);
  let assemblyFormat = [{
    (`carry` `(` $carries^ `:` type($carries) `)`)? (`emit` `(` $emits^ `:` type($emits) `)`)?
    attr-dict
  }];
}

#endif // NNC_DIALECT_NNSCAN
