// The pass split-prologues: it finds functions of saved values that one contraction reads, takes them
// out of kernels that compute more, and marks them.
#include "compiler/analysis/BlockLayout.h"
#include "compiler/analysis/PrologueLegality.h"
#include "compiler/analysis/Recomputed.h"
#include "compiler/analysis/StepAnalysis.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_SPLITPROLOGUES
#include "compiler/passes/Passes.h.inc"

namespace {

/// The operations of a kernel's body that make one yielded value of another.
struct BodyPart {
  unsigned from = 0; // the number of the result that they start from
  llvm::SetVector<Operation *> operations;
};

struct SplitProloguesPass : impl::SplitProloguesBase<SplitProloguesPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    // Elsewhere memory is not scarce, and what is computed with its input need not be computed again
    // for each panel.
    if (!function->hasAttr(recomputationAttrName) || !function.getBody().hasOneBlock())
      return;
    for (auto kernel : llvm::to_vector(function.getBody().front().getOps<linalg::GenericOp>())) {
      if (kernel.getNumResults() > 1 && kernel.getNumReductionLoops() == 0)
        split(kernel);
      else if (kernel.getNumResults() == 1)
        mark(kernel);
    }
  }

  /// Marks a kernel that is a prologue, if its input has other readers: otherwise the result could take
  /// the input's place.
  bool mark(linalg::GenericOp kernel) {
    OpOperand *operand = prologueOperand(kernel);
    if (!operand || kernel.getDpsInputs()[0].hasOneUse())
      return false;
    kernel->setAttr(prologueAttrName, UnitAttr::get(&getContext()));
    remark::passed(kernel.getLoc(), remark::RemarkOpts::name("Prologue")
                                        .category(fusionCategory)
                                        .function(getOperation().getName()))
        << remark::detail::LazyTextBuild{
               "Remark", [&] {
                 std::string name = nameOf(kernel.getLoc());
                 auto type = cast<RankedTensorType>(kernel->getResult(0).getType());
                 return llvm::formatv(
                            "{0} is computed as the product reads it, from a value that is "
                            "saved: {1} bytes less in memory",
                            name.empty() ? "an operand" : "`" + name + "`", bytesOf(type))
                     .str();
               }};
    return true;
  }

  /// Makes kernels of their own of results that follow from another result, if these are prologues.
  void split(linalg::GenericOp kernel) {
    for (unsigned number = 0; number < kernel.getNumResults(); ++number) {
      std::optional<BodyPart> part = findPart(kernel, number);
      if (!part)
        continue;
      linalg::GenericOp own = build(kernel, number, *part);
      OpResult result = kernel->getResult(number);
      result.replaceAllUsesWith(own->getResult(0));
      if (mark(own)) {
        kernel = withoutResult(kernel, number);
        --number;
      } else {
        own->getResult(0).replaceAllUsesWith(result);
        own->erase();
      }
    }
  }

  /// How the result follows from one other result and constants alone; nothing if it does not.
  static std::optional<BodyPart> findPart(linalg::GenericOp kernel, unsigned number) {
    Operation *terminator = kernel.getBody()->getTerminator();
    for (unsigned from = 0; from < kernel.getNumResults(); ++from) {
      Value start = terminator->getOperand(from);
      if (from == number || start == terminator->getOperand(number) || isa<BlockArgument>(start))
        continue;
      BodyPart part{from, {}};
      SmallVector<Value> work{terminator->getOperand(number)};
      bool follows = true;
      while (!work.empty() && follows) {
        Value value = work.pop_back_val();
        if (value == start || value.getParentBlock() != kernel.getBody())
          continue;
        Operation *definition = value.getDefiningOp();
        follows = definition != nullptr;
        if (definition && part.operations.insert(definition))
          llvm::append_range(work, definition->getOperands());
      }
      if (follows && !part.operations.empty())
        return part;
    }
    return std::nullopt;
  }

  /// The function of result `part.from` that result `number` is.
  static linalg::GenericOp build(linalg::GenericOp kernel, unsigned number, const BodyPart &part) {
    OpBuilder builder(kernel);
    builder.setInsertionPointAfter(kernel);
    Operation *terminator = kernel.getBody()->getTerminator();
    auto type = cast<RankedTensorType>(kernel->getResult(number).getType());
    Location location = kernel->getResult(number).getLoc();
    Value empty =
        tensor::EmptyOp::create(builder, location, type.getShape(), type.getElementType());
    AffineMap read = kernel.getIndexingMapMatchingResult(kernel->getResult(part.from)),
              written = kernel.getIndexingMapMatchingResult(kernel->getResult(number));
    // Both run through the result's elements in order.
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    AffineMap from = read == written ? identity : read.compose(inversePermutation(written));
    SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
    return linalg::GenericOp::create(
        builder, location, type, kernel->getResult(part.from), empty,
        ArrayRef<AffineMap>{from, identity}, iterators,
        [&](OpBuilder &inner, Location, ValueRange arguments) {
          IRMapping mapping;
          mapping.map(terminator->getOperand(part.from), arguments[0]);
          for (Operation &operation : kernel.getBody()->without_terminator())
            if (part.operations.contains(&operation))
              inner.clone(operation, mapping);
          linalg::YieldOp::create(inner, location, mapping.lookup(terminator->getOperand(number)));
        });
  }

  /// The kernel without a result, which nothing reads, and without the operations for it.
  static linalg::GenericOp withoutResult(linalg::GenericOp kernel, unsigned number) {
    IRRewriter rewriter(kernel);
    const unsigned output = kernel.getNumDpsInputs() + number;
    SmallVector<Value> outputs(kernel.getDpsInits());
    outputs.erase(outputs.begin() + number);
    SmallVector<AffineMap> maps = kernel.getIndexingMapsArray();
    maps.erase(maps.begin() + output);
    SmallVector<Type> types(kernel.getResultTypes());
    types.erase(types.begin() + number);
    auto replaced =
        linalg::GenericOp::create(rewriter, kernel.getLoc(), types, kernel.getDpsInputs(), outputs,
                                  maps, kernel.getIteratorTypesArray());
    replaced->setDiscardableAttrs(kernel->getDiscardableAttrDictionary());
    replaced.getRegion().takeBody(kernel.getRegion());
    replaced.getBody()->getTerminator()->eraseOperand(number);
    for (Operation &operation : llvm::make_early_inc_range(llvm::reverse(*replaced.getBody())))
      if (isOpTriviallyDead(&operation))
        operation.erase();
    replaced.getBody()->eraseArgument(output);
    unsigned next = 0;
    for (OpResult result : kernel->getResults())
      if (result.getResultNumber() != number)
        rewriter.replaceAllUsesWith(result, replaced->getResult(next++));
    rewriter.eraseOp(kernel);
    return replaced;
  }
};

} // namespace
} // namespace nnc
