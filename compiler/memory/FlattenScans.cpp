// Reads rows by slices, writes them by insertions into the traces and sequences, and copies what a
// kernel cannot read in the place of a row.
#include "compiler/memory/FlattenScans.h"

#include "compiler/analysis/BufferAnalysis.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/BitVector.h"

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
      : scan(scan), builder(scan), location(scan.getLoc()), outer(loopsOf(scan)), inner(outer),
        advance{number, scan.getReverse() ? -1 : 1},
        firstRow(scan.getReverse() ? int64_t(scan.getSteps()) - 1 : 0) {
    inner.push_back({number, int64_t(scan.getSteps())});
  }

  void run();

private:
  Value memoryFor(RankedTensorType type) {
    return tensor::EmptyOp::create(builder, location, type, ValueRange{});
  }

  tensor::InsertSliceOp insertRow(Value row, Value into, int64_t at) {
    Row place(builder, cast<RankedTensorType>(into.getType()), at);
    return tensor::InsertSliceOp::create(builder, location, row, into, place.offsets, place.sizes,
                                         place.strides);
  }

  Operation *mapRow(BlockArgument argument, Value all, int64_t row);
  void prepareOperands();
  void prepareResults();
  void copyBlock();
  void writeRows();
  void mark(ArrayRef<StepLoop> loops);
  void replaceTraces();

  nn::ScanOp scan;
  OpBuilder builder;
  Location location;
  StepLoops outer, inner; // loops around the scan and around its block
  Advance advance;
  int64_t firstRow;
  Operation *marked = nullptr; // the last operation that has its marks
  IRMapping mapping;
  SmallVector<Value> sequences, results;
  SmallVector<Operation *> block; // without the constants, which stand in front of the loop
  llvm::BitVector hasTrace;       // by carry; the others have memory for one row
};

} // namespace

Operation *Flattening::mapRow(BlockArgument argument, Value all, int64_t row) {
  Row place(builder, cast<RankedTensorType>(all.getType()), row);
  auto slice = tensor::ExtractSliceOp::create(builder, argument.getLoc(),
                                              cast<RankedTensorType>(argument.getType()), all,
                                              place.offsets, place.sizes, place.strides);
  mapping.map(argument, slice.getResult());
  return slice;
}

/// Marks the operations behind `marked` as kernels of these loops.
void Flattening::mark(ArrayRef<StepLoop> loops) {
  Operation *last = scan->getPrevNode();
  for (Operation *operation = last; operation != marked; operation = operation->getPrevNode())
    if (loopsOf(operation).size() < loops.size())
      setLoops(operation, loops);
  marked = last;
}

static bool isRow(Operation *user, int64_t row) {
  auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
  return slice && slice.hasUnitStride() && slice.getStaticOffsets()[0] == row &&
         slice.getStaticSizes()[0] == 1;
}

void Flattening::prepareOperands() {
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
  sequences = llvm::map_to_vector(scan.getSequences(), inMemory);
  for (auto [argument, invariant] :
       llvm::zip_equal(scan.getInvariantArguments(), scan.getInvariants()))
    mapping.map(argument, inMemory(invariant));
  for (Operation &operation : scan.getBlock()->without_terminator())
    if (operation.getNumResults() == 1 && isData(operation.getResult(0)))
      mapping.map(operation.getResult(0), inMemory(builder.clone(operation)->getResult(0)));
    else
      block.push_back(&operation);
}

void Flattening::prepareResults() {
  for (auto [trace, init, next] :
       llvm::zip_equal(scan.getTraces(), scan.getInits(), scan.getYield().getCarries())) {
    // If only the last value of a carry is used behind the loop, the carry has memory for one row.
    // Its new value must be computed in the step: another carry's row may have been overwritten.
    Operation *producer = next.getDefiningOp();
    while (producer && isView(producer))
      producer = producer->getOperand(0).getDefiningOp();
    bool needsTrace =
        !producer ||
        !isa<linalg::LinalgOp, nn::ScanOp, nn::ScatterAddOp, tensor::InsertSliceOp>(producer) ||
        llvm::any_of(trace.getUsers(),
                     [&](Operation *user) { return !isRow(user, scan.getLastRow()); });
    hasTrace.push_back(needsTrace);
    auto type = cast<RankedTensorType>(trace.getType());
    if (!needsTrace) {
      SmallVector<int64_t> shape(type.getShape());
      shape.front() = 1;
      type = type.clone(shape);
    }
    results.push_back(insertRow(init, memoryFor(type), needsTrace ? scan.getInitialRow() : 0));
  }
  for (Value emit : scan.getEmits())
    results.push_back(memoryFor(cast<RankedTensorType>(emit.getType())));
}

void Flattening::copyBlock() {
  for (auto [argument, sequence] : llvm::zip_equal(scan.getSequenceArguments(), sequences))
    setAdvance(mapRow(argument, sequence, firstRow), advance);
  for (auto [i, argument] : llvm::enumerate(scan.getCarryArguments()))
    if (hasTrace.test(i))
      setAdvance(mapRow(argument, results[i], firstRow + scan.getRowBefore()), advance);
    else
      mapRow(argument, results[i], 0);
  for (Operation *operation : block) {
    Operation *copy = builder.clone(*operation, mapping);
    // Loops of thread 0, which read memory at a fixed place.
    if (auto scatter = dyn_cast<nn::ScatterAddOp>(copy))
      for (OpOperand &operand : scatter->getOpOperands()) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(scatter);
        operand.set(buildCopy(builder, location, operand.get()));
      }
  }
}

void Flattening::writeRows() {
  nn::YieldOp yield = scan.getYield();
  for (auto [i, value] : llvm::enumerate(yield.getOperands())) {
    bool isCarry = i < yield.getCarries().size();
    Value row = mapping.lookup(value);
    if (isCarry && !hasTrace.test(i)) {
      tensor::InsertSliceOp insert = insertRow(row, results[i], 0);
      insert->setAttr(carryAttrName, builder.getUnitAttr());
      results[i] = insert;
      continue;
    }
    results[i] = insertRow(row, results[i], isCarry ? firstRow + scan.getRowBehind() : firstRow);
    setAdvance(results[i].getDefiningOp(), advance);
  }
}

/// Slices of the last row of a carry without a trace become slices of its only row.
void Flattening::replaceTraces() {
  for (auto [i, trace] : llvm::enumerate(scan.getTraces())) {
    if (hasTrace.test(i))
      continue;
    for (Operation *user : llvm::make_early_inc_range(trace.getUsers())) {
      auto slice = cast<tensor::ExtractSliceOp>(user);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(slice);
      SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
      offsets.front() = builder.getIndexAttr(0);
      auto copy =
          tensor::ExtractSliceOp::create(builder, slice.getLoc(), slice.getType(), results[i],
                                         offsets, slice.getMixedSizes(), slice.getMixedStrides());
      copy->setDiscardableAttrs(slice->getDiscardableAttrDictionary());
      slice.replaceAllUsesWith(copy.getResult());
      slice.erase();
    }
  }
}

void Flattening::run() {
  marked = scan->getPrevNode();
  prepareOperands();
  prepareResults();
  mark(outer);
  copyBlock();
  writeRows();
  mark(inner);
  replaceTraces();
  for (auto [i, old] : llvm::enumerate(scan.getOutputs()))
    if (i >= hasTrace.size() || hasTrace.test(i))
      old.replaceAllUsesWith(results[i]);
  scan.erase();
}

void flattenScans(func::FuncOp function) {
  // The copy of a block may contain scans, which are flattened after it.
  int64_t number = 0;
  while (true) {
    auto scans = function.getOps<nn::ScanOp>();
    if (scans.empty())
      return;
    Flattening(*scans.begin(), number++).run();
  }
}

void markLoops(func::FuncOp function) {
  struct Range {
    StepLoops loops; // the loop and those around it
    Operation *first, *last;
  };
  llvm::MapVector<int64_t, Range> ranges; // by the number of the loop
  for (Operation &operation : function.getBody().front()) {
    // Memory that kernels write in place has been moved to the front.
    if (isa<tensor::EmptyOp>(operation))
      continue;
    StepLoops loops = loopsOf(&operation);
    for (size_t depth = 1; depth <= loops.size(); ++depth) {
      auto [found, isNew] = ranges.try_emplace(loops[depth - 1].number);
      if (isNew)
        found->second = {StepLoops(ArrayRef(loops).take_front(depth)), &operation, &operation};
      found->second.last = &operation;
    }
  }
  for (auto &[number, range] : ranges)
    for (Operation *operation = range.first; operation != range.last;
         operation = operation->getNextNode())
      if (isKernel(operation) && loopsOf(operation).size() < range.loops.size())
        setLoops(operation, range.loops);
}

} // namespace nnc
