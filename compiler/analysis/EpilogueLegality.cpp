// Recognises the body of a contraction, and checks a consumer's loops, operands and operations for
// the form of an epilogue.
#include "compiler/analysis/EpilogueLegality.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nnc {

bool multipliesAndAdds(Block &body) {
  if (body.getNumArguments() != 3)
    return false;
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  for (bool flip : {false, true}) {
    auto product = (flip ? sum.getRhs() : sum.getLhs()).getDefiningOp<arith::MulFOp>();
    Value other = flip ? sum.getLhs() : sum.getRhs();
    if (!product || other != body.getArgument(2))
      continue;
    Value a = product.getLhs(), b = product.getRhs();
    if ((a == body.getArgument(0) && b == body.getArgument(1)) ||
        (a == body.getArgument(1) && b == body.getArgument(0)))
      return true;
  }
  return false;
}

bool isContraction(linalg::LinalgOp op) {
  return op.getNumReductionLoops() != 0 && op.getNumDpsInputs() == 2 && op.getNumDpsInits() == 1 &&
         multipliesAndAdds(*op.getBlock());
}

OpOperand *resultOperand(linalg::LinalgOp contraction, linalg::LinalgOp consumer) {
  Value result = contraction.hasPureBufferSemantics() ? contraction.getDpsInits()[0]
                                                      : contraction->getResult(0);
  OpOperand *found = nullptr;
  for (OpOperand *input : consumer.getDpsInputOperands()) {
    if (input->get() != result)
      continue;
    if (found)
      return nullptr;
    found = input;
  }
  return found;
}

bool isScalar(Value value) {
  auto type = dyn_cast<ShapedType>(value.getType());
  return !type || type.getRank() == 0;
}

static Type elementType(Value value) { return getElementTypeOrSelf(value.getType()); }

EpilogueObstacle epilogueObstacle(linalg::LinalgOp contraction, linalg::LinalgOp consumer) {
  if (!isContraction(contraction))
    return EpilogueObstacle::NoContraction;
  if (consumer.getNumReductionLoops() != 0)
    return EpilogueObstacle::Sums;
  OpOperand *read = resultOperand(contraction, consumer);
  if (!read || !consumer.getMatchingIndexingMap(read).isPermutation())
    return EpilogueObstacle::Reads;
  Type type = elementType(read->get());
  for (OpOperand &operand : consumer->getOpOperands()) {
    bool output = consumer.isDpsInit(&operand);
    AffineMap map = consumer.getMatchingIndexingMap(&operand);
    if (!output && isScalar(operand.get()))
      continue;
    if (elementType(operand.get()) != type)
      return EpilogueObstacle::ElementType;
    if (!map.isProjectedPermutation() || (output && !map.isPermutation()) ||
        (output && consumer.payloadUsesValueFromOperand(&operand)))
      return EpilogueObstacle::Places;
  }
  bool vectors = llvm::all_of(consumer.getBlock()->without_terminator(), [](Operation &operation) {
    return isa<arith::ConstantOp>(operation) ||
           (OpTrait::hasElementwiseMappableTraits(&operation) &&
            llvm::all_of(operation.getResultTypes(), llvm::IsaPred<FloatType, IntegerType>));
  });
  return vectors ? EpilogueObstacle::None : EpilogueObstacle::Arithmetic;
}

} // namespace nnc
