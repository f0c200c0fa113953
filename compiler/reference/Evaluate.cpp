// Walks through a function and passes each operation to the evaluator of its family.
#include "compiler/reference/Evaluate.h"
#include "compiler/reference/EvaluateOps.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace nnc::nn;
using namespace nnc::reference;

/// Evaluates the operations of a block; the values of what its terminator hands on.
static FailureOr<SmallVector<Tensor>> evaluateBlock(Block &block, ArrayRef<Tensor> arguments,
                                                    StoppedValues *stopped = nullptr) {
  llvm::DenseMap<Value, Tensor> values;
  for (auto [argument, tensor] : llvm::zip_equal(block.getArguments(), arguments))
    values.try_emplace(argument, tensor);
  auto valueOf = [&](Value value) -> const Tensor & { return values.find(value)->second; };
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      return llvm::map_to_vector(op.getOperands(), valueOf);
    FailureOr<SmallVector<Tensor>> results = evaluateOp(op, valueOf, stopped);
    if (failed(results))
      return failure();
    if (stopped && isa<StopGradientOp>(op)) {
      if (stopped->next)
        results->front() = stopped->values[(*stopped->next)++];
      else
        stopped->values.push_back(results->front());
    }
    for (auto [result, tensor] : llvm::zip_equal(op.getResults(), *results))
      values.try_emplace(result, std::move(tensor));
  }
  return block.getParentOp()->emitOpError("does not return"), failure();
}

static void setRow(Tensor &tensor, int64_t row, const Tensor &value) {
  for (int64_t i = 0; i < value.size(); ++i)
    tensor.copy(row * value.size() + i, value, i);
}

static FailureOr<SmallVector<Tensor>>
evaluateScan(ScanOp op, llvm::function_ref<const Tensor &(Value)> valueOf, StoppedValues *stopped) {
  SmallVector<Tensor> carries = llvm::map_to_vector(op.getInits(), valueOf), results;
  for (Type type : op.getResultTypes())
    results.emplace_back(cast<RankedTensorType>(type));
  for (auto [i, carry] : llvm::enumerate(carries))
    setRow(results[i], op.getInitialRow(), carry);
  int64_t steps = op.getSteps();
  for (int64_t step = 0; step < steps; ++step) {
    int64_t row = op.getReverse() ? steps - 1 - step : step;
    SmallVector<Tensor> arguments;
    for (auto [argument, sequence] : llvm::zip_equal(op.getSequenceArguments(), op.getSequences()))
      arguments.push_back(
          rowOf(valueOf(sequence), cast<RankedTensorType>(argument.getType()), row));
    llvm::append_range(arguments, carries);
    for (Value invariant : op.getInvariants())
      arguments.push_back(valueOf(invariant));
    FailureOr<SmallVector<Tensor>> values = evaluateBlock(*op.getBlock(), arguments, stopped);
    if (failed(values))
      return failure();
    for (auto [i, value] : llvm::enumerate(*values)) {
      bool isCarry = i < carries.size();
      setRow(results[i], isCarry ? row + op.getRowBehind() : row, value);
      if (isCarry)
        carries[i] = value;
    }
  }
  return results;
}

FailureOr<SmallVector<Tensor>>
nnc::reference::evaluateOp(Operation &op, llvm::function_ref<const Tensor &(Value)> valueOf,
                           StoppedValues *stopped) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return evaluateScan(scan, valueOf, stopped);
  auto inBlock = [&](Block &block, ArrayRef<Tensor> arguments) {
    return evaluateBlock(block, arguments, stopped);
  };
  if (auto attention = dyn_cast<AttentionOp>(op))
    return evaluateAttention(attention, valueOf, inBlock);
  if (auto gradient = dyn_cast<AttentionGradientOp>(op))
    return evaluateAttention(gradient, valueOf, inBlock);
  if (isa_and_present<NNDialect>(op.getDialect()) && !isa<GradientOp>(op)) {
    SmallVector<const Tensor *> operands;
    for (Value operand : op.getOperands())
      operands.push_back(&valueOf(operand));
    Tensor result(cast<RankedTensorType>(op.getResult(0).getType()));
    if (evaluateElementwise(&op, operands, result) || evaluateStructure(&op, operands, result) ||
        evaluateReduction(&op, operands, result))
      return SmallVector<Tensor>{std::move(result)};
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
  for (auto [argument, tensor] : llvm::zip_equal(function.getArguments(), arguments))
    if (argument.getType() != tensor.type)
      return function.emitOpError("has an argument ")
                 << argument.getType() << ", but the value given is " << tensor.type,
             failure();
  return evaluateBlock(function.getBody().front(), arguments);
}
