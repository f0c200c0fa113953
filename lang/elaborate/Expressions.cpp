// Evaluation of expressions: literals, names, members, operators, indexing.
#include "lang/elaborate/Elaborator.h"

#include <algorithm>

namespace nnc::lang {

Entity Elaborator::evaluate(const Expression &expression) {
  struct Nesting {
    uint32_t &depth;
    explicit Nesting(uint32_t &depth) : depth(depth) { ++depth; }
    ~Nesting() { --depth; }
  } nesting(depth);
  if (!step(expression.range))
    return Poison{};
  switch (expression.kind) {
  case ExpressionKind::Error:
    return Poison{};
  case ExpressionKind::IntegerLiteral:
    return IntegerConstant{as<IntegerLiteral>(&expression)->value,
                           makeOrigin(expression.range, "")};
  case ExpressionKind::FloatLiteral:
    return as<FloatLiteral>(&expression)->value;
  case ExpressionKind::StringLiteral:
    return as<StringLiteral>(&expression)->value;
  case ExpressionKind::BoolLiteral:
    return as<BoolLiteral>(&expression)->value;
  case ExpressionKind::Name:
    return evaluateName(*as<NameExpression>(&expression));
  case ExpressionKind::Member:
    return evaluateMember(*as<MemberExpression>(&expression));
  case ExpressionKind::Call:
    return evaluateCall(*as<CallExpression>(&expression));
  case ExpressionKind::Index:
    return evaluateIndex(*as<IndexExpression>(&expression));
  case ExpressionKind::Unary: {
    auto *unaryExpression = as<UnaryExpression>(&expression);
    return unary(unaryExpression->op, evaluate(*unaryExpression->operand), expression.range);
  }
  case ExpressionKind::Binary: {
    auto *binaryExpression = as<BinaryExpression>(&expression);
    Entity left = evaluate(*binaryExpression->left);
    // What the left side decides alone need not be known on the right.
    if (auto *known = left.get<bool>())
      if ((binaryExpression->op == BinaryOperator::And && !*known) ||
          (binaryExpression->op == BinaryOperator::Or && *known))
        return left;
    Entity right = evaluate(*binaryExpression->right);
    return binary(binaryExpression->op, left, right, expression.range);
  }
  case ExpressionKind::Pipe:
    return evaluatePipe(*as<PipeExpression>(&expression));
  case ExpressionKind::Reduce:
    return evaluateReduce(*as<ReduceExpression>(&expression));
  case ExpressionKind::Where:
    reportWhere(*as<WhereExpression>(&expression));
    return Poison{};
  case ExpressionKind::If:
    return evaluateIf(*as<IfExpression>(&expression));
  case ExpressionKind::Record: {
    Group group;
    for (const CallArgument &field : as<RecordExpression>(&expression)->fields)
      group.members.push_back(
          {field.name.text, field.name.range, std::make_shared<Entity>(evaluate(*field.value))});
    return group;
  }
  case ExpressionKind::List: {
    Group list;
    for (const ExpressionPtr &element : as<ListExpression>(&expression)->elements)
      list.members.push_back({"", element->range, std::make_shared<Entity>(evaluate(*element))});
    return list;
  }
  case ExpressionKind::Range:
    return evaluateRange(*as<RangeExpression>(&expression));
  case ExpressionKind::Ellipsis:
    report(Diag::NotSupported, expression.range, "`...` here");
    return Poison{};
  case ExpressionKind::Block:
    return evaluateBlock(*as<Block>(&expression));
  case ExpressionKind::Scan:
    return unsupported("`scan`", expression.range);
  case ExpressionKind::Except: {
    auto *except = as<ExceptExpression>(&expression);
    return ExceptEntity{std::make_shared<Entity>(evaluate(*except->value)), except->names};
  }
  }
  return Poison{};
}

Entity Elaborator::evaluateName(const NameExpression &expression) {
  return lookup(expression.name, expression.range);
}

Entity Elaborator::evaluateMember(const MemberExpression &expression) {
  Entity base = evaluate(*expression.base);
  if (base.poisoned() || expression.member.text.empty())
    return Poison{};
  auto *group = base.get<Group>();
  std::vector<std::string> names;
  if (group)
    for (const NamedEntity &member : group->members) {
      if (member.name == expression.member.text && !member.name.empty())
        return *member.value;
      names.push_back(member.name);
    }
  DiagnosticBuilder builder =
      report(Diag::NoSuchField, expression.member.range, describe(base), expression.member.text);
  std::string_view nearest =
      nearestName(expression.member.text, std::span<const std::string>(names));
  if (!nearest.empty())
    builder.help(fmt::format("did you mean `{}`?", nearest));
  else if (!names.empty() && !names[0].empty())
    builder.note(fmt::format("its fields are {}", fmt::join(names, ", ")));
  return Poison{};
}

std::optional<int64_t> Elaborator::evaluateInteger(const Expression &expression,
                                                   std::string_view what) {
  Entity value = evaluate(expression);
  if (value.poisoned())
    return std::nullopt;
  if (auto *integer = value.get<IntegerConstant>())
    return integer->value;
  report(Diag::NotConstant, expression.range, what)
      .here(fmt::format("this is {}", describe(value)));
  return std::nullopt;
}

Entity Elaborator::evaluateRange(const RangeExpression &expression) {
  if (!expression.begin || !expression.end) {
    report(Diag::NotConstant, expression.range, "both ends of a range");
    return Poison{};
  }
  std::optional<int64_t> begin = evaluateInteger(*expression.begin, "the begin of a range");
  std::optional<int64_t> end = evaluateInteger(*expression.end, "the end of a range");
  if (!begin || !end)
    return Poison{};
  return RangeConstant{*begin, *end};
}

//===----------------------------------------------------------------------===//
// Indexing
//===----------------------------------------------------------------------===//

Entity Elaborator::evaluateIndex(const IndexExpression &expression) {
  return indexEntity(evaluate(*expression.base), expression.items, expression.range);
}

Entity Elaborator::indexEntity(const Entity &base, const std::vector<ExpressionPtr> &items,
                               SourceRange range) {
  if (base.poisoned())
    return Poison{};
  if (auto *tensor = base.get<Tensor>())
    return usable(*tensor, range) ? indexTensor(*tensor, items, range) : Entity(Poison{});
  if (auto *group = base.get<Group>(); group && items.size() == 1) {
    std::optional<int64_t> index = evaluateInteger(*items[0], "the index of a list");
    if (!index)
      return Poison{};
    if (*index >= 0 && *index < int64_t(group->members.size()))
      return *group->members[size_t(*index)].value;
    report(Diag::IndexRange, items[0]->range, *index, int64_t(group->members.size()));
    return Poison{};
  }
  if (auto *shape = base.get<ShapeConstant>(); shape && items.size() == 1) {
    std::optional<int64_t> index = evaluateInteger(*items[0], "the index of a shape");
    if (!index)
      return Poison{};
    if (*index >= 0 && *index < int64_t(shape->shape.size()))
      return IntegerConstant{shape->shape[size_t(*index)].size,
                             shape->shape[size_t(*index)].origin};
    report(Diag::IndexRange, items[0]->range, *index, int64_t(shape->shape.size()));
    return Poison{};
  }
  report(Diag::CannotIndex, range, describe(base));
  return Poison{};
}

Entity Elaborator::gather(const Tensor &base, int64_t axis, const Tensor &indices, int64_t batch,
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

Entity Elaborator::indexTensor(const Tensor &base, const std::vector<ExpressionPtr> &items,
                               SourceRange range) {
  size_t rank = base.shape.size(), given = 0;
  bool ellipsis = false;
  for (const ExpressionPtr &item : items)
    as<EllipsisExpression>(item) ? void(ellipsis = true) : void(++given);
  if (given > rank) {
    DiagnosticBuilder builder =
        report(Diag::TooManyIndices, range, describe(base.element, base.shape), int64_t(rank),
               int64_t(given));
    addOrigins(builder, base.shape);
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
            report(Diag::SliceRange, item->range, *begin, *end, extent.size);
        addOrigins(builder, {extent});
        good = false;
      } else {
        int64_t size = *end - *begin;
        OriginPtr origin = makeOrigin(place(item->range),
                                      fmt::format("{} elements from {} to {}", size, *begin, *end));
        value =
            slice(value, axis, size == extent.size ? extent : Extent{size, origin}, *begin, range);
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
            report(Diag::IndexRange, item->range, number->value, extent.size);
        addOrigins(builder, {extent});
        good = false;
        ++axis;
        continue;
      }
      Tensor one = slice(value, axis, {1, nullptr}, number->value, range);
      Shape shape = one.shape;
      shape.erase(shape.begin() + axis);
      value = reshape(one, shape, range);
      --rank;
    } else if (auto *indices = index.get<Tensor>(); indices && indices->element == Element::Int) {
      if (!usable(*indices, item->range))
        return Poison{};
      // After `...`, the dimensions of the index are the ones that `...` stands for: one index for
      // each position.
      int64_t batch =
          ellipsis && given == 1 && !indices->shape.empty() ? int64_t(indices->shape.size()) : 0;
      if (batch) {
        Shape leading(value.shape.begin(), value.shape.begin() + axis);
        if (batch != axis || !sameSizes(leading, indices->shape)) {
          DiagnosticBuilder builder =
              report(Diag::ElementwiseShapes, range, "[..., index]",
                     describe(base.element, base.shape), describe(Element::Int, indices->shape));
          builder.note("the index needs the dimensions that `...` stands for");
          addOrigins(builder, leading, &indices->shape);
          return Poison{};
        }
      }
      if (indices->classes > extent.size) {
        DiagnosticBuilder builder =
            report(Diag::ClassRange, item->range, indices->classes, extent.size);
        addOrigins(builder, {extent});
        return Poison{};
      }
      Entity gathered = gather(value, axis, *indices, batch, range);
      value = *gathered.get<Tensor>();
      int64_t added = int64_t(indices->shape.size()) - batch;
      axis += added;
      rank = rank - 1 + size_t(added);
    } else {
      report(Diag::NotAnIndex, item->range, describe(index));
      good = false;
      ++axis;
    }
  }
  return good ? Entity(value) : Entity(Poison{});
}

} // namespace nnc::lang
