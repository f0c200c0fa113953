// Goes through the operations of a block from the last to the first and applies the rule of each.
#include "compiler/dialect/ReverseSweep.h"

#include "compiler/dialect/NNBuilders.h"

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

/// Whether a condition distinguishes the examples of a batch from those that pad it. The latter are
/// copies of real examples and finite where these are, so they need no protection.
static bool isExampleMask(Value condition) {
  while (auto broadcast = condition.getDefiningOp<BroadcastOp>())
    condition = broadcast.getOperand();
  auto compare = condition.getDefiningOp<CompareOp>();
  return compare && kindOf(compare.getLhs()) == Kind::ExampleWeight;
}

/// Whether only some elements of an operand reach the result, so that the cotangents of others are
/// 0.
static bool choosesElements(Operation *op) {
  if (auto select = dyn_cast<SelectOp>(op))
    return !isExampleMask(select.getCondition());
  return op->hasTrait<ChoosesElements>();
}

SmallVector<Operation *> nnc::nn::activate(Block &block, Operation *end,
                                           llvm::DenseSet<Value> &values) {
  SmallVector<Operation *> ops;
  for (Operation &op : block) {
    if (&op == end)
      break;
    if (op.hasTrait<StopsGradient>() || llvm::none_of(op.getResults(), isFloat) ||
        llvm::none_of(op.getOperands(), [&](Value operand) { return values.contains(operand); }))
      continue;
    for (Value result : op.getResults())
      if (isFloat(result))
        values.insert(result);
    ops.push_back(&op);
  }
  return ops;
}

static Operation *operationAt(OpBuilder &builder) {
  Block::iterator place = builder.getInsertionPoint();
  return place == builder.getInsertionBlock()->end() ? nullptr : &*place;
}

ReverseSweep::ReverseSweep(OpBuilder builder, ValueRange wanted, bool isDifferentiatedAgain)
    : builder(builder), end(operationAt(builder)), ranges(*builder.getInsertionBlock(), end),
      wanted(wanted.begin(), wanted.end()), active(this->wanted),
      activeOps(activate(*builder.getInsertionBlock(), end, active)),
      isDifferentiatedAgain(isDifferentiatedAgain) {}

LogicalResult ReverseSweep::run() {
  for (Operation *op : llvm::reverse(activeOps))
    if (failed(propagate(op)))
      return failure();
  return success();
}

LogicalResult ReverseSweep::propagate(Operation *op) {
  SmallVector<Value> resultCotangents;
  bool isReached = false, isChosen = true;
  for (Value result : op->getResults()) {
    Cotangent cotangent = cotangents.lookup(result);
    isReached |= cotangent.value != nullptr;
    isChosen &= cotangent.isChosen;
    resultCotangents.push_back(cotangent.value);
  }
  if (!isReached)
    return success();
  auto differentiable = dyn_cast<Differentiable>(op);
  if (!differentiable)
    return reportNoDerivative(op);
  for (auto [result, cotangent] : llvm::zip_equal(op->getResults(), resultCotangents))
    if (!cotangent)
      cotangent = buildSplat(builder, withoutName(op->getLoc()), result.getType(), 0);
  SmallVector<Value> operandCotangents;
  Operation *before = &*std::prev(builder.getInsertionPoint());
  differentiable.buildCotangents(builder, resultCotangents, operandCotangents);
  if (isChosen)
    keepZeros(op, resultCotangents.front(), before, operandCotangents);
  isChosen |= choosesElements(op);
  for (auto [operand, cotangent] : llvm::zip_equal(op->getOperands(), operandCotangents))
    if (cotangent && active.contains(operand))
      accumulate(operand, cotangent, isChosen);
  return success();
}

/// Makes the cotangents of an element-wise operation's operands 0 where that of its result is,
/// unless they are anyway. They are computed by the operations behind `before`.
void ReverseSweep::keepZeros(Operation *op, Value cotangent, Operation *before,
                             MutableArrayRef<Value> operandCotangents) {
  if (!op->hasTrait<OpTrait::Elementwise>())
    return;
  ranges.assume(cotangent, {0, 0, false});
  for (Operation *built = before->getNextNode(); built != end; built = built->getNextNode())
    ranges.add(built);
  Term d(builder, withoutName(op->getLoc()), cotangent);
  Value isZero;
  for (auto [operand, product] : llvm::zip_equal(op->getOperands(), operandCotangents)) {
    if (!product || !active.contains(operand) || ranges.of(product).isZero())
      continue;
    if (!isZero)
      isZero = d.compare(ComparePredicate::eq, d.number(0));
    Location location = withoutName(op->getLoc());
    Term term(builder, location, product);
    Value isKept = isZero;
    // Where the product is a number, its derivative by d is f'(x), also where d is 0.
    if (isDifferentiatedAgain)
      isKept = AndOp::create(builder, location, isZero, term.compare(ComparePredicate::ne, term));
    product = d.number(0).where(isKept, term);
  }
}

void ReverseSweep::accumulate(Value value, Value cotangent, bool isChosen) {
  auto &[sum, areAllChosen] = cotangents[value];
  areAllChosen &= isChosen;
  sum = sum ? AddOp::create(builder, withoutName(value.getLoc()), sum, cotangent) : cotangent;
  StringRef name = nameOf(value);
  Operation *producer = sum.getDefiningOp();
  if (name.empty() || !producer || producer->getNumResults() != 1 ||
      isa<NameLoc>(producer->getLoc()))
    return;
  producer->setLoc(NameLoc::get(builder.getStringAttr("d." + name), producer->getLoc()));
}

LogicalResult ReverseSweep::reportNoDerivative(Operation *op) const {
  Value source = op->getResult(0);
  while (!wanted.contains(source))
    source = *llvm::find_if(source.getDefiningOp()->getOperands(),
                            [&](Value operand) { return active.contains(operand); });
  std::optional<Kind> kind = kindOf(source);
  StringRef name = nameOf(source);
  InFlightDiagnostic diagnostic = op->emitOpError("has no derivative; it is on the path from ")
                                  << (kind ? stringifyKind(*kind) : "value");
  if (!name.empty())
    diagnostic << " `" << name << "`";
  return diagnostic << " to the loss";
}
