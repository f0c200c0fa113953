// The patterns of nn-simplify for lookups. A lookup is the product of a matrix with one-hot rows,
// and nn.scatter_add that of its transpose, so that both can change places with other products.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/transforms/Patterns.h"

using namespace mlir;

namespace nnc::nn {
namespace {

/// One operand of a contraction with its labels.
struct Side {
  Value value;
  ArrayRef<int64_t> labels;
  bool has(int64_t label) const { return llvm::is_contained(labels, label); }
};

SmallVector<int64_t> joined(int64_t first, ArrayRef<int64_t> rest) {
  SmallVector<int64_t> labels{first};
  llvm::append_range(labels, rest);
  return labels;
}

int64_t newLabel(ContractOp op) {
  int64_t label = 0;
  while (llvm::is_contained(op.getLhsLabels(), label) ||
         llvm::is_contained(op.getRhsLabels(), label))
    ++label;
  return label;
}

size_t rankOf(Value value) { return cast<RankedTensorType>(value.getType()).getRank(); }

/// Whether a table has fewer rows than lookups.
bool hasFewRows(int64_t rows, Value indices) {
  return rows < cast<RankedTensorType>(indices.getType()).getNumElements();
}

/// The operands of a contraction, one of which is looked up in a small table.
struct LookedUp {
  GatherOp gather;
  Side other;                      // the operand that is not looked up
  ArrayRef<int64_t> indices, rest; // the labels of the operand that is looked up

  static std::optional<LookedUp> find(ContractOp op) {
    Side lhs{op.getLhs(), op.getLhsLabels()}, rhs{op.getRhs(), op.getRhsLabels()};
    for (auto [side, other] : {std::pair(lhs, rhs), std::pair(rhs, lhs)}) {
      auto gather = side.value.getDefiningOp<GatherOp>();
      if (!gather || gather.getBatchDims() != 0 ||
          !hasFewRows(gather.getOperand().getType().getDimSize(0), gather.getIndices()))
        continue;
      size_t rank = rankOf(gather.getIndices());
      return LookedUp{gather, other, side.labels.take_front(rank), side.labels.drop_front(rank)};
    }
    return std::nullopt;
  }
};

/// Moves a lookup in a small table behind the contraction that reads it, as one of two sums.
struct ProductOfLookup : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    std::optional<LookedUp> found = LookedUp::find(op);
    if (!found)
      return failure();
    return success(succeeded(lookUpProduct(op, *found, rewriter)) ||
                   succeeded(sumByRow(op, *found, rewriter)));
  }

private:
  /// The product of rows that are looked up is looked up in the product of the table.
  static LogicalResult lookUpProduct(ContractOp op, const LookedUp &found,
                                     PatternRewriter &rewriter) {
    ArrayRef<int64_t> result = op.getResultLabels();
    size_t rank = found.indices.size();
    if (result.take_front(rank) != found.indices ||
        llvm::any_of(found.indices, [&](int64_t label) { return found.other.has(label); }) ||
        llvm::all_of(found.rest, [&](int64_t label) { return llvm::is_contained(result, label); }))
      return failure();
    GatherOp gather = found.gather;
    int64_t row = newLabel(op);
    Value product = ContractOp::create(rewriter, withoutName(op.getLoc()), gather.getOperand(),
                                       found.other.value, joined(row, found.rest),
                                       found.other.labels, joined(row, result.drop_front(rank)));
    rewriter.replaceOpWithNewOp<GatherOp>(op, product, gather.getIndices(), 0);
    return success();
  }

  /// The product of rows that are looked up, summed over the lookups, is the product of the table
  /// and the sums for each of its rows.
  static LogicalResult sumByRow(ContractOp op, const LookedUp &found, PatternRewriter &rewriter) {
    ArrayRef<int64_t> labels = found.other.labels, result = op.getResultLabels();
    size_t rank = found.indices.size();
    if (labels.take_front(rank) != found.indices || llvm::any_of(found.indices, [&](int64_t label) {
          return llvm::is_contained(result, label);
        }))
      return failure();
    GatherOp gather = found.gather;
    int64_t row = newLabel(op);
    Value sums =
        ScatterAddOp::create(rewriter, withoutName(op.getLoc()), found.other.value,
                             gather.getIndices(), 0, gather.getOperand().getType().getDimSize(0));
    rewriter.replaceOpWithNewOp<ContractOp>(op, gather.getOperand(), sums, joined(row, found.rest),
                                            joined(row, labels.drop_front(rank)), result);
    return success();
  }
};

/// The sums of products, for each row of a small table, are the product of the sums.
struct ScatterOfProduct : OpRewritePattern<ScatterAddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScatterAddOp op, PatternRewriter &rewriter) const override {
    auto product = op.getUpdates().getDefiningOp<ContractOp>();
    if (!product || !product->hasOneUse() || op.getBatchDims() != 0 ||
        !hasFewRows(op.getSize(), op.getIndices()))
      return failure();
    size_t rank = rankOf(op.getIndices());
    ArrayRef<int64_t> result = product.getResultLabels(), indices = result.take_front(rank);
    Side lhs{product.getLhs(), product.getLhsLabels()},
        rhs{product.getRhs(), product.getRhsLabels()};
    for (auto [side, other] : {std::pair(lhs, rhs), std::pair(rhs, lhs)}) {
      if (side.labels.take_front(rank) != indices ||
          llvm::any_of(indices, [&, &other = other](int64_t label) { return other.has(label); }))
        continue;
      int64_t row = newLabel(product);
      Value sums = ScatterAddOp::create(rewriter, withoutName(op.getLoc()), side.value,
                                        op.getIndices(), 0, op.getSize());
      rewriter.replaceOpWithNewOp<ContractOp>(op, sums, other.value,
                                              joined(row, side.labels.drop_front(rank)),
                                              other.labels, joined(row, result.drop_front(rank)));
      return success();
    }
    return failure();
  }
};

/// The sum of the sums in several batches is one sum over all their indices. The gradient of a
/// table in which each step of a sequence looks rows up has this form.
struct SumOfScatter : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceSumOp op, PatternRewriter &rewriter) const override {
    auto scatter = op.getOperand().getDefiningOp<ScatterAddOp>();
    if (!scatter || !scatter->hasOneUse())
      return failure();
    int64_t kept = int64_t(scatter.getBatchDims()) - int64_t(op.getDims().size());
    if (kept < 0 || op.getDims() != ArrayRef(consecutiveDims(op.getDims().size(), kept)))
      return failure();
    rewriter.replaceOpWithNewOp<ScatterAddOp>(op, scatter.getUpdates(), scatter.getIndices(), kept,
                                              scatter.getSize());
    return success();
  }
};

} // namespace

void populateLookupPatterns(RewritePatternSet &patterns) {
  patterns.add<ProductOfLookup, ScatterOfProduct, SumOfScatter>(patterns.getContext());
}

} // namespace nnc::nn
