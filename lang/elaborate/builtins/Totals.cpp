// Sums over the examples of a whole split, for the formulas of metrics (training/Metrics.h). In the
// function that is built they are sums over the batch.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/graph/Padding.h"

namespace nnc::lang::builtins {

static Tensor addSum(const BuiltinCall &call, const std::string &operation,
                     const std::vector<Tensor> &operands, const Shape &shape) {
  Tensor sum = call.emitter.emit(operation, operands, Element::Real, shape, {}, call.range);
  call.emitter.pass->totals.sums.push_back(sum);
  return sum;
}

/// The operand of a sum; nothing, with an error, if there is none.
static std::optional<Tensor> operandOf(const BuiltinCall &call, const GivenArgument &input) {
  Pass &pass = *call.emitter.pass;
  const std::string name(call.builtin.name);
  std::optional<Tensor> value = call.emitter.tensor(input.value, Element::Float, name, input.range);
  if (!value)
    return std::nullopt;
  for (const Tensor &sum : pass.totals.sums)
    if (pass.graph.path(sum.id, value->id).exists) {
      call.environment.report(Diag::TotalOfTotal, call.range, name);
      return std::nullopt;
    }
  for (const LengthPtr &length : Padding(call.environment, call.emitter).of(*value))
    if (length) {
      Padding(call.environment, call.emitter)
          .refuse(name, length, call.range,
                  fmt::format("reduce it first, as by `{}(sum[T](x))`", name));
      return std::nullopt;
    }
  return call.emitter.convert(*value, Element::Real, call.range);
}

static bool checkAllowed(const BuiltinCall &call) {
  if (call.emitter.pass->totals.allowed)
    return true;
  const std::string_view name = call.builtin.name;
  DiagnosticBuilder builder =
      call.environment.report(Diag::TotalOutside, call.range, std::string(name));
  if (name == "total")
    builder.help("the sum of the elements of a value is `sum(...)`, that over a batch "
                 "`batch_sum(...)`");
  else if (name == "average")
    builder.help("the mean of the elements of a value is `mean(...)`, that over a batch "
                 "`batch_mean(...)`");
  return false;
}

static std::optional<Tensor> sumOverSplit(const BuiltinCall &call) {
  if (!checkAllowed(call))
    return std::nullopt;
  std::optional<Tensor> value = operandOf(call, call.inputs[0]);
  return value ? std::optional(addSum(call, "batch_sum", {*value}, value->shape)) : std::nullopt;
}

static Entity total(const BuiltinCall &call) {
  std::optional<Tensor> sum = sumOverSplit(call);
  return sum ? Entity(*sum) : Entity(Poison{});
}

static Entity average(const BuiltinCall &call) {
  std::optional<Tensor> sum = sumOverSplit(call);
  if (!sum)
    return Poison{};
  std::optional<Tensor> &count = call.emitter.pass->totals.count;
  if (!count)
    count = addSum(call, "batch_count", {}, {});
  return call.operators.binary(BinaryOperator::Divide, *sum, *count, call.range);
}

/// The function that is built gives the scores of the examples; what stands for the number of pairs
/// in its formula is of use for its type alone.
static Entity orderedPairs(const BuiltinCall &call) {
  if (!checkAllowed(call))
    return Poison{};
  std::optional<Tensor> score = operandOf(call, call.inputs[0]),
                        positive = operandOf(call, call.inputs[1]);
  for (size_t i = 0; score && positive && i < 2; ++i)
    if (!(i ? positive : score)->shape.empty()) {
      call.wrongOperand(call.inputs[i]);
      return Poison{};
    }
  if (!score || !positive)
    return Poison{};
  Totals &totals = call.emitter.pass->totals;
  totals.pairs.emplace(totals.sums.size(), std::pair(*score, *positive));
  return addSum(call, "batch_sum", {*score}, {});
}

static constexpr Builtin totalTable[] = {
    {"total", false, 1, 1, total},
    {"average", false, 1, 1, average},
    {"ordered_pairs", false, 2, 2, orderedPairs},
};
const std::span<const Builtin> totalFunctions = totalTable;

} // namespace nnc::lang::builtins
