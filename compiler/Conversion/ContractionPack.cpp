#include "compiler/Conversion/ContractionEmitter.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace nnc::contraction {

void ContractionEmitter::packRows(const Offsets &offsets, const ReductionRange &range) {
  forEachRowTile(0, offsets, emit.index(0), {},
                 [&](Value tile, const Offsets &origin, ArrayRef<TilePosition> rows) {
                   PackRequest request;
                   request.operand = Row;
                   for (const TilePosition &row : rows)
                     request.sources.push_back(row.offsets[Row]);
                   request.sourceBase = origin[Row];
                   request.panel = emit.add(rowPanels.base, emit.mul(tile, rowPanels.panelSize));
                   request.width = rowPanels.width;
                   pack(request, range);
                 });
}

void ContractionEmitter::pack(const PackRequest &request, const ReductionRange &range) {
  // Columns are copied a vector at a time; those that do not exist need no copy of their own, since
  // a chunk's vectors are stored whole as far as the panel reaches.
  for (int64_t first = 0; first < static_cast<int64_t>(request.sources.size()); first += emit.lanes)
    if (request.sources[first] != PackRequest::kNothing)
      packChunk(request, range, 0, request.sourceBase, emit.add(request.panel, first), first);
}

/// Copies the panel columns from `first` on, at most a vector of them, for the reduction dims from
/// `level` on.
void ContractionEmitter::packChunk(const PackRequest &request, const ReductionRange &range,
                                   unsigned level, Value source, Value target, int64_t first) {
  const int64_t stride = nest.reduction[level].strides[request.operand];
  const int64_t packedStride = packedStrides(request.width)[level];
  const Value count = range.counts[level];
  if (level + 1 < nest.reduction.size()) {
    emit.forEach(emit.index(0), count, 1, [&](Value k) {
      packChunk(request, range, level + 1, emit.add(source, emit.mul(k, stride)),
                emit.add(target, emit.mul(k, packedStride)), first);
    });
    return;
  }

  SmallVector<int64_t> columns;
  for (int64_t column : ArrayRef(request.sources).drop_front(first).take_front(emit.lanes))
    if (column != PackRequest::kNothing)
      columns.push_back(column);
  const int64_t present = columns.size();
  const int64_t stored = std::min(emit.lanes, request.width - first);
  bool contiguous = true;
  for (int64_t i = 1; i < present; ++i)
    contiguous &= columns[i] == columns[0] + i;

  if (contiguous || stride != 1 || emit.lanes == 1) {
    emit.forEach(emit.index(0), count, 1, [&](Value k) {
      Value from = emit.add(source, emit.mul(k, stride));
      Value vector;
      if (contiguous) {
        vector = loadOperand(request.operand, emit.add(from, columns[0]), present, 1, false);
      } else {
        vector = emit.zero();
        for (int64_t i = 0; i < present; ++i)
          vector = emit.insert(loadElement(request.operand, emit.add(from, columns[i])), vector, i);
      }
      emit.store(vector, scratch, emit.add(target, emit.mul(k, packedStride)), stored);
    });
    return;
  }

  // The operand is contiguous along k: transpose squares.
  auto square = [&](Value k, int64_t steps) {
    SmallVector<Value> lines;
    for (int64_t column : columns)
      lines.push_back(
          loadOperand(request.operand, emit.add(emit.add(source, k), column), steps, 1, false));
    lines.resize(emit.lanes, emit.zero());
    SmallVector<Value> transposed = emit.transpose(lines);
    Value to = emit.add(target, emit.mul(k, packedStride));
    for (int64_t i = 0; i < steps; ++i)
      emit.store(transposed[i], scratch, emit.add(to, i * packedStride), stored);
  };
  Value whole = emit.roundDown(count, emit.lanes);
  emit.forEach(emit.index(0), whole, emit.lanes, [&](Value k) { square(k, emit.lanes); });
  // A block of k that is not the last is a multiple of the lanes, so that the tail has one length.
  const int64_t tail =
      getConstantIntValue(count).value_or(nest.reduction[level].extent) % emit.lanes;
  if (tail)
    emit.forEach(whole, count, emit.lanes, [&](Value k) { square(k, tail); });
}

} // namespace nnc::contraction
