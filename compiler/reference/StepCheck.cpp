// Hands the cache from step to step, and compares rows.
#include "compiler/reference/StepCheck.h"
#include "compiler/dialect/NNBuilders.h"
#include "compiler/transforms/Transforms.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>

using namespace mlir;
using namespace nnc::reference;

static bool areClose(const Tensor &a, const Tensor &b) {
  if (a.integers != b.integers)
    return false;
  for (auto [x, y] : llvm::zip_equal(a.reals, b.reals))
    if (!(x == y || (std::isnan(x) && std::isnan(y)) ||
          std::fabs(x - y) <= 1e-12 * (1 + std::max(std::fabs(x), std::fabs(y)))))
      return false;
  return true;
}

static std::string nameIn(DictionaryAttr attributes) {
  auto name = attributes ? attributes.getAs<StringAttr>(nnc::nn::nameAttrName) : StringAttr();
  return name ? name.str() : "";
}

/// Rows from `first` on, as a tensor of `type`; behind the last row copies of it.
static Tensor rowsFrom(const Tensor &tensor, RankedTensorType type, int64_t first) {
  Tensor result(type);
  const int64_t row = tensor.size() / tensor.shape()[0];
  for (int64_t i = 0; i < result.size(); ++i)
    result.copy(i, tensor, std::min(first + i / row, tensor.shape()[0] - 1) * row + i % row);
  return result;
}

/// The tensors one behind the other, as a tensor of `type`.
static Tensor stack(RankedTensorType type, ArrayRef<Tensor> tensors) {
  Tensor result(type);
  int64_t place = 0;
  for (const Tensor &tensor : tensors)
    for (int64_t i = 0; i < tensor.size(); ++i)
      result.copy(place++, tensor, i);
  return result;
}

/// The tensor with its rows moved by `distance`.
static Tensor turned(const Tensor &tensor, int64_t distance) {
  Tensor result(tensor.type);
  const int64_t row = tensor.size() / tensor.shape()[0];
  for (int64_t i = 0; i < tensor.size(); ++i)
    result.copy(i, tensor, (i + distance * row) % tensor.size());
  return result;
}

namespace {

/// The values of arguments and of the cache, by name.
class Steps {
public:
  /// The tokens of the sequence begin at the one with the number `first`, and end with those before it.
  Steps(func::FuncOp function, ArrayRef<Tensor> arguments, int64_t first = 0) {
    for (auto [i, value] : llvm::enumerate(arguments)) {
      DictionaryAttr attributes = function.getArgAttrDict(i);
      if (nnc::nn::kindIn(attributes) == nnc::nn::Kind::Token)
        token.emplace(turned(value, first));
      else
        known.insert_or_assign(nameIn(attributes), value);
    }
  }

  /// Calls a function at a position, stores the new cache, and returns the other results.
  FailureOr<SmallVector<Tensor>> call(func::FuncOp function, int64_t position) {
    SmallVector<Tensor> arguments;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      arguments.push_back(argument(function, i, cast<RankedTensorType>(type), position));
    FailureOr<SmallVector<Tensor>> results = evaluate(function, arguments);
    if (failed(results))
      return failure();
    SmallVector<Tensor> outputs;
    for (auto [i, result] : llvm::enumerate(*results))
      if (nnc::nn::kindIn(function.getResultAttrDict(i)) == nnc::nn::Kind::Cache)
        known.insert_or_assign(nameIn(function.getResultAttrDict(i)), result);
      else
        outputs.push_back(result);
    return outputs;
  }

  int64_t positions() const { return token->shape()[0]; }

  /// The value of an argument of a step at a position.
  Tensor argument(func::FuncOp function, unsigned number, RankedTensorType type,
                  int64_t position) const {
    DictionaryAttr attributes = function.getArgAttrDict(number);
    std::optional<nnc::nn::Kind> kind = nnc::nn::kindIn(attributes);
    if (kind == nnc::nn::Kind::Token)
      return rowsFrom(*token, type, position);
    if (kind == nnc::nn::Kind::Scalar && nameIn(attributes) == nnc::nn::positionName) {
      Tensor value(type);
      value.setInteger(0, position);
      return value;
    }
    return known.find(nameIn(attributes))->second;
  }

private:
  std::optional<Tensor> token;
  llvm::StringMap<Tensor> known;
};

} // namespace

/// Runs a function of several positions at a time. Each call goes on in the middle of the one
/// before, so that the rows behind are written twice.
static LogicalResult checkChunks(func::FuncOp begin, func::FuncOp chunk, func::FuncOp function,
                                 ArrayRef<Tensor> arguments, ArrayRef<Tensor> expected) {
  Steps steps(function, arguments);
  if (failed(steps.call(begin, 0)))
    return failure();
  for (int64_t first = 0, count; first < steps.positions(); first += (count + 1) / 2) {
    FailureOr<SmallVector<Tensor>> outputs = steps.call(chunk, first);
    if (failed(outputs))
      return failure();
    count = outputs->front().shape()[0];
    for (auto [output, whole] : llvm::zip_equal(*outputs, expected)) {
      RankedTensorType type = nnc::nn::withDimSize(output.type, 0, 1);
      for (int64_t row = 0; row < count && first + row < whole.shape()[0]; ++row)
        if (!areClose(rowOf(output, type, row), rowOf(whole, type, first + row)))
          return function.emitError("computes another result at position ")
                 << first + row << " in the steps from position " << first
                 << " than for the whole sequence";
    }
  }
  return success();
}

/// Runs a function of several sequences beside the step of each.
static LogicalResult checkRows(func::FuncOp begin, func::FuncOp step, func::FuncOp rows,
                               func::FuncOp function, ArrayRef<Tensor> arguments) {
  SmallVector<Steps, 0> sequences;
  for (int64_t row = 0; row < nnc::nn::rowsOfSteps(rows); ++row) {
    sequences.emplace_back(function, arguments, row);
    if (failed(sequences.back().call(begin, 0)))
      return failure();
  }
  llvm::StringMap<Tensor> caches;
  for (int64_t position = 0; position < sequences.front().positions(); ++position) {
    SmallVector<Tensor> given;
    for (auto [i, type] : llvm::enumerate(rows.getArgumentTypes())) {
      const unsigned number = i;
      auto tensor = cast<RankedTensorType>(type);
      std::optional<nnc::nn::Kind> kind = nnc::nn::kindIn(rows.getArgAttrDict(number));
      auto cached = caches.find(nameIn(rows.getArgAttrDict(number)));
      if (kind == nnc::nn::Kind::Cache && cached != caches.end()) {
        given.push_back(cached->second);
      } else if (kind == nnc::nn::Kind::Cache || kind == nnc::nn::Kind::Token) {
        SmallVector<Tensor> each;
        for (const Steps &sequence : sequences)
          each.push_back(sequence.argument(
              step, number, cast<RankedTensorType>(step.getArgumentTypes()[number]), position));
        given.push_back(stack(tensor, each));
      } else {
        given.push_back(sequences.front().argument(rows, number, tensor, position));
      }
    }
    FailureOr<SmallVector<Tensor>> results = evaluate(rows, given);
    if (failed(results))
      return failure();
    SmallVector<SmallVector<Tensor>> expected;
    for (Steps &sequence : sequences) {
      FailureOr<SmallVector<Tensor>> outputs = sequence.call(step, position);
      if (failed(outputs))
        return failure();
      expected.push_back(std::move(*outputs));
    }
    unsigned output = 0;
    for (auto [i, result] : llvm::enumerate(*results)) {
      DictionaryAttr attributes = rows.getResultAttrDict(i);
      if (nnc::nn::kindIn(attributes) == nnc::nn::Kind::Cache) {
        caches.insert_or_assign(nameIn(attributes), result);
        continue;
      }
      SmallVector<Tensor> each;
      for (const SmallVector<Tensor> &outputs : expected)
        each.push_back(outputs[output]);
      ++output;
      if (!areClose(result, stack(result.type, each)))
        return function.emitError("computes another result at position ")
               << position << " for several sequences than for each";
    }
  }
  return success();
}

LogicalResult nnc::reference::checkSteps(func::FuncOp function, ArrayRef<Tensor> arguments) {
  FailureOr<SmallVector<Tensor>> expected = evaluate(function, arguments);
  if (failed(expected))
    return failure();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(function.getContext()));
  func::FuncOp copy = function.clone();
  copy->setAttr(nnc::nn::rowsAttrName, Builder(copy.getContext()).getI64IntegerAttr(3));
  module->push_back(copy);
  if (failed(nnc::deriveSteps(*module)) || failed(nnc::addBatch(*module, 1)) ||
      failed(module->verify()))
    return failure();
  std::string name = function.getName().str();
  auto begin = module->lookupSymbol<func::FuncOp>(name + "_begin");
  auto step = module->lookupSymbol<func::FuncOp>(name + "_step");
  if (!begin || !step)
    return function.emitError("has no argument of kind token");
  Steps steps(function, arguments);
  if (failed(steps.call(begin, 0)))
    return failure();
  for (int64_t position = 0; position < steps.positions(); ++position) {
    FailureOr<SmallVector<Tensor>> outputs = steps.call(step, position);
    if (failed(outputs))
      return failure();
    for (auto [i, output] : llvm::enumerate(*outputs)) {
      const Tensor &whole = (*expected)[i];
      bool isLast = position == steps.positions() - 1;
      bool hasRows = whole.type != output.type;
      if (hasRows ? position >= whole.shape()[0] : !isLast)
        continue;
      if (!areClose(output, hasRows ? rowOf(whole, output.type, position) : whole))
        return function.emitError("computes another result ")
               << i << " in the step of position " << position << " than for the whole sequence";
    }
  }
  auto chunk = module->lookupSymbol<func::FuncOp>(name + "_chunk");
  if (chunk && failed(checkChunks(begin, chunk, function, arguments, *expected)))
    return failure();
  auto rows = module->lookupSymbol<func::FuncOp>(name + "_rows");
  return rows ? checkRows(begin, step, rows, function, arguments) : success();
}
