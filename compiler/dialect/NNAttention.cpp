// The operations nn.attention and nn.attention_gradient: the roles of their labels, their checks, and
// the derivative.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/ReverseSweep.h"
#include "mlir/IR/IRMapping.h"

#include <array>
#include <map>

using namespace mlir;
using namespace nnc::nn;

//===-- Roles ---------------------------------------------------------------------------------===//

FailureOr<AttentionDims> nnc::nn::findAttentionDims(ArrayRef<int64_t> query, ArrayRef<int64_t> key,
                                                    ArrayRef<int64_t> value,
                                                    ArrayRef<int64_t> scores,
                                                    ArrayRef<int64_t> result) {
  // Bits by list, in the order of the parameters.
  std::map<int64_t, unsigned> lists;
  const std::array all{query, key, value, scores, result};
  for (auto [bit, labels] : llvm::enumerate(all))
    for (int64_t label : labels)
      if (unsigned &found = lists[label]; found >> bit & 1)
        return failure();
      else
        found |= 1u << bit;
  enum { Query = 1, Key = 2, Value = 4, Scores = 8, Result = 16 };
  AttentionDims dims;
  auto set = [](std::optional<int64_t> &role, int64_t label) {
    bool isFree = !role;
    role = label;
    return isFree;
  };
  std::optional<int64_t> keys, inner, column;
  for (auto [label, found] : lists) {
    bool isRole = true;
    if (found == (Key | Value | Scores))
      isRole = set(keys, label);
    else if (found == (Query | Key))
      isRole = set(inner, label);
    else if (found == (Value | Result))
      isRole = set(column, label);
    else
      isRole =
          found == (Query | Key | Value | Scores | Result) || found == (Query | Scores | Result);
    if (!isRole)
      return failure();
  }
  for (int64_t label : scores)
    if (lists[label] == (Query | Key | Value | Scores | Result))
      dims.batch.push_back(label);
    else if (lists[label] == (Query | Scores | Result))
      dims.rows.push_back(label);
  if (!keys || !inner || !column || dims.rows.empty())
    return failure();
  dims.key = *keys;
  dims.inner = *inner;
  dims.column = *column;
  return dims;
}

template <typename Op> static FailureOr<AttentionDims> dimsOf(Op op) {
  return findAttentionDims(op.getQueryLabels(), op.getKeyLabels(), op.getValueLabels(),
                           op.getScoreLabels(), op.getResultLabels());
}

AttentionDims AttentionOp::getDims() { return *dimsOf(*this); }
AttentionDims AttentionGradientOp::getDims() { return *dimsOf(*this); }

YieldOp AttentionOp::getYield() { return cast<YieldOp>(getBlock()->getTerminator()); }
YieldOp AttentionGradientOp::getYield() { return cast<YieldOp>(getBlock()->getTerminator()); }

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The extent of each label of the tensors; nothing if a label has two.
static std::optional<llvm::DenseMap<int64_t, int64_t>>
findExtents(ArrayRef<std::pair<Value, ArrayRef<int64_t>>> tensors) {
  llvm::DenseMap<int64_t, int64_t> extents;
  for (auto [tensor, labels] : tensors) {
    if (typeOf(tensor).getRank() != int64_t(labels.size()))
      return std::nullopt;
    for (auto [label, extent] : llvm::zip_equal(labels, typeOf(tensor).getShape()))
      if (auto [known, isNew] = extents.try_emplace(label, extent);
          !isNew && known->second != extent)
        return std::nullopt;
  }
  return extents;
}

/// Multiply-adds of the given number of products of each score's length.
template <typename Op> static int64_t countProducts(Op op, int64_t overInner, int64_t overColumns) {
  AttentionDims dims = op.getDims();
  auto extents = *findExtents({{op.getQuery(), op.getQueryLabels()},
                               {op.getKey(), op.getKeyLabels()},
                               {op.getValue(), op.getValueLabels()}});
  int64_t scores = 1;
  for (int64_t label : op.getScoreLabels())
    scores *= extents[label];
  return 2 * scores *
         (overInner * extents[dims.inner] + overColumns * extents[dims.column] + /*exp*/ 8);
}

int64_t nnc::nn::detail::countAttention(AttentionOp op) { return countProducts(op, 1, 1); }
int64_t nnc::nn::detail::countAttention(AttentionGradientOp op) { return countProducts(op, 3, 2); }

RankedTensorType nnc::nn::scoreType(AttentionOp op) {
  return cast<RankedTensorType>(op.getBlock()->getArgument(0).getType());
}

//===-- Checks --------------------------------------------------------------------------------===//

/// Kernels compute the block for each score, by recursion.
static constexpr size_t mostBlockOperations = 4096;

/// The checks of both operations. `emits` is the number of values of the type of the scores that the
/// block emits in front of the factors.
template <typename Op>
static LogicalResult verifyParts(Op op, Value result, Value logsumexp, unsigned emits) {
  if (failed(dimsOf(op)))
    return op.emitOpError("has labels without a role; each is one of the batch or of rows, or that "
                          "of keys, the inner one or the column");
  auto extents = findExtents({{op.getQuery(), op.getQueryLabels()},
                              {op.getKey(), op.getKeyLabels()},
                              {op.getValue(), op.getValueLabels()},
                              {result, op.getResultLabels()}});
  if (!extents)
    return op.emitOpError("has a label with two extents, or a tensor of another rank than its "
                          "labels");
  AttentionDims dims = *dimsOf(op);
  Type element = typeOf(op.getQuery()).getElementType();
  SmallVector<int64_t> shape, reduced;
  for (int64_t label : op.getScoreLabels()) {
    shape.push_back((*extents)[label]);
    if (label != dims.key)
      reduced.push_back(shape.back());
  }
  auto scores = RankedTensorType::get(shape, element);
  if (!isUsable(scores))
    return op.emitOpError("has too many scores: ") << scores;
  for (Value value : {Value(op.getKey()), Value(op.getValue()), result, logsumexp})
    if (typeOf(value).getElementType() != element)
      return op.emitOpError("has tensors of different element types");
  if (logsumexp.getType() != RankedTensorType::get(reduced, element))
    return op.emitOpError("has logarithms of sums of ")
           << logsumexp.getType() << ", but rows of " << RankedTensorType::get(reduced, element);
  SmallVector<Type> arguments{scores};
  llvm::append_range(arguments, op.getExtras().getTypes());
  arguments.append(emits - 1, scores);
  if (op.getBlock()->getArgumentTypes() != ArrayRef<Type>(arguments))
    return op.emitOpError("has a block of ")
           << op.getBlock()->getArgumentTypes() << ", but it sees " << TypeRange(arguments);
  auto yield = dyn_cast<YieldOp>(op.getBlock()->getTerminator());
  if (!yield || !yield.getCarries().empty() ||
      (yield.getEmits().size() != emits && yield.getEmits().size() != emits + 1) ||
      !llvm::all_of(yield.getEmits().getTypes(), [&](Type type) { return type == scores; }))
    return op.emitOpError("has a block that does not emit ")
           << emits << " of " << scores << " in nn.yield";
  if (op.getBlock()->getOperations().size() > mostBlockOperations)
    return op.emitOpError("has a block of more than ") << mostBlockOperations << " operations";
  for (Operation &inner : *op.getBlock())
    if (!isScoreOperation(&inner) && !isa<YieldOp>(inner))
      return inner.emitOpError("cannot be in the block of an attention");
  return success();
}

/// Whether a reshape adds or drops dimensions of one element alone.
static bool keepsOthers(ReshapeOp op) {
  auto others = [](Value value) {
    SmallVector<int64_t> shape(typeOf(value).getShape());
    llvm::erase(shape, 1);
    return shape;
  };
  return others(op.getOperand()) == others(op.getResult());
}

bool nnc::nn::isScoreOperation(Operation *op) {
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return keepsOthers(reshape);
  if (auto constant = dyn_cast<ConstantOp>(op))
    return isa<SplatElementsAttr>(constant.getValue());
  return isa<BroadcastOp, TransposeOp, IotaOp, RandomUniformOp, StopGradientOp>(op) ||
         (op->hasTrait<OpTrait::Elementwise>() && isa<NNDialect>(op->getDialect()));
}

LogicalResult AttentionOp::verify() { return verifyParts(*this, getResult(), getLogsumexp(), 1); }

LogicalResult AttentionGradientOp::verify() {
  if (getCotangent().getType() != getResult().getType())
    return emitOpError("has a cotangent of ")
           << getCotangent().getType() << " for a result of " << getResult().getType();
  const SmallVector<Value> differentiated{getQuery(), getKey(), getValue()};
  for (auto [value, cotangent] : llvm::zip_equal(differentiated, getResults()))
    if (value.getType() != cotangent.getType())
      return emitOpError("gives a cotangent of ")
             << cotangent.getType() << " for a " << value.getType();
  return verifyParts(*this, getResult(), getLogsumexp(), 2);
}

//===-- Parts ---------------------------------------------------------------------------------===//

/// The logarithm of the sum of exponentials along a dimension; of a row without keys the least number.
static Value buildLogsumexp(OpBuilder &builder, Location location, Value scores, int64_t dim) {
  auto type = typeOf(scores);
  const auto &semantics = cast<FloatType>(type.getElementType()).getFloatSemantics();
  Term greatest(builder, location, ReduceMaxOp::create(builder, location, scores, ArrayRef{dim}));
  double least = APFloat::getLargest(semantics, /*Negative=*/true).convertToDouble();
  greatest = greatest.apply<StopGradientOp>().apply<MaxOp>(greatest.number(least));
  Term x(builder, location, scores);
  Term shifted =
      x - Term(builder, location, buildUnreduced(builder, location, greatest, ArrayRef{dim}, type));
  Term sum(builder, location,
           ReduceSumOp::create(builder, location, shifted.apply<ExpOp>(), ArrayRef{dim}));
  return greatest + sum.apply<MaxOp>(sum.number(1)).apply<LogOp>();
}

static int64_t keyDimOf(AttentionOp op) {
  return llvm::find(op.getScoreLabels(), op.getDims().key) - op.getScoreLabels().begin();
}

/// Builds the operations that an attention was formed from, on these values of its operands. Returns its
/// result and the changed scores.
static std::pair<Value, Value> buildParts(OpBuilder &builder, AttentionOp op, ValueRange operands) {
  Location location = withoutName(op.getLoc());
  IRMapping mapping;
  Value scores = ContractOp::create(builder, location, operands[0], operands[1],
                                    op.getQueryLabels(), op.getKeyLabels(), op.getScoreLabels());
  mapping.map(op.getBlock()->getArgument(0), scores);
  mapping.map(op.getBlock()->getArguments().drop_front(), operands.drop_front(3));
  for (Operation &inner : op.getBlock()->without_terminator())
    builder.clone(inner, mapping);
  Value changed = mapping.lookup(op.getYield().getEmits()[0]);
  Value weights = SoftmaxOp::create(builder, location, changed, ArrayRef{keyDimOf(op)});
  if (op.getYield().getEmits().size() > 1)
    weights =
        MulOp::create(builder, location, weights, mapping.lookup(op.getYield().getEmits()[1]));
  Value result = ContractOp::create(builder, op.getLoc(), weights, operands[2], op.getScoreLabels(),
                                    op.getValueLabels(), op.getResultLabels());
  return {result, changed};
}

void nnc::nn::unformAttention(AttentionOp op) {
  OpBuilder builder(op);
  auto [result, changed] = buildParts(builder, op, op.getOperands());
  op.getResult().replaceAllUsesWith(result);
  if (!op.getLogsumexp().use_empty())
    op.getLogsumexp().replaceAllUsesWith(
        buildLogsumexp(builder, withoutName(op.getLoc()), changed, keyDimOf(op)));
  op.erase();
}

//===-- Derivative ----------------------------------------------------------------------------===//

/// The cotangents of all operands, extras included, by the parts of the attention, which are computed again.
/// They are built in a block of their own: an extra may depend on the queries, and the sweep must not
/// follow it there.
static void buildCotangentsOfParts(AttentionOp op, OpBuilder &builder, Value resultCotangent,
                                   SmallVectorImpl<Value> &operandCotangents) {
  Region region;
  SmallVector<Value> given = op.getOperands();
  given.push_back(resultCotangent);
  SmallVector<Location> locations;
  for (Value value : given)
    locations.push_back(value.getLoc());
  OpBuilder inner(builder.getContext());
  Block *block = inner.createBlock(&region, {}, ValueRange(given).getTypes(), locations);
  ValueRange operands = ValueRange(block->getArguments()).drop_back();
  Value result = buildParts(inner, op, operands).first;
  SmallVector<Value> wanted = llvm::filter_to_vector(operands, isFloat);
  ReverseSweep sweep(inner, wanted, /*isDifferentiatedAgain=*/false);
  sweep.seed(result, block->getArguments().back(), true);
  // All operations that an attention is formed from have derivatives.
  LogicalResult swept = sweep.run();
  assert(succeeded(swept));
  (void)swept;
  for (Value operand : operands)
    operandCotangents.push_back(sweep.of(operand));
  Block *target = builder.getInsertionBlock();
  target->getOperations().splice(builder.getInsertionPoint(), block->getOperations());
  for (auto [argument, value] : llvm::zip_equal(block->getArguments(), given)) {
    llvm::replace(operandCotangents, Value(argument), value);
    argument.replaceAllUsesWith(value);
  }
}

void AttentionOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  if (getExtrasAreDifferentiated())
    return buildCotangentsOfParts(*this, builder, resultCotangents[0], operandCotangents);
  Location location = withoutName(getLoc());
  SmallVector<Value> operands{getQuery(),  getKey(),       getValue(),
                              getResult(), getLogsumexp(), resultCotangents[0]};
  llvm::append_range(operands, getExtras());
  OperationState state(location, AttentionGradientOp::getOperationName());
  state.addOperands(operands);
  state.addAttributes(getOperation()->getAttrs());
  state.addTypes({getQuery().getType(), getKey().getType(), getValue().getType()});
  Region *region = state.addRegion();
  {
    OpBuilder::InsertionGuard guard(builder);
    Block *block = builder.createBlock(region);
    IRMapping mapping;
    for (BlockArgument argument : getBlock()->getArguments())
      mapping.map(argument, block->addArgument(argument.getType(), argument.getLoc()));
    Value scores = block->getArgument(0);
    Value cotangent = block->addArgument(scores.getType(), location);
    for (Operation &inner : getBlock()->without_terminator())
      builder.clone(inner, mapping);
    Value changed = mapping.lookup(getYield().getEmits()[0]);
    ReverseSweep sweep(builder, scores, /*isDifferentiatedAgain=*/false);
    sweep.seed(changed, cotangent, true);
    // All operations that can be in the block have derivatives.
    LogicalResult swept = sweep.run();
    assert(succeeded(swept));
    (void)swept;
    Value ofScores = sweep.of(scores);
    if (!ofScores)
      ofScores = buildSplat(builder, location, scores.getType(), 0);
    SmallVector<Value> emits{changed, ofScores};
    if (getYield().getEmits().size() > 1)
      emits.push_back(mapping.lookup(getYield().getEmits()[1]));
    YieldOp::create(builder, getYield().getLoc(), ValueRange(), emits);
  }
  llvm::append_range(operandCotangents, builder.create(state)->getResults());
  operandCotangents.append(getExtras().size(), Value());
}
