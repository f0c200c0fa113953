// Implements shapes: their texts in messages, and the alignment of operands.
#include "lang/elaborate/values/Shapes.h"

#include <algorithm>
#include <numeric>

namespace nnc::lang {

OriginPtr makeOrigin(SourceRange range, std::string text) {
  return std::make_shared<const Origin>(Origin{range, std::move(text)});
}

OriginPtr withLength(const OriginPtr &origin, LengthPtr length) {
  Origin copy = origin ? *origin : Origin{};
  copy.length = std::move(length);
  return std::make_shared<const Origin>(std::move(copy));
}

OriginPtr withPaddedSize(const OriginPtr &origin) {
  Origin copy = origin ? *origin : Origin{};
  copy.ofPadded = true;
  return std::make_shared<const Origin>(std::move(copy));
}

std::vector<int64_t> sizes(const Shape &shape) {
  std::vector<int64_t> result;
  result.reserve(shape.size());
  for (const Extent &extent : shape)
    result.push_back(extent.size);
  return result;
}

bool sameSizes(const Shape &left, const Shape &right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Extent &a, const Extent &b) { return a.size == b.size; });
}

int64_t elementCount(const Shape &shape) {
  int64_t count = 1;
  for (const Extent &extent : shape)
    if (__builtin_mul_overflow(count, extent.size, &count) || count > maximumElements)
      return maximumElements + 1;
  return count;
}

std::string describe(const Shape &shape) {
  std::vector<std::string> dimensions;
  for (const Extent &extent : shape)
    dimensions.push_back(
        fmt::format("{}{}", paddedLength(extent.origin) ? "up to " : "", extent.size));
  return fmt::format("[{}]", fmt::join(dimensions, ", "));
}

std::string describe(Element element, const Shape &shape, int64_t classes) {
  std::string name;
  switch (element) {
  case Element::Float:
  case Element::Real:
    name = "float";
    break;
  case Element::Int:
    name = classes ? fmt::format("class[{}]", classes) : "int";
    break;
  case Element::Bool:
    name = "bool";
    break;
  }
  return shape.empty() ? name : name + describe(shape);
}

std::string product(const Shape &shape) {
  return shape.empty() ? "1" : fmt::format("{}", fmt::join(sizes(shape), " * "));
}

std::string indexed(std::string_view name, const std::vector<int64_t> &axes) {
  std::vector<std::string> variables;
  for (int64_t axis : axes)
    variables.push_back(axis < 10 ? std::string(1, char('i' + axis)) : fmt::format("i{}", axis));
  return fmt::format("{}[{}]", name, fmt::join(variables, ", "));
}

bool sameDimension(const Extent &left, const Extent &right) {
  return left.origin && left.origin == right.origin;
}

namespace {

using Axes = std::vector<int64_t>;

Axes countedAxes(size_t count, size_t first = 0) {
  Axes axes(count);
  std::iota(axes.begin(), axes.end(), int64_t(first));
  return axes;
}

/// The ways in which the dimensions of `shorter` are dimensions of `longer`, in order; at most two
/// are looked for.
void findByName(const Shape &shorter, const Shape &longer, Axes &chosen, std::vector<Axes> &ways) {
  if (chosen.size() == shorter.size()) {
    ways.push_back(chosen);
    return;
  }
  size_t first = chosen.empty() ? 0 : size_t(chosen.back()) + 1;
  size_t missing = shorter.size() - chosen.size();
  for (size_t axis = first; axis + missing <= longer.size() && ways.size() < 2; ++axis) {
    if (!sameDimension(shorter[chosen.size()], longer[axis]))
      continue;
    chosen.push_back(int64_t(axis));
    findByName(shorter, longer, chosen, ways);
    chosen.pop_back();
  }
}

/// Where the axes stand that a reduction has kept; empty when that is not a shape like `longer`.
Axes findByHoles(const Shape &shorter, const std::vector<bool> &holes, const Shape &longer) {
  Axes axes;
  if (holes.size() != longer.size())
    return axes;
  for (size_t axis = 0; axis < holes.size(); ++axis) {
    if (holes[axis])
      continue;
    if (axes.size() >= shorter.size() || shorter[axes.size()].size != longer[axis].size)
      return {};
    axes.push_back(int64_t(axis));
  }
  return axes.size() == shorter.size() ? axes : Axes();
}

/// The ways in which `shorter` may meet `longer`, all of the same right: one, two or none.
std::vector<Axes> findWays(AlignedOperand shorter, const Shape &longer) {
  std::vector<Axes> named;
  Axes chosen;
  findByName(shorter.shape, longer, chosen, named);
  Axes last = countedAxes(shorter.shape.size(), longer.size() - shorter.shape.size());
  for (size_t axis = 0; axis < last.size(); ++axis)
    if (shorter.shape[axis].size != longer[size_t(last[axis])].size) {
      last.clear();
      break;
    }
  bool lastIsNamed = std::find(named.begin(), named.end(), last) != named.end();
  if (!shorter.reduction.byName) {
    if (last.empty())
      return {};
    // Its dimensions may be others than the last ones, which happen to have their sizes.
    if (lastIsNamed || named.empty())
      return {last};
    return {named[0], last};
  }
  Axes kept = findByHoles(shorter.shape, shorter.reduction.holes, longer);
  auto contradicts = [&](size_t axis) {
    const Extent &extent = longer[size_t(kept[axis])];
    return extent.origin && shorter.shape[axis].origin &&
           !sameDimension(extent, shorter.shape[axis]);
  };
  bool contradicted = false;
  for (size_t axis = 0; axis < kept.size(); ++axis)
    contradicted |= contradicts(axis);
  if (!kept.empty() && !contradicted)
    return {kept};
  if (!named.empty())
    return named;
  std::vector<Axes> ways;
  for (const Axes &axes : {kept, last})
    if (!axes.empty() && std::find(ways.begin(), ways.end(), axes) == ways.end())
      ways.push_back(axes);
  return ways;
}

/// Dimensions meet from the last one on; those that repeat meet any size.
Meeting alignRepeating(const Shape &left, const Shape &right, Alignment &result) {
  size_t rank = std::max(left.size(), right.size());
  result.left = countedAxes(left.size(), rank - left.size());
  result.right = countedAxes(right.size(), rank - right.size());
  for (size_t place = 0; place < rank; ++place) {
    size_t back = rank - place;
    const Extent *a = back <= left.size() ? &left[left.size() - back] : nullptr;
    const Extent *b = back <= right.size() ? &right[right.size() - back] : nullptr;
    if (a && b && a->size != b->size && !a->repeats && !b->repeats)
      return Meeting::Unfit;
    result.shape.push_back(!b || (a && !a->repeats) ? *a : *b);
  }
  return Meeting::Fits;
}

} // namespace

/// Where one of two equal dimensions is padded, the result has the padded one.
static void keepPadded(Shape &shape, const Shape &other) {
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (!paddedLength(shape[axis].origin) && paddedLength(other[axis].origin))
      shape[axis] = other[axis];
}

Meeting align(AlignedOperand left, AlignedOperand right, Alignment &result) {
  result = {};
  auto repeats = [](const Extent &extent) { return extent.repeats; };
  if (!left.shape.empty() && !right.shape.empty() &&
      (std::any_of(left.shape.begin(), left.shape.end(), repeats) ||
       std::any_of(right.shape.begin(), right.shape.end(), repeats)))
    return alignRepeating(left.shape, right.shape, result);
  if (left.shape.size() == right.shape.size()) {
    if (!sameSizes(left.shape, right.shape))
      return Meeting::Unfit;
    bool rightKnows = right.reduction.byName && !left.reduction.byName;
    result.shape = rightKnows ? right.shape : left.shape;
    keepPadded(result.shape, rightKnows ? left.shape : right.shape);
    result.left = result.right = countedAxes(left.shape.size());
    result.reduction.byName = left.reduction.byName || right.reduction.byName;
    result.reduction.holes =
        !left.reduction.holes.empty() ? left.reduction.holes : right.reduction.holes;
    return Meeting::Fits;
  }
  bool leftLonger = left.shape.size() > right.shape.size();
  const AlignedOperand &longer = leftLonger ? left : right, &shorter = leftLonger ? right : left;
  Axes shorterAxes;
  if (!shorter.shape.empty()) {
    std::vector<Axes> ways = findWays(shorter, longer.shape);
    if (ways.empty())
      return Meeting::Unfit;
    if (ways.size() > 1) {
      result.oneWay = ways[0];
      result.otherWay = ways[1];
      return Meeting::Ambiguous;
    }
    shorterAxes = ways[0];
  }
  // The axes of the longer operand go on; those of a number that came first would say nothing.
  result.shape = longer.shape;
  result.reduction = longer.reduction;
  result.left = result.right = countedAxes(longer.shape.size());
  (leftLonger ? result.right : result.left) = std::move(shorterAxes);
  return Meeting::Fits;
}

} // namespace nnc::lang
