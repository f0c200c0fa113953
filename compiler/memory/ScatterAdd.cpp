// The part of FunctionRewriter that emits nn.scatter_add: loops that add each update, in order,
// where its index says. Threads share the innermost dimension, so that every sum has one order.
#include "compiler/analysis/BlockLayout.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/dialect/NN.h"
#include "compiler/memory/FunctionRewriter.h"
#include "compiler/memory/RowEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nnc {
namespace {

class ScatterLoops : public RowEmitter {
public:
  ScatterLoops(OpBuilder &builder, nn::ScatterAddOp scatter, Value updates, Value indices,
               Value result)
      : RowEmitter(builder, scatter.getLoc(), rowElements(scatter)), scatter(scatter),
        updates(updates), indices(indices), result(result),
        element(cast<MemRefType>(updates.getType()).getElementType()) {}

  /// Emits one operation. Of `threads` threads, thread `thread` adds its part of each row.
  scf::ForOp emit(Value thread, Value threads);

private:
  static int64_t indexRank(nn::ScatterAddOp scatter) {
    return cast<RankedTensorType>(scatter.getIndices().getType()).getRank();
  }
  /// Elements of the innermost dimension; 1 if all dimensions are those of the indices.
  static int64_t rowElements(nn::ScatterAddOp scatter) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(scatter.getUpdates().getType()).getShape();
    return int64_t(shape.size()) == indexRank(scatter) ? 1 : shape.back();
  }

  Value part(int64_t units, Value number, Value threads);
  void forEachOfPart(Value memref, Body body);

  nn::ScatterAddOp scatter;
  Value updates, indices, result; // memrefs
  Type element;
  Value begin, end; // of the innermost dimension
};

} // namespace

/// The offset of the part of thread `number`, in elements.
Value ScatterLoops::part(int64_t units, Value number, Value threads) {
  Value unit = arith::DivUIOp::create(
      builder, location, arith::MulIOp::create(builder, location, number, index(units)), threads);
  return arith::MulIOp::create(builder, location, unit, index(lanes()));
}

/// Loops over the elements of a memref, of the innermost dimension over those of this thread's
/// part.
void ScatterLoops::forEachOfPart(Value memref, Body body) {
  ArrayRef<int64_t> shape = cast<MemRefType>(memref.getType()).getShape();
  if (lanes() > 1)
    forEachLanes(shape, begin, end, body);
  else
    forEach(shape, body);
}

scf::ForOp ScatterLoops::emit(Value thread, Value threads) {
  return asOne([&] {
    if (lanes() > 1) {
      int64_t units = rowElements(scatter) / lanes();
      begin = part(units, thread, threads);
      end = part(units, arith::AddIOp::create(builder, location, thread, index(1)), threads);
    }
    Value zeros = zero(element);
    forEachOfPart(result, [&](ValueRange place) { store(zeros, result, place); });
    forEachOfPart(updates, [&](ValueRange place) {
      const int64_t rank = indexRank(scatter);
      Value row = loadRowNumber(indices, place.take_front(rank), scatter.getSize());
      SmallVector<Value> target(place.take_front(scatter.getBatchDims()));
      target.push_back(row);
      llvm::append_range(target, place.drop_front(rank));
      Value old = load(result, target), update = load(updates, place);
      Value sum = isa<FloatType>(element)
                      ? Value(arith::AddFOp::create(builder, location, old, update))
                      : Value(arith::AddIOp::create(builder, location, old, update));
      store(sum, result, target);
    });
  });
}

void FunctionRewriter::rewriteScatter(nn::ScatterAddOp scatter) {
  ScatterLoops loops(kernels, scatter, memrefOf(scatter.getUpdates()),
                     memrefOf(scatter.getIndices()), memrefOf(scatter.getResult()));
  auto updates = cast<RankedTensorType>(scatter.getUpdates().getType());
  // The parts of threads consist of whole cache lines of the result.
  const int64_t unitBytes = loops.lanes() * updates.getElementTypeBitWidth() / 8;
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
