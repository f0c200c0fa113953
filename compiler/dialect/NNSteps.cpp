// The step rules of the operations: their computation at one position of a sequence, and the values
// of earlier positions that they cache.
#include "compiler/dialect/DimCorrespondence.h"
#include "compiler/dialect/NNBuilders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace nnc::nn;

#define NN_STEP_RULE(OP) LogicalResult OP::buildStep(StepBuilder &step)

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

using nnc::nn::detail::looksAhead, nnc::nn::detail::rebuild;

Value nnc::nn::detail::rebuild(OpBuilder &builder, Operation *op, ValueRange operands, int64_t dim,
                               int64_t count) {
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(operands);
  state.addAttributes(op->getAttrs());
  state.addTypes(withDimSize(typeOf(op->getResult(0)), dim, count));
  return builder.create(state)->getResult(0);
}

/// The operation on values without a dimension of positions.
static LogicalResult buildWhole(Operation *op, StepBuilder &step) {
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, step.inStep(operand));
  Operation *copy = step.step.clone(*op, mapping);
  for (auto [result, value] : llvm::zip_equal(op->getResults(), copy->getResults())) {
    StepForm form;
    form.kind = StepForm::Newest;
    form.value = value;
    step.set(result, form);
  }
  return success();
}

//===-- Row by row ----------------------------------------------------------------------------===//

LogicalResult nnc::nn::detail::buildStepByRows(Operation *op, StepBuilder &step) {
  DimCorrespondence dims(op);
  SmallVector<int64_t, 2> found; // dimensions of positions in the result
  bool hasNewest = false;
  StepForm form;
  form.kind = StepForm::Rows;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    StepForm given = step.formOf(operand);
    hasNewest |= given.kind == StepForm::Newest;
    for (int64_t dim : given.dims()) {
      std::optional<int64_t> to = dims.inResult(i, dim);
      if (!to)
        return nnc::nn::detail::buildStepOverPositions(op, step);
      form.positions = found.empty() ? given.positions : std::min(form.positions, given.positions);
      if (!llvm::is_contained(found, *to))
        found.push_back(*to);
    }
  }
  if (found.empty())
    return buildWhole(op, step);
  if (hasNewest)
    return step.refuse(op, "uses a value of the last position at earlier positions");

  form.dim = found[0];
  if (found.size() > 1) {
    if (found.size() > 2)
      return step.refuse(op, "compares more than two positions with each other");
    form.kind = StepForm::Pairs;
    form.otherDim = found[1];
    step.set(op->getResult(0), form);
    return success();
  }
  if (op->getNumOperands() == 1) {
    StepForm given = step.formOf(op->getOperand(0));
    form.shift = given.shift;
    form.value = rebuild(step.step, op, given.value, form.dim, step.positionsOfStep());
    if (given.before)
      form.before = rebuild(step.begin, op, given.before, form.dim, given.shift);
  } else {
    SmallVector<Value> operands;
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      std::optional<int64_t> from = dims.inOperand(i, form.dim);
      operands.push_back(from ? step.rows(operand, *from) : step.inStep(operand));
    }
    form.value = rebuild(step.step, op, operands, form.dim, step.positionsOfStep());
  }
  step.set(op->getResult(0), form);
  return success();
}

//===-- Shifts along the positions ------------------------------------------------------------===//

/// The rows `first` and `second`, one after the other, in the begin function; either may be null.
static Value joined(StepBuilder &step, Location location, Value first, Value second, int64_t dim) {
  if (!first || !second)
    return first ? first : second;
  return ConcatOp::create(step.begin, location, ValueRange{first, second}, dim);
}

NN_STEP_RULE(SliceOp) {
  StepForm form = step.formOf(getOperand());
  if (form.kind == StepForm::Newest)
    return buildWhole(*this, step);
  int64_t dim = form.dim, offset = getOffsets()[dim], size = getSizes()[dim];
  int64_t extent = getOperand().getType().getDimSize(dim);
  auto sliced = [&](OpBuilder &builder, Value value) -> Value {
    SmallVector<int64_t> offsets(getOffsets()), sizes(getSizes());
    offsets[dim] = 0;
    sizes[dim] = typeOf(value).getDimSize(dim);
    SmallVector<int64_t> strides(getStrides());
    strides[dim] = 1;
    return SliceOp::create(builder, getLoc(), value, offsets, sizes, strides);
  };
  // The last row is the current row of a sequence that ends here; the operand may have rows behind
  // it.
  int64_t newest = form.positions - 1 + form.shift;
  if (size == 1 && extent > 1 && offset <= newest && offset >= form.positions - 1) {
    step.setSequential();
    Value rows = step.newestRows(getOperand(), newest - offset);
    form.kind = StepForm::Newest;
    form.value = sliced(step.step, buildPart(step.step, withoutName(getLoc()), rows, dim, 0, 1));
    step.set(getResult(), form);
    return success();
  }
  if (getStrides()[dim] != 1)
    return step.refuse(*this, "takes one of every " + Twine(getStrides()[dim]) + " positions");
  if (size == 1 && extent > 1)
    return step.refuse(*this, "takes one position out of the sequence");
  if (offset > form.shift)
    return step.refuse(*this, looksAhead);
  Location location = withoutName(getLoc());
  form.value = sliced(step.step, form.value);
  form.positions = std::min(form.positions, size);
  if (form.before && offset < form.shift)
    form.before = sliced(
        step.begin, buildPart(step.begin, location, form.before, dim, offset, form.shift - offset));
  form.shift -= offset;
  step.set(getResult(), form);
  return success();
}

NN_STEP_RULE(PadOp) {
  StepForm form = step.formOf(getOperand());
  if (form.kind == StepForm::Newest)
    return buildWhole(*this, step);
  int64_t dim = form.dim, added = getLow()[dim];
  auto padded = [&](OpBuilder &builder, Value value) -> Value {
    SmallVector<int64_t> low(getLow()), high(getHigh());
    low[dim] = high[dim] = 0;
    return PadOp::create(builder, getLoc(), value, low, high, getValue());
  };
  form.value = padded(step.step, form.value);
  Location location = withoutName(getLoc());
  Value before = form.before ? padded(step.begin, form.before) : Value();
  Value first;
  if (added)
    first = buildSplat(step.begin, location, withDimSize(getType(), dim, added),
                       getValue().convertToDouble());
  form.before = joined(step, location, first, before, dim);
  form.shift += added;
  step.set(getResult(), form);
  return success();
}

// A timeless value in front of a sequence shifts the sequence to later positions.
NN_STEP_RULE(ConcatOp) {
  int64_t dim = getDim();
  std::optional<unsigned> moving;
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    StepForm form = step.formOf(input);
    if (form.kind != StepForm::Rows || form.dim != dim)
      continue;
    if (moving)
      return step.refuse(*this, "appends positions to the whole sequence");
    moving = i;
  }
  if (!moving)
    return nnc::nn::detail::buildStepByRows(*this, step);
  Location location = withoutName(getLoc());
  StepForm form = step.formOf(getInputs()[*moving]);
  for (Value input : llvm::reverse(getInputs().take_front(*moving))) {
    if (!step.isTimeless(input))
      return step.refuse(*this, "prepends a value that depends on the tokens to the sequence");
    form.before = joined(step, location, step.inBegin(input), form.before, dim);
    form.shift += typeOf(input).getDimSize(dim);
  }
  step.set(getResult(), form);
  return success();
}

NN_STEP_RULE(ReverseOp) {
  StepForm form = step.formOf(getOperand());
  if (form.kind == StepForm::Rows && llvm::is_contained(getDims(), form.dim))
    return step.refuse(*this, looksAhead);
  return nnc::nn::detail::buildStepByRows(*this, step);
}

NN_STEP_RULE(WindowsOp) {
  StepForm form = step.formOf(getOperand());
  const auto *at = llvm::find(getDims(), form.dim);
  if (form.kind == StepForm::Newest || at == getDims().end())
    return nnc::nn::detail::buildStepByRows(*this, step);
  unsigned number = at - getDims().begin();
  if (getStrides()[number] != 1)
    return step.refuse(*this, "takes one of every " + Twine(getStrides()[number]) + " positions");
  int64_t reach = (getSizes()[number] - 1) * getDilations()[number];
  if (reach > form.shift)
    return step.refuse(*this, looksAhead);
  auto windows = [&](OpBuilder &builder, Value value) -> Value {
    return WindowsOp::create(builder, getLoc(), value, getDims(), getSizes(), getStrides(),
                             getDilations());
  };
  form.value = windows(step.step, step.newestRows(getOperand(), reach));
  form.before = form.shift > reach ? windows(step.begin, form.before) : Value();
  form.shift -= reach;
  step.set(getResult(), form);
  return success();
}

//===-- Loops over the positions --------------------------------------------------------------===//

NN_STEP_RULE(ArgsortOp) {
  StepForm form = step.formOf(getOperand());
  if (form.kind == StepForm::Rows && form.dim == int64_t(getDim()))
    return step.refuse(*this, looksAhead);
  return nnc::nn::detail::buildStepByRows(*this, step);
}

NN_STEP_RULE(SoftmaxOp) {
  StepForm form = step.formOf(getOperand());
  for (int64_t s : form.dims()) {
    if (!llvm::is_contained(getDims(), s))
      continue;
    int64_t t = form.dim == s ? form.otherDim : form.dim;
    if (form.kind != StepForm::Pairs || llvm::is_contained(getDims(), t) ||
        !step.mask.isAhead(getOperand(), t, s, -std::numeric_limits<double>::infinity()))
      return step.refuse(*this, nnc::nn::detail::sumsAhead);
  }
  return nnc::nn::detail::buildStepByRows(*this, step);
}

NN_STEP_RULE(CumulativeSumOp) {
  StepForm form = step.formOf(getOperand());
  if (form.kind == StepForm::Newest || form.dim != int64_t(getDim()))
    return nnc::nn::detail::buildStepByRows(*this, step);
  Location location = withoutName(getLoc());
  Value row = step.rows(getOperand(), form.dim);
  step.setSequential();
  StepCache &sum =
      step.addCache("sum", getResult(), buildSplat(step.begin, location, row.getType(), 0));
  sum.next = AddOp::create(step.step, getLoc(), sum.argument, row);
  form.value = sum.next;
  form.before = {};
  form.shift = 0;
  step.set(getResult(), form);
  return success();
}

// The carries are the cache, and the block is the step.
NN_STEP_RULE(ScanOp) {
  std::optional<int64_t> positions;
  bool hasNewest = false;
  for (auto [i, operand] : llvm::enumerate(getOperands())) {
    StepForm form = step.formOf(operand);
    hasNewest |= form.kind == StepForm::Newest;
    if (form.kind != StepForm::Rows)
      continue;
    if (i >= getSequences().size())
      return step.refuse(*this, "takes the whole sequence as an initial value or an invariant");
    if (form.dim != 0)
      return step.refuse(*this, "runs over another dimension than that of the positions");
    positions = positions ? std::min(*positions, form.positions) : form.positions;
  }
  if (!positions)
    return buildWhole(*this, step);
  if (hasNewest)
    return step.refuse(*this, "uses a value of the last position at earlier positions");
  if (getReverse())
    return step.refuse(*this, looksAhead);

  Location location = withoutName(getLoc());
  OpBuilder &builder = step.step;
  IRMapping mapping;
  for (auto [argument, sequence] : llvm::zip_equal(getSequenceArguments(), getSequences()))
    mapping.map(argument,
                ReshapeOp::create(builder, location, argument.getType(), step.rows(sequence, 0)));
  for (auto [argument, invariant] : llvm::zip_equal(getInvariantArguments(), getInvariants()))
    mapping.map(argument, step.inStep(invariant));
  SmallVector<StepCache *> carries;
  step.setSequential();
  for (auto [argument, init] : llvm::zip_equal(getCarryArguments(), getInits())) {
    carries.push_back(&step.addCache("carry", argument, step.inBegin(init)));
    mapping.map(argument, carries.back()->argument);
  }
  for (Operation &inner : getBlock()->without_terminator())
    builder.clone(inner, mapping);

  StepForm form;
  form.kind = StepForm::Rows;
  form.positions = *positions;
  auto row = [&](OpBuilder &builder, Value value) -> Value {
    return ReshapeOp::create(builder, location, withBatchDim(value.getType(), 1), value);
  };
  for (auto [emit, value] : llvm::zip_equal(getEmits(), getYield().getEmits())) {
    form.value = row(builder, mapping.lookup(value));
    step.set(emit, form);
  }
  form.shift = 1; // row t + 1 of a trace is the carry after step t
  for (auto [trace, value, carry] :
       llvm::zip_equal(getTraces(), getYield().getCarries(), carries)) {
    carry->next = mapping.lookup(value);
    form.value = row(builder, carry->next);
    form.before = row(step.begin, carry->initial);
    step.set(trace, form);
  }
  return success();
}
