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

/// The size that -1 means in NumPy and PyTorch: the elements divided by the other sizes; 0 if they do
/// not divide evenly.
static int64_t sizeLeft(const std::vector<GivenArgument> &sizes, int64_t elements) {
  int64_t left = elements, open = 0;
  for (const GivenArgument &size : sizes) {
    auto *known = size.value.get<IntegerConstant>();
    if (known && known->value > 0 && left % known->value == 0)
      left /= known->value;
    else if (known && known->value == -1)
      ++open;
    else
      return 0;
  }
  return open == 1 ? left : 0;
}

std::optional<Shape> readSizes(Environment &environment, const std::vector<GivenArgument> &sizes,
                               int64_t elements) {
  Shape shape;
  for (const GivenArgument &size : sizes)
    if (auto *open = size.value.get<IntegerConstant>(); open && open->value == -1) {
      DiagnosticBuilder builder = environment.report(Diag::BadDimension, size.range, "-1");
      if (int64_t left = sizeLeft(sizes, elements))
        builder.help(fmt::format("sizes are written; here it is {}", left));
      return std::nullopt;
    } else if (!append(environment, size.value, size.range, shape))
      return std::nullopt;
  return shape;
}

} // namespace nnc::lang
