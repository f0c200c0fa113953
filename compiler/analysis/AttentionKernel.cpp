// Finds the values of an attention's body by the products and exponentials that they are in.
#include "compiler/analysis/AttentionKernel.h"

#include "compiler/analysis/KernelNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nnc {

/// Whether a value of the body is the index of a loop.
static bool isIndexOf(Value value, unsigned loop) {
  if (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    value = cast.getIn();
  auto index = value.getDefiningOp<linalg::IndexOp>();
  return index && index.getDim() == loop;
}

/// The number of the run that the condition `key index <= row index + number` bounds the keys by; null
/// if it is another condition.
static Value readBound(const AttentionKernelParts &parts, Value condition) {
  if (auto both = condition.getDefiningOp<arith::AndIOp>()) {
    Value bound = readBound(parts, both.getLhs());
    return bound ? bound : readBound(parts, both.getRhs());
  }
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::sle ||
      !isIndexOf(compare.getLhs(), parts.keyLoop()))
    return {};
  Value bound = compare.getRhs();
  if (auto sum = bound.getDefiningOp<arith::AddIOp>()) {
    if (isIndexOf(sum.getRhs(), parts.rowLoop()))
      bound = sum.getLhs();
    else if (isIndexOf(sum.getLhs(), parts.rowLoop()))
      bound = sum.getRhs();
  } else if (parts.extents()[parts.rowLoop()] != 1) {
    return {};
  }
  return isNumberOfRun(parts.op, bound) ? bound : Value();
}

/// The bound of the keys by a number of the run, by the conditions without which scores are -inf.
static Value readLastOfRun(const AttentionKernelParts &parts) {
  Value scores = parts.changed;
  while (auto select = scores.getDefiningOp<arith::SelectOp>()) {
    if (!matchPattern(select.getFalseValue(), m_NegInfFloat()))
      return {};
    if (Value bound = readBound(parts, select.getCondition()))
      return bound;
    scores = select.getTrueValue();
  }
  return {};
}

AttentionKernelParts readAttention(Operation *kernel) {
  AttentionKernelParts parts;
  parts.op = cast<linalg::GenericOp>(kernel);
  auto attributes = kernel->getAttrOfType<DictionaryAttr>(attentionAttrName);
  auto number = [&](StringRef name) -> std::optional<int64_t> {
    auto found = attributes.getAs<IntegerAttr>(name);
    return found ? std::optional(found.getInt()) : std::nullopt;
  };
  parts.batchLoops = *number("batch");
  parts.rowLoops = *number("rows");
  parts.first = number("first_key");
  parts.last = number("last_key");
  Block &body = *parts.op.getBody();
  SmallVector<Value> terms;
  for (Value sum : body.getTerminator()->getOperands())
    terms.push_back(sum.getDefiningOp<arith::AddFOp>().getRhs());
  parts.isGradient = terms.size() == 3;
  for (Operation *user : body.getArgument(0).getUsers())
    if (auto product = dyn_cast<arith::MulFOp>(user);
        product && llvm::is_contained(product->getOperands(), body.getArgument(1)))
      parts.score = product;
  // The first factor of the term of a weighted sum: the weight, or the product of the weight and its
  // factor.
  auto readWeight = [&](Value term) {
    Value weighted = term.getDefiningOp<arith::MulFOp>().getLhs();
    if (auto product = weighted.getDefiningOp<arith::MulFOp>()) {
      parts.factor = product.getRhs();
      weighted = product.getLhs();
    }
    return weighted.getDefiningOp<math::ExpOp>();
  };
  if (!parts.isGradient) {
    parts.changed = readWeight(terms[0]).getOperand();
    parts.lastOfRun = readLastOfRun(parts);
    return parts;
  }
  math::ExpOp weight = readWeight(terms[2]);
  parts.changed = weight.getOperand().getDefiningOp<arith::SubFOp>().getLhs();
  parts.ofScore = terms[0].getDefiningOp<arith::MulFOp>().getLhs();
  for (Operation *user : weight->getUsers())
    if (user != terms[2].getDefiningOp() &&
        user != terms[2].getDefiningOp<arith::MulFOp>().getLhs().getDefiningOp())
      parts.ofChanged = user->getResult(0);
  return parts;
}

int64_t keptScores(const AttentionKernelParts &parts) {
  SmallVector<int64_t> extents = parts.extents();
  const int64_t keys = extents[parts.keyLoop()];
  int64_t kept = 0;
  for (int64_t row = 0; row < extents[parts.rowLoop()]; ++row) {
    int64_t end = parts.last ? std::clamp<int64_t>(row + *parts.last + 1, 0, keys) : keys;
    int64_t begin = parts.first ? std::clamp<int64_t>(row + *parts.first, 0, end) : 0;
    kept += end - begin;
  }
  for (unsigned loop = 0; loop < parts.rowLoop(); ++loop)
    kept *= extents[loop];
  return kept;
}

int64_t attentionFlops(const AttentionKernelParts &parts) {
  SmallVector<int64_t> extents = parts.extents();
  const int64_t inner = extents[parts.innerLoop()], column = extents[parts.columnLoop()];
  return 2 * keptScores(parts) * (parts.isGradient ? 3 * inner + 2 * column : inner + column);
}

} // namespace nnc
