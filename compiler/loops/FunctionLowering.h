// The lowering of one function's kernels, in order, with regions of thread 0 and barriers between
// them. Internal to lower-to-loops.
#pragma once

#include "compiler/loops/Barriers.h"
#include "compiler/loops/ChunkKernels.h"
#include "compiler/kernels/nest/KernelEmitter.h"
#include "compiler/loops/KernelLibrary.h"
#include "compiler/loops/KernelPlanner.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace nnc {

/// Lowers the kernels of one function, in order.
class FunctionLowering {
public:
  FunctionLowering(mlir::func::FuncOp function, const TargetDescription &target,
                   TilingCache &tilings, KernelLibrary &library, LoopThreads loopThreads)
      : function(function), target(target), library(library), constants(function),
        builder(function.getContext()), planner(target, tilings, memory, fills, loopThreads) {}

  mlir::LogicalResult run();
  /// Plans the kernels, and counts in `nn.blocks` the panels that loops need.
  mlir::LogicalResult planKernels();

private:
  void hoistViews();
  mlir::LogicalResult lower(mlir::Operation *operation);

  mlir::LogicalResult lowerContraction(mlir::linalg::LinalgOp op, ContractionKernel &plan);
  mlir::LogicalResult callContraction(const ContractionKernel &kernel);
  mlir::LogicalResult lowerAttention(mlir::linalg::LinalgOp op, const AttentionKernel &kernel);
  mlir::LogicalResult callNest(mlir::linalg::LinalgOp op, const NestKernel &kernel,
                               llvm::ArrayRef<mlir::TypedAttr> initial);
  void lowerOther(mlir::Operation *operation);
  void eraseUnused();
  mlir::LogicalResult enterLoops(mlir::Operation *kernel);
  mlir::LogicalResult openLoop(mlir::Operation *kernel, llvm::ArrayRef<StepLoop> around);
  void closeLoop();
  /// A barrier where the builder stands.
  void callBarrier(mlir::Location location);
  /// Where kernels that all threads run are placed.
  void placeKernel(mlir::Operation *at);
  bool absorbFill(mlir::linalg::FillOp fill);

  /// Puts the builder where a kernel with these accesses belongs, behind a barrier if need be.
  void beginKernel(mlir::Operation *at, llvm::ArrayRef<Access> accesses, bool everyThread);
  /// In profiled code, tells the runtime that the region of the kernel `at` begins.
  void markRegion(mlir::Operation *at);
  UnitRange unitRange(int64_t units);
  int64_t arenaBytes() const;
  void setBlockBytes(llvm::StringRef name, int64_t bytes);
  mlir::Value scratchMemory();
  mlir::Value panelMemory(const ContractionKernel &kernel, mlir::Type element);
  mlir::LogicalResult makePanels(llvm::ArrayRef<mlir::Operation *> kernels);

  mlir::func::FuncOp function;
  const TargetDescription &target;
  KernelLibrary &library;
  ConstantPool constants;
  mlir::OpBuilder builder;
  FlatMemory memory;
  BarrierTracker barriers;
  mlir::IntegerAttr region; // of the kernel before; null in code that is not profiled

  bool threaded = false;
  mlir::Value thread, threads, isFirst;
  /// A loop over steps that the kernel before is in.
  struct OpenLoop {
    StepLoop loop;
    mlir::scf::ForOp steps;
    bool isShared = false;   // threads share kernels in it
    bool sharesRows = false; // each thread runs all steps on its own rows, without barriers
  };
  llvm::SmallVector<OpenLoop> loops; // outermost first
  /// Whether each thread runs the open loops on its own rows.
  bool areRowsShared() const { return !loops.empty() && loops.back().sharesRows; }
  mlir::scf::IfOp serial; // the open region of thread 0; null if the last kernel ran on all threads
  llvm::DenseMap<int64_t, UnitRange> ranges;
  ReductionStarts fills;
  llvm::SmallVector<mlir::Operation *> kernels; // from planKernels on, in order
  KernelPlanner planner;
  llvm::SmallVector<SharedCall> sharedCalls; // of kernels outside of loops, but for contractions
  llvm::DenseSet<mlir::Operation *>
      done; // epilogues and prologues, lowered with their contractions
  mlir::Value scratch;
};

/// Views, constants, arithmetic on indices, memory: operations that are not kernels.
bool isPreparation(mlir::Operation &operation);

} // namespace nnc
