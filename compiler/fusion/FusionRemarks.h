// The remarks of the category `fusion`: which operations became one kernel or are computed on the
// tiles of a contraction, and for each kernel whose result another one reads from memory, the
// reason why they stay two. Costs nothing where remarks are off.
#pragma once

#include "compiler/analysis/EpilogueLegality.h"

#include "llvm/ADT/DenseMap.h"

namespace nnc {

/// Whether windows are read: positions and offsets add up.
bool readsWindows(mlir::AffineMap map);

/// Fusion stops before a kernel has more cycles of arithmetic per element than this. The load and
/// the store that further fusion would save cost little beside so much arithmetic. Each fusion
/// copies the bodies of both kernels, so the bound keeps compile time linear in the program.
inline constexpr double maximumElementCycles = 512;
/// Fusion stops before a kernel has more operands than this: the addresses of so many tensors no
/// longer fit into registers, and the time of register allocation is not linear in their number.
inline constexpr unsigned maximumOperands = 64;

/// Why a producer does not become part of the kernel that reads its result.
enum class FusionObstacle {
  None,
  Reduction,     // the producer's results are complete only when its loops are through
  ComputedPlace, // the producer's loops are not those of its result
  Destination,   // the consumer accumulates into it
  Lookup,        // the consumer reads elements at places that it computes
  Contraction,   // would be computed again for each multiplication
  Broadcast,     // repeats elements for a contraction
  MoveOrder,     // puts elements in order for a contraction that reads them many times
  LoopExtents,   // no operand would be left that says how often a loop runs
  Windows,       // would be computed again for each window
  Size,          // the kernel would do too much for each element
  Repeated,      // would be computed again in loops that it does not depend on
  Readers,       // has several readers and is not cheap enough to be computed in each
  Tiles,         // has several readers and is computed on the tiles of a contraction
  Searches,      // has several readers and reads elements at places that it computes
  Order,         // another reader has to run before the consumer can
  View,          // reshaped or sliced in between
  Joined,        // becomes part of a padded or concatenated tensor
  Unsupported,   // of a form that cannot be composed
};

/// How a producer became part of its consumer.
enum class FusionKind { OnlyReader, ComputedAgain, SeveralResults };

/// Follows fusion through one function; every kernel is a linalg.generic.
class FusionRemarks {
public:
  explicit FusionRemarks(mlir::func::FuncOp function);

  /// `fused` replaces `producer` and `consumer`; to be called while both are there.
  void recordFusion(mlir::linalg::GenericOp producer, mlir::linalg::GenericOp consumer,
                    mlir::linalg::GenericOp fused, FusionKind kind);
  /// `contraction` reads the operand of `move` directly.
  void recordMove(mlir::linalg::GenericOp move, mlir::linalg::GenericOp contraction);
  void recordReplacement(mlir::Operation *op, mlir::Operation *replacement);
  void forget(mlir::Operation *op);

  /// Emits the operations fused into each kernel and, for each other kernel whose result it reads,
  /// the obstacle: that of the operand by `obstacle`, or the operation in between. Remarks are in
  /// the order of the program; `cycles` gives the cycles of an element of a kernel.
  void emit(llvm::function_ref<FusionObstacle(mlir::linalg::GenericOp, mlir::OpOperand &)> obstacle,
            llvm::function_ref<double(mlir::linalg::GenericOp)> cycles);

private:
  /// An operation of the program that became part of a kernel.
  struct Part {
    unsigned number; // of the operation: kernels that have a part in common have it once
    std::string label;
    int64_t line;
  };
  struct Kernel {
    llvm::SmallVector<Part> parts, again, moves;
    int64_t bytesNotRead = 0; // by computing `again`
  };
  Kernel kernelOf(mlir::linalg::GenericOp op);
  static void addParts(llvm::SmallVectorImpl<Part> &parts, llvm::ArrayRef<Part> added);
  static std::string list(llvm::ArrayRef<Part> parts, int64_t line);
  void emitFused(mlir::linalg::GenericOp op, const Kernel &kernel);
  void emitKept(mlir::linalg::GenericOp producer, mlir::linalg::GenericOp consumer,
                FusionObstacle obstacle, double cycles);

  mlir::func::FuncOp function;
  bool enabled;
  llvm::DenseMap<mlir::Operation *, Kernel> kernels; // those that were looked at
  unsigned operations = 0;
};

/// Emits the consumers that are computed on the tiles of contractions, and those that are not;
/// `isStored` is true for a contraction whose own result goes to memory all the same.
void emitEpilogueRemarks(mlir::func::FuncOp function, llvm::ArrayRef<EpilogueDecision> decisions,
                         llvm::function_ref<bool(mlir::linalg::LinalgOp)> isStored);

} // namespace nnc
