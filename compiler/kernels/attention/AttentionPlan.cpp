// Chooses blocks, describes their products as contractions, and lays out the scratch memory.
#include "compiler/kernels/attention/AttentionPlan.h"

#include "compiler/analysis/BlockLayout.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;

namespace nnc {

AttentionOperands::AttentionOperands(const AttentionKernelParts &parts) {
  linalg::GenericOp op = parts.op;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    LoopStrides ofLoops(op.getNumLoops(), 0);
    SmallVector<int64_t> ofDims;
    int64_t offset;
    if (auto type = dyn_cast<MemRefType>(operand.get().getType());
        type && succeeded(type.getStridesAndOffset(ofDims, offset)))
      for (auto [place, stride] : llvm::zip_equal(map.getResults(), ofDims))
        if (auto dim = dyn_cast<AffineDimExpr>(place))
          ofLoops[dim.getPosition()] += stride;
    memrefs.push_back(operand.get());
    strides.push_back(std::move(ofLoops));
  }
  firstOutput = op.getNumDpsInputs();
}

namespace {

class Planner {
  using enum AttentionKernelParts::Input;

public:
  Planner(const AttentionKernelParts &parts, const TargetDescription &target)
      : parts(parts), target(target), operands(parts), extents(parts.extents()),
        element(cast<FloatType>(
            cast<MemRefType>(operands.memory(Queries).getType()).getElementType())) {}

  AttentionPlan run() {
    chooseBlocks();
    plan.lanes = target.lanes(element.getWidth());
    plan.scoreStride = withoutConflicts(llvm::alignTo(
        parts.isGradient ? plan.keys : extents[parts.keyLoop()] + plan.keys, plan.lanes));
    plan.resultStride = llvm::alignTo(extents[parts.columnLoop()], plan.lanes);
    for (bool lastRows : {false, true})
      for (bool lastKeys : {false, true})
        describe(plan.products[lastRows][lastKeys], lastRows ? plan.lastRows : plan.rows,
                 lastKeys ? plan.lastKeys : plan.keys);
    layOut();
    shareRows();
    estimateCycles();
    return plan;
  }

private:
  int64_t stride(unsigned operand, unsigned loop) { return operands.stride(operand, loop); }

  void chooseBlocks() {
    const int64_t rows = extents[parts.rowLoop()], keys = extents[parts.keyLoop()];
    for (unsigned loop = 0; loop < parts.batchLoops; ++loop)
      plan.units *= extents[loop];
    for (unsigned loop = parts.batchLoops; loop < parts.rowLoop(); ++loop)
      plan.groups *= extents[loop];
    // Bounds leave whole blocks out, so that smaller blocks save products.
    const int64_t small = 16, size = parts.first || parts.last ? small : 64;
    plan.keys = std::min(keys, size);
    plan.rows = std::min(rows, size);
    // The forward pass keeps the scores of a block of rows and all keys.
    const int64_t rowBytes = keys * (element.getWidth() / 8);
    while (!parts.isGradient && plan.rows > small && plan.rows * rowBytes > target.l2Bytes / 2)
      plan.rows /= 2;
    plan.rowBlocks = rows / plan.rows;
    plan.lastRows = rows % plan.rows;
    plan.keyBlocks = keys / plan.keys;
    plan.lastKeys = keys % plan.keys;
  }

  /// Rows that are a multiple of a cache way apart would evict each other.
  int64_t withoutConflicts(int64_t elements) {
    return elements * (element.getWidth() / 8) % target.l1WayBytes == 0 ? elements + plan.lanes
                                                                        : elements;
  }

  AttentionProducts::Product make(ContractionDim m, ContractionDim n, ContractionDim k,
                                  bool accumulate, int64_t timesB = 1) {
    AttentionProducts::Product product;
    product.problem.elementType = element;
    product.problem.m = {m};
    product.problem.n = {n};
    product.problem.k = {k};
    product.problem.accumulate = accumulate;
    product.problem.timesB = timesB;
    product.tiling = chooseTiling(product.problem, target, 1);
    return product;
  }

  void describe(AttentionProducts &products, int64_t rows, int64_t keys) {
    if (rows == 0 || keys == 0)
      return;
    const unsigned row = parts.rowLoop(), key = parts.keyLoop(), inner = parts.innerLoop(),
                   column = parts.columnLoop();
    const int64_t times = plan.groups * (plan.rowBlocks + (plan.lastRows != 0));
    products.scores = make(
        {rows, stride(Queries, row), 0, plan.scoreStride, {}}, {keys, 0, stride(Keys, key), 1, {}},
        {extents[inner], stride(Queries, inner), stride(Keys, inner), 0, {}}, false, times);
    if (!parts.isGradient) {
      products.sums = make({rows, plan.scoreStride, 0, plan.resultStride, {}},
                           {extents[column], 0, stride(Values, column), 1, {}},
                           {keys, 1, stride(Values, key), 0, {}}, true);
      return;
    }
    const unsigned first = operands.firstOutput;
    products.ofWeights = make(
        {rows, stride(Cotangent, row), 0, plan.scoreStride, {}},
        {keys, 0, stride(Values, key), 1, {}},
        {extents[column], stride(Cotangent, column), stride(Values, column), 0, {}}, false, times);
    products.ofValues =
        make({keys, 1, 0, stride(first + 2, key), {}},
             {extents[column], 0, stride(Cotangent, column), stride(first + 2, column), {}},
             {rows, plan.scoreStride, stride(Cotangent, row), 0, {}}, true);
    products.ofKeys =
        make({keys, 1, 0, stride(first + 1, key), {}},
             {extents[inner], 0, stride(Queries, inner), stride(first + 1, inner), {}},
             {rows, plan.scoreStride, stride(Queries, row), 0, {}}, true);
    products.ofQueries = make({rows, plan.scoreStride, 0, stride(first, row), {}},
                              {extents[inner], 0, stride(Keys, inner), stride(first, inner), {}},
                              {keys, 1, stride(Keys, key), 0, {}}, true);
  }

  void layOut() {
    const int64_t bytes = element.getWidth() / 8;
    auto place = [&](int64_t &at, int64_t size) {
      at = plan.scratchBytes;
      plan.scratchBytes += alignToBlock(size);
    };
    place(plan.scoresAt, plan.rows * plan.scoreStride * bytes);
    // A vector of partial maxima, then of partial sums, for each row.
    place(plan.maximaAt, plan.rows * plan.lanes * bytes);
    place(plan.sumsAt, 2 * plan.rowsInSums() * bytes);
    if (parts.isGradient)
      place(plan.ofScoresAt, plan.rows * plan.scoreStride * bytes);
    else
      place(plan.resultsAt, plan.rows * plan.resultStride * bytes);
    int64_t packed = 0;
    for (const auto &byKeys : plan.products)
      for (const AttentionProducts &products : byKeys) {
        for (const AttentionProducts::Product *product : products.all())
          packed = std::max(packed, product->tiling.scratchBytes);
        auto panels = [](const AttentionProducts::Product &product) {
          return product.tiling.panelsBefore ? alignToBlock(product.tiling.panelBytes) : 0;
        };
        plan.keyPanelBytes = std::max(plan.keyPanelBytes, panels(products.scores));
        plan.valuePanelBytes = std::max(plan.valuePanelBytes, panels(products.ofWeights));
      }
    // One block of panels for each form of the rows, since their tilings may differ.
    const int64_t blocks = 2 * (plan.keyBlocks + 1);
    place(plan.keyPanelsAt, blocks * plan.keyPanelBytes);
    place(plan.valuePanelsAt, blocks * plan.valuePanelBytes);
    place(plan.packedAt, packed);
  }

  /// The cotangents of keys and values are sums over the rows, so that each block of them is a part of its
  /// own, beside those of the queries.
  void shareRows() {
    if (plan.units < target.threads)
      plan.partsOfUnit =
          plan.groups * plan.allRowBlocks() + (parts.isGradient ? plan.allKeyBlocks() : 0);
  }

  void estimateCycles() {
    double perPair = 0;
    for (const AttentionProducts::Product *product :
         plan.products[plan.rowBlocks == 0][plan.keyBlocks == 0].all())
      perPair += product->tiling.estimatedCycles;
    // The exponential and the arithmetic around it, for each vector.
    constexpr double cyclesOfVector = 12;
    const auto pairs = static_cast<double>(plan.rows * plan.keys);
    perPair += pairs / static_cast<double>(plan.lanes) * cyclesOfVector;
    plan.cycles = perPair * static_cast<double>(keptScores(parts)) / pairs;
  }

  const AttentionKernelParts &parts;
  const TargetDescription &target;
  AttentionOperands operands;
  SmallVector<int64_t> extents;
  FloatType element;
  AttentionPlan plan;
};

} // namespace

AttentionPlan planAttention(const AttentionKernelParts &parts, const TargetDescription &target) {
  return Planner(parts, target).run();
}

} // namespace nnc
