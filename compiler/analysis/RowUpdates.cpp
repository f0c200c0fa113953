// Follows a gradient of 0 through the body of an update.
#include "compiler/analysis/RowUpdates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace nnc {
namespace {

/// A fact about a value of the body for an element whose gradient is 0.
struct Term {
  enum Kind {
    Zero,   // 0
    Scaled, // 0 if `of`, a number of the run, is 0
    Same,   // the element `of` of an operand
    Number, // computed from numbers of the run alone
    Other
  };
  Kind kind = Other;
  Value of = {};
};

class Follow {
public:
  explicit Follow(linalg::GenericOp op) : op(op) {}

  /// The values that have to be 0 for each result to be the element of `old`; nothing if results
  /// may differ all the same.
  std::optional<SmallVector<Value>> run(unsigned gradient, SmallVectorImpl<unsigned> &old);

private:
  Term of(Value value) {
    if (value.getParentBlock() != op.getBlock())
      return {Term::Number, value};
    return terms.lookup(value);
  }
  Term sum(Term left, Term right);
  Term follow(Operation &inner);

  linalg::GenericOp op;
  llvm::DenseMap<Value, Term> terms;
  llvm::SetVector<Value> zeros;
};

} // namespace

Term Follow::sum(Term left, Term right) {
  if (left.kind == Term::Zero)
    return right;
  if (right.kind == Term::Zero)
    return left;
  if (left.kind == Term::Scaled)
    std::swap(left, right);
  if (right.kind != Term::Scaled)
    return {};
  if (left.kind == Term::Scaled)
    return left.of == right.of ? left : Term();
  if (left.kind != Term::Same)
    return {};
  zeros.insert(right.of);
  return left;
}

Term Follow::follow(Operation &inner) {
  SmallVector<Term> operands;
  for (Value operand : inner.getOperands())
    operands.push_back(of(operand));
  auto all = [&](Term::Kind kind) {
    return llvm::all_of(operands, [&](const Term &term) { return term.kind == kind; });
  };
  if (all(Term::Number))
    return {Term::Number, inner.getResult(0)};
  if (isa<arith::AddFOp>(inner))
    return sum(operands[0], operands[1]);
  if (isa<arith::SubFOp>(inner))
    return operands[1].kind == Term::Zero || operands[0].kind == Term::Same ||
                   operands[0].kind == Term::Scaled
               ? sum(operands[0], operands[1])
               : Term();
  if (isa<arith::MulFOp>(inner)) {
    for (const Term &term : operands)
      if (term.kind == Term::Zero)
        return term;
    for (const Term &term : operands)
      if (term.kind == Term::Scaled)
        return term;
    for (const Term &term : operands)
      if (term.kind == Term::Number && !matchPattern(term.of, m_Constant()))
        return {Term::Scaled, term.of};
    return {};
  }
  bool keepsZero =
      isa<arith::DivFOp, arith::NegFOp, arith::ExtFOp, arith::TruncFOp, math::SqrtOp, math::AbsFOp>(
          inner);
  if (keepsZero && (operands[0].kind == Term::Zero || operands[0].kind == Term::Scaled))
    return operands[0];
  return {};
}

std::optional<SmallVector<Value>> Follow::run(unsigned gradient, SmallVectorImpl<unsigned> &old) {
  Block *body = op.getBlock();
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = body->getArgument(input->getOperandNumber());
    bool isNumber = op.getMatchingIndexingMap(input).getNumResults() == 0;
    terms[argument] = input->getOperandNumber() == gradient ? Term{Term::Zero, {}}
                      : isNumber                            ? Term{Term::Number, argument}
                                                            : Term{Term::Same, argument};
  }
  for (Operation &inner : body->without_terminator()) {
    if (matchPattern(&inner, m_Constant())) {
      terms[inner.getResult(0)] = {Term::Number, inner.getResult(0)};
      continue;
    }
    if (inner.getNumResults() != 1 || inner.getNumRegions() != 0 ||
        !OpTrait::hasElementwiseMappableTraits(&inner))
      return std::nullopt;
    terms[inner.getResult(0)] = follow(inner);
  }
  for (Value yielded : body->getTerminator()->getOperands()) {
    Term term = of(yielded);
    auto argument = dyn_cast_if_present<BlockArgument>(term.of);
    if (term.kind != Term::Same || !argument)
      return std::nullopt;
    old.push_back(argument.getArgNumber());
  }
  return zeros.takeVector();
}

std::optional<RowUpdate> matchRowUpdate(linalg::GenericOp op) {
  if (op.getNumLoops() != 2 || op.getNumReductionLoops() != 0)
    return std::nullopt;
  RowUpdate update;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    bool isInit = op.isDpsInit(&operand);
    if (isInit && (op.payloadUsesValueFromOperand(&operand) || !map.isIdentity()))
      return std::nullopt;
    if (isInit || !isa<RankedTensorType>(operand.get().getType()))
      continue;
    auto scatter = operand.get().getDefiningOp<nn::ScatterAddOp>();
    if (scatter && scatter.getBatchDims() == 0 && scatter->hasOneUse() && map.isIdentity()) {
      if (update.gradient)
        return std::nullopt;
      update.gradient = scatter;
      update.gradientOperand = &operand;
    }
    // The operand that says which rows were looked up.
    bool isOfRows = op->hasAttr(rowUpdateAttrName) && map.getNumResults() == 1;
    if (!map.isIdentity() && map.getNumResults() != 0 && !isOfRows)
      return std::nullopt;
  }
  if (!update.gradient)
    return std::nullopt;
  SmallVector<unsigned> old;
  std::optional<SmallVector<Value>> zeros =
      Follow(op).run(update.gradientOperand->getOperandNumber(), old);
  if (!zeros)
    return std::nullopt;
  update.zeros = std::move(*zeros);
  for (unsigned number : old)
    update.old.push_back(&op->getOpOperand(number));
  return update;
}

} // namespace nnc
