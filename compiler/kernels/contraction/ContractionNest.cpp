// Builds the nest of a problem: assigns its dims to rows, columns and lanes, merges neighbours,
// and distributes the register tile over dims.
#include "compiler/kernels/contraction/ContractionNest.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace nnc::contraction {
namespace {

Dim toDim(const ContractionDim &source, bool swapped, unsigned operands) {
  Dim dim;
  dim.extent = source.extent;
  dim.strides = {swapped ? source.b : source.a, swapped ? source.a : source.b, source.c};
  dim.strides.append(source.companions.begin(), source.companions.end());
  dim.strides.resize(operands, 0);
  return dim;
}

llvm::SmallVector<Dim, 3> toDims(llvm::ArrayRef<ContractionDim> source, bool swapped,
                                 unsigned operands) {
  llvm::SmallVector<Dim, 3> dims;
  for (const ContractionDim &dim : source)
    dims.push_back(toDim(dim, swapped, operands));
  return dims;
}

/// Connects the dims of k with those that say which of their steps count.
void setBounds(const ContractionProblem &problem, bool swapped, Nest &nest) {
  for (auto [number, border] : llvm::enumerate(problem.borders)) {
    llvm::SmallVector<Dim, 3> &group = border.group == ZeroBorder::Batch            ? nest.batch
                                       : (border.group == ZeroBorder::M) != swapped ? nest.rows
                                                                                    : nest.columns;
    Dim &outer = group[border.outer];
    if (outer.number < 0)
      outer.number = static_cast<int>(number);
    Bounds &bounds = nest.reduction[border.reduction].bounds;
    bounds.outer = outer.number;
    bounds.interior = border.interior;
  }
}

void dropUnits(llvm::SmallVector<Dim, 3> &dims) {
  llvm::erase_if(dims, [](const Dim &dim) { return dim.extent == 1; });
}

/// Merges neighbours that every operand steps through as through one dim.
void collapse(llvm::SmallVector<Dim, 3> &dims) {
  for (size_t i = 0; i + 1 < dims.size();) {
    Dim &outer = dims[i], &inner = dims[i + 1];
    bool merges = outer.number < 0 && inner.number < 0 && !inner.bounds;
    for (auto [far, near] : llvm::zip_equal(outer.strides, inner.strides))
      merges &= far == near * inner.extent;
    if (!merges) {
      ++i;
      continue;
    }
    inner.bounds = outer.bounds;
    inner.bounds.inner *= inner.extent;
    inner.extent *= outer.extent;
    dims.erase(dims.begin() + i);
  }
}

/// Dims that bounds refer to come first, so that a tile has one position in them.
void sortByResultStride(llvm::SmallVector<Dim, 3> &dims) {
  auto key = [](const Dim &dim) {
    return std::make_pair(dim.number < 0, -std::abs(dim.strides[Result]));
  };
  std::stable_sort(dims.begin(), dims.end(),
                   [&](const Dim &a, const Dim &b) { return key(a) < key(b); });
}

/// Index of the last dim along which all of `operands` are contiguous, or -1.
int contiguousDim(llvm::ArrayRef<Dim> dims, std::initializer_list<Operand> operands) {
  for (int i = static_cast<int>(dims.size()) - 1; i >= 0; --i)
    if (llvm::all_of(operands, [&](Operand op) { return dims[i].strides[op] == 1; }))
      return i;
  return -1;
}

void moveToBack(llvm::SmallVector<Dim, 3> &dims, unsigned index) {
  std::rotate(dims.begin() + index, dims.begin() + index + 1, dims.end());
}

Dim unitDim(unsigned operands) {
  Dim dim;
  dim.strides.assign(operands, 0);
  return dim;
}

/// Calls `body` with every index vector below `extents`, the last index fastest.
template <typename Body> void forEachIndex(llvm::ArrayRef<int64_t> extents, Body body) {
  llvm::SmallVector<int64_t> index(extents.size(), 0);
  while (true) {
    body(index);
    int i = static_cast<int>(extents.size()) - 1;
    while (i >= 0 && ++index[i] == extents[i])
      index[i--] = 0;
    if (i < 0)
      return;
  }
}

} // namespace

std::pair<int64_t, int64_t> Bounds::steps(int64_t begin, int64_t end, int64_t extent) const {
  const auto [scale, step, low, high] = interior;
  const int64_t first = scale * begin, last = scale * (end - 1);
  const int64_t below = std::max<int64_t>(low - std::max(first, last), 0);
  const int64_t above = std::max<int64_t>(high - 1 - std::min(first, last) + step, 0);
  const int64_t from = std::min((below + step - 1) / step * inner, extent);
  return {from, std::max(from, std::min(above / step * inner, extent))};
}

const Dim *Nest::numbered(int number) const {
  for (const auto *group : {&batch, &rows, &columns})
    for (const Dim &dim : *group)
      if (dim.number == number)
        return &dim;
  return nullptr;
}

std::optional<Nest> makeNest(const ContractionProblem &problem, LaneForm form, bool swapped,
                             bool skipsBorders) {
  size_t companions = 0;
  for (const auto *group : {&problem.batch, &problem.m, &problem.n, &problem.k})
    for (const ContractionDim &dim : *group)
      companions = std::max(companions, dim.companions.size());

  Nest nest;
  nest.form = form;
  nest.operands = FirstCompanion + companions;
  nest.batch = toDims(problem.batch, swapped, nest.operands);
  nest.rows = toDims(swapped ? problem.n : problem.m, swapped, nest.operands);
  nest.columns = toDims(swapped ? problem.m : problem.n, swapped, nest.operands);
  nest.reduction = toDims(problem.k, swapped, nest.operands);
  if (skipsBorders)
    setBounds(problem, swapped, nest);
  for (auto *group : {&nest.batch, &nest.rows, &nest.columns, &nest.reduction})
    dropUnits(*group);

  sortByResultStride(nest.batch);
  sortByResultStride(nest.rows);
  sortByResultStride(nest.columns);
  // Sums walk through the operands in order, so that neighbouring loops can be joined.
  std::stable_sort(nest.reduction.begin(), nest.reduction.end(), [](const Dim &a, const Dim &b) {
    auto distance = [](const Dim &dim) {
      return std::abs(dim.strides[Row]) + std::abs(dim.strides[Column]);
    };
    return distance(a) > distance(b);
  });

  if (form == LaneForm::Batch) {
    int index = contiguousDim(nest.batch, {Row, Column, Result});
    if (index < 0)
      return std::nullopt;
    nest.columns.push_back(nest.batch[index]);
    nest.batch.erase(nest.batch.begin() + index);
  } else if (int index = contiguousDim(nest.columns, {Result}); index >= 0) {
    moveToBack(nest.columns, index);
  } else if (int index = contiguousDim(nest.columns, {Column}); index >= 0) {
    moveToBack(nest.columns, index);
  }
  if (form == LaneForm::Reduction) {
    int index = contiguousDim(nest.reduction, {Row, Column});
    if (index < 0)
      return std::nullopt;
    moveToBack(nest.reduction, index);
  }
  collapse(nest.batch);
  collapse(nest.rows);
  collapse(nest.columns);
  collapse(nest.reduction);
  if (nest.columns.empty())
    nest.columns.push_back(unitDim(nest.operands));
  if (nest.reduction.empty())
    nest.reduction.push_back(unitDim(nest.operands));
  return nest;
}

int64_t Nest::reductionExtent() const {
  int64_t extent = 1;
  for (const Dim &dim : reduction)
    extent *= dim.extent;
  return extent;
}

void Nest::setTiles(int64_t rowTile, int64_t columnVectors, int64_t lanes) {
  // A tile grows into the next dim only where it covers the ones inside it.
  bool covered = true;
  for (Dim &dim : llvm::reverse(rows)) {
    dim.tile = covered ? std::max<int64_t>(1, std::min(rowTile, dim.extent)) : 1;
    covered &= dim.tile == dim.extent;
    rowTile /= dim.tile;
  }
  covered = true;
  for (Dim &dim : llvm::reverse(columns)) {
    const bool isLane = &dim == &columns.back();
    const int64_t width = isLane ? lanes : 1;
    const int64_t vectors = (dim.extent + width - 1) / width;
    const int64_t taken = covered ? std::max<int64_t>(1, std::min(columnVectors, vectors)) : 1;
    dim.tile = std::min(taken * width, dim.extent);
    covered &= taken == vectors;
    columnVectors /= taken;
  }
}

llvm::SmallVector<TilePosition> Nest::rowPositions(llvm::ArrayRef<int64_t> extents) const {
  llvm::SmallVector<TilePosition> positions;
  forEachIndex(extents, [&](llvm::ArrayRef<int64_t> index) {
    TilePosition position;
    position.offsets.assign(operands, 0);
    for (auto [dim, i] : llvm::zip_equal(rows, index))
      for (unsigned op = 0; op < operands; ++op)
        position.offsets[op] += i * dim.strides[op];
    positions.push_back(std::move(position));
  });
  return positions;
}

llvm::SmallVector<TilePosition> Nest::vectorPositions(llvm::ArrayRef<int64_t> extents,
                                                      int64_t lanes) const {
  llvm::SmallVector<int64_t> counts(extents);
  counts.back() = (extents.back() + lanes - 1) / lanes;
  llvm::SmallVector<TilePosition> positions;
  forEachIndex(counts, [&](llvm::ArrayRef<int64_t> index) {
    TilePosition position;
    position.offsets.assign(operands, 0);
    for (size_t d = 0; d < columns.size(); ++d)
      for (unsigned op = 0; op < operands; ++op)
        position.offsets[op] +=
            index[d] * (d + 1 == columns.size() ? lanes : 1) * columns[d].strides[op];
    position.count = std::min(lanes, extents.back() - index.back() * lanes);
    positions.push_back(std::move(position));
  });
  return positions;
}

int64_t Nest::rowsPerTile() const {
  int64_t count = 1;
  for (const Dim &dim : rows)
    count *= dim.tile;
  return count;
}

int64_t Nest::vectorsPerTile(int64_t lanes) const {
  int64_t count = (lane().tile + lanes - 1) / lanes;
  for (const Dim &dim : llvm::ArrayRef(columns).drop_back())
    count *= dim.tile;
  return count;
}

ReductionBlocking blockReduction(const Nest &nest, int64_t steps, int64_t multiple) {
  ReductionBlocking blocking;
  const int64_t total = nest.reductionExtent();
  if (steps <= 0 || steps >= total) {
    blocking.step = nest.reduction.front().extent;
    blocking.blockSteps = total;
    return blocking;
  }
  int64_t inner = total;
  for (const Dim &dim : nest.reduction) {
    inner /= dim.extent;
    if (inner <= steps || &dim == &nest.reduction.back())
      break;
    ++blocking.dim;
  }
  const int64_t extent = nest.reduction[blocking.dim].extent;
  const int64_t wanted = std::max<int64_t>(1, steps / inner);
  const int64_t blocks = (extent + wanted - 1) / wanted;
  blocking.step = (extent + blocks - 1) / blocks;
  if (blocking.dim + 1 == nest.reduction.size())
    blocking.step = std::min((blocking.step + multiple - 1) / multiple * multiple, extent);
  blocking.blocks = (extent + blocking.step - 1) / blocking.step;
  blocking.blockSteps = blocking.step * inner;
  return blocking;
}

unsigned splitDim(llvm::ArrayRef<Dim> dims) {
  unsigned best = 0;
  for (unsigned i = 1; i < dims.size(); ++i)
    if (dims[i].tiles() > dims[best].tiles())
      best = i;
  return best;
}

} // namespace nnc::contraction
