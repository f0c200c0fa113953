// The part of ContractionEmitter that copies operands into panels and prefetches the next panel.
#include "compiler/kernels/contraction/ContractionEmitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

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

void ContractionEmitter::packColumns(const Offsets &offsets, ArrayRef<TilePosition> vectors,
                                     const ReductionRange &range) {
  const int64_t stride = nest.lane().strides[Column];
  PackRequest request;
  request.operand = Column;
  for (const TilePosition &vector : vectors)
    for (int64_t lane = 0; lane < tiling.lanes; ++lane)
      request.sources.push_back(lane < vector.count ? vector.offsets[Column] + lane * stride
                                                    : PackRequest::kNothing);
  request.sourceBase = offsets[Column];
  request.panel = columnPanel.base;
  request.width = columnPanel.width;
  pack(request, range);
}

bool prefetchesPanels(const Nest &nest, int64_t elementBytes, const TargetDescription &target) {
  int64_t covered = nest.reduction.back().strides[Column];
  for (const Dim &dim : llvm::reverse(nest.reduction)) {
    if (dim.strides[Column] != covered)
      return false;
    covered *= dim.extent;
  }
  return nest.lane().strides[Column] == 1 && nest.lane().tiles() > 1 &&
         covered * elementBytes > target.l2Bytes;
}

/// Each of the tiles that use a panel asks for some of the lines that the next one is copied from.
/// Behind the last panel of an operand these lines are useless, which does no harm.
void ContractionEmitter::prefetchColumns(const Offsets &offsets, Value rowTile) {
  const int64_t bytes = problem.elementBits() / 8, line = kCacheLineBytes / bytes;
  if (!prefetchesPanels(nest, bytes, emit.target))
    return;
  const Dim &lane = nest.lane();
  const int64_t step = nest.reduction.back().strides[Column];
  const int64_t perTile = llvm::divideCeil(blocking.blockSteps, rowTiles(nest));
  Value next = emit.add(offsets[Column], lane.tile);
  Value from = emit.mul(rowTile, perTile * step);
  emit.forEach(emit.index(0), emit.index(perTile), 1, [&](Value k) {
    Value row = emit.add(next, emit.add(from, emit.mul(k, step)));
    for (int64_t position = 0; position < lane.tile; position += line)
      prefetch(Column, emit.add(row, position));
  });
}

void ContractionEmitter::prefetch(Operand operand, Value place) {
  memref::PrefetchOp::create(emit.builder, emit.loc, memory[operand], place, /*isWrite=*/false,
                             /*localityHint=*/2, /*isDataCache=*/true);
}

void ContractionEmitter::pack(const PackRequest &request, const ReductionRange &range) {
  SmallVector<PackChunk> chunks;
  bool contiguous = true;
  for (int64_t first = 0; first < static_cast<int64_t>(request.sources.size());
       first += emit.lanes) {
    PackChunk chunk;
    chunk.first = first;
    chunk.stored = std::min(emit.lanes, request.width - first);
    for (int64_t source : ArrayRef(request.sources).drop_front(first).take_front(emit.lanes))
      if (source != PackRequest::kNothing)
        chunk.sources.push_back(source);
    for (size_t i = 1; i < chunk.sources.size(); ++i)
      contiguous &= chunk.sources[i] == chunk.sources[0] + static_cast<int64_t>(i);
    chunks.push_back(std::move(chunk));
  }
  // Contiguous columns are copied in one pass over k, so that a line is read once.
  if (contiguous)
    packChunks(request, range, 0, request.sourceBase, request.panel, chunks, true);
  else
    for (const PackChunk &chunk : chunks)
      packChunks(request, range, 0, request.sourceBase, request.panel, chunk, false);
}

/// Copies chunks of panel columns for the reduction dims from `level` on.
void ContractionEmitter::packChunks(const PackRequest &request, const ReductionRange &range,
                                    unsigned level, Value source, Value target,
                                    ArrayRef<PackChunk> chunks, bool contiguous) {
  const int64_t stride = nest.reduction[level].strides[request.operand];
  const int64_t packedStride = packedStrides(request.width)[level];
  const Value count = range.counts[level];
  if (level + 1 < nest.reduction.size()) {
    emit.forEach(emit.index(0), count, 1, [&](Value k) {
      packChunks(request, range, level + 1, emit.add(source, emit.mul(k, stride)),
                 emit.add(target, emit.mul(k, packedStride)), chunks, contiguous);
    });
    return;
  }

  // Row tiles are packed side by side: each asks for the lines of the next one, which prefetchers do
  // not find where steps lie far apart. Behind the last tile that is useless, and does no harm.
  const bool asksForNext =
      contiguous && request.operand == Row && stride * problem.elementBits() / 8 > kCacheLineBytes;
  if (contiguous || stride != 1 || emit.lanes == 1) {
    emit.forEach(emit.index(0), count, 1, [&](Value k) {
      Value from = emit.add(source, emit.mul(k, stride));
      Value to = emit.add(target, emit.mul(k, packedStride));
      for (const PackChunk &chunk : chunks) {
        const int64_t present = chunk.sources.size();
        Value vector = emit.zero();
        if (contiguous)
          vector =
              loadOperand(request.operand, emit.add(from, chunk.sources[0]), present, 1, false);
        else
          for (int64_t i = 0; i < present; ++i)
            vector = emit.insert(loadElement(request.operand, emit.add(from, chunk.sources[i])),
                                 vector, i);
        emit.store(vector, packedMemory(request.operand), emit.add(to, chunk.first), chunk.stored);
      }
      if (asksForNext)
        prefetch(Row, emit.add(from, chunks[0].sources[0] + 2 * request.width - 1));
    });
    return;
  }

  // The operand is contiguous along k: transpose squares.
  const PackChunk &chunk = chunks.front();
  auto square = [&](Value k, int64_t steps) {
    SmallVector<Value> lines;
    for (int64_t column : chunk.sources)
      lines.push_back(
          loadOperand(request.operand, emit.add(emit.add(source, k), column), steps, 1, false));
    lines.resize(emit.lanes, emit.zero());
    SmallVector<Value> transposed = emit.transpose(lines);
    Value to = emit.add(emit.add(target, emit.mul(k, packedStride)), chunk.first);
    for (int64_t i = 0; i < steps; ++i)
      emit.store(transposed[i], packedMemory(request.operand), emit.add(to, i * packedStride),
                 chunk.stored);
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
