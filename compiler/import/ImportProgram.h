// Turns an elaborated program into a module of the `nn` dialect, one function per role, still for a
// single example.
#pragma once

#include "lang/Program.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>

namespace nnc {

/// The width of `float` in the built program.
enum class FloatPrecision { F32, F64 };

/// Returns a verified module, or null after reporting errors through the context's diagnostics. With
/// `scopes`, the locations of operations say to which of their function's scopes they belong.
mlir::OwningOpRef<mlir::ModuleOp> importProgram(const lang::Program &program,
                                                FloatPrecision precision,
                                                mlir::MLIRContext &context, bool scopes = false);

/// The scope that a location says, of the first part that says one.
std::optional<int64_t> scopeOf(mlir::Location location);

} // namespace nnc
