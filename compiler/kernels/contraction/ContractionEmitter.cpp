// The outer loops of a contraction: batch, blocks of columns and of k, tiles, and the division of
// tiles between threads.
#include "compiler/kernels/contraction/ContractionEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace nnc::contraction {

int64_t rowTiles(const Nest &nest) {
  int64_t tiles = 1;
  for (const Dim &dim : nest.rows)
    tiles *= dim.tiles();
  return tiles;
}

int64_t laneTilesPerBlock(const Nest &nest, const ContractionTiling &tiling) {
  const Dim &lane = nest.lane();
  if (tiling.columnBlock <= 0)
    return lane.tiles();
  return std::clamp<int64_t>(tiling.columnBlock / lane.tile, 1, lane.tiles());
}

namespace {

/// Unrolling and vectors divide the steps of a block of k, except at the very end.
int64_t reductionMultiple(const ContractionTiling &tiling) {
  return std::max<int64_t>(tiling.lanes, tiling.unroll);
}

int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

} // namespace

int64_t panelElements(int64_t width, int64_t steps) {
  const int64_t elements = width * steps;
  return elements % 512 == 0 ? elements + kCacheLineBytes : elements;
}

ScratchLayout scratchLayout(const Nest &nest, const ContractionTiling &tiling) {
  const int64_t steps =
      blockReduction(nest, tiling.reductionBlock, reductionMultiple(tiling)).blockSteps;
  const int64_t lanes = tiling.lanes;
  ScratchLayout layout;
  if (tiling.panelsBefore)
    layout.panelElements =
        nest.lane().tiles() * panelElements(nest.vectorsPerTile(lanes) * lanes, steps);
  else if (tiling.packB)
    layout.columnElements =
        roundUp(panelElements(nest.vectorsPerTile(lanes) * lanes, steps), kCacheLineBytes);
  if (tiling.packA)
    layout.rowElements =
        roundUp(rowTiles(nest) * panelElements(nest.rowsPerTile(), steps), kCacheLineBytes);
  return layout;
}

ContractionEmitter::ContractionEmitter(VectorEmitter &emit, const Nest &nest,
                                       const ContractionTiling &tiling,
                                       const ContractionProblem &problem,
                                       const ContractionOperands &operands,
                                       const ContractionHooks &hooks)
    : emit(emit), nest(nest), tiling(tiling), problem(problem), hooks(hooks),
      blocking(blockReduction(nest, tiling.reductionBlock, reductionMultiple(tiling))),
      thread(operands.thread), threads(operands.threads) {
  memory = {tiling.swapped ? operands.b : operands.a, tiling.swapped ? operands.a : operands.b,
            operands.c};
  memory.append(operands.companions.begin(), operands.companions.end());
  for (Value &memref : memory)
    if (memref)
      memref = emit.flatten(memref);
  ScratchLayout layout = scratchLayout(nest, tiling);
  if (layout.elements() != 0 && operands.scratch)
    scratch = emit.flatten(operands.scratch);
  columnPanels = tiling.panelsBefore ? emit.flatten(operands.panels) : scratch;
  if (!columnPanels)
    return;
  columnPanel.width = nest.vectorsPerTile(tiling.lanes) * tiling.lanes;
  columnPanel.base = emit.index(0);
  rowPanels.width = nest.rowsPerTile();
  rowPanels.panelSize = panelElements(rowPanels.width, blocking.blockSteps);
  rowPanels.base = emit.index(layout.columnElements);
}

void ContractionEmitter::run() {
  Offsets offsets(nest.operands, emit.index(0));
  offsets[Row] = emit.index(tiling.swapped ? problem.startB : problem.startA);
  offsets[Column] = emit.index(tiling.swapped ? problem.startA : problem.startB);
  if (!thread || tiling.split != ThreadSplit::None) {
    emitBatch(0, offsets);
    return;
  }
  Value isFirstThread = arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::eq,
                                              thread, emit.index(0));
  scf::IfOp::create(emit.builder, emit.loc, isFirstThread, [&](OpBuilder &, Location) {
    emitBatch(0, offsets);
    scf::YieldOp::create(emit.builder, emit.loc);
  });
}

void ContractionEmitter::runPanels() {
  Offsets offsets(nest.operands, emit.index(0));
  offsets[Column] = emit.index(tiling.swapped ? problem.startA : problem.startB);
  const Dim &lane = nest.lane();
  Value low = emit.index(0), high = emit.index(lane.tiles());
  if (thread) {
    auto bound = [&](Value number) {
      return emit.floorDiv(emit.mul(number, lane.tiles()), threads);
    };
    low = bound(thread);
    high = bound(emit.add(thread, 1));
  }
  forEachTile(lane, low, high, offsets, [&](Value tile, const Offsets &inner, int64_t extent) {
    columnPanel.base = panelOf(tile);
    packColumns(inner, nest.vectorPositions({extent}, tiling.lanes), fullRange());
  });
}

/// The offset of a tile's panel among those that are packed in front of the loop.
Value ContractionEmitter::panelOf(Value tile) {
  return emit.mul(tile, panelElements(columnPanel.width, blocking.blockSteps));
}

ContractionEmitter::Offsets ContractionEmitter::advance(const Offsets &offsets, const Dim &dim,
                                                        Value index) {
  Offsets result;
  for (auto [offset, stride] : llvm::zip_equal(offsets, dim.strides))
    result.push_back(emit.add(offset, emit.mul(index, stride)));
  return result;
}

std::pair<Value, Value> ContractionEmitter::tileRange(ArrayRef<Dim> dims, unsigned dim,
                                                      ThreadSplit group) {
  Value tiles = emit.index(dims[dim].tiles());
  if (!thread || tiling.split != group || splitDim(dims) != dim)
    return {emit.index(0), tiles};
  auto bound = [&](Value number) {
    return emit.floorDiv(emit.mul(number, dims[dim].tiles()), threads);
  };
  return {bound(thread), bound(emit.add(thread, 1))};
}

void ContractionEmitter::forEachTile(const Dim &dim, Value low, Value high, const Offsets &offsets,
                                     TileBody visit) {
  auto body = [&](Value tile, const Offsets &inner, int64_t extent) {
    if (dim.number >= 0)
      positions[dim.number] = {emit.mul(tile, dim.tile), extent};
    visit(tile, inner, extent);
  };
  if (const int64_t full = dim.fullTiles()) {
    Value end = dim.tail() ? emit.min(high, emit.index(full)) : high;
    emit.forEach(low, end, 1, [&](Value tile) {
      body(tile, advance(offsets, dim, emit.mul(tile, dim.tile)), dim.tile);
    });
  }
  if (dim.tail()) {
    Value last = emit.index(dim.fullTiles());
    emit.forEach(emit.max(low, last), high, 1, [&](Value) {
      body(last, advance(offsets, dim, emit.mul(last, dim.tile)), dim.tail());
    });
  }
}

void ContractionEmitter::forEachRowTile(
    unsigned level, const Offsets &offsets, Value tileIndex, SmallVector<int64_t> extents,
    llvm::function_ref<void(Value, const Offsets &, ArrayRef<TilePosition>)> body) {
  if (level == nest.rows.size()) {
    body(tileIndex, offsets, nest.rowPositions(extents));
    return;
  }
  const Dim &dim = nest.rows[level];
  auto [low, high] = tileRange(nest.rows, level, ThreadSplit::Rows);
  forEachTile(dim, low, high, offsets, [&](Value tile, const Offsets &inner, int64_t extent) {
    SmallVector<int64_t> innerExtents = extents;
    innerExtents.push_back(extent);
    forEachRowTile(level + 1, inner, emit.add(emit.mul(tileIndex, dim.tiles()), tile), innerExtents,
                   body);
  });
}

ReductionRange ContractionEmitter::fullRange() {
  ReductionRange range;
  for (const Dim &dim : nest.reduction)
    range.counts.push_back(emit.index(dim.extent));
  return range;
}

void ContractionEmitter::emitBatch(unsigned level, const Offsets &offsets) {
  if (level < nest.batch.size()) {
    const Dim &dim = nest.batch[level];
    auto [low, high] = tileRange(nest.batch, level, ThreadSplit::Batch);
    forEachTile(dim, low, high, offsets,
                [&](Value, const Offsets &inner, int64_t) { emitBatch(level + 1, inner); });
    return;
  }
  if (tiling.packA && blocking.blockSteps == nest.reductionExtent())
    packRows(offsets, fullRange());
  emitColumnBlocks(0, offsets, {});
}

void ContractionEmitter::emitColumnBlocks(unsigned level, const Offsets &offsets,
                                          SmallVector<int64_t> extents) {
  const Dim &dim = nest.columns[level];
  auto [low, high] = tileRange(nest.columns, level, ThreadSplit::Columns);
  if (level + 1 < nest.columns.size()) {
    forEachTile(dim, low, high, offsets, [&](Value, const Offsets &inner, int64_t extent) {
      SmallVector<int64_t> innerExtents = extents;
      innerExtents.push_back(extent);
      emitColumnBlocks(level + 1, inner, innerExtents);
    });
    return;
  }
  const int64_t perBlock = laneTilesPerBlock(nest, tiling);
  emit.forEach(low, high, perBlock, [&](Value begin) {
    Value end = perBlock == 1 ? emit.add(begin, 1) : emit.min(emit.add(begin, perBlock), high);
    if (perBlock >= dim.tiles()) {
      begin = low;
      end = high;
    }
    emitReductionBlocks(0, offsets, extents, begin, end, ReductionRange());
  });
}

void ContractionEmitter::emitReductionBlocks(unsigned level, const Offsets &offsets,
                                             ArrayRef<int64_t> extents, Value low, Value high,
                                             ReductionRange range) {
  if (blocking.blockSteps == nest.reductionExtent()) {
    emitBlock(offsets, extents, low, high, fullRange());
    return;
  }
  auto both = [&](Value a, Value b) {
    return a ? arith::AndIOp::create(emit.builder, emit.loc, a, b).getResult() : b;
  };
  auto equals = [&](Value a, int64_t b) {
    return arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::eq, a, emit.index(b))
        .getResult();
  };
  const Dim &dim = nest.reduction[level];
  const int64_t size = level == blocking.dim ? blocking.step : 1;
  const int64_t lastStart = (dim.extent - 1) / size * size;
  emit.forEach(emit.index(0), emit.index(dim.extent), size, [&](Value start) {
    ReductionRange inner = range;
    inner.starts.push_back(start);
    Value rest = emit.sub(emit.index(dim.extent), start);
    inner.counts.push_back(dim.extent % size ? emit.min(emit.index(size), rest) : emit.index(size));
    if (dim.extent > size) {
      inner.isFirst = both(range.isFirst, equals(start, 0));
      inner.isLast = both(range.isLast, equals(start, lastStart));
    }
    Offsets moved = advance(offsets, dim, start);
    if (level < blocking.dim) {
      emitReductionBlocks(level + 1, moved, extents, low, high, inner);
      return;
    }
    for (const Dim &whole : llvm::ArrayRef(nest.reduction).drop_front(level + 1)) {
      inner.starts.push_back(emit.index(0));
      inner.counts.push_back(emit.index(whole.extent));
    }
    emitBlock(moved, extents, low, high, inner);
  });
}

void ContractionEmitter::emitBlock(const Offsets &offsets, ArrayRef<int64_t> extents, Value low,
                                   Value high, const ReductionRange &range) {
  const Dim &lane = nest.lane();
  if (tiling.packA && range.isFirst)
    packRows(offsets, range);
  forEachTile(lane, low, high, offsets, [&](Value tile, const Offsets &inner, int64_t extent) {
    SmallVector<int64_t> tileExtents(extents);
    tileExtents.push_back(extent);
    SmallVector<TilePosition> vectors = nest.vectorPositions(tileExtents, tiling.lanes);
    if (tiling.panelsBefore)
      columnPanel.base = panelOf(tile);
    else if (tiling.packB)
      packColumns(inner, vectors, range);
    forEachRowTile(0, inner, emit.index(0), {},
                   [&](Value rowTile, const Offsets &origin, ArrayRef<TilePosition> rows) {
                     Value rowPanel;
                     if (tiling.packA)
                       rowPanel = emit.add(rowPanels.base, emit.mul(rowTile, rowPanels.panelSize));
                     if (tiling.packB && !tiling.panelsBefore)
                       prefetchColumns(inner, rowTile);
                     emitTile(origin, rows, vectors, rowPanel, range);
                   });
  });
}

SmallVector<int64_t> ContractionEmitter::reductionStrides(Operand operand) const {
  SmallVector<int64_t> strides;
  for (const Dim &dim : nest.reduction)
    strides.push_back(dim.strides[operand]);
  return strides;
}

SmallVector<int64_t> ContractionEmitter::packedStrides(int64_t width) const {
  SmallVector<int64_t> strides(nest.reduction.size());
  for (int level = static_cast<int>(strides.size()) - 1; level >= 0; --level) {
    strides[level] = width;
    width *= nest.reduction[level].extent;
  }
  return strides;
}

Value ContractionEmitter::loadOperand(Operand operand, Value offset, int64_t count, int64_t stride,
                                      bool packed) {
  const OperandHook &hook = (operand == Row) != tiling.swapped ? hooks.a : hooks.b;
  if (packed)
    return emit.load(packedMemory(operand), offset, count, stride);
  if (!hook)
    return emit.load(memory[operand], offset, count, stride);
  if (stride == 1) {
    Value loaded = emit.load(memory[operand], offset, count);
    return hook(emit.builder, emit.loc, loaded, offset,
                count < emit.lanes ? emit.mask(count) : Value());
  }
  if (stride == 0)
    return emit.splat(loadElement(operand, offset), emit.lanes);
  Value vector = emit.zero();
  for (int64_t lane = 0; lane < count; ++lane)
    vector = emit.insert(loadElement(operand, emit.add(offset, lane * stride)), vector, lane);
  return vector;
}

Value ContractionEmitter::loadElement(Operand operand, Value offset) {
  const OperandHook &hook = (operand == Row) != tiling.swapped ? hooks.a : hooks.b;
  Value loaded = emit.loadScalar(memory[operand], offset);
  return hook ? hook(emit.builder, emit.loc, loaded, offset, Value()) : loaded;
}

} // namespace nnc::contraction
