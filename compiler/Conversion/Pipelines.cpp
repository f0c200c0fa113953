#include "compiler/Conversion/Pipelines.h"

#include "compiler/Conversion/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace nnc {

void buildLinalgPipeline(OpPassManager &passes, const LoweringOptions &) {
  passes.addNestedPass<func::FuncOp>(createConvertNNToLinalg());
  passes.addNestedPass<func::FuncOp>(createFuseElementwise());
  passes.addNestedPass<func::FuncOp>(createSplitReductions());
  passes.addNestedPass<func::FuncOp>(createMarkZeroBorders());
  passes.addNestedPass<func::FuncOp>(createMergeEqualKernels());
}

void buildLoopsPipeline(OpPassManager &passes, const LoweringOptions &options) {
  passes.addPass(createAssignArena({options.profile}));
  passes.addPass(createLowerToLoops({options.targetCpu}));
  passes.addNestedPass<func::FuncOp>(createCSEPass());
}

void buildLlvmPipeline(OpPassManager &passes, const LoweringOptions &options) {
  passes.addPass(createExpandMath({options.targetCpu}));
  passes.addPass(createLowerToLLVM());
  passes.addNestedPass<LLVM::LLVMFuncOp>(createCSEPass());
  if (options.lines)
    passes.addPass(LLVM::createDIScopeForLLVMFuncOpPass());
}

namespace {
struct StageOptions : PassPipelineOptions<StageOptions> {
  Option<std::string> targetCpu{*this, "target-cpu", llvm::cl::desc("processor to plan for"),
                                llvm::cl::init("native")};
  Option<bool> profile{*this, "profile",
                       llvm::cl::desc("report to the runtime where kernels begin"),
                       llvm::cl::init(false)};
};
} // namespace

static void registerStage(StringRef name, StringRef description,
                          void (*build)(OpPassManager &, const LoweringOptions &)) {
  PassPipelineRegistration<StageOptions>(
      name, description, [build](OpPassManager &passes, const StageOptions &options) {
        build(passes, {options.targetCpu, options.profile});
      });
}

void registerConversionPasses() {
  registerConversionDefinitionsPasses();
  registerStage("nn-stage-linalg", "nn on tensors to fused linalg on tensors", buildLinalgPipeline);
  registerStage("nn-stage-loops", "linalg on tensors to vector loops in blocks of memory",
                buildLoopsPipeline);
  registerStage("nn-stage-llvm", "vector loops to the LLVM dialect", buildLlvmPipeline);
}

} // namespace nnc
