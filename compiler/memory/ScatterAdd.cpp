// The part of FunctionRewriter that emits nn.scatter_add: loops that add each update, in order, where its
// index says. Threads share the innermost dimension, so that every sum has one order.
#include "compiler/analysis/BlockLayout.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/dialect/NN.h"
#include "compiler/memory/FunctionRewriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace nnc {
namespace {

/// Elements of the innermost dimension that are added at once: the largest power of two up to 16 that
/// divides them; 1 if there is no dimension but those of the indices.
int64_t lanesOf(ArrayRef<int64_t> updates, int64_t indexRank) {
  if (int64_t(updates.size()) == indexRank)
    return 1;
  for (int64_t lanes : {16, 8, 4})
    if (updates.back() % lanes == 0)
      return lanes;
  return 1;
}

class ScatterLoops {
public:
  ScatterLoops(OpBuilder &builder, nn::ScatterAddOp scatter, Value updates, Value indices,
               Value result)
      : builder(builder), location(scatter.getLoc()), scatter(scatter), updates(updates),
        indices(indices), result(result),
        element(cast<MemRefType>(updates.getType()).getElementType()),
        indexRank(cast<MemRefType>(indices.getType()).getRank()),
        lanes(lanesOf(cast<MemRefType>(updates.getType()).getShape(), indexRank)) {}

  /// Emits one operation. Of `threads` threads, thread `thread` adds its part of each row.
  scf::ForOp emit(Value thread, Value threads);

private:
  Value index(int64_t number) { return arith::ConstantIndexOp::create(builder, location, number); }
  Value part(int64_t units, Value number, Value threads);
  void forEach(Value memref, llvm::function_ref<void(ValueRange)> body);
  Value load(Value memref, ValueRange place);
  void store(Value value, Value memref, ValueRange place);

  OpBuilder &builder;
  Location location;
  nn::ScatterAddOp scatter;
  Value updates, indices, result; // memrefs
  Type element;
  int64_t indexRank, lanes;
  Value begin, end; // of the innermost dimension
};

} // namespace

/// Where the part of thread `number` begins, in elements.
Value ScatterLoops::part(int64_t units, Value number, Value threads) {
  Value unit = arith::DivUIOp::create(
      builder, location, arith::MulIOp::create(builder, location, number, index(units)), threads);
  return arith::MulIOp::create(builder, location, unit, index(lanes));
}

/// Loops over the elements of a memref, `lanes` at once of this thread's part of the innermost dimension.
void ScatterLoops::forEach(Value memref, llvm::function_ref<void(ValueRange)> body) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<Value> low(type.getRank(), index(0)), high, step(type.getRank(), index(1));
  for (int64_t extent : type.getShape())
    high.push_back(index(extent));
  if (lanes > 1) {
    low.back() = begin;
    high.back() = end;
    step.back() = index(lanes);
  }
  scf::buildLoopNest(
      builder, location, low, high, step, [&](OpBuilder &inner, Location, ValueRange place) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(inner.getInsertionBlock(), inner.getInsertionPoint());
        body(place);
      });
}

Value ScatterLoops::load(Value memref, ValueRange place) {
  if (lanes == 1)
    return memref::LoadOp::create(builder, location, memref, place);
  return vector::LoadOp::create(builder, location, VectorType::get({lanes}, element), memref,
                                place);
}

void ScatterLoops::store(Value value, Value memref, ValueRange place) {
  if (lanes == 1)
    memref::StoreOp::create(builder, location, value, memref, place);
  else
    vector::StoreOp::create(builder, location, value, memref, place);
}

scf::ForOp ScatterLoops::emit(Value thread, Value threads) {
  auto once = scf::ForOp::create(builder, location, index(0), index(1), index(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(once.getBody());
  if (lanes > 1) {
    int64_t units = cast<MemRefType>(updates.getType()).getShape().back() / lanes;
    begin = part(units, thread, threads);
    end = part(units, arith::AddIOp::create(builder, location, thread, index(1)), threads);
  }
  Type type = lanes == 1 ? element : Type(VectorType::get({lanes}, element));
  Value zero = arith::ConstantOp::create(builder, location, builder.getZeroAttr(type));
  forEach(result, [&](ValueRange place) { store(zero, result, place); });
  forEach(updates, [&](ValueRange place) {
    Value row = memref::LoadOp::create(builder, location, indices, place.take_front(indexRank));
    row = arith::IndexCastOp::create(builder, location, builder.getIndexType(), row);
    row = arith::MaxSIOp::create(builder, location, row, index(0));
    row = arith::MinSIOp::create(builder, location, row, index(scatter.getSize() - 1));
    SmallVector<Value> target(place.take_front(scatter.getBatchDims()));
    target.push_back(row);
    llvm::append_range(target, place.drop_front(indexRank));
    Value old = load(result, target), update = load(updates, place);
    Value sum = isa<FloatType>(element)
                    ? Value(arith::AddFOp::create(builder, location, old, update))
                    : Value(arith::AddIOp::create(builder, location, old, update));
    store(sum, result, target);
  });
  return once;
}

void FunctionRewriter::rewriteScatter(nn::ScatterAddOp scatter) {
  ScatterLoops loops(kernels, scatter, memrefOf(scatter.getUpdates()),
                     memrefOf(scatter.getIndices()), memrefOf(scatter.getResult()));
  auto updates = cast<RankedTensorType>(scatter.getUpdates().getType());
  int64_t indexRank = cast<RankedTensorType>(scatter.getIndices().getType()).getRank();
  // Threads have no lines of the result in common.
  const int64_t unitBytes =
      lanesOf(updates.getShape(), indexRank) * updates.getElementTypeBitWidth() / 8;
  if (unitBytes < blockAlignment || scatter->hasAttr(loopAttrName)) {
    loops.emit(arith::ConstantIndexOp::create(kernels, scatter.getLoc(), 0),
               arith::ConstantIndexOp::create(kernels, scatter.getLoc(), 1));
    return;
  }
  unsigned arguments = compiled.getNumArguments();
  scf::ForOp shared =
      loops.emit(compiled.getArgument(arguments - 2), compiled.getArgument(arguments - 1));
  shared->setAttr(sharedOperationsAttrName, kernels.getI64IntegerAttr(updates.getNumElements()));
}

} // namespace nnc
