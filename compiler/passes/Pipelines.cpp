// Lists the passes of each stage, and registers the stages for nn-opt.
#include "compiler/passes/Pipelines.h"

#include "compiler/passes/Passes.h"

#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace nnc {

void buildNnPipeline(OpPassManager &passes, int64_t batch) {
  passes.addNestedPass<func::FuncOp>(createDifferentiate());
  passes.addPass(createStep());
  passes.addPass(createAddBatch({batch}));
  passes.addNestedPass<func::FuncOp>(createCSEPass());
}

void buildGradPipeline(OpPassManager &passes, const LoweringOptions &options) {
  if (options.memory.chunk > 0)
    passes.addNestedPass<func::FuncOp>(createStripMine({options.memory.chunk}));
  // Before differentiation: the derivative of a loop then does not contain the hoisted operations.
  passes.addNestedPass<func::FuncOp>(createScanHoist());
  passes.addNestedPass<func::FuncOp>(createFormAttention());
  passes.addNestedPass<func::FuncOp>(createDifferentiate());
}

void buildOptPipeline(OpPassManager &passes, const LoweringOptions &options) {
  passes.addNestedPass<func::FuncOp>(createSimplify());
  passes.addNestedPass<func::FuncOp>(createScanResiduals());
  passes.addNestedPass<func::FuncOp>(createScanHoist());
  passes.addPass(createScanMerge({options.targetCpu}));
  passes.addNestedPass<func::FuncOp>(createSimplify());
  passes.addPass(createAssignLayout({options.targetCpu, "choose"}));
  passes.addNestedPass<func::FuncOp>(createSimplify());
  buildRecomputation(passes, options.memory.recomputation);
}

void buildRecomputation(OpPassManager &passes, const RecomputationLevel &level) {
  passes.addNestedPass<func::FuncOp>(
      createRecompute({level.operationsPerByte, level.segments, level.minimumBytes}));
}

void buildLinalgPipeline(OpPassManager &passes, const LoweringOptions &options) {
  passes.addNestedPass<func::FuncOp>(createConvertNNToLinalg());
  if (options.fuse)
    passes.addNestedPass<func::FuncOp>(createFuseElementwise());
  passes.addNestedPass<func::FuncOp>(createSplitReductions());
  passes.addNestedPass<func::FuncOp>(createMarkZeroBorders());
  passes.addNestedPass<func::FuncOp>(createMergeEqualKernels());
  passes.addNestedPass<func::FuncOp>(createSplitPrologues());
  passes.addNestedPass<func::FuncOp>(createUpdateRows());
}

void buildLoopsPipeline(OpPassManager &passes, const LoweringOptions &options) {
  passes.addPass(createAssignArena({options.profile}));
  passes.addPass(
      createLowerToLoops({options.targetCpu, options.targetThreads, options.loopThreads, false}));
  passes.addNestedPass<func::FuncOp>(createCSEPass());
}

void buildMemoryPlan(OpPassManager &passes, const LoweringOptions &options) {
  passes.addPass(createAssignArena({options.profile}));
  passes.addPass(
      createLowerToLoops({options.targetCpu, options.targetThreads, options.loopThreads, true}));
}

void buildLlvmPipeline(OpPassManager &passes, const LoweringOptions &options) {
  passes.addPass(createExpandMath({options.targetCpu}));
  passes.addPass(createLowerToLLVM());
  passes.addNestedPass<LLVM::LLVMFuncOp>(createCSEPass());
  if (options.lines)
    passes.addPass(LLVM::createDIScopeForLLVMFuncOpPass());
}

namespace {

struct BatchOption : PassPipelineOptions<BatchOption> {
  Option<int64_t> batch{*this, "batch", llvm::cl::desc("number of examples in a batch"),
                        llvm::cl::init(64)};
};

struct GradOptions : PassPipelineOptions<GradOptions> {
  Option<int64_t> chunk{*this, "chunk", llvm::cl::desc("as of nn-strip-mine"), llvm::cl::init(0)};
};

struct OptOptions : PassPipelineOptions<OptOptions> {
  Option<std::string> targetCpu{*this, "target-cpu", llvm::cl::desc("processor to plan for"),
                                llvm::cl::init("native")};
  Option<int64_t> operationsPerByte{*this, "operations-per-byte",
                                    llvm::cl::desc("as of nn-recompute"),
                                    llvm::cl::init(defaultRecomputation.operationsPerByte)};
  Option<int64_t> segments{*this, "segments", llvm::cl::desc("as of nn-recompute"),
                           llvm::cl::init(defaultRecomputation.segments)};
  Option<int64_t> minimumBytes{*this, "minimum-bytes", llvm::cl::desc("as of nn-recompute"),
                               llvm::cl::init(defaultRecomputation.minimumBytes)};
};

struct StageOptions : PassPipelineOptions<StageOptions> {
  Option<std::string> targetCpu{*this, "target-cpu", llvm::cl::desc("processor to plan for"),
                                llvm::cl::init("native")};
  Option<unsigned> targetThreads{*this, "target-threads",
                                 llvm::cl::desc("threads to plan for; 0: as the processor has"),
                                 llvm::cl::init(0)};
  Option<bool> profile{*this, "profile",
                       llvm::cl::desc("report to the runtime where kernels begin"),
                       llvm::cl::init(false)};
  Option<std::string> loopThreads{*this, "loop-threads",
                                  llvm::cl::desc("how threads share loops over steps: rows, "
                                                 "kernels, one, or choose"),
                                  llvm::cl::init("choose")};
};

} // namespace

static void registerStage(StringRef name, StringRef description,
                          void (*build)(OpPassManager &, const LoweringOptions &)) {
  PassPipelineRegistration<StageOptions>(
      name, description, [build](OpPassManager &passes, const StageOptions &options) {
        LoweringOptions lowering;
        lowering.targetCpu = options.targetCpu;
        lowering.targetThreads = options.targetThreads;
        lowering.profile = options.profile;
        lowering.loopThreads = options.loopThreads;
        build(passes, lowering);
      });
}

void registerStagePipelines() {
  PassPipelineRegistration<BatchOption>("nn-stage-nn",
                                        "functions of one example -> functions of a batch",
                                        [](OpPassManager &passes, const BatchOption &options) {
                                          buildNnPipeline(passes, options.batch);
                                        });
  PassPipelineRegistration<GradOptions>("nn-stage-grad",
                                        "replace nn.gradient by the operations that compute it",
                                        [](OpPassManager &passes, const GradOptions &options) {
                                          LoweringOptions lowering;
                                          lowering.memory.chunk = options.chunk;
                                          buildGradPipeline(passes, lowering);
                                        });
  PassPipelineRegistration<OptOptions>(
      "nn-stage-opt", "simplify the whole step, choose its layouts and its recomputation",
      [](OpPassManager &passes, const OptOptions &options) {
        LoweringOptions lowering;
        lowering.targetCpu = options.targetCpu;
        lowering.memory.recomputation = {options.operationsPerByte, options.segments,
                                         options.minimumBytes};
        buildOptPipeline(passes, lowering);
      });
  registerStage("nn-stage-linalg", "nn on tensors to fused linalg on tensors", buildLinalgPipeline);
  registerStage("nn-stage-loops", "linalg on tensors to vector loops in blocks of memory",
                buildLoopsPipeline);
  registerStage("nn-stage-llvm", "vector loops to the LLVM dialect", buildLlvmPipeline);
}

} // namespace nnc
