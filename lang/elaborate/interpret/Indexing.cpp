// Implements `x[...]` in ordinary code: numbers, slices, and tensors of indices.
#include "lang/elaborate/interpret/Interpreter.h"

namespace nnc::lang {

Entity Interpreter::indexEntity(const Entity &base, const std::vector<ExpressionPtr> &items,
                                SourceRange range) {
  if (base.poisoned())
    return Poison{};
  if (auto *tensor = base.get<Tensor>())
    return emitter.usable(*tensor, range) ? indexTensor(*tensor, items, range) : Entity(Poison{});
  if (auto *group = base.get<Group>(); group && items.size() == 1) {
    std::optional<int64_t> index = evaluateInteger(*items[0], "the index of a list");
    if (!index)
      return Poison{};
    if (*index >= 0 && *index < int64_t(group->members.size()))
      return *group->members[size_t(*index)].value;
    environment.report(Diag::IndexRange, items[0]->range, *index, int64_t(group->members.size()));
    return Poison{};
  }
  if (auto *shape = base.get<ShapeConstant>(); shape && items.size() == 1) {
    std::optional<int64_t> index = evaluateInteger(*items[0], "the index of a shape");
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
  for (const ExpressionPtr &item : items)
    as<EllipsisExpression>(item) ? void(ellipsis = true) : void(++given);
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
  for (const ExpressionPtr &item : items) {
    if (as<EllipsisExpression>(item)) {
      axis += int64_t(rank - given);
      continue;
    }
    const Extent extent = value.shape[size_t(axis)];
    if (auto *part = as<RangeExpression>(item)) {
      std::optional<int64_t> begin = 0, end = extent.size;
      if (part->begin)
        begin = evaluateInteger(*part->begin, "the begin of a slice");
      if (part->end)
        end = evaluateInteger(*part->end, "the end of a slice");
      if (!begin || !end) {
        good = false;
      } else if (*begin < 0 || *end > extent.size || *begin >= *end) {
        DiagnosticBuilder builder =
            environment.report(Diag::SliceRange, item->range, *begin, *end, extent.size);
        environment.addOrigins(builder, {extent});
        good = false;
      } else {
        int64_t size = *end - *begin;
        OriginPtr origin = makeOrigin(environment.place(item->range),
                                      fmt::format("{} elements from {} to {}", size, *begin, *end));
        value = emitter.slice(value, axis, size == extent.size ? extent : Extent{size, origin},
                              *begin, range);
      }
      ++axis;
      continue;
    }
    Entity index = evaluate(*item);
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
      Tensor one = emitter.slice(value, axis, {1, nullptr}, number->value, range);
      Shape shape = one.shape;
      shape.erase(shape.begin() + axis);
      value = emitter.reshape(one, shape, range);
      --rank;
    } else if (auto *indices = index.get<Tensor>(); indices && indices->element == Element::Int) {
      if (!emitter.usable(*indices, item->range))
        return Poison{};
      // After `...`, the dimensions of the index are the ones that `...` stands for: one index for
      // each position.
      int64_t batch =
          ellipsis && given == 1 && !indices->shape.empty() ? int64_t(indices->shape.size()) : 0;
      if (batch) {
        Shape leading(value.shape.begin(), value.shape.begin() + axis);
        if (batch != axis || !sameSizes(leading, indices->shape)) {
          DiagnosticBuilder builder = environment.report(
              Diag::ElementwiseShapes, range, "[..., index]", describe(base.element, base.shape),
              describe(Element::Int, indices->shape));
          builder.note("the index needs the dimensions that `...` stands for");
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
      value = emitter.gather(value, axis, *indices, batch, range);
      int64_t added = int64_t(indices->shape.size()) - batch;
      axis += added;
      rank = rank - 1 + size_t(added);
    } else {
      environment.report(Diag::NotAnIndex, item->range, describe(index));
      good = false;
      ++axis;
    }
  }
  return good ? Entity(value) : Entity(Poison{});
}

} // namespace nnc::lang
