#include "lang/elaborate/Shapes.h"

#include <algorithm>
#include <numeric>

namespace nnc::lang {

OriginPtr makeOrigin(SourceRange range, std::string text) {
  return std::make_shared<const Origin>(Origin{range, std::move(text), nullptr});
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
  return fmt::format("[{}]", fmt::join(sizes(shape), ", "));
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

namespace {

/// The axes of an operand in the unreduced shape that its holes describe; false when there are no
/// holes.
bool alignHoles(const Shape &reduced, const std::vector<bool> &holes, const Shape &full,
                Alignment &result, std::vector<int64_t> &reducedAxes,
                std::vector<int64_t> &fullAxes) {
  if (holes.empty() || holes.size() != full.size())
    return false;
  reducedAxes.clear();
  size_t next = 0;
  for (size_t axis = 0; axis < holes.size(); ++axis) {
    if (holes[axis])
      continue;
    if (next >= reduced.size() || reduced[next].size != full[axis].size)
      return false;
    reducedAxes.push_back(int64_t(axis));
    ++next;
  }
  if (next != reduced.size())
    return false;
  result.shape = full;
  fullAxes.resize(full.size());
  std::iota(fullAxes.begin(), fullAxes.end(), 0);
  return true;
}

} // namespace

bool align(const Shape &left, const std::vector<bool> &leftHoles, const Shape &right,
           const std::vector<bool> &rightHoles, Alignment &result, std::vector<bool> &holes) {
  holes.clear();
  result = {};
  if (sameSizes(left, right)) {
    result.shape = left;
    result.left.resize(left.size());
    std::iota(result.left.begin(), result.left.end(), 0);
    result.right = result.left;
    holes = !leftHoles.empty() ? leftHoles : rightHoles;
    return true;
  }
  if (right.empty() || left.empty()) {
    result.shape = right.empty() ? left : right;
    std::vector<int64_t> &whole = right.empty() ? result.left : result.right;
    whole.resize(result.shape.size());
    std::iota(whole.begin(), whole.end(), 0);
    holes = right.empty() ? leftHoles : rightHoles;
    return true;
  }
  if (alignHoles(left, leftHoles, right, result, result.left, result.right) ||
      alignHoles(right, rightHoles, left, result, result.right, result.left))
    return true;

  bool leftLonger = left.size() >= right.size();
  const Shape &longer = leftLonger ? left : right;
  const Shape &shorter = leftLonger ? right : left;
  size_t offset = longer.size() - shorter.size();
  for (size_t axis = 0; axis < shorter.size(); ++axis)
    if (shorter[axis].size != longer[offset + axis].size)
      return false;
  result.shape = longer;
  std::vector<int64_t> longerAxes(longer.size()), shorterAxes(shorter.size());
  std::iota(longerAxes.begin(), longerAxes.end(), 0);
  std::iota(shorterAxes.begin(), shorterAxes.end(), int64_t(offset));
  result.left = leftLonger ? longerAxes : shorterAxes;
  result.right = leftLonger ? shorterAxes : longerAxes;
  holes = leftLonger ? leftHoles : rightHoles;
  return true;
}

} // namespace nnc::lang
