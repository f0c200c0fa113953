//===- NNInterfaces.td - The interfaces by which passes use operations ----===//

#ifndef NNC_DIALECT_NNINTERFACES
#define NNC_DIALECT_NNINTERFACES

include "mlir/IR/OpBase.td"

def NN_Differentiable : OpInterface<"Differentiable"> {
  let cppNamespace = "::nnc::nn";
  let description = [{
    An operation that has a vector-Jacobian product. The rules are in
    NNDerivatives.cpp; each is compared with finite differences by a test.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds, from nn operations only, the cotangent of every operand.
        `resultCotangents` has one value of the result's type per result.
        `operandCotangents` receives one entry per operand, of the operand's
        type; a null value says that no gradient flows to this operand (an
        index, a condition, an operand that is not a float).
      }],
      "void", "buildCotangents",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$resultCotangents,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$operandCotangents)>,
  ];
}

def NN_Batchable : OpInterface<"Batchable"> {
  let cppNamespace = "::nnc::nn";
  let description = [{
    An operation that can be rebuilt with a leading batch dimension. The rules
    are in NNDimensions.cpp; an element-wise operation needs none of its own.
  }];
  let methods = [
    InterfaceMethod<[{
        Rebuilds the operation for `batch` examples at once. `operands` replace
        its operands; those marked in `batched` (at least one) have a leading
        dimension of `batch`. `results` receives one value per result, each with
        a leading dimension of `batch`.
      }],
      "void", "buildBatched",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
           "const ::llvm::SmallBitVector &":$batched, "int64_t":$batch,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$results),
      /*methodBody=*/"", /*defaultImplementation=*/[{
        detail::buildBatchedElementwise($_op, builder, operands, batched, batch, results);
      }]>,
  ];
}

def NN_Work : OpInterface<"Work"> {
  let cppNamespace = "::nnc::nn";
  let description = [{
    The work of an operation, in operations. Every nn operation has it: NN_Op declares the
    method from `operationsPerElement`, unless an operation counts otherwise.
  }];
  let methods = [
    InterfaceMethod<[{
        Operations of one execution, in units of an addition of two elements. 0
        for an operation whose result is never in memory of its own: a view, or
        a move that its readers do by index arithmetic.
      }],
      "int64_t", "countOperations">,
  ];
}

def NN_Permutable : OpInterface<"Permutable"> {
  let cppNamespace = "::nnc::nn";
  let description = [{
    An operation whose dimensions correspond between operands and result, so
    that nn-assign-layout may give its values another order of dimensions. The
    rules are in NNDimensions.cpp; an element-wise operation needs none of its own.
    Values of an operation without this interface keep the order in which they
    were written.
  }];
  let methods = [
    InterfaceMethod<[{
        Tells `ties` which dimensions of operands and result correspond: the
        operation takes elements at one index of the one to elements at the same
        index of the other.
      }],
      "void", "tieDims", (ins "::nnc::nn::DimTies &":$ties),
      /*methodBody=*/"", /*defaultImplementation=*/[{
        for (::mlir::Value operand : $_op->getOperands())
          ties.tieAll(operand, $_op->getResult(0));
      }]>,
    InterfaceMethod<[{
        Whether the operation depends on the order of its dimensions, and is left
        on operands and results as they were written.
      }],
      "bool", "keepsOrder", (ins), /*methodBody=*/"",
      /*defaultImplementation=*/"return false;">,
    InterfaceMethod<[{
        Rebuilds the operation on operands whose dimensions come in other orders.
        `order` is the preferred order of the result, and receives the order that
        the result has. Null if the operation cannot be rebuilt so; then nothing
        has been built. Not called if `keepsOrder`.
      }],
      "::mlir::Value", "buildPermuted",
      (ins "::mlir::OpBuilder &":$builder, "::nnc::nn::PermutedOperands &":$operands,
           "::llvm::SmallVectorImpl<int64_t> &":$order),
      /*methodBody=*/"", /*defaultImplementation=*/[{
        return detail::buildInOrder($_op, builder, operands, order, {});
      }]>,
  ];
}

def NN_Steppable : OpInterface<"Steppable"> {
  let cppNamespace = "::nnc::nn";
  let description = [{
    An operation on sequences that can be computed position by position, each position from the
    tokens up to it, so that `nn-step` can build it in the step function of `generate`. The rules
    are in NNSteps.cpp; an operation whose dimensions correspond (Permutable) does not need a rule
    of its own. An operation without this interface cannot depend on a token.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the operation for the position of one step, and sets the form of each result in
        `step`. Called if an operand depends on the tokens. Fails, with an error, if a result
        depends on later positions.
      }],
      "::llvm::LogicalResult", "buildStep", (ins "::nnc::nn::StepBuilder &":$step),
      /*methodBody=*/"", /*defaultImplementation=*/[{
        return detail::buildStepByRows($_op, step);
      }]>,
  ];
}

#endif // NNC_DIALECT_NNINTERFACES
