// Shape function and canonicalisation of nn.contract.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/NNShapes.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace nnc::nn;

/// Far from the numbers that a hash table of labels has to itself.
static constexpr int64_t labelLimit = int64_t(1) << 31;

LogicalResult ContractOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                           Adaptor adaptor, SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto lhs = cast<RankedTensorType>(adaptor.getLhs().getType());
  auto rhs = cast<RankedTensorType>(adaptor.getRhs().getType());
  if (lhs.getElementType() != rhs.getElementType())
    return reportOpError(location, name, "multiplies ", lhs.getElementType(), " by ",
                         rhs.getElementType());

  // The extent of each label and where it was first seen.
  struct Extent {
    int64_t size;
    StringRef side;
    int64_t dim;
  };
  llvm::DenseMap<int64_t, Extent> extents;
  auto addOperand = [&](StringRef side, RankedTensorType type,
                        ArrayRef<int64_t> labels) -> LogicalResult {
    if (static_cast<int64_t>(labels.size()) != type.getRank())
      return reportOpError(location, name, "has ", labels.size(), " labels [", labels, "] for ",
                           side, " ", type);
    for (auto [dim, label] : llvm::enumerate(labels)) {
      if (label < 0 || label >= labelLimit)
        return reportOpError(location, name, "has label ", label, ", which is not in [0, ",
                             labelLimit, ")");
      if (llvm::is_contained(labels.take_front(dim), label))
        return reportOpError(location, name, "has label ", label, " twice in [", labels, "] of ",
                             side);
      int64_t size = type.getDimSize(dim);
      auto [known, isNew] =
          extents.try_emplace(label, Extent{size, side, static_cast<int64_t>(dim)});
      if (!isNew && known->second.size != size)
        return reportOpError(location, name, "has label ", label, " for ", known->second.size,
                             " elements (dimension ", known->second.dim, " of ", known->second.side,
                             ") and for ", size, " (dimension ", dim, " of ", side, ")");
    }
    return success();
  };
  if (failed(addOperand("lhs", lhs, adaptor.getLhsLabels())) ||
      failed(addOperand("rhs", rhs, adaptor.getRhsLabels())))
    return failure();

  ArrayRef<int64_t> resultLabels = adaptor.getResultLabels();
  SmallVector<int64_t> shape;
  for (auto [dim, label] : llvm::enumerate(resultLabels)) {
    auto known = label < 0 || label >= labelLimit ? extents.end() : extents.find(label);
    if (known == extents.end())
      return reportOpError(location, name, "has label ", label,
                           " in the result, which no operand has");
    if (llvm::is_contained(resultLabels.take_front(dim), label))
      return reportOpError(location, name, "has label ", label, " twice in [", resultLabels,
                           "] of the result");
    shape.push_back(known->second.size);
  }
  types.push_back(lhs.clone(shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Canonicalisation
//===----------------------------------------------------------------------===//

namespace {

/// One operand of a contraction with its labels.
struct Side {
  Value value;
  SmallVector<int64_t> labels;

  RankedTensorType type() const { return cast<RankedTensorType>(value.getType()); }
  bool has(int64_t label) const { return llvm::is_contained(labels, label); }
};

struct Sides {
  explicit Sides(ContractOp op)
      : lhs{op.getLhs(), llvm::to_vector(op.getLhsLabels())},
        rhs{op.getRhs(), llvm::to_vector(op.getRhsLabels())} {}

  Side lhs, rhs;
};

/// Builds the contraction of two sides under the name of `op`.
Value rebuild(PatternRewriter &rewriter, ContractOp op, const Side &lhs, const Side &rhs) {
  return ContractOp::create(rewriter, op.getLoc(), lhs.value, rhs.value, lhs.labels, rhs.labels,
                            op.getResultLabels());
}

/// Numbers the labels in the order of their first occurrence, so that equal contractions are equal
/// to CSE.
struct RenumberLabels : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    llvm::DenseMap<int64_t, int64_t> numbers;
    bool changed = false;
    auto renumber = [&](ArrayRef<int64_t> labels) {
      SmallVector<int64_t> renumbered;
      for (int64_t label : labels) {
        renumbered.push_back(numbers.try_emplace(label, numbers.size()).first->second);
        changed |= renumbered.back() != label;
      }
      return renumbered;
    };
    SmallVector<int64_t> lhs = renumber(op.getLhsLabels()), rhs = renumber(op.getRhsLabels()),
                         result = renumber(op.getResultLabels());
    if (!changed)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.setLhsLabels(lhs);
      op.setRhsLabels(rhs);
      op.setResultLabels(result);
    });
    return success();
  }
};

/// Sums a label that only one operand has, and the result has not, in that operand first.
struct SumLoneLabels : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    Sides sides(op);
    bool changed = sum(op, sides.lhs, sides.rhs, rewriter);
    changed |= sum(op, sides.rhs, sides.lhs, rewriter);
    if (!changed)
      return failure();
    rewriter.replaceOp(op, rebuild(rewriter, op, sides.lhs, sides.rhs));
    return success();
  }

  static bool sum(ContractOp op, Side &side, const Side &other, PatternRewriter &rewriter) {
    SmallVector<int64_t> dims, labels;
    for (auto [dim, label] : llvm::enumerate(side.labels)) {
      if (other.has(label) || llvm::is_contained(op.getResultLabels(), label))
        labels.push_back(label);
      else
        dims.push_back(dim);
    }
    if (dims.empty())
      return false;
    side = {ReduceSumOp::create(rewriter, withoutName(op.getLoc()), side.value, dims), labels};
    return true;
  }
};

/// Reads a transposed operand directly, with its labels permuted.
struct AbsorbTranspose : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    Sides sides(op);
    bool changed = absorb(sides.lhs);
    changed |= absorb(sides.rhs);
    if (!changed)
      return failure();
    rewriter.replaceOp(op, rebuild(rewriter, op, sides.lhs, sides.rhs));
    return success();
  }

  static bool absorb(Side &side) {
    auto transpose = side.value.getDefiningOp<TransposeOp>();
    if (!transpose)
      return false;
    SmallVector<int64_t> labels(side.labels.size());
    for (auto [i, dim] : llvm::enumerate(transpose.getPermutation()))
      labels[dim] = side.labels[i];
    side = {transpose.getOperand(), labels};
    return true;
  }
};

/// Reads a broadcast operand (or a splat constant, the broadcast of a scalar) directly, without the
/// labels of its new dimensions, as far as the other operand has them: a summed label stays summed
/// in the other operand.
struct AbsorbBroadcast : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    Sides sides(op);
    if (!absorb(sides.lhs, sides.rhs, rewriter) && !absorb(sides.rhs, sides.lhs, rewriter))
      return failure();
    rewriter.replaceOp(op, rebuild(rewriter, op, sides.lhs, sides.rhs));
    return success();
  }

  static bool absorb(Side &side, const Side &other, PatternRewriter &rewriter) {
    RankedTensorType type = side.type();
    Value source;
    SmallVector<int64_t> sourceDims;
    std::optional<double> splat;
    if (auto broadcast = side.value.getDefiningOp<BroadcastOp>()) {
      source = broadcast.getOperand();
      sourceDims = llvm::to_vector(broadcast.getDims());
    } else if (!side.value.getDefiningOp<ConstantOp>() || !(splat = matchSplat(side.value))) {
      return false;
    }
    // Kept are the dimensions of the source and the new ones whose label the other operand lacks.
    SmallVector<int64_t> shape, labels, dims;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      bool isNew = !llvm::is_contained(sourceDims, dim);
      if (isNew && other.has(side.labels[dim]))
        continue;
      if (!isNew)
        dims.push_back(labels.size());
      shape.push_back(type.getDimSize(dim));
      labels.push_back(side.labels[dim]);
    }
    if (static_cast<int64_t>(labels.size()) == type.getRank())
      return false;
    Location location = withoutName(side.value.getLoc());
    RankedTensorType smaller = type.clone(shape);
    Value value = source ? buildBroadcast(rewriter, location, source, dims, smaller)
                         : buildSplat(rewriter, location, smaller, *splat);
    side = {value, labels};
    return true;
  }
};

/// A contraction that sums nothing is a product of broadcasts.
struct ProductWithoutSum : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    Sides sides(op);
    auto inResult = [&](int64_t label) { return llvm::is_contained(op.getResultLabels(), label); };
    if (!llvm::all_of(sides.lhs.labels, inResult) || !llvm::all_of(sides.rhs.labels, inResult))
      return failure();
    Value lhs = spread(op, sides.lhs, rewriter), rhs = spread(op, sides.rhs, rewriter);
    rewriter.replaceOpWithNewOp<MulOp>(op, lhs, rhs);
    return success();
  }

  /// Transposes the operand to the order of the result's labels and broadcasts it.
  static Value spread(ContractOp op, const Side &side, PatternRewriter &rewriter) {
    Location location = withoutName(op.getLoc());
    SmallVector<int64_t> permutation, dims;
    for (auto [dim, label] : llvm::enumerate(op.getResultLabels()))
      if (const auto *found = llvm::find(side.labels, label); found != side.labels.end()) {
        permutation.push_back(found - side.labels.begin());
        dims.push_back(dim);
      }
    Value value = side.value;
    if (!llvm::is_sorted(permutation))
      value = TransposeOp::create(rewriter, location, value, permutation);
    return buildBroadcast(rewriter, location, value, dims, op.getType());
  }
};

/// A transposed contraction is a contraction with another order of result labels.
struct TransposeOfContract : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto contract = op.getOperand().getDefiningOp<ContractOp>();
    if (!contract || !contract->hasOneUse())
      return failure();
    SmallVector<int64_t> labels;
    for (int64_t dim : op.getPermutation())
      labels.push_back(contract.getResultLabels()[dim]);
    rewriter.replaceOpWithNewOp<ContractOp>(op, contract.getLhs(), contract.getRhs(),
                                            contract.getLhsLabels(), contract.getRhsLabels(),
                                            labels);
    return success();
  }
};

} // namespace

void ContractOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<RenumberLabels, SumLoneLabels, AbsorbTranspose, AbsorbBroadcast, ProductWithoutSum>(
      context);
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<TransposeOfContract>(context);
}
