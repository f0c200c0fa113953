// Makes a contraction's epilogue of an element-wise kernel: its operands become companions, and
// its body is cloned for each vector of a tile.
#include "compiler/kernels/contraction/Epilogue.h"

#include "compiler/kernels/contraction/ElementBody.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace nnc {

/// Element strides of the consumer's loops in one of its operands.
static SmallVector<int64_t> loopStrides(linalg::LinalgOp consumer, OpOperand &operand) {
  AffineMap map = consumer.getMatchingIndexingMap(&operand);
  SmallVector<int64_t> strides(map.getNumDims(), 0), memrefStrides;
  int64_t offset;
  (void)cast<MemRefType>(operand.get().getType()).getStridesAndOffset(memrefStrides, offset);
  for (auto [result, stride] : llvm::zip(map.getResults(), memrefStrides))
    strides[cast<AffineDimExpr>(result).getPosition()] = stride;
  return strides;
}

/// The consumer's loop for each loop of the contraction; none for those that are summed.
static SmallVector<std::optional<unsigned>> matchLoops(linalg::LinalgOp contraction,
                                                       linalg::LinalgOp consumer, OpOperand &read) {
  AffineMap written = contraction.getMatchingIndexingMap(&contraction.getDpsInitsMutable()[0]);
  AffineMap readMap = consumer.getMatchingIndexingMap(&read);
  SmallVector<std::optional<unsigned>> loops(contraction.getNumLoops());
  for (auto [own, other] : llvm::zip(written.getResults(), readMap.getResults()))
    loops[cast<AffineDimExpr>(own).getPosition()] = cast<AffineDimExpr>(other).getPosition();
  return loops;
}

namespace {

/// The body of an epilogue, ready to be cloned for each vector of a tile.
struct EpilogueBody {
  Block *block;
  BlockArgument result;                                  // stands for the contraction's result
  SmallVector<std::pair<BlockArgument, unsigned>> loads; // and the companion that each one is
  DenseMap<Value, Value> scalars; // computed once, in front of the contraction
  /// Per output: the companion it goes to, or none where it replaces the contraction's result.
  SmallVector<std::optional<unsigned>> outputs;

  SmallVector<Value> compute(OpBuilder &builder, Location loc, RegisterTile &tile, unsigned row,
                             unsigned vector) const;
};

} // namespace

SmallVector<Value> EpilogueBody::compute(OpBuilder &builder, Location loc, RegisterTile &tile,
                                         unsigned row, unsigned vector) const {
  ElementBody body(*block, tile.type());
  for (auto [old, scalar] : scalars)
    body.set(old, scalar);
  body.set(result, tile.value(row, vector));
  for (auto [argument, companion] : loads)
    body.set(argument, tile.load(builder, loc, companion, row, vector));
  return body.yielded(builder, loc);
}

/// The operands that are companions, in order: inputs that are no scalars, then outputs that do not
/// take the place of the contraction's result.
static SmallVector<OpOperand *> companionOperands(linalg::LinalgOp contraction,
                                                  linalg::LinalgOp consumer,
                                                  const ContractionProblem &problem) {
  OpOperand *read = resultOperand(contraction, consumer);
  SmallVector<OpOperand *> companions;
  for (OpOperand *input : consumer.getDpsInputOperands())
    if (input != read && !isScalar(input->get()) &&
        !consumer.getMatchingBlockArgument(input).use_empty())
      companions.push_back(input);
  for (OpOperand &output : consumer.getDpsInitsMutable())
    if (!problem.usesResult || output.get() != contraction.getDpsInits()[0])
      companions.push_back(&output);
  return companions;
}

void addCompanions(linalg::LinalgOp contraction, linalg::LinalgOp consumer,
                   ContractionProblem &problem, ContractionOperands &operands) {
  SmallVector<std::optional<unsigned>> loops =
      matchLoops(contraction, consumer, *resultOperand(contraction, consumer));
  SmallVector<AffineMap> maps = contraction.getIndexingMapsArray();
  for (OpOperand *companion : companionOperands(contraction, consumer, problem)) {
    operands.companions.push_back(companion->get());
    SmallVector<int64_t> strides = loopStrides(consumer, *companion);
    // The problem's dims are the contraction's loops, group by group in order.
    unsigned batch = 0, m = 0, n = 0, k = 0;
    for (unsigned loop = 0; loop < loops.size(); ++loop) {
      auto uses = [&](unsigned operand) { return maps[operand].isFunctionOfDim(loop); };
      ContractionDim &dim = !uses(2)             ? problem.k[k++]
                            : uses(0) && uses(1) ? problem.batch[batch++]
                            : uses(1)            ? problem.n[n++]
                                                 : problem.m[m++];
      dim.companions.push_back(loops[loop] ? strides[*loops[loop]] : 0);
    }
  }
}

Epilogue buildEpilogue(OpBuilder &builder, linalg::LinalgOp contraction, linalg::LinalgOp consumer,
                       const ContractionProblem &problem) {
  EpilogueBody body;
  body.block = consumer.getBlock();
  body.result = consumer.getMatchingBlockArgument(resultOperand(contraction, consumer));
  SmallVector<OpOperand *> companions = companionOperands(contraction, consumer, problem);
  for (auto [number, companion] : llvm::enumerate(companions))
    if (consumer.isDpsInput(companion))
      body.loads.push_back({consumer.getMatchingBlockArgument(companion), unsigned(number)});
  for (OpOperand &output : consumer.getDpsInitsMutable()) {
    auto found = llvm::find(companions, &output);
    body.outputs.push_back(found == companions.end()
                               ? std::nullopt
                               : std::optional<unsigned>(found - companions.begin()));
  }
  // Scalars, and arithmetic on them alone, come first.
  IRMapping mapping;
  for (OpOperand *input : consumer.getDpsInputOperands()) {
    BlockArgument argument = consumer.getMatchingBlockArgument(input);
    if (!isScalar(input->get()) || argument == body.result || argument.use_empty())
      continue;
    Value scalar = input->get();
    if (isa<MemRefType>(scalar.getType()))
      scalar = memref::LoadOp::create(builder, consumer.getLoc(), scalar, ValueRange{});
    mapping.map(argument, scalar);
    body.scalars[argument] = scalar;
  }
  for (Operation &operation : body.block->without_terminator()) {
    auto isKnown = [&](Value operand) {
      return mapping.contains(operand) || operand.getParentBlock() != body.block;
    };
    if (!llvm::all_of(operation.getOperands(), isKnown))
      continue;
    Operation *clone = builder.clone(operation, mapping);
    for (auto [old, value] : llvm::zip(operation.getResults(), clone->getResults()))
      body.scalars[old] = value;
  }

  return [body = std::move(body)](OpBuilder &inner, Location loc, RegisterTile &tile) {
    SmallVector<SmallVector<Value>> results;
    for (unsigned row = 0; row < tile.rows(); ++row)
      for (unsigned vector = 0; vector < tile.vectors(); ++vector)
        results.push_back(body.compute(inner, loc, tile, row, vector));
    for (unsigned row = 0; row < tile.rows(); ++row)
      for (unsigned vector = 0; vector < tile.vectors(); ++vector)
        for (auto [output, value] :
             llvm::zip(body.outputs, results[row * tile.vectors() + vector])) {
          if (output)
            tile.store(inner, loc, value, *output, row, vector);
          else
            tile.setValue(row, vector, value);
        }
  };
}

} // namespace nnc
