// Divides a module of the LLVM dialect into parts of about equal size, whose code threads can
// generate side by side: a context of LLVM belongs to one thread.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <vector>

namespace nnc {

/// Moves the functions of `module`, all of which must have external linkage, to modules that linked
/// together are the same program. Their number and their contents follow from the module
/// alone, so that executables do not depend on the machine that compiles them.
std::vector<mlir::OwningOpRef<mlir::ModuleOp>> splitModule(mlir::ModuleOp module);

} // namespace nnc
