#include "compiler/Conversion/Pipelines.h"

#include "compiler/Conversion/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace nnc {

void buildLoopsPipeline(OpPassManager &passes, const LoweringOptions &options) {
  passes.addPass(createLowerToLoops({options.targetCpu}));
  passes.addPass(createCSEPass());
}

void registerConversionPasses() {
  registerConversionDefinitionsPasses();
}

} // namespace nnc
