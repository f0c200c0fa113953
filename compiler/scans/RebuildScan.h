// Rebuilds an nn.scan with other emitted values, and with values of its block that come from outside
// instead of being computed in each step.
#pragma once

#include "compiler/dialect/NN.h"
#include "llvm/ADT/MapVector.h"

namespace nnc {

/// Values of a scan's block that are there outside of it.
struct ValuesOutside {
  /// By value of the block, a tensor of its rows in all steps.
  llvm::MapVector<mlir::Value, mlir::Value> rows;
  /// By value of the block, the value itself, which is the same in all steps.
  llvm::MapVector<mlir::Value, mlir::Value> invariants;
};

/// Builds, where the builder stands, a scan with the carries of `scan` that emits `emits`, values of
/// the block of `scan`. It computes in each step what these and the carries need and `outside` does
/// not give, and reads only the sequences and invariants that it needs. `scan` stays as it is.
nn::ScanOp rebuildScan(mlir::OpBuilder &builder, nn::ScanOp scan, mlir::ValueRange emits,
                       const ValuesOutside &outside);

} // namespace nnc
