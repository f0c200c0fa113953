// Finds the forward pass as the backward slice of the loss, and counts operations and bytes of
// kernels.
#include "compiler/analysis/StepAnalysis.h"

#include "compiler/analysis/AttentionKernel.h"
#include "compiler/analysis/RowUpdates.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/analysis/ZeroBorders.h"
#include "compiler/dialect/NNBuilders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;

namespace nnc {

std::string nameOf(Location location) {
  std::string name;
  location->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (!named)
      return WalkResult::advance();
    name = named.getName().str();
    return WalkResult::interrupt();
  });
  return name;
}

int64_t lineOf(Location location) {
  int64_t line = 0;
  location->walk([&](Location inner) {
    auto place = dyn_cast<FileLineColLoc>(inner);
    if (!place)
      return WalkResult::advance();
    line = place.getLine();
    return WalkResult::interrupt();
  });
  return line;
}

/// The most elements of a tensor that a kernel touches: of a row update those of the rows that are
/// looked up, of others all.
static int64_t mostElements(Operation *kernel) {
  if (kernel->hasAttr(rowUpdateAttrName))
    for (Value operand : kernel->getOperands())
      if (auto scatter = operand.getDefiningOp<nn::ScatterAddOp>())
        return cast<RankedTensorType>(scatter.getUpdates().getType()).getNumElements();
  return std::numeric_limits<int64_t>::max();
}

int64_t floatOperations(Operation *kernel) {
  auto op = dyn_cast<linalg::LinalgOp>(kernel);
  if (!op)
    return 0;
  if (isAttention(kernel))
    return attentionFlops(readAttention(kernel));
  int64_t iterations = 1, operations = 0;
  for (int64_t extent : op.getStaticLoopRanges())
    iterations *= extent;
  iterations = std::min(iterations, mostElements(kernel));
  for (Operation &inner : op.getBlock()->without_terminator())
    if (inner.getNumResults() == 1 && isa<FloatType>(inner.getResult(0).getType()) &&
        isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()) &&
        !isa<arith::ConstantOp, arith::SelectOp, arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp,
             arith::UIToFPOp>(inner))
      ++operations;
  return std::llround(static_cast<double>(iterations * operations) * shareThatCounts(op));
}

/// Everything in the function's block that `roots` are computed from.
static llvm::DenseSet<Operation *> slice(Block &block, SmallVector<Value> roots) {
  llvm::DenseSet<Operation *> result;
  while (!roots.empty()) {
    Operation *definition = roots.pop_back_val().getDefiningOp();
    if (!definition || definition->getBlock() != &block || !result.insert(definition).second)
      continue;
    // Bodies capture tensors.
    definition->walk([&](Operation *inner) { llvm::append_range(roots, inner->getOperands()); });
  }
  return result;
}

StepAnalysis::StepAnalysis(func::FuncOp function) {
  Block &block = function.getBody().front();
  SmallVector<Value> losses, updates;
  for (OpOperand &operand : block.getTerminator()->getOpOperands()) {
    unsigned number = operand.getOperandNumber();
    std::optional<nn::Kind> kind = nn::kindIn(function.getResultAttrDict(number));
    auto name = function.getResultAttrOfType<StringAttr>(number, nn::nameAttrName);
    if (kind == nn::Kind::Output && name && name.getValue() == "loss")
      losses.push_back(operand.get());
    else if (kind == nn::Kind::Parameter || kind == nn::Kind::Slot)
      updates.push_back(operand.get());
  }
  if (losses.empty())
    return;
  forward = slice(block, losses);
  backward = slice(block, updates);
  for (Operation *kernel : forward)
    backward.erase(kernel);
}

void StepAnalysis::markSaved(BufferAnalysis &analysis) const {
  for (Operation *kernel : analysis.kernels) {
    if (!isBackward(kernel))
      continue;
    for (Value tensor : tensorsRead(kernel)) {
      unsigned number = analysis.memory(tensor).storage;
      if (llvm::any_of(analysis.storages[number].writers,
                       [&](Operation *writer) { return isForward(writer); }))
        analysis.storages[analysis.resolve(number)].saved = true;
    }
  }
}

static StringRef kindOf(Operation *kernel) {
  auto op = dyn_cast<linalg::LinalgOp>(kernel);
  if (!op)
    return isa<tensor::InsertSliceOp>(kernel) ? "copy" : "scatter";
  if (isAttention(kernel))
    return "attention";
  if (op.getNumReductionLoops() == 0)
    return "element-wise";
  auto body = op.getBlock()->without_terminator();
  bool multipliesAndAdds =
      op.getNumDpsInputs() == 2 && std::distance(body.begin(), body.end()) == 2 &&
      isa<arith::MulFOp>(*body.begin()) && isa<arith::AddFOp>(*std::next(body.begin()));
  return multipliesAndAdds ? "contraction" : "reduction";
}

/// Bytes of the tensors that a kernel reads and writes, but for those that stay on tiles and
/// the initial values of reductions.
static int64_t bytesTouched(const BufferAnalysis &analysis, Operation *kernel) {
  // A copy touches a part of its destination; an insertion in place is not a copy.
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(kernel))
    return isWrittenInPlace(insert) ? 0 : 2 * bytesOf(insert.getSourceType());
  const int64_t most = mostElements(kernel);
  int64_t bytes = 0;
  auto add = [&](Value tensor) {
    if (analysis.storages[analysis.memory(tensor).storage].kind == Storage::Tiles)
      return;
    auto type = cast<RankedTensorType>(tensor.getType());
    const int64_t elements = type.getNumElements();
    bytes += bytesOf(type) / elements * std::min(elements, most);
  };
  for (Value tensor : tensorsRead(kernel))
    if (!tensor.getDefiningOp<linalg::FillOp>())
      add(tensor);
  llvm::for_each(kernel->getResults(), add);
  return bytes;
}

std::vector<KernelRegion> StepAnalysis::regions(const BufferAnalysis &analysis,
                                                ArrayRef<KernelGroup> order) const {
  std::vector<KernelRegion> result;
  for (const KernelGroup &group : order) {
    KernelRegion region;
    int64_t most = -1;
    for (Operation *kernel : group) {
      int64_t times = timesOf(kernel);
      int64_t flop = floatOperations(kernel) * times;
      region.flop += flop;
      if (group.size() == 1 || !isa<linalg::FillOp>(kernel))
        region.bytes += bytesTouched(analysis, kernel) * times;
      if (flop <= most)
        continue;
      most = flop;
      region.line = lineOf(kernel->getLoc());
      region.kind = kindOf(kernel);
      region.backward = isBackward(kernel);
    }
    result.push_back(std::move(region));
  }
  return result;
}

} // namespace nnc
