// Turns an elaborated program into a module of the `nn` dialect, one function per role, still for a
// single example.
#pragma once

#include "lang/Program.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace nnc {

/// The width of `float` in the built program.
enum class FloatPrecision { F32, F64 };

/// Returns a verified module, or null after reporting errors through the context's diagnostics.
mlir::OwningOpRef<mlir::ModuleOp>
importProgram(const lang::Program &program, FloatPrecision precision, mlir::MLIRContext &context);

} // namespace nnc
