// The stages from nn on tensors to the LLVM dialect, each a pipeline that nn-opt knows by the stage's name
// (nn-stage-linalg, nn-stage-loops, nn-stage-llvm).
#pragma once

#include "mlir/Pass/PassManager.h"

#include <string>

namespace nnc {

struct LoweringOptions {
  std::string targetCpu = "native";
};

void buildLoopsPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});

} // namespace nnc
