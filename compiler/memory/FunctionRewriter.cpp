// Builds a function on memrefs: views of blocks, linalg ops on memory, and copies.
#include "compiler/memory/FunctionRewriter.h"

#include "compiler/analysis/AttentionKernel.h"
#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/analysis/MemoryAccess.h"
#include "compiler/analysis/PrologueLegality.h"
#include "compiler/analysis/Recomputed.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/analysis/ZeroBorders.h"
#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace nnc {

/// In memory a truth value is a byte that holds 0 or 1.
static Type memoryType(Type element) {
  return element.isInteger(1) ? IntegerType::get(element.getContext(), 8) : element;
}

static Value fromMemory(OpBuilder &builder, Location location, Value value, Type element) {
  if (value.getType() == element)
    return value;
  return arith::TruncIOp::create(builder, location, element, value);
}

static Value toMemory(OpBuilder &builder, Location location, Value value) {
  Type type = memoryType(value.getType());
  if (type == value.getType())
    return value;
  return arith::ExtUIOp::create(builder, location, type, value);
}

FunctionRewriter::FunctionRewriter(func::FuncOp function, BufferAnalysis &analysis,
                                   const FunctionBlocks &blocks, const ModuleBlocks &module)
    : function(function), analysis(analysis), blocks(blocks), module(module),
      views(function.getContext()), kernels(function.getContext()) {}

/// Sums of more steps than this are best taken a block of steps at a time, which takes memory for
/// partial sums.
static constexpr int64_t mostStepsOnTiles = 1024;

static int64_t stepsOf(linalg::LinalgOp contraction) {
  int64_t steps = 1;
  for (auto [extent, iterator] :
       llvm::zip(contraction.getStaticLoopRanges(), contraction.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::reduction)
      steps *= extent;
  return steps;
}

bool isConsumed(const BufferAnalysis &analysis, Operation *contraction, Operation *epilogue) {
  if (stepsOf(cast<linalg::LinalgOp>(contraction)) > mostStepsOnTiles)
    return false;
  const Storage &storage = analysis.storages[analysis.memory(contraction->getResult(0)).storage];
  return storage.kind != Storage::Result && llvm::all_of(storage.readers, [&](Operation *kernel) {
           return kernel == contraction || kernel == epilogue;
         });
}

func::FuncOp FunctionRewriter::createFunction() {
  OpBuilder builder(function);
  MLIRContext *context = builder.getContext();
  auto block = [&](int64_t bytes) -> Type { return MemRefType::get({bytes}, builder.getI8Type()); };
  SmallVector<Type> types{block(module.persistent.bytes), block(blocks.arenaBytes),
                          block(blocks.inputs.bytes), block(blocks.outputs.bytes),
                          block(module.scalars.bytes)};
  if (function->hasAttr(nn::stepsAttrName))
    types.push_back(block(module.cache.bytes * nn::rowsOfSteps(function)));
  const unsigned blockCount = types.size();
  types.append(2, builder.getIndexType());
  auto result = func::FuncOp::create(builder, function.getLoc(), blocks.symbol,
                                     builder.getFunctionType(types, {}));
  for (unsigned i = 0; i < blockCount; ++i) {
    result.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
    result.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                      builder.getI64IntegerAttr(i == Scalars ? 8 : 64));
  }
  for (unsigned i : {Inputs, Scalars})
    result.setArgAttr(i, LLVM::LLVMDialect::getReadonlyAttrName(), builder.getUnitAttr());
  result->setAttr(threadedAttrName, builder.getUnitAttr());
  result->setAttr(blocksAttrName, toAttribute(blocks, context));
  if (Attribute recomputation = function->getAttr(recomputationAttrName))
    result->setAttr(recomputationAttrName, recomputation);
  result.addEntryBlock();
  return result;
}

Value FunctionRewriter::viewOf(const Storage &storage, RankedTensorType type) {
  auto memrefType = MemRefType::get(type.getShape(), memoryType(type.getElementType()));
  Value &view = viewCache[{storage.blockNumber, storage.offset, memrefType}];
  if (!view) {
    Location location = storage.origin.getLoc();
    Value offset = arith::ConstantIndexOp::create(views, location, storage.offset);
    auto created =
        memref::ViewOp::create(views, location, memrefType,
                               compiled.getArgument(storage.blockNumber), offset, ValueRange{});
    if (storage.blockNumber != Scalars)
      created->setAttr(paddedAttrName, views.getUnitAttr());
    view = created;
  }
  return view;
}

/// Marks a part of memory that moves from step to step as the slice of a tensor does.
static void markAdvance(Operation *slice, memref::SubViewOp part) {
  Advance rows = advanceOf(slice);
  if (rows.distance == 0)
    return;
  int64_t offset;
  SmallVector<int64_t> strides;
  auto type = cast<MemRefType>(part.getSource().getType());
  (void)type.getStridesAndOffset(strides, offset);
  setAdvance(part, {rows.loop, rows.distance * strides[0] * elementBytes(type.getElementType())});
}

Value FunctionRewriter::globalOf(Value constant) {
  auto definition = constant.getDefiningOp<arith::ConstantOp>();
  auto value = cast<DenseElementsAttr>(definition.getValue());
  auto type = cast<RankedTensorType>(constant.getType());
  if (type.getElementType().isInteger(1))
    value = cast<DenseElementsAttr>(value).mapValues(views.getI8Type(),
                                                     [](const APInt &bit) { return bit.zext(8); });
  auto memrefType = MemRefType::get(type.getShape(), memoryType(type.getElementType()));
  auto parent = compiled->getParentOfType<ModuleOp>();
  OpBuilder builder(compiled);
  auto global = memref::GlobalOp::create(
      builder, constant.getLoc(), "constant", builder.getStringAttr("private"), memrefType,
      cast<ElementsAttr>(Attribute(value)), /*constant=*/true, builder.getI64IntegerAttr(64));
  SymbolTable(parent).insert(global);
  return memref::GetGlobalOp::create(views, constant.getLoc(), memrefType, global.getSymName());
}

Value FunctionRewriter::memrefOf(Value tensor) {
  if (Value found = memrefs.lookup(tensor))
    return found;
  TensorMemory memory = analysis.memory(tensor);
  const Storage &storage = analysis.storages[memory.storage];
  auto type = cast<RankedTensorType>(tensor.getType());
  Operation *definition = tensor.getDefiningOp();
  Value result;
  if (storage.kind == Storage::Tiles) {
    // Memory that lower-to-loops will find no use for.
    Value &unused = tileMemory[memory.storage];
    if (!unused)
      unused = memref::AllocaOp::create(views, tensor.getLoc(),
                                        MemRefType::get(type.getShape(), type.getElementType()));
    result = unused;
  } else if (storage.kind == Storage::Constant && !isView(definition)) {
    result = globalOf(tensor);
  } else if (storage.kind != Storage::Constant && memory.whole) {
    result = viewOf(storage, type);
  } else if (auto op = dyn_cast<linalg::LinalgOp>(definition)) {
    result = memrefOf(op.getTiedOpOperand(cast<OpResult>(tensor))->get());
  } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(definition)) {
    result = memrefOf(insert.getDest());
  } else {
    Value source = memrefOf(definition->getOperand(0));
    Location location = tensor.getLoc();
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(definition)) {
      auto resultType = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
          type.getShape(), cast<MemRefType>(source.getType()), slice.getMixedOffsets(),
          slice.getMixedSizes(), slice.getMixedStrides()));
      auto part =
          memref::SubViewOp::create(views, location, resultType, source, slice.getMixedOffsets(),
                                    slice.getMixedSizes(), slice.getMixedStrides());
      markAdvance(slice, part);
      result = part;
    } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(definition)) {
      result = memref::CollapseShapeOp::create(views, location, source,
                                               collapse.getReassociationIndices());
    } else {
      auto expand = cast<tensor::ExpandShapeOp>(definition);
      result = memref::ExpandShapeOp::create(views, location, type.getShape(), source,
                                             expand.getReassociationIndices());
    }
  }
  memrefs[tensor] = result;
  return result;
}

/// A scalar that a kernel uses: only constants are defined between kernels.
Value FunctionRewriter::scalarOf(Value scalar) {
  Operation *definition = scalar.getDefiningOp();
  if (!definition)
    return scalar;
  Operation *copy = kernels.clone(*definition);
  copy->removeAttr(loopAttrName);
  return copy->getResult(0);
}

/// The same op on memrefs: results gone, truth values stored as bytes, elements of captured tensors
/// loaded from memory.
Operation *FunctionRewriter::rewriteLinalg(linalg::LinalgOp op) {
  SmallVector<Value> inputs, outputs;
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (op.isDpsInit(&operand))
      outputs.push_back(memrefOf(op.getTiedOpResult(&operand)));
    else
      inputs.push_back(isa<RankedTensorType>(value.getType()) ? memrefOf(value) : scalarOf(value));
  }
  if (isa<linalg::FillOp>(op))
    return linalg::FillOp::create(kernels, op.getLoc(), toMemory(kernels, op.getLoc(), inputs[0]),
                                  outputs[0]);
  // Scalars of the function that the body captures are made first: the body is built detached.
  IRMapping captured;
  auto capture = [&](Value value) {
    if (value.getParentBlock() != op.getBlock() && !isa<RankedTensorType>(value.getType()) &&
        !captured.contains(value))
      captured.map(value, scalarOf(value));
  };
  for (Operation &inner : *op.getBlock())
    llvm::for_each(inner.getOperands(), capture);
  auto body = [&](OpBuilder &builder, Location location, ValueRange arguments) {
    IRMapping mapping = captured;
    for (auto [old, argument] : llvm::zip(op.getBlock()->getArguments(), arguments))
      if (!old.use_empty())
        mapping.map(old, fromMemory(builder, location, argument, old.getType()));
    for (Operation &inner : op.getBlock()->without_terminator()) {
      auto extract = dyn_cast<tensor::ExtractOp>(inner);
      if (!extract) {
        builder.clone(inner, mapping);
        continue;
      }
      SmallVector<Value> indices;
      for (Value index : extract.getIndices())
        indices.push_back(mapping.lookup(index));
      Value loaded =
          memref::LoadOp::create(builder, inner.getLoc(), memrefOf(extract.getTensor()), indices);
      mapping.map(extract.getResult(),
                  fromMemory(builder, inner.getLoc(), loaded, extract.getType()));
    }
    SmallVector<Value> yielded;
    for (Value value : op.getBlock()->getTerminator()->getOperands())
      yielded.push_back(toMemory(builder, location, mapping.lookup(value)));
    linalg::YieldOp::create(builder, location, yielded);
  };
  auto rewritten =
      linalg::GenericOp::create(kernels, op.getLoc(), TypeRange{}, inputs, outputs,
                                op.getIndexingMapsArray(), op.getIteratorTypesArray(), body);
  if (Attribute interiors = op->getAttr(interiorsAttrName))
    rewritten->setAttr(interiorsAttrName, interiors);
  if (Attribute attention = op->getAttr(attentionAttrName))
    rewritten->setAttr(attentionAttrName, attention);
  return rewritten;
}

/// A copy into a part of the destination, whose memory the result shares.
void FunctionRewriter::rewriteInsert(tensor::InsertSliceOp insert) {
  Value source = memrefOf(insert.getSource()), whole = memrefOf(insert.getResult());
  auto sourceType = cast<MemRefType>(source.getType());
  auto partType = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
      sourceType.getShape(), cast<MemRefType>(whole.getType()), insert.getMixedOffsets(),
      insert.getMixedSizes(), insert.getMixedStrides()));
  auto part =
      memref::SubViewOp::create(views, insert.getLoc(), partType, whole, insert.getMixedOffsets(),
                                insert.getMixedSizes(), insert.getMixedStrides());
  markAdvance(insert, part);
  AffineMap identity = kernels.getMultiDimIdentityMap(sourceType.getRank());
  SmallVector<utils::IteratorType> iterators(sourceType.getRank(), utils::IteratorType::parallel);
  linalg::GenericOp::create(kernels, insert.getLoc(), TypeRange{}, source, Value(part),
                            ArrayRef<AffineMap>{identity, identity}, iterators,
                            [](OpBuilder &builder, Location location, ValueRange arguments) {
                              linalg::YieldOp::create(builder, location, arguments[0]);
                            });
}

void FunctionRewriter::rewriteKernels(const KernelGroup &group) {
  Operation *contraction = nullptr, *rewritten = nullptr;
  // The contraction reads what its prologues read; they stand behind it, and change nothing.
  SmallVector<linalg::LinalgOp, 2> prologues;
  for (Operation *kernel : ArrayRef(group).drop_back())
    if (kernel->hasAttr(prologueAttrName)) {
      prologues.push_back(cast<linalg::LinalgOp>(kernel));
      memrefs[kernel->getResult(0)] = memrefOf(prologues.back().getDpsInputs()[0]);
    }
  for (Operation *kernel : group) {
    if (llvm::is_contained(prologues, kernel))
      continue;
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(kernel)) {
      if (!isWrittenInPlace(insert))
        rewriteInsert(insert);
      continue;
    }
    if (auto scatter = dyn_cast<nn::ScatterAddOp>(kernel)) {
      rewriteScatter(scatter);
      continue;
    }
    auto op = cast<linalg::LinalgOp>(kernel);
    Operation *memory = rewriteLinalg(op);
    if (contraction) {
      memory->setAttr(epilogueAttrName, kernels.getUnitAttr());
      if (isConsumed(analysis, contraction, kernel))
        rewritten->setAttr(consumedAttrName, kernels.getUnitAttr());
    }
    if (op.getNumReductionLoops() != 0) {
      contraction = kernel;
      rewritten = memory;
    }
  }
  for (linalg::LinalgOp prologue : prologues)
    rewriteLinalg(prologue)->setAttr(
        prologueAttrName, kernels.getI64IntegerAttr(prologueOperand(prologue)->getOperandNumber()));
}

void FunctionRewriter::run(ArrayRef<KernelGroup> order) {
  compiled = createFunction();
  Block &entry = compiled.getBody().front();
  kernels.setInsertionPointToStart(&entry);
  Operation *end = func::ReturnOp::create(kernels, function.getLoc());
  kernels.setInsertionPoint(end);
  // Views come before the first kernel: kernels are inserted at the end, views at this place.
  Operation *marker = arith::ConstantIndexOp::create(kernels, function.getLoc(), 0);
  views.setInsertionPoint(marker);
  for (auto [number, group] : llvm::enumerate(order)) {
    Operation *before = end->getPrevNode();
    if (!rewriteRows(group) && !rewriteInsertedRows(group))
      rewriteKernels(group);
    Attribute loop = group.front()->getAttr(loopAttrName);
    for (Operation *kernel = before->getNextNode(); kernel != end; kernel = kernel->getNextNode()) {
      if (!isa<linalg::LinalgOp, scf::ForOp>(kernel))
        continue;
      if (loop)
        kernel->setAttr(loopAttrName, loop);
      if (!blocks.regions.empty())
        kernel->setAttr(regionAttrName, kernels.getI64IntegerAttr(number));
    }
  }
  marker->erase();
  function.erase();
}

} // namespace nnc
