// nn-opt reads textual MLIR, runs passes over it and prints the result: every pass and every stage
// of the compiler can be run alone with it.
#include "compiler/Dialect/NN.h"
#ifdef NNC_HAS_TRANSFORMS
#include "compiler/Transforms/Passes.h"
#endif
#ifdef NNC_HAS_CONVERSION
#include "compiler/Conversion/Passes.h"
#endif
#ifdef NNC_HAS_DRIVER
#include "compiler/Driver/Pipelines.h"
#endif
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<nnc::nn::NNDialect>();

  mlir::registerAllPasses();
#ifdef NNC_HAS_TRANSFORMS
  nnc::registerTransformsPasses();
#endif
#ifdef NNC_HAS_CONVERSION
  nnc::registerConversionPasses();
#endif
#ifdef NNC_HAS_DRIVER
  nnc::registerStagePipelines();
#endif
  return mlir::failed(mlir::MlirOptMain(argc, argv, "the nn compiler's pass runner\n", registry));
}
