// nn-step: walks over the operations that depend on a token, and builds by their step rules the
// function that computes one position, and the begin function, which runs before the first
// position.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/transforms/Transforms.h"
#include "llvm/ADT/DenseSet.h"

namespace nnc {
#define GEN_PASS_DEF_STEP
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// The positions of a step that reads a prompt.
constexpr int64_t positionsOfChunk = 32;

/// Derives the two functions from one; a step takes `count` positions of one sequence.
class Derivation {
public:
  Derivation(func::FuncOp function, int64_t count, StringRef stepName)
      : function(function), builder(function), begin(create("_begin")), step(create(stepName)),
        steps(OpBuilder::atBlockEnd(&begin.getBody().front()),
              OpBuilder::atBlockEnd(&step.getBody().front()), count) {}

  LogicalResult run() {
    if (failed(addArguments()) || failed(buildOperations()) || failed(buildResults()))
      return failure();
    finish(begin, beginSignature);
    finish(step, stepSignature);
    step->setAttr(limitAttrName, builder.getI64IntegerAttr(steps.limit()));
    return success();
  }

  /// Marks the step function for nn-add-batch, which gives it a dimension of sequences.
  void setRows(IntegerAttr rows) { step->setAttr(rowsAttrName, rows); }

  /// Whether the sequence has positions enough, and a step can take several of them.
  bool canTakeSeveral(int64_t count) const {
    return steps.canTakeSeveral() && positions >= count && hasRows;
  }

  /// Keeps the step function only: another derivation has the same begin function.
  void keepStep() { begin.erase(); }

private:
  /// The attributes of arguments and results.
  struct Signature {
    SmallVector<DictionaryAttr> arguments, results;
  };

  func::FuncOp create(StringRef suffix) {
    auto created =
        func::FuncOp::create(builder, function.getLoc(), (function.getName() + suffix).str(),
                             builder.getFunctionType({}, {}));
    created->setAttr(stepsAttrName, builder.getUnitAttr());
    created.addEntryBlock();
    return created;
  }

  DictionaryAttr attributes(Kind kind, StringRef name) {
    return builder.getDictionaryAttr(
        {builder.getNamedAttr(kindAttrName, KindAttr::get(builder.getContext(), kind)),
         builder.getNamedAttr(nameAttrName, builder.getStringAttr(name))});
  }

  Value addArgument(func::FuncOp to, Signature &signature, Type type, Location location,
                    DictionaryAttr attributes) {
    signature.arguments.push_back(attributes);
    return to.getBody().front().addArgument(type, location);
  }

  LogicalResult addArguments() {
    for (BlockArgument argument : function.getArguments()) {
      DictionaryAttr given = function.getArgAttrDict(argument.getArgNumber());
      std::optional<Kind> kind = kindIn(given);
      Location location = argument.getLoc();
      auto type = cast<RankedTensorType>(argument.getType());
      // The step function lacks other inputs: values of them are computed before the first
      // position.
      if (kind != Kind::Token) {
        Value inBegin = addArgument(begin, beginSignature, type, location, given);
        steps.addArgument(argument, inBegin,
                          kind == Kind::Input
                              ? Value()
                              : addArgument(step, stepSignature, type, location, given));
        continue;
      }
      SmallVector<int64_t> shape(type.getShape());
      if (shape.empty())
        return emitError(location) << stepErrorPrefix << "the token input has no positions";
      StepForm form;
      form.kind = StepForm::Rows;
      positions = form.positions = std::exchange(shape[0], steps.positionsOfStep());
      form.value = addArgument(step, stepSignature, type.clone(shape), location, given);
      steps.set(argument, form);
    }
    auto counter = RankedTensorType::get({}, builder.getI64Type());
    steps.setPosition(addArgument(step, stepSignature, counter,
                                  NameLoc::get(builder.getStringAttr(positionName)),
                                  attributes(Kind::Scalar, positionName)));
    return success();
  }

  LogicalResult buildOperations() {
    Block &block = function.getBody().front();
    llvm::DenseSet<Operation *> needed;
    for (Operation &op : llvm::reverse(block))
      if (op.hasTrait<OpTrait::IsTerminator>() ||
          llvm::any_of(op.getUsers(), [&](Operation *user) { return needed.contains(user); }))
        needed.insert(&op);
    // Rules may add operations right behind the current one.
    for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
      if (!needed.contains(&op) ||
          llvm::all_of(op.getOperands(), [&](Value operand) { return steps.isTimeless(operand); }))
        continue;
      auto steppable = dyn_cast<Steppable>(op);
      if (!steppable)
        return steps.refuse(&op, "`" + op.getName().stripDialect() +
                                     "` cannot be computed position by position");
      bool ofPairs = llvm::any_of(op.getOperands(), [&](Value operand) {
        return steps.formOf(operand).kind == StepForm::Pairs;
      });
      if (ofPairs && !nn::detail::isPairwise(&op))
        return steps.refuse(&op, "`" + op.getName().stripDialect() +
                                     "` of a value for each pair of positions");
      if (failed(steppable.buildStep(steps)))
        return failure();
    }
    return success();
  }

  LogicalResult buildResults() {
    SmallVector<Value> outputs, initial;
    auto terminator = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    for (auto [i, value] : llvm::enumerate(terminator.getOperands())) {
      StepForm form = steps.formOf(value);
      auto nameAttr = function.getResultAttrOfType<StringAttr>(i, nameAttrName);
      StringRef name = nameAttr ? nameAttr.getValue() : StringRef();
      if (form.kind == StepForm::Timeless)
        return emitError(value.getLoc())
               << stepErrorPrefix << "`" << name << "` does not depend on the tokens";
      if (form.kind == StepForm::Pairs)
        return emitError(value.getLoc())
               << stepErrorPrefix << "`" << name << "` compares positions with each other";
      if (form.kind == StepForm::Rows && form.dim != 0)
        return emitError(value.getLoc()) << stepErrorPrefix << "the first dimension of `" << name
                                         << "` is not that of the positions";
      hasRows &= form.kind == StepForm::Rows;
      outputs.push_back(form.kind == StepForm::Rows ? steps.rows(value, 0) : form.value);
      stepSignature.results.push_back(attributes(Kind::Output, name));
    }
    for (auto &cache : steps.caches()) {
      DictionaryAttr given = attributes(Kind::Cache, cache->name);
      initial.push_back(cache->initial);
      beginSignature.results.push_back(given);
      stepSignature.arguments.push_back(given);
      if (!cache->next)
        continue;
      outputs.push_back(cache->next);
      stepSignature.results.push_back(given);
    }
    func::ReturnOp::create(steps.begin, function.getLoc(), initial);
    func::ReturnOp::create(steps.step, function.getLoc(), outputs);
    return success();
  }

  void finish(func::FuncOp created, const Signature &signature) {
    Block &block = created.getBody().front();
    created.setType(builder.getFunctionType(block.getArgumentTypes(),
                                            block.getTerminator()->getOperandTypes()));
    created.setAllArgAttrs(signature.arguments);
    created.setAllResultAttrs(signature.results);
  }

  func::FuncOp function;
  OpBuilder builder;
  func::FuncOp begin, step;
  StepBuilder steps;
  Signature beginSignature, stepSignature;
  int64_t positions = 0; // of the sequence
  bool hasRows = true;   // all results
};

struct Step : nnc::impl::StepBase<Step> {
  void runOnOperation() override {
    if (failed(deriveSteps(getOperation())))
      signalPassFailure();
  }
};

} // namespace

LogicalResult nnc::deriveSteps(ModuleOp module) {
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (!function->hasAttr(stepsAttrName) &&
        llvm::any_of(function.getArguments(),
                     [](Value argument) { return kindOf(argument) == Kind::Token; })) {
      Derivation single(function, 1, "_step");
      if (failed(single.run()))
        return failure();
      if (single.canTakeSeveral(positionsOfChunk)) {
        Derivation chunk(function, positionsOfChunk, "_chunk");
        if (failed(chunk.run()))
          return failure();
        chunk.keepStep();
      }
      if (auto rows = function->getAttrOfType<IntegerAttr>(rowsAttrName)) {
        Derivation several(function, 1, "_rows");
        if (failed(several.run()))
          return failure();
        several.keepStep();
        several.setRows(rows);
      }
      function.erase();
    }
  return success();
}
