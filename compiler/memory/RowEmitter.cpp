// Implements RowEmitter: with operations of memref where lanes are scalars, else of vector.
#include "compiler/memory/RowEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace nnc {

RowEmitter::RowEmitter(OpBuilder &builder, Location location, int64_t elements)
    : builder(builder), location(location) {
  for (int64_t count : {16, 8, 4})
    if (laneCount == 1 && elements % count == 0)
      laneCount = count;
}

Value RowEmitter::index(int64_t number) {
  return arith::ConstantIndexOp::create(builder, location, number);
}

Type RowEmitter::laneType(Type element) const {
  return laneCount == 1 ? element : VectorType::get({laneCount}, element);
}

Value RowEmitter::zero(Type element) {
  return arith::ConstantOp::create(builder, location, builder.getZeroAttr(laneType(element)));
}

Value RowEmitter::load(Value memref, ValueRange place) {
  if (laneCount == 1)
    return memref::LoadOp::create(builder, location, memref, place);
  auto type = cast<VectorType>(laneType(cast<MemRefType>(memref.getType()).getElementType()));
  return vector::LoadOp::create(builder, location, type, memref, place);
}

void RowEmitter::store(Value lanes, Value memref, ValueRange place) {
  if (laneCount == 1)
    memref::StoreOp::create(builder, location, lanes, memref, place);
  else
    vector::StoreOp::create(builder, location, lanes, memref, place);
}

Value RowEmitter::loadRowNumber(Value indices, ValueRange place, int64_t rows) {
  Value row = memref::LoadOp::create(builder, location, indices, place);
  row = arith::IndexCastOp::create(builder, location, builder.getIndexType(), row);
  row = arith::MaxSIOp::create(builder, location, row, index(0));
  return arith::MinSIOp::create(builder, location, row, index(rows - 1));
}

void RowEmitter::buildNest(ValueRange low, ValueRange high, ValueRange step, Body body) {
  scf::buildLoopNest(
      builder, location, low, high, step, [&](OpBuilder &inner, Location, ValueRange place) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(inner.getInsertionBlock(), inner.getInsertionPoint());
        body(place);
      });
}

void RowEmitter::forEach(ArrayRef<int64_t> shape, Body body) {
  SmallVector<Value> low(shape.size(), index(0)), high, step(shape.size(), index(1));
  for (int64_t extent : shape)
    high.push_back(index(extent));
  buildNest(low, high, step, body);
}

void RowEmitter::forEachLanes(ArrayRef<int64_t> shape, Value begin, Value end, Body body) {
  SmallVector<Value> low(shape.size(), index(0)), high, step(shape.size(), index(1));
  for (int64_t extent : shape.drop_back())
    high.push_back(index(extent));
  low.back() = begin;
  high.push_back(end);
  step.back() = index(laneCount);
  buildNest(low, high, step, body);
}

scf::ForOp RowEmitter::asOne(llvm::function_ref<void()> emit) {
  auto once = scf::ForOp::create(builder, location, index(0), index(1), index(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(once.getBody());
  emit();
  return once;
}

} // namespace nnc
