//===- NNInterfaces.td - What the passes ask of an operation --------------===//

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
        index, a condition, an operand that is no float).
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
    are in NNBatching.cpp; an element-wise operation needs none of its own.
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

#endif // NNC_DIALECT_NNINTERFACES
