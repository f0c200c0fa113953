// The compiler's stages as pass pipelines. `nn-opt` knows each by the name `nn-stage-` and the
// stage's name, so that a stage can be run alone on the output of the one before.
#pragma once

#include "mlir/Pass/PassManager.h"

#include <string>

namespace nnc {

/// How much may be recomputed to save memory: the options of nn-recompute.
struct RecomputationLevel {
  int64_t operationsPerByte = 0;
  int64_t segments = 1;
  int64_t minimumBytes = 0;
};

/// How a training step gets along with less memory.
struct MemoryLevel {
  RecomputationLevel recomputation;
  /// Steps of the chunks into which loops are divided: the option of nn-strip-mine.
  int64_t chunk = 0;
};

/// Without a limit of memory: where activations take far more than a cache, element-wise arithmetic
/// is done again, which costs a step next to nothing. The price pays for one transcendental function
/// of a value that is kept, such as the `erf` of a gelu: to read it back takes about as long.
inline constexpr RecomputationLevel defaultRecomputation = {5, 1, 128 << 20};

struct LoweringOptions {
  std::string targetCpu = "native";
  /// Threads to plan for; 0: as TargetDescription has it.
  unsigned targetThreads = 0;
  /// How threads share loops over steps: the option `loop-threads` of lower-to-loops.
  std::string loopThreads = "choose";
  /// Report to the runtime where each kernel begins.
  bool profile = false;
  /// Make one kernel of several element-wise operations.
  bool fuse = true;
  /// Keep the source's lines as debug locations. Executables are stripped of them.
  bool lines = true;
  MemoryLevel memory = {defaultRecomputation};
};

/// One example -> a batch of `batch` examples.
void buildNnPipeline(mlir::OpPassManager &passes, int64_t batch);
/// Replaces the derivative requests of the training step by operations.
void buildGradPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// The whole step, simplified, with the batch first or last as its contractions are fastest.
void buildOptPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// The end of that pipeline alone: the choice of the values that are computed again.
void buildRecomputation(mlir::OpPassManager &passes, const RecomputationLevel &level);
/// From nn ops, without gradients and batch reductions, to structured ops on tensors, fused.
void buildLinalgPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// To functions on blocks of memory, with vector code in loops that threads share.
void buildLoopsPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// The part of that pipeline that decides how much memory the functions take.
void buildMemoryPlan(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// To the LLVM dialect.
void buildLlvmPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});

/// Registers nn-stage-nn, nn-stage-grad, nn-stage-opt, nn-stage-linalg, nn-stage-loops and
/// nn-stage-llvm.
void registerStagePipelines();

} // namespace nnc
