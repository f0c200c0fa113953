// nn-form-attention: finds the operations around each softmax that make up an attention, and replaces
// them by one operation.
#include "compiler/dialect/CausalMask.h"
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/ReverseSweep.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

#include <cmath>

namespace nnc {
#define GEN_PASS_DEF_FORMATTENTION
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

//===-- Bounds of the keys --------------------------------------------------------------------===//

/// Reads the bounds of the keys off the block of an attention.
class KeyBounds {
public:
  KeyBounds(int64_t rowDim, int64_t keyDim) : rowDim(rowDim), keyDim(keyDim) {}

  /// Elements of -inf leave their key out: takes up the conditions without which `scores` has one.
  void readScores(Value scores) {
    auto select = scores.getDefiningOp<SelectOp>();
    if (!select)
      return;
    auto isOut = [](Value value) { return matchSplat(value) == -HUGE_VAL; };
    if (isOut(select.getFalseValue())) {
      readCondition(select.getCondition(), rowDim, keyDim, true);
      readScores(select.getTrueValue());
    } else if (isOut(select.getTrueValue())) {
      readCondition(select.getCondition(), rowDim, keyDim, false);
      readScores(select.getFalseValue());
    }
  }

  /// Of the difference of key and row.
  std::optional<int64_t> first, last;

private:
  /// Keys are kept only where the condition is `isTrue`. `row` and `key` are its dimensions of rows and
  /// keys, or -1.
  void readCondition(Value condition, int64_t row, int64_t key, bool isTrue) {
    Operation *op = condition.getDefiningOp();
    if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op)) {
      auto source = [&](int64_t dim) -> int64_t {
        const auto *at = llvm::find(broadcast.getDims(), dim);
        return at == broadcast.getDims().end() ? -1 : at - broadcast.getDims().begin();
      };
      readCondition(broadcast.getOperand(), source(row), source(key), isTrue);
    } else if (isTrue ? isa_and_present<AndOp>(op) : isa_and_present<OrOp>(op)) {
      readCondition(op->getOperand(0), row, key, isTrue);
      readCondition(op->getOperand(1), row, key, isTrue);
    } else if (auto inverse = dyn_cast_or_null<NotOp>(op)) {
      readCondition(inverse.getOperand(), row, key, !isTrue);
    } else if (auto compare = dyn_cast_or_null<CompareOp>(op)) {
      std::optional<IndexForm> lhs = readIndexForm(compare.getLhs(), row, key),
                               rhs = readIndexForm(compare.getRhs(), row, key);
      if (lhs && rhs)
        readComparison({lhs->t - rhs->t, lhs->s - rhs->s, lhs->constant - rhs->constant},
                       compare.getPredicate(), isTrue);
    }
  }

  /// The form compared with 0.
  void readComparison(IndexForm form, ComparePredicate predicate, bool isTrue) {
    if (std::abs(form.s) != 1 || form.t != -form.s)
      return;
    using enum ComparePredicate;
    // The difference of key and row times `form.s`, plus the constant, is at most, or at least, 0.
    bool atMost = predicate == le || predicate == lt, atLeast = predicate == ge || predicate == gt;
    bool isStrict = predicate == lt || predicate == gt;
    if (!isTrue) {
      if (!atMost && !atLeast)
        return;
      std::swap(atMost, atLeast);
      isStrict = !isStrict;
    } else if (predicate == eq) {
      atMost = atLeast = true;
    }
    const auto bound = static_cast<int64_t>(-form.constant * form.s);
    if (form.s > 0 ? atMost : atLeast)
      last = std::min(last.value_or(INT64_MAX), bound - isStrict);
    if (form.s > 0 ? atLeast : atMost)
      first = std::max(first.value_or(INT64_MIN), bound + isStrict);
  }

  int64_t rowDim, keyDim;
};

//===-- The operations around a softmax -------------------------------------------------------===//

/// Arithmetic that is computed again for each score rather than read from memory.
bool isCheap(Operation *op) {
  if (!isScoreOperation(op) || isa<ReshapeOp>(op))
    return false;
  return isa<ConstantOp, IotaOp, BroadcastOp, RandomUniformOp, CompareOp, NotOp, AndOp, OrOp,
             SelectOp>(op) ||
         (isa<AddOp, SubOp, MulOp, NegOp, MaxOp, MinOp, ConvertOp>(op));
}

/// Operations that are computed for each score. Their derivatives are computed with them.
constexpr size_t mostOperations = 128;

class Formation {
public:
  Formation(SoftmaxOp softmax, const llvm::DenseSet<Value> &differentiated)
      : softmax(softmax), differentiated(differentiated) {}

  /// The reason why no attention is formed; empty if one is.
  std::string run() {
    // A softmax that no contraction reads is of another kind, and needs no remark.
    if (!softmax->hasOneUse())
      return isSummed(softmax.getResult()) ? "its weights have several uses" : "";
    if (!findFactors())
      return "";
    if (softmax.getDims().size() != 1)
      return "its softmax is over several dimensions";
    const int64_t keyDim = softmax.getDims()[0];
    if (std::string reason = findProducts(); !reason.empty())
      return reason;
    markDependent();
    if (!collect({softmax.getOperand()}))
      return "its scores are changed by more than element-wise operations";
    for (Operation *op : factors)
      for (Value operand : op->getOperands())
        if (!isWeight(operand) && (dependent.contains(operand) || !collect({operand})))
          return "its weights are changed by its scores";
    llvm::sort(operations = inBlock.takeVector(),
               [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    inBlock.insert(operations.begin(), operations.end());
    if (operations.size() > mostOperations)
      return "its scores are changed by too many operations";
    if (std::string reason = findLabels(keyDim); !reason.empty())
      return reason;
    build(keyDim);
    return "";
  }

  bool isFormed() const { return formed; }
  bool hasDifferentiatedExtras() const {
    return llvm::any_of(extras, [&](Value extra) { return differentiated.contains(extra); });
  }

private:
  /// Whether a contraction reads the weights, or the results of a dropout of them.
  static bool isSummed(Value weights) {
    SmallVector<Value> open{weights};
    llvm::DenseSet<Value> seen;
    while (!open.empty())
      for (Operation *user : open.pop_back_val().getUsers()) {
        if (isa<ContractOp>(user))
          return true;
        if (isa<MulOp, DivOp, SelectOp>(user) && seen.insert(user->getResult(0)).second)
          open.push_back(user->getResult(0));
      }
    return false;
  }

  bool isWeight(Value value) {
    return value == softmax.getResult() || llvm::is_contained(factors, value.getDefiningOp());
  }

  /// Goes from the softmax to the contraction that sums the values, through operations that are linear
  /// in the weights.
  bool findFactors() {
    Value weights = softmax.getResult();
    while (weights.hasOneUse()) {
      OpOperand &use = *weights.use_begin();
      Operation *user = use.getOwner();
      sums = dyn_cast<ContractOp>(user);
      if (sums)
        return true;
      auto select = dyn_cast<SelectOp>(user);
      auto isZero = [](Value value) { return matchSplat(value) == 0; };
      bool isLinear =
          isa<MulOp>(user) || (isa<DivOp>(user) && use.getOperandNumber() == 0) ||
          (select &&
           isZero(use.getOperandNumber() == 1 ? select.getFalseValue() : select.getTrueValue()) &&
           use.getOperandNumber() != 0);
      if (!isLinear)
        return false;
      factors.push_back(user);
      weights = user->getResult(0);
    }
    return false;
  }

  /// The contraction that gives the scores: the one behind element-wise operations that has the
  /// dimensions of the softmax.
  std::string findProducts() {
    SmallVector<Value> open{softmax.getOperand()};
    llvm::DenseSet<Value> seen;
    while (!open.empty()) {
      Value value = open.pop_back_val();
      if (value.getType() != softmax.getType() || !seen.insert(value).second)
        continue;
      Operation *op = value.getDefiningOp();
      if (auto contract = dyn_cast_or_null<ContractOp>(op)) {
        if (products && products != contract)
          return "its scores are the sum of several contractions";
        products = contract;
      } else if (op && op->hasTrait<OpTrait::Elementwise>()) {
        llvm::append_range(open, op->getOperands());
      }
    }
    return products ? "" : "its scores come from no contraction";
  }

  /// Marks the values that are computed from the scores, up to the softmax and behind it.
  void markDependent() {
    dependent.insert(products.getResult());
    Operation *end = sums;
    for (Operation *op = products->getNextNode(); op != end; op = op->getNextNode())
      if (op != softmax && llvm::any_of(op->getOperands(),
                                        [&](Value operand) { return dependent.contains(operand); }))
        dependent.insert(op->result_begin(), op->result_end());
  }

  /// Adds the operations that values are computed from to the block, up to extras. False where
  /// something else changes the scores than an element-wise operation.
  bool collect(SmallVector<Value> open) {
    for (size_t next = 0; next < open.size(); ++next) {
      Value value = open[next];
      Operation *op = value.getDefiningOp();
      if (value == products.getResult() || llvm::is_contained(extras, value) ||
          (op && inBlock.contains(op)))
        continue;
      const bool isScore = dependent.contains(value);
      if (isScore &&
          (!op->hasTrait<OpTrait::Elementwise>() || value.getType() != softmax.getType()))
        return false;
      if (isScore || (op && isCheap(op))) {
        inBlock.insert(op);
        llvm::append_range(open, op->getOperands());
      } else {
        extras.push_back(value);
      }
    }
    return true;
  }

  std::string findLabels(int64_t keyDim) {
    for (Operation *op : operations)
      if (dependent.contains(op->getResult(0)) && !isUsedInside(op))
        return "something else reads its scores";
    if (!isUsedInside(products))
      return "something else reads its scores";
    scores.assign(products.getResultLabels().begin(), products.getResultLabels().end());
    const int64_t keyLabel = scores[keyDim];
    bool keyIsLhs = llvm::is_contained(products.getLhsLabels(), keyLabel);
    queryIsLhs = !keyIsLhs;
    // The labels of the second contraction in terms of the first one's.
    bool weightsAreLhs = isWeight(sums.getLhs());
    if (sums.getLhs() == sums.getRhs())
      return "its weights have several uses";
    valueIsLhs = !weightsAreLhs;
    llvm::DenseMap<int64_t, int64_t> renamed;
    int64_t next = 0;
    for (ArrayRef<int64_t> labels : {products.getLhsLabels(), products.getRhsLabels()})
      for (int64_t label : labels)
        next = std::max(next, label + 1);
    for (auto [own, label] :
         llvm::zip_equal(weightsAreLhs ? sums.getLhsLabels() : sums.getRhsLabels(), scores))
      renamed[own] = label;
    auto rename = [&](ArrayRef<int64_t> labels, SmallVectorImpl<int64_t> &result) {
      for (int64_t label : labels) {
        auto [known, isNew] = renamed.try_emplace(label, next);
        next += isNew;
        result.push_back(known->second);
      }
    };
    rename(valueIsLhs ? sums.getLhsLabels() : sums.getRhsLabels(), valueLabels);
    rename(sums.getResultLabels(), resultLabels);
    FailureOr<AttentionDims> found =
        findAttentionDims(queryLabels(), keyLabels(), valueLabels, scores, resultLabels);
    if (failed(found))
      return "its dimensions do not have the roles of queries, keys and values";
    dims = *found;
    return "";
  }

  ArrayRef<int64_t> queryLabels() {
    return queryIsLhs ? products.getLhsLabels() : products.getRhsLabels();
  }
  ArrayRef<int64_t> keyLabels() {
    return queryIsLhs ? products.getRhsLabels() : products.getLhsLabels();
  }

  bool isUsedInside(Operation *op) {
    return llvm::all_of(op->getUsers(),
                        [&](Operation *user) { return user == softmax || inBlock.contains(user); });
  }

  void build(int64_t keyDim) {
    OpBuilder builder(sums);
    Value query = queryIsLhs ? products.getLhs() : products.getRhs();
    Value key = queryIsLhs ? products.getRhs() : products.getLhs();
    Value value = valueIsLhs ? sums.getLhs() : sums.getRhs();
    SmallVector<int64_t> rows;
    int64_t rowDim = 0;
    for (auto [dim, extent] : llvm::enumerate(softmax.getType().getShape())) {
      if (int64_t(dim) != keyDim)
        rows.push_back(extent);
      if (scores[dim] == dims.rows.back())
        rowDim = dim;
    }
    OperationState state(sums.getLoc(), AttentionOp::getOperationName());
    state.addOperands({query, key, value});
    state.addOperands(extras);
    state.addTypes(
        {sums.getType(), RankedTensorType::get(rows, softmax.getType().getElementType())});
    auto addLabels = [&](StringRef name, ArrayRef<int64_t> labels) {
      state.addAttribute(name, builder.getDenseI64ArrayAttr(labels));
    };
    addLabels("query_labels", queryLabels());
    addLabels("key_labels", keyLabels());
    addLabels("value_labels", valueLabels);
    addLabels("score_labels", scores);
    addLabels("result_labels", resultLabels);
    Block *block = new Block;
    state.addRegion()->push_back(block);
    IRMapping mapping;
    mapping.map(products.getResult(), block->addArgument(products.getType(), products.getLoc()));
    for (Value extra : extras)
      mapping.map(extra, block->addArgument(extra.getType(), extra.getLoc()));
    OpBuilder inner(builder.getContext());
    inner.setInsertionPointToEnd(block);
    for (Operation *op : operations)
      inner.clone(*op, mapping);
    Value changed = mapping.lookup(softmax.getOperand());
    SmallVector<Value> emits{changed};
    if (!factors.empty()) {
      // At a weight of 1 a linear function is its factor.
      mapping.map(softmax.getResult(), buildSplat(inner, softmax.getLoc(), softmax.getType(), 1));
      for (Operation *op : factors)
        inner.clone(*op, mapping);
      emits.push_back(mapping.lookup(factors.back()->getResult(0)));
    }
    YieldOp::create(inner, softmax.getLoc(), ValueRange(), emits);
    if (hasDifferentiatedExtras())
      state.addAttribute("extras_are_differentiated", builder.getUnitAttr());
    KeyBounds bounds(rowDim, keyDim);
    bounds.readScores(changed);
    if (bounds.first)
      state.addAttribute("first_key", builder.getI64IntegerAttr(*bounds.first));
    if (bounds.last)
      state.addAttribute("last_key", builder.getI64IntegerAttr(*bounds.last));
    Operation *attention = builder.create(state);
    sums.replaceAllUsesWith(attention->getResult(0));
    sums.erase();
    for (Operation *op : llvm::reverse(factors))
      op->erase();
    softmax.erase();
    for (Operation *op : llvm::reverse(operations))
      if (op->use_empty())
        op->erase();
    products.erase();
    formed = true;
  }

  SoftmaxOp softmax;
  const llvm::DenseSet<Value> &differentiated;
  ContractOp products, sums;
  SmallVector<Operation *> factors; // between the softmax and the sums
  llvm::SetVector<Operation *> inBlock;
  SmallVector<Operation *> operations; // of the block, in order
  SmallVector<Value> extras;
  llvm::DenseSet<Value> dependent;
  bool queryIsLhs = true, valueIsLhs = false, formed = false;
  SmallVector<int64_t> scores, valueLabels, resultLabels;
  AttentionDims dims;
};

struct FormAttentionPass : nnc::impl::FormAttentionBase<FormAttentionPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock())
      return;
    Block &block = function.getBody().front();
    llvm::DenseSet<Value> differentiated;
    function.walk([&](GradientOp gradient) {
      differentiated.insert(gradient.getValues().begin(), gradient.getValues().end());
    });
    activate(block, block.getTerminator(), differentiated);
    for (SoftmaxOp softmax : llvm::to_vector(block.getOps<SoftmaxOp>())) {
      Location location = softmax.getLoc();
      Formation formation(softmax, differentiated);
      std::string reason = formation.run();
      auto options = remark::RemarkOpts::name("attention")
                         .category(attentionCategory)
                         .function(function.getSymName());
      if (formation.isFormed())
        remark::passed(location, options)
            << (formation.hasDifferentiatedExtras()
                    ? "attention is one operation: its scores and weights are not stored; the "
                      "derivative by what changes the scores computes them again"
                    : "attention is one operation: its scores and weights are not stored");
      else if (!reason.empty())
        remark::missed(location, options) << remark::detail::LazyTextBuild{
            "Remark", [&] { return "attention is computed by its parts: " + reason; }};
    }
  }
};

} // namespace
