// Implements the propagation of padded dimensions through operations: the lengths of the result,
// and the operands that are filled with a neutral element.
#include "lang/elaborate/graph/Padding.h"

#include "lang/support/Names.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace nnc::lang {

namespace {

/// Each element of the result is computed from the elements of the operands at the same place.
constexpr std::string_view elementwise[] = {
    "neg",   "abs",   "sign",    "exp",      "expm1",         "log",           "log1p",
    "sqrt",  "rsqrt", "tanh",    "logistic", "erf",           "sin",           "cos",
    "floor", "ceil",  "round",   "not",      "stop_gradient", "add",           "sub",
    "mul",   "div",   "rem",     "max",      "min",           "pow",           "atan2",
    "and",   "or",    "compare", "select",   "convert",       "random_normal", "random_uniform"};

/// Operands for which an operation or its derivative may be infinite or nan, and a number for which
/// it is not.
struct Partial {
  std::string_view operation;
  size_t operand;
  double harmless;
};
constexpr Partial partial[] = {{"exp", 0, 0},  {"expm1", 0, 0}, {"log", 0, 1},  {"log1p", 0, 0},
                               {"sqrt", 0, 1}, {"rsqrt", 0, 1}, {"div", 1, 1},  {"rem", 1, 1},
                               {"pow", 0, 1},  {"pow", 1, 1},   {"atan2", 1, 1}};

/// Reductions and their neutral elements.
struct Neutral {
  std::string_view operation;
  double neutral, ofIntegers;
};
constexpr Neutral neutrals[] = {{"reduce_sum", 0, 0},
                                {"reduce_prod", 1, 1},
                                {"reduce_max", -HUGE_VAL, INT32_MIN},
                                {"reduce_min", HUGE_VAL, INT32_MAX},
                                {"argmax", -HUGE_VAL, INT32_MIN}};

/// Operations whose result has dimensions that no operand has.
constexpr std::string_view fromSizes[] = {"constant", "iota", "broadcast", "random_normal",
                                          "random_uniform"};

const Attribute *find(const Graph::Attributes &attributes, std::string_view name) {
  for (const auto &[key, value] : attributes)
    if (key == name)
      return &value;
  return nullptr;
}

std::vector<int64_t> numbers(const Graph::Attributes &attributes, std::string_view name) {
  const Attribute *found = find(attributes, name);
  if (!found)
    return {};
  if (auto *one = std::get_if<int64_t>(found))
    return {*one};
  return std::get<std::vector<int64_t>>(*found);
}

} // namespace

Lengths Padding::prepare(const std::string &operation, std::vector<Tensor> &operands,
                         const Shape &shape, const Graph::Attributes &attributes,
                         SourceRange range) {
  if (state().fields.empty())
    return {};
  bool padded = std::any_of(operands.begin(), operands.end(),
                            [&](const Tensor &operand) { return isPadded(operand); });
  if (padded || !state().steps.empty())
    for (const Partial &one : partial)
      if (one.operation == operation)
        operands[one.operand] = harmless(operands[one.operand], one.harmless, range);
  Lengths lengths;
  if (padded)
    lengths = follow(operation, operands, shape, attributes, range);
  lengths.resize(shape.size());
  if (contains(fromSizes, operation)) {
    std::vector<int64_t> dims =
        operation == "broadcast" ? numbers(attributes, "dims") : std::vector<int64_t>();
    for (size_t axis = 0; axis < shape.size(); ++axis)
      if (!lengths[axis] && std::find(dims.begin(), dims.end(), int64_t(axis)) == dims.end())
        lengths[axis] = paddedLength(shape[axis].origin);
  }
  // A dimension that is full in each example is not padded.
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (lengths[axis] && lengths[axis]->least >= shape[axis].size)
      lengths[axis] = nullptr;
  return lengths;
}

Lengths Padding::follow(const std::string &operation, std::vector<Tensor> &operands,
                        const Shape &shape, const Graph::Attributes &attributes,
                        SourceRange range) {
  Lengths result(shape.size());
  Tensor &first = operands[0];
  std::vector<int64_t> dims = numbers(attributes, "dims");
  if (dims.empty())
    dims = numbers(attributes, "dim");
  auto isDim = [&](size_t axis) {
    return std::find(dims.begin(), dims.end(), int64_t(axis)) != dims.end();
  };
  if (contains(elementwise, operation)) {
    for (const Tensor &operand : operands)
      for (size_t axis = 0; operand.shape.size() == shape.size() && axis < shape.size(); ++axis)
        result[axis] = meet(result[axis], along(operand, int64_t(axis)), range);
    return result;
  }
  for (const Neutral &reduction : neutrals) {
    if (reduction.operation != operation)
      continue;
    bool whole = first.element == Element::Int;
    for (int64_t axis : dims)
      first = fill(first, axis, whole ? reduction.ofIntegers : reduction.neutral, range);
    size_t kept = 0;
    for (size_t axis = 0; axis < first.shape.size(); ++axis)
      if (!isDim(axis))
        result[kept++] = along(first, int64_t(axis));
    return result;
  }
  if (operation == "softmax") {
    for (int64_t axis : dims)
      first = fill(first, axis, -HUGE_VAL, range);
    return of(first);
  }
  if (operation == "broadcast") {
    for (size_t axis = 0; axis < dims.size(); ++axis)
      result[size_t(dims[axis])] = along(first, int64_t(axis));
    return result;
  }
  if (operation == "transpose") {
    std::vector<int64_t> permutation = numbers(attributes, "permutation");
    for (size_t axis = 0; axis < permutation.size(); ++axis)
      result[axis] = along(first, permutation[axis]);
    return result;
  }
  if (operation == "slice") {
    std::vector<int64_t> offsets = numbers(attributes, "offsets"),
                         strides = numbers(attributes, "strides");
    for (size_t axis = 0; axis < shape.size(); ++axis)
      if (LengthPtr length = along(first, int64_t(axis))) {
        length = derived(length, LengthStep::Add, -offsets[axis]);
        length = derived(length, LengthStep::Add, strides[axis] - 1);
        length = derived(length, LengthStep::Divide, strides[axis]);
        result[axis] = derived(length, LengthStep::AtMost, shape[axis].size);
      }
    return result;
  }
  if (operation == "cumulative_sum" || operation == "argsort") {
    // The padding comes last: a cumulative sum needs no mask.
    if (operation == "argsort")
      first = fill(first, dims[0], first.element == Element::Int ? INT32_MAX : HUGE_VAL, range);
    return of(first);
  }
  if (operation == "concat") {
    for (const Tensor &operand : operands)
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        LengthPtr length = along(operand, int64_t(axis));
        if (length && isDim(axis))
          refuse("`concat`", length, range,
                 "short sequences would have a gap in the middle; join the elements at each "
                 "position, along another dimension, or give each sequence to a `scan`");
        else
          result[axis] = meet(result[axis], length, range);
      }
    return result;
  }
  // A reversal of the sequence that `generate` extends passes here; nn-step refuses it.
  if (operation == "reverse" &&
      std::none_of(dims.begin(), dims.end(), [&](int64_t dim) { return masked(first, dim); }))
    return of(first);
  if (operation == "reshape")
    return followReshape(first, shape, range);
  if (operation == "contract")
    return followContract(operands, attributes, range);
  if (operation == "gather")
    return followGather(operands, attributes, range);
  if (operation == "pad" || operation == "windows" || operation == "overlap_add")
    return followWindows(operation, operands, shape, attributes, range);
  for (const Tensor &operand : operands)
    for (const LengthPtr &length : of(operand))
      if (length) {
        refuse(fmt::format("`{}`", operation), length, range,
               operation == "reverse" ? "`reverse(x)` reverses each example within its length"
               : operation.starts_with("batch_")
                   ? "reduce it first, as by `batch_mean(mean[T](x))`"
                   : "reduce the dimension first, as by `mean[T]`, or give the sequence to a "
                     "`scan`");
        return result;
      }
  return result;
}

Lengths Padding::followReshape(const Tensor &value, const Shape &shape, SourceRange range) {
  Lengths result(shape.size());
  int64_t before = 1;
  for (size_t axis = 0; axis < value.shape.size(); ++axis) {
    int64_t size = value.shape[axis].size;
    if (LengthPtr length = along(value, int64_t(axis))) {
      // In the new shape it has the same size and as many elements in front of it.
      int64_t there = 1;
      size_t place = 0;
      while (place < shape.size() && !(there == before && shape[place].size == size))
        there *= shape[place++].size;
      if (place == shape.size()) {
        refuse("`reshape`", length, range,
               "padding would come between valid elements; keep the dimension as one of the new "
               "shape, or reduce it first, as by `mean[T]` or `last(x)`");
        return result;
      }
      result[place] = length;
    }
    before *= size;
  }
  return result;
}

Lengths Padding::followContract(std::vector<Tensor> &operands, const Graph::Attributes &attributes,
                                SourceRange range) {
  std::vector<int64_t> labels[] = {numbers(attributes, "lhs_labels"),
                                   numbers(attributes, "rhs_labels")};
  std::vector<int64_t> kept = numbers(attributes, "result_labels");
  Lengths result(kept.size());
  std::map<int64_t, LengthPtr> summed;
  for (size_t side : {size_t(0), size_t(1)})
    for (size_t axis = 0; axis < labels[side].size(); ++axis) {
      LengthPtr length = along(operands[side], int64_t(axis));
      if (!length)
        continue;
      int64_t label = labels[side][axis];
      auto place = std::find(kept.begin(), kept.end(), label);
      if (place != kept.end()) {
        LengthPtr &of = result[size_t(place - kept.begin())];
        of = meet(of, length, range);
        continue;
      }
      // One factor that is 0 is enough: the other one is finite.
      LengthPtr &known = summed[label];
      if (!known)
        operands[side] = fill(operands[side], int64_t(axis), 0, range);
      known = meet(known, length, range);
    }
  return result;
}

Lengths Padding::followGather(const std::vector<Tensor> &operands,
                              const Graph::Attributes &attributes, SourceRange range) {
  const Tensor &source = operands[0], &indices = operands[1];
  int64_t batch = numbers(attributes, "batch_dims")[0];
  Lengths result;
  for (int64_t axis = 0; axis < batch; ++axis)
    result.push_back(meet(along(source, axis), along(indices, axis), range));
  for (int64_t axis = batch; axis < int64_t(indices.shape.size()); ++axis)
    result.push_back(along(indices, axis));
  for (int64_t axis = batch + 1; axis < int64_t(source.shape.size()); ++axis)
    result.push_back(along(source, axis));
  return result;
}

Lengths Padding::followWindows(const std::string &operation, std::vector<Tensor> &operands,
                               const Shape &shape, const Graph::Attributes &attributes,
                               SourceRange range) {
  Tensor &source = operands[0];
  Lengths result(shape.size());
  for (size_t axis = 0; axis < std::min(shape.size(), source.shape.size()); ++axis)
    result[axis] = along(source, int64_t(axis));
  if (operation == "pad") {
    std::vector<int64_t> low = numbers(attributes, "low"), high = numbers(attributes, "high");
    double value = std::get<double>(*find(attributes, "value"));
    for (size_t axis = 0; axis < shape.size(); ++axis)
      if (result[axis] && low[axis] + high[axis] != 0) {
        source = fill(source, int64_t(axis), value, range);
        result[axis] = derived(result[axis], LengthStep::Add, low[axis] + high[axis]);
      }
    return result;
  }
  std::vector<int64_t> dims = numbers(attributes, "dims"), strides = numbers(attributes, "strides"),
                       dilations = numbers(attributes, "dilations");
  // The size of a window: an attribute, or of `overlap_add` the last dimensions of the operand.
  size_t rank = source.shape.size(), count = dims.size();
  std::vector<int64_t> windows = numbers(attributes, "sizes");
  for (size_t i = 0; i < count && operation == "overlap_add"; ++i)
    windows.push_back(source.shape[rank - count + i].size);
  for (size_t i = 0; i < count; ++i) {
    LengthPtr &length = result[size_t(dims[i])];
    if (!length)
      continue;
    int64_t reach = (windows[i] - 1) * dilations[i] + 1;
    if (operation == "windows") {
      // Only the windows that lie within the length.
      length = derived(length, LengthStep::Add, strides[i] - reach);
      length = derived(length, LengthStep::Divide, strides[i]);
    } else {
      source = fill(source, dims[i], 0, range);
      length = derived(length, LengthStep::Multiply, strides[i]);
      length = derived(length, LengthStep::Add, reach - strides[i]);
    }
  }
  return result;
}

} // namespace nnc::lang
