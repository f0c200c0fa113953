// nn-differentiate: reverse-mode differentiation of each nn.gradient.
//
// The pass runs twice. Before nn-add-batch it replaces the gradients of what is computed from one
// example: so the derivative of an example's value is by the same example's values, and examples
// that pad the batch get the derivatives of those that they copy. The gradient of a loss that
// combines the examples waits until the batch is there.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/ReverseSweep.h"
#include "compiler/transforms/Transforms.h"
#include "compiler/passes/Passes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"

namespace nnc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// Whether the results are the same for all examples, and computed from all.
bool reducesBatch(Operation *op) { return isa<BatchMeanOp, BatchSumOp, BatchCountOp>(op); }

bool combinesExamples(Operation *op) { return reducesBatch(op) || isa<BatchNextOp>(op); }

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
      if (!reducesBatch(&op) && dependsOn(differing))
        differing.insert(op.result_begin(), op.result_end());
      else if (reducesBatch(&op) || dependsOn(combined))
        combined.insert(op.result_begin(), op.result_end());
    }
  }
};

/// Replaces one nn.gradient. All other nn.gradient operations that it depends on are gone.
class GradientBuilder {
public:
  explicit GradientBuilder(GradientOp gradient) : gradient(gradient) {}

  /// `isDifferentiatedAgain`: whether what replaces this gradient may be on the path of another.
  LogicalResult run(bool isDifferentiatedAgain) {
    if (failed(checkBatch()))
      return failure();
    OpBuilder builder(gradient);
    Location location = withoutName(gradient.getLoc());
    Value loss = gradient.getLoss();
    ReverseSweep sweep(builder, gradient.getValues(), isDifferentiatedAgain);
    sweep.seed(loss, buildSplat(builder, location, loss.getType(), 1), false);
    if (failed(sweep.run()))
      return failure();
    for (auto [value, result] : llvm::zip_equal(gradient.getValues(), gradient.getResults())) {
      Value cotangent = sweep.of(value);
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
  /// The rules of the operations that combine examples are for values of each example.
  LogicalResult checkBatch() {
    Block &block = *gradient->getBlock();
    llvm::DenseSet<Value> active(gradient.getValues().begin(), gradient.getValues().end());
    if (llvm::none_of(activate(block, gradient, active), combinesExamples))
      return success();
    ExampleDependence examples(block, gradient);
    llvm::DenseSet<Value> shared, needed;
    needed.insert(gradient.getLoss());
    for (Value value : gradient.getValues())
      if (!examples.differing.contains(value))
        shared.insert(value);
    SmallVector<Operation *> ops = activate(block, gradient, shared);
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

  GradientOp gradient;
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
  // The derivative of an attention has none itself; that of its parts does.
  if (gradients.size() > 1)
    for (auto attention : llvm::to_vector(block.getOps<AttentionOp>()))
      unformAttention(attention);
  bool anyCombined = llvm::any_of(block, [](Operation &op) { return combinesExamples(&op); });
  bool changed = false;
  for (GradientOp gradient : gradients) {
    if (anyCombined && ExampleDependence(block, gradient).combined.contains(gradient.getLoss()))
      continue;
    Location location = gradient.getLoc();
    if (failed(GradientBuilder(gradient).run(gradient != gradients.back())))
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
