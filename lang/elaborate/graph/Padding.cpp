// Implements Padding: the lengths of values, padding masks, reversal and single positions.
// PaddingRules.cpp propagates lengths through operations.
#include "lang/elaborate/graph/Padding.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

Lengths Padding::of(const Tensor &value) const {
  if (!emitter.pass)
    return {};
  auto found = state().lengths.find(value.id);
  return found == state().lengths.end() ? Lengths() : found->second;
}

LengthPtr Padding::along(const Tensor &value, int64_t axis) const {
  Lengths lengths = of(value);
  return lengths.empty() ? nullptr : lengths[size_t(axis)];
}

LengthPtr Padding::masked(const Tensor &value, int64_t axis) const {
  LengthPtr length = along(value, axis);
  return needsMask(length) ? length : nullptr;
}

void Padding::set(Tensor &value, Lengths lengths) {
  if (std::any_of(lengths.begin(), lengths.end(), [](auto &length) { return length != nullptr; }))
    state().lengths[value.id] = std::move(lengths);
  else
    state().lengths.erase(value.id);
  value = withLengths(value);
}

void Padding::set(Tensor &value, int64_t axis, LengthPtr length) {
  Lengths lengths = of(value);
  lengths.resize(value.shape.size());
  lengths[size_t(axis)] = std::move(length);
  set(value, std::move(lengths));
}

Tensor Padding::withLengths(Tensor value) const {
  Lengths lengths = of(value);
  lengths.resize(value.shape.size());
  for (size_t axis = 0; axis < lengths.size(); ++axis) {
    OriginPtr &origin = value.shape[axis].origin;
    if (paddedLength(origin) != lengths[axis])
      origin = withLength(origin, lengths[axis]);
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Lengths
//===----------------------------------------------------------------------===//

namespace {

int64_t following(int64_t length, LengthStep step, int64_t number) {
  switch (step) {
  case LengthStep::Declared:
    return length;
  case LengthStep::Add:
    return std::max<int64_t>(0, length + number);
  case LengthStep::Multiply:
    return length * number;
  case LengthStep::Divide:
    return length / number;
  case LengthStep::AtMost:
    return std::min(length, number);
  }
  return length;
}

std::string textOf(const std::string &of, LengthStep step, int64_t number) {
  switch (step) {
  case LengthStep::Add:
    return fmt::format("({} {} {})", of, number < 0 ? "-" : "+", std::abs(number));
  case LengthStep::Multiply:
    return fmt::format("{} * {}", of, number);
  case LengthStep::Divide:
    return fmt::format("{} / {}", of, number);
  case LengthStep::AtMost:
    return fmt::format("min({}, {})", of, number);
  default:
    return of;
  }
}

} // namespace

LengthPtr Padding::ofField(const std::string &field, int64_t most, SourceRange range) {
  LengthPtr &known = state().fields[field];
  if (!known) {
    Length length;
    length.value = emitter.pass->graph.addArgument(ArgumentKind::Input, lengthInput(field),
                                                   {Element::Int, {}, 0}, range);
    length.most = most;
    length.grows = emitter.pass->sequence == field;
    length.range = range;
    length.text = fmt::format("length({})", field);
    known = std::make_shared<const Length>(std::move(length));
  }
  return known;
}

std::string Padding::fieldOf(LengthPtr length) const {
  while (length->from)
    length = length->from;
  for (const auto &[field, known] : state().fields)
    if (known == length)
      return field;
  return "";
}

Tensor Padding::value(const LengthPtr &length) const {
  Tensor value;
  value.graph = &emitter.pass->graph;
  value.id = length->value;
  value.element = Element::Int;
  return value;
}

LengthPtr Padding::derived(const LengthPtr &length, LengthStep step, int64_t number) {
  bool isSame = step == LengthStep::Add      ? number == 0
                : step == LengthStep::AtMost ? length->most <= number
                                             : number == 1;
  if (isSame)
    return length;
  // Two additions are folded into one if the first is never clamped at 0.
  if (step == LengthStep::Add && length->step == LengthStep::Add &&
      length->from->least + length->number >= 0)
    return derived(length->from, step, length->number + number);
  LengthPtr &known = state().derived[{length.get(), step, number}];
  if (known)
    return known;
  LeaveScans leave(emitter.pass->graph);
  SourceRange range = length->range;
  auto apply = [&](const char *operation, const Tensor &operand, int64_t by) {
    Tensor other = emitter.constant(IntegerConstant{by, nullptr}, Element::Int, range);
    return emitter.emit(operation, {operand, other}, Element::Int, {}, {}, range);
  };
  Tensor result = value(length);
  switch (step) {
  case LengthStep::Add:
    result = apply("add", result, number);
    if (length->least + number < 0)
      result = apply("max", result, 0);
    break;
  case LengthStep::Multiply:
    result = apply("mul", result, number);
    break;
  case LengthStep::Divide:
    result = apply("div", result, number);
    break;
  default:
    result = apply("min", result, number);
  }
  Length next;
  next.value = result.id;
  next.least = following(length->least, step, number);
  next.most = following(length->most, step, number);
  next.grows = length->grows;
  next.range = length->range;
  next.text = textOf(length->text, step, number);
  next.from = length;
  next.step = step;
  next.number = number;
  return known = std::make_shared<const Length>(std::move(next));
}

LengthPtr Padding::meet(const LengthPtr &left, const LengthPtr &right, SourceRange range) {
  if (!left || !right || left == right)
    return left ? left : right;
  DiagnosticBuilder builder =
      environment.report(Diag::LengthsDiffer, range, left->text, right->text);
  builder.label(left->range, fmt::format("one is {} long", left->text));
  if (right->range != left->range)
    builder.label(right->range, fmt::format("the other one is {} long", right->text));
  if (!left->from && !right->from)
    builder.help(
        fmt::format("if both are equally long in each example, declare it: write `{}` instead of "
                    "`up to {}` in the type of the second field",
                    left->text, right->most));
  return left;
}

void Padding::refuse(std::string_view operation, const LengthPtr &length, SourceRange range,
                     std::string_view help) {
  environment.report(Diag::PaddedDimension, range, operation, length->text, length->most)
      .label(length->range, "declared here")
      .help(std::string(help));
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

Tensor Padding::mask(const LengthPtr &length, int64_t size, SourceRange range) {
  auto known = state().masks.find({length.get(), size});
  if (known != state().masks.end())
    return known->second;
  LeaveScans leave(emitter.pass->graph);
  Shape shape{{size, nullptr}};
  Tensor positions = emitter.emit("iota", {}, Element::Int, shape, {{"dim", int64_t(0)}}, range);
  Tensor ends = emitter.broadcast(value(length), shape, {}, range);
  Tensor mask = emitter.emit("compare", {positions, ends}, Element::Bool, shape,
                             {{"predicate", std::string("lt")}}, range);
  return state().masks[{length.get(), size}] = mask;
}

/// The elements of `value` where `truths`, of the same shape, is true, else `number`.
Tensor Padding::chosen(const Tensor &truths, const Tensor &value, double number,
                       SourceRange range) {
  bool whole = value.element == Element::Int || value.element == Element::Bool;
  Entity constant = whole ? Entity(IntegerConstant{int64_t(number), nullptr}) : Entity(number);
  Tensor other =
      emitter.broadcastTo(emitter.constant(constant, value.element, range), value.shape, range);
  Tensor result =
      emitter.emit("select", {truths, value, other}, value.element, value.shape, {}, range);
  result.reduction = value.reduction;
  result.classes = value.classes;
  return result;
}

Tensor Padding::fill(const Tensor &value, int64_t axis, double number, SourceRange range) {
  LengthPtr length = masked(value, axis);
  if (!length)
    return value;
  PaddingState::Filled filled{{}, number};
  if (auto known = state().filled.find(value.id);
      known != state().filled.end() && known->second.number == number)
    filled.axes = known->second.axes;
  if (filled.axes.count(axis))
    return value;
  Tensor truths = emitter.broadcast(mask(length, value.shape[size_t(axis)].size, range),
                                    value.shape, {axis}, range);
  Tensor result = chosen(truths, value, number, range);
  filled.axes.insert(axis);
  state().filled[result.id] = filled;
  return result;
}

void Padding::keepFilled(const Tensor &result, const std::vector<Tensor> &operands) {
  std::optional<PaddingState::Filled> all;
  for (const Tensor &operand : operands) {
    auto known = state().filled.find(operand.id);
    if (known == state().filled.end() || (all && all->number != known->second.number))
      return;
    if (!all)
      all = known->second;
    std::erase_if(all->axes, [&](int64_t axis) { return !known->second.axes.count(axis); });
  }
  if (all)
    state().filled.insert_or_assign(result.id, std::move(*all));
}

Tensor Padding::zeroBeyond(Tensor value, SourceRange range) {
  for (int64_t axis = 0; axis < int64_t(value.shape.size()); ++axis)
    value = fill(value, axis, 0, range);
  return value;
}

/// The operand of an operation that is undefined for some numbers: in the padding, and in steps of
/// a scan after the length, it is replaced by a number for which the operation is defined.
Tensor Padding::harmless(const Tensor &given, double number, SourceRange range) {
  Tensor value = given;
  for (int64_t axis = 0; axis < int64_t(value.shape.size()); ++axis)
    value = fill(value, axis, number, range);
  if (!emitter.pass->graph.differsBetweenExamples(value.id) || value.element == Element::Int)
    return value;
  for (const Tensor &step : state().steps)
    value = chosen(emitter.broadcastTo(step, value.shape, range), value, number, range);
  return value;
}

Tensor Padding::choose(const Tensor &value, const Tensor &otherwise, SourceRange range) {
  Tensor truths = emitter.broadcastTo(state().steps.back(), value.shape, range);
  return emitter.emit("select", {truths, value, otherwise}, value.element, value.shape, {}, range);
}

Tensor Padding::zeroStep(const Tensor &value, SourceRange range) {
  return chosen(emitter.broadcastTo(state().steps.back(), value.shape, range), value, 0, range);
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

Tensor Padding::reverse(const Tensor &value, int64_t axis, SourceRange range) {
  LengthPtr length = masked(value, axis);
  int64_t size = value.shape[size_t(axis)].size;
  if (!length)
    return emitter.emit("reverse", {value}, value.element, value.shape,
                        {{"dims", std::vector<int64_t>{axis}}}, range);
  Tensor &places = state().reversals[{length.get(), size}];
  if (!places.graph) {
    Tensor before = mask(length, size, range);
    LeaveScans leave(emitter.pass->graph);
    Shape shape = before.shape;
    Tensor positions = emitter.emit("iota", {}, Element::Int, shape, {{"dim", int64_t(0)}}, range);
    Tensor last =
        emitter.broadcast(this->value(derived(length, LengthStep::Add, -1)), shape, {}, range);
    Tensor mirrored = emitter.emit("sub", {last, positions}, Element::Int, shape, {}, range);
    // The padding stays in place.
    places = emitter.emit("select", {before, mirrored, positions}, Element::Int, shape, {}, range);
  }
  Tensor result = emitter.gather(value, axis, places, 0, range);
  result.shape = value.shape;
  set(result, of(value));
  keepFilled(result, {value});
  return result;
}

/// The slice of a value at one position of a dimension, without that dimension.
Tensor Padding::at(const Tensor &value, int64_t axis, int64_t position, SourceRange range) {
  Tensor one = emitter.slice(value, axis, {1, nullptr}, position, range);
  if (isPadded(one))
    set(one, axis, nullptr);
  Shape shape = one.shape;
  shape.erase(shape.begin() + axis);
  return emitter.reshape(one, shape, range);
}

Tensor Padding::first(const Tensor &value, int64_t axis, SourceRange range) {
  LengthPtr length = masked(value, axis);
  bool mayBeEmpty = length && length->least == 0;
  return at(mayBeEmpty ? fill(value, axis, 0, range) : value, axis, 0, range);
}

Tensor Padding::last(const Tensor &value, int64_t axis, SourceRange range) {
  LengthPtr length = masked(value, axis);
  if (!length)
    return at(value, axis, value.shape[size_t(axis)].size - 1, range);
  Tensor source = length->least == 0 ? fill(value, axis, 0, range) : value;
  Tensor place = this->value(derived(length, LengthStep::Add, -1));
  return emitter.gather(source, axis, place, 0, range);
}

Tensor Padding::clamped(const Tensor &indices, const LengthPtr &length, SourceRange range) {
  Tensor last = value(derived(length, LengthStep::Add, -1));
  Tensor result = emitter.emit("min", {indices, emitter.broadcastTo(last, indices.shape, range)},
                               Element::Int, indices.shape, {}, range);
  result.reduction = indices.reduction;
  result.classes = indices.classes;
  return result;
}

std::optional<Tensor> Padding::position(const Tensor &value, int64_t axis, int64_t position,
                                        SourceRange range) {
  LengthPtr length = along(value, axis);
  if (length && (position < -1 || position > 0)) {
    refuse("a fixed position", length, range,
           "some examples have no such position; `first(x)` and `last(x)` exist in every example, "
           "and a computed index is clamped to the last position");
    return std::nullopt;
  }
  if (length)
    return position == 0 ? first(value, axis, range) : last(value, axis, range);
  return at(value, axis, position < 0 ? position + value.shape[size_t(axis)].size : position,
            range);
}

std::optional<Tensor> Padding::count(const Tensor &value, const std::vector<int64_t> &axes,
                                     SourceRange range) {
  std::optional<Tensor> count;
  int64_t rest = 1;
  auto combine = [&](const char *operation, const Tensor &left, const Tensor &right) {
    return emitter.emit(operation, {left, right}, left.element, {}, {}, range);
  };
  for (int64_t axis : axes) {
    LengthPtr length = masked(value, axis);
    if (!length) {
      rest *= value.shape[size_t(axis)].size;
      continue;
    }
    Tensor positions = this->value(length);
    if (length->least == 0)
      positions = combine("max", positions,
                          emitter.constant(IntegerConstant{1, nullptr}, Element::Int, range));
    positions = emitter.convert(positions, Element::Float, range);
    count = count ? combine("mul", *count, positions) : positions;
  }
  if (count && rest != 1)
    count = combine("mul", *count, emitter.constant(double(rest), Element::Float, range));
  return count;
}

} // namespace nnc::lang
