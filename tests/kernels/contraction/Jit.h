// Runs functions of arith, math, scf, vector and memref ops in process: converted to LLVM with the
// bare pointer convention, then optimised and compiled as nnc does, for a chosen target.
#pragma once

#include "compiler/target/TargetDescription.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>

namespace llvm::orc {
class LLJIT;
}

namespace nnc::test {

/// A context with every dialect that is needed loaded.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// The target, or an abort with LLVM's message.
TargetDescription target(const std::string &cpu, const std::string &features = "");
/// True if this machine can run code for the target.
bool runsHere(const TargetDescription &target);

class Jit {
public:
  /// Takes a verified module; aborts with a message where a conversion or the compilation fails.
  Jit(mlir::ModuleOp module, const TargetDescription &target);
  ~Jit();

  /// Address of a function of the module: memrefs are passed as one pointer each.
  template <typename Function> Function *function(const std::string &name) const {
    return reinterpret_cast<Function *>(lookup(name));
  }

private:
  void *lookup(const std::string &name) const;
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace nnc::test
