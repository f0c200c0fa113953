// Clones operations with the form's shape; constants and scalars become vectors of equal lanes.
#include "compiler/kernels/contraction/ElementBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nnc {

static Value splat(OpBuilder &builder, Location loc, Value scalar, VectorType form) {
  auto type = VectorType::get(form.getShape(), scalar.getType());
  TypedAttr constant;
  if (matchPattern(scalar, m_Constant(&constant)))
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, Attribute(constant)));
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

Value ElementBody::lookup(OpBuilder &builder, Location loc, Value value) {
  Value &known = values[value];
  if (!known)
    known = value;
  if (auto vector = dyn_cast<VectorType>(form); vector && !isa<VectorType>(known.getType()))
    known = splat(builder, loc, known, vector);
  return known;
}

SmallVector<Value> ElementBody::yielded(OpBuilder &builder, Location loc) {
  auto vector = dyn_cast<VectorType>(form);
  for (Operation &operation : block.without_terminator()) {
    if (llvm::all_of(operation.getResults(), [&](Value result) { return values.contains(result); }))
      continue;
    SmallVector<Value> operands;
    SmallVector<Type> types;
    for (Value operand : operation.getOperands())
      operands.push_back(lookup(builder, loc, operand));
    for (Type type : operation.getResultTypes())
      types.push_back(vector ? VectorType::get(vector.getShape(), type) : type);
    // A constant of the body is one of its own in the other form.
    if (operation.hasTrait<OpTrait::ConstantLike>()) {
      set(operation.getResult(0), builder.clone(operation)->getResult(0));
      continue;
    }
    OperationState state(operation.getLoc(), operation.getName(), operands, types,
                         operation.getAttrs());
    Operation *clone = builder.create(state);
    for (auto [old, value] : llvm::zip(operation.getResults(), clone->getResults()))
      values[old] = value;
  }
  return llvm::map_to_vector(block.getTerminator()->getOperands(),
                             [&](Value value) { return lookup(builder, loc, value); });
}

} // namespace nnc
