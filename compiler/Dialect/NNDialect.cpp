#include "compiler/Dialect/NN.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "compiler/Dialect/NNDialect.cpp.inc"
#include "compiler/Dialect/NNEnums.cpp.inc"
#include "compiler/Dialect/NNInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/NNOps.cpp.inc"

using namespace mlir;
using namespace nnc::nn;

void NNDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/NNOps.cpp.inc"
      >();
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                          Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, location, elements);
}

bool nnc::nn::detail::isUsable(RankedTensorType type) {
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape()) {
    if (size < 1 || size > largestTensorBytes / bytes)
      return false;
    bytes *= size;
  }
  return true;
}

LogicalResult nnc::nn::detail::verifyInferredType(Operation *op) {
  SmallVector<Type> types;
  if (failed(cast<InferTypeOpInterface>(op).inferReturnTypes(
          op->getContext(), op->getLoc(), op->getOperands(), op->getDiscardableAttrDictionary(),
          op->getPropertiesStorage(), op->getRegions(), types)))
    return failure();
  if (types.front() != op->getResult(0).getType())
    return op->emitOpError("has result ")
           << op->getResult(0).getType() << ", but its operands give " << types.front();
  return success();
}

LogicalResult GradientOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                           ValueRange operands, DictionaryAttr, OpaqueProperties,
                                           RegionRange, SmallVectorImpl<Type> &types) {
  llvm::append_range(types, TypeRange(operands.drop_front()));
  return success();
}

LogicalResult RandomNormalOp::verify() {
  if (getStream() >= (int64_t(1) << 32))
    return emitOpError("has stream ") << getStream() << ", but streams are below 2^32";
  return success();
}
