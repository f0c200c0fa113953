// nn-add-batch: rebuilds the body of each function with inputs, operation by operation, following
// which values depend on an example.
#include "compiler/dialect/ExampleStates.h"
#include "compiler/dialect/NNBuilders.h"
#include "compiler/transforms/Transforms.h"
#include "compiler/passes/Passes.h"
#include "compiler/dialect/ValueRanges.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

namespace nnc {
#define GEN_PASS_DEF_ADDBATCH
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// The name of the argument that the pass adds.
constexpr StringLiteral exampleWeightName = "example_weight";

std::optional<Kind> argumentKind(func::FuncOp function, unsigned index) {
  return kindIn(function.getArgAttrDict(index));
}

std::optional<Kind> resultKind(func::FuncOp function, unsigned index) {
  return kindIn(function.getResultAttrDict(index));
}

/// The float type that a module computes in: that of its first float argument or result that is no
/// setting of the recipe (those are f64 always); f32 if it has none.
FloatType findFloatType(ModuleOp module) {
  FloatType found;
  auto consider = [&](Type type, std::optional<Kind> kind) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!found && tensor && kind != Kind::Scalar)
      found = dyn_cast<FloatType>(tensor.getElementType());
  };
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      consider(type, argumentKind(function, i));
    for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
      consider(type, resultKind(function, i));
  }
  return found ? found : Float32Type::get(module.getContext());
}

/// Rebuilds one function for a batch.
class FunctionBatcher {
public:
  FunctionBatcher(func::FuncOp function, int64_t batch, FloatType floatType)
      : function(function), batch(batch), floatType(floatType), builder(function.getContext()),
        ranges(function.getBody().front()) {}

  LogicalResult run() {
    std::optional<unsigned> lastInput;
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (argumentKind(function, i) == Kind::Input)
        lastInput = i;
    // Generation takes one example after the other, or a step of several sequences.
    const bool isSteps = function->hasAttr(stepsAttrName), hasRows = rowsOfSteps(function) > 1;
    if (hasRows && failed(checkNoBatchOps()))
      return failure();
    if (!hasRows && (!lastInput || isSteps))
      return rebuildWithoutInputs();
    if (!function.getBody().hasOneBlock())
      return function.emitOpError("must have one block to get a batch dimension");

    Block *oldBlock = &function.getBody().front();
    Block *newBlock = new Block;
    function.getBody().push_back(newBlock);
    builder.setInsertionPointToEnd(newBlock);
    buildArguments(oldBlock, newBlock, hasRows ? std::nullopt : lastInput);
    for (BlockArgument argument : newBlock->getArguments())
      if (failed(checkSize(argument)))
        return failure();
    for (Operation &op : *oldBlock)
      if (failed(rebuild(&op)))
        return failure();
    oldBlock->erase();
    // Numbers have a batch dimension by now, or need none.
    function.walk([](RandomUniformOp op) { op.getLikeMutable().clear(); });
    function.walk([](RandomNormalOp op) { op.getLikeMutable().clear(); });
    return success();
  }

private:
  /// A function without inputs, such as `initialize`, returns equal per-example states for all
  /// rows.
  LogicalResult rebuildWithoutInputs() {
    if (failed(checkNoBatchOps()))
      return failure();
    for (Block &block : function.getBody()) {
      auto terminator = dyn_cast<func::ReturnOp>(block.getTerminator());
      if (!terminator)
        continue;
      builder.setInsertionPoint(terminator);
      SmallVector<Type> types;
      for (OpOperand &operand : terminator->getOpOperands()) {
        if (isExampleState(function.getResultAttrDict(operand.getOperandNumber())))
          operand.set(buildWithBatchDim(builder, withoutName(operand.get().getLoc()), operand.get(),
                                        /*isBatched=*/false, batch));
        types.push_back(operand.get().getType());
      }
      function.setType(builder.getFunctionType(function.getArgumentTypes(), types));
    }
    return success();
  }

  LogicalResult checkNoBatchOps() {
    WalkResult result = function.walk([&](Operation *op) {
      if (!isa<BatchMeanOp, BatchSumOp, BatchNextOp, BatchCountOp>(op))
        return WalkResult::advance();
      op->emitOpError("has no batch to refer to: the function has no input");
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  /// Whether the argument has another value in each example, or in each sequence of a step.
  bool differs(unsigned argument) {
    std::optional<Kind> kind = argumentKind(function, argument);
    return kind == Kind::Input || kind == Kind::Token || kind == Kind::Cache ||
           isExampleState(function.getArgAttrDict(argument));
  }

  /// Adds the weights of the examples behind the last input, if there is one.
  void buildArguments(Block *oldBlock, Block *newBlock, std::optional<unsigned> lastInput) {
    SmallVector<Type> types;
    SmallVector<DictionaryAttr> attributes;
    for (BlockArgument argument : oldBlock->getArguments()) {
      unsigned i = argument.getArgNumber();
      bool isInput = differs(i);
      types.push_back(isInput ? withBatchDim(argument.getType(), batch) : argument.getType());
      attributes.push_back(function.getArgAttrDict(i));
      mapping.map(argument, newBlock->addArgument(types.back(), argument.getLoc()));
      if (isInput)
        batched.insert(argument);
      if (i == lastInput) {
        types.push_back(RankedTensorType::get({batch}, floatType));
        attributes.push_back(builder.getDictionaryAttr(
            {builder.getNamedAttr(kindAttrName,
                                  KindAttr::get(builder.getContext(), Kind::ExampleWeight)),
             builder.getNamedAttr(nameAttrName, builder.getStringAttr(exampleWeightName))}));
        auto location = NameLoc::get(builder.getStringAttr(exampleWeightName), function.getLoc());
        weights = newBlock->addArgument(types.back(), location);
      }
    }
    function.setType(builder.getFunctionType(types, function.getResultTypes()));
    function.setAllArgAttrs(attributes);
  }

  LogicalResult checkSize(Value value) const {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    if (!tensor || isUsable(tensor))
      return success();
    return emitError(value.getLoc(), "for a batch of ")
           << batch << " this is a " << tensor << "; a tensor may take " << largestTensorBytes
           << " bytes";
  }

  bool isBatched(Value oldValue) const { return batched.contains(oldValue); }

  LogicalResult rebuild(Operation *op) {
    if (auto mean = dyn_cast<BatchMeanOp>(op))
      return replaceMean(mean), success();
    if (auto sum = dyn_cast<BatchSumOp>(op))
      return replaceSum(sum), success();
    if (auto next = dyn_cast<BatchNextOp>(op))
      return replaceNext(next), success();
    if (auto count = dyn_cast<BatchCountOp>(op)) {
      mapping.map(count.getResult(), buildCount(count.getLoc(), count.getType()));
      return success();
    }
    if (auto gradient = dyn_cast<GradientOp>(op))
      return rebuildGradient(gradient);
    if (auto terminator = dyn_cast<func::ReturnOp>(op))
      return rebuildReturn(terminator);
    if (llvm::none_of(op->getOperands(), [&](Value operand) { return isBatched(operand); })) {
      builder.clone(*op, mapping);
      return success();
    }
    return rebuildBatched(op);
  }

  LogicalResult rebuildBatched(Operation *op) {
    auto batchable = dyn_cast<Batchable>(op);
    if (!batchable)
      return op->emitOpError("depends on an example, but cannot be computed for a batch");
    if (isa<RandomUniformOp, RandomNormalOp>(op) &&
        (isBatched(op->getOperand(0)) || isBatched(op->getOperand(1))))
      return op->emitOpError("has a seed or a step that depends on an example");
    SmallVector<Value> operands, results;
    llvm::SmallBitVector isOperandBatched(op->getNumOperands());
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      operands.push_back(mapping.lookup(operand));
      if (isBatched(operand))
        isOperandBatched.set(i);
    }
    batchable.buildBatched(builder, operands, isOperandBatched, batch, results);
    for (auto [oldResult, newResult] : llvm::zip_equal(op->getResults(), results)) {
      if (failed(checkSize(newResult)))
        return failure();
      mapping.map(oldResult, newResult);
      batched.insert(oldResult);
    }
    return success();
  }

  /// Contracts the batched form of a value with one number per example. Examples that do not exist
  /// are copies of others, so where these may be infinite or NaN, 0 stands for the copies: products
  /// with their weight, 0, would be NaN.
  Value buildWeighted(Location location, Value perExample, Value oldValue) {
    Value value = mapping.lookup(oldValue);
    auto type = cast<RankedTensorType>(value.getType());
    if (!ranges.of(oldValue).isFinite()) {
      Location unnamed = withoutName(location);
      auto conditionType = type.clone(builder.getI1Type());
      Value exists = buildBroadcast(builder, unnamed, buildExists(unnamed), {0}, conditionType);
      Term term(builder, unnamed, value);
      value = term.where(exists, term.number(0));
    }
    SmallVector<int64_t> labels = consecutiveDims(type.getRank());
    return ContractOp::create(builder, location, perExample, value, ArrayRef<int64_t>{0}, labels,
                              ArrayRef<int64_t>(labels).drop_front());
  }

  /// The example weights in the element type of `like`.
  Value buildWeights(Location location, Type like) {
    Type elementType = cast<RankedTensorType>(like).getElementType();
    auto type = RankedTensorType::get({batch}, elementType);
    if (weights.getType() == type)
      return weights;
    return ConvertOp::create(builder, withoutName(location), type, weights);
  }

  /// Which examples exist; the others are padding.
  Value buildExists(Location location) {
    Term weight(builder, withoutName(location), weights);
    return weight.compare(ComparePredicate::gt, weight.number(0));
  }

  /// 1 for examples that exist and 0 for padding, in the element type of `like`.
  Value buildIsReal(Location location, Type like) {
    auto type = RankedTensorType::get({batch}, cast<RankedTensorType>(like).getElementType());
    return ConvertOp::create(builder, withoutName(location), type, buildExists(location));
  }

  Value buildCount(Location location, Type type) {
    return ReduceSumOp::create(builder, location, buildIsReal(location, type),
                               ArrayRef<int64_t>{0});
  }

  void replaceMean(BatchMeanOp op) {
    Value value = mapping.lookup(op.getOperand());
    if (isBatched(op.getOperand()))
      value =
          buildWeighted(op.getLoc(), buildWeights(op.getLoc(), value.getType()), op.getOperand());
    mapping.map(op.getResult(), value);
  }

  void replaceSum(BatchSumOp op) {
    Location location = op.getLoc();
    Value value = mapping.lookup(op.getOperand());
    if (isBatched(op.getOperand())) {
      value = buildWeighted(location, buildIsReal(location, value.getType()), op.getOperand());
    } else {
      auto scalar = RankedTensorType::get({}, op.getType().getElementType());
      Value count = buildBroadcast(builder, withoutName(location),
                                   buildCount(withoutName(location), scalar), {}, op.getType());
      value = MulOp::create(builder, location, value, count);
    }
    mapping.map(op.getResult(), value);
  }

  /// Turns the rows of a batch by one.
  void replaceNext(BatchNextOp op) {
    Value value = mapping.lookup(op.getOperand());
    if (isBatched(op.getOperand()) && batch > 1) {
      Location location = withoutName(op.getLoc());
      SmallVector<int64_t> shape(cast<RankedTensorType>(value.getType()).getShape());
      SmallVector<int64_t> ones(shape.size(), 1);
      auto rows = [&](int64_t begin, int64_t count) {
        SmallVector<int64_t> offsets(shape.size(), 0), sizes(shape);
        offsets[0] = begin;
        sizes[0] = count;
        return SliceOp::create(builder, location, value, offsets, sizes, ones).getResult();
      };
      const int64_t first = op.getPrevious() ? batch - 1 : 1;
      value = ConcatOp::create(builder, op.getLoc(),
                               ValueRange{rows(first, batch - first), rows(0, first)}, 0);
    }
    mapping.map(op.getResult(), value);
    if (isBatched(op.getOperand()))
      batched.insert(op.getResult());
  }

  LogicalResult rebuildGradient(GradientOp op) {
    if (isBatched(op.getLoss()))
      return op.emitOpError("has a loss that differs from example to example; take its mean over "
                            "the batch with nn.batch_mean");
    SmallVector<Value> values;
    for (Value value : op.getValues())
      values.push_back(mapping.lookup(value));
    auto copy = GradientOp::create(builder, op.getLoc(), mapping.lookup(op.getLoss()), values);
    for (auto [i, value] : llvm::enumerate(op.getValues())) {
      mapping.map(op.getResult(i), copy.getResult(i));
      if (isBatched(value))
        batched.insert(op.getResult(i));
    }
    return success();
  }

  LogicalResult rebuildReturn(func::ReturnOp op) {
    SmallVector<Value> values;
    SmallVector<Type> types;
    for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
      std::optional<Kind> kind = resultKind(function, i);
      Value value = mapping.lookup(operand);
      if (kind == Kind::ExampleOutput || isExampleState(function.getResultAttrDict(i)) ||
          function->hasAttr(stepsAttrName)) {
        value = buildWithBatchDim(builder, withoutName(value.getLoc()), value, isBatched(operand),
                                  batch);
      } else if (isBatched(operand) && kind &&
                 !(kind == Kind::Output && operand.getDefiningOp<GradientOp>())) {
        auto name = function.getResultAttrOfType<StringAttr>(i, nameAttrName);
        return emitError(operand.getLoc(), "the ")
               << stringifyKind(*kind) << " `" << (name ? name.getValue() : StringRef())
               << "` differs from example to example; combine the examples, for instance with "
                  "nn.batch_mean";
      }
      values.push_back(value);
      types.push_back(value.getType());
    }
    func::ReturnOp::create(builder, op.getLoc(), values);
    function.setType(builder.getFunctionType(function.getArgumentTypes(), types));
    return success();
  }

  func::FuncOp function;
  int64_t batch;
  FloatType floatType;
  OpBuilder builder;
  ValueRanges ranges; // of the values of the old body
  IRMapping mapping;
  /// Values of the old body that differ from example to example.
  llvm::DenseSet<Value> batched;
  Value weights;
};

struct AddBatch : nnc::impl::AddBatchBase<AddBatch> {
  using AddBatchBase::AddBatchBase;

  void runOnOperation() override {
    if (failed(addBatch(getOperation(), batch)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult nnc::addBatch(ModuleOp module, int64_t batch) {
  if (batch < 1)
    return module.emitError("a batch has at least 1 example, not ") << batch;
  FloatType floatType = findFloatType(module);
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    auto own = dyn_cast_or_null<IntegerAttr>(function->removeAttr(batchAttrName));
    const int64_t rows = rowsOfSteps(function);
    int64_t size = rows > 1 ? rows : own ? own.getInt() : batch;
    if (!function.isExternal() && failed(FunctionBatcher(function, size, floatType).run()))
      return failure();
  }
  return success();
}
