// Rebuilds an nn.scan with other emitted values, and with values of its block that are read from
// outside instead of being computed in each step.
#pragma once

#include "compiler/dialect/NN.h"
#include "llvm/ADT/MapVector.h"

namespace nnc {

/// Values of a scan's block that are available outside of it.
struct ValuesOutside {
  /// By value of the block, a tensor of its rows in all steps.
  llvm::MapVector<mlir::Value, mlir::Value> rows;
  /// By value of the block, the value itself, which is the same in all steps.
  llvm::MapVector<mlir::Value, mlir::Value> invariants;

  bool contains(mlir::Value value) const {
    return rows.contains(value) || invariants.contains(value);
  }
};

/// Builds at the builder's insertion point a scan with the carries of `scan` that emits `emits`,
/// values of the block of `scan`. Its block reads the values in `outside`, computes the other
/// values that `emits` and the carries need, and takes only the sequences and invariants that it
/// needs. `scan` is unchanged.
nn::ScanOp rebuildScan(mlir::OpBuilder &builder, nn::ScanOp scan, mlir::ValueRange emits,
                       const ValuesOutside &outside);

} // namespace nnc
