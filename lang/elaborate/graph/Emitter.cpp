// Implements Emitter: each operation with the shape and the origins of its result.
#include "lang/elaborate/graph/Emitter.h"

#include "lang/elaborate/graph/Padding.h"

#include <algorithm>
#include <numeric>

namespace nnc::lang {

Tensor Emitter::emit(const std::string &operation, const std::vector<Tensor> &operands,
                     Element element, Shape shape, Graph::Attributes attributes,
                     SourceRange range) {
  if (elementCount(shape) > maximumElements)
    environment.report(Diag::TooLarge, range, describe(element, shape), maximumElements);
  Padding padding(environment, *this);
  std::vector<Tensor> filled = operands;
  Lengths lengths = padding.prepare(operation, filled, shape, attributes, range);
  std::vector<ValueId> ids;
  for (const Tensor &operand : filled)
    ids.push_back(operand.id);
  Tensor result;
  result.graph = &pass->graph;
  result.element = element;
  result.id = pass->graph.add(operation, std::move(ids), {element, sizes(shape), 0},
                              std::move(attributes), environment.place(range));
  result.shape = std::move(shape);
  if (!lengths.empty())
    padding.set(result, std::move(lengths));
  if (operation == "concat")
    padding.keepFilled(result, filled);
  // The value of the margins, which may be infinite, also stands in the padding: it is masked.
  return operation == "pad" ? padding.zeroBeyond(result, range) : result;
}

bool Emitter::usable(const Tensor &value, SourceRange range) {
  if (value.graph == &pass->graph)
    return true;
  environment
      .report(Diag::InitialValue, range,
              "it can depend on sizes and settings only, not on values of the model")
      .help("begin with a number or an initialiser, as `= 0` or `= he`; a state gets its later "
            "values by `<-`");
  return false;
}

Tensor Emitter::constant(const Entity &number, Element element, SourceRange range) {
  bool whole = element == Element::Int || element == Element::Bool;
  // Doubles hold whole numbers up to 2^53 only.
  auto *integer = number.get<IntegerConstant>();
  if (integer && element == Element::Int &&
      (integer->value < INT32_MIN || integer->value > INT32_MAX))
    environment.report(Diag::BadArithmetic, range,
                       fmt::format("{} does not fit in the 32 bits of an `int`", integer->value));
  Attribute value = !whole    ? Attribute(number.number())
                    : integer ? Attribute(int64_t(integer->value))
                              : Attribute(int64_t(number.number()));
  Graph::Attributes attributes;
  attributes.emplace_back("value", std::move(value));
  return emit("constant", {}, element, {}, std::move(attributes), range);
}

namespace {

/// Appends the numbers of a list, row by row; false where it is not one of numbers, or not even.
bool readList(const Group &list, size_t depth, Shape &shape, std::vector<double> &numbers,
              bool &whole) {
  int64_t count = int64_t(list.members.size());
  if (count == 0)
    return false;
  if (depth == shape.size())
    shape.push_back({count, nullptr});
  if (shape[depth].size != count)
    return false;
  for (const NamedEntity &member : list.members) {
    if (!member.name.empty())
      return false;
    if (auto *inner = member.value->get<Group>()) {
      if (!readList(*inner, depth + 1, shape, numbers, whole))
        return false;
    } else if (!member.value->isNumber() || depth + 1 != shape.size()) {
      return false;
    } else {
      whole &= member.value->is<IntegerConstant>();
      numbers.push_back(member.value->number());
    }
  }
  return true;
}

} // namespace

Entity Emitter::listed(const Entity &value, SourceRange range) {
  auto *list = value.get<Group>();
  Shape shape;
  std::vector<double> numbers;
  bool whole = true;
  if (!list || !pass || !readList(*list, 0, shape, numbers, whole))
    return value;
  for (Extent &extent : shape)
    extent.origin =
        makeOrigin(environment.place(range), fmt::format("the list has {} elements", extent.size));
  return emit("constant", {}, whole ? Element::Int : Element::Float, shape,
              {{"value", std::move(numbers)}}, range);
}

Tensor Emitter::broadcast(const Tensor &value, const Shape &shape, std::vector<int64_t> axes,
                          SourceRange range) {
  if (value.shape.size() == shape.size() && sameSizes(value.shape, shape))
    return value;
  Tensor result =
      emit("broadcast", {value}, value.element, shape, {{"dims", std::move(axes)}}, range);
  result.classes = value.classes;
  return result;
}

Tensor Emitter::broadcastTo(const Tensor &value, const Shape &shape, SourceRange range) {
  std::vector<int64_t> axes(value.shape.size());
  std::iota(axes.begin(), axes.end(), int64_t(shape.size() - value.shape.size()));
  return broadcast(value, shape, std::move(axes), range);
}

Tensor Emitter::convert(const Tensor &value, Element element, SourceRange range) {
  if (value.element == element)
    return value;
  Tensor result = emit("convert", {value}, element, value.shape, {}, range);
  result.reduction = value.reduction;
  return result;
}

Tensor Emitter::reduce(const std::string &operation, const Tensor &value, std::vector<int64_t> axes,
                       SourceRange range) {
  if (axes.empty())
    return value;
  Shape shape;
  std::vector<bool> holes(value.shape.size());
  for (int64_t axis : axes)
    holes[size_t(axis)] = true;
  for (size_t axis = 0; axis < value.shape.size(); ++axis)
    if (!holes[axis])
      shape.push_back(value.shape[axis]);
  Tensor result =
      emit(operation, {value}, value.element, std::move(shape), {{"dims", std::move(axes)}}, range);
  result.reduction = {true, std::move(holes)};
  return result;
}

Tensor Emitter::reshape(const Tensor &value, Shape shape, SourceRange range) {
  if (sameSizes(value.shape, shape)) {
    Tensor same = value;
    same.shape = std::move(shape);
    same.reduction = {};
    return same;
  }
  Tensor result = emit("reshape", {value}, value.element, std::move(shape), {}, range);
  result.classes = value.classes;
  return result;
}

Tensor Emitter::transpose(const Tensor &value, std::vector<int64_t> permutation,
                          SourceRange range) {
  if (std::is_sorted(permutation.begin(), permutation.end()))
    return value;
  Shape shape;
  for (int64_t axis : permutation)
    shape.push_back(value.shape[size_t(axis)]);
  Tensor result = emit("transpose", {value}, value.element, std::move(shape),
                       {{"permutation", std::move(permutation)}}, range);
  result.classes = value.classes;
  return result;
}

Tensor Emitter::slice(const Tensor &value, int64_t axis, Extent extent, int64_t begin,
                      SourceRange range, int64_t stride) {
  if (begin == 0 && extent.size == value.shape[size_t(axis)].size)
    return value;
  Shape shape = value.shape;
  shape[size_t(axis)] = std::move(extent);
  std::vector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1);
  offsets[size_t(axis)] = begin;
  strides[size_t(axis)] = stride;
  std::vector<int64_t> lengths = sizes(shape);
  Tensor result = emit("slice", {value}, value.element, std::move(shape),
                       {{"offsets", offsets}, {"sizes", lengths}, {"strides", strides}}, range);
  result.classes = value.classes;
  return result;
}

Tensor Emitter::gather(const Tensor &base, int64_t axis, const Tensor &indices, int64_t batch,
                       SourceRange range) {
  // The dialect gathers along the first dimension after the batch ones.
  Tensor source = base;
  if (axis != batch) {
    std::vector<int64_t> permutation;
    for (int64_t other = 0; other < batch; ++other)
      permutation.push_back(other);
    permutation.push_back(axis);
    for (int64_t other = batch; other < int64_t(base.shape.size()); ++other)
      if (other != axis)
        permutation.push_back(other);
    source = transpose(base, permutation, range);
  }
  Shape shape(source.shape.begin(), source.shape.begin() + batch);
  shape.insert(shape.end(), indices.shape.begin() + batch, indices.shape.end());
  shape.insert(shape.end(), source.shape.begin() + batch + 1, source.shape.end());
  Tensor result =
      emit("gather", {source, indices}, base.element, shape, {{"batch_dims", batch}}, range);
  result.classes = base.classes;
  if (axis == batch)
    return result;
  // The indices' own dimensions stand where the axis was.
  int64_t inner = int64_t(indices.shape.size()) - batch;
  std::vector<int64_t> back;
  for (int64_t other = 0; other < batch; ++other)
    back.push_back(other);
  for (int64_t other = batch; other < axis; ++other)
    back.push_back(other + inner);
  for (int64_t other = 0; other < inner; ++other)
    back.push_back(batch + other);
  for (int64_t other = axis + inner; other < int64_t(shape.size()); ++other)
    back.push_back(other);
  return transpose(result, back, range);
}

Tensor Emitter::contract(const Tensor &left, const std::vector<int64_t> &leftLabels,
                         const Tensor &right, const std::vector<int64_t> &rightLabels,
                         const std::vector<int64_t> &resultLabels, SourceRange range) {
  Shape shape;
  for (int64_t label : resultLabels) {
    auto inLeft = std::find(leftLabels.begin(), leftLabels.end(), label);
    if (inLeft != leftLabels.end())
      shape.push_back(left.shape[size_t(inLeft - leftLabels.begin())]);
    else
      shape.push_back(right.shape[size_t(std::find(rightLabels.begin(), rightLabels.end(), label) -
                                         rightLabels.begin())]);
  }
  // A multiplication and an addition for every combination of labels. A tensor that is too large
  // is reported below.
  constexpr int64_t most = int64_t(1) << 53;
  int64_t flop = 2;
  auto add = [&](int64_t size) { flop = flop > most / size ? most : flop * size; };
  add(repetitions);
  for (int64_t size : sizes(left.shape))
    add(size);
  std::vector<int64_t> rightSizes = sizes(right.shape);
  for (size_t i = 0; i < rightSizes.size(); ++i)
    if (std::find(leftLabels.begin(), leftLabels.end(), rightLabels[i]) == leftLabels.end())
      add(rightSizes[i]);
  layerFlop = std::min(most, layerFlop + flop);
  return emit(
      "contract", {left, right}, Element::Float, std::move(shape),
      {{"lhs_labels", leftLabels}, {"rhs_labels", rightLabels}, {"result_labels", resultLabels}},
      range);
}

Tensor Emitter::scalar(const std::string &counter) {
  auto known = pass->scalars.find(counter);
  if (known != pass->scalars.end())
    return known->second;
  Tensor result;
  result.graph = &pass->graph;
  result.element = Element::Int;
  result.id = pass->graph.addArgument(ArgumentKind::Scalar, counter, {Element::Int, {}, 0}, {});
  return pass->scalars[counter] = result;
}

std::optional<Tensor> Emitter::numberOfExample(SourceRange range) {
  for (const FunctionArgument &argument : pass->graph.function.arguments) {
    if (argument.kind != ArgumentKind::Input)
      continue;
    const Type &type = pass->graph.type(argument.value);
    Tensor value;
    value.graph = &pass->graph;
    value.id = argument.value;
    value.element = type.element;
    for (int64_t size : type.shape)
      value.shape.push_back({size, nullptr});
    for (size_t axis = 0; axis < value.shape.size(); ++axis)
      value = slice(value, int64_t(axis), {1, nullptr}, 0, range);
    return reshape(value, {}, range);
  }
  return std::nullopt;
}

Tensor Emitter::persistent(ArgumentKind kind, const std::string &path, Element element,
                           const Shape &shape, SourceRange range) {
  Tensor value;
  value.graph = &pass->graph;
  value.element = element;
  value.shape = shape;
  if (std::optional<ValueId> known = pass->graph.findArgument(kind, path))
    value.id = *known;
  else
    value.id = pass->graph.addArgument(kind, path, {element, sizes(shape), 0}, range);
  return value;
}

std::optional<Tensor> Emitter::initialState(const std::string &path, Element element,
                                            const Shape &shape) {
  for (const FunctionResult &result : initialize->graph.function.results) {
    if (result.kind != ResultKind::State && result.kind != ResultKind::ExampleState)
      continue;
    if (result.name != path)
      continue;
    std::optional<ValueId> value = pass->graph.copyConstant(initialize->graph, result.value);
    if (value)
      return Tensor{&pass->graph, *value, element, shape, 0, {}};
  }
  return std::nullopt;
}

std::optional<Tensor> Emitter::tensor(const Entity &value, Element preferred, std::string_view what,
                                      SourceRange range) {
  if (value.poisoned())
    return std::nullopt;
  if (auto *known = value.get<Tensor>())
    return usable(*known, range) ? std::optional<Tensor>(*known) : std::nullopt;
  if (auto *size = value.get<IntegerConstant>(); size && isOfPadded(size->origin)) {
    environment.report(Diag::PaddedSize, range, size->value)
        .help("`length(x)` is how long each example is; `mean[T]` divides by it");
    return std::nullopt;
  }
  if (value.isNumber())
    return constant(value, preferred, range);
  if (auto *truth = value.get<bool>())
    return constant(*truth ? 1.0 : 0.0, Element::Bool, range);
  Entity list = listed(value, range);
  if (auto *numbers = list.get<Tensor>())
    return preferred == Element::Float ? convert(*numbers, Element::Float, range) : *numbers;
  environment.report(Diag::OperandType, range, what, describe(value));
  return std::nullopt;
}

} // namespace nnc::lang
