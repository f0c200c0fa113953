// Implements the table of builtins.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace nnc::lang {

namespace {

/// Running sums along the first dimension, which is a sequence's time.
Entity cumulativeSum(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  if (!value || value->shape.empty())
    return call.needsDimension(call.inputs[0]);
  Tensor numbers = call.emitter.convert(*value, Element::Float, call.range);
  return call.emitter.emit("cumulative_sum", {numbers}, Element::Float, numbers.shape,
                           {{"dim", int64_t(0)}}, call.range);
}

constexpr Builtin table[] = {
    {"size", false, 1, 1, builtins::sizeOf},
    {"rank", false, 1, 1, builtins::rankOf},
    {"shape", false, 1, 1, builtins::shapeOf},
    {"fan_in", false, 1, 1, builtins::fan},
    {"fan_out", false, 1, 1, builtins::fan},
    {"sum", false, 1, 1, builtins::reduce},
    {"mean", false, 1, 1, builtins::reduce},
    {"prod", false, 1, 1, builtins::reduce},
    {"max", false, 1, 1, builtins::reduce},
    {"min", false, 1, 1, builtins::reduce},
    {"argmax", false, 1, 1, builtins::reduce},
    {"reshape", true, 0, -1, builtins::reshape},
    {"transpose", true, 0, -1, builtins::transpose},
    {"split", true, 1, 1, builtins::split},
    {"concat", false, 1, -1, builtins::concat},
    {"stack", false, 1, -1, builtins::stack},
    {"reverse", false, 1, 1, builtins::reverse},
    {"cumsum", false, 1, 1, cumulativeSum},
    {"select", false, 3, 3, builtins::select},
    {"float", false, 1, 1, builtins::convert},
    {"int", false, 1, 1, builtins::convert},
    {"stop_gradient", false, 1, 1, builtins::stopGradient},
    {"freeze", false, 1, 1, builtins::stopGradient},
    {"random_uniform", false, 1, 1, builtins::random},
    {"random_normal", false, 1, 1, builtins::random},
    {"batch_mean", false, 1, 1, builtins::batch},
    {"batch_sum", false, 1, 1, builtins::batch},
    {"batch_count", false, 0, 0, builtins::batchCount},
    {"iota", false, 1, 1, builtins::iota},
    {"weights", false, 1, 1, builtins::weights},
    {"require", false, 2, 2, builtins::require},
    {"require_batch", false, 2, 2, builtins::requireBatch},
    {"discourage", false, 3, -1, builtins::discourage},
    {"pad", true, 1, 3, builtins::pad},
    {"margins", false, 3, 3, builtins::margins},
    {"windows", true, 1, 3, builtins::windows},
    {"overlap_add", true, 1, 3, builtins::overlapAdd},
};

constexpr std::string_view plannedNames[] = {
    "vocabulary", "length",          "words",       "load",       "embed",
    "positions",  "positions_added", "encoder",     "decoder",    "sample",
    "unfreeze",   "split_heads",     "merge_heads", "zeros_like", "bernoulli",
};

/// Their values: Interpreter::lookup.
constexpr std::string_view constants[] = {"training", "pi", "infinity"};

} // namespace

const Builtin *findBuiltin(std::string_view name) {
  auto found = std::find_if(std::begin(table), std::end(table),
                            [&](const Builtin &builtin) { return builtin.name == name; });
  return found == std::end(table) ? nullptr : found;
}

bool isBuiltinName(std::string_view name) { return findBuiltin(name) || contains(constants, name); }

std::vector<std::string> builtinNames() {
  std::vector<std::string> names(std::begin(constants), std::end(constants));
  for (const Builtin &builtin : table)
    names.emplace_back(builtin.name);
  return names;
}

bool isPlannedName(std::string_view name) { return contains(plannedNames, name); }

Entity BuiltinCall::wrongOperand(const GivenArgument &operand) const {
  environment.report(Diag::OperandType, operand.range, builtin.name, describe(operand.value));
  return Poison{};
}

Entity BuiltinCall::needsDimension(const GivenArgument &operand) const {
  environment.report(Diag::OperandType, operand.range, builtin.name, describe(operand.value))
      .note("it takes tensors of at least one dimension");
  return Poison{};
}

} // namespace nnc::lang
