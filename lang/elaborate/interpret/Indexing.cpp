// Implements `x[...]` in ordinary code: numbers, slices, and tensors of indices.
#include "lang/elaborate/interpret/Interpreter.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/syntax/ASTPrinter.h"

namespace nnc::lang {

/// A position that is written with a minus sign.
static bool countsFromEnd(const Expression &expression) {
  auto *unary = as<UnaryExpression>(&expression);
  return unary && unary->op == UnaryOperator::Negate;
}

std::optional<int64_t> Interpreter::evaluatePosition(const Expression &expression, int64_t size,
                                                     std::string_view what) {
  std::optional<int64_t> position = evaluateInteger(expression, what);
  return position && countsFromEnd(expression) ? *position + size : position;
}

Entity Interpreter::indexEntity(const Entity &base, const std::vector<ExpressionPtr> &items,
                                SourceRange range) {
  if (base.poisoned())
    return Poison{};
  if (auto *tensor = base.get<Tensor>())
    return emitter.usable(*tensor, range) ? indexTensor(*tensor, items, range) : Entity(Poison{});
  auto *group = base.get<Group>();
  if (auto *part = group && items.size() == 1 ? as<RangeExpression>(items[0]) : nullptr) {
    int64_t size = int64_t(group->members.size());
    std::optional<int64_t> begin = 0, end = size;
    if (part->begin)
      begin = evaluatePosition(*part->begin, size, "the begin of a slice");
    if (part->end)
      end = evaluatePosition(*part->end, size, "the end of a slice");
    if (!begin || !end)
      return Poison{};
    if (*begin < 0 || *begin > *end || *end > size) {
      environment.report(Diag::SliceRange, items[0]->range, *begin, *end, size);
      return Poison{};
    }
    Group some;
    some.members.assign(group->members.begin() + *begin, group->members.begin() + *end);
    return some;
  }
  bool dimensions =
      items.size() != 1 || as<EllipsisExpression>(items[0]) || as<NewDimensionExpression>(items[0]);
  if (group && dimensions)
    if (Entity list = emitter.listed(base, range); list.is<Tensor>())
      return indexEntity(list, items, range);
  if (group && !dimensions) {
    std::optional<int64_t> index =
        evaluatePosition(*items[0], int64_t(group->members.size()), "the index of a list");
    if (!index)
      return Poison{};
    if (*index >= 0 && *index < int64_t(group->members.size()))
      return *group->members[size_t(*index)].value;
    environment.report(Diag::IndexRange, items[0]->range, *index, int64_t(group->members.size()));
    return Poison{};
  }
  if (auto *shape = base.get<ShapeConstant>(); shape && items.size() == 1) {
    std::optional<int64_t> index =
        evaluatePosition(*items[0], int64_t(shape->shape.size()), "the index of a shape");
    if (!index)
      return Poison{};
    if (*index >= 0 && *index < int64_t(shape->shape.size()))
      return IntegerConstant{shape->shape[size_t(*index)].size,
                             shape->shape[size_t(*index)].origin};
    environment.report(Diag::IndexRange, items[0]->range, *index, int64_t(shape->shape.size()));
    return Poison{};
  }
  environment.report(Diag::CannotIndex, range, describe(base));
  return Poison{};
}

Entity Interpreter::indexTensor(const Tensor &base, const std::vector<ExpressionPtr> &items,
                                SourceRange range) {
  size_t rank = base.shape.size(), given = 0;
  bool ellipsis = false;
  for (const ExpressionPtr &item : items) {
    ellipsis |= as<EllipsisExpression>(item) != nullptr;
    given += !as<EllipsisExpression>(item) && !as<NewDimensionExpression>(item);
  }
  if (given > rank) {
    DiagnosticBuilder builder =
        environment.report(Diag::TooManyIndices, range, describe(base.element, base.shape),
                           int64_t(rank), int64_t(given));
    environment.addOrigins(builder, base.shape);
    return Poison{};
  }
  Tensor value = base;
  value.reduction = {};
  int64_t axis = 0;
  bool good = true;
  Padding padding(environment, emitter);
  for (const ExpressionPtr &item : items) {
    if (as<EllipsisExpression>(item)) {
      axis += int64_t(rank - given);
      continue;
    }
    if (as<NewDimensionExpression>(item)) {
      Shape shape = value.shape;
      shape.insert(shape.begin() + axis, {1, nullptr, true});
      value = emitter.reshape(value, shape, range);
      ++axis;
      continue;
    }
    const Extent extent = value.shape[size_t(axis)];
    if (auto *part = as<RangeExpression>(item)) {
      std::optional<int64_t> begin = 0, end = extent.size;
      if (part->begin)
        begin = evaluatePosition(*part->begin, extent.size, "the begin of a slice");
      if (part->end)
        end = evaluatePosition(*part->end, extent.size, "the end of a slice");
      if (!begin || !end) {
        good = false;
      } else if (*begin < 0 || *end > extent.size || *begin >= *end) {
        DiagnosticBuilder builder =
            environment.report(Diag::SliceRange, item->range, *begin, *end, extent.size);
        environment.addOrigins(builder, {extent});
        good = false;
      } else {
        LengthPtr length = padding.along(value, axis);
        if (length && part->begin && countsFromEnd(*part->begin)) {
          padding.refuse("a slice from the end", length, item->range,
                         "a slice cannot begin at a position from the end; take the first n "
                         "positions of the reversed sequence: `reverse(reverse(x)[..n])`");
          return Poison{};
        }
        int64_t size = *end - *begin;
        OriginPtr origin = makeOrigin(environment.place(item->range),
                                      fmt::format("{} elements from {} to {}", size, *begin, *end));
        value = emitter.slice(value, axis, size == extent.size ? extent : Extent{size, origin},
                              *begin, range);
        if (length && part->end && countsFromEnd(*part->end))
          padding.set(value, axis,
                      padding.derived(length, LengthStep::Add, *end - extent.size - *begin));
      }
      ++axis;
      continue;
    }
    Entity index = evaluate(*item);
    if (auto *list = index.get<Group>())
      for (const NamedEntity &member : list->members)
        if (auto *number = member.value->get<IntegerConstant>();
            number && (number->value < 0 || number->value >= extent.size)) {
          environment.report(Diag::IndexRange, item->range, number->value, extent.size);
          return Poison{};
        }
    index = emitter.listed(index, item->range);
    if (index.is<Tensor>() && countsFromEnd(*item)) {
      environment.report(Diag::NotAnIndex, item->range, describe(index))
          .note("only a position that is known when compiling counts from the end");
      return Poison{};
    }
    if (auto *number = index.get<IntegerConstant>(); number && countsFromEnd(*item))
      index = IntegerConstant{number->value + extent.size, number->origin};
    if (index.poisoned()) {
      good = false;
      ++axis;
    } else if (auto *number = index.get<IntegerConstant>()) {
      if (number->value < 0 || number->value >= extent.size) {
        DiagnosticBuilder builder =
            environment.report(Diag::IndexRange, item->range, number->value, extent.size);
        environment.addOrigins(builder, {extent});
        good = false;
        ++axis;
        continue;
      }
      std::optional<Tensor> one = padding.position(
          value, axis, countsFromEnd(*item) ? number->value - extent.size : number->value,
          item->range);
      if (!one)
        return Poison{};
      value = *one;
      --rank;
    } else if (auto *indices = index.get<Tensor>(); indices && indices->element == Element::Int) {
      if (!emitter.usable(*indices, item->range))
        return Poison{};
      // After `...`, the dimensions of the index are the ones that `...` stands for, and at most one
      // more: one index, or several, for each position.
      int64_t batch = ellipsis && given == 1 && !indices->shape.empty() ? axis : 0;
      if (ellipsis && given == 1 && !indices->shape.empty()) {
        Shape leading(value.shape.begin(), value.shape.begin() + axis), first = indices->shape;
        if (int64_t(first.size()) == axis + 1)
          first.pop_back();
        if (!sameSizes(leading, first)) {
          DiagnosticBuilder builder = environment.report(
              Diag::ElementwiseShapes, range, "[..., index]", describe(base.element, base.shape),
              describe(Element::Int, indices->shape));
          builder.note(
              "the index needs the dimensions that `...` stands for, and may have one more");
          environment.addOrigins(builder, leading, &indices->shape);
          return Poison{};
        }
      }
      if (indices->classes > extent.size) {
        DiagnosticBuilder builder =
            environment.report(Diag::ClassRange, item->range, indices->classes, extent.size);
        environment.addOrigins(builder, {extent});
        return Poison{};
      }
      LengthPtr length = padding.masked(value, axis);
      value = emitter.gather(value, axis,
                             length ? padding.clamped(*indices, length, item->range) : *indices,
                             batch, range);
      int64_t added = int64_t(indices->shape.size()) - batch;
      axis += added;
      rank = rank - 1 + size_t(added);
    } else {
      DiagnosticBuilder builder =
          environment.report(Diag::NotAnIndex, item->range, describe(index));
      if (index.is<double>())
        builder.help(fmt::format("to round down, write `floor({})`", toSource(*item)));
      else if (auto *real = index.get<Tensor>(); real && real->element == Element::Float)
        builder.help(fmt::format("to cut off the fraction, write `int({})`", toSource(*item)));
      good = false;
      ++axis;
    }
  }
  return good ? Entity(value) : Entity(Poison{});
}

} // namespace nnc::lang
