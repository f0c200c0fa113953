// Whether threads can share a loop over steps by rows: each thread runs all steps on its own rows,
// without barriers. Rows are the examples of a batch, the outermost dimension of the tensors that
// the loop writes; a kernel may read other rows only of memory that the loop does not write.
#pragma once

#include "compiler/analysis/KernelNest.h"
#include "compiler/analysis/MemoryAccess.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/kernels/contraction/ContractionKernel.h"

#include <optional>

namespace nnc {

/// The loop of a nest that runs through the rows.
struct RowLoop {
  unsigned dimension = 0;
  int64_t iterations = 1; // of each row
};

class RowSharing {
public:
  explicit RowSharing(int64_t rows) : rows(rows) {}

  /// Adds a kernel of the loop; std::nullopt if it does not write row by row.
  std::optional<RowLoop> add(const KernelNest &nest);
  /// The same for a contraction; whether its rows are n rather than m.
  std::optional<bool> add(const ContractionKernel &kernel);

  /// Whether no kernel so far touches memory that another thread writes.
  bool isPossible() const;

private:
  /// Memory that a kernel touches in any step; `byRows`: only the rows of its own thread.
  struct Use {
    Access access;
    bool byRows = false;
    int64_t base = 0;     // byte of the first row in the first step
    int64_t rowBytes = 0; // from row to row
    int64_t rowSpan = 0;  // bytes of a row, gaps included
  };

  void add(mlir::linalg::LinalgOp op, mlir::Value memref, bool write, int64_t firstByte,
           int64_t rowBytes, int64_t rowSpan);
  bool areOfOneThread(const Use &use, const Use &other) const;

  int64_t rows;
  llvm::SmallVector<Use> uses;
};

/// The bytes that a memref covers in any step of the loops that a kernel is in.
Access sweptAccess(mlir::Operation *kernel, mlir::Value memref, bool write);

/// The rows of a loop with these kernels: the outermost extent of the first contraction's result,
/// else of the first kernel's; 0 if no result has dimensions.
int64_t rowsOf(llvm::ArrayRef<mlir::Operation *> kernels);

} // namespace nnc
