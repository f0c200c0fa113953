// The pass update-rows: it marks updates of large tables that leave rows without a gradient as they
// are, so that assign-arena has only the rows updated that were looked up.
#include "compiler/analysis/RowUpdates.h"
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_UPDATEROWS
#include "compiler/passes/Passes.h.inc"

namespace {

/// An update of all rows, on all threads, is faster unless the table has this many times the rows
/// that a step can look up.
constexpr int64_t leastRowsPerLookup = 4;

struct UpdateRowsPass : impl::UpdateRowsBase<UpdateRowsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || !function.getBody().hasOneBlock())
      return;
    for (auto scatter : llvm::to_vector(function.getBody().front().getOps<nn::ScatterAddOp>()))
      visit(scatter);
  }

  void visit(nn::ScatterAddOp scatter) {
    auto type = cast<RankedTensorType>(scatter.getType());
    int64_t lookups = cast<RankedTensorType>(scatter.getIndices().getType()).getNumElements();
    if (type.getRank() != 2 || scatter.getBatchDims() != 0 ||
        type.getDimSize(0) < leastRowsPerLookup * lookups)
      return;
    std::optional<RowUpdate> update;
    if (scatter->hasOneUse())
      if (auto op = dyn_cast<linalg::GenericOp>(*scatter->user_begin()))
        update = matchRowUpdate(op);
    auto isPersistent = [](OpOperand *operand) {
      std::optional<nn::Kind> kind = nn::kindOf(operand->get());
      return kind == nn::Kind::Parameter || kind == nn::Kind::Slot;
    };
    const bool taken =
        update && update->gradient == scatter && llvm::all_of(update->old, isPersistent);
    if (taken)
      mark(*update);
    explain(scatter, lookups, taken);
  }

  void mark(const RowUpdate &update) {
    auto op = cast<linalg::GenericOp>(update.gradientOperand->getOwner());
    OpBuilder builder(op);
    Location location = nn::withoutName(op.getLoc());
    auto type = cast<RankedTensorType>(update.gradientOperand->get().getType());
    // On tensors all rows count as looked up; assign-arena marks those that are.
    Value yes = arith::ConstantOp::create(builder, location, builder.getBoolAttr(true));
    Value fresh = tensor::EmptyOp::create(builder, location, type.getShape().take_front(1),
                                          builder.getI1Type());
    Value looked = linalg::FillOp::create(builder, location, yes, fresh).getResult(0);
    SmallVector<Value> inputs(op.getDpsInputs());
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps.insert(maps.begin() + inputs.size(),
                AffineMap::get(2, 0, builder.getAffineDimExpr(0), builder.getContext()));
    inputs.push_back(looked);
    auto marked = linalg::GenericOp::create(
        builder, op.getLoc(), op.getResultTypes(), inputs, op.getDpsInits(), maps,
        op.getIteratorTypesArray(), [&](OpBuilder &inner, Location, ValueRange arguments) {
          IRMapping mapping;
          size_t given = inputs.size() - 1;
          for (auto [i, argument] : llvm::enumerate(op.getBlock()->getArguments()))
            mapping.map(argument, arguments[i < given ? i : i + 1]);
          for (Operation &cloned : *op.getBlock())
            inner.clone(cloned, mapping);
        });
    marked->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    marked->setAttr(rowUpdateAttrName, builder.getUnitAttr());
    op->replaceAllUsesWith(marked);
    op.erase();
  }

  void explain(nn::ScatterAddOp scatter, int64_t lookups, bool taken) {
    auto options = remark::RemarkOpts::name("Rows")
                       .category(fusionCategory)
                       .function(getOperation().getName());
    int64_t rows = cast<RankedTensorType>(scatter.getType()).getDimSize(0);
    auto text = remark::detail::LazyTextBuild{
        "Remark", [&] {
          return taken ? llvm::formatv(
                             "the step updates only the rows that it looks up, at most {0} of "
                             "{1}: the others have no gradient, and stay as they are",
                             lookups, rows)
                             .str()
                       : llvm::formatv(
                             "the step updates all {0} rows of the table, of which it looks up "
                             "at most {1}: the optimizer, or another use of the gradient, may "
                             "change the others",
                             rows, lookups)
                             .str();
        }};
    if (taken)
      remark::passed(scatter.getLoc(), options) << text;
    else
      remark::missed(scatter.getLoc(), options) << text;
  }
};

} // namespace
} // namespace nnc
