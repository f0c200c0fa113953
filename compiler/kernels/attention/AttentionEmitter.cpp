// Emits the loops over units and blocks of an attention, and finds the memory of its parts.
#include "compiler/kernels/attention/AttentionEmission.h"

#include "compiler/kernels/contraction/ContractionNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace nnc {

AttentionEmission::AttentionEmission(contraction::VectorEmitter &emit,
                                     const AttentionKernelParts &parts, const AttentionPlan &plan,
                                     const AttentionThread &thread)
    : emit(emit), parts(parts), plan(plan), thread(thread), operands(parts),
      extents(parts.extents()), flats(operands.memrefs.size()) {
  scores = scratch(plan.scoresAt, plan.rows * plan.scoreStride);
  maxima = scratch(plan.maximaAt, plan.rows * plan.lanes);
  sums = scratch(plan.sumsAt, 2 * plan.rowsInSums());
  if (parts.isGradient)
    ofScores = scratch(plan.ofScoresAt, plan.rows * plan.scoreStride);
  else
    results = scratch(plan.resultsAt, plan.rows * plan.resultStride);
}

//===-- Memory --------------------------------------------------------------------------------===//

Value AttentionEmission::scratch(int64_t at, int64_t elements) {
  auto type = MemRefType::get({elements}, emit.elementType);
  return memref::ViewOp::create(emit.builder, emit.loc, type, thread.scratch, emit.index(at),
                                ValueRange());
}

/// A part of one-dimensional memory.
Value AttentionEmission::partFrom(Value memory, Value offset) {
  auto type = cast<MemRefType>(memory.getType());
  auto layout = StridedLayoutAttr::get(emit.builder.getContext(), ShapedType::kDynamic, {1});
  return memref::ReinterpretCastOp::create(
      emit.builder, emit.loc, MemRefType::get(type.getShape(), type.getElementType(), layout),
      memory, OpFoldResult(offset),
      ArrayRef<OpFoldResult>{emit.builder.getIndexAttr(type.getDimSize(0))},
      ArrayRef<OpFoldResult>{emit.builder.getIndexAttr(1)});
}

Value AttentionEmission::offset(unsigned operand, Value row, Value key) {
  Value place = unitOffsets[operand];
  if (row)
    place = emit.add(place, emit.mul(row, operands.stride(operand, parts.rowLoop())));
  if (key)
    place = emit.add(place, emit.mul(key, operands.stride(operand, parts.keyLoop())));
  return place;
}

Value AttentionEmission::at(unsigned operand, Value row, Value key) {
  return partFrom(flats[operand], offset(operand, row, key));
}

//===-- Arithmetic ----------------------------------------------------------------------------===//

Value AttentionEmission::constant(double value) {
  return emit.constants.get(FloatAttr::get(emit.elementType, value));
}

Value AttentionEmission::splatOf(double value) { return emit.splat(constant(value), emit.lanes); }

/// The greater of the two; b if one is NaN, which the exponentials then are.
Value AttentionEmission::greater(Value a, Value b) {
  Value isGreater = arith::CmpFOp::create(emit.builder, emit.loc, arith::CmpFPredicate::OGT, a, b);
  return arith::SelectOp::create(emit.builder, emit.loc, isGreater, a, b);
}

Value AttentionEmission::multiply(Value a, Value b) {
  return arith::MulFOp::create(emit.builder, emit.loc, a, b);
}

Value AttentionEmission::subtract(Value a, Value b) {
  return arith::SubFOp::create(emit.builder, emit.loc, a, b);
}

Value AttentionEmission::exponential(Value a) {
  return math::ExpOp::create(emit.builder, emit.loc, a);
}

void AttentionEmission::emitProduct(const Product &product, Value a, Value b, Value c,
                                    Value panels) {
  ContractionOperands memory;
  memory.a = a;
  memory.b = b;
  memory.c = c;
  if (product.tiling.scratchBytes)
    memory.scratch = memref::ViewOp::create(
        emit.builder, emit.loc,
        MemRefType::get({product.tiling.scratchBytes}, emit.builder.getI8Type()), thread.scratch,
        emit.index(plan.packedAt), ValueRange());
  memory.panels = panels;
  if (failed(emitContraction(emit.builder, emit.loc, product.problem, emit.target, product.tiling,
                             memory)))
    status = failure();
}

//===-- Loops ---------------------------------------------------------------------------------===//

LogicalResult AttentionEmission::run() {
  const int64_t total = plan.units * plan.partsOfUnit;
  Value begin = emit.index(0), end = emit.index(total);
  if (thread.number) {
    auto part = [&](Value number) { return emit.floorDiv(emit.mul(number, total), thread.count); };
    begin = part(thread.number);
    end = part(emit.add(thread.number, 1));
  }
  for (unsigned operand = 0; operand < operands.memrefs.size(); ++operand)
    if (operand < parts.firstExtra() || operand >= operands.firstOutput)
      flats[operand] = emit.flatten(operands.memory(operand));
  invariants = bodyInvariants(emit, parts, operands);
  // The units that have parts in the range.
  Value perUnit = emit.index(plan.partsOfUnit);
  Value endUnit = emit.floorDiv(emit.add(end, plan.partsOfUnit - 1), perUnit);
  emit.forEach(emit.floorDiv(begin, perUnit), endUnit, 1, [&](Value unit) {
    indices.assign(extents.size(), emit.index(0));
    splitIndex(emit.add(unit, 1), 0, parts.batchLoops);
    nextOffsets = offsetsHere();
    splitIndex(unit, 0, parts.batchLoops);
    Value first = emit.mul(unit, plan.partsOfUnit);
    Value low =
        arith::MaxSIOp::create(emit.builder, emit.loc, emit.sub(begin, first), emit.index(0));
    emitUnit(low, emit.min(emit.sub(end, first), perUnit));
  });
  return status;
}

/// Sets the indices of consecutive loops from the number of an iteration of all of them.
void AttentionEmission::splitIndex(Value number, unsigned firstLoop, unsigned endLoop) {
  for (unsigned loop = endLoop; loop-- > firstLoop;) {
    Value outer = emit.floorDiv(number, emit.index(extents[loop]));
    indices[loop] = emit.sub(number, emit.mul(outer, extents[loop]));
    number = outer;
  }
}

SmallVector<Value> AttentionEmission::offsetsHere() {
  SmallVector<Value> offsets;
  for (unsigned operand = 0; operand < operands.memrefs.size(); ++operand) {
    Value place = emit.index(0);
    for (unsigned loop = 0; loop < parts.rowLoop(); ++loop)
      place = emit.add(place, emit.mul(indices[loop], operands.stride(operand, loop)));
    offsets.push_back(place);
  }
  return offsets;
}

void AttentionEmission::prefetchNextUnit(const BlockOf &rows) {
  const int64_t line = contraction::kCacheLineBytes * 8 / emit.elementType.getWidth();
  emit.forEach(rows.first, emit.add(rows.first, rows.size), 1, [&](Value row) {
    for (unsigned operand = 0; operand < parts.firstExtra(); ++operand) {
      const bool isOfKeys = operand == Keys || operand == Values;
      const unsigned along =
          operand == Queries || operand == Keys ? parts.innerLoop() : parts.columnLoop();
      if (operands.stride(operand, along) != 1)
        continue;
      Value first = emit.add(
          nextOffsets[operand],
          emit.mul(row, operands.stride(operand, isOfKeys ? parts.keyLoop() : parts.rowLoop())));
      for (int64_t at = 0; at < extents[along]; at += line)
        memref::PrefetchOp::create(emit.builder, emit.loc, flats[operand], emit.add(first, at),
                                   /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
    }
  });
}

void AttentionEmission::emitUnit(Value begin, Value end) {
  unitOffsets = offsetsHere();
  packKeys();
  const bool inParts = plan.partsOfUnit > 1 && thread.number;
  if (!parts.isGradient) {
    if (!inParts)
      return emitRowBlocks();
    return emit.forEach(begin, end, 1, [&](Value part) { emitPart(part); });
  }
  if (!inParts)
    return emitWholeGradient();
  // The parts of a gradient compute the weights twice, which one thread alone need not do.
  OpBuilder &builder = emit.builder;
  Value isAlone = arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::eq, thread.count,
                                        emit.index(1));
  auto condition = scf::IfOp::create(builder, emit.loc, isAlone, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(condition.thenBlock());
  emitWholeGradient();
  builder.setInsertionPointToStart(condition.elseBlock());
  emit.forEach(begin, end, 1, [&](Value part) {
    unitOffsets = offsetsHere();
    emitGradientPart(part);
  });
}

void AttentionEmission::emitWholeGradient() {
  clearKeys({emit.index(0), extents[parts.keyLoop()], false});
  emitRowBlocks();
}

void AttentionEmission::emitRowBlocks() {
  const SmallVector<Value> ofUnit = indices;
  emit.forEach(emit.index(0), emit.index(plan.groups), 1, [&](Value group) {
    splitIndex(group, parts.batchLoops, parts.rowLoop());
    unitOffsets = offsetsHere();
    emit.forEach(emit.index(0), emit.index(plan.rowBlocks), 1,
                 [&](Value block) { emitRows({emit.mul(block, plan.rows), plan.rows, false}); });
    if (plan.lastRows)
      emitRows({emit.index(plan.rowBlocks * plan.rows), plan.lastRows, true});
  });
  indices = ofUnit;
}

/// The first one, the last one, the second one and so on: with a causal mask, later blocks of rows, and
/// earlier blocks of keys, are more work.
Value AttentionEmission::inTurns(Value number, int64_t count) {
  OpBuilder &builder = emit.builder;
  Value half = emit.floorDiv(number, emit.index(2));
  Value isEven =
      arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::eq, number, emit.mul(half, 2));
  Value fromEnd = emit.sub(emit.index(count - 1), half);
  return arith::SelectOp::create(builder, emit.loc, isEven, half, fromEnd);
}

void AttentionEmission::emitEither(Value block, int64_t fullBlocks, int64_t size, int64_t lastSize,
                                   llvm::function_ref<void(const BlockOf &)> body) {
  OpBuilder &builder = emit.builder;
  BlockOf full{emit.mul(block, size), size, false},
      last{emit.index(fullBlocks * size), lastSize, true};
  if (!lastSize)
    return body(full);
  Value isFull = arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::slt, block,
                                       emit.index(fullBlocks));
  auto condition = scf::IfOp::create(builder, emit.loc, isFull, /*withElseRegion=*/true);
  for (const BlockOf &either : {full, last}) {
    if (!either.isLast && fullBlocks == 0)
      continue;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(either.isLast ? condition.elseBlock() : condition.thenBlock());
    body(either);
  }
}

void AttentionEmission::emitPart(Value number) {
  const SmallVector<Value> ofUnit = indices;
  Value group = emit.floorDiv(number, emit.index(plan.allRowBlocks()));
  splitIndex(group, parts.batchLoops, parts.rowLoop());
  unitOffsets = offsetsHere();
  Value block =
      inTurns(emit.sub(number, emit.mul(group, plan.allRowBlocks())), plan.allRowBlocks());
  emitEither(block, plan.rowBlocks, plan.rows, plan.lastRows,
             [&](const BlockOf &rows) { emitRows(rows); });
  indices = ofUnit;
}

void AttentionEmission::emitRows(const BlockOf &rows) {
  if (plan.partsOfUnit == 1)
    prefetchNextUnit(rows);
  parts.isGradient ? emitGradient(rows) : emitForward(rows);
}

Value AttentionEmission::reachOf(Value firstRow, int64_t rows) {
  Value reach;
  if (parts.last)
    reach = emit.add(firstRow, rows + *parts.last);
  if (parts.lastOfRun) {
    Value last = arith::IndexCastOp::create(emit.builder, emit.loc, emit.builder.getIndexType(),
                                            invariants.lookup(parts.lastOfRun));
    Value ofRun = emit.add(emit.add(firstRow, rows), last);
    reach = reach ? emit.min(reach, ofRun) : ofRun;
  }
  return reach ? arith::MaxSIOp::create(emit.builder, emit.loc, reach, emit.index(0)).getResult()
               : reach;
}

Value AttentionEmission::keyBlocksWithin(Value reach) {
  Value blocks = emit.index(plan.keyBlocks);
  if (!reach)
    return blocks;
  return emit.min(emit.floorDiv(emit.add(reach, plan.keys - 1), emit.index(plan.keys)), blocks);
}

void AttentionEmission::forEachKeyBlock(const BlockOf &rows,
                                        llvm::function_ref<void(const BlockOf &)> body) {
  OpBuilder &builder = emit.builder;
  const int64_t full = plan.keyBlocks * plan.keys;
  Value reach = reachOf(rows.first, rows.size);
  Value begin = emit.index(0), end = keyBlocksWithin(reach);
  if (parts.first) {
    Value first = arith::MaxSIOp::create(builder, emit.loc, emit.add(rows.first, *parts.first),
                                         emit.index(0));
    begin = emit.floorDiv(first, emit.index(plan.keys));
  }
  if (onlyKeys) {
    begin = arith::MaxSIOp::create(builder, emit.loc, begin, onlyKeys);
    end = emit.min(end, emit.add(onlyKeys, 1));
  }
  emit.forEach(begin, end, 1,
               [&](Value block) { body({emit.mul(block, plan.keys), plan.keys, false}); });
  if (!plan.lastKeys)
    return;
  BlockOf lastBlock{emit.index(full), plan.lastKeys, true};
  Value isReached;
  if (reach)
    isReached = arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::sgt, reach,
                                      emit.index(full));
  if (onlyKeys) {
    Value isLast = arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::eq, onlyKeys,
                                         emit.index(plan.keyBlocks));
    isReached = isReached ? arith::AndIOp::create(builder, emit.loc, isReached, isLast).getResult()
                          : isLast;
  }
  if (!isReached)
    return body(lastBlock);
  auto condition = scf::IfOp::create(builder, emit.loc, isReached, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(condition.thenBlock());
  body(lastBlock);
}

Value AttentionEmission::panels(const Product &product, int64_t at, int64_t bytes,
                                const BlockOf &rows, const BlockOf &keys) {
  if (!product.tiling.panelsBefore)
    return {};
  // Two blocks of panels side by side for each block of keys, by the form of the rows.
  Value block = emit.floorDiv(keys.first, emit.index(plan.keys));
  Value place = emit.add(emit.mul(block, 2 * bytes), at + (rows.isLast ? bytes : 0));
  return memref::ViewOp::create(
      emit.builder, emit.loc,
      MemRefType::get({product.tiling.panelBytes}, emit.builder.getI8Type()), thread.scratch, place,
      ValueRange());
}

void AttentionEmission::packKeys() {
  auto pack = [&](const BlockOf &keys) {
    for (bool isLast : {false, true}) {
      BlockOf rows{{}, isLast ? plan.lastRows : plan.rows, isLast};
      if (isLast ? plan.lastRows == 0 : plan.rowBlocks == 0)
        continue;
      auto packOperand = [&](const Product &product, unsigned operand, int64_t place,
                             int64_t bytes) {
        if (!product.tiling.panelsBefore)
          return;
        ContractionOperands memory;
        memory.b = at(operand, {}, keys.first);
        memory.panels = panels(product, place, bytes, rows, keys);
        if (failed(emitPanels(emit.builder, emit.loc, product.problem, emit.target, product.tiling,
                              memory)))
          status = failure();
      };
      packOperand(products(rows, keys).scores, Keys, plan.keyPanelsAt, plan.keyPanelBytes);
      packOperand(products(rows, keys).ofWeights, Values, plan.valuePanelsAt, plan.valuePanelBytes);
    }
  };
  Value end = keyBlocksWithin(reachOf(emit.index(0), extents[parts.rowLoop()]));
  emit.forEach(emit.index(0), end, 1,
               [&](Value block) { pack({emit.mul(block, plan.keys), plan.keys, false}); });
  if (plan.lastKeys)
    pack({emit.index(plan.keyBlocks * plan.keys), plan.lastKeys, true});
}

void AttentionEmission::clear(unsigned operand, Value offset, unsigned loop, int64_t count,
                              unsigned along) {
  emit.forEach(emit.index(0), emit.index(count), 1, [&](Value i) {
    Value row = emit.add(offset, emit.mul(i, operands.stride(operand, loop)));
    const int64_t stride = operands.stride(operand, along);
    forEachPart(extents[along], [&](Value at, int64_t elements) {
      emit.store(emit.zero(), flats[operand], emit.add(row, emit.mul(at, stride)), elements,
                 stride);
    });
  });
}

SmallVector<Value> AttentionEmission::overParts(
    int64_t extent, ValueRange init,
    llvm::function_ref<SmallVector<Value>(Value at, int64_t count, ValueRange carried)> body) {
  const int64_t full = extent / emit.lanes * emit.lanes;
  // More would make the code long, and beside as many a loop costs little.
  constexpr int64_t mostUnrolled = 8;
  SmallVector<Value> carried(init);
  if (full <= mostUnrolled * emit.lanes)
    for (int64_t at = 0; at < full; at += emit.lanes)
      carried = body(emit.index(at), emit.lanes, carried);
  else
    carried = emit.forEach(emit.index(0), emit.index(full), emit.lanes, carried,
                           [&](Value at, ValueRange sums) { return body(at, emit.lanes, sums); });
  return full == extent ? carried : body(emit.index(full), extent - full, carried);
}

void AttentionEmission::forEachPart(int64_t extent,
                                    llvm::function_ref<void(Value at, int64_t count)> body) {
  overParts(extent, {}, [&](Value at, int64_t count, ValueRange) {
    body(at, count);
    return SmallVector<Value>();
  });
}

Value AttentionEmission::sumParts(
    int64_t extent, llvm::function_ref<Value(Value at, int64_t count, Value sum)> body) {
  return overParts(extent, emit.zero(), [&](Value at, int64_t count, ValueRange sum) {
    return SmallVector<Value>{body(at, count, sum[0])};
  })[0];
}

void AttentionEmission::forEachVector(
    const BlockOf &keys, llvm::function_ref<void(int64_t column, int64_t count)> body) {
  for (int64_t column = 0; column < keys.size; column += emit.lanes)
    body(column, std::min(emit.lanes, keys.size - column));
}

ScoreBody AttentionEmission::bodyAt(Value row, const BlockOf &rows, const BlockOf &keys,
                                    int64_t column, int64_t count, bool isInside) {
  indices[parts.rowLoop()] = emit.add(rows.first, row);
  indices[parts.keyLoop()] = emit.add(keys.first, column);
  return ScoreBody(emit, parts, operands, invariants, indices, count, isInside);
}

void AttentionEmission::forEachRow(const BlockOf &rows, llvm::function_ref<void(Value row)> body) {
  emit.forEach(emit.index(0), emit.index(rows.size), 1, body);
}

void AttentionEmission::forEachRowInBounds(
    const BlockOf &rows, const BlockOf &keys,
    llvm::function_ref<void(Value row, bool isInside)> body) {
  OpBuilder &builder = emit.builder;
  auto compare = [&](Value a, Value b) -> Value {
    return arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::sle, a, b);
  };
  Value isInside;
  if (parts.last)
    isInside = compare(emit.add(keys.first, keys.size - 1), emit.add(rows.first, *parts.last));
  if (parts.first) {
    Value isBehind = compare(emit.add(rows.first, rows.size - 1 + *parts.first), keys.first);
    isInside = isInside ? arith::AndIOp::create(builder, emit.loc, isInside, isBehind).getResult()
                        : isBehind;
  }
  if (!isInside)
    return forEachRow(rows, [&](Value row) { body(row, true); });
  auto condition = scf::IfOp::create(builder, emit.loc, isInside, /*withElseRegion=*/true);
  for (bool inside : {true, false}) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(inside ? condition.thenBlock() : condition.elseBlock());
    forEachRow(rows, [&](Value row) { body(row, inside); });
  }
}

void AttentionEmission::forEachRowVector(
    const BlockOf &rows, contraction::VectorEmitter::Combine combine,
    llvm::function_ref<Value(Value row)> vectorOf,
    llvm::function_ref<void(Value row, int64_t count, Value combined)> body) {
  auto emitVector = [&](Value first, int64_t count) {
    SmallVector<Value> vectors;
    for (int64_t row = 0; row < count; ++row)
      vectors.push_back(vectorOf(emit.add(first, row)));
    body(first, count, emit.reduceLanes(vectors, combine));
  };
  const int64_t full = rows.size / emit.lanes * emit.lanes;
  emit.forEach(emit.index(0), emit.index(full), emit.lanes,
               [&](Value row) { emitVector(row, emit.lanes); });
  if (full != rows.size)
    emitVector(emit.index(full), rows.size - full);
}

LogicalResult emitAttention(OpBuilder &builder, const AttentionKernelParts &parts,
                            const AttentionPlan &plan, const TargetDescription &target,
                            const AttentionThread &thread) {
  linalg::GenericOp op = parts.op;
  auto type = cast<MemRefType>(op.getDpsInputs()[0].getType());
  ConstantPool constants(builder);
  contraction::VectorEmitter emit(builder, op.getLoc(), constants, target,
                                  cast<FloatType>(type.getElementType()), plan.lanes);
  return AttentionEmission(emit, parts, plan, thread).run();
}

} // namespace nnc
