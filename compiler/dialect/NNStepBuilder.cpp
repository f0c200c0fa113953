// Implements StepBuilder: timeless values, rows of values, and the cache.
#include "compiler/dialect/DimCorrespondence.h"
#include "compiler/dialect/NNBuilders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace nnc::nn;

LogicalResult StepBuilder::refuse(Operation *op, const Twine &reason) {
  return emitError(op->getLoc()) << stepErrorPrefix << reason;
}

void StepBuilder::addArgument(Value value, Value inBegin, Value inStep) {
  begun[value] = inBegin;
  if (inStep)
    stepped[value] = inStep;
}

StepCache &StepBuilder::addCache(StringRef kind, Value named, Value initial) {
  StringRef name = nameOf(named);
  if (name.empty() && named.getDefiningOp())
    name = named.getDefiningOp()->getName().stripDialect();
  std::string base = name.empty() ? kind.str() : (kind + "." + name).str(), unique = base;
  auto isTaken = [&] {
    return llvm::any_of(cacheList, [&](auto &other) { return other->name == unique; });
  };
  for (int number = 2; isTaken(); ++number)
    unique = base + "_" + std::to_string(number);
  Value argument = step.getInsertionBlock()->addArgument(
      initial.getType(), NameLoc::get(step.getStringAttr(unique), withoutName(named.getLoc())));
  cacheList.push_back(std::make_unique<StepCache>(StepCache{unique, initial, argument, {}}));
  return *cacheList.back();
}

//===-- Timeless values -----------------------------------------------------------------------===//

/// Clones the operation of `result`, with operands from `find`; returns the clone's result.
static Value cloneWith(OpBuilder &builder, OpResult result, llvm::function_ref<Value(Value)> find) {
  Operation *op = result.getOwner();
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, find(operand));
  return builder.clone(*op, mapping)->getResult(result.getResultNumber());
}

Value StepBuilder::inBegin(Value value) {
  if (Value known = begun.lookup(value))
    return known;
  Value built =
      cloneWith(begin, cast<OpResult>(value), [&](Value operand) { return inBegin(operand); });
  return begun[value] = built;
}

bool StepBuilder::isCheap(Value value) const {
  Operation *op = value.getDefiningOp();
  if (!op)
    return stepped.contains(value);
  return isa<ConstantOp, IotaOp, BroadcastOp, ReshapeOp, SliceOp>(op) &&
         llvm::all_of(op->getOperands(), [this](Value operand) { return isCheap(operand); });
}

Value StepBuilder::inStep(Value value) {
  if (!isTimeless(value))
    return formOf(value).value;
  if (Value known = stepped.lookup(value))
    return known;
  Value built = isCheap(value) ? cloneWith(step, cast<OpResult>(value),
                                           [&](Value operand) { return inStep(operand); })
                               : addCache("timeless", value, inBegin(value)).argument;
  return stepped[value] = built;
}

Value StepBuilder::buildPosition(RankedTensorType like) {
  Location location = position.getLoc();
  auto scalar = RankedTensorType::get({}, step.getI32Type());
  Value number = ConvertOp::create(step, withoutName(location), scalar, position);
  return buildBroadcast(step, withoutName(location), number, {}, like.clone(step.getI32Type()));
}

Value StepBuilder::buildPositions(RankedTensorType like, int64_t dim) {
  Value first = buildPosition(like);
  if (count == 1)
    return first;
  Location location = withoutName(position.getLoc());
  return AddOp::create(step, location, first,
                       IotaOp::create(step, location, like.clone(step.getI32Type()), dim));
}

bool StepBuilder::isOfIndices(Value value) {
  if (matchSplat(value))
    return true;
  auto [found, isNew] = ofIndices.try_emplace(value, false);
  if (!isNew)
    return found->second;
  Operation *op = value.getDefiningOp();
  bool result =
      op &&
      (isa<IotaOp, BroadcastOp, ReshapeOp, TransposeOp>(op) ||
       op->hasTrait<OpTrait::Elementwise>()) &&
      llvm::all_of(op->getOperands(), [&](Value operand) { return isOfIndices(operand); });
  return ofIndices[value] = result;
}

// Rows of constants, broadcasts, iotas and values computed from them are built without the whole
// value. Other values are computed as a whole before the first position, and the row is looked up.
Value StepBuilder::rowsOfTimeless(Value value, int64_t dim) {
  auto whole = cast<RankedTensorType>(value.getType());
  RankedTensorType type = withDimSize(whole, dim, count);
  Location location = value.getLoc();
  if (std::optional<double> number = matchSplat(value))
    return buildSplat(step, location, type, *number);
  if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
    const auto *at = llvm::find(broadcast.getDims(), dim);
    Value operand = at == broadcast.getDims().end()
                        ? inStep(broadcast.getOperand())
                        : rows(broadcast.getOperand(), at - broadcast.getDims().begin());
    return buildBroadcast(step, location, operand, broadcast.getDims(), type);
  }
  if (auto iota = value.getDefiningOp<IotaOp>()) {
    if (int64_t(iota.getDim()) != dim)
      return IotaOp::create(step, location, type, iota.getDim());
    Value number = buildPositions(type, dim);
    return number.getType() == type ? number : ConvertOp::create(step, location, type, number);
  }
  if (isa_and_present<ReshapeOp, TransposeOp>(value.getDefiningOp())) {
    Operation *view = value.getDefiningOp();
    if (std::optional<int64_t> from = DimCorrespondence(view).inOperand(0, dim))
      return nnc::nn::detail::rebuild(step, view, rows(view->getOperand(0), *from), dim, count);
  }
  if (Operation *op = value.getDefiningOp();
      op && op->hasTrait<OpTrait::Elementwise>() && isOfIndices(value)) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(rows(operand, dim));
    return nnc::nn::detail::rebuild(step, op, operands, dim, count);
  }
  int64_t extent = whole.getDimSize(dim);
  fewestRows = fewestRows ? std::min(fewestRows, extent) : extent;
  SmallVector<int64_t> order = consecutiveDims(type.getRank());
  std::swap(order[0], order[dim]);
  if (dim != 0) {
    OpBuilder original(value.getContext());
    original.setInsertionPointAfterValue(value);
    value = TransposeOp::create(original, location, value, order);
  }
  Value index = buildPositions(RankedTensorType::get({count}, step.getI32Type()), 0);
  Value row = GatherOp::create(step, location, inStep(value), index, 0);
  return dim == 0 ? row : TransposeOp::create(step, location, row, order);
}

//===-- Rows ----------------------------------------------------------------------------------===//

Value StepBuilder::rows(Value value, int64_t dim) {
  if (Value known = rowsTaken.lookup({value, dim}))
    return known;
  StepForm form = formOf(value);
  Value result;
  if (form.kind == StepForm::Timeless) {
    result = rowsOfTimeless(value, dim);
  } else {
    assert(form.kind == StepForm::Rows && form.dim == dim && "a value with these rows");
    result = form.shift == 0 ? form.value
                             : buildPart(step, withoutName(value.getLoc()),
                                         newestRows(value, form.shift), dim, 0, 1);
  }
  return rowsTaken[{value, dim}] = result;
}

Value StepBuilder::newestRows(Value value, int64_t count) {
  StepForm form = formOf(value);
  assert(form.kind == StepForm::Rows && count <= form.shift && "rows that are known");
  if (count == 0)
    return form.value;
  Value &known = rings[{value, count}];
  if (known)
    return known;
  Location location = withoutName(value.getLoc());
  Value initial = buildPart(begin, location, form.before, form.dim, form.shift - count, count);
  setSequential();
  StepCache &ring = addCache("ring", value, initial);
  known = ConcatOp::create(step, location, ValueRange{ring.argument, form.value}, form.dim);
  ring.next = buildPart(step, location, known, form.dim, 1, count);
  return known;
}
