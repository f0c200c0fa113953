// Brings a function into destination-passing style, and assigns its tensors to storages.
#include "compiler/analysis/BufferAnalysis.h"

#include "compiler/analysis/StepLoops.h"
#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace nnc {

bool isView(Operation *operation) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ExtractSliceOp>(operation);
}

bool isKernel(Operation *operation) {
  return isa<linalg::LinalgOp, tensor::InsertSliceOp, nn::ScatterAddOp>(operation);
}

SmallVector<Value> tensorsRead(Operation *kernel) {
  SmallVector<Value> read;
  auto op = dyn_cast<linalg::LinalgOp>(kernel);
  for (OpOperand &operand : kernel->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType()) ||
        operand.get().getDefiningOp<tensor::EmptyOp>())
      continue;
    if (op && op.isDpsInit(&operand) && !op.payloadUsesValueFromOperand(&operand))
      continue;
    read.push_back(operand.get());
  }
  for (Region &region : kernel->getRegions())
    region.walk([&](tensor::ExtractOp extract) { read.push_back(extract.getTensor()); });
  return read;
}

Operation *producerOf(Value tensor) {
  Operation *definition = tensor.getDefiningOp();
  while (definition && isView(definition))
    definition = definition->getOperand(0).getDefiningOp();
  return definition && isKernel(definition) ? definition : nullptr;
}

Value buildCopy(OpBuilder &builder, Location location, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value init = tensor::EmptyOp::create(builder, location, type, ValueRange{});
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(builder, location, TypeRange{type}, tensor, init,
                                   ArrayRef<AffineMap>{identity, identity}, iterators,
                                   [](OpBuilder &inner, Location innerLocation, ValueRange values) {
                                     linalg::YieldOp::create(inner, innerLocation, values[0]);
                                   })
      .getResult(0);
}

bool readsInPlace(Operation *kernel, OpOperand &operand, OpResult result) {
  auto op = dyn_cast<linalg::LinalgOp>(kernel);
  if (!op || op.getNumReductionLoops() != 0)
    return false;
  AffineMap written = op.getIndexingMapMatchingResult(result);
  return written.isPermutation() && op.getMatchingIndexingMap(&operand) == written;
}

bool writesOver(const BufferAnalysis &analysis, Operation *kernel, OpResult result,
                unsigned storage) {
  auto isIt = [&](Value tensor) {
    return isa<RankedTensorType>(tensor.getType()) && analysis.contains(tensor) &&
           analysis.resolve(analysis.memory(tensor).storage) == storage;
  };
  auto op = dyn_cast<linalg::LinalgOp>(kernel);
  for (OpOperand &operand : kernel->getOpOperands()) {
    if (!isIt(operand.get()))
      continue;
    if (!op || op.isDpsInit(&operand) || !analysis.memory(operand.get()).whole ||
        !readsInPlace(kernel, operand, result))
      return false;
  }
  WalkResult captured = kernel->walk([&](tensor::ExtractOp extract) {
    return isIt(extract.getTensor()) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return !captured.wasInterrupted();
}

//===-- Preparation ---------------------------------------------------------------------------===//

static void prepareConstant(arith::ConstantOp constant) {
  auto elements = dyn_cast<SplatElementsAttr>(constant.getValue());
  if (!elements)
    return;
  OpBuilder builder(constant);
  Value init = tensor::EmptyOp::create(builder, constant.getLoc(),
                                       cast<RankedTensorType>(constant.getType()), ValueRange{});
  Value scalar =
      arith::ConstantOp::create(builder, constant.getLoc(), elements.getSplatValue<TypedAttr>());
  auto fill = linalg::FillOp::create(builder, constant.getLoc(), scalar, init);
  constant.replaceAllUsesWith(fill.getResult(0));
  constant.erase();
}

/// A destination must be memory that no other kernel needs: fresh, or the result of a kernel whose
/// only use this is.
static void prepareDestination(Operation *kernel, OpOperand &destination) {
  OpBuilder builder(kernel);
  Location location = kernel->getLoc();
  Value value = destination.get();
  auto fresh = [&] {
    destination.set(tensor::EmptyOp::create(builder, location,
                                            cast<RankedTensorType>(value.getType()), ValueRange{}));
  };
  auto op = dyn_cast<linalg::LinalgOp>(kernel);
  if (value.getDefiningOp<tensor::EmptyOp>()) {
    if (!value.hasOneUse())
      fresh();
  } else if (op && !op.payloadUsesValueFromOperand(&destination)) {
    fresh();
  } else if (auto fill = value.getDefiningOp<linalg::FillOp>(); fill && !value.hasOneUse()) {
    // Filling again costs no more than copying.
    fresh();
    destination.set(
        linalg::FillOp::create(builder, fill.getLoc(), fill.getInputs()[0], destination.get())
            .getResult(0));
  } else if (!value.hasOneUse() || !value.getDefiningOp() || !isKernel(value.getDefiningOp())) {
    destination.set(buildCopy(builder, location, value));
  }
}

/// The destination that a result is written to, behind the fill that a reduction starts from.
static OpOperand *destinationOf(Value result) {
  auto op = result.getDefiningOp<linalg::LinalgOp>();
  if (!op)
    return nullptr;
  OpOperand *destination = op.getTiedOpOperand(cast<OpResult>(result));
  if (auto fill = destination->get().getDefiningOp<linalg::FillOp>(); fill && fill->hasOneUse())
    return &fill.getDpsInitsMutable()[0];
  return destination;
}

bool isWrittenInPlace(tensor::InsertSliceOp insert) { return insert->hasAttr(inPlaceAttrName); }

/// Whether a slice of these sizes is contiguous in a tensor of this shape.
static bool isContiguous(ArrayRef<int64_t> sizes, ArrayRef<int64_t> shape) {
  bool whole = true; // the slice has all of the dimensions behind this one
  for (auto [size, extent] : llvm::reverse(llvm::zip_equal(sizes, shape))) {
    if (!whole && size != 1)
      return false;
    whole &= size == extent;
  }
  return true;
}

/// Element strides of a tensor that is a view of a whole one, where its dimensions have strides.
static std::optional<SmallVector<int64_t>> stridesOf(Value tensor) {
  auto shape = cast<RankedTensorType>(tensor.getType()).getShape();
  Operation *view = tensor.getDefiningOp();
  if (!view || !isView(view)) {
    SmallVector<int64_t> strides(shape.size(), 1);
    for (size_t dim = shape.size(); dim-- > 1;)
      strides[dim - 1] = strides[dim] * shape[dim];
    return strides;
  }
  std::optional<SmallVector<int64_t>> source = stridesOf(view->getOperand(0));
  if (!source)
    return std::nullopt;
  SmallVector<int64_t> strides;
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(view)) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    for (auto [dim, step] : llvm::enumerate(slice.getStaticStrides()))
      if (!dropped[dim])
        strides.push_back((*source)[dim] * step);
    return strides;
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(view)) {
    strides.resize(shape.size());
    for (auto [dim, group] : llvm::enumerate(expand.getReassociationIndices())) {
      int64_t stride = (*source)[dim];
      for (int64_t part : llvm::reverse(group)) {
        strides[part] = stride;
        stride *= shape[part];
      }
    }
    return strides;
  }
  auto collapse = cast<tensor::CollapseShapeOp>(view);
  ArrayRef<int64_t> extents = collapse.getSrcType().getShape();
  for (const ReassociationIndices &group : collapse.getReassociationIndices()) {
    // Dimensions of one element have any stride.
    int64_t stride = 0, next = 0;
    for (int64_t dim : llvm::reverse(group)) {
      if (extents[dim] == 1)
        continue;
      if (stride == 0)
        stride = (*source)[dim];
      else if ((*source)[dim] != next)
        return std::nullopt;
      next = (*source)[dim] * extents[dim];
    }
    strides.push_back(stride == 0 ? 1 : stride);
  }
  return strides;
}

/// Whether memory of a tensor can be read in another shape. Slices that move from step to step are
/// read so only where they are contiguous.
static bool isReshapedInPlace(Operation *reshape) {
  for (Operation *view = reshape->getOperand(0).getDefiningOp(); view && isView(view);
       view = view->getOperand(0).getDefiningOp())
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(view);
        slice && slice->hasAttr(advanceAttrName) &&
        !isContiguous(slice.getStaticSizes(), slice.getSourceType().getShape()))
      return false;
  return stridesOf(reshape->getResult(0)).has_value();
}

/// The empty tensor that a chain of insertions begins with, or null. Each insertion must be the
/// only user of the one before, except for those of loops.
static tensor::EmptyOp freshMemory(tensor::InsertSliceOp insert) {
  Value root = insert.getDest();
  while (auto before = root.getDefiningOp<tensor::InsertSliceOp>()) {
    if (!root.hasOneUse() && !isOfLoop(insert))
      return {};
    root = before.getDest();
  }
  return root.getDefiningOp<tensor::EmptyOp>();
}

SmallVector<OpOperand *> usesOfCarry(tensor::InsertSliceOp insert) {
  SmallVector<OpOperand *> uses;
  SmallVector<Value> views;
  for (Operation *user : insert.getDest().getUsers())
    if (user != insert && isView(user))
      views.push_back(user->getResult(0));
  while (!views.empty())
    for (OpOperand &use : views.pop_back_val().getUses())
      if (isView(use.getOwner()))
        views.push_back(use.getOwner()->getResult(0));
      else
        uses.push_back(&use);
  return uses;
}

/// Whether a kernel may compute a carry in place: all other readers of the old value run before it,
/// and it reads each element only where it writes that element.
static bool mayReplaceCarry(tensor::InsertSliceOp insert, OpResult result) {
  Operation *writer = result.getOwner();
  return llvm::all_of(usesOfCarry(insert), [&](OpOperand *use) {
    Operation *reader = writer->getBlock()->findAncestorOpInBlock(*use->getOwner());
    if (reader == writer)
      return use->getOwner() == writer && readsInPlace(writer, *use, result);
    // A contraction and its epilogue run as one.
    auto op = dyn_cast<linalg::LinalgOp>(reader);
    bool isGrouped = op && op.getNumReductionLoops() != 0 &&
                     llvm::is_contained(writer->getOperands(), reader->getResult(0));
    return !isGrouped && reader->isBeforeInBlock(writer);
  });
}

/// Whether a kernel is in all of the loops that the insertion is in.
static bool runsInStepsOf(Operation *kernel, Operation *insert) {
  StepLoops loops = loopsOf(kernel), all = loopsOf(insert);
  return loops.size() >= all.size() && std::equal(all.begin(), all.end(), loops.begin());
}

/// Lets the kernels that compute a tensor inserted into fresh memory (a padded image, a
/// concatenation, a row of a sequence) write it there: their destination becomes a slice of that
/// memory. Everything else that is inserted there goes to other parts of it.
static void writeInPlace(tensor::InsertSliceOp insert) {
  tensor::EmptyOp memory = freshMemory(insert);
  if (!memory)
    return;
  // The kernel's own shape may have more dimensions than the part.
  auto collapse = insert.getSource().getDefiningOp<tensor::CollapseShapeOp>();
  if (collapse && (!collapse.getSrc().hasOneUse() || isOfLoop(insert)))
    return;
  Value computed = collapse ? collapse.getSrc() : insert.getSource();
  OpOperand *destination = destinationOf(computed);
  tensor::EmptyOp fresh;
  if (destination)
    fresh = destination->get().getDefiningOp<tensor::EmptyOp>();
  else if (auto parts = insert.getSource().getDefiningOp<tensor::InsertSliceOp>();
           parts && isOfLoop(insert))
    fresh = freshMemory(parts);
  if (!fresh || (destination && !fresh->hasOneUse()) || fresh.getType() != computed.getType() ||
      !runsInStepsOf(computed.getDefiningOp(), insert))
    return;
  const bool contiguous = isContiguous(insert.getStaticSizes(), insert.getDestType().getShape());
  for (OpOperand &use : insert.getSource().getUses()) {
    auto reader = dyn_cast<linalg::LinalgOp>(use.getOwner());
    // Shapes change on contiguous memory only, and a destination has one user.
    bool reads = reader ? reader.isDpsInput(&use)
                        : isa<tensor::ExtractSliceOp, tensor::ExtractOp>(use.getOwner());
    if (isOfLoop(insert)) {
      auto other = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
      reads |= (contiguous && isView(use.getOwner())) ||
               (other && other.getSource() == use.get() && other.getDest() != use.get());
    }
    if (use.getOwner() != insert && !reads)
      return;
  }
  if (insert->hasAttr(carryAttrName) &&
      (!destination || !mayReplaceCarry(insert, cast<OpResult>(insert.getSource()))))
    return;
  OpBuilder builder(fresh);
  memory->moveBefore(&memory->getBlock()->front());
  memory->setLoc(insert.getLoc());
  auto slice = tensor::ExtractSliceOp::create(builder, fresh.getLoc(), insert.getSourceType(),
                                              memory, insert.getMixedOffsets(),
                                              insert.getMixedSizes(), insert.getMixedStrides());
  if (Attribute advance = insert->getAttr(advanceAttrName))
    slice->setAttr(advanceAttrName, advance);
  Value part = slice;
  if (collapse)
    part = tensor::ExpandShapeOp::create(builder, fresh.getLoc(), fresh.getType(), part,
                                         collapse.getReassociationIndices());
  fresh.replaceAllUsesWith(part);
  fresh.erase();
  insert->setAttr(inPlaceAttrName, builder.getUnitAttr());
}

void BufferAnalysis::prepare(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  for (Operation &operation : llvm::make_early_inc_range(function.getBody().front()))
    if (auto op = dyn_cast<linalg::LinalgOp>(operation);
        op && !isa<linalg::GenericOp, linalg::FillOp>(operation)) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
  for (Operation &operation : llvm::make_early_inc_range(function.getBody().front())) {
    if (auto constant = dyn_cast<arith::ConstantOp>(operation)) {
      if (isa<RankedTensorType>(constant.getType()))
        prepareConstant(constant);
    } else if (auto op = dyn_cast<linalg::LinalgOp>(operation)) {
      for (OpOperand &init : op.getDpsInitsMutable())
        prepareDestination(op, init);
    } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(operation)) {
      // Steps write the rows of one tensor, and read those of the steps before.
      if (!isOfLoop(insert))
        prepareDestination(insert, insert.getDestMutable());
    } else if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(operation)) {
      if (!isReshapedInPlace(&operation)) {
        OpBuilder builder(&operation);
        operation.setOperand(0, buildCopy(builder, operation.getLoc(), operation.getOperand(0)));
      }
    }
  }
  function.walk(writeInPlace);
}

//===-- Storages ------------------------------------------------------------------------------===//

BufferAnalysis::BufferAnalysis(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments())
    create(Storage::Argument, argument);
  for (Operation &operation : function.getBody().front().without_terminator())
    if (failed(add(&operation)))
      status = failure();
}

unsigned BufferAnalysis::create(Storage::Kind kind, Value origin) {
  Storage storage;
  storage.kind = kind;
  storage.origin = origin;
  storage.type = cast<RankedTensorType>(origin.getType());
  storages.push_back(std::move(storage));
  tensors[origin] = {unsigned(storages.size() - 1), true};
  return storages.size() - 1;
}

LogicalResult BufferAnalysis::add(Operation *operation) {
  if (isa<tensor::EmptyOp>(operation)) {
    // An input that is there for its shape has no memory; a destination has that of the result.
    auto isInput = [&](OpOperand &use) {
      auto op = dyn_cast<linalg::LinalgOp>(use.getOwner());
      return op && op.isDpsInput(&use);
    };
    auto isPart = [](Operation *user) { return isa<tensor::ExtractSliceOp>(user); };
    if (llvm::any_of(operation->getUses(), isInput))
      create(Storage::Tiles, operation->getResult(0));
    else if (llvm::any_of(operation->getUsers(), isPart))
      create(Storage::Arena, operation->getResult(0)); // of parts that kernels write
    return success();
  }
  if (isView(operation)) {
    TensorMemory source = memory(operation->getOperand(0));
    source.whole &= !isa<tensor::ExtractSliceOp>(operation);
    tensors[operation->getResult(0)] = source;
    return success();
  }
  if (isa<arith::ConstantOp>(operation)) {
    if (isa<RankedTensorType>(operation->getResult(0).getType()))
      create(Storage::Constant, operation->getResult(0));
    return success();
  }
  if (!isKernel(operation)) {
    bool onTensors = llvm::any_of(operation->getOperandTypes(), llvm::IsaPred<RankedTensorType>) ||
                     llvm::any_of(operation->getResultTypes(), llvm::IsaPred<RankedTensorType>);
    return onTensors ? operation->emitOpError("has tensors for which no memory can be assigned")
                     : success();
  }
  kernels.push_back(operation);
  for (Value tensor : tensorsRead(operation)) {
    auto &readers = storage(tensor).readers;
    if (readers.empty() || readers.back() != operation)
      readers.push_back(operation);
  }
  for (OpResult result : operation->getResults()) {
    Value destination;
    if (auto op = dyn_cast<linalg::LinalgOp>(operation))
      destination = op.getDpsInits()[result.getResultNumber()];
    else if (auto insert = dyn_cast<tensor::InsertSliceOp>(operation))
      destination = insert.getDest();
    if (destination && contains(destination))
      tensors[result] = memory(destination);
    else
      create(Storage::Arena, result);
    storage(result).writers.push_back(operation);
  }
  return success();
}

} // namespace nnc
