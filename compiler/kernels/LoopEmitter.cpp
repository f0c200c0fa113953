// Folds index arithmetic on constants, and builds scf loops.
#include "compiler/kernels/LoopEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nnc {

static Block *entryAround(Block *block) {
  Operation *parent = block->getParentOp();
  auto function = dyn_cast<func::FuncOp>(parent);
  return &(function ? function : parent->getParentOfType<func::FuncOp>()).getBody().front();
}

ConstantPool::ConstantPool(const OpBuilder &builder)
    : entry(entryAround(builder.getInsertionBlock())) {}

Value ConstantPool::get(TypedAttr value) {
  Value &constant = values[value];
  if (!constant) {
    OpBuilder builder = OpBuilder::atBlockBegin(entry);
    constant = arith::ConstantOp::create(builder, entry->getParentOp()->getLoc(), value);
  }
  return constant;
}

Value ConstantPool::index(int64_t value) {
  return get(IntegerAttr::get(IndexType::get(entry->getParentOp()->getContext()), value));
}

Value LoopEmitter::add(Value a, Value b) {
  auto x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x && y)
    return index(*x + *y);
  if (x && *x == 0)
    return b;
  if (y && *y == 0)
    return a;
  if (auto inner = y ? a.getDefiningOp<arith::AddIOp>() : arith::AddIOp())
    if (auto z = getConstantIntValue(inner.getRhs()))
      return add(inner.getLhs(), index(*z + *y));
  return arith::AddIOp::create(builder, loc, a, b);
}

Value LoopEmitter::sub(Value a, Value b) {
  auto x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x && y)
    return index(*x - *y);
  if (y && *y == 0)
    return a;
  return arith::SubIOp::create(builder, loc, a, b);
}

Value LoopEmitter::mul(Value a, int64_t b) {
  if (auto x = getConstantIntValue(a))
    return index(*x * b);
  if (b == 0)
    return index(0);
  return b == 1 ? a : arith::MulIOp::create(builder, loc, a, index(b)).getResult();
}

Value LoopEmitter::floorDiv(Value a, Value b) {
  auto x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x && y && *y > 0)
    return index(*x / *y);
  return arith::DivUIOp::create(builder, loc, a, b);
}

Value LoopEmitter::roundDown(Value a, int64_t b) {
  if (auto x = getConstantIntValue(a))
    return index(*x / b * b);
  return b == 1 ? a : arith::AndIOp::create(builder, loc, a, index(-b)).getResult();
}

Value LoopEmitter::min(Value a, Value b) {
  auto x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x && y)
    return index(std::min(*x, *y));
  return arith::MinUIOp::create(builder, loc, a, b);
}

Value LoopEmitter::max(Value a, Value b) {
  auto x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x && y)
    return index(std::max(*x, *y));
  return arith::MaxUIOp::create(builder, loc, a, b);
}

void LoopEmitter::forEach(Value low, Value high, int64_t step,
                          llvm::function_ref<void(Value)> body) {
  forEach(low, high, step, ValueRange(), [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

SmallVector<Value>
LoopEmitter::forEach(Value low, Value high, int64_t step, ValueRange init,
                     llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto first = getConstantIntValue(low), end = getConstantIntValue(high);
  if (first && end && *first >= *end)
    return SmallVector<Value>(init);
  if (first && end && *first + step >= *end)
    return body(low, init);
  // The body is built in place, so that it can find the function around it.
  auto loop = scf::ForOp::create(builder, loc, low, high, index(step), init);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!init.empty())
    scf::YieldOp::create(builder, loc, next);
  return SmallVector<Value>(loop.getResults());
}

Value LoopEmitter::splat(Value scalar, int64_t lanes) {
  auto type = VectorType::get({lanes}, scalar.getType());
  TypedAttr constant;
  if (matchPattern(scalar, m_Constant(&constant)))
    return constants.get(DenseElementsAttr::get(type, Attribute(constant)));
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

} // namespace nnc
