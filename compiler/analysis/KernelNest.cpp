// Reads linear forms off a linalg op, recognises reductions in its body, and collapses contiguous
// loops.
#include "compiler/analysis/KernelNest.h"

#include "compiler/analysis/BlockLayout.h"
#include "compiler/analysis/MemoryAccess.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace nnc {

bool KernelNest::hasReductionLoops() const {
  return llvm::any_of(dimensions, [](const NestDimension &d) { return d.reduction; });
}

const LinearForm *KernelNest::indexForm(Value value) const {
  for (const NestIndex &index : indices)
    if (index.operation == value.getDefiningOp())
      return &index.form;
  return nullptr;
}

int64_t KernelNest::iterations() const {
  int64_t total = 1;
  for (const NestDimension &dimension : dimensions)
    total *= dimension.extent;
  return total;
}

FailureOr<FlatMemory::Location> FlatMemory::locate(Value memref) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!type || !type.hasStaticShape() || failed(type.getStridesAndOffset(strides, offset)) ||
      ShapedType::isDynamic(offset) || llvm::any_of(strides, ShapedType::isDynamic))
    return failure();

  Value root = rootOf(memref);
  auto rootType = cast<MemRefType>(root.getType());
  auto rootView = root.getDefiningOp<memref::ViewOp>();
  bool wholeRoot = rootType.hasStaticShape() && offset == 0 && type.getLayout().isIdentity() &&
                   type.getNumElements() == rootType.getNumElements();
  bool padded = wholeRoot && rootView && rootView->hasAttr(paddedAttrName);
  Value &view = views[root];
  if (view)
    return Location{view, offset, padded};
  if (rootType.getRank() == 1 && rootType.getLayout().isIdentity()) {
    view = root;
    return Location{view, offset, padded};
  }

  OpBuilder builder(root.getContext());
  builder.setInsertionPointAfterValue(root);
  if (rootView) {
    auto flatType = MemRefType::get({rootType.getNumElements()}, rootType.getElementType());
    auto flat = memref::ViewOp::create(builder, root.getLoc(), flatType, rootView.getSource(),
                                       rootView.getByteShift(), ValueRange{});
    flat->setDiscardableAttrs(rootView->getDiscardableAttrDictionary());
    view = flat;
  } else {
    SmallVector<int64_t> rootStrides;
    int64_t rootOffset;
    if (!rootType.hasStaticShape() ||
        failed(rootType.getStridesAndOffset(rootStrides, rootOffset)) ||
        ShapedType::isDynamic(rootOffset) || llvm::any_of(rootStrides, ShapedType::isDynamic))
      return failure();
    int64_t last = rootOffset;
    for (auto [size, stride] : llvm::zip(rootType.getShape(), rootStrides))
      last += (size - 1) * stride;
    auto flatType = MemRefType::get({last + 1}, rootType.getElementType());
    view = memref::ReinterpretCastOp::create(builder, root.getLoc(), flatType, root,
                                             /*offset=*/0, ArrayRef<int64_t>{last + 1},
                                             ArrayRef<int64_t>{1});
  }
  return Location{view, offset, padded};
}

/// sum += a * b, unless that overflows.
static LogicalResult addProduct(int64_t a, int64_t b, int64_t &sum) {
  int64_t product;
  return failure(llvm::MulOverflow(a, b, product) || llvm::AddOverflow(sum, product, sum));
}

LogicalResult accumulate(AffineExpr expression, int64_t scale, LinearForm &form) {
  if (auto dim = dyn_cast<AffineDimExpr>(expression))
    return addProduct(scale, 1, form.strides[dim.getPosition()]);
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return addProduct(scale, constant.getValue(), form.offset);
  auto binary = dyn_cast<AffineBinaryOpExpr>(expression);
  if (!binary)
    return failure();
  if (binary.getKind() == AffineExprKind::Add)
    return success(succeeded(accumulate(binary.getLHS(), scale, form)) &&
                   succeeded(accumulate(binary.getRHS(), scale, form)));
  if (binary.getKind() != AffineExprKind::Mul)
    return failure();
  AffineExpr factors[] = {binary.getLHS(), binary.getRHS()};
  for (int i : {1, 0})
    if (auto factor = dyn_cast<AffineConstantExpr>(factors[i])) {
      int64_t product = 0;
      if (failed(addProduct(scale, factor.getValue(), product)))
        return failure();
      return accumulate(factors[1 - i], product, form);
    }
  return failure();
}

static FailureOr<NestOperand> describeOperand(OpOperand &operand, KernelNest &nest,
                                              FlatMemory &memory) {
  NestOperand result;
  result.memref = operand.get();
  result.argument = nest.op.getMatchingBlockArgument(&operand);
  result.elementType = getElementTypeOrSelf(operand.get().getType());
  result.form.strides.assign(nest.dimensions.size(), 0);
  FailureOr<FlatMemory::Location> location = memory.locate(operand.get());
  if (failed(location))
    return failure();
  result.memory = location->memory;
  result.padded = location->padded;
  result.form.offset = location->offset;
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(cast<MemRefType>(operand.get().getType()).getStridesAndOffset(strides, offset)))
    return failure();
  AffineMap map = nest.op.getMatchingIndexingMap(&operand);
  for (auto [expression, stride] : llvm::zip(map.getResults(), strides))
    if (failed(accumulate(expression, stride, result.form)))
      return failure();
  return result;
}

/// linalg.index and the results of affine.apply on several of them are linear forms; other users of
/// an index get its value.
static LogicalResult describeIndex(Operation &operation, KernelNest &nest) {
  LinearForm form;
  form.strides.assign(nest.dimensions.size(), 0);
  if (auto index = dyn_cast<linalg::IndexOp>(operation)) {
    form.strides[index.getDim()] = 1;
  } else {
    auto apply = cast<affine::AffineApplyOp>(operation);
    SmallVector<AffineExpr> expressions;
    AffineMap map = apply.getAffineMap();
    // Linear in its own operands, each of which is linear in the loops.
    LinearForm own;
    if (map.getNumSymbols())
      return failure();
    own.strides.assign(map.getNumDims(), 0);
    if (failed(accumulate(map.getResult(0), 1, own)))
      return failure();
    form.offset = own.offset;
    for (auto [operand, scale] : llvm::zip(apply.getMapOperands(), own.strides)) {
      // The index of a loop of one iteration has become a constant.
      if (std::optional<int64_t> constant = getConstantIntValue(operand)) {
        form.offset += scale * *constant;
        continue;
      }
      const LinearForm *inner = nest.indexForm(operand);
      if (!inner)
        return failure();
      form.offset += scale * inner->offset;
      for (auto [stride, innerStride] : llvm::zip(form.strides, inner->strides))
        stride += scale * innerStride;
    }
  }
  nest.indices.push_back({&operation, std::move(form)});
  return success();
}

static void forEachForm(KernelNest &nest, function_ref<void(LinearForm &)> action) {
  for (NestOperand &operand : nest.inputs)
    action(operand.form);
  for (NestOperand &operand : nest.outputs)
    action(operand.form);
  for (NestIndex &index : nest.indices)
    action(index.form);
}

static void eraseDimension(KernelNest &nest, unsigned dimension) {
  nest.dimensions.erase(nest.dimensions.begin() + dimension);
  forEachForm(nest,
              [&](LinearForm &form) { form.strides.erase(form.strides.begin() + dimension); });
}

/// Merges `outer` into `inner` where every form runs through both as through one loop.
static bool mergeDimensions(KernelNest &nest, unsigned outer, unsigned inner) {
  if (nest.dimensions[outer].reduction != nest.dimensions[inner].reduction)
    return false;
  int64_t extent = nest.dimensions[inner].extent;
  bool contiguous = true;
  forEachForm(nest, [&](LinearForm &form) {
    contiguous &= form.strides[outer] == form.strides[inner] * extent;
  });
  if (!contiguous)
    return false;
  nest.dimensions[inner].extent *= nest.dimensions[outer].extent;
  eraseDimension(nest, outer);
  return true;
}

static void collapse(KernelNest &nest) {
  for (unsigned i = nest.dimensions.size(); i-- > 0;)
    if (nest.dimensions[i].extent == 1)
      eraseDimension(nest, i);
  bool changed = true;
  while (changed) {
    changed = false;
    unsigned count = nest.dimensions.size();
    for (unsigned outer = 0; outer < count && !changed; ++outer)
      for (unsigned inner = 0; inner < count && !changed; ++inner)
        changed = outer != inner && mergeDimensions(nest, outer, inner);
  }
}

/// Index values that nothing but other linear forms uses need not be computed, nor keep loops
/// apart.
static void dropUnusedIndices(KernelNest &nest) {
  for (unsigned i = nest.indices.size(); i-- > 0;) {
    bool used = llvm::any_of(nest.indices[i].operation->getUsers(), [&](Operation *user) {
      return llvm::none_of(nest.indices, [&](NestIndex &other) { return other.operation == user; });
    });
    if (!used) {
      // Keep the entry for the users that are still listed behind it: they were described already.
      nest.indices.erase(nest.indices.begin() + i);
    }
  }
}

/// The reduction that an output computes, if its yielded value is a known combination of the old
/// value with one that does not depend on it.
static std::optional<NestReduction> matchReduction(KernelNest &nest, unsigned output) {
  BlockArgument old = nest.outputs[output].argument;
  Value yielded = nest.op.getBlock()->getTerminator()->getOperand(output);
  Operation *combiner = yielded.getDefiningOp();
  if (!combiner || combiner->getNumOperands() != 2 || !old.hasOneUse() || !yielded.hasOneUse() ||
      !arith::getNeutralElement(combiner))
    return std::nullopt;
  Value left = combiner->getOperand(0), right = combiner->getOperand(1);
  if ((left == old) == (right == old))
    return std::nullopt;
  NestReduction reduction{combiner, left == old ? right : left};
  auto product = reduction.value.getDefiningOp<arith::MulFOp>();
  if (isa<arith::AddFOp>(combiner) && product && product->hasOneUse() &&
      product->getBlock() == nest.op.getBlock())
    reduction.product = product;
  return reduction;
}

/// Whether a summed loop moves through an output, which then is not a sum of one place.
static bool movesWithReductions(const KernelNest &nest, const LinearForm &form) {
  return llvm::any_of(llvm::zip(nest.dimensions, form.strides), [](auto pair) {
    auto [dimension, stride] = pair;
    return dimension.reduction && stride != 0;
  });
}

FailureOr<KernelNest> describeNest(linalg::LinalgOp op, FlatMemory &memory) {
  if (!op.hasPureBufferSemantics())
    return failure();
  KernelNest nest;
  nest.op = op;
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  for (auto [extent, iterator] : llvm::zip(extents, op.getIteratorTypesArray())) {
    if (ShapedType::isDynamic(extent))
      return failure();
    nest.dimensions.push_back({extent, iterator == utils::IteratorType::reduction});
  }
  for (OpOperand *input : op.getDpsInputOperands()) {
    // There for its shape only.
    if (op.getMatchingBlockArgument(input).use_empty())
      continue;
    if (!isa<MemRefType>(input->get().getType())) {
      NestOperand scalar;
      scalar.memref = input->get();
      scalar.argument = op.getMatchingBlockArgument(input);
      scalar.elementType = input->get().getType();
      scalar.form.strides.assign(nest.dimensions.size(), 0);
      nest.inputs.push_back(std::move(scalar));
      continue;
    }
    FailureOr<NestOperand> operand = describeOperand(*input, nest, memory);
    if (failed(operand))
      return failure();
    nest.inputs.push_back(std::move(*operand));
  }
  for (OpOperand &init : op.getDpsInitsMutable()) {
    FailureOr<NestOperand> operand = describeOperand(init, nest, memory);
    if (failed(operand))
      return failure();
    nest.outputs.push_back(std::move(*operand));
  }

  for (Operation &operation : op.getBlock()->without_terminator()) {
    if (isa<linalg::IndexOp, affine::AffineApplyOp>(operation)) {
      if (failed(describeIndex(operation, nest)))
        return failure();
      continue;
    }
    nest.body.push_back(&operation);
  }
  dropUnusedIndices(nest);

  if (nest.hasReductionLoops()) {
    for (unsigned output = 0; output < nest.outputs.size(); ++output) {
      std::optional<NestReduction> reduction = matchReduction(nest, output);
      if (!reduction || movesWithReductions(nest, nest.outputs[output].form)) {
        nest.reductions.clear();
        break;
      }
      nest.reductions.push_back(*reduction);
    }
    llvm::erase_if(nest.body, [&](Operation *operation) {
      return llvm::any_of(nest.reductions, [&](const NestReduction &reduction) {
        return reduction.combiner == operation || reduction.product == operation;
      });
    });
  }
  collapse(nest);
  return nest;
}

bool isNumberOfRun(linalg::GenericOp op, Value value) {
  if (auto cast = value.getDefiningOp<arith::TruncIOp>())
    value = cast.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == op.getBody() && isa<IntegerType>(value.getType()) &&
         op.getMatchingIndexingMap(&op->getOpOperand(argument.getArgNumber())).getNumResults() == 0;
}

} // namespace nnc
