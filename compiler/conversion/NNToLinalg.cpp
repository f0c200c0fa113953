// The pass convert-nn-to-linalg, and the builders that its patterns share.
#include "compiler/conversion/NNToLinalg.h"

#include "compiler/analysis/Recomputed.h"
#include "compiler/dialect/NNBuilders.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_CONVERTNNTOLINALG
#include "compiler/passes/Passes.h.inc"

Value buildElementwise(OpBuilder &builder, Location location, ValueRange inputs,
                       ArrayRef<AffineMap> maps, Type type, ScalarBody body) {
  auto tensorType = cast<RankedTensorType>(type);
  Value init = tensor::EmptyOp::create(builder, location, tensorType, ValueRange{});
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(builder.getMultiDimIdentityMap(tensorType.getRank()));
  SmallVector<utils::IteratorType> iterators(tensorType.getRank(), utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, location, TypeRange{type}, inputs, ValueRange{init}, allMaps, iterators,
      [&](OpBuilder &inner, Location innerLocation, ValueRange arguments) {
        linalg::YieldOp::create(inner, innerLocation, body(inner, innerLocation, arguments));
      });
  return generic.getResult(0);
}

Value buildElementwise(OpBuilder &builder, Location location, ValueRange inputs, Type type,
                       ScalarBody body) {
  SmallVector<AffineMap> maps(
      inputs.size(), builder.getMultiDimIdentityMap(cast<RankedTensorType>(type).getRank()));
  return buildElementwise(builder, location, inputs, maps, type, body);
}

Value buildFilled(OpBuilder &builder, Location location, Type type, TypedAttr value) {
  Value init =
      tensor::EmptyOp::create(builder, location, cast<RankedTensorType>(type), ValueRange{});
  Value scalar = arith::ConstantOp::create(builder, location, value);
  return linalg::FillOp::create(builder, location, scalar, init).getResult(0);
}

TypedAttr numberAttr(Type type, double value) {
  if (isa<FloatType>(type))
    return FloatAttr::get(type, value);
  if (type.isInteger(1))
    return IntegerAttr::get(type, value != 0);
  return IntegerAttr::get(type, static_cast<int64_t>(value));
}

Value buildNumber(OpBuilder &builder, Location location, Type type, double value) {
  return arith::ConstantOp::create(builder, location, numberAttr(type, value));
}

Value buildLoopIndex(OpBuilder &builder, Location location, int64_t dimension, Type type) {
  Value index = linalg::IndexOp::create(builder, location, dimension);
  return arith::IndexCastOp::create(builder, location, type, index);
}

static void compareMaximum(nn::CompareOp compare) {
  if (compare.getPredicate() != nn::ComparePredicate::gt)
    return;
  for (Operation *user : compare.getLhs().getUsers()) {
    auto maximum = dyn_cast<nn::MaxOp>(user);
    if (!maximum || maximum.getLhs() != compare.getLhs() || maximum.getRhs() != compare.getRhs() ||
        maximum->getBlock() != compare->getBlock() || !maximum->isBeforeInBlock(compare))
      continue;
    compare.getLhsMutable().assign(maximum.getResult());
    return;
  }
}

void compareMaxima(Operation *function) { function->walk(compareMaximum); }

namespace {

struct ConvertNNToLinalgPass : impl::ConvertNNToLinalgBase<ConvertNNToLinalgPass> {
  void runOnOperation() override {
    RecomputedListener listener;
    RewritePatternSet definitions(&getContext());
    populateDefinitions(definitions);
    walkAndApplyPatterns(getOperation(), std::move(definitions), &listener);
    compareMaxima(getOperation());
    RewritePatternSet patterns(&getContext());
    populateElementwiseToLinalg(patterns);
    populateStructureToLinalg(patterns);
    populateReductionToLinalg(patterns);
    populateIndexedToLinalg(patterns);
    populateWindowsToLinalg(patterns);
    populateRandomToLinalg(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns), &listener);
    convertAttention(getOperation());

    getOperation()->walk([&](Operation *operation) {
      if (!isa<nn::NNDialect>(operation->getDialect()) ||
          isa<nn::ScatterAddOp, nn::ScanOp, nn::YieldOp>(operation))
        return;
      operation->emitOpError("has no form in linalg; an earlier pass should have replaced it");
      signalPassFailure();
    });
  }
};

} // namespace
} // namespace nnc
