// Stacks the arguments of the examples, evaluates both functions, and compares their results.
#include "compiler/reference/BatchCheck.h"
#include "compiler/dialect/NNBuilders.h"
#include "compiler/transforms/Transforms.h"
#include "mlir/IR/OwningOpRef.h"
#include <cmath>

using namespace mlir;
using namespace nnc::reference;

/// The tensors of each example, all of one type, as one with a leading dimension.
static Tensor stack(RankedTensorType type, ArrayRef<const Tensor *> examples) {
  Tensor batch(nnc::nn::withBatchDim(type, examples.size()));
  int64_t position = 0;
  for (const Tensor *example : examples)
    for (int64_t i = 0; i < example->size(); ++i)
      batch.copy(position++, *example, i);
  return batch;
}

static bool areEqual(const Tensor &a, const Tensor &b) {
  if (a.type != b.type || a.integers != b.integers)
    return false;
  for (auto [x, y] : llvm::zip_equal(a.reals, b.reals)) {
    bool bothNaN = std::isnan(x) && std::isnan(y);
    if (!bothNaN && x != y && !(std::fabs(x - y) <= 1e-12 * std::max(std::fabs(x), std::fabs(y))))
      return false;
  }
  return true;
}

/// Checks one choice: argument i belongs to the example if bit i of `choice` is set.
static LogicalResult checkChoice(func::FuncOp function, ArrayRef<SmallVector<Tensor>> examples,
                                 unsigned choice) {
  OpBuilder builder(function.getContext());
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, function.getLoc());
  func::FuncOp batched = function.clone();
  module->push_back(batched);
  auto isInput = [&](unsigned argument) { return (choice >> argument & 1) != 0; };
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    batched.setArgAttr(
        i, nnc::nn::kindAttrName,
        nnc::nn::KindAttr::get(builder.getContext(),
                               isInput(i) ? nnc::nn::Kind::Input : nnc::nn::Kind::Parameter));
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    batched.setResultAttr(
        i, nnc::nn::kindAttrName,
        nnc::nn::KindAttr::get(builder.getContext(), nnc::nn::Kind::ExampleOutput));
  int64_t batch = static_cast<int64_t>(examples.size());
  if (failed(nnc::addBatch(*module, batch)) || failed(module->verify()))
    return failure();

  SmallVector<SmallVector<Tensor>> expected;
  for (ArrayRef<Tensor> example : examples) {
    SmallVector<Tensor> arguments;
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      arguments.push_back(isInput(i) ? example[i] : examples.front()[i]);
    FailureOr<SmallVector<Tensor>> results = evaluate(function, arguments);
    if (failed(results))
      return failure();
    expected.push_back(std::move(*results));
  }

  SmallVector<Tensor> arguments;
  unsigned original = 0;
  for (auto [i, type] : llvm::enumerate(batched.getArgumentTypes())) {
    if (nnc::nn::kindIn(batched.getArgAttrDict(i)) == nnc::nn::Kind::ExampleWeight) {
      Tensor weights(cast<RankedTensorType>(type));
      for (int64_t example = 0; example < batch; ++example)
        weights.setReal(example, 1.0 / static_cast<double>(batch));
      arguments.push_back(weights);
      continue;
    }
    SmallVector<const Tensor *> parts;
    for (const SmallVector<Tensor> &example : examples)
      parts.push_back(&example[original]);
    arguments.push_back(isInput(original) ? stack(examples.front()[original].type, parts)
                                          : examples.front()[original]);
    ++original;
  }
  FailureOr<SmallVector<Tensor>> results = evaluate(batched, arguments);
  if (failed(results))
    return failure();
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    SmallVector<const Tensor *> parts;
    for (const SmallVector<Tensor> &example : expected)
      parts.push_back(&example[i]);
    if (!areEqual((*results)[i], stack(expected.front()[i].type, parts)))
      return function.emitOpError("computes another result ")
             << i << " for a batch than for each example, with arguments " << choice
             << " (a bit each) belonging to the example";
  }
  return success();
}

LogicalResult nnc::reference::checkBatching(func::FuncOp function,
                                            ArrayRef<SmallVector<Tensor>> examples) {
  for (unsigned choice = 1; choice < 1u << function.getNumArguments(); ++choice)
    if (failed(checkChoice(function, examples, choice)))
      return failure();
  return success();
}
