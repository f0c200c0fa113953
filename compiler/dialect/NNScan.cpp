// The operation nn.scan: its form, its checks, and the rule by which it is rebuilt for a batch.
#include "compiler/dialect/NNBuilders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace nnc::nn;

//===-- Parts ---------------------------------------------------------------------------------===//

ArrayRef<BlockArgument> ScanOp::getSequenceArguments() {
  return getBlock()->getArguments().take_front(getSequences().size());
}

ArrayRef<BlockArgument> ScanOp::getCarryArguments() {
  return getBlock()->getArguments().slice(getSequences().size(), getInits().size());
}

ArrayRef<BlockArgument> ScanOp::getInvariantArguments() {
  return getBlock()->getArguments().take_back(getInvariants().size());
}

YieldOp ScanOp::getYield() { return cast<YieldOp>(getBlock()->getTerminator()); }

int64_t nnc::nn::detail::countScan(ScanOp op) {
  int64_t operations = 0;
  for (Operation &inner : *op.getBlock())
    if (auto work = dyn_cast<Work>(inner))
      operations += work.countOperations();
  return op.getSteps() * operations;
}

/// One row of a sequence.
static RankedTensorType rowType(RankedTensorType sequence) {
  return sequence.clone(sequence.getShape().drop_front());
}

/// The types of the results of a scan whose block ends in `yield`.
static SmallVector<Type> resultTypes(int64_t steps, ValueRange inits, ValueRange emits) {
  SmallVector<Type> types;
  for (Value init : inits)
    types.push_back(withBatchDim(init.getType(), steps + 1));
  for (Value emit : emits)
    types.push_back(withBatchDim(emit.getType(), steps));
  return types;
}

void ScanOp::build(OpBuilder &builder, OperationState &state, int64_t steps, bool reverse,
                   ValueRange sequences, ValueRange inits, ValueRange invariants, ScanBody body) {
  state.addOperands(sequences);
  state.addOperands(inits);
  state.addOperands(invariants);
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.setSteps(builder.getI64IntegerAttr(steps));
  if (reverse)
    properties.setReverse(builder.getUnitAttr());
  properties.operandSegmentSizes = {int32_t(sequences.size()), int32_t(inits.size()),
                                    int32_t(invariants.size())};
  OpBuilder::InsertionGuard guard(builder);
  auto *block = builder.createBlock(state.addRegion());
  for (Value sequence : sequences)
    block->addArgument(rowType(cast<RankedTensorType>(sequence.getType())), sequence.getLoc());
  for (ValueRange same : {inits, invariants})
    for (Value value : same)
      block->addArgument(value.getType(), value.getLoc());
  ArrayRef<BlockArgument> arguments = block->getArguments();
  body(builder, state.location, arguments.take_front(sequences.size()),
       arguments.slice(sequences.size(), inits.size()), arguments.take_back(invariants.size()));
  state.addTypes(resultTypes(steps, inits, cast<YieldOp>(block->getTerminator()).getEmits()));
}

//===-- Form ----------------------------------------------------------------------------------===//

/// `keyword(%argument = %operand : type, ...)`, or nothing.
static ParseResult parseBound(OpAsmParser &parser, StringRef keyword, bool areRows,
                              SmallVectorImpl<OpAsmParser::Argument> &arguments,
                              OperationState &state, int32_t &count) {
  count = 0;
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
    OpAsmParser::UnresolvedOperand operand;
    RankedTensorType type;
    SMLoc at = parser.getCurrentLocation();
    if (parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
        parser.parseOperand(operand) || parser.parseColonType(type) ||
        parser.resolveOperand(operand, type, state.operands))
      return failure();
    if (areRows && type.getRank() == 0)
      return parser.emitError(at, "a sequence has a dimension of steps, but this is a ") << type;
    arguments.back().type = areRows ? rowType(type) : type;
    ++count;
    return success();
  });
}

ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &state) {
  int64_t steps;
  SmallVector<OpAsmParser::Argument> arguments;
  Properties &properties = state.getOrAddProperties<Properties>();
  auto &sizes = properties.operandSegmentSizes;
  if (parser.parseInteger(steps))
    return failure();
  properties.setSteps(parser.getBuilder().getI64IntegerAttr(steps));
  if (succeeded(parser.parseOptionalKeyword("reverse")))
    properties.setReverse(parser.getBuilder().getUnitAttr());
  Region *body = state.addRegion();
  if (parseBound(parser, "over", true, arguments, state, sizes[0]) ||
      parseBound(parser, "carry", false, arguments, state, sizes[1]) ||
      parseBound(parser, "with", false, arguments, state, sizes[2]) ||
      parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseRegion(*body, arguments))
    return failure();
  auto yield = body->hasOneBlock() && !body->front().empty()
                   ? dyn_cast<YieldOp>(body->front().back())
                   : YieldOp();
  if (!yield)
    return parser.emitError(at, "the block of nn.scan ends in nn.yield");
  for (unsigned i = 0; i < unsigned(sizes[1]); ++i)
    state.addTypes(withBatchDim(arguments[sizes[0] + i].type, steps + 1));
  for (Value emit : yield.getEmits())
    state.addTypes(withBatchDim(emit.getType(), steps));
  return success();
}

void ScanOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getSteps();
  if (getReverse())
    printer << " reverse";
  auto printBound = [&](StringRef keyword, ArrayRef<BlockArgument> arguments, ValueRange operands) {
    if (operands.empty())
      return;
    printer << ' ' << keyword << '(';
    llvm::interleaveComma(llvm::zip_equal(arguments, operands), printer, [&](auto bound) {
      auto [argument, operand] = bound;
      printer << argument << " = " << operand << " : " << operand.getType();
    });
    printer << ')';
  };
  printBound("over", getSequenceArguments(), getSequences());
  printBound("carry", getCarryArguments(), getInits());
  printBound("with", getInvariantArguments(), getInvariants());
  printer.printOptionalAttrDictWithKeyword((*this)->getDiscardableAttrDictionary().getValue());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

//===-- Checks --------------------------------------------------------------------------------===//

LogicalResult ScanOp::verify() {
  Block &block = *getBlock();
  if (block.getNumArguments() != getNumOperands())
    return emitOpError("has ") << getNumOperands() << " operands, but its block "
                               << block.getNumArguments() << " arguments";
  for (auto [i, sequence] : llvm::enumerate(getSequences())) {
    auto type = cast<RankedTensorType>(sequence.getType());
    if (type.getRank() == 0 || type.getDimSize(0) != int64_t(getSteps()))
      return emitOpError("has ") << getSteps() << " steps, but sequence " << i << " is a " << type;
    if (block.getArgument(i).getType() != rowType(type))
      return emitOpError("has sequence ") << i << " of " << type << ", but its block sees a "
                                          << block.getArgument(i).getType() << " in each step";
  }
  for (unsigned i = getSequences().size(); i < getNumOperands(); ++i)
    if (block.getArgument(i).getType() != getOperand(i).getType())
      return emitOpError("has operand ")
             << i << " of " << getOperand(i).getType() << ", but its block sees a "
             << block.getArgument(i).getType();
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return emitOpError("has a block that does not end in nn.yield");
  if (yield.getCarries().size() != getInits().size())
    return yield.emitOpError("hands on ")
           << yield.getCarries().size() << " carries, but the scan has " << getInits().size();
  for (auto [i, carry, init] : llvm::enumerate(yield.getCarries(), getInits()))
    if (carry.getType() != init.getType())
      return yield.emitOpError("hands on carry ")
             << i << " as " << carry.getType() << ", but it begins as " << init.getType();
  SmallVector<Type> types = resultTypes(getSteps(), getInits(), yield.getEmits());
  if (types != SmallVector<Type>(getResultTypes()))
    return emitOpError("has results ") << getResultTypes() << ", but its block gives " << types;
  for (Operation &inner : block)
    if (isa<GradientOp, BatchMeanOp, BatchSumOp, BatchNextOp, BatchCountOp>(inner))
      return inner.emitOpError("cannot be in the block of a scan");
  return success();
}

//===-- The batch -----------------------------------------------------------------------------===//

/// The values of the block that differ between examples. A carry does if its initial value does or what
/// a step makes of it.
static llvm::DenseSet<Value> findDiffering(ScanOp op, const llvm::SmallBitVector &batched) {
  llvm::DenseSet<Value> differing;
  for (int i : batched.set_bits())
    differing.insert(op.getBlock()->getArgument(i));
  for (bool changed = true; changed;) {
    changed = false;
    for (Operation &inner : op.getBlock()->without_terminator())
      if (llvm::any_of(inner.getOperands(), [&](Value value) { return differing.contains(value); }))
        differing.insert(inner.result_begin(), inner.result_end());
    for (auto [argument, next] :
         llvm::zip_equal(op.getCarryArguments(), op.getYield().getCarries()))
      changed |= differing.contains(next) && differing.insert(argument).second;
  }
  return differing;
}

/// Swaps the first two dimensions: those of the batch and of the steps.
static Value buildSwapped(OpBuilder &builder, Location location, Value value) {
  SmallVector<int64_t> order = consecutiveDims(cast<RankedTensorType>(value.getType()).getRank());
  std::swap(order[0], order[1]);
  return TransposeOp::create(builder, location, value, order);
}

// Inside, the dimension of the batch comes behind that of the steps.
void ScanOp::buildBatched(OpBuilder &builder, ValueRange operands,
                          const llvm::SmallBitVector &batched, int64_t batch,
                          SmallVectorImpl<Value> &results) {
  Location location = withoutName(getLoc());
  llvm::DenseSet<Value> differing = findDiffering(*this, batched);
  auto differs = [&](Value value) { return differing.contains(value); };
  SmallVector<Value> sequences, inits, invariants;
  for (auto [i, argument, operand] : llvm::enumerate(getBlock()->getArguments(), operands)) {
    if (i < getSequences().size())
      sequences.push_back(batched.test(i) ? buildSwapped(builder, location, operand) : operand);
    else if (i < getSequences().size() + getInits().size())
      inits.push_back(differs(argument)
                          ? buildWithBatchDim(builder, location, operand, batched.test(i), batch)
                          : operand);
    else
      invariants.push_back(operand);
  }

  YieldOp yield = getYield();
  auto copy = ScanOp::create(
      builder, getLoc(), getSteps(), getReverse(), sequences, inits, invariants,
      [&](OpBuilder &builder, Location, ArrayRef<BlockArgument> newSequences,
          ArrayRef<BlockArgument> newCarries, ArrayRef<BlockArgument> newInvariants) {
        IRMapping mapping;
        mapping.map(getSequenceArguments(), newSequences);
        mapping.map(getCarryArguments(), newCarries);
        mapping.map(getInvariantArguments(), newInvariants);
        for (Operation &inner : getBlock()->without_terminator()) {
          if (!llvm::any_of(inner.getOperands(), differs)) {
            builder.clone(inner, mapping);
            continue;
          }
          SmallVector<Value> newOperands, newResults;
          llvm::SmallBitVector areBatched(inner.getNumOperands());
          for (auto [i, operand] : llvm::enumerate(inner.getOperands())) {
            newOperands.push_back(mapping.lookup(operand));
            areBatched[i] = differs(operand);
          }
          cast<Batchable>(inner).buildBatched(builder, newOperands, areBatched, batch, newResults);
          mapping.map(inner.getResults(), newResults);
        }
        SmallVector<Value> carries, emits;
        for (auto [argument, next] : llvm::zip_equal(getCarryArguments(), yield.getCarries())) {
          Value value = mapping.lookup(next);
          carries.push_back(differs(argument)
                                ? buildWithBatchDim(builder, location, value, differs(next), batch)
                                : value);
        }
        for (Value emit : yield.getEmits())
          emits.push_back(mapping.lookup(emit));
        YieldOp::create(builder, yield.getLoc(), carries, emits);
      });
  for (auto [i, result] : llvm::enumerate(copy.getResults())) {
    bool isBatched = i < getInits().size() ? differs(getCarryArguments()[i])
                                           : differs(yield.getEmits()[i - getInits().size()]);
    results.push_back(isBatched ? buildSwapped(builder, location, result)
                                : buildWithBatchDim(builder, location, result, false, batch));
  }
}
