// Registers the operations and attributes, verifies function signatures, and defines the checks
// that operations share.
#include "compiler/dialect/NN.h"
#include "compiler/dialect/NNShapes.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "compiler/dialect/NNDialect.cpp.inc"
#include "compiler/dialect/NNEnums.cpp.inc"
#include "compiler/dialect/NNInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/NNAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/dialect/NNOps.cpp.inc"

using namespace mlir;
using namespace nnc::nn;

void NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/dialect/NNAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/dialect/NNOps.cpp.inc"
      >();
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                          Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, location, elements);
}

/// Checks `nn.kind` and `nn.name` of an argument or a result of a function, whose type is `type`.
static LogicalResult verifySignature(Operation *op, StringRef what, unsigned index, Type type,
                                     NamedAttribute attribute, ArrayRef<Kind> kinds) {
  StringRef name = attribute.getName();
  if (name == nameAttrName && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError("has ")
           << what << " " << index << " whose " << name << " is not a string";
  if (name != kindAttrName)
    return success();
  auto kind = dyn_cast<KindAttr>(attribute.getValue());
  if (!kind)
    return op->emitOpError("has ")
           << what << " " << index << " whose " << name << " is not of the form #nn.kind<input>";
  if (!llvm::is_contained(kinds, kind.getValue()))
    return op->emitOpError("has ")
           << what << " " << index << " of kind " << stringifyKind(kind.getValue()) << ", which "
           << what << " cannot be";
  auto tensor = dyn_cast<RankedTensorType>(type);
  Type element = tensor ? tensor.getElementType() : Type();
  if (tensor &&
      (element.isF32() || element.isF64() || element.isSignlessInteger(32) ||
       element.isSignlessInteger(64) || element.isSignlessInteger(1)) &&
      nnc::nn::isUsable(tensor))
    return success();
  return op->emitOpError("has ") << what << " " << index << " of kind "
                                 << stringifyKind(kind.getValue()) << " and type " << type
                                 << "; the dialect has no such tensor type";
}

LogicalResult NNDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index,
                                                  NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  return verifySignature(op, "an argument", index, function.getArgumentTypes()[index], attribute,
                         {Kind::Parameter, Kind::Slot, Kind::State, Kind::Input,
                          Kind::ExampleWeight, Kind::Scalar, Kind::Token, Kind::Cache,
                          Kind::Total});
}

LogicalResult NNDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned index,
                                                     NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  return verifySignature(
      op, "a result", index, function.getResultTypes()[index], attribute,
      {Kind::Parameter, Kind::Slot, Kind::State, Kind::Output, Kind::ExampleOutput, Kind::Cache});
}

bool nnc::nn::isUsable(ShapedType type) {
  if (!type.getElementType().isIntOrFloat() || !type.hasRank() || !type.hasStaticShape())
    return false;
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape()) {
    if (size < 1 || size > largestTensorBytes / bytes)
      return false;
    bytes *= size;
  }
  return true;
}

int64_t nnc::nn::detail::elementsOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getNumElements();
}

int64_t nnc::nn::detail::countPairs(Value tensor, int64_t dim) {
  int64_t extent = cast<RankedTensorType>(tensor.getType()).getDimSize(dim), pairs = 0;
  return llvm::MulOverflow(elementsOf(tensor), extent, pairs) ? std::numeric_limits<int64_t>::max()
                                                              : pairs;
}

LogicalResult nnc::nn::detail::verifyDim(Operation *op, int64_t dim) {
  return checkDim(op->getLoc(), op->getName().getStringRef(), dim,
                  cast<RankedTensorType>(op->getResult(0).getType()).getRank());
}

LogicalResult nnc::nn::detail::verifyInFunction(Operation *op) {
  if (!op->getParentOp() ||
      isa<FunctionOpInterface, ScanOp, AttentionOp, AttentionGradientOp>(op->getParentOp()))
    return success();
  return op->emitOpError("stands outside of the body of a function");
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
