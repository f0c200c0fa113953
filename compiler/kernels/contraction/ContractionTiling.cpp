// The choice of a contraction's loops: every sensible tiling is priced, and the cheapest is taken.
#include "compiler/kernels/contraction/Contraction.h"
#include "compiler/kernels/contraction/ContractionCost.h"
#include "compiler/kernels/contraction/ContractionEmitter.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace nnc {
namespace {

using namespace contraction;

ArrayRef<Dim> splitDims(const Nest &nest, ThreadSplit split) {
  switch (split) {
  case ThreadSplit::None:
    return {};
  case ThreadSplit::Batch:
    return nest.batch;
  case ThreadSplit::Columns:
    return nest.columns;
  case ThreadSplit::Rows:
    return nest.rows;
  }
  return {};
}

/// Calls `body` with every loop that threads can share, first with none.
void forEachSplit(const Nest &nest, llvm::function_ref<void(ThreadSplit)> body) {
  body(ThreadSplit::None);
  for (ThreadSplit split : {ThreadSplit::Batch, ThreadSplit::Columns, ThreadSplit::Rows})
    if (ArrayRef<Dim> dims = splitDims(nest, split);
        !dims.empty() && dims[splitDim(dims)].tiles() > 1)
      body(split);
}

SharedLoop sharedLoop(const Nest &nest, bool swapped, ThreadSplit split) {
  SharedLoop result;
  result.spans.assign(nest.operands, 0);
  ArrayRef<Dim> dims = splitDims(nest, split);
  if (dims.empty())
    return result;
  const Dim &shared = dims[splitDim(dims)];
  for (auto [span, stride] : llvm::zip_equal(result.spans, shared.strides))
    span = std::abs(stride) * shared.extent;
  if (swapped)
    std::swap(result.spans[0], result.spans[1]);
  result.first = static_cast<double>(shared.tiles() / 2 * shared.tile) / shared.extent;
  return result;
}

/// Weight of the cycles that a tiling takes if threads share the less suitable loop.
constexpr double kEitherWay = 0.02;

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
    tiling.transposeResult = tiling.form == LaneForm::Columns && !tiled.rows.empty() &&
                             tiled.lane().strides[Result] != 1 &&
                             tiled.rows.back().strides[Result] == 1;
    if (problem.rowUnit != 0 &&
        (tiled.rows.size() != 1 ||
         tiling.rowTile != std::min(problem.rowUnit, tiled.rows.front().extent)))
      return;
    if (tiling.transposeResult && tiled.rows.back().tile != tiling.rowTile)
      return;
    int64_t sums = tiling.rowTile * tiling.columnVectors;
    if (tiling.form == LaneForm::Reduction)
      sums *= tiling.dotProducts ? tiling.dotProducts
                                 : std::min<int64_t>(tiling.lanes, nest.lane().extent);
    tiling.chains = 1;
    while (sums * tiling.chains < target.fmaLatency * target.fmasPerCycle && tiling.chains < 4 &&
           2 * sums * tiling.chains + tiling.columnVectors < target.vectorRegisters)
      tiling.chains *= 2;
    if (inOrder && tiling.chains != 1)
      return;
    tiling.unroll = std::max<int64_t>(tiling.chains, sums * tiling.chains <= 16 ? 4 : 2);
    for (bool packB : {false, true})
      for (bool packA : {false, true}) {
        tiling.packA = packA;
        tiling.packB = packB;
        if ((packA || packB) && tiling.form != LaneForm::Columns)
          continue;
        considerBlocks(tiled, tiling);
        if (!packB || (tiling.swapped ? problem.timesA : problem.timesB) == 1 ||
            !tiled.batch.empty() || tiled.columns.size() != 1 || tiling.skipsBorders)
          continue;
        ContractionTiling before = tiling;
        before.panelsBefore = true;
        before.columnBlock = tiled.lane().tile;
        price(tiled, before);
      }
  }

  /// Only tilings that take the products of each sum one after the other.
  bool inOrder = false;
  ContractionTiling best;
  double bestCycles = std::numeric_limits<double>::infinity();

private:
  /// Blocks of k and of the columns: whole, or as many columns as have a block of B that the
  /// level-two cache holds, so that their partial sums are soon needed again.
  void considerBlocks(const Nest &nest, ContractionTiling tiling) {
    const int64_t bytes = problem.elementBits() / 8;
    const int64_t steps = nest.reductionExtent();
    const int64_t panel = nest.lane().tile;
    tiling.reductionBlock = 0;
    tiling.columnBlock = tiling.packB ? panel : 0;
    const bool mustNotBlock = !problem.usesResult;
    if (mustNotBlock || !tiling.packB || steps * panel * bytes <= target.l2Bytes / 2)
      price(nest, tiling);
    if (mustNotBlock)
      return;
    for (int64_t block : {32, 128, 256, 512, 1024, 2048}) {
      // Few steps at a time only to walk through an operand that is read once.
      if (block >= steps || (block < 64 && (tiling.form == LaneForm::Reduction || tiling.packB ||
                                            tiling.packA || rowTiles(nest) > 1)))
        continue;
      tiling.reductionBlock = block;
      tiling.columnBlock =
          tiling.packB ? std::max(panel, target.l2Bytes * 3 / 4 / (block * bytes)) : 0;
      price(nest, tiling);
    }
  }

  void price(const Nest &nest, ContractionTiling tiling) {
    const CostModel model(problem, target, nest, tiling);
    llvm::SmallVector<std::pair<ThreadSplit, double>, 3> splits;
    double worst = 0;
    forEachSplit(nest, [&](ThreadSplit split) {
      splits.push_back({split, model.cycles(split, threads)});
      if (split != ThreadSplit::None)
        worst = std::max(worst, splits.back().second);
    });
    for (auto [split, cycles] : splits) {
      // Where one thread is expected, how well the work divides only settles a draw. Else it had
      // better divide along either operand: chooseSplit may choose the other.
      cycles += threads == 1 ? 1e-6 * model.cycles(split, 2) : kEitherWay * worst;
      if (cycles >= bestCycles)
        continue;
      bestCycles = cycles;
      best = tiling;
      best.split = split;
      best.estimatedCycles = model.cycles(split, 1);
      best.computedShare = model.computedShare();
    }
  }

  const ContractionProblem &problem;
  const TargetDescription &target;
  const unsigned threads;
};

void considerForm(Search &search, const ContractionProblem &problem,
                  const TargetDescription &target, LaneForm form, bool swapped, bool skipsBorders) {
  const int64_t fullLanes = target.lanes(problem.elementBits());
  std::optional<Nest> nest = makeNest(problem, form, swapped, skipsBorders);
  if (!nest)
    return;
  // Lanes of a vector count together.
  if (form == LaneForm::Reduction && nest->reduction.back().bounds)
    return;
  ContractionTiling tiling;
  tiling.form = form;
  tiling.swapped = swapped;
  tiling.skipsBorders = skipsBorders;
  // Few columns: a narrower vector, unless the lanes run along k.
  const int64_t needed = llvm::PowerOf2Ceil(nest->lane().extent);
  tiling.lanes = form == LaneForm::Reduction ? fullLanes : std::min(fullLanes, needed);
  const int64_t lanes = tiling.lanes;
  const int64_t vectors = llvm::divideCeil(nest->lane().extent, lanes);
  const int64_t columnsPerVector =
      form == LaneForm::Reduction ? std::min(lanes, nest->lane().extent) : 1;
  // One register holds the broadcast element of A (in the batch form, a vector of it); where
  // each is used once, LLVM has two of them in flight.
  const int64_t registers = target.vectorRegisters;
  for (int64_t dots : {0, 4, 8}) {
    if (dots && (form != LaneForm::Reduction || nest->lane().extent <= dots))
      continue;
    tiling.dotProducts = dots;
    const int64_t perVector = dots ? dots : columnsPerVector;
    for (int64_t v = 1; v * perVector < registers; ++v)
      for (int64_t r = 1; r * v * perVector + v + (v == 1 ? 2 : 1) <= registers; ++r) {
        if ((v > 1 && v > vectors && nest->columns.size() == 1) ||
            (form == LaneForm::Reduction && v > 1))
          continue;
        tiling.rowTile = r;
        tiling.columnVectors = v;
        search.consider(*nest, tiling);
      }
  }
}

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
  if (tiling.dotProducts)
    text += llvm::formatv(", {0} dot products at a time", tiling.dotProducts);
  if (tiling.transposeResult)
    text += ", transposed when stored";
  if (tiling.packB)
    text += tiling.panelsBefore ? "; the vector operand is packed before the loop"
                                : "; the vector operand is packed";
  if (tiling.packA)
    text += "; the broadcast operand is packed";
  if (tiling.reductionBlock)
    text += llvm::formatv("; blocks of {0} steps of k", tiling.reductionBlock);
  if (tiling.columnBlock)
    text += llvm::formatv(" by {0} columns", tiling.columnBlock);
  if (tiling.skipsBorders)
    text += llvm::formatv("; without the zeros of borders, {0:f0} % of the products",
                          tiling.computedShare * 100);
  const double share = tiling.computedShare * problem.flops() /
                       (2.0 * target.lanes(problem.elementBits())) / target.fmasPerCycle /
                       tiling.estimatedCycles;
  text +=
      llvm::formatv("; about {0:f0} cycles, {1:f0} % of peak", tiling.estimatedCycles, share * 100);
  return text;
}

} // namespace

/// The nest with a tiling's tiles.
static Nest tiledNest(const ContractionProblem &problem, const ContractionTiling &tiling) {
  Nest nest = *makeNest(problem, tiling.form, tiling.swapped, tiling.skipsBorders);
  nest.setTiles(tiling.rowTile, tiling.columnVectors, tiling.lanes);
  return nest;
}

SharedLoop sharedLoop(const ContractionProblem &problem, const ContractionTiling &tiling) {
  return sharedLoop(tiledNest(problem, tiling), tiling.swapped, tiling.split);
}

double chooseSplit(ContractionTiling &tiling, const ContractionProblem &problem,
                   const TargetDescription &target, unsigned threads, TransferCost transfer) {
  const Nest nest = tiledNest(problem, tiling);
  const CostModel model(problem, target, nest, tiling);
  double least = std::numeric_limits<double>::infinity();
  forEachSplit(nest, [&](ThreadSplit split) {
    const double cycles =
        model.cycles(split, threads) + transfer(sharedLoop(nest, tiling.swapped, split));
    if (cycles >= least)
      return;
    least = cycles;
    tiling.split = split;
  });
  return least;
}

double partCycles(const ContractionTiling &tiling, const ContractionProblem &problem,
                  const TargetDescription &target, unsigned threads, ThreadSplit split) {
  Nest nest = tiledNest(problem, tiling);
  if (split != ThreadSplit::None) {
    auto &dims = split == ThreadSplit::Rows      ? nest.rows
                 : split == ThreadSplit::Columns ? nest.columns
                                                 : nest.batch;
    assert(!dims.empty());
    Dim &shared = dims[splitDim(dims)];
    const int64_t tiles = llvm::divideCeil(shared.tiles(), threads);
    shared.extent = std::min(shared.extent, tiles * shared.tile);
  }
  return CostModel(problem, target, nest, tiling).cycles(ThreadSplit::None, 1);
}

ContractionTiling chooseTiling(const ContractionProblem &problem, const TargetDescription &target,
                               unsigned threads) {
  Search search(problem, target, threads);
  auto considerForms = [&](ArrayRef<LaneForm> forms) {
    for (LaneForm form : forms)
      for (bool swapped : {false, true})
        for (bool skipsBorders : {false, true})
          if ((!skipsBorders || !problem.borders.empty()) &&
              (problem.rowUnit == 0 || (form == LaneForm::Columns && swapped == problem.rowsAreN)))
            considerForm(search, problem, target, form, swapped, skipsBorders);
  };
  // A hook's cost must not change the order of the additions, in which large products have them
  // without a hook: then results do not depend on whether memory is saved.
  search.inOrder = problem.cyclesA != 0 || problem.cyclesB != 0;
  if (search.inOrder)
    considerForms(LaneForm::Columns);
  if (search.bestCycles == std::numeric_limits<double>::infinity()) {
    search.inOrder = false;
    considerForms({LaneForm::Columns, LaneForm::Batch, LaneForm::Reduction});
  }
  ContractionTiling best = search.best;
  const Nest nest = tiledNest(problem, best);
  best.scratchBytes = scratchLayout(nest, best).elements() * (problem.elementBits() / 8);
  best.panelBytes = scratchLayout(nest, best).panelElements * (problem.elementBits() / 8);
  best.reason = explain(best, problem, target);
  return best;
}

} // namespace nnc
