// Decides how every kernel of a function is computed and which loop threads share, for all of them
// in the order in which they run: where a kernel's operands lie depends on the kernels before it.
#pragma once

#include "compiler/loops/CacheAffinity.h"
#include "compiler/loops/RowSharing.h"
#include "compiler/kernels/attention/AttentionPlan.h"
#include "compiler/kernels/contraction/ContractionKernel.h"
#include "compiler/kernels/nest/KernelPlan.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"

#include <vector>

namespace nnc {

/// A kernel that is not a contraction.
struct NestKernel {
  KernelNest nest;
  KernelPlan plan;
  bool everyThread = false; // else the first does it alone
  /// In a loop that threads share by rows: the units of rows, and the units of the plan's partition
  /// in each of them; else 0.
  int64_t rowUnits = 0, unitsOfRow = 0;
};

/// An attention or its gradient.
struct AttentionKernel {
  AttentionPlan plan;
  bool everyThread = false; // else the first does it alone
};

/// How threads share the kernels of a loop over steps.
enum class LoopThreads {
  Choose,  // the fastest of the others
  Rows,    // each thread runs all steps on its own rows
  Kernels, // each kernel is shared like one outside of loops, with barriers in each step
  One,     // thread 0 runs the whole loop
};

/// The choice for a loop, and the cycles of all of its steps for each alternative.
struct LoopSharing {
  LoopThreads sharing = LoopThreads::One;
  int64_t rows = 0, unit = 0; // 0: rows cannot be shared
  double aloneCycles = 0, kernelCycles = 0, rowCycles = 0;

  /// The text of a remark.
  std::string describe(int64_t steps) const;
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
                const ReductionStarts &starts, LoopThreads loopThreads)
      : target(target), tilings(tilings), memory(memory), starts(starts), loopThreads(loopThreads) {
  }

  /// Decides about linalg ops on memrefs; other kernels are left alone. A function that is
  /// `threaded` all the same stays on one thread where several would hand each other more than they
  /// save. Fails, with a message, on an op that cannot be lowered.
  mlir::LogicalResult plan(llvm::ArrayRef<mlir::Operation *> kernels, bool threaded);

  /// Null for other operations. Epilogues and prologues belong to their contraction.
  ContractionKernel *contraction(mlir::Operation *operation);
  AttentionKernel *attention(mlir::Operation *operation);
  NestKernel *nest(mlir::Operation *operation);
  /// Whether all threads take part in it.
  bool isShared(mlir::Operation *operation);

  /// Whether any kernel may be shared; known behind plan().
  bool usesThreads() const {
    return sharedCycles < aloneCycles || loopThreads != LoopThreads::Choose;
  }

  /// The text of a remark: the cycles of the function on one thread and on the planned threads.
  std::string describeThreads() const;

  /// Scratch memory that each thread needs.
  int64_t scratchBytes() const { return mostScratch; }
  /// Memory for panels that are packed in front of loops, which all threads use.
  int64_t panelBytes() const { return mostPanels; }

  /// How threads share the loop of this number, unless they share rows of a loop around it.
  const LoopSharing &sharing(int64_t loop) const { return loops.at(loop); }

private:
  ContractionKernel describeContraction(mlir::linalg::LinalgOp op) const;
  void planContraction(ContractionKernel kernel);
  void insertParts(const ContractionKernel &kernel);
  void planAttentionKernel(mlir::linalg::LinalgOp op);
  mlir::LogicalResult planNest(mlir::linalg::LinalgOp op);
  mlir::LogicalResult planKernels(llvm::ArrayRef<mlir::Operation *> kernels);

  mlir::LogicalResult planLoop(llvm::ArrayRef<mlir::Operation *> kernels);
  mlir::LogicalResult planSteps(llvm::ArrayRef<mlir::Operation *> kernels, size_t depth,
                                bool byRows);
  mlir::LogicalResult shareLoop(llvm::ArrayRef<mlir::Operation *> kernels, size_t depth,
                                bool byRows);
  void divideByRows(llvm::ArrayRef<mlir::Operation *> kernels, std::vector<NestKernel> &divided);
  void keepOnOneThread(llvm::ArrayRef<mlir::Operation *> kernels);
  void describeLoop(llvm::ArrayRef<mlir::Operation *> kernels);
  int64_t findRows(llvm::ArrayRef<mlir::Operation *> kernels,
                   llvm::DenseMap<mlir::Operation *, RowLoop> &rowLoops);
  int64_t chooseRowUnit(llvm::ArrayRef<mlir::Operation *> kernels, int64_t rows);
  double planRows(llvm::ArrayRef<mlir::Operation *> kernels, size_t depth,
                  const llvm::DenseMap<mlir::Operation *, RowLoop> &rowLoops, int64_t rows,
                  int64_t unit, std::vector<NestKernel> &divided);
  void placePanels(llvm::ArrayRef<mlir::Operation *> kernels);

  double transferCycles(const Access &access, Division division) const;

  const TargetDescription &target;
  TilingCache &tilings;
  FlatMemory &memory;
  const ReductionStarts &starts;
  CacheAffinity affinity;
  llvm::DenseMap<mlir::Operation *, ContractionKernel> contractions;
  llvm::DenseMap<mlir::Operation *, AttentionKernel> attentions;
  llvm::DenseMap<mlir::Operation *, NestKernel> nests;
  llvm::DenseSet<mlir::Operation *> parts;    // epilogues and prologues of contractions
  llvm::DenseMap<int64_t, LoopSharing> loops; // by number
  const LoopThreads loopThreads;
  int64_t mostScratch = 0, mostPanels = 0;
  /// Of the whole function, on one thread and on several.
  double aloneCycles = 0, sharedCycles = 0;
};

} // namespace nnc
