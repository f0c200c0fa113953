// The memory that `generate` takes for the positions of a sequence, which grows with the number of positions, and
// its formula, for the error that a program gets whose cache is larger than the memory.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <optional>
#include <string>

namespace nnc {

struct CacheSize {
  int64_t bytes = 0;   ///< of one sequence
  std::string formula; ///< `12 tensors x 1024 positions x 192 numbers x 4 bytes`, the largest first
  mlir::Location of;   ///< the largest of the tensors
};

/// The cache of a module at the end of stage `nn`; nothing if it has no step functions.
std::optional<CacheSize> cacheSize(mlir::ModuleOp module);

/// The memory of this machine in bytes.
int64_t machineMemory();

} // namespace nnc
