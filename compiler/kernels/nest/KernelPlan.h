// Decides how a kernel nest is executed: the order of its loops, which of them the lanes of a
// vector run along, how many vectors an iteration handles, how the tail is computed, and which loop
// threads share.
#pragma once

#include "compiler/analysis/KernelNest.h"
#include "compiler/target/TargetDescription.h"

#include <optional>

namespace nnc {

enum class TailForm {
  None,   // the extent is a multiple of the lanes
  Peeled, // one masked vector behind the loop
  Masked, // every iteration computes its mask; the body is emitted once
  Padded, // the last vector reaches into the padding of the buffers
};

struct KernelPlan {
  /// Dimensions of the nest, outermost loop first; parallel loops precede reduction loops.
  llvm::SmallVector<unsigned> order;
  /// Position in `order` of the loop that lanes run along.
  std::optional<unsigned> vectorLoop;
  int64_t lanes = 1;
  /// Vectors per iteration of the vector loop.
  int64_t copies = 1;
  TailForm tail = TailForm::None;
  /// A store under a mask takes about as long as a plain one.
  bool masksStores = false;

  /// Position in `order` of the loop that threads share; none if the kernel is too small or has no
  /// parallel loop. A thread gets whole units of `unitSize` iterations.
  std::optional<unsigned> partitionLoop;
  int64_t partitionUnits = 1;
  int64_t unitSize = 1;

  /// Cycles that one thread is expected to take.
  double cycles = 0;
};

/// Cycles of an operation of a kernel's body on one full vector, or on one element of a scalar
/// loop.
double operationCycles(mlir::Operation *operation, int64_t lanes);

/// Cycles that a thread waits for parts of the nest's operands in other cores' caches if the
/// threads share this dimension.
using PartitionTransfer = llvm::function_ref<double(unsigned dimension)>;

KernelPlan planKernel(const KernelNest &nest, const TargetDescription &target,
                      PartitionTransfer transfer);

} // namespace nnc
