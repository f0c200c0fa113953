// Decides how every kernel of a function is computed and which loop threads share, for all of them
// in the order in which they run: where a kernel's operands lie depends on the kernels before it.
#pragma once

#include "compiler/loops/CacheAffinity.h"
#include "compiler/kernels/contraction/ContractionKernel.h"
#include "compiler/kernels/nest/KernelPlan.h"

#include "llvm/ADT/StringMap.h"

namespace nnc {

/// A kernel that is not a contraction.
struct NestKernel {
  KernelNest nest;
  KernelPlan plan;
  bool everyThread = false; // else the first does it alone
};

/// The number that a reduction's output starts from, by the operation and the number of the output.
using ReductionStarts = llvm::DenseMap<std::pair<mlir::Operation *, unsigned>, mlir::TypedAttr>;

/// Tilings of the problems of a module, of which many are equal: every function has the forward
/// pass.
class TilingCache {
public:
  explicit TilingCache(const TargetDescription &target) : target(target) {}
  const ContractionTiling &tiling(const ContractionProblem &problem);

private:
  const TargetDescription &target;
  llvm::StringMap<ContractionTiling> known;
};

class KernelPlanner {
public:
  KernelPlanner(const TargetDescription &target, TilingCache &tilings, FlatMemory &memory,
                const ReductionStarts &starts)
      : target(target), tilings(tilings), memory(memory), starts(starts) {}

  /// Decides about linalg ops on memrefs; other kernels are left alone. A function that is
  /// `threaded` all the same stays on one thread where several would hand each other more than they
  /// save. Fails, with a message, on an op that cannot be lowered.
  mlir::LogicalResult plan(llvm::ArrayRef<mlir::Operation *> kernels, bool threaded);

  /// Null for other operations. Epilogues belong to their contraction.
  ContractionKernel *contraction(mlir::Operation *operation);
  NestKernel *nest(mlir::Operation *operation);
  /// Whether all threads take part in it.
  bool isShared(mlir::Operation *operation);

  /// The text of a remark: the cycles of the function on one thread and on the planned threads.
  std::string describeThreads() const;

  /// Scratch memory that each thread needs.
  int64_t scratchBytes() const { return mostScratch; }

private:
  ContractionKernel planContraction(mlir::linalg::LinalgOp op);
  mlir::LogicalResult planNest(mlir::linalg::LinalgOp op);
  double transferCycles(const Access &access, Division division) const;

  const TargetDescription &target;
  TilingCache &tilings;
  FlatMemory &memory;
  const ReductionStarts &starts;
  CacheAffinity affinity;
  llvm::DenseMap<mlir::Operation *, ContractionKernel> contractions;
  llvm::DenseMap<mlir::Operation *, NestKernel> nests;
  int64_t mostScratch = 0;
  /// Of the whole function, on one thread and on several.
  double aloneCycles = 0, sharedCycles = 0;
};

} // namespace nnc
