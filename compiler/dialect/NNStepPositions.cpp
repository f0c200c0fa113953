// The step rule of sums over positions, such as attention: at position t they read the rows of the
// positions up to t, which steps store in the cache, and a mask leaves out the others.
#include "compiler/dialect/DimCorrespondence.h"
#include "compiler/dialect/NNBuilders.h"

using namespace mlir;
using namespace nnc::nn;

static RankedTensorType rankedTypeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

bool nnc::nn::detail::isPairwise(Operation *op) {
  return op->hasTrait<OpTrait::Elementwise>() ||
         isa<BroadcastOp, ReshapeOp, TransposeOp, ContractOp, SoftmaxOp, ReduceSumOp, ReduceMaxOp,
             ReduceMinOp, ReduceProdOp>(op);
}

// The rows behind the current position are 0, or those of an earlier sequence: sums leave them out.
Value StepBuilder::allRows(Value value) {
  Value &known = rowCaches[value];
  if (known)
    return known;
  StepForm form = formOf(value);
  RankedTensorType type = rankedTypeOf(value);
  Location location = withoutName(value.getLoc());
  Value row = rows(value, form.dim);
  StepCache &cache = addCache("rows", value, buildSplat(begin, location, type, 0));

  int64_t extent = type.getDimSize(form.dim);
  fewestRows = fewestRows ? std::min(fewestRows, extent) : extent;
  // For each row of the cache, the number of the row of this step that belongs there, if in range.
  auto vector = RankedTensorType::get({extent}, step.getI32Type());
  Term number(step, location,
              SubOp::create(step, location, IotaOp::create(step, location, vector, 0),
                            buildPosition(vector)));
  Value isNew = number.compare(ComparePredicate::eq, number.number(0));
  SmallVector<int64_t> others = otherDims({form.dim}, type.getRank()), shape;
  for (int64_t dim : others)
    shape.push_back(type.getDimSize(dim));
  Value stored;
  if (count == 1) {
    Value flat = ReshapeOp::create(step, location, type.clone(shape), row);
    stored = buildBroadcast(step, location, flat, others, type);
  } else {
    isNew = AndOp::create(step, location, number.compare(ComparePredicate::ge, number.number(0)),
                          number.compare(ComparePredicate::lt, number.number(double(count))));
    SmallVector<int64_t> order = consecutiveDims(type.getRank());
    std::swap(order[0], order[form.dim]);
    if (form.dim != 0)
      row = TransposeOp::create(step, location, row, order);
    stored = GatherOp::create(step, location, row, number, 0);
    if (form.dim != 0)
      stored = TransposeOp::create(step, location, stored, order);
  }
  cache.next = SelectOp::create(
      step, location,
      buildBroadcast(step, location, isNew, {form.dim}, type.clone(step.getI1Type())), stored,
      cache.argument);
  return known = cache.next;
}

Value StepBuilder::against(Value value, std::optional<int64_t> t, std::optional<int64_t> s) {
  StepForm form = formOf(value);
  if (form.kind == StepForm::Newest)
    return {};
  bool isTimeless = form.kind == StepForm::Timeless, isRows = form.kind == StepForm::Rows;
  if (t && (isTimeless || (isRows && form.dim == *t)))
    return rows(value, *t);
  if (!t && isTimeless)
    return inStep(value);
  if (!t)
    return isRows && s && form.dim == *s ? allRows(value) : Value();

  Operation *op = value.getDefiningOp();
  auto softmax = dyn_cast_if_present<SoftmaxOp>(op);
  if (!s || !op || !nnc::nn::detail::isPairwise(op) ||
      (softmax && llvm::is_contained(softmax.getDims(), *t)))
    return {};
  if (Value known = pairs.lookup({value, {*t, *s}}))
    return known;
  DimCorrespondence dims(op);
  SmallVector<Value> operands;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    operands.push_back(against(operand, dims.inOperand(i, *t), dims.inOperand(i, *s)));
    if (!operands.back())
      return {};
  }
  return pairs[{value, {*t, *s}}] =
             nnc::nn::detail::rebuild(step, op, operands, *t, positionsOfStep());
}

namespace {

/// One operation that sums over a dimension of positions.
class SumOverPositions {
public:
  SumOverPositions(Operation *op, StepBuilder &step)
      : op(op), step(step), dims(op), summed(op->getNumOperands()) {}

  LogicalResult build() {
    if (failed(findDims()))
      return failure();
    if (!t && !findCurrent())
      return step.refuse(op, Twine(nnc::nn::detail::looksAhead) +
                                 ", since it is computed from all of them");
    if (!leavesOutLater(*t))
      return step.refuse(op, nnc::nn::detail::sumsAhead);
    SmallVector<Value> operands;
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      operands.push_back(step.against(operand, dims.inOperand(i, *t), summed[i]));
      if (!operands.back())
        return step.refuse(op, "cannot be computed from the rows of the positions up to t");
    }
    StepForm form;
    form.kind = StepForm::Rows;
    form.dim = *t;
    form.positions = positions;
    form.value = nnc::nn::detail::rebuild(step.step, op, operands, *t, step.positionsOfStep());
    step.set(op->getResult(0), form);
    return success();
  }

private:
  /// Finds the dimension that is summed over, and t if an operand has two dimensions of positions.
  LogicalResult findDims() {
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      StepForm form = step.formOf(operand);
      for (int64_t dim : form.dims()) {
        positions = positions ? std::min(positions, form.positions) : form.positions;
        std::optional<int64_t> to = dims.inResult(i, dim);
        if (to && t && t != to)
          return step.refuse(op, "compares more than two positions with each other");
        if (to) {
          t = to;
          continue;
        }
        for (unsigned other = 0; other < summed.size(); ++other) {
          std::optional<int64_t> same =
              other == i ? std::optional(dim) : dims.inOther(i, dim, other);
          if (same && summed[other].value_or(*same) != *same)
            return step.refuse(op, Twine(nnc::nn::detail::looksAhead) +
                                       ", since it sums over two of them");
          if (same)
            summed[other] = same;
        }
      }
    }
    return success();
  }

  /// Finds t, where only one operand has positions: a dimension of another operand, such as a mask.
  bool findCurrent() {
    for (int64_t dim = 0, rank = rankedTypeOf(op->getResult(0)).getRank(); dim < rank && !t; ++dim)
      if (leavesOutLater(dim))
        t = dim;
    return t.has_value();
  }

  /// Whether the sum at t does not depend on the elements at s > t.
  bool leavesOutLater(int64_t current) {
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      std::optional<int64_t> dim = dims.inOperand(i, current);
      if (!dim || !summed[i])
        continue;
      if (std::optional<double> number = neutral();
          number && step.mask.isAhead(operand, *dim, *summed[i], *number))
        return true;
    }
    return false;
  }

  std::optional<double> neutral() const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (isa<ContractOp, ReduceSumOp>(op))
      return 0;
    if (isa<ReduceMaxOp>(op))
      return -infinity;
    if (isa<ReduceMinOp>(op))
      return infinity;
    return isa<ReduceProdOp>(op) ? std::optional<double>(1) : std::nullopt;
  }

  Operation *op;
  StepBuilder &step;
  DimCorrespondence dims;
  SmallVector<std::optional<int64_t>> summed; // the dimension s of each operand
  std::optional<int64_t> t;                   // in the result
  int64_t positions = 0;
};

} // namespace

LogicalResult nnc::nn::detail::buildStepOverPositions(Operation *op, StepBuilder &step) {
  return SumOverPositions(op, step).build();
}
