// Reads a contraction problem off a linalg op: its strides, and the group of each loop by the
// operands that the loop moves through.
#include "compiler/kernels/contraction/Contraction.h"

#include "compiler/kernels/contraction/ContractionEmitter.h"
#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/analysis/KernelNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/AffineExpr.h"

using namespace mlir;

namespace nnc {

int64_t ContractionProblem::flops() const {
  int64_t count = 2;
  for (const auto *group : {&batch, &m, &n, &k})
    for (const ContractionDim &dim : *group)
      count *= dim.extent;
  return count;
}

namespace {

/// Element strides of the op's loops in one operand, from the first element that is read, counted
/// from the memref's first.
FailureOr<LinearForm> loopStrides(MemRefType type, AffineMap map) {
  int64_t offset = 0;
  SmallVector<int64_t> memrefStrides;
  if (failed(type.getStridesAndOffset(memrefStrides, offset)))
    return failure();
  LinearForm form;
  form.strides.assign(map.getNumDims(), 0);
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), memrefStrides))
    if (ShapedType::isDynamic(stride) || failed(accumulate(expr, stride, form)))
      return failure();
  return form;
}

} // namespace

FailureOr<ContractionProblem> matchContraction(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || !op.hasPureBufferSemantics() ||
      op->getNumRegions() != 1 || !multipliesAndAdds(op->getRegion(0).front()))
    return failure();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<LinearForm> forms;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type || !type.hasStaticShape() ||
        (!type.getElementType().isF32() && !type.getElementType().isF64()))
      return failure();
    FailureOr<LinearForm> form = loopStrides(type, maps[operand.getOperandNumber()]);
    if (failed(form))
      return failure();
    forms.push_back(*form);
  }
  if (forms[2].offset != 0)
    return failure();

  ContractionProblem problem;
  auto type = cast<MemRefType>(op.getDpsInits()[0].getType());
  problem.elementType = cast<FloatType>(type.getElementType());
  for (Value input : op.getDpsInputs())
    if (cast<MemRefType>(input.getType()).getElementType() != problem.elementType)
      return failure();
  problem.accumulate = true;
  problem.startA = forms[0].offset;
  problem.startB = forms[1].offset;
  // Where each loop goes: its group, and its place there.
  SmallVector<std::pair<SmallVectorImpl<ContractionDim> *, unsigned>> places;
  for (auto [loop, extent] : llvm::enumerate(op.getStaticLoopRanges())) {
    auto uses = [&](unsigned operand) {
      return maps[operand].isFunctionOfDim(static_cast<unsigned>(loop));
    };
    SmallVectorImpl<ContractionDim> *group = &problem.m;
    if (!uses(2))
      group = &problem.k;
    else if (uses(1))
      group = uses(0) ? &problem.batch : &problem.n;
    places.push_back({group, static_cast<unsigned>(group->size())});
    group->push_back(
        {extent, forms[0].strides[loop], forms[1].strides[loop], forms[2].strides[loop], {}});
  }
  for (const LoopBorder &border : zeroBorders(op)) {
    auto [group, index] = places[border.outer];
    problem.borders.push_back({group == &problem.m   ? ZeroBorder::M
                               : group == &problem.n ? ZeroBorder::N
                                                     : ZeroBorder::Batch,
                               index, places[border.reduction].second, border.interior});
  }
  return problem;
}

int64_t scratchBytes(const ContractionProblem &problem, const TargetDescription &target,
                     unsigned threads) {
  return chooseTiling(problem, target, threads).scratchBytes;
}

LogicalResult emitContraction(OpBuilder &builder, Location loc, const ContractionProblem &problem,
                              const TargetDescription &target, const ContractionTiling &tiling,
                              const ContractionOperands &operands, const ContractionHooks &hooks) {
  using namespace contraction;
  std::optional<Nest> nest = makeNest(problem, tiling.form, tiling.swapped, tiling.skipsBorders);
  if (!nest || (problem.accumulate && !problem.usesResult) ||
      (tiling.scratchBytes > 0 && !operands.scratch) || (tiling.panelsBefore && !operands.panels) ||
      (problem.usesResult && !operands.c))
    return failure();
  nest->setTiles(tiling.rowTile, tiling.columnVectors, tiling.lanes);
  ConstantPool constants(builder);
  VectorEmitter emit(builder, loc, constants, target, problem.elementType, tiling.lanes);
  ContractionEmitter(emit, *nest, tiling, problem, operands, hooks).run();
  return success();
}

LogicalResult emitPanels(OpBuilder &builder, Location loc, const ContractionProblem &problem,
                         const TargetDescription &target, const ContractionTiling &tiling,
                         const ContractionOperands &operands) {
  using namespace contraction;
  std::optional<Nest> nest = makeNest(problem, tiling.form, tiling.swapped, tiling.skipsBorders);
  if (!nest || !tiling.panelsBefore || !operands.panels)
    return failure();
  nest->setTiles(tiling.rowTile, tiling.columnVectors, tiling.lanes);
  ConstantPool constants(builder);
  VectorEmitter emit(builder, loc, constants, target, problem.elementType, tiling.lanes);
  ContractionHooks hooks;
  ContractionEmitter(emit, *nest, tiling, problem, operands, hooks).runPanels();
  return success();
}

} // namespace nnc
