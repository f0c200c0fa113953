// The rules of each operation for its dimensions: how it is rebuilt for a batch of examples, whose
// dimension comes first, where it takes the elements of a dimension, and how it is rebuilt when
// dimensions come in another order.
#include "compiler/dialect/NNBuilders.h"

using namespace mlir;
using namespace nnc::nn;

using Strength = DimTies::Strength;

//===-- The batch -----------------------------------------------------------------------------===//

/// Every number plus 1: dimensions behind a new leading one.
static SmallVector<int64_t> shifted(ArrayRef<int64_t> dims) {
  return llvm::map_to_vector(dims, [](int64_t dim) { return dim + 1; });
}

static SmallVector<int64_t> prepended(int64_t first, ArrayRef<int64_t> rest) {
  SmallVector<int64_t> list{first};
  llvm::append_range(list, rest);
  return list;
}

void nnc::nn::detail::buildBatchedElementwise(Operation *op, OpBuilder &builder,
                                              ValueRange operands,
                                              const llvm::SmallBitVector &batched, int64_t batch,
                                              SmallVectorImpl<Value> &results) {
  Location location = withoutName(op->getLoc());
  SmallVector<Value> batchedOperands;
  for (auto [i, operand] : llvm::enumerate(operands))
    batchedOperands.push_back(
        buildWithBatchDim(builder, location, operand, batched.test(i), batch));
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(batchedOperands);
  state.addAttributes(op->getAttrs());
  state.addTypes(withBatchDim(op->getResult(0).getType(), batch));
  results.push_back(builder.create(state)->getResult(0));
}

// Only the operand of these can be batched, and it is.

#define NN_BATCH_RULE(OP)                                                                          \
  void OP::buildBatched(OpBuilder &builder, ValueRange operands,                                   \
                        [[maybe_unused]] const llvm::SmallBitVector &batched,                      \
                        [[maybe_unused]] int64_t batch, SmallVectorImpl<Value> &results)

NN_BATCH_RULE(BroadcastOp) {
  results.push_back(BroadcastOp::create(builder, getLoc(), withBatchDim(getType(), batch),
                                        operands[0], prepended(0, shifted(getDims()))));
}

NN_BATCH_RULE(ReshapeOp) {
  results.push_back(
      ReshapeOp::create(builder, getLoc(), withBatchDim(getType(), batch), operands[0]));
}

NN_BATCH_RULE(TransposeOp) {
  results.push_back(
      TransposeOp::create(builder, getLoc(), operands[0], prepended(0, shifted(getPermutation()))));
}

NN_BATCH_RULE(SliceOp) {
  results.push_back(SliceOp::create(builder, getLoc(), operands[0], prepended(0, getOffsets()),
                                    prepended(batch, getSizes()), prepended(1, getStrides())));
}

NN_BATCH_RULE(PadOp) {
  results.push_back(PadOp::create(builder, getLoc(), operands[0], prepended(0, getLow()),
                                  prepended(0, getHigh()), getValue()));
}

NN_BATCH_RULE(ReverseOp) {
  results.push_back(ReverseOp::create(builder, getLoc(), operands[0], shifted(getDims())));
}

NN_BATCH_RULE(WindowsOp) {
  results.push_back(WindowsOp::create(builder, getLoc(), operands[0], shifted(getDims()),
                                      getSizes(), getStrides(), getDilations()));
}

NN_BATCH_RULE(OverlapAddOp) {
  results.push_back(OverlapAddOp::create(builder, getLoc(), operands[0], shifted(getDims()),
                                         getExtents(), getStrides(), getDilations()));
}

NN_BATCH_RULE(ReduceSumOp) {
  results.push_back(ReduceSumOp::create(builder, getLoc(), operands[0], shifted(getDims())));
}

NN_BATCH_RULE(ReduceMaxOp) {
  results.push_back(ReduceMaxOp::create(builder, getLoc(), operands[0], shifted(getDims())));
}

NN_BATCH_RULE(ReduceMinOp) {
  results.push_back(ReduceMinOp::create(builder, getLoc(), operands[0], shifted(getDims())));
}

NN_BATCH_RULE(ReduceProdOp) {
  results.push_back(ReduceProdOp::create(builder, getLoc(), operands[0], shifted(getDims())));
}

NN_BATCH_RULE(ArgmaxOp) {
  results.push_back(ArgmaxOp::create(builder, getLoc(), operands[0], getDim() + 1));
}

NN_BATCH_RULE(SoftmaxOp) {
  results.push_back(SoftmaxOp::create(builder, getLoc(), operands[0], shifted(getDims())));
}

// These can have operands of both sorts.

NN_BATCH_RULE(ConcatOp) {
  SmallVector<Value> inputs;
  for (auto [i, operand] : llvm::enumerate(operands))
    inputs.push_back(
        buildWithBatchDim(builder, withoutName(getLoc()), operand, batched.test(i), batch));
  results.push_back(ConcatOp::create(builder, getLoc(), inputs, getDim() + 1));
}

// Batched indices into data that all examples share need no batch dimension in the data.
NN_BATCH_RULE(GatherOp) {
  if (!batched.test(0) && getBatchDims() == 0) {
    results.push_back(GatherOp::create(builder, getLoc(), operands[0], operands[1], 0));
    return;
  }
  Location location = withoutName(getLoc());
  Value data = buildWithBatchDim(builder, location, operands[0], batched.test(0), batch);
  Value indices = buildWithBatchDim(builder, location, operands[1], batched.test(1), batch);
  results.push_back(GatherOp::create(builder, getLoc(), data, indices, getBatchDims() + 1));
}

NN_BATCH_RULE(ScatterAddOp) {
  Location location = withoutName(getLoc());
  Value updates = buildWithBatchDim(builder, location, operands[0], batched.test(0), batch);
  Value indices = buildWithBatchDim(builder, location, operands[1], batched.test(1), batch);
  results.push_back(
      ScatterAddOp::create(builder, getLoc(), updates, indices, getBatchDims() + 1, getSize()));
}

// The batch gets a label of its own, in front of the lists of the result and of each operand that
// has it: an operand that all examples share stays as it is.
NN_BATCH_RULE(ContractOp) {
  int64_t label = 0;
  while (llvm::is_contained(getLhsLabels(), label) || llvm::is_contained(getRhsLabels(), label))
    ++label;
  auto labelled = [&](ArrayRef<int64_t> labels, bool isBatched) {
    return isBatched ? prepended(label, labels) : SmallVector<int64_t>(labels);
  };
  results.push_back(ContractOp::create(
      builder, getLoc(), operands[0], operands[1], labelled(getLhsLabels(), batched.test(0)),
      labelled(getRhsLabels(), batched.test(1)), labelled(getResultLabels(), true)));
}

// Of a random operation only `like` can be batched; it has done its duty then.

NN_BATCH_RULE(RandomUniformOp) {
  results.push_back(RandomUniformOp::create(builder, getLoc(), withBatchDim(getType(), batch),
                                            operands[0], operands[1], Value(), getStream()));
}

NN_BATCH_RULE(RandomNormalOp) {
  results.push_back(RandomNormalOp::create(builder, getLoc(), withBatchDim(getType(), batch),
                                           operands[0], operands[1], Value(), getStream()));
}

#undef NN_BATCH_RULE

//===-- Orders --------------------------------------------------------------------------------===//

static int64_t rankOf(Value value) { return cast<RankedTensorType>(value.getType()).getRank(); }

void DimTies::tieAll(Value a, ArrayRef<int64_t> from, Value b, ArrayRef<int64_t> to) {
  for (auto [aDim, bDim] : llvm::zip_equal(from, to))
    tie(a, aDim, b, bDim, Strength::Together);
}

void DimTies::tieAll(Value a, Value b) {
  SmallVector<int64_t> dims = consecutiveDims(rankOf(a));
  tieAll(a, dims, b, dims);
}

int64_t nnc::nn::placeIn(ArrayRef<int64_t> order, int64_t dim) {
  return llvm::find(order, dim) - order.begin();
}

SmallVector<int64_t> nnc::nn::placesIn(ArrayRef<int64_t> order, ArrayRef<int64_t> dims) {
  return llvm::map_to_vector(dims, [&](int64_t dim) { return placeIn(order, dim); });
}

SmallVector<int64_t> nnc::nn::sortedPlacesIn(ArrayRef<int64_t> order, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> sorted = placesIn(order, dims);
  llvm::sort(sorted);
  return sorted;
}

SmallVector<int64_t> nnc::nn::permuted(ArrayRef<int64_t> order, ArrayRef<int64_t> list) {
  return llvm::map_to_vector(order, [&](int64_t dim) { return list[dim]; });
}

RankedTensorType nnc::nn::permuted(ArrayRef<int64_t> order, RankedTensorType type) {
  return type.clone(permuted(order, type.getShape()));
}

Value nnc::nn::detail::buildInOrder(Operation *op, OpBuilder &builder, PermutedOperands &operands,
                                    ArrayRef<int64_t> order, ArrayRef<NamedAttribute> attributes) {
  OperationState state(op->getLoc(), op->getName());
  for (unsigned number = 0; number < op->getNumOperands(); ++number)
    state.operands.push_back(operands.inOrder(number, order));
  state.addTypes(permuted(order, cast<RankedTensorType>(op->getResult(0).getType())));
  state.addAttributes(op->getAttrs());
  for (NamedAttribute attribute : attributes)
    state.attributes.set(attribute.getName(), attribute.getValue());
  return builder.create(state)->getResult(0);
}

#define NN_TIES(OP) void OP::tieDims(DimTies &ties)
#define NN_BUILD_PERMUTED(OP)                                                                      \
  Value OP::buildPermuted(OpBuilder &builder, PermutedOperands &operands,                          \
                          SmallVectorImpl<int64_t> &order)

//===-- Every dimension goes to the same one -------------------------------------------------===//

static NamedAttribute list(OpBuilder &builder, StringRef name, ArrayRef<int64_t> numbers) {
  return builder.getNamedAttr(name, builder.getDenseI64ArrayAttr(numbers));
}

static NamedAttribute number(OpBuilder &builder, StringRef name, int64_t value) {
  return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
}

bool ConstantOp::keepsOrder() { return !isa<SplatElementsAttr>(getValue()); }

NN_BUILD_PERMUTED(ConstantOp) {
  ElementsAttr elements =
      cast<SplatElementsAttr>(getValue()).resizeSplat(permuted(order, getType()));
  return detail::buildInOrder(*this, builder, operands, order,
                              builder.getNamedAttr("value", elements));
}

NN_BUILD_PERMUTED(IotaOp) {
  return detail::buildInOrder(*this, builder, operands, order,
                              number(builder, "dim", placeIn(order, getDim())));
}

NN_BUILD_PERMUTED(ConcatOp) {
  return detail::buildInOrder(*this, builder, operands, order,
                              number(builder, "dim", placeIn(order, getDim())));
}

NN_BUILD_PERMUTED(ReverseOp) {
  return detail::buildInOrder(*this, builder, operands, order,
                              list(builder, "dims", sortedPlacesIn(order, getDims())));
}

NN_BUILD_PERMUTED(SoftmaxOp) {
  return detail::buildInOrder(*this, builder, operands, order,
                              list(builder, "dims", sortedPlacesIn(order, getDims())));
}

NN_BUILD_PERMUTED(SliceOp) {
  return detail::buildInOrder(*this, builder, operands, order,
                              {list(builder, "offsets", permuted(order, getOffsets())),
                               list(builder, "sizes", permuted(order, getSizes())),
                               list(builder, "strides", permuted(order, getStrides()))});
}

NN_BUILD_PERMUTED(PadOp) {
  return detail::buildInOrder(*this, builder, operands, order,
                              {list(builder, "low", permuted(order, getLow())),
                               list(builder, "high", permuted(order, getHigh()))});
}

//===-- Reductions ----------------------------------------------------------------------------===//

static void tieReduction(DimTies &ties, Value operand, ArrayRef<int64_t> reduced, Value result) {
  ties.tieAll(operand, otherDims(reduced, rankOf(operand)), result,
              consecutiveDims(rankOf(result)));
}

/// The order of the result of a reduction over `dims` of an operand whose dimensions come in
/// `order`.
static DimOrder reducedOrder(ArrayRef<int64_t> order, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> kept = otherDims(dims, order.size());
  DimOrder reduced;
  for (int64_t dim : order)
    if (!llvm::is_contained(dims, dim))
      reduced.push_back(placeIn(kept, dim));
  return reduced;
}

template <typename Op>
static Value buildPermutedReduction(Op op, OpBuilder &builder, PermutedOperands &operands,
                                    SmallVectorImpl<int64_t> &order) {
  DimOrder operandOrder = operands.orderOf(0);
  order = reducedOrder(operandOrder, op.getDims());
  return Op::create(builder, op.getLoc(), operands[0], sortedPlacesIn(operandOrder, op.getDims()));
}

#define NN_REDUCTION(OP)                                                                           \
  NN_TIES(OP) { tieReduction(ties, getOperand(), getDims(), getResult()); }                        \
  NN_BUILD_PERMUTED(OP) { return buildPermutedReduction(*this, builder, operands, order); }
NN_REDUCTION(ReduceSumOp)
NN_REDUCTION(ReduceMaxOp)
NN_REDUCTION(ReduceMinOp)
NN_REDUCTION(ReduceProdOp)
#undef NN_REDUCTION

NN_TIES(ArgmaxOp) { tieReduction(ties, getOperand(), int64_t(getDim()), getResult()); }

NN_BUILD_PERMUTED(ArgmaxOp) {
  DimOrder operandOrder = operands.orderOf(0);
  order = reducedOrder(operandOrder, int64_t(getDim()));
  return ArgmaxOp::create(builder, getLoc(), operands[0], placeIn(operandOrder, getDim()));
}

//===-- Moves ---------------------------------------------------------------------------------===//

NN_TIES(BroadcastOp) {
  ties.tieAll(getOperand(), consecutiveDims(rankOf(getOperand())), getResult(), getDims());
}

// The dimensions of the operand come in the order that they have in the result.
NN_BUILD_PERMUTED(BroadcastOp) {
  DimOrder operandOrder;
  SmallVector<int64_t> dims;
  for (auto [place, dim] : llvm::enumerate(order))
    if (const auto *at = llvm::find(getDims(), dim); at != getDims().end()) {
      operandOrder.push_back(at - getDims().begin());
      dims.push_back(place);
    }
  return BroadcastOp::create(builder, getLoc(), permuted(order, getType()),
                             operands.inOrder(0, operandOrder), dims);
}

NN_TIES(TransposeOp) {
  ties.tieAll(getOperand(), getPermutation(), getResult(), consecutiveDims(rankOf(getResult())));
}

NN_BUILD_PERMUTED(TransposeOp) {
  return TransposeOp::create(builder, getLoc(), operands[0],
                             placesIn(operands.orderOf(0), permuted(order, getPermutation())));
}

std::optional<int64_t> nnc::nn::keptByReshape(ReshapeOp op, int64_t dim) {
  ArrayRef<int64_t> from = op.getOperand().getType().getShape(), to = op.getType().getShape();
  if (from[dim] <= 1)
    return std::nullopt;
  int64_t before = 1, passed = 1;
  for (int64_t extent : from.take_front(dim))
    before *= extent;
  for (auto [i, extent] : llvm::enumerate(to)) {
    if (passed == before && extent == from[dim])
      return i;
    passed *= extent;
  }
  return std::nullopt;
}

NN_TIES(ReshapeOp) {
  for (int64_t dim = 0; dim < rankOf(getOperand()); ++dim)
    if (std::optional<int64_t> kept = keptByReshape(*this, dim))
      ties.tie(getOperand(), dim, getResult(), *kept, Strength::Together);
}

// Possible where one dimension that the reshape keeps has come last on both sides.
NN_BUILD_PERMUTED(ReshapeOp) {
  DimOrder from = operands.orderOf(0);
  if (from.empty() || order.empty() || keptByReshape(*this, from.back()) != order.back() ||
      !llvm::is_sorted(ArrayRef(from).drop_back()) || !llvm::is_sorted(ArrayRef(order).drop_back()))
    return {};
  return ReshapeOp::create(builder, getLoc(), permuted(order, getType()), operands[0]);
}

//===-- Windows -------------------------------------------------------------------------------===//

static void tieWindows(DimTies &ties, Value operand, ArrayRef<int64_t> dims, Value result) {
  SmallVector<int64_t> others = otherDims(dims, std::min(rankOf(operand), rankOf(result)));
  ties.tieAll(operand, others, result, others);
}

/// The order of windows over an image: offsets in a window come last.
static DimOrder windowOrder(ArrayRef<int64_t> imageOrder, int64_t offsets) {
  DimOrder order(imageOrder);
  llvm::append_range(order, consecutiveDims(offsets, imageOrder.size()));
  return order;
}

NN_TIES(WindowsOp) { tieWindows(ties, getOperand(), getDims(), getResult()); }
NN_TIES(OverlapAddOp) { tieWindows(ties, getOperand(), getDims(), getResult()); }

NN_BUILD_PERMUTED(WindowsOp) {
  DimOrder imageOrder = operands.orderOf(0);
  SmallVector<int64_t> dims = placesIn(imageOrder, getDims());
  if (!llvm::is_sorted(dims))
    return {};
  order = windowOrder(imageOrder, dims.size());
  return WindowsOp::create(builder, getLoc(), operands[0], dims, getSizes(), getStrides(),
                           getDilations());
}

NN_BUILD_PERMUTED(OverlapAddOp) {
  SmallVector<int64_t> dims = placesIn(order, getDims());
  if (!llvm::is_sorted(dims))
    return {};
  return OverlapAddOp::create(builder, getLoc(),
                              operands.inOrder(0, windowOrder(order, dims.size())), dims,
                              getExtents(), getStrides(), getDilations());
}

//===-- Contractions --------------------------------------------------------------------------===//

NN_TIES(ContractOp) {
  ArrayRef<int64_t> lhs = getLhsLabels(), rhs = getRhsLabels();
  for (auto [dim, label] : llvm::enumerate(getResultLabels())) {
    if (const auto *at = llvm::find(lhs, label); at != lhs.end())
      ties.tie(getLhs(), at - lhs.begin(), getResult(), dim, Strength::Corresponds);
    if (const auto *at = llvm::find(rhs, label); at != rhs.end())
      ties.tie(getRhs(), at - rhs.begin(), getResult(), dim, Strength::Corresponds);
  }
  for (auto [dim, label] : llvm::enumerate(lhs))
    if (const auto *at = llvm::find(rhs, label); at != rhs.end())
      ties.tie(getLhs(), dim, getRhs(), at - rhs.begin(), Strength::Corresponds);
}

NN_BUILD_PERMUTED(ContractOp) {
  return ContractOp::create(
      builder, getLoc(), operands[0], operands[1], permuted(operands.orderOf(0), getLhsLabels()),
      permuted(operands.orderOf(1), getRhsLabels()), permuted(order, getResultLabels()));
}

int64_t nnc::nn::detail::countContraction(ContractOp op) {
  int64_t summed = 1;
  for (auto [dim, label] : llvm::enumerate(op.getLhsLabels()))
    if (!llvm::is_contained(op.getResultLabels(), label))
      summed *= op.getLhs().getType().getDimSize(dim);
  return 2 * op.getType().getNumElements() * summed;
}

//===-- Lookups: their indices are computed, so they keep the order ---------------------------===//

bool GatherOp::keepsOrder() { return true; }
bool ScatterAddOp::keepsOrder() { return true; }

NN_TIES(GatherOp) {
  int64_t indexRank = rankOf(getIndices()), batchDims = getBatchDims();
  for (int64_t dim = 0; dim < indexRank; ++dim)
    ties.tie(getIndices(), dim, getResult(), dim, Strength::Corresponds);
  for (int64_t dim = indexRank; dim < rankOf(getResult()); ++dim)
    ties.tie(getOperand(), dim - indexRank + batchDims + 1, getResult(), dim,
             Strength::Corresponds);
  for (int64_t dim = 0; dim < batchDims; ++dim)
    ties.tie(getOperand(), dim, getResult(), dim, Strength::Corresponds);
}

NN_TIES(ScatterAddOp) {
  int64_t indexRank = rankOf(getIndices()), batchDims = getBatchDims();
  for (int64_t dim = 0; dim < indexRank; ++dim)
    ties.tie(getIndices(), dim, getUpdates(), dim, Strength::Corresponds);
  for (int64_t dim = 0; dim < batchDims; ++dim)
    ties.tie(getUpdates(), dim, getResult(), dim, Strength::Corresponds);
  for (int64_t dim = batchDims + 1; dim < rankOf(getResult()); ++dim)
    ties.tie(getUpdates(), dim - batchDims - 1 + indexRank, getResult(), dim,
             Strength::Corresponds);
}
