// nn-differentiate: reverse-mode differentiation of each nn.gradient.
//
// The pass runs twice. Before nn-add-batch it replaces the gradients of what is computed from one
// example: so the derivative of an example's value is by the same example's values, and examples
// that pad the batch get the derivatives of those that they copy. The gradient of a loss that
// combines the examples waits until the batch is there.
//
// An element that the loss does not depend on has a derivative of exactly 0. Its cotangent is 0,
// but 0 times an infinite or NaN local derivative is NaN. Where a local derivative may be one of
// these, the pass selects 0 instead of the product.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/transforms/Transforms.h"
#include "compiler/passes/Passes.h"
#include "compiler/transforms/ValueRanges.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace nnc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

/// Whether a condition distinguishes the examples of a batch from those that pad it. The latter are
/// copies of real examples and finite where these are, so they need no protection.
bool isExampleMask(Value condition) {
  while (auto broadcast = condition.getDefiningOp<BroadcastOp>())
    condition = broadcast.getOperand();
  auto compare = condition.getDefiningOp<CompareOp>();
  return compare && kindOf(compare.getLhs()) == Kind::ExampleWeight;
}

/// Whether only some elements of an operand reach the result, so that the cotangents of others are
/// 0.
bool choosesElements(Operation *op) {
  if (auto select = dyn_cast<SelectOp>(op))
    return !isExampleMask(select.getCondition());
  return op->hasTrait<ChoosesElements>();
}

bool combinesExamples(Operation *op) { return isa<BatchMeanOp, BatchSumOp, BatchCountOp>(op); }

/// How the values of a function that is written for one example depend on the examples.
struct ExampleDependence {
  llvm::DenseSet<Value> differing; // from example to example
  llvm::DenseSet<Value> combined;  // the same for all, and computed from all

  /// Of the values before `end`.
  ExampleDependence(Block &block, Operation *end) {
    for (BlockArgument argument : block.getArguments())
      if (kindOf(argument) == Kind::Input)
        differing.insert(argument);
    for (Operation &op : block) {
      if (&op == end)
        break;
      auto dependsOn = [&](const llvm::DenseSet<Value> &values) {
        return llvm::any_of(op.getOperands(),
                            [&](Value operand) { return values.contains(operand); });
      };
      if (!combinesExamples(&op) && dependsOn(differing))
        differing.insert(op.result_begin(), op.result_end());
      else if (combinesExamples(&op) || dependsOn(combined))
        combined.insert(op.result_begin(), op.result_end());
    }
  }
};

/// The derivative of the loss by a value, so far.
struct Cotangent {
  Value value;
  /// Whether all uses of the value choose among its elements: those that are never chosen have 0.
  bool isChosen = true;
};

/// Replaces one nn.gradient. All other nn.gradient operations that it depends on are gone.
class GradientBuilder {
public:
  /// `isDifferentiatedAgain`: whether what replaces this gradient may be on the path of another.
  GradientBuilder(GradientOp gradient, bool isDifferentiatedAgain)
      : gradient(gradient), builder(gradient), ranges(*gradient->getBlock(), gradient),
        wanted(gradient.getValues().begin(), gradient.getValues().end()),
        isDifferentiatedAgain(isDifferentiatedAgain) {}

  LogicalResult run() {
    findActive();
    if (failed(checkBatch()))
      return failure();
    Location location = withoutName(gradient.getLoc());
    Value loss = gradient.getLoss();
    accumulate(loss, buildSplat(builder, location, loss.getType(), 1), false);
    for (Operation *op : llvm::reverse(activeOps))
      if (failed(propagate(op)))
        return failure();
    for (auto [value, result] : llvm::zip_equal(gradient.getValues(), gradient.getResults())) {
      Value cotangent = cotangents.lookup(value).value;
      if (!cotangent)
        cotangent = buildSplat(builder, location, value.getType(), 0);
      result.replaceAllUsesWith(cotangent);
      // The user's name for the only result.
      if (Operation *producer = cotangent.getDefiningOp();
          producer && gradient.getNumResults() == 1 && isa<NameLoc>(gradient.getLoc()))
        producer->setLoc(gradient.getLoc());
    }
    gradient.erase();
    return success();
  }

private:
  /// Finds the floats that depend on a requested value by way of floats, and the operations that
  /// compute them, in program order. Integers and truth values are steps: their derivative is 0.
  void findActive() {
    active = wanted;
    activeOps = activate(active);
  }

  /// Adds to `values` all that depend on them; returns the operations that compute those.
  SmallVector<Operation *> activate(llvm::DenseSet<Value> &values) {
    SmallVector<Operation *> ops;
    for (Operation &op : *gradient->getBlock()) {
      if (&op == gradient.getOperation())
        break;
      if (op.hasTrait<StopsGradient>() || llvm::none_of(op.getResults(), isFloat) ||
          llvm::none_of(op.getOperands(), [&](Value operand) { return values.contains(operand); }))
        continue;
      values.insert(op.result_begin(), op.result_end());
      ops.push_back(&op);
    }
    return ops;
  }

  /// The rules of the operations that combine examples are for values of each example.
  LogicalResult checkBatch() {
    if (llvm::none_of(activeOps, combinesExamples))
      return success();
    ExampleDependence examples(*gradient->getBlock(), gradient);
    llvm::DenseSet<Value> shared, needed;
    needed.insert(gradient.getLoss());
    for (Value value : wanted)
      if (!examples.differing.contains(value))
        shared.insert(value);
    SmallVector<Operation *> ops = activate(shared);
    for (Operation *op : llvm::reverse(ops)) {
      if (llvm::none_of(op->getResults(), [&](Value result) { return needed.contains(result); }))
        continue;
      needed.insert(op->operand_begin(), op->operand_end());
      if (combinesExamples(op))
        return op->emitOpError("lies between a value that all examples share and what is "
                               "differentiated by it");
    }
    return success();
  }

  LogicalResult propagate(Operation *op) {
    if (llvm::none_of(op->getResults(), [&](Value result) { return cotangents.count(result); }))
      return success();
    auto differentiable = dyn_cast<Differentiable>(op);
    if (!differentiable)
      return reportNoDerivative(op);
    Cotangent cotangentOfResult = cotangents.lookup(op->getResult(0));
    SmallVector<Value> operandCotangents;
    Operation *before = gradient->getPrevNode();
    differentiable.buildCotangents(builder, cotangentOfResult.value, operandCotangents);
    if (cotangentOfResult.isChosen)
      keepZeros(op, cotangentOfResult.value, before, operandCotangents);
    bool isChosen = cotangentOfResult.isChosen || choosesElements(op);
    for (auto [operand, cotangent] : llvm::zip_equal(op->getOperands(), operandCotangents))
      if (cotangent && active.contains(operand))
        accumulate(operand, cotangent, isChosen);
    return success();
  }

  /// Makes the cotangents of an element-wise operation's operands 0 where that of its result is,
  /// unless they are anyway. They are computed by the operations behind `before`.
  void keepZeros(Operation *op, Value cotangent, Operation *before,
                 MutableArrayRef<Value> operandCotangents) {
    if (!op->hasTrait<OpTrait::Elementwise>())
      return;
    ranges.assume(cotangent, {0, 0, false});
    for (Operation *built = before->getNextNode(); built != gradient; built = built->getNextNode())
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

  void accumulate(Value value, Value cotangent, bool isChosen) {
    auto &[sum, areAllChosen] = cotangents[value];
    areAllChosen &= isChosen;
    sum = sum ? AddOp::create(builder, withoutName(value.getLoc()), sum, cotangent) : cotangent;
    StringRef name = nameOf(value);
    Operation *producer = sum.getDefiningOp();
    if (name.empty() || !producer || isa<NameLoc>(producer->getLoc()))
      return;
    producer->setLoc(NameLoc::get(builder.getStringAttr("d." + name), producer->getLoc()));
  }

  LogicalResult reportNoDerivative(Operation *op) const {
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

  GradientOp gradient;
  OpBuilder builder;
  ValueRanges ranges;
  llvm::DenseSet<Value> wanted, active;
  SmallVector<Operation *> activeOps;
  llvm::DenseMap<Value, Cotangent> cotangents;
  bool isDifferentiatedAgain;
};

/// Removes the operations that the rules built for operands without a requested derivative.
void eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

struct Differentiate : nnc::impl::DifferentiateBase<Differentiate> {
  void runOnOperation() override {
    if (failed(differentiate(getOperation())))
      signalPassFailure();
  }
};

} // namespace

/// Derivatives of derivatives grow exponentially with their order; this is far beyond what can be
/// compiled.
static constexpr size_t maximumOperations = 1'000'000;

LogicalResult nnc::differentiate(func::FuncOp function) {
  SmallVector<GradientOp> gradients;
  function.walk([&](GradientOp op) { gradients.push_back(op); });
  if (gradients.empty())
    return success();
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("must have one block to be differentiated");
  Block &block = function.getBody().front();
  bool anyCombined = llvm::any_of(block, [](Operation &op) { return combinesExamples(&op); });
  bool changed = false;
  for (GradientOp gradient : gradients) {
    if (anyCombined && ExampleDependence(block, gradient).combined.contains(gradient.getLoss()))
      continue;
    Location location = gradient.getLoc();
    if (failed(GradientBuilder(gradient, gradient != gradients.back()).run()))
      return failure();
    if (block.getOperations().size() > maximumOperations)
      return emitError(location) << "the program has more than " << maximumOperations
                                 << " operations with this derivative: each order of derivatives "
                                    "multiplies them";
    changed = true;
  }
  if (changed)
    eraseDeadOps(block);
  return success();
}
