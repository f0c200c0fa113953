// How each operation is rebuilt for a batch of examples. The batch is always the first dimension.
#include "compiler/dialect/NNBuilders.h"

using namespace mlir;
using namespace nnc::nn;

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
