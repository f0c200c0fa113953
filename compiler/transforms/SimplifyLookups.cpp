// The patterns of nn-simplify for lookups. A lookup is the product of a matrix that has one 1 in each
// row, and scatter_add that of its transpose, so that both can change places with other products.
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

/// Whether a table has fewer rows than are looked up in it.
bool hasFewRows(int64_t rows, Value indices) {
  return rows < cast<RankedTensorType>(indices.getType()).getNumElements();
}

/// A contraction one operand of which is looked up in a small table.
struct LookedUp {
  GatherOp gather;
  Side side, other;                // the operand that is looked up, and the other one
  ArrayRef<int64_t> indices, rest; // the labels of `side`

  static std::optional<LookedUp> find(ContractOp op) {
    Side lhs{op.getLhs(), op.getLhsLabels()}, rhs{op.getRhs(), op.getRhsLabels()};
    for (auto [side, other] : {std::pair(lhs, rhs), std::pair(rhs, lhs)}) {
      auto gather = side.value.getDefiningOp<GatherOp>();
      if (!gather || gather.getBatchDims() != 0 ||
          !hasFewRows(gather.getOperand().getType().getDimSize(0), gather.getIndices()))
        continue;
      size_t rank = rankOf(gather.getIndices());
      return LookedUp{gather, side, other, side.labels.take_front(rank),
                      side.labels.drop_front(rank)};
    }
    return std::nullopt;
  }
};

/// The product of rows that are looked up is looked up in the product of the table: the same sums.
struct ProductOfLookup : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    std::optional<LookedUp> found = LookedUp::find(op);
    if (!found)
      return failure();
    auto [gather, side, other, indices, rest] = *found;
    ArrayRef<int64_t> result = op.getResultLabels();
    auto isOther = [&, &other = other](int64_t label) { return other.has(label); };
    if (result.take_front(indices.size()) != indices || llvm::any_of(indices, isOther) ||
        llvm::none_of(rest, [&](int64_t label) { return !llvm::is_contained(result, label); }))
      return failure();
    int64_t row = newLabel(op);
    Value product = ContractOp::create(rewriter, withoutName(op.getLoc()), gather.getOperand(),
                                       other.value, joined(row, rest), other.labels,
                                       joined(row, result.drop_front(indices.size())));
    rewriter.replaceOpWithNewOp<GatherOp>(op, product, gather.getIndices(), 0);
    return success();
  }
};

/// The product of rows that are looked up, summed over the lookups, is the product of the table and the
/// sums for each of its rows.
struct SumOfLookups : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    std::optional<LookedUp> found = LookedUp::find(op);
    if (!found)
      return failure();
    auto [gather, side, other, indices, rest] = *found;
    if (other.labels.take_front(indices.size()) != indices ||
        llvm::any_of(indices, [&](int64_t label) {
          return llvm::is_contained(op.getResultLabels(), label);
        }))
      return failure();
    int64_t row = newLabel(op);
    Value sums =
        ScatterAddOp::create(rewriter, withoutName(op.getLoc()), other.value, gather.getIndices(),
                             0, gather.getOperand().getType().getDimSize(0));
    rewriter.replaceOpWithNewOp<ContractOp>(op, gather.getOperand(), sums, joined(row, rest),
                                            joined(row, other.labels.drop_front(indices.size())),
                                            op.getResultLabels());
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

/// The sum of the sums in several batches is one sum over all their indices. The gradient of a table in
/// which each step of a sequence looks rows up has this form.
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
  patterns.add<ProductOfLookup, SumOfLookups, ScatterOfProduct, SumOfScatter>(
      patterns.getContext());
}

} // namespace nnc::nn
