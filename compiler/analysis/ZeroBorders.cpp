// Translates interiors in dims of an operand to borders in loops of the contraction.
#include "compiler/analysis/ZeroBorders.h"

#include "compiler/analysis/KernelNest.h"

using namespace mlir;

namespace nnc {

/// The border by one dim of an operand, if that is indexed by one summed loop and one other.
static std::optional<LoopBorder> borderOf(linalg::LinalgOp op, AffineExpr position, int64_t low,
                                          int64_t high) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  LinearForm form;
  form.strides.assign(extents.size(), 0);
  if (failed(accumulate(position, 1, form)))
    return std::nullopt;
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  std::optional<unsigned> outer, reduction;
  for (auto [loop, coefficient] : llvm::enumerate(form.strides)) {
    if (coefficient == 0 || extents[loop] == 1)
      continue;
    std::optional<unsigned> &found =
        iterators[loop] == utils::IteratorType::reduction ? reduction : outer;
    if (found)
      return std::nullopt;
    found = loop;
  }
  if (!outer || !reduction)
    return std::nullopt;
  Interior interior{form.strides[*outer], form.strides[*reduction], low - form.offset,
                    high - form.offset};
  if (interior.step < 0)
    interior = {-interior.scale, -interior.step, 1 - interior.high, 1 - interior.low};
  // Linear in both: what holds at the corners holds between them.
  bool everythingCounts = true;
  for (int64_t i : {int64_t{0}, extents[*outer] - 1})
    for (int64_t j : {int64_t{0}, extents[*reduction] - 1})
      everythingCounts &= interior.contains(i, j);
  if (everythingCounts)
    return std::nullopt;
  return LoopBorder{*outer, *reduction, interior};
}

SmallVector<LoopBorder, 2> zeroBorders(linalg::LinalgOp contraction) {
  SmallVector<LoopBorder, 2> borders;
  auto interiors = contraction->getAttrOfType<ArrayAttr>(interiorsAttrName);
  if (!interiors)
    return borders;
  for (auto [map, attribute] : llvm::zip(contraction.getIndexingMapsArray(), interiors)) {
    ArrayRef<int64_t> interior = cast<DenseI64ArrayAttr>(attribute);
    if (interior.empty())
      continue;
    for (auto [dim, position] : llvm::enumerate(map.getResults())) {
      std::optional<LoopBorder> border =
          borderOf(contraction, position, interior[2 * dim], interior[2 * dim + 1]);
      if (border && llvm::none_of(borders, [&](const LoopBorder &other) {
            return other.reduction == border->reduction;
          }))
        borders.push_back(*border);
    }
  }
  return borders;
}

double shareThatCounts(linalg::LinalgOp contraction) {
  SmallVector<int64_t> extents = contraction.getStaticLoopRanges();
  double share = 1;
  for (const LoopBorder &border : zeroBorders(contraction)) {
    int64_t counted = 0;
    for (int64_t i = 0; i < extents[border.outer]; ++i)
      for (int64_t j = 0; j < extents[border.reduction]; ++j)
        counted += border.interior.contains(i, j);
    share *= static_cast<double>(counted) /
             static_cast<double>(extents[border.outer] * extents[border.reduction]);
  }
  return share;
}

} // namespace nnc
