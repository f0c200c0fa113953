// Operations of the nn dialect, one function for each kind. Shapes are right when these are called.
#include "lang/elaborate/Elaborator.h"

#include <algorithm>
#include <numeric>

namespace nnc::lang {

Tensor Elaborator::emit(const std::string &operation, const std::vector<Tensor> &operands,
                        Element element, Shape shape, Graph::Attributes attributes,
                        SourceRange range) {
  if (elementCount(shape) > maximumElements)
    report(Diag::TooLarge, range, describe(element, shape), maximumElements);
  std::vector<ValueId> ids;
  for (const Tensor &operand : operands)
    ids.push_back(operand.id);
  Tensor result;
  result.graph = &pass->graph;
  result.element = element;
  result.id = pass->graph.add(operation, std::move(ids), {element, sizes(shape), 0},
                              std::move(attributes), place(range));
  result.shape = std::move(shape);
  return result;
}

bool Elaborator::usable(const Tensor &value, SourceRange range) {
  if (value.graph == &pass->graph)
    return true;
  report(Diag::InitialValue, range,
         "it can depend on sizes and settings only, not on values of the model");
  return false;
}

Tensor Elaborator::constant(const Entity &number, Element element, SourceRange range) {
  bool whole = element == Element::Int || element == Element::Bool;
  // Doubles hold whole numbers up to 2^53 only.
  auto *integer = number.get<IntegerConstant>();
  Attribute value = !whole    ? Attribute(number.number())
                    : integer ? Attribute(int64_t(integer->value))
                              : Attribute(int64_t(number.number()));
  Graph::Attributes attributes;
  attributes.emplace_back("value", std::move(value));
  return emit("constant", {}, element, {}, std::move(attributes), range);
}

Tensor Elaborator::broadcast(const Tensor &value, const Shape &shape, std::vector<int64_t> axes,
                             SourceRange range) {
  if (value.shape.size() == shape.size() && sameSizes(value.shape, shape))
    return value;
  Tensor result =
      emit("broadcast", {value}, value.element, shape, {{"dims", std::move(axes)}}, range);
  result.classes = value.classes;
  return result;
}

Tensor Elaborator::broadcastTo(const Tensor &value, const Shape &shape, SourceRange range) {
  std::vector<int64_t> axes(value.shape.size());
  std::iota(axes.begin(), axes.end(), int64_t(shape.size() - value.shape.size()));
  return broadcast(value, shape, std::move(axes), range);
}

Tensor Elaborator::convert(const Tensor &value, Element element, SourceRange range) {
  if (value.element == element)
    return value;
  Tensor result = emit("convert", {value}, element, value.shape, {}, range);
  result.reduction = value.reduction;
  return result;
}

Tensor Elaborator::reduce(const std::string &operation, const Tensor &value,
                          std::vector<int64_t> axes, SourceRange range) {
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

Tensor Elaborator::reshape(const Tensor &value, Shape shape, SourceRange range) {
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

Tensor Elaborator::transpose(const Tensor &value, std::vector<int64_t> permutation,
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

Tensor Elaborator::slice(const Tensor &value, int64_t axis, Extent extent, int64_t begin,
                         SourceRange range) {
  if (begin == 0 && extent.size == value.shape[size_t(axis)].size)
    return value;
  Shape shape = value.shape;
  shape[size_t(axis)] = std::move(extent);
  std::vector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1);
  offsets[size_t(axis)] = begin;
  std::vector<int64_t> lengths = sizes(shape);
  Tensor result = emit("slice", {value}, value.element, std::move(shape),
                       {{"offsets", offsets}, {"sizes", lengths}, {"strides", strides}}, range);
  result.classes = value.classes;
  return result;
}

Tensor Elaborator::contract(const Tensor &left, const std::vector<int64_t> &leftLabels,
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
  // A multiplication and an addition for every combination of labels. What is too large to be true
  // is reported below.
  constexpr int64_t most = int64_t(1) << 53;
  int64_t flop = 2;
  auto add = [&](int64_t size) { flop = flop > most / size ? most : flop * size; };
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

Tensor Elaborator::scalar(const std::string &counter) {
  auto known = pass->scalars.find(counter);
  if (known != pass->scalars.end())
    return known->second;
  Tensor result;
  result.graph = &pass->graph;
  result.element = Element::Int;
  result.id = pass->graph.addArgument(ArgumentKind::Scalar, counter, {Element::Int, {}, 0}, {});
  return pass->scalars[counter] = result;
}

std::optional<Tensor> Elaborator::tensor(const Entity &value, Element preferred,
                                         std::string_view what, SourceRange range) {
  if (value.poisoned())
    return std::nullopt;
  if (auto *known = value.get<Tensor>())
    return usable(*known, range) ? std::optional<Tensor>(*known) : std::nullopt;
  if (value.isNumber())
    return constant(value, preferred, range);
  if (auto *truth = value.get<bool>())
    return constant(*truth ? 1.0 : 0.0, Element::Bool, range);
  report(Diag::OperandType, range, what, describe(value));
  return std::nullopt;
}

} // namespace nnc::lang
