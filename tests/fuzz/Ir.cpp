// Feeds the parser, the verifiers and the stages of nn-opt with modules that are slightly or
// entirely wrong. They answer with a module or a message: a crash, a failure without a message, or
// invalid operations behind a stage that succeeded are errors.
// RUN: rm -rf %t && mkdir %t && %{python} %S/ir_seeds.py %t.seeds %{source}/tests
// RUN: fuzz-ir %{fuzz} %t %t.seeds
#include "compiler/passes/Pipelines.h"
#include "compiler/dialect/NN.h"
#include "compiler/passes/Pipelines.h"
#include "tests/fuzz/Support.h"
#include "tests/fuzz/TextMutator.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace nnc;

namespace {

/// A context is used for some runs, since it never gives back what it has seen.
constexpr unsigned runsPerContext = 200;

struct Session {
  Session() : context(MLIRContext::Threading::DISABLED) {
    DialectRegistry registry;
    registerAllDialects(registry);
    registry.insert<nn::NNDialect>();
    context.appendDialectRegistry(registry);
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
        lastError = diagnostic.str();
        ++errors;
      }
      return success();
    });
  }

  MLIRContext context;
  std::string lastError;
  unsigned errors = 0, runs = 0;
};

void build(OpPassManager &passes, unsigned stage) {
  LoweringOptions options;
  options.targetCpu = "x86-64-v3"; // whatever machine this is
  switch (stage) {
  case 0:
    return buildNnPipeline(passes, 3);
  case 1:
    return buildGradPipeline(passes);
  case 2:
    return buildOptPipeline(passes, options);
  case 3:
    return buildLinalgPipeline(passes, options);
  case 4:
    return buildLoopsPipeline(passes, options);
  default:
    return buildLlvmPipeline(passes, options);
  }
}
constexpr unsigned stageCount = 6;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static std::unique_ptr<Session> session;
  if (!session || session->runs++ == runsPerContext)
    session = std::make_unique<Session>();
  session->errors = 0;
  const std::string terminated(reinterpret_cast<const char *>(data), size);
  llvm::StringRef text = terminated;
  // The parsers and verifiers of other dialects are not under test.
  for (llvm::StringRef other : {"linalg.", "tensor.", "memref", "vector", "scf.", "arith.", "math.",
                                "affine", "llvm", "!", "cf.", "bufferization"})
    if (text.contains(other))
      return -1;
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &session->context);
  if (!module)
    return 0;
  for (unsigned stage = 0; stage < stageCount; ++stage) {
    PassManager passes(&session->context);
    passes.enableVerifier(false);
    build(passes, stage);
    if (failed(passes.run(*module))) {
      fuzz::require(session->errors > 0, "a stage fails without a message");
      return 0;
    }
    fuzz::require(succeeded(verify(*module)), session->lastError.c_str());
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maximum,
                                          unsigned seed) {
  static const std::vector<std::string> vocabulary = nnc::fuzz::splitWords(R"(
    0 1 2 7 -1 64 4294967296 9223372036854775807 f32 f64 i32 i64 i1 index bf16 ?
    tensor<f32> tensor<4xf32> tensor<2x3xf32> tensor<0xf32> tensor<i64>
    "input" "parameter" "slot" "state" "output" "example_output" "scalar" "example_weight"
    nn.neg nn.abs nn.exp nn.floor nn.add nn.sub nn.mul nn.div nn.rem nn.max nn.pow nn.reduce_sum
    nn.reduce_max nn.reduce_prod nn.reshape nn.broadcast nn.transpose nn.reverse nn.convert
    nn.stop_gradient nn.batch_mean nn.batch_sum)");
  return nnc::fuzz::mutateText(data, size, maximum, seed, vocabulary);
}
