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

namespace {

/// The values of arguments and of the cache, by name.
class Steps {
public:
  Steps(func::FuncOp function, ArrayRef<Tensor> arguments) {
    for (auto [i, value] : llvm::enumerate(arguments)) {
      DictionaryAttr attributes = function.getArgAttrDict(i);
      if (nnc::nn::kindIn(attributes) == nnc::nn::Kind::Token)
        token.emplace(value);
      else
        known.insert_or_assign(nameIn(attributes), value);
    }
  }

  /// Calls a function at a position, stores the new cache, and returns the other results.
  FailureOr<SmallVector<Tensor>> call(func::FuncOp function, int64_t position) {
    SmallVector<Tensor> arguments;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
      DictionaryAttr attributes = function.getArgAttrDict(i);
      std::optional<nnc::nn::Kind> kind = nnc::nn::kindIn(attributes);
      auto tensor = cast<RankedTensorType>(type);
      if (kind == nnc::nn::Kind::Token) {
        arguments.push_back(rowsFrom(*token, tensor, position));
      } else if (kind == nnc::nn::Kind::Scalar && nameIn(attributes) == nnc::nn::positionName) {
        arguments.emplace_back(tensor).setInteger(0, position);
      } else {
        arguments.push_back(known.find(nameIn(attributes))->second);
      }
    }
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

LogicalResult nnc::reference::checkSteps(func::FuncOp function, ArrayRef<Tensor> arguments) {
  FailureOr<SmallVector<Tensor>> expected = evaluate(function, arguments);
  if (failed(expected))
    return failure();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(function.getContext()));
  module->push_back(function.clone());
  if (failed(nnc::deriveSteps(*module)) || failed(module->verify()))
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
  if (auto chunk = module->lookupSymbol<func::FuncOp>(name + "_chunk"))
    return checkChunks(begin, chunk, function, arguments, *expected);
  return success();
}
