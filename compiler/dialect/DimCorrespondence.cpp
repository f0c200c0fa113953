// Implements DimCorrespondence: by the labels of a contraction, else by the ties.
#include "compiler/dialect/DimCorrespondence.h"

using namespace mlir;
using namespace nnc::nn;

DimCorrespondence::DimCorrespondence(Operation *op) : op(op), contract(dyn_cast<ContractOp>(op)) {
  if (!contract)
    cast<Permutable>(op).tieDims(*this);
}

void DimCorrespondence::tie(Value a, int64_t aDim, Value b, int64_t bDim, Strength) {
  ties.push_back({{a, aDim}, {b, bDim}});
}

static std::optional<int64_t> findLabel(int64_t label, ArrayRef<int64_t> labels) {
  const auto *at = llvm::find(labels, label);
  return at == labels.end() ? std::nullopt : std::optional<int64_t>(at - labels.begin());
}

std::optional<int64_t> DimCorrespondence::inResult(unsigned operand, int64_t dim) const {
  if (contract)
    return findLabel(labelsOf(operand)[dim], contract.getResultLabels());
  return find(op->getOperand(operand), dim, op->getResult(0));
}

std::optional<int64_t> DimCorrespondence::inOperand(unsigned operand, int64_t dim) const {
  if (contract)
    return findLabel(contract.getResultLabels()[dim], labelsOf(operand));
  return find(op->getResult(0), dim, op->getOperand(operand));
}

std::optional<int64_t> DimCorrespondence::inOther(unsigned from, int64_t dim, unsigned to) const {
  return contract ? findLabel(labelsOf(from)[dim], labelsOf(to)) : std::nullopt;
}

std::optional<int64_t> DimCorrespondence::find(Value value, int64_t dim, Value other) const {
  for (const auto &[one, two] : ties) {
    if (one == std::pair(value, dim) && two.first == other)
      return two.second;
    if (two == std::pair(value, dim) && one.first == other)
      return one.second;
  }
  return std::nullopt;
}

// Ties name values, so they do not distinguish the operands of a contraction of a value with
// itself.
ArrayRef<int64_t> DimCorrespondence::labelsOf(unsigned operand) const {
  return operand == 0 ? contract.getLhsLabels() : contract.getRhsLabels();
}
