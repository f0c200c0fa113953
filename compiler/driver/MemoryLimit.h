// Compiling to a limit of memory: finds how much has to be recomputed, and how loops
// have to be divided, for a training step to fit.
#pragma once

#include "compiler/passes/Pipelines.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace nnc {

/// Bytes from `1000000`, `64MB` or `1.5GiB`: KB, MB and GB are powers of 1000, KiB, MiB and GiB of
/// 1024. Nothing if the text is not a size of at least a byte.
std::optional<int64_t> parseSize(llvm::StringRef text);
/// Bytes as text, in powers of 1000 and rounded up to two digits behind the point.
std::string formatSize(int64_t bytes);

/// The level of the least work at which a module fits.
struct MemoryFit {
  std::optional<MemoryLevel> level; // none if the module fits at no level
  int64_t smallestBytes = 0;        // of the levels that were tried
};

/// Plans the memory of a module at the end of stage `nn`, which is left as it is, with one level
/// after the other until `plannedBytes` are within the limit. `run` runs a pipeline on a module.
/// Fails if one of them does.
llvm::FailureOr<MemoryFit>
fitMemory(mlir::ModuleOp module, int64_t limit, LoweringOptions options,
          llvm::function_ref<llvm::LogicalResult(mlir::ModuleOp,
                                                 llvm::function_ref<void(mlir::OpPassManager &)>)>
              run);

} // namespace nnc
