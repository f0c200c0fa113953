// Implements the reading of shapes.
#include "lang/elaborate/signatures/Sizes.h"

namespace nnc::lang {

namespace {

bool append(Environment &environment, const Entity &value, SourceRange range, Shape &shape) {
  if (auto *whole = value.get<ShapeConstant>()) {
    shape.insert(shape.end(), whole->shape.begin(), whole->shape.end());
    return true;
  }
  if (auto *tensor = value.get<Tensor>(); tensor && !tensor->shape.empty()) {
    shape.insert(shape.end(), tensor->shape.begin(), tensor->shape.end());
    return true;
  }
  if (auto *list = value.get<Group>()) {
    for (const NamedEntity &member : list->members)
      if (!append(environment, *member.value, range, shape))
        return false;
    return true;
  }
  auto *size = value.get<IntegerConstant>();
  if (!size && !value.is<double>()) {
    environment.report(Diag::NotConstant, range, "a dimension")
        .here(fmt::format("this is {}", describe(value)));
    return false;
  }
  if (!size || size->value < 1) {
    environment.report(Diag::BadDimension, range,
                       size ? fmt::format("{}", size->value) : fmt::format("{}", value.number()));
    return false;
  }
  OriginPtr origin = size->origin;
  if (!origin || origin->text.empty())
    origin = makeOrigin(environment.place(range),
                        fmt::format("{} is a dimension of the new shape", size->value));
  shape.push_back({size->value, origin});
  return true;
}

} // namespace

std::optional<Shape> readSizes(Environment &environment, const std::vector<GivenArgument> &sizes) {
  Shape shape;
  for (const GivenArgument &size : sizes)
    if (!append(environment, size.value, size.range, shape))
      return std::nullopt;
  return shape;
}

} // namespace nnc::lang
