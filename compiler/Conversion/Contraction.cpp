#include "compiler/Conversion/Contraction.h"

#include "compiler/Conversion/ContractionEmitter.h"
#include "compiler/Conversion/ZeroBorders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/AffineExpr.h"

#include <algorithm>
#include <tuple>

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

/// True if the body computes c + a * b, in any order of operands.
bool multipliesAndAdds(Block &body) {
  if (body.getNumArguments() != 3)
    return false;
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  for (bool flip : {false, true}) {
    auto product = (flip ? sum.getRhs() : sum.getLhs()).getDefiningOp<arith::MulFOp>();
    Value other = flip ? sum.getLhs() : sum.getRhs();
    if (!product || other != body.getArgument(2))
      continue;
    Value a = product.getLhs(), b = product.getRhs();
    if ((a == body.getArgument(0) && b == body.getArgument(1)) ||
        (a == body.getArgument(1) && b == body.getArgument(0)))
      return true;
  }
  return false;
}

/// Adds `scale` times the coefficient of each dim in a linear expression, and its constant to
/// `offset`; false if it is not linear.
bool addCoefficients(AffineExpr expr, int64_t scale, MutableArrayRef<int64_t> coefficients,
                     int64_t &offset) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coefficients[dim.getPosition()] += scale;
    return true;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    offset += scale * constant.getValue();
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return addCoefficients(binary.getLHS(), scale, coefficients, offset) &&
           addCoefficients(binary.getRHS(), scale, coefficients, offset);
  if (binary.getKind() == AffineExprKind::Mul)
    if (auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS()))
      return addCoefficients(binary.getLHS(), scale * factor.getValue(), coefficients, offset);
  return false;
}

/// Element strides of the op's loops in one operand; `start` is the first element that is read,
/// counted from the memref's first.
FailureOr<SmallVector<int64_t>> loopStrides(MemRefType type, AffineMap map, int64_t &start) {
  int64_t offset = 0;
  SmallVector<int64_t> memrefStrides, strides(map.getNumDims(), 0);
  if (failed(type.getStridesAndOffset(memrefStrides, offset)))
    return failure();
  start = 0;
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), memrefStrides))
    if (ShapedType::isDynamic(stride) || !addCoefficients(expr, stride, strides, start))
      return failure();
  return strides;
}

/// Where an operand's dims are indexed by one step of a sum and one other loop, and lie in a
/// border.
void addBorders(ContractionProblem &problem, AffineMap map, ArrayRef<int64_t> interior,
                ArrayRef<int64_t> extents,
                ArrayRef<std::pair<SmallVectorImpl<ContractionDim> *, unsigned>> places) {
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    SmallVector<int64_t> coefficients(map.getNumDims(), 0);
    int64_t offset = 0;
    if (!addCoefficients(expr, 1, coefficients, offset))
      continue;
    std::optional<unsigned> outer, reduction;
    bool simple = true;
    for (auto [loop, coefficient] : llvm::enumerate(coefficients)) {
      if (coefficient == 0 || extents[loop] == 1)
        continue;
      std::optional<unsigned> &found = places[loop].first == &problem.k ? reduction : outer;
      simple &= !found;
      found = loop;
    }
    if (!simple || !outer || !reduction)
      continue;
    ZeroBorder border;
    auto [group, index] = places[*outer];
    border.group = group == &problem.m   ? ZeroBorder::M
                   : group == &problem.n ? ZeroBorder::N
                                         : ZeroBorder::Batch;
    border.outer = index;
    border.reduction = places[*reduction].second;
    border.scale = coefficients[*outer];
    border.step = coefficients[*reduction];
    border.low = interior[2 * dim] - offset;
    border.high = interior[2 * dim + 1] - offset;
    if (border.step < 0) {
      border.step = -border.step;
      border.scale = -border.scale;
      std::tie(border.low, border.high) = std::make_pair(1 - border.high, 1 - border.low);
    }
    const int64_t far = border.scale * (extents[*outer] - 1);
    const bool everythingCounts =
        border.low <= std::min<int64_t>(far, 0) &&
        border.high > std::max<int64_t>(far, 0) + border.step * (extents[*reduction] - 1);
    if (!everythingCounts && llvm::none_of(problem.borders, [&](const ZeroBorder &other) {
          return other.reduction == border.reduction;
        }))
      problem.borders.push_back(border);
  }
}

} // namespace

FailureOr<ContractionProblem> matchContraction(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || !op.hasPureBufferSemantics() ||
      op->getNumRegions() != 1 || !multipliesAndAdds(op->getRegion(0).front()))
    return failure();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<SmallVector<int64_t>> strides;
  SmallVector<int64_t> starts;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type || !type.hasStaticShape() ||
        (!type.getElementType().isF32() && !type.getElementType().isF64()))
      return failure();
    auto found = loopStrides(type, maps[operand.getOperandNumber()], starts.emplace_back());
    if (failed(found))
      return failure();
    strides.push_back(*found);
  }
  if (starts[2] != 0)
    return failure();

  ContractionProblem problem;
  auto type = cast<MemRefType>(op.getDpsInits()[0].getType());
  problem.elementType = cast<FloatType>(type.getElementType());
  for (Value input : op.getDpsInputs())
    if (cast<MemRefType>(input.getType()).getElementType() != problem.elementType)
      return failure();
  problem.accumulate = true;
  problem.startA = starts[0];
  problem.startB = starts[1];
  for (auto [loop, extent] : llvm::enumerate(op.getStaticLoopRanges())) {
    ContractionDim dim{extent, strides[0][loop], strides[1][loop], strides[2][loop], {}};
    auto uses = [&](unsigned operand) {
      return maps[operand].isFunctionOfDim(static_cast<unsigned>(loop));
    };
    if (!uses(2))
      problem.k.push_back(dim);
    else if (uses(0) && uses(1))
      problem.batch.push_back(dim);
    else if (uses(1))
      problem.n.push_back(dim);
    else
      problem.m.push_back(dim);
  }
  auto interiors = op->getAttrOfType<ArrayAttr>(interiorsAttrName);
  if (!interiors)
    return problem;
  SmallVector<std::pair<SmallVectorImpl<ContractionDim> *, unsigned>> places;
  unsigned batch = 0, m = 0, n = 0, k = 0;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    auto uses = [&](unsigned operand) { return maps[operand].isFunctionOfDim(loop); };
    if (!uses(2))
      places.push_back({&problem.k, k++});
    else if (uses(0) && uses(1))
      places.push_back({&problem.batch, batch++});
    else if (uses(1))
      places.push_back({&problem.n, n++});
    else
      places.push_back({&problem.m, m++});
  }
  for (unsigned input : {0, 1})
    if (auto interior = dyn_cast<DenseI64ArrayAttr>(interiors[input]); !interior.empty())
      addBorders(problem, maps[input], interior, op.getStaticLoopRanges(), places);
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
      (tiling.scratchBytes > 0 && !operands.scratch) || (problem.usesResult && !operands.c))
    return failure();
  nest->setTiles(tiling.rowTile, tiling.columnVectors, tiling.lanes);
  VectorEmitter emit(builder, loc, target, problem.elementType, tiling.lanes);
  ContractionEmitter(emit, *nest, tiling, problem, operands, hooks).run();
  return success();
}

} // namespace nnc
