// Attention: one kernel, whose body has the terms of its sums (AttentionKernel.h). The block, whose
// operations are linalg by then, is computed at one score.
#include "compiler/analysis/AttentionKernel.h"
#include "compiler/conversion/NNToLinalg.h"
#include "compiler/dialect/NNBuilders.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace nnc {

namespace {

/// Builds the body of the kernel.
class AttentionBody {
public:
  /// Adds arithmetic to `block`. `scorePoint` is the map from the loops to a score.
  AttentionBody(Operation *op, ValueRange extras, Block *block, AffineMap scorePoint)
      : op(op), extras(extras), source(&op->getRegion(0).front()), builder(op->getContext()),
        block(block), scorePoint(scorePoint) {
    builder.setInsertionPointToEnd(block);
  }

  Value addInput(Value tensor, AffineMap map) {
    inputs.push_back(tensor);
    maps.push_back(map);
    return block->addArgument(getElementTypeOrSelf(tensor.getType()), op->getLoc());
  }
  void setArgument(unsigned number, Value scalar) { scalars[source->getArgument(number)] = scalar; }
  Value score(Value tensor) { return at(tensor, scorePoint.getResults()); }

  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;

private:
  /// The element of a tensor of the block at a point: for each of its dimensions a loop, or 0.
  Value at(Value tensor, ArrayRef<AffineExpr> point) {
    if (Value scalar = scalars.lookup(tensor))
      return scalar;
    AffineMap place = AffineMap::get(scorePoint.getNumDims(), 0, point, op->getContext());
    if (Value known = elements.lookup({tensor, place}))
      return known;
    return elements[{tensor, place}] = compute(tensor, place);
  }

  Value compute(Value tensor, AffineMap place) {
    if (auto argument = dyn_cast<BlockArgument>(tensor))
      return addInput(extras[argument.getArgNumber() - 1], place);
    Operation *definition = tensor.getDefiningOp();
    if (auto constant = dyn_cast<arith::ConstantOp>(definition)) {
      auto elements = cast<SplatElementsAttr>(constant.getValue());
      return arith::ConstantOp::create(builder, constant.getLoc(),
                                       elements.getSplatValue<TypedAttr>());
    }
    if (auto fill = dyn_cast<linalg::FillOp>(definition))
      return copyScalar(fill.getInputs()[0]);
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(definition))
      return at(definition->getOperand(0), throughReshape(definition, place));
    return computeElement(cast<linalg::GenericOp>(definition), place);
  }

  Value copyScalar(Value scalar) { return builder.clone(*scalar.getDefiningOp())->getResult(0); }

  /// Only dimensions of one element are added or dropped.
  SmallVector<AffineExpr> throughReshape(Operation *reshape, AffineMap place) {
    auto from = cast<RankedTensorType>(reshape->getOperand(0).getType()),
         to = cast<RankedTensorType>(reshape->getResult(0).getType());
    SmallVector<AffineExpr> kept, point;
    for (auto [extent, index] : llvm::zip_equal(to.getShape(), place.getResults()))
      if (extent != 1)
        kept.push_back(index);
    unsigned next = 0;
    for (int64_t extent : from.getShape())
      point.push_back(extent == 1 ? builder.getAffineConstantExpr(0) : kept[next++]);
    return point;
  }

  Value computeElement(linalg::GenericOp generic, AffineMap place) {
    AffineMap written = generic.getIndexingMapsArray().back();
    AffineMap loops = inversePermutation(written).compose(place);
    IRMapping mapping;
    for (OpOperand *input : generic.getDpsInputOperands()) {
      BlockArgument argument = generic.getMatchingBlockArgument(input);
      if (!argument.use_empty())
        mapping.map(argument,
                    isa<RankedTensorType>(input->get().getType())
                        ? at(input->get(),
                             generic.getMatchingIndexingMap(input).compose(loops).getResults())
                        : copyScalar(input->get()));
    }
    for (Operation &inner : generic.getBody()->without_terminator()) {
      for (Value operand : inner.getOperands())
        if (operand.getParentBlock() != generic.getBody() && !mapping.contains(operand))
          mapping.map(operand, copyScalar(operand));
      auto index = dyn_cast<linalg::IndexOp>(inner);
      if (!index) {
        builder.clone(inner, mapping);
        continue;
      }
      AffineExpr loop = loops.getResult(index.getDim());
      if (auto dim = dyn_cast<AffineDimExpr>(loop))
        mapping.map(
            index.getResult(),
            linalg::IndexOp::create(builder, inner.getLoc(), dim.getPosition()).getResult());
      else
        mapping.map(index.getResult(),
                    arith::ConstantIndexOp::create(builder, inner.getLoc(), 0).getResult());
    }
    Value yielded = generic.getBody()->getTerminator()->getOperand(0);
    return yielded.getParentBlock() == generic.getBody() || mapping.contains(yielded)
               ? mapping.lookup(yielded)
               : copyScalar(yielded);
  }

  Operation *op;
  ValueRange extras;
  Block *source;
  OpBuilder builder;
  Block *block;
  AffineMap scorePoint;
  DenseMap<Value, Value> scalars;
  DenseMap<std::pair<Value, AffineMap>, Value> elements;
};

template <typename Op> void convert(IRRewriter &rewriter, Op op) {
  constexpr bool isGradient = std::is_same_v<Op, nn::AttentionGradientOp>;
  Location location = op.getLoc();
  nn::AttentionDims dims = op.getDims();
  SmallVector<int64_t> labels(dims.batch);
  llvm::append_range(labels, dims.rows);
  labels.append({dims.key, dims.inner, dims.column});
  auto mapOf = [&](ArrayRef<int64_t> of) {
    SmallVector<AffineExpr> places;
    for (int64_t label : of)
      places.push_back(rewriter.getAffineDimExpr(llvm::find(labels, label) - labels.begin()));
    return AffineMap::get(labels.size(), 0, places, rewriter.getContext());
  };
  SmallVector<int64_t> rowLabels;
  for (int64_t label : op.getScoreLabels())
    if (label != dims.key)
      rowLabels.push_back(label);

  auto *block = new Block;
  AttentionBody body(op, op.getExtras(), block, mapOf(op.getScoreLabels()));
  Value q = body.addInput(op.getQuery(), mapOf(op.getQueryLabels()));
  Value k = body.addInput(op.getKey(), mapOf(op.getKeyLabels()));
  Value v = body.addInput(op.getValue(), mapOf(op.getValueLabels()));
  Value result, logsumexp, cotangent;
  if constexpr (isGradient) {
    result = body.addInput(op.getResult(), mapOf(op.getResultLabels()));
    logsumexp = body.addInput(op.getLogsumexp(), mapOf(rowLabels));
    cotangent = body.addInput(op.getCotangent(), mapOf(op.getResultLabels()));
  }
  OpBuilder inner(rewriter.getContext());
  inner.setInsertionPointToEnd(block);
  auto product = [&](Value a, Value b) -> Value {
    return arith::MulFOp::create(inner, location, a, b);
  };
  auto difference = [&](Value a, Value b) -> Value {
    return arith::SubFOp::create(inner, location, a, b);
  };
  body.setArgument(0, product(q, k));
  Operation *yield = op.getBlock()->getTerminator();
  Value changed = body.score(yield->getOperand(0));
  constexpr unsigned factorNumber = isGradient ? 2 : 1;
  Value factor = yield->getNumOperands() > factorNumber
                     ? body.score(yield->getOperand(factorNumber))
                     : Value();
  auto withFactor = [&](Value value) { return factor ? product(value, factor) : value; };
  SmallVector<Value> terms, inits;
  SmallVector<AffineMap> outputMaps;
  auto addOutput = [&](Value term, Value like, AffineMap map) {
    terms.push_back(term);
    inits.push_back(buildFilled(rewriter, location, like.getType(), numberAttr(term.getType(), 0)));
    outputMaps.push_back(map);
  };
  if constexpr (isGradient) {
    Value weight = math::ExpOp::create(inner, location, difference(changed, logsumexp));
    Value ofWeight = difference(withFactor(product(cotangent, v)), product(cotangent, result));
    body.setArgument(op.getBlock()->getNumArguments() - 1, product(weight, ofWeight));
    Value ofScore = body.score(yield->getOperand(1));
    addOutput(product(ofScore, k), op.getQuery(), mapOf(op.getQueryLabels()));
    addOutput(product(ofScore, q), op.getKey(), mapOf(op.getKeyLabels()));
    addOutput(product(withFactor(weight), cotangent), op.getValue(), mapOf(op.getValueLabels()));
  } else {
    Value weight = math::ExpOp::create(inner, location, changed);
    addOutput(product(withFactor(weight), v), op.getResult(), mapOf(op.getResultLabels()));
    addOutput(weight, op.getLogsumexp(), mapOf(rowLabels));
  }
  for (Value &term : terms)
    term =
        arith::AddFOp::create(inner, location, block->addArgument(term.getType(), location), term);
  linalg::YieldOp::create(inner, location, terms);

  SmallVector<AffineMap> maps(body.maps);
  llvm::append_range(maps, outputMaps);
  SmallVector<utils::IteratorType> iterators(labels.size(), utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), dims.batch.size(), utils::IteratorType::parallel);
  auto kernel = linalg::GenericOp::create(rewriter, location, op.getResultTypes(), body.inputs,
                                          inits, maps, iterators);
  kernel.getRegion().push_back(block);
  NamedAttrList attributes;
  attributes.set("batch", rewriter.getI64IntegerAttr(dims.batch.size()));
  attributes.set("rows", rewriter.getI64IntegerAttr(dims.rows.size()));
  if (IntegerAttr first = op.getFirstKeyAttr())
    attributes.set("first_key", first);
  if (IntegerAttr last = op.getLastKeyAttr())
    attributes.set("last_key", last);
  kernel->setAttr(attentionAttrName, attributes.getDictionary(rewriter.getContext()));
  rewriter.replaceOp(op, kernel);
}

} // namespace

void convertAttention(Operation *function) {
  IRRewriter rewriter(function->getContext());
  SmallVector<Operation *> attentions;
  function->walk([&](Operation *op) {
    if (isa<nn::AttentionOp, nn::AttentionGradientOp>(op))
      attentions.push_back(op);
  });
  for (Operation *op : attentions) {
    rewriter.setInsertionPoint(op);
    if (auto attention = dyn_cast<nn::AttentionOp>(op))
      convert(rewriter, attention);
    else
      convert(rewriter, cast<nn::AttentionGradientOp>(op));
  }
}

} // namespace nnc
