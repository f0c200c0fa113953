// Walks through a function and passes each operation to the evaluator of its family.
#include "compiler/reference/Evaluate.h"
#include "compiler/reference/EvaluateOps.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace nnc::nn;
using namespace nnc::reference;

FailureOr<Tensor> nnc::reference::evaluateOp(Operation &op,
                                             llvm::function_ref<const Tensor &(Value)> valueOf) {
  if (isa_and_present<NNDialect>(op.getDialect()) && !isa<GradientOp>(op)) {
    SmallVector<const Tensor *> operands;
    for (Value operand : op.getOperands())
      operands.push_back(&valueOf(operand));
    Tensor result(cast<RankedTensorType>(op.getResult(0).getType()));
    if (evaluateElementwise(&op, operands, result) || evaluateStructure(&op, operands, result) ||
        evaluateReduction(&op, operands, result))
      return result;
  }
  return op.emitOpError("cannot be evaluated"), failure();
}

FailureOr<SmallVector<Tensor>> nnc::reference::evaluate(func::FuncOp function,
                                                        ArrayRef<Tensor> arguments) {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("must have one block to be evaluated"), failure();
  if (arguments.size() != function.getNumArguments())
    return function.emitOpError("has ") << function.getNumArguments() << " arguments, but "
                                        << arguments.size() << " values were given",
           failure();
  llvm::DenseMap<Value, Tensor> values;
  for (auto [argument, tensor] : llvm::zip_equal(function.getArguments(), arguments)) {
    if (argument.getType() != tensor.type)
      return function.emitOpError("has an argument ")
                 << argument.getType() << ", but the value given is " << tensor.type,
             failure();
    values.try_emplace(argument, tensor);
  }
  auto valueOf = [&](Value value) -> const Tensor & { return values.find(value)->second; };
  for (Operation &op : function.getBody().front()) {
    if (isa<func::ReturnOp>(op)) {
      SmallVector<Tensor> results;
      for (Value operand : op.getOperands())
        results.push_back(valueOf(operand));
      return results;
    }
    FailureOr<Tensor> result = evaluateOp(op, valueOf);
    if (failed(result))
      return failure();
    values.try_emplace(op.getResult(0), std::move(*result));
  }
  return function.emitOpError("does not return"), failure();
}
