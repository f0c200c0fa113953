#include "compiler/Driver/DumpPasses.h"

#include "mlir/IR/Operation.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace nnc {
namespace {

class DumpInstrumentation : public PassInstrumentation {
public:
  DumpInstrumentation(std::string pass, std::string folder)
      : wanted(std::move(pass)), folder(std::move(folder)) {}

  void runAfterPass(Pass *pass, Operation *operation) override {
    // Adaptors only schedule other passes and have no name of their own.
    if (pass->getArgument().empty())
      return;
    ++count;
    if (wanted != "all" && wanted != pass->getArgument())
      return;
    if (std::error_code error = llvm::sys::fs::create_directories(folder)) {
      emitError(operation->getLoc()) << "cannot create `" << folder << "`: " << error.message();
      return;
    }
    std::string path = llvm::formatv("{0}/{1,0+2}-{2}.mlir", folder, count, pass->getArgument());
    std::error_code error;
    llvm::raw_fd_ostream stream(path, error);
    if (error) {
      emitError(operation->getLoc()) << "cannot write `" << path << "`: " << error.message();
      return;
    }
    operation->print(stream, OpPrintingFlags().useLocalScope().printNameLocAsPrefix());
    stream << "\n";
  }

private:
  std::string wanted, folder;
  unsigned count = 0;
};

} // namespace

std::unique_ptr<PassInstrumentation> createDumpInstrumentation(std::string pass,
                                                               std::string folder) {
  return std::make_unique<DumpInstrumentation>(std::move(pass), std::move(folder));
}

} // namespace nnc
