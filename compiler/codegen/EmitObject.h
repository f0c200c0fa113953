// From the LLVM dialect to LLVM IR, assembly and object files, all in this process.
#pragma once

#include "compiler/target/TargetDescription.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>
#include <vector>

namespace nnc {

/// A module of LLVM IR together with the context that owns its types.
struct LlvmModule {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

/// Translates a module of the LLVM dialect for `target`. Null module, and a message in `error`, on
/// failure.
LlvmModule translateToLlvm(mlir::ModuleOp module, const TargetDescription &target,
                           std::string &error);

/// The data of a compiled model that the runtime refers to, as runtime/Abi.h says.
struct ModelData {
  std::string description;            ///< as in `nnc_description`
  std::vector<std::string> functions; ///< the symbols in `nnc_functions`; empty: null
};
void addData(llvm::Module &module, const ModelData &data);

/// The optimisations that our own code generation leaves to LLVM: common subexpressions, address
/// arithmetic out of loops, dead code. No vectorisation, unrolling or inlining: these decisions
/// have been made before.
void optimize(llvm::Module &module, const TargetDescription &target);

enum class MachineCode { Assembly, Object };

/// Generates code for the whole module; false and a message in `error` on failure.
bool emitMachineCode(llvm::Module &module, const TargetDescription &target, MachineCode kind,
                     llvm::raw_pwrite_stream &output, std::string &error);

/// Translates a module of the LLVM dialect, optimises it and generates its code as one or more
/// object files, parts of the module side by side; `data` is in one of them. Consumes the module's
/// functions. Empty, and a message in `error`, on failure.
std::vector<llvm::SmallString<0>> emitObjects(mlir::ModuleOp module,
                                              const TargetDescription &target,
                                              const ModelData &data, std::string &error);

} // namespace nnc
