// nn-differentiate: reverse-mode differentiation of each nn.gradient.
#include "compiler/Dialect/NNBuilders.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace nnc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "compiler/Transforms/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

/// Replaces one nn.gradient. All other nn.gradient operations that it depends on are gone.
class GradientBuilder {
public:
  explicit GradientBuilder(GradientOp gradient)
      : gradient(gradient), builder(gradient),
        wanted(gradient.getValues().begin(), gradient.getValues().end()) {}

  LogicalResult run() {
    findActive();
    Location location = withoutName(gradient.getLoc());
    Value loss = gradient.getLoss();
    accumulate(loss, buildSplat(builder, location, loss.getType(), 1));
    for (Operation *op : llvm::reverse(activeOps))
      if (failed(propagate(op)))
        return failure();
    for (auto [value, result] : llvm::zip_equal(gradient.getValues(), gradient.getResults())) {
      Value cotangent = cotangents.lookup(value);
      if (!cotangent)
        cotangent = buildSplat(builder, location, value.getType(), 0);
      result.replaceAllUsesWith(cotangent);
    }
    gradient.erase();
    return success();
  }

private:
  /// Finds the floats that depend on a wanted value by way of floats, and the operations that
  /// compute them, in program order. Integers and truth values are steps: their derivative is 0.
  void findActive() {
    active = wanted;
    for (Operation &op : *gradient->getBlock()) {
      if (&op == gradient.getOperation())
        break;
      // Random numbers do not depend on what they are `like`.
      if (isa<StopGradientOp, RandomUniformOp, RandomNormalOp>(op) ||
          llvm::none_of(op.getResults(), isFloat) ||
          llvm::none_of(op.getOperands(), [&](Value operand) { return active.contains(operand); }))
        continue;
      active.insert(op.result_begin(), op.result_end());
      activeOps.push_back(&op);
    }
  }

  LogicalResult propagate(Operation *op) {
    if (llvm::none_of(op->getResults(), [&](Value result) { return cotangents.count(result); }))
      return success();
    auto differentiable = dyn_cast<Differentiable>(op);
    if (!differentiable)
      return reportNoDerivative(op);
    SmallVector<Value> resultCotangents, operandCotangents;
    for (Value result : op->getResults()) {
      Value cotangent = cotangents.lookup(result);
      if (!cotangent)
        cotangent = buildSplat(builder, withoutName(op->getLoc()), result.getType(), 0);
      resultCotangents.push_back(cotangent);
    }
    differentiable.buildCotangents(builder, resultCotangents, operandCotangents);
    for (auto [operand, cotangent] : llvm::zip_equal(op->getOperands(), operandCotangents))
      if (cotangent && active.contains(operand))
        accumulate(operand, cotangent);
    return success();
  }

  void accumulate(Value value, Value cotangent) {
    Value &sum = cotangents[value];
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
    std::string kind = "value";
    if (auto argument = dyn_cast<BlockArgument>(source))
      if (auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()))
        if (auto attribute =
                function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kindAttrName))
          kind = attribute.str();
    StringRef name = nameOf(source);
    InFlightDiagnostic diagnostic = op->emitOpError("has no derivative; it is on the path from ")
                                    << kind;
    if (!name.empty())
      diagnostic << " `" << name << "`";
    return diagnostic << " to the loss";
  }

  GradientOp gradient;
  OpBuilder builder;
  llvm::DenseSet<Value> wanted, active;
  SmallVector<Operation *> activeOps;
  llvm::DenseMap<Value, Value> cotangents;
};

/// Removes what the rules built for operands that nobody asked for.
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

LogicalResult nnc::differentiate(func::FuncOp function) {
  SmallVector<GradientOp> gradients;
  function.walk([&](GradientOp op) { gradients.push_back(op); });
  if (gradients.empty())
    return success();
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("must have one block to be differentiated");
  for (GradientOp gradient : gradients)
    if (failed(GradientBuilder(gradient).run()))
      return failure();
  eraseDeadOps(function.getBody().front());
  return success();
}
