// nn-opt reads textual MLIR, runs passes over it and prints the result: every pass and every stage
// of the compiler can be run alone with it.
#include "compiler/dialect/NN.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/Pipelines.h"
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
  nnc::registerNNCPasses();
  nnc::registerStagePipelines();
  return mlir::failed(mlir::MlirOptMain(argc, argv, "the nn compiler's pass runner\n", registry));
}
