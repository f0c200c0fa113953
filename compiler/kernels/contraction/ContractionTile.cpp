// The part of ContractionEmitter that emits one register tile: its sums over k, the prefetch of
// its results, the epilogue and the stores.
#include "compiler/kernels/contraction/ContractionEmitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <map>
#include <set>

using namespace mlir;

namespace nnc::contraction {
namespace {

/// Unrolled entirely, without a loop, up to this many steps of k.
constexpr int64_t kInlineSteps = 8;
/// Steps of k that take long enough for memory to answer.
constexpr int64_t kPrefetchSteps = 64;

class FinishedTile final : public RegisterTile {
public:
  /// `lane` is the dim that the vectors run along.
  FinishedTile(VectorEmitter &emit, const Dim &lane, ArrayRef<Value> memory,
               ArrayRef<Value> offsets, ArrayRef<TilePosition> rowPositions,
               ArrayRef<TilePosition> vectorPositions, ArrayRef<Value> sums)
      : emit(emit), lane(lane), memory(memory), offsets(offsets), rowPositions(rowPositions),
        vectorPositions(vectorPositions) {
    rowCount = rowPositions.size();
    vectorCount = vectorPositions.size();
    values.assign(sums.begin(), sums.end());
  }

  Value mask(unsigned vector) const override {
    const int64_t count = vectorPositions[vector].count;
    return count < emit.lanes ? emit.mask(count) : Value();
  }

  Value load(OpBuilder &, Location, unsigned companion, unsigned row, unsigned vector) override {
    const unsigned op = FirstCompanion + companion;
    Value &loaded = cache[{op, relative(op, row, vector)}];
    if (!loaded)
      loaded = emit.load(memory[op], position(op, row, vector), vectorPositions[vector].count,
                         lane.strides[op]);
    return loaded;
  }

  void store(OpBuilder &, Location, Value value, unsigned companion, unsigned row,
             unsigned vector) override {
    const unsigned op = FirstCompanion + companion;
    cache.erase({op, relative(op, row, vector)});
    storeTo(op, value, row, vector);
  }

  void storeTo(unsigned op, Value value, unsigned row, unsigned vector) {
    emit.store(value, memory[op], position(op, row, vector), vectorPositions[vector].count,
               lane.strides[op]);
  }

  ArrayRef<Value> all() const { return values; }
  void setAll(ValueRange sums) { values.assign(sums.begin(), sums.end()); }

  void addResult() {
    for (unsigned row = 0; row < rowCount; ++row)
      for (unsigned vector = 0; vector < vectorCount; ++vector)
        setValue(row, vector,
                 emit.sum(value(row, vector),
                          emit.load(memory[Result], position(Result, row, vector),
                                    vectorPositions[vector].count, lane.strides[Result])));
  }

  void storeResult() {
    for (unsigned row = 0; row < rowCount; ++row)
      for (unsigned vector = 0; vector < vectorCount; ++vector)
        storeTo(Result, value(row, vector), row, vector);
  }

private:
  int64_t relative(unsigned op, unsigned row, unsigned vector) const {
    return rowPositions[row].offsets[op] + vectorPositions[vector].offsets[op];
  }
  Value position(unsigned op, unsigned row, unsigned vector) {
    return emit.add(offsets[op], relative(op, row, vector));
  }

  VectorEmitter &emit;
  const Dim &lane;
  ArrayRef<Value> memory, offsets;
  ArrayRef<TilePosition> rowPositions, vectorPositions;
  std::map<std::pair<unsigned, int64_t>, Value> cache;
};

} // namespace

void ContractionEmitter::emitTile(const Offsets &offsets, ArrayRef<TilePosition> rows,
                                  ArrayRef<TilePosition> vectors, Value rowPanel,
                                  const ReductionRange &range) {
  const ReductionRange counted = countedSteps(range);
  TileShape tile(vectors, counted);
  for (auto [i, row] : llvm::enumerate(rows))
    tile.rows.push_back(rowPanel ? static_cast<int64_t>(i) : row.offsets[Row]);
  tile.rowStrides = rowPanel ? packedStrides(rowPanels.width) : reductionStrides(Row);
  tile.columnStrides = tiling.packB ? packedStrides(columnPanel.width) : reductionStrides(Column);
  Value row = rowPanel ? rowPanel : offsets[Row];
  Value column = tiling.packB ? columnPanel.base : offsets[Column];
  for (auto [level, skipped] : llvm::enumerate(counted.skipped)) {
    row = emit.add(row, emit.mul(skipped, tile.rowStrides[level]));
    column = emit.add(column, emit.mul(skipped, tile.columnStrides[level]));
  }

  prefetchResults(offsets, rows, vectors);
  if (nest.form == LaneForm::Reduction) {
    finish(offsets, rows, vectors, dotProducts(tile, row, column), range);
    return;
  }
  for (auto [i, vector] : llvm::enumerate(vectors))
    tile.columns.push_back(tiling.packB ? static_cast<int64_t>(i) * tiling.lanes
                                        : vector.offsets[Column]);
  finish(offsets, rows, vectors, reduceChains(tile, row, column), range);
}

void ContractionEmitter::prefetchResults(const Offsets &offsets, ArrayRef<TilePosition> rows,
                                         ArrayRef<TilePosition> vectors) {
  const int64_t bytes = problem.elementBits() / 8;
  if (blocking.blockSteps < kPrefetchSteps)
    return;
  const bool onePass = blocking.blockSteps == nest.reductionExtent();
  auto isRead = [&](unsigned op) {
    // The epilogue comes with the last of all passes.
    return op == Result ? !onePass || problem.accumulate : onePass;
  };
  int64_t span = 0; // of all that is read
  for (unsigned op = Result; op < memory.size(); ++op) {
    if (!isRead(op))
      continue;
    span += bytes;
    for (ArrayRef<Dim> dims : {ArrayRef(nest.batch), ArrayRef(nest.rows), ArrayRef(nest.columns)})
      for (const Dim &dim : dims)
        span += (dim.extent - 1) * std::abs(dim.strides[op]) * bytes;
  }
  // Each step of a loop reads other rows of a sequence, which no step has brought yet.
  if (span <= emit.target.l2Bytes && !tiling.panelsBefore)
    return;
  for (unsigned op = Result; op < memory.size(); ++op) {
    if (!isRead(op))
      continue;
    std::set<int64_t> lines; // positions of which no two lie in one line
    auto touch = [&](int64_t position) {
      auto next = lines.lower_bound(position - kCacheLineBytes / bytes + 1);
      if (next == lines.end() || *next >= position + kCacheLineBytes / bytes)
        lines.insert(position);
    };
    const int64_t laneStride = nest.lane().strides[op];
    for (const TilePosition &row : rows)
      for (const TilePosition &vector : vectors)
        for (int64_t lane = 0; lane < vector.count; ++lane)
          touch(row.offsets[op] + vector.offsets[op] + lane * laneStride);
    for (int64_t position : lines)
      memref::PrefetchOp::create(emit.builder, emit.loc, memory[op],
                                 emit.add(offsets[op], position), /*isWrite=*/false,
                                 /*localityHint=*/3, /*isDataCache=*/true);
  }
}

/// All of a tile's sums over k.
SmallVector<Value> ContractionEmitter::reduceChains(const TileShape &tile, Value row,
                                                    Value column) {
  const int64_t count = tile.rows.size() * tile.columns.size();
  SmallVector<Value> sums(count * tiling.chains, emit.zero());
  sums = reduce(tile, 0, row, column, sums);
  for (int64_t width = tiling.chains / 2; width >= 1; width /= 2)
    for (int64_t i = 0; i < width * count; ++i)
      sums[i] = emit.sum(sums[i], sums[i + width * count]);
  sums.resize(count);
  return sums;
}

/// The Reduction form: sums whose lanes run along k, for some columns at a time.
SmallVector<Value> ContractionEmitter::dotProducts(TileShape &tile, Value row, Value column) {
  SmallVector<int64_t> columns;
  for (const TilePosition &vector : tile.vectors)
    for (int64_t lane = 0; lane < vector.count; ++lane)
      columns.push_back(vector.offsets[Column] + lane * nest.lane().strides[Column]);
  const size_t perPass = tiling.dotProducts ? tiling.dotProducts : columns.size();
  SmallVector<SmallVector<Value>> byRow(tile.rows.size());
  for (size_t first = 0; first < columns.size(); first += perPass) {
    tile.columns = SmallVector<int64_t>(
        ArrayRef(columns).slice(first, std::min(perPass, columns.size() - first)));
    SmallVector<Value> sums = reduceChains(tile, row, column);
    for (size_t r = 0; r < tile.rows.size(); ++r)
      llvm::append_range(byRow[r],
                         ArrayRef(sums).slice(r * tile.columns.size(), tile.columns.size()));
  }
  SmallVector<Value> totals;
  for (ArrayRef<Value> rest : byRow)
    for (const TilePosition &vector : tile.vectors) {
      totals.push_back(emit.sumLanes(rest.take_front(vector.count)));
      rest = rest.drop_front(vector.count);
    }
  return totals;
}

SmallVector<Value> ContractionEmitter::reduce(const TileShape &tile, unsigned level, Value row,
                                              Value column, ValueRange sums) {
  const int64_t rowStride = tile.rowStrides[level], columnStride = tile.columnStrides[level];
  const Value count = tile.range.counts[level];
  auto rowAt = [&](Value k) { return emit.add(row, emit.mul(k, rowStride)); };
  auto columnAt = [&](Value k) { return emit.add(column, emit.mul(k, columnStride)); };
  if (level + 1 < nest.reduction.size())
    return emit.forEach(emit.index(0), count, 1, sums, [&](Value k, ValueRange carried) {
      return reduce(tile, level + 1, rowAt(k), columnAt(k), carried);
    });

  const int64_t width = nest.form == LaneForm::Reduction ? tiling.lanes : 1;
  const int64_t perChain = sums.size() / tiling.chains;
  /// Steps [from, from + steps) by `width`, in turn to the chains; a last one may be partial.
  auto steps = [&](Value from, int64_t number, int64_t lastCount, ValueRange carried) {
    SmallVector<Value> next(carried);
    const Value firstRow = rowAt(from), firstColumn = columnAt(from);
    for (int64_t i = 0; i < number; ++i) {
      const int64_t chain = i % tiling.chains;
      // Constant distances from the first step, so that they become displacements of addresses.
      step(tile, emit.add(firstRow, i * width * rowStride),
           emit.add(firstColumn, i * width * columnStride),
           MutableArrayRef(next).slice(chain * perChain, perChain),
           i + 1 == number ? lastCount : width);
    }
    return next;
  };

  std::optional<int64_t> known = getConstantIntValue(count);
  const int64_t tail = known.value_or(nest.reduction[level].extent) % width;
  if (known && (*known + width - 1) / width <= kInlineSteps)
    return steps(emit.index(0), (*known + width - 1) / width, tail ? tail : width, sums);
  const int64_t stride = width * tiling.unroll;
  Value unrolled = emit.roundDown(count, stride);
  SmallVector<Value> result =
      emit.forEach(emit.index(0), unrolled, stride, sums, [&](Value k, ValueRange carried) {
        return steps(k, tiling.unroll, width, carried);
      });
  if (known) {
    const int64_t left = *known % stride;
    if (left)
      result = steps(unrolled, (left + width - 1) / width, tail ? tail : width, result);
    return result;
  }
  if (const Bounds &bounds = nest.reduction[level].bounds) {
    if (bounds.inner % stride)
      result = emit.forEach(unrolled, count, width, result, [&](Value k, ValueRange carried) {
        return steps(k, 1, width, carried);
      });
    return result;
  }
  // A block of k that is not the last is a multiple of `stride`, so that one remainder fits all.
  if (const int64_t left = nest.reduction[level].extent % stride)
    result = emit.forEach(unrolled, count, stride, result, [&](Value k, ValueRange carried) {
      return steps(k, (left + width - 1) / width, tail ? tail : width, carried);
    });
  return result;
}

void ContractionEmitter::step(const TileShape &tile, Value row, Value column,
                              MutableArrayRef<Value> sums, int64_t count) {
  const Dim &lane = nest.lane();
  const bool dotProducts = nest.form == LaneForm::Reduction;
  std::map<int64_t, Value> rowCache;
  auto rowOperand = [&](int64_t offset, int64_t lanes) {
    Value &loaded = rowCache[offset];
    if (!loaded) {
      const int64_t stride = dotProducts ? 1 : lane.strides[Row];
      loaded = loadOperand(Row, emit.add(row, offset), stride == 0 ? tiling.lanes : lanes, stride,
                           tiling.packA);
    }
    return loaded;
  };

  if (dotProducts) {
    for (auto [c, columnOffset] : llvm::enumerate(tile.columns)) {
      Value columnOperand = loadOperand(Column, emit.add(column, columnOffset), count, 1, false);
      for (auto [r, rowOffset] : llvm::enumerate(tile.rows)) {
        Value &sum = sums[r * tile.columns.size() + c];
        sum = emit.multiplyAdd(rowOperand(rowOffset, count), columnOperand, sum);
      }
    }
    return;
  }

  SmallVector<Value> columnVectors;
  for (auto [v, vector] : llvm::enumerate(tile.vectors))
    columnVectors.push_back(
        tiling.packB ? loadOperand(Column, emit.add(column, tile.columns[v]), tiling.lanes, 1, true)
                     : loadOperand(Column, emit.add(column, tile.columns[v]), vector.count,
                                   lane.strides[Column], false));
  for (auto [r, rowOffset] : llvm::enumerate(tile.rows))
    for (auto [v, vector] : llvm::enumerate(tile.vectors)) {
      Value &sum = sums[r * tile.vectors.size() + v];
      sum = emit.multiplyAdd(rowOperand(rowOffset + vector.offsets[Row], vector.count),
                             columnVectors[v], sum);
    }
}

void ContractionEmitter::finish(const Offsets &offsets, ArrayRef<TilePosition> rows,
                                ArrayRef<TilePosition> vectors, ArrayRef<Value> sums,
                                const ReductionRange &range) {
  if (tiling.transposeResult)
    finishTransposed(offsets, rows, vectors, sums, range);
  else
    finishPart(nest.lane(), offsets, rows, vectors, sums, range);
}

void ContractionEmitter::finishPart(const Dim &lane, const Offsets &offsets,
                                    ArrayRef<TilePosition> rows, ArrayRef<TilePosition> vectors,
                                    ArrayRef<Value> sums, const ReductionRange &range) {
  FinishedTile tile(emit, lane, memory, offsets, rows, vectors, sums);
  // The sums of earlier passes are loaded from C last, so that they arrive in the meantime.
  if (problem.accumulate) {
    tile.addResult();
  } else if (range.isFirst) {
    auto total = scf::IfOp::create(
        emit.builder, emit.loc, range.isFirst,
        [&](OpBuilder &, Location) { scf::YieldOp::create(emit.builder, emit.loc, sums); },
        [&](OpBuilder &, Location) {
          FinishedTile later = tile;
          later.addResult();
          scf::YieldOp::create(emit.builder, emit.loc, later.all());
        });
    tile.setAll(total.getResults());
  }
  // A copy each, since a value loaded in one branch is not defined in the other.
  auto complete = [&](FinishedTile done) {
    if (hooks.epilogue)
      hooks.epilogue(emit.builder, emit.loc, done);
    if (problem.usesResult)
      done.storeResult();
  };
  if (!hooks.epilogue || !range.isLast) {
    complete(tile);
    return;
  }
  scf::IfOp::create(
      emit.builder, emit.loc, range.isLast,
      [&](OpBuilder &, Location) {
        complete(tile);
        scf::YieldOp::create(emit.builder, emit.loc);
      },
      [&](OpBuilder &, Location) {
        tile.storeResult();
        scf::YieldOp::create(emit.builder, emit.loc);
      });
}

/// Squares of the tile are transposed, so that each lane becomes a row of vectors along the row
/// dim.
void ContractionEmitter::finishTransposed(const Offsets &offsets, ArrayRef<TilePosition> rows,
                                          ArrayRef<TilePosition> vectors, ArrayRef<Value> sums,
                                          const ReductionRange &range) {
  const int64_t lanes = tiling.lanes, rowCount = rows.size();
  for (auto [v, vector] : llvm::enumerate(vectors))
    for (int64_t first = 0; first < rowCount; first += lanes) {
      SmallVector<Value> square;
      for (int64_t row = first; row < std::min(rowCount, first + lanes); ++row)
        square.push_back(sums[row * vectors.size() + v]);
      TilePosition along = rows[first];
      along.count = square.size();
      square.resize(lanes, emit.zero());
      square = emit.transpose(square);
      square.resize(vector.count);
      SmallVector<TilePosition> across;
      for (int64_t lane = 0; lane < vector.count; ++lane) {
        across.push_back(vector);
        for (auto [offset, stride] : llvm::zip_equal(across.back().offsets, nest.lane().strides))
          offset += lane * stride;
      }
      finishPart(nest.rows.back(), offsets, across, along, square, range);
    }
}

} // namespace nnc::contraction
