// The pass lower-to-llvm: it collects upstream's conversions, and applies them to the
// functions side by side.
#include "compiler/passes/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/IR/Threading.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_LOWERTOLLVM
#include "compiler/passes/Passes.h.inc"

namespace {

struct LowerToLLVMPass : impl::LowerToLLVMBase<LowerToLLVMPass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    LowerToLLVMOptions options(context);
    options.useBarePtrCallConv = true;
    LLVMTypeConverter types(context, options);
    FrozenRewritePatternSet patterns = conversions(types);
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp>();

    // Functions do not depend on each other: threads convert them in modules of their own.
    ModuleOp module = getOperation();
    SmallVector<OwningOpRef<ModuleOp>> parts;
    for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      parts.push_back(ModuleOp::create(module.getLoc()));
      function->moveBefore(parts.back()->getBody(), parts.back()->getBody()->end());
    }
    auto convert = [&](OwningOpRef<ModuleOp> &part) {
      return success(succeeded(resolveViews(*part)) &&
                     succeeded(applyFullConversion(*part, target, patterns)));
    };
    // Only constants are left in the module.
    if (failed(failableParallelForEach(context, parts, convert)) ||
        failed(applyFullConversion(module, target, patterns)))
      signalPassFailure();
    for (OwningOpRef<ModuleOp> &part : parts)
      for (Operation &operation : llvm::make_early_inc_range(*part->getBody())) {
        // Several functions may have declared the same function of the C library.
        if (auto function = dyn_cast<LLVM::LLVMFuncOp>(operation);
            function && function.isExternal() && module.lookupSymbol(function.getName()))
          continue;
        operation.moveBefore(module.getBody(), module.getBody()->end());
      }
  }

  /// Views of views are resolved on memrefs, before pointers take their place.
  static LogicalResult resolveViews(ModuleOp module) {
    bool hasViews = false;
    module.walk([&](Operation *operation) {
      hasViews |= isa<memref::SubViewOp, memref::CollapseShapeOp, memref::ExpandShapeOp,
                      memref::ExtractStridedMetadataOp>(operation);
    });
    if (!hasViews)
      return success();
    RewritePatternSet patterns(module.getContext());
    memref::populateExpandStridedMetadataPatterns(patterns);
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    return applyPatternsGreedily(module, std::move(patterns), config);
  }

  static FrozenRewritePatternSet conversions(LLVMTypeConverter &types) {
    RewritePatternSet patterns(&types.getContext());
    populateAffineToStdConversionPatterns(patterns);
    populateSCFToControlFlowConversionPatterns(patterns);
    cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
    arith::populateArithToLLVMConversionPatterns(types, patterns);
    index::populateIndexToLLVMConversionPatterns(types, patterns);
    populateMathToLLVMConversionPatterns(types, patterns);
    // Functions without an instruction become calls of the C library, one lane after the other.
    populateMathToLibmConversionPatterns(patterns, /*benefit=*/0);
    populateFinalizeMemRefToLLVMConversionPatterns(types, patterns);
    populateFuncToLLVMConversionPatterns(types, patterns);
    vector::populateVectorMaskMaterializationPatterns(patterns, /*force32BitVectorIndices=*/true);
    vector::populateVectorStepLoweringPatterns(patterns);
    vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
    populateVectorToLLVMConversionPatterns(types, patterns);
    return patterns;
  }
};

} // namespace
} // namespace nnc
