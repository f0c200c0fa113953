// The stages from nn on tensors to the LLVM dialect, each a pipeline that nn-opt knows by the
// stage's name (nn-stage-linalg, nn-stage-loops, nn-stage-llvm).
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

/// Without a limit of memory: where activations take far more than a cache, element-wise arithmetic
/// is done again, which costs a step next to nothing.
inline constexpr RecomputationLevel defaultRecomputation = {2, 1, 128 << 20};

struct LoweringOptions {
  std::string targetCpu = "native";
  /// Report to the runtime where each kernel begins.
  bool profile = false;
  /// Keep the source's lines as debug locations. Executables are stripped of them.
  bool lines = true;
  RecomputationLevel recomputation = defaultRecomputation;
};

/// From nn ops, without gradients and batch reductions, to structured ops on tensors, fused.
void buildLinalgPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// To functions on blocks of memory, with vector code in loops that threads share.
void buildLoopsPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// To the LLVM dialect.
void buildLlvmPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});

} // namespace nnc
