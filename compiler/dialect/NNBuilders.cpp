// Builds splats, broadcasts and the definition of nn.random_normal, and reads names and kinds from
// locations and attributes.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/NNConstants.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace nnc::nn;

Location nnc::nn::withoutName(Location location) {
  while (auto named = dyn_cast<NameLoc>(location))
    location = named.getChildLoc();
  return location;
}

/// The attributes of the function argument that the value is; null for other values.
static DictionaryAttr argumentAttributes(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || !argument.getOwner()->isEntryBlock())
    return {};
  auto function = dyn_cast_or_null<FunctionOpInterface>(argument.getOwner()->getParentOp());
  return function ? function.getArgAttrDict(argument.getArgNumber()) : DictionaryAttr();
}

std::optional<Kind> nnc::nn::kindIn(DictionaryAttr attributes) {
  auto kind = attributes ? attributes.getAs<KindAttr>(kindAttrName) : KindAttr();
  return kind ? std::optional(kind.getValue()) : std::nullopt;
}

int64_t nnc::nn::rowsOfSteps(Operation *function) {
  auto rows = function->getAttrOfType<IntegerAttr>(rowsAttrName);
  return rows && function->hasAttr(stepsAttrName) ? rows.getInt() : 1;
}

std::optional<Kind> nnc::nn::kindOf(Value value) { return kindIn(argumentAttributes(value)); }

StringRef nnc::nn::nameOf(Value value) {
  DictionaryAttr attributes = argumentAttributes(value);
  auto text = attributes ? attributes.getAs<StringAttr>(nameAttrName) : StringAttr();
  if (text && !text.empty())
    return text.getValue();
  if (auto named = dyn_cast<NameLoc>(value.getLoc()))
    return named.getName().getValue();
  return {};
}

bool nnc::nn::isFloat(Value value) {
  return isa<FloatType>(cast<RankedTensorType>(value.getType()).getElementType());
}

RankedTensorType nnc::nn::withBatchDim(Type type, int64_t batch) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape{batch};
  llvm::append_range(shape, tensor.getShape());
  return tensor.clone(shape);
}

RankedTensorType nnc::nn::withDimSize(RankedTensorType type, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return type.clone(shape);
}

SmallVector<int64_t> nnc::nn::consecutiveDims(int64_t rank, int64_t offset) {
  return llvm::to_vector(llvm::seq<int64_t>(offset, offset + rank));
}

SmallVector<int64_t> nnc::nn::otherDims(ArrayRef<int64_t> dims, int64_t rank) {
  SmallVector<int64_t> others;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(dims, dim))
      others.push_back(dim);
  return others;
}

Value nnc::nn::buildSplat(OpBuilder &builder, Location location, Type type, double value) {
  auto tensor = cast<RankedTensorType>(type);
  return ConstantOp::create(builder, location,
                            makeConstant(tensor, makeScalar(tensor.getElementType(), value)));
}

std::optional<double> nnc::nn::matchSplat(Value value) {
  while (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getOperand();
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  std::optional<Scalar> scalar = readSplat(attribute);
  if (!scalar)
    return std::nullopt;
  return isFloat(value) ? scalar->real : static_cast<double>(scalar->integer);
}

Value nnc::nn::buildBroadcast(OpBuilder &builder, Location location, Value value,
                              ArrayRef<int64_t> dims, Type type) {
  if (value.getType() == type)
    return value;
  return BroadcastOp::create(builder, location, type, value, dims);
}

Value nnc::nn::buildUnreduced(OpBuilder &builder, Location location, Value value,
                              ArrayRef<int64_t> reducedDims, Type type) {
  return buildBroadcast(builder, location, value,
                        otherDims(reducedDims, cast<RankedTensorType>(type).getRank()), type);
}

Value nnc::nn::buildWithBatchDim(OpBuilder &builder, Location location, Value value, bool batched,
                                 int64_t batch) {
  if (batched)
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  return BroadcastOp::create(builder, location, withBatchDim(type, batch), value,
                             consecutiveDims(type.getRank(), 1));
}

Value nnc::nn::buildPart(OpBuilder &builder, Location location, Value value, int64_t dim,
                         int64_t first, int64_t count) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> offsets(type.getRank(), 0), sizes(type.getShape()),
      strides(type.getRank(), 1);
  offsets[dim] = first;
  sizes[dim] = count;
  return SliceOp::create(builder, location, value, offsets, sizes, strides);
}

Value nnc::nn::buildRows(OpBuilder &builder, Location location, Value value, int64_t first,
                         int64_t count) {
  return buildPart(builder, location, value, 0, first, count);
}

Value nnc::nn::buildRow(OpBuilder &builder, Location location, Value value, int64_t row) {
  auto type = cast<RankedTensorType>(value.getType());
  return ReshapeOp::create(builder, location, type.clone(type.getShape().drop_front()),
                           buildRows(builder, location, value, row, 1));
}

Value nnc::nn::expandRandomNormal(OpBuilder &builder, RandomNormalOp op) {
  Location location = withoutName(op.getLoc());
  auto uniform = [&](int64_t stream) {
    return Term(builder, location,
                RandomUniformOp::create(builder, location, op.getType(), op.getSeed(), op.getStep(),
                                        op.getLike(), stream));
  };
  Term u = uniform(op.getStream()) + 0x1p-24;
  Term v = uniform(op.getStream() + (int64_t(1) << 32));
  return (u.apply<LogOp>() * -2.0).apply<SqrtOp>() * (v * 6.283185307179586).apply<CosOp>();
}
