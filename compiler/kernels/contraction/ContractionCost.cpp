// Implements the terms of the cost model: the cycles of each tile, of each step of k, of packing
// and of transfers from the caches.
#include "compiler/kernels/contraction/ContractionCost.h"

#include "compiler/kernels/contraction/ContractionEmitter.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;

namespace nnc::contraction {
namespace {

/// Cycles to enter and leave the loop over k of one tile.
constexpr double kTileOverhead = 12;

/// Cycles to find the steps of a dim of k that count, and to run a short loop of unknown length.
constexpr double kBoundsCycles = 8;
constexpr double kLoopCycles = 8;

/// Share of the cycles of loads that remains where multiply-adds hide them.
constexpr double kOverlapLoss = 0.02;
/// The same for data that successive steps find far apart, where no prefetcher helps, and where
/// they go over more pages than address translation remembers.
constexpr double kStridedLoss = 0.2;
constexpr double kJumpingLoss = 0.5;
/// Additional share where every tile of columns streams the rows from the last cache, or from
/// memory, whose latencies vary.
constexpr double kLastCacheLoss = 0.25;
constexpr double kMemoryLoss = 0.45;

/// Cycles per line of the data that an epilogue reads and writes beyond the level-two cache, where
/// a row of the tile is at most two lines long: prefetchers then bring more useless lines than
/// useful ones.
constexpr double kShortRowCycles = 75;

/// How many tiles of a size there are.
struct TileClass {
  int64_t size = 1;
  int64_t tiles = 1;
};

/// Tiles of a group of dims by their size, in rows, or in vectors if the last dim's are of `lanes`.
SmallVector<TileClass> tileClasses(ArrayRef<Dim> dims, int64_t lanes) {
  SmallVector<TileClass> classes{TileClass()};
  for (const Dim &dim : dims) {
    const int64_t width = &dim == &dims.back() ? lanes : 1;
    SmallVector<TileClass> next;
    auto add = [&](const TileClass &outer, int64_t extent, int64_t tiles) {
      if (extent > 0 && tiles > 0)
        next.push_back({outer.size * ((extent + width - 1) / width), outer.tiles * tiles});
    };
    for (const TileClass &outer : classes) {
      add(outer, dim.tile, dim.fullTiles());
      add(outer, dim.tail(), 1);
    }
    classes = next;
  }
  return classes;
}

int64_t product(ArrayRef<Dim> dims) {
  int64_t extent = 1;
  for (const Dim &dim : dims)
    extent *= dim.extent;
  return extent;
}

/// The largest part of `dims`' tiles that one of `threads` gets, as a share of all work in them.
double largestShare(ArrayRef<Dim> dims, int64_t threads) {
  if (dims.empty() || threads == 1)
    return 1;
  const Dim &dim = dims[splitDim(dims)];
  int64_t most = 0;
  for (int64_t t = 0; t < threads; ++t) {
    const int64_t low = dim.tiles() * t / threads, high = dim.tiles() * (t + 1) / threads;
    most = std::max(most, std::min(high * dim.tile, dim.extent) - low * dim.tile);
  }
  return static_cast<double>(most) / dim.extent;
}

} // namespace

CostModel::CostModel(const ContractionProblem &problem, const TargetDescription &target,
                     const Nest &nest, const ContractionTiling &tiling)
    : problem(problem), target(target), nest(nest), tiling(tiling),
      bytes(problem.elementBits() / 8), steps(nest.reductionExtent()), rows(product(nest.rows)),
      columns(product(nest.columns)), batch(product(nest.batch)),
      blocking(blockReduction(nest, tiling.reductionBlock,
                              std::max<int64_t>(tiling.lanes, tiling.unroll))),
      counted(stepsThatCount()), companionBytes(allCompanionBytes()),
      columnBytes(static_cast<double>(columns) * steps * bytes),
      rowBytes(static_cast<double>(rows) * steps * bytes),
      columnSpan(std::min(columnBytes, span(nest.columns, Column))),
      rowSpan(std::min(rowBytes, span(nest.rows, Row))) {
  tiles = allTiles();
  packColumns = packCycles(Column);
  if (tiling.panelsBefore)
    packColumns /= static_cast<double>(tiling.swapped ? problem.timesA : problem.timesB);
  packRows = packCycles(Row);
}

/// Bytes between the first and the last element that the loops reach.
double CostModel::span(ArrayRef<Dim> dims, Operand operand) const {
  double elements = 1;
  for (const auto &group : {dims, ArrayRef<Dim>(nest.reduction)})
    for (const Dim &dim : group)
      elements += static_cast<double>(dim.extent - 1) * std::abs(dim.strides[operand]);
  return elements * bytes;
}

/// Cycles to read `width` bytes of an operand for the first time in a tile. Windows overlap: most
/// elements of one have been read by others before.
double CostModel::firstRead(double width, Operand operand) const {
  const double span = operand == Column ? columnSpan : rowSpan;
  const double fresh = span / (operand == Column ? columnBytes : rowBytes);
  return width * (fresh / bandwidth(span) +
                  (1 - fresh) / bandwidth(std::min<double>(span, target.l2Bytes / 2)));
}

/// Of all that the epilogue touches.
double CostModel::allCompanionBytes() const {
  double total = 0;
  for (unsigned operand = FirstCompanion; operand < nest.operands; ++operand) {
    double elements = 1;
    for (ArrayRef<Dim> dims : {ArrayRef(nest.batch), ArrayRef(nest.rows), ArrayRef(nest.columns)})
      for (const Dim &dim : dims)
        elements += static_cast<double>(dim.extent - 1) * std::abs(dim.strides[operand]);
    total += elements * bytes;
  }
  return total;
}

/// Each dim of k loses the steps that no row and no column of a tile needs.
double CostModel::stepsThatCount() const {
  double result = static_cast<double>(steps);
  for (const Dim &dim : nest.reduction) {
    const Dim *outer = dim.bounds ? nest.numbered(dim.bounds.outer) : nullptr;
    if (!outer)
      continue;
    int64_t taken = 0;
    for (int64_t begin = 0; begin < outer->extent; begin += outer->tile) {
      auto [from, to] =
          dim.bounds.steps(begin, std::min(begin + outer->tile, outer->extent), dim.extent);
      taken += to - from;
    }
    result *= static_cast<double>(taken) / static_cast<double>(outer->tiles() * dim.extent);
  }
  return result;
}

/// Finding the bounds of a tile, and loops over k whose number of iterations is not known.
double CostModel::boundsCycles() const {
  if (!tiling.skipsBorders)
    return 0;
  double cycles = 0, entries = counted;
  for (const Dim &dim : nest.reduction)
    cycles += dim.bounds ? kBoundsCycles : 0;
  if (const Dim &last = nest.reduction.back(); last.bounds)
    entries *= kLoopCycles / static_cast<double>(last.extent);
  else
    entries = 0;
  return cycles + entries;
}

double CostModel::cycles(ThreadSplit split, int64_t threads) const {
  double share = 1;
  if (split == ThreadSplit::Batch)
    share = largestShare(nest.batch, threads);
  else if (split == ThreadSplit::Rows)
    share = largestShare(nest.rows, threads);
  else if (split == ThreadSplit::Columns)
    share = largestShare(nest.columns, threads);
  const double laterPasses =
      threads > 1 && split != ThreadSplit::None && tiling.form == LaneForm::Columns
          ? std::ceil(static_cast<double>(steps) / blocking.blockSteps) - 1
          : 0;
  // A packed operand that the split dim does not index is packed by every thread.
  return laterPasses * target.sharedPassCycles +
         batch * (tiles * share + packColumns * (split == ThreadSplit::Rows ? 1 : share) +
                  packRows * (split == ThreadSplit::Columns ? 1 : share));
}

double CostModel::allTiles() const {
  double total = 0;
  SmallVector<TileClass> columnClasses = tileClasses(nest.columns, tiling.lanes);
  for (const TileClass &r : tileClasses(nest.rows, 1))
    for (const TileClass &v : columnClasses)
      total += r.tiles * v.tiles *
               (nest.form == LaneForm::Reduction ? dotCycles(r.size, v.size)
                                                 : tileCycles(r.size, v.size));
  return total;
}

double CostModel::tileCycles(double r, double v) const {
  const double blocks = static_cast<double>(steps) / blocking.blockSteps;
  const bool lanesOfA = nest.lane().strides[Row] != 0;
  const double rowLoads = lanesOfA ? r * v / target.loadsPerCycle : r / target.broadcastsPerCycle;
  // A vector whose elements do not lie side by side is put together from them.
  const bool gathers = !tiling.packB && nest.lane().strides[Column] > 1;
  const double columnLoads = v * (gathers ? 2.0 * tiling.lanes : 1);
  const double instructions = r * v + (lanesOfA ? r * v : r) + columnLoads + 3.0 / tiling.unroll;
  const double perStep =
      std::max({r * v / target.fmasPerCycle, rowLoads + columnLoads / target.loadsPerCycle,
                instructions / target.issueWidth,
                static_cast<double>(target.fmaLatency) / tiling.chains,
                columnTraffic(v) + rowTraffic(r)}) +
      kOverlapLoss * (rowLoads + columnLoads) + trafficLoss(Column, columnTraffic(v)) +
      trafficLoss(Row, rowTraffic(r)) + (tiling.packB ? 0 : v * hookCycles(Column)) +
      (tiling.packA ? 0 : (lanesOfA ? r * v : r) * hookCycles(Row));
  return counted * (perStep + rowStalls(r) + columnStalls(v)) + boundsCycles() +
         blocks * (resultCycles(r, v) + kTileOverhead + target.fmaLatency);
}

/// The same in the Reduction form.
double CostModel::dotCycles(double r, double v) const {
  const double perTile = std::min<double>(v * tiling.lanes, columns);
  const double perPass =
      tiling.dotProducts ? std::min<double>(tiling.dotProducts, perTile) : perTile;
  const double passes = std::ceil(perTile / perPass);
  const double blocks = static_cast<double>(steps) / blocking.blockSteps;
  // Of the tiles that share a block of an operand, the first reads it from where it lies.
  auto read = [&](double width, Operand operand, double tiles) {
    const double block = (operand == Column ? columnSpan : rowSpan) / blocks;
    return firstRead(width, operand) / tiles + width / bandwidth(block) * (1 - 1 / tiles);
  };
  double perStep =
      std::max({r * perPass / target.fmasPerCycle, (r + perPass) / target.loadsPerCycle,
                static_cast<double>(target.fmaLatency) / tiling.chains,
                read(perPass * tiling.lanes * bytes, Column, rowTiles(nest)) +
                    read(r * tiling.lanes * bytes, Row, nest.lane().tiles())});
  perStep += perPass * hookCycles(Column) + r * hookCycles(Row);
  // Lines that fall into one set of the cache evict each other between steps.
  auto evicts = [&](int64_t stride, double streams) {
    return stride != 0 && stride * bytes % target.l1WayBytes == 0 && streams > cacheWays() / 2;
  };
  if (evicts(nest.lane().strides[Column], perPass) ||
      (!nest.rows.empty() && evicts(nest.rows.back().strides[Row], r)))
    perStep *= 2;
  const double sums = r * v * std::min<double>(perTile * 4, 3.0 * tiling.lanes);
  return passes * (std::ceil(counted / tiling.lanes) * perStep + boundsCycles() +
                   blocks * kTileOverhead) +
         blocks * sums;
}

/// Starting, loading and storing the sums of a tile.
double CostModel::resultCycles(double r, double v) const {
  const bool readsResult = problem.accumulate || blocking.blockSteps != steps;
  const double perVector = readsResult ? 2.5 : 1.5;
  // Prefetching hides a part of the way to sums that lie far away.
  const double width = v * tiling.lanes;
  double far = 0;
  if (readsResult && isFar(static_cast<double>(rows) * columns * bytes))
    far = target.farLineCycles * (tiling.transposeResult
                                      ? width * std::max(1.0, r * bytes / kCacheLineBytes)
                                      : r * std::max(1.0, width * bytes / kCacheLineBytes));
  const double rowBytesOfTile = (tiling.transposeResult ? r : width) * bytes;
  if (isFar(companionBytes) && rowBytesOfTile <= 2 * kCacheLineBytes)
    far += kShortRowCycles * (tiling.transposeResult ? width : r) *
           std::ceil(rowBytesOfTile / kCacheLineBytes);
  if (tiling.transposeResult) {
    const double squares = v * std::ceil(r / tiling.lanes);
    return far + squares * tiling.lanes * (perVector + 1.5 * llvm::Log2_64_Ceil(tiling.lanes));
  }
  // Every row is a place of its own to store to; rows a cache way apart evict each other.
  const bool conflict = !nest.rows.empty() && r > cacheWays() / 2 &&
                        nest.rows.back().strides[Result] * bytes % target.l1WayBytes == 0;
  const bool contiguous = nest.lane().strides[Result] == 1;
  return far + r * v * perVector * (contiguous ? 1 : 6.0 * tiling.lanes) * (conflict ? 1.5 : 1) +
         3 * r;
}

double CostModel::cacheWays() const {
  return static_cast<double>(target.l1Bytes) / target.l1WayBytes;
}

/// Bytes per cycle from the cache that holds a working set of `footprint` bytes.
double CostModel::bandwidth(double footprint) const {
  if (footprint <= target.l1Bytes / 2)
    return 1e9;
  if (!isFar(footprint))
    return target.l2BytesPerCycle;
  return footprint <= target.l3Bytes ? target.l3BytesPerCycle : target.memoryBytesPerCycle;
}

/// Whether a working set of `footprint` bytes does not stay in the level-two cache.
bool CostModel::isFar(double footprint) const { return footprint > target.l2Bytes * 3 / 4; }

/// Whether there is more than one tile of columns.
bool CostModel::rowsReadAgain() const {
  return columns > nest.vectorsPerTile(tiling.lanes) * tiling.lanes;
}

/// Bytes of the rows, packed or not, that every tile of columns reads.
double CostModel::rowsUsed() const {
  return (tiling.packA ? rowBytes : rowSpan) * blocking.blockSteps / steps;
}

/// Distance in bytes of successive steps of k.
int64_t CostModel::stepBytes(Operand operand) const {
  return std::abs(nest.reduction.back().strides[operand]) * bytes;
}

/// Cycles that remain of `traffic` cycles of waiting for an operand where multiply-adds hide them.
double CostModel::trafficLoss(Operand operand, double traffic) const {
  const bool packed = operand == Column ? tiling.packB : tiling.packA;
  double loss = kOverlapLoss;
  if (!packed && stepBytes(operand) > kCacheLineBytes)
    loss = operand == Column && columnsJump() ? kJumpingLoss : kStridedLoss;
  if (operand == Row && rowsReadAgain() && isFar(rowsUsed()))
    loss += (tiling.packA ? 1 : rowSpan / rowBytes) *
            (rowsUsed() <= target.l3Bytes ? kLastCacheLoss : kMemoryLoss);
  return traffic * loss;
}

/// Bytes per cycle from where `footprint` bytes live that steps of k touch again and again, a tile
/// `width` bytes each and all tiles `widthOfAll`. Steps a power of two apart use only some of a
/// cache's sets, and so fill it sooner.
double CostModel::bandwidth(double footprint, Operand operand, double width,
                            double widthOfAll) const {
  auto spread = [&](int64_t way, double usable, double used) {
    const int64_t stride = stepBytes(operand);
    if (stride <= used)
      return footprint;
    const double positions = static_cast<double>(way) / std::gcd(stride, way);
    return footprint / std::min(1.0, usable * positions * used / way);
  };
  if (spread(target.l1WayBytes, 1, width) <= target.l1Bytes / 2)
    return bandwidth(footprint);
  // Code and the other operand need some of the sets too.
  return std::min<double>(target.l2BytesPerCycle,
                          bandwidth(spread(target.l2Bytes / target.l2Ways, 0.7, widthOfAll)));
}

/// True if successive steps of k fall into fewer lines of the level-one cache than there are steps.
bool CostModel::conflicts(Operand operand) const {
  if (stepBytes(operand) < 8 * kCacheLineBytes)
    return false;
  const int64_t sets = target.l1WayBytes / std::gcd(stepBytes(operand), target.l1WayBytes);
  return sets <= 2 && nest.reduction.back().extent > sets * cacheWays();
}

/// Cycles per step of k lost because the vectors of B evict each other. The fewer lines a step
/// reads side by side, the less the prefetchers hide.
double CostModel::columnStalls(double v) const {
  if (tiling.packB || !conflicts(Column) || rowTiles(nest) == 1)
    return 0;
  const double lineBytes = v * tiling.lanes * bytes;
  const double lines = std::ceil(lineBytes / kCacheLineBytes);
  return lineBytes / bandwidth(columnSpan + target.l1Bytes) / (lines * lines * lines);
}

/// A panel of B that is used again goes over more pages than address translation remembers.
bool CostModel::columnsJump() const {
  return rowTiles(nest) > 1 && stepBytes(Column) > kCacheLineBytes &&
         stepBytes(Column) * blocking.blockSteps >= target.pagesAtATime * target.pageBytes;
}

/// Cycles per step of k that the vectors of B wait for memory.
double CostModel::columnTraffic(double v) const {
  const double lineBytes = v * tiling.lanes * bytes;
  if (tiling.packB) {
    const double again = lineBytes / bandwidth(blocking.blockSteps * lineBytes);
    // The first use reads a panel from the cache or memory that holds all of them.
    const double first = tiling.panelsBefore ? lineBytes / bandwidth(columnBytes) : again;
    return again + (first - again) / static_cast<double>(rowTiles(nest));
  }
  // The first use brings the panel; prefetchers do not follow steps from page to page.
  const bool pages =
      stepBytes(Column) >= target.pageBytes && blocking.blockSteps > target.pagesAtATime;
  const double first = firstRead(lineBytes, Column) * (pages ? 1.5 : 1);
  if (rowTiles(nest) == 1)
    return first;
  double touched = lineBytes;
  if (stepBytes(Column) > lineBytes) {
    touched = std::max<double>(kCacheLineBytes, lineBytes);
    // Steps begin anywhere in a line, and end in one more.
    if (stepBytes(Column) % kCacheLineBytes)
      touched += kCacheLineBytes / 2;
  }
  const double used = blocking.blockSteps * touched;
  const double again =
      touched /
      (conflicts(Column) ? bandwidth(columnSpan) : bandwidth(used, Column, touched, touched)) *
      (columnsJump() ? 2 : 1);
  return std::max(again, first / rowTiles(nest));
}

/// The same for the rows of A.
double CostModel::rowTraffic(double r) const {
  // Read once, and that from where it lies.
  if (!rowsReadAgain())
    return tiling.packA ? 0 : firstRead(r * bytes, Row);
  const double used = rowsUsed();
  if (tiling.packA || nest.reduction.back().strides[Row] == 1)
    return r * bytes / bandwidth(used);
  // Every step touches a line of its own, of which a tile uses a part.
  const double touched = std::max<double>(kCacheLineBytes, r * bytes);
  return touched / (conflicts(Row)
                        ? bandwidth(used + target.l1Bytes)
                        : bandwidth(used, Row, touched, std::max(touched, rowBytes / steps)));
}

/// Cycles per step of k lost where the rows of a tile, or the steps of one, fall into so few lines
/// of the level-one cache that they evict each other.
double CostModel::rowStalls(double r) const {
  if (tiling.packA || nest.rows.empty())
    return 0;
  if (nest.reduction.back().strides[Row] != 1)
    return conflicts(Row)
               ? 0.75 * std::max<double>(kCacheLineBytes, r * bytes) / target.l2BytesPerCycle
               : 0;
  const int64_t distance = nest.rows.back().strides[Row] * bytes;
  const int64_t sets = target.l1WayBytes / std::gcd(distance, target.l1WayBytes);
  if (r <= sets * cacheWays())
    return 0;
  return r * kCacheLineBytes / target.l2BytesPerCycle / 3;
}

/// Cycles of the operand's hook for each vector, or element, that is loaded.
double CostModel::hookCycles(Operand operand) const {
  return static_cast<double>((operand == Row) != tiling.swapped ? problem.cyclesA
                                                                : problem.cyclesB);
}

double CostModel::packCycles(Operand operand) const {
  if (operand == Column ? !tiling.packB : !tiling.packA)
    return 0;
  const double size = operand == Column ? columnBytes : rowBytes;
  const double vectors = size / (bytes * tiling.lanes);
  // Panels of A are narrower than a vector.
  const double narrow =
      operand == Column ? 1 : std::max(1.0, static_cast<double>(tiling.lanes) / tiling.rowTile);
  const bool contiguous = operand == Column
                              ? nest.lane().strides[Column] == 1
                              : !nest.rows.empty() && nest.rows.back().strides[Row] == 1;
  // Prefetchers do not follow steps from page to page; the tiles of one panel ask for the next.
  double read =
      firstRead(tiling.lanes * bytes, operand) * (stepBytes(operand) >= target.pageBytes ? 2 : 1);
  if (operand == Column && prefetchesPanels(nest, bytes, target))
    read = std::min(read, tiling.lanes * bytes / target.l3BytesPerCycle);
  // All rows are packed before the first is used.
  const double write = operand == Row ? tiling.lanes * bytes / bandwidth(rowsUsed()) : 0;
  double cost = 3.0 * tiling.lanes; // of a vector
  // Steps that fall into one set of the cache are read a part of a line at a time, each from afar.
  if (contiguous)
    cost = (operand == Row && conflicts(Row) ? 18 : 5) * narrow;
  else if (nest.reduction.back().strides[operand] == 1)
    cost = (3 + llvm::Log2_64_Ceil(tiling.lanes)) * narrow;
  cost = std::max(cost, read + write);
  const bool isVector = contiguous || nest.reduction.back().strides[operand] == 1;
  cost += hookCycles(operand) * (isVector ? narrow : static_cast<double>(tiling.lanes));
  // A is packed anew for every block of columns if not all of k fits.
  if (operand == Row && blocking.blockSteps != steps)
    cost *= std::ceil(static_cast<double>(nest.lane().tiles()) / laneTilesPerBlock(nest, tiling));
  return vectors * cost;
}

} // namespace nnc::contraction
