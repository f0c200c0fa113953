// The choice of a contraction's loops: every sensible tiling is priced by a model of the
// processor's front end, multiply-add units, load ports and caches, and the cheapest is taken.
#include "compiler/Conversion/Contraction.h"
#include "compiler/Conversion/ContractionEmitter.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace nnc {
namespace {

using namespace contraction;

constexpr int64_t kCacheLineBytes = 64;
/// Addresses that are a multiple of this apart fall into the same set of a level-one cache.
constexpr int64_t kCacheWayBytes = 4096;
/// Instructions that start per cycle.
constexpr double kIssueWidth = 6;
/// Cycles to enter and leave the loop over k of one tile.
constexpr double kTileOverhead = 12;

/// How many tiles of a size there are.
struct TileClass {
  int64_t size = 1;
  int64_t tiles = 1;
};

/// Tiles of a group of dims by their size (in rows, or in vectors where the last dim has `lanes`).
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
  if (dims.empty())
    return 1;
  const Dim &dim = dims[splitDim(dims)];
  int64_t most = 0;
  for (int64_t t = 0; t < threads; ++t) {
    const int64_t low = dim.tiles() * t / threads, high = dim.tiles() * (t + 1) / threads;
    most = std::max(most, std::min(high * dim.tile, dim.extent) - low * dim.tile);
  }
  return static_cast<double>(most) / dim.extent;
}

class CostModel {
public:
  CostModel(const ContractionProblem &problem, const TargetDescription &target, const Nest &nest,
            const ContractionTiling &tiling, int64_t threads)
      : problem(problem), target(target), nest(nest), tiling(tiling), threads(threads),
        bytes(problem.elementBits() / 8), steps(nest.reductionExtent()), rows(product(nest.rows)),
        columns(product(nest.columns)), batch(product(nest.batch)),
        blocking(blockReduction(nest, tiling.reductionBlock,
                                std::max<int64_t>(tiling.lanes, tiling.unroll))) {}

  /// Cycles until the last thread is done.
  double cycles() const {
    const double share = tiling.split == ThreadSplit::Batch  ? largestShare(nest.batch, threads)
                         : tiling.split == ThreadSplit::Rows ? largestShare(nest.rows, threads)
                         : tiling.split == ThreadSplit::Columns
                             ? largestShare(nest.columns, threads)
                             : 1;
    double total = tileCycles() * share;
    // A packed operand that the split dim does not index is packed by every thread.
    total += packCycles(Column) * (tiling.split == ThreadSplit::Rows ? 1 : share);
    total += packCycles(Row) * (tiling.split == ThreadSplit::Columns ? 1 : share);
    return total * batch;
  }

private:
  double tileCycles() const {
    double total = 0;
    for (const TileClass &r : tileClasses(nest.rows, 1))
      for (const TileClass &v : tileClasses(nest.columns, tiling.lanes))
        total += r.tiles * v.tiles * cyclesPerTile(r.size, v.size);
    return total;
  }

  double cyclesPerTile(double r, double v) const {
    const int64_t lanes = tiling.lanes;
    const double blocks = static_cast<double>(steps) / blocking.blockSteps;
    const bool readsResult = problem.accumulate || blocks > 1;
    if (nest.form == LaneForm::Reduction) {
      const double columnsPerTile = std::min<double>(v * lanes, columns);
      const double perStep = std::max({r * columnsPerTile / target.fmasPerCycle,
                                       (r + columnsPerTile) / target.loadsPerCycle,
                                       static_cast<double>(target.fmaLatency) / tiling.chains,
                                       columnsPerTile * lanes * bytes / bandwidth(columnBytes())});
      const double sums = r * std::min<double>(columnsPerTile * 4, 3.0 * lanes);
      return std::ceil(static_cast<double>(steps) / lanes) * perStep + sums + kTileOverhead;
    }
    const double rowLoads = r * (nest.lane().strides[Row] ? v : 1);
    const double columnLoads = v * columnLoadCost();
    const double perStep = std::max(
        {r * v / target.fmasPerCycle, (rowLoads + columnLoads) / target.loadsPerCycle,
         (r * v + rowLoads + columnLoads + 3.0 / tiling.unroll) / kIssueWidth,
         static_cast<double>(target.fmaLatency) / tiling.chains, columnTraffic(v) + rowTraffic(r)});
    const double results =
        r * v * (readsResult ? 2.5 : 1.5) * (nest.lane().strides[Result] == 1 ? 1 : lanes);
    return steps * perStep + blocks * (results + kTileOverhead + target.fmaLatency);
  }

  bool columnsContiguous() const { return nest.lane().strides[Column] == 1; }

  double columnLoadCost() const {
    return tiling.packB || nest.lane().strides[Column] <= 1 ? 1 : 2.0 * tiling.lanes;
  }

  /// Bytes of the operands that one pass over a block of k touches.
  double columnBytes() const { return static_cast<double>(columns) * steps * bytes; }
  double rowBytes() const { return static_cast<double>(rows) * steps * bytes; }

  /// Bytes per cycle from where `footprint` bytes that are used again and again live.
  double bandwidth(double footprint) const {
    if (footprint <= target.l1Bytes / 2)
      return 1e9;
    return footprint <= target.l2Bytes * 3 / 4 ? target.l2BytesPerCycle
                                               : target.l2BytesPerCycle / 2;
  }

  /// True if successive steps of k fall into few sets of the cache.
  bool conflicts(Operand operand) const {
    const int64_t stride = nest.reduction.back().strides[operand] * bytes;
    return stride != 0 && stride % kCacheWayBytes == 0 && nest.reduction.back().extent > 16;
  }

  /// Cycles per step of k that the vectors of B wait for memory.
  double columnTraffic(double v) const {
    const double lineBytes = v * tiling.lanes * bytes;
    double panel = static_cast<double>(blocking.blockSteps) * lineBytes;
    if (!tiling.packB && conflicts(Column))
      return lineBytes / (bandwidth(columnBytes() + target.l1Bytes) / 3);
    if (rowTiles(nest) == 1)
      panel = tiling.packB ? panel : columnBytes();
    return lineBytes / bandwidth(panel);
  }

  /// The same for the rows of A.
  double rowTraffic(double r) const {
    if (columns <= nest.vectorsPerTile(tiling.lanes) * tiling.lanes)
      return 0;
    const double used = rowBytes() * blocking.blockSteps / steps;
    if (tiling.packA || nest.reduction.back().strides[Row] == 1)
      return r * bytes / bandwidth(used);
    const double penalty = conflicts(Row) ? 3 : 1;
    const double footprint = conflicts(Row) ? used + target.l1Bytes : used;
    return penalty * kCacheLineBytes / bandwidth(footprint) / 2;
  }

  double packCycles(Operand operand) const {
    if (operand == Column ? !tiling.packB : !tiling.packA)
      return 0;
    double vectors = operand == Column ? columnBytes() : rowBytes();
    vectors /= bytes * tiling.lanes;
    const bool contiguous = operand == Column
                                ? columnsContiguous()
                                : !nest.rows.empty() && nest.rows.back().strides[Row] == 1;
    const bool transposable = nest.reduction.back().strides[operand] == 1;
    double cost = contiguous     ? 3
                  : transposable ? 3 + llvm::Log2_64_Ceil(tiling.lanes) * 1.5
                                 : 3.0 * tiling.lanes;
    if (operand == Row) {
      // Panels of A are narrower than a vector.
      cost *= std::max(1.0, static_cast<double>(tiling.lanes) / tiling.rowTile);
      if (blocking.blockSteps != steps)
        cost *=
            std::ceil(static_cast<double>(nest.lane().tiles()) / laneTilesPerBlock(nest, tiling));
    }
    return vectors * cost;
  }

  const ContractionProblem &problem;
  const TargetDescription &target;
  const Nest &nest;
  const ContractionTiling &tiling;
  const int64_t threads, bytes, steps, rows, columns, batch;
  const ReductionBlocking blocking;
};

/// Prices variants and keeps the best.
class Search {
public:
  Search(const ContractionProblem &problem, const TargetDescription &target, unsigned threads)
      : problem(problem), target(target), threads(threads) {}

  void consider(const Nest &nest, ContractionTiling tiling) {
    Nest tiled = nest;
    tiled.setTiles(tiling.rowTile, tiling.columnVectors, tiling.lanes);
    tiling.rowTile = tiled.rowsPerTile();
    tiling.columnVectors = tiled.vectorsPerTile(tiling.lanes);
    const double sums =
        tiling.rowTile * tiling.columnVectors *
        (tiling.form == LaneForm::Reduction ? std::min<int64_t>(tiling.lanes, nest.lane().extent)
                                            : 1);
    while (sums * tiling.chains < target.fmaLatency * target.fmasPerCycle && tiling.chains < 4)
      tiling.chains *= 2;
    tiling.unroll = std::max<int64_t>(tiling.chains, sums * tiling.chains <= 16 ? 4 : 2);
    for (bool packB : {false, true})
      for (bool packA : {false, true}) {
        tiling.packA = packA;
        tiling.packB = packB;
        if ((packA || packB) && tiling.form != LaneForm::Columns)
          continue;
        considerBlocks(tiled, tiling);
      }
  }

  ContractionTiling best;
  double bestCycles = std::numeric_limits<double>::infinity();

private:
  /// Blocks of k and of the columns: whole, or such that a packed block stays in the level-two
  /// cache.
  void considerBlocks(const Nest &nest, ContractionTiling tiling) {
    const int64_t bytes = problem.elementBits() / 8;
    const int64_t steps = nest.reductionExtent();
    const int64_t panel = nest.lane().tile;
    tiling.reductionBlock = 0;
    tiling.columnBlock = tiling.packB ? panel : 0;
    if (steps * panel * bytes <= target.l2Bytes / 2 || !problem.usesResult ||
        tiling.form == LaneForm::Reduction)
      considerSplits(nest, tiling);
    if (!problem.usesResult || tiling.form == LaneForm::Reduction)
      return;
    for (int64_t block : {256, 512})
      if (block < steps) {
        tiling.reductionBlock = block;
        tiling.columnBlock =
            tiling.packB ? std::max(panel, target.l2Bytes * 3 / 4 / (block * bytes)) : 0;
        considerSplits(nest, tiling);
      }
  }

  void considerSplits(const Nest &nest, ContractionTiling tiling) {
    for (ThreadSplit split :
         {ThreadSplit::None, ThreadSplit::Batch, ThreadSplit::Columns, ThreadSplit::Rows}) {
      ArrayRef<Dim> dims;
      if (split == ThreadSplit::Batch)
        dims = nest.batch;
      else if (split == ThreadSplit::Columns)
        dims = nest.columns;
      else if (split == ThreadSplit::Rows)
        dims = nest.rows;
      if (split != ThreadSplit::None && (dims.empty() || dims[splitDim(dims)].tiles() == 1))
        continue;
      tiling.split = split;
      // With one thread expected a split costs nothing, and is there for more to come.
      double cycles = CostModel(problem, target, nest, tiling, threads).cycles();
      if (threads == 1)
        cycles += 1e-6 * CostModel(problem, target, nest, tiling, 2).cycles();
      if (cycles < bestCycles) {
        bestCycles = cycles;
        best = tiling;
        best.estimatedCycles = CostModel(problem, target, nest, tiling, 1).cycles();
      }
    }
  }

  const ContractionProblem &problem;
  const TargetDescription &target;
  const unsigned threads;
};

std::string explain(const ContractionTiling &tiling, const ContractionProblem &problem,
                    const TargetDescription &target) {
  std::string text;
  switch (tiling.form) {
  case LaneForm::Columns:
    text = tiling.swapped ? "lanes along m" : "lanes along n";
    break;
  case LaneForm::Batch:
    text = "lanes along the batch, where all operands are contiguous";
    break;
  case LaneForm::Reduction:
    text = "lanes along k, where both operands are contiguous";
    break;
  }
  text += llvm::formatv(", tiles of {0} x {1} vectors of {2}", tiling.rowTile, tiling.columnVectors,
                        tiling.lanes);
  if (tiling.chains > 1)
    text += llvm::formatv(", {0} sums each to hide latency", tiling.chains);
  if (tiling.packB)
    text += "; the vector operand is packed";
  if (tiling.packA)
    text += "; the broadcast operand is packed";
  if (tiling.reductionBlock)
    text += llvm::formatv("; blocks of {0} steps of k", tiling.reductionBlock);
  if (tiling.columnBlock)
    text += llvm::formatv(" by {0} columns", tiling.columnBlock);
  const double share = problem.flops() / (2.0 * target.lanes(problem.elementBits())) /
                       target.fmasPerCycle / tiling.estimatedCycles;
  text +=
      llvm::formatv("; about {0:f0} cycles, {1:f0} % of peak", tiling.estimatedCycles, share * 100);
  return text;
}

} // namespace

ContractionTiling chooseTiling(const ContractionProblem &problem, const TargetDescription &target,
                               unsigned threads) {
  const int64_t fullLanes = target.lanes(problem.elementBits());
  Search search(problem, target, threads);
  for (LaneForm form : {LaneForm::Columns, LaneForm::Batch, LaneForm::Reduction})
    for (bool swapped : {false, true}) {
      std::optional<Nest> nest = makeNest(problem, form, swapped);
      if (!nest)
        continue;
      ContractionTiling tiling;
      tiling.form = form;
      tiling.swapped = swapped;
      // Few columns: a narrower vector, unless the lanes run along k.
      const int64_t needed = llvm::PowerOf2Ceil(nest->lane().extent);
      tiling.lanes = form == LaneForm::Reduction ? fullLanes : std::min(fullLanes, needed);
      const int64_t lanes = tiling.lanes;
      const int64_t vectors = llvm::divideCeil(nest->lane().extent, lanes);
      const int64_t columnsPerVector =
          form == LaneForm::Reduction ? std::min(lanes, nest->lane().extent) : 1;
      // One register holds the broadcast element of A (in the batch form, a vector of it).
      const int64_t registers = target.vectorRegisters;
      for (int64_t v = 1; v * columnsPerVector < registers; ++v)
        for (int64_t r = 1; r * v * columnsPerVector + v + 1 <= registers; ++r) {
          if ((v > 1 && v > vectors && nest->columns.size() == 1) ||
              (form == LaneForm::Reduction && v > 1))
            continue;
          tiling.rowTile = r;
          tiling.columnVectors = v;
          search.consider(*nest, tiling);
        }
    }
  ContractionTiling best = search.best;
  std::optional<Nest> nest = makeNest(problem, best.form, best.swapped);
  nest->setTiles(best.rowTile, best.columnVectors, best.lanes);
  best.scratchBytes = scratchLayout(*nest, best).elements() * (problem.elementBits() / 8);
  best.reason = explain(best, problem, target);
  return best;
}

} // namespace nnc
