// An instrumentation of MLIR's pass manager that counts the passes and writes the module after
// those that are selected.
#include "compiler/driver/DumpPasses.h"

#include "compiler/driver/Output.h"

#include "mlir/IR/Operation.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace nnc {

class PassDumps::Instrumentation : public PassInstrumentation {
public:
  explicit Instrumentation(PassDumps &dumps) : dumps(dumps) {}

  void runAfterPass(Pass *pass, Operation *operation) override {
    // Adaptors only schedule other passes and have no name of their own.
    const std::string name = pass->getArgument().str();
    if (name.empty())
      return;
    ++dumps.count;
    dumps.seen.insert(name);
    if (dumps.wanted != "all" && dumps.wanted != name)
      return;
    if (std::error_code error = llvm::sys::fs::create_directories(
            dumps.folder, /*IgnoreExisting=*/true, llvm::sys::fs::perms::all_all)) {
      emitError(operation->getLoc())
          << "cannot create `" << dumps.folder << "`: " << error.message();
      return;
    }
    std::string path = llvm::formatv("{0}/{1,0+4}-{2}.mlir", dumps.folder, dumps.count, name);
    std::string error;
    auto print = [&](llvm::raw_ostream &stream) {
      operation->print(stream, OpPrintingFlags().useLocalScope().printNameLocAsPrefix());
      stream << "\n";
    };
    std::optional<Output> output = Output::at(path, Output::Text, dumps.source, error);
    if (!output || !output->write(print, error))
      emitError(operation->getLoc()) << error;
  }

private:
  PassDumps &dumps;
};

void PassDumps::attach(PassManager &passes) {
  if (isOn())
    passes.addInstrumentation(std::make_unique<Instrumentation>(*this));
}

std::vector<std::string> PassDumps::passesInstead() const {
  if (wanted.empty() || wanted == "all" || seen.count(wanted))
    return {};
  return {seen.begin(), seen.end()};
}

} // namespace nnc
