// Calls functions by the reference evaluator, after differentiation only: no simplification, no
// code generation.
#include "compiler/passes/Pipelines.h"
#include "compiler/reference/Evaluate.h"
#include "tests/parity/Executable.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace nnc::parity {
namespace {

reference::Tensor toReference(const Array &array, RankedTensorType type) {
  reference::Tensor tensor(type);
  for (int64_t i = 0; i < array.size(); ++i) {
    double value = array.values[static_cast<size_t>(i)];
    if (tensor.isFloat())
      tensor.setReal(i, value);
    else
      tensor.setInteger(i, static_cast<int64_t>(value));
  }
  return tensor;
}

Array fromReference(const reference::Tensor &tensor) {
  Array array{tensor.shape().vec(), tensor.reals};
  if (!tensor.isFloat())
    array.values.assign(tensor.integers.begin(), tensor.integers.end());
  return array;
}

class ReferenceBackend : public Backend {
public:
  explicit ReferenceBackend(ModuleOp module) : module(module) {}

  bool call(const std::string &function, const Signature &signature,
            const std::vector<Array> &arguments, std::vector<Array> &results,
            std::string &error) override {
    llvm::raw_string_ostream messages(error);
    ScopedDiagnosticHandler handler(
        module.getContext(), [&](Diagnostic &diagnostic) { messages << diagnostic << "\n"; });
    SmallVector<reference::Tensor> inputs;
    for (auto [array, port] : llvm::zip_equal(arguments, signature.arguments))
      inputs.push_back(toReference(array, port.type));
    auto outputs = reference::evaluate(module.lookupSymbol<func::FuncOp>(function), inputs);
    if (failed(outputs))
      return false;
    for (const reference::Tensor &output : *outputs)
      results.push_back(fromReference(output));
    return true;
  }

private:
  ModuleOp module;
};

} // namespace

std::unique_ptr<Backend> createReferenceBackend(ModuleOp module, std::string &) {
  PassManager passes(module.getContext());
  buildGradPipeline(passes);
  if (failed(passes.run(module)))
    return nullptr;
  return std::make_unique<ReferenceBackend>(module);
}

} // namespace nnc::parity
