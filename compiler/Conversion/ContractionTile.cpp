#include "compiler/Conversion/ContractionEmitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <map>

using namespace mlir;

namespace nnc::contraction {
namespace {

/// Unrolled entirely, without a loop, up to this many steps of k.
constexpr int64_t kInlineSteps = 8;

class FinishedTile final : public RegisterTile {
public:
  FinishedTile(VectorEmitter &emit, const Nest &nest, ArrayRef<Value> memory,
               ArrayRef<Value> offsets, ArrayRef<TilePosition> rowPositions,
               ArrayRef<TilePosition> vectorPositions, ArrayRef<Value> sums)
      : emit(emit), nest(nest), memory(memory), offsets(offsets), rowPositions(rowPositions),
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
                         nest.lane().strides[op]);
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
               nest.lane().strides[op]);
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
  const Nest &nest;
  ArrayRef<Value> memory, offsets;
  ArrayRef<TilePosition> rowPositions, vectorPositions;
  std::map<std::pair<unsigned, int64_t>, Value> cache;
};

} // namespace

SmallVector<Value> ContractionEmitter::initialSums(const Offsets &offsets,
                                                   ArrayRef<TilePosition> rows,
                                                   ArrayRef<TilePosition> vectors,
                                                   const ReductionRange &range) {
  SmallVector<Value> zeros(rows.size() * vectors.size(), emit.zero());
  auto load = [&] {
    SmallVector<Value> values;
    for (const TilePosition &row : rows)
      for (const TilePosition &vector : vectors)
        values.push_back(emit.load(
            memory[Result], emit.add(offsets[Result], row.offsets[Result] + vector.offsets[Result]),
            vector.count, nest.lane().strides[Result]));
    return values;
  };
  if (problem.accumulate)
    return load();
  if (!range.isFirst)
    return zeros;
  auto choice = scf::IfOp::create(
      emit.builder, emit.loc, range.isFirst,
      [&](OpBuilder &, Location) { scf::YieldOp::create(emit.builder, emit.loc, zeros); },
      [&](OpBuilder &, Location) { scf::YieldOp::create(emit.builder, emit.loc, load()); });
  return SmallVector<Value>(choice.getResults());
}

void ContractionEmitter::emitTile(const Offsets &offsets, ArrayRef<TilePosition> rows,
                                  ArrayRef<TilePosition> vectors, Value rowPanel, Value columnPanel,
                                  const ReductionRange &range) {
  TileShape tile(vectors, range);
  for (auto [i, row] : llvm::enumerate(rows))
    tile.rows.push_back(rowPanel ? static_cast<int64_t>(i) : row.offsets[Row]);
  for (auto [i, vector] : llvm::enumerate(vectors))
    tile.columns.push_back(columnPanel ? static_cast<int64_t>(i) * tiling.lanes
                                       : vector.offsets[Column]);
  tile.rowStrides = rowPanel ? packedStrides(rowPanels.width) : reductionStrides(Row);
  tile.columnStrides = columnPanel ? packedStrides(columnPanels.width) : reductionStrides(Column);
  const bool dotProducts = nest.form == LaneForm::Reduction;
  for (const TilePosition &vector : vectors)
    tile.sums += dotProducts ? vector.count : 1;
  tile.sums *= rows.size();

  SmallVector<Value> initial = initialSums(offsets, rows, vectors, range);
  SmallVector<Value> sums;
  if (!dotProducts)
    sums = initial;
  sums.resize(tile.sums * tiling.chains, emit.zero());
  sums = reduce(tile, 0, rowPanel ? rowPanel : offsets[Row],
                columnPanel ? columnPanel : offsets[Column], sums);
  for (int64_t width = tiling.chains / 2; width >= 1; width /= 2)
    for (int64_t i = 0; i < width * tile.sums; ++i)
      sums[i] = emit.sum(sums[i], sums[i + width * tile.sums]);
  sums.resize(tile.sums);

  if (dotProducts) {
    SmallVector<Value> totals;
    ArrayRef<Value> rest = sums;
    for (size_t row = 0; row < rows.size(); ++row)
      for (const TilePosition &vector : vectors) {
        Value total = emit.sumLanes(rest.take_front(vector.count));
        rest = rest.drop_front(vector.count);
        Value start = initial[totals.size()];
        totals.push_back(start == emit.zero() ? total : emit.sum(start, total));
      }
    sums = totals;
  }
  finish(offsets, rows, vectors, sums, range);
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

  const bool dotProducts = nest.form == LaneForm::Reduction;
  const int64_t width = dotProducts ? tiling.lanes : 1;
  /// Steps [from, from + steps) by `width`, in turn to the chains; a last one may be partial.
  auto steps = [&](Value from, int64_t number, int64_t lastCount, ValueRange carried) {
    SmallVector<Value> next(carried);
    for (int64_t i = 0; i < number; ++i) {
      Value k = emit.add(from, i * width);
      const int64_t chain = i % tiling.chains;
      step(tile, rowAt(k), columnAt(k), MutableArrayRef(next).slice(chain * tile.sums, tile.sums),
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
    // Sums are ordered by row, vector, lane of the result.
    const int64_t columnsPerRow = tile.sums / tile.rows.size();
    int64_t index = 0;
    for (auto [v, vector] : llvm::enumerate(tile.vectors))
      for (int64_t l = 0; l < vector.count; ++l, ++index) {
        Value columnOperand = loadOperand(
            Column, emit.add(column, tile.columns[v] + l * lane.strides[Column]), count, 1, false);
        for (auto [r, rowOffset] : llvm::enumerate(tile.rows)) {
          Value &sum = sums[r * columnsPerRow + index];
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
                                ArrayRef<TilePosition> vectors, ArrayRef<Value> values,
                                const ReductionRange &range) {
  auto complete = [&] {
    FinishedTile tile(emit, nest, memory, offsets, rows, vectors, values);
    if (hooks.epilogue)
      hooks.epilogue(emit.builder, emit.loc, tile);
    if (problem.usesResult)
      tile.storeResult();
  };
  if (!hooks.epilogue || !range.isLast) {
    complete();
    return;
  }
  scf::IfOp::create(
      emit.builder, emit.loc, range.isLast,
      [&](OpBuilder &, Location) {
        complete();
        scf::YieldOp::create(emit.builder, emit.loc);
      },
      [&](OpBuilder &, Location) {
        FinishedTile(emit, nest, memory, offsets, rows, vectors, values).storeResult();
        scf::YieldOp::create(emit.builder, emit.loc);
      });
}

} // namespace nnc::contraction
