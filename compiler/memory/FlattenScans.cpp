// Reads rows by slices, writes them by insertions into the traces and sequences, and copies what a
// kernel cannot read in the place of a row.
#include "compiler/memory/FlattenScans.h"

#include "compiler/analysis/BufferAnalysis.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace nnc {

namespace {

/// The place of one row of a tensor.
struct Row {
  SmallVector<OpFoldResult> offsets, sizes, strides;

  Row(OpBuilder &builder, RankedTensorType type, int64_t row) {
    for (int64_t extent : type.getShape()) {
      bool isFirst = offsets.empty();
      offsets.push_back(builder.getIndexAttr(isFirst ? row : 0));
      sizes.push_back(builder.getIndexAttr(isFirst ? 1 : extent));
      strides.push_back(builder.getIndexAttr(1));
    }
  }
};

class Flattening {
public:
  Flattening(nn::ScanOp scan, int64_t number)
      : scan(scan), builder(scan), location(scan.getLoc()),
        loop(builder.getDenseI64ArrayAttr({number, int64_t(scan.getSteps())})),
        advance(builder.getI64IntegerAttr(scan.getReverse() ? -1 : 1)),
        firstRow(scan.getReverse() ? int64_t(scan.getSteps()) - 1 : 0) {}

  void run();

private:
  Value memoryFor(Value result) {
    return tensor::EmptyOp::create(builder, location, cast<RankedTensorType>(result.getType()),
                                   ValueRange{});
  }

  Value insertRow(Value row, Value into, int64_t at) {
    Row place(builder, cast<RankedTensorType>(into.getType()), at);
    return tensor::InsertSliceOp::create(builder, location, row, into, place.offsets, place.sizes,
                                         place.strides);
  }

  void mark(Value value, bool advances) {
    value.getDefiningOp()->setAttr(loopAttrName, loop);
    if (advances)
      value.getDefiningOp()->setAttr(advanceAttrName, advance);
  }

  void mapRow(BlockArgument argument, Value all, int64_t row);

  nn::ScanOp scan;
  OpBuilder builder;
  Location location;
  Attribute loop, advance;
  int64_t firstRow;
  IRMapping mapping;
};

} // namespace

void Flattening::mapRow(BlockArgument argument, Value all, int64_t row) {
  Row place(builder, cast<RankedTensorType>(all.getType()), row);
  Value slice = tensor::ExtractSliceOp::create(builder, argument.getLoc(),
                                               cast<RankedTensorType>(argument.getType()), all,
                                               place.offsets, place.sizes, place.strides);
  mark(slice, true);
  mapping.map(argument, slice);
}

void Flattening::run() {
  // Kernels reach the memory of a loop's operands by blocks and offsets, which read-only data has
  // not.
  auto isData = [](Value value) {
    auto constant = value.getDefiningOp<arith::ConstantOp>();
    return constant && isa<DenseElementsAttr>(constant.getValue()) &&
           !isa<SplatElementsAttr>(constant.getValue());
  };
  auto inMemory = [&](Value operand) {
    return isData(operand) ? buildCopy(builder, location, operand) : operand;
  };
  SmallVector<Value> sequences = llvm::map_to_vector(scan.getSequences(), inMemory), results;
  for (auto [argument, invariant] :
       llvm::zip_equal(scan.getInvariantArguments(), scan.getInvariants()))
    mapping.map(argument, inMemory(invariant));
  SmallVector<Operation *> inner;
  for (Operation &operation : scan.getBlock()->without_terminator())
    if (operation.getNumResults() == 1 && isData(operation.getResult(0)))
      mapping.map(operation.getResult(0), inMemory(builder.clone(operation)->getResult(0)));
    else
      inner.push_back(&operation);
  for (auto [trace, init] : llvm::zip_equal(scan.getTraces(), scan.getInits()))
    results.push_back(insertRow(init, memoryFor(trace), scan.getInitialRow()));
  for (Value emit : scan.getEmits())
    results.push_back(memoryFor(emit));

  for (auto [argument, sequence] : llvm::zip_equal(scan.getSequenceArguments(), sequences))
    mapRow(argument, sequence, firstRow);
  for (auto [i, argument] : llvm::enumerate(scan.getCarryArguments()))
    mapRow(argument, results[i], firstRow + scan.getRowBefore());
  for (Operation *operation : inner) {
    Operation *copy = builder.clone(*operation, mapping);
    if (isKernel(copy))
      copy->setAttr(loopAttrName, loop);
    // Loops of thread 0, which read memory at a fixed place.
    if (auto scatter = dyn_cast<nn::ScatterAddOp>(copy))
      for (OpOperand &operand : scatter->getOpOperands()) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(scatter);
        operand.set(buildCopy(builder, location, operand.get()));
      }
  }
  nn::YieldOp yield = scan.getYield();
  for (auto [i, value] : llvm::enumerate(yield.getOperands())) {
    bool isCarry = i < yield.getCarries().size();
    results[i] = insertRow(mapping.lookup(value), results[i],
                           isCarry ? firstRow + scan.getRowBehind() : firstRow);
    mark(results[i], true);
  }
  scan->replaceAllUsesWith(results);
  scan.erase();
}

void flattenScans(func::FuncOp function) {
  int64_t number = 0;
  for (nn::ScanOp scan : llvm::to_vector(function.getOps<nn::ScanOp>()))
    Flattening(scan, number++).run();
}

void markLoops(func::FuncOp function) {
  llvm::MapVector<Attribute, std::pair<Operation *, Operation *>> loops;
  for (Operation &operation : function.getBody().front())
    if (Attribute loop = operation.getAttr(loopAttrName)) {
      auto [found, isNew] = loops.try_emplace(loop, &operation, &operation);
      found->second.second = &operation;
    }
  for (auto &[loop, ends] : loops)
    for (Operation *operation = ends.first; operation != ends.second;
         operation = operation->getNextNode())
      if (isKernel(operation))
        operation->setAttr(loopAttrName, loop);
}

} // namespace nnc
