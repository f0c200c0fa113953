// The one kernel generator for contractions C[b, m, n] (+)= sum[k] A[b, m, k] * B[b, k, n] on
// static memrefs: register-tiled, vectorised loops with an epilogue that sees every finished tile.
// Matrix products of every layout, convolutions as index arithmetic, matrix-vector, outer and inner
// products are all its clients; see chooseTiling for how the shape of the loops is decided.
#pragma once

#include "compiler/analysis/ZeroBorders.h"
#include "compiler/target/TargetDescription.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <string>

namespace mlir::linalg {
class LinalgOp;
}

namespace nnc {

/// One loop of a contraction: its extent and, per operand, how many elements one step moves. Zero
/// for an operand that does not depend on it. `companions` holds the same for each further tensor
/// that the epilogue reads or writes (ContractionOperands::companions), or is empty where there is
/// none.
struct ContractionDim {
  int64_t extent = 1;
  int64_t a = 0;
  int64_t b = 0;
  int64_t c = 0;
  llvm::SmallVector<int64_t, 2> companions;
};

/// An operand lies in a border of zeros, as images do that are padded: the products of a step of k
/// at an index of another dim vanish outside of the interior.
struct ZeroBorder {
  enum Group { Batch, M, N } group = M;
  unsigned outer = 0;     // index of the other dim in its group
  unsigned reduction = 0; // index in k
  Interior interior;
};

/// The sums to compute. A dim of `batch` indexes A, B and C; of `m` A and C; of `n` B and C; of `k`
/// A and B. Groups may be empty, may have several dims (outermost first), and the dims of one group
/// need not collapse, so that a convolution over an image with a physical halo is one as well: m =
/// (image, row, column), n = channel out, k = (window row, window column, channel in).
struct ContractionProblem {
  mlir::FloatType elementType; // f32 or f64
  llvm::SmallVector<ContractionDim, 2> batch, m, n, k;
  /// The elements that all loops start from, where strides are negative: counted from the first
  /// elements of A and B.
  int64_t startA = 0, startB = 0;
  /// Products that need not be computed; at most one border for each dim of k.
  llvm::SmallVector<ZeroBorder, 2> borders;
  /// The sums are added to C; otherwise C need not be initialised.
  bool accumulate = false;
  /// False: C is never read nor written (the epilogue stores its own results), so no partial sum
  /// may be kept in it. Excludes `accumulate`.
  bool usesResult = true;
  /// Cycles of what an operand's hook computes, of a vector or of one element; 0 without a hook.
  int64_t cyclesA = 0, cyclesB = 0;
  /// How many times loops around the kernel run it with the same A, and with the same B; 1 if the
  /// operand changes. Panels of an operand that does not change may be packed in front of the loop.
  int64_t timesA = 1, timesB = 1;
  /// If not 0: register tiles have this many rows (fewer in the last), so that all kernels of a
  /// loop divide the rows among threads alike. The rows are m, or n where `rowsAreN`.
  int64_t rowUnit = 0;
  bool rowsAreN = false;

  /// Multiplications and additions, those with zeros of borders included.
  int64_t flops() const;
  unsigned elementBits() const { return mlir::FloatType(elementType).getWidth(); }
};

/// Reads the problem off a linalg op on memrefs with static shapes and strides whose body is
/// c + a * b and whose indexing maps are linear. `accumulate` is set, as linalg has it; borders are
/// those that mark-zero-borders has found. Fails, silently, on any other op. Operands are
/// op.getDpsInputs()[0], [1] and op.getDpsInits()[0].
mlir::FailureOr<ContractionProblem> matchContraction(mlir::linalg::LinalgOp op);

/// The dim that the lanes of a vector run along.
enum class LaneForm {
  Columns,   // along n: A is broadcast (along m where the roles of A and B are swapped)
  Batch,     // along a batch dim: A, B and C are all vectors, as in a depthwise convolution
  Reduction, // along k: dot products, whose lanes are summed at the end
};

/// Which loop the threads share.
enum class ThreadSplit { None, Batch, Rows, Columns };

/// How a problem is computed. "Rows" and "columns" are m and n, or n and m where `swapped`.
struct ContractionTiling {
  LaneForm form = LaneForm::Columns;
  bool swapped = false;
  bool skipsBorders = false;  // the problem's borders are not multiplied
  unsigned lanes = 1;         // elements of a full vector
  int64_t rowTile = 1;        // rows of a register tile
  int64_t columnVectors = 1;  // vectors of a register tile's row
  int64_t reductionBlock = 0; // steps of k per pass over C; 0: all
  int64_t columnBlock = 0;    // columns that share one pass over a block of k; 0: all
  bool packA = false;         // copy the broadcast operand into panels
  bool packB = false;         // copy the vector operand into panels
  // With packB: emitPanels packs all panels in front of the loop around the kernel.
  bool panelsBefore = false;
  // C is contiguous along the rows instead: transpose the tiles.
  bool transposeResult = false;
  // Dot products that are summed at a time, in the Reduction form; 0: all of a tile.
  int64_t dotProducts = 0;
  // Steps of k per iteration of the innermost loop, and how many sets of accumulators take them in
  // turn, where a tile is too small to hide the latency of its additions. Powers of two.
  int64_t unroll = 1;
  int64_t chains = 1;
  ThreadSplit split = ThreadSplit::None;
  /// Share of all products that are computed; 1 unless borders are skipped.
  double computedShare = 1;
  /// Cycles of one thread that does everything, as the cost model sees it.
  double estimatedCycles = 0;
  /// Bytes of scratch memory that each thread needs.
  int64_t scratchBytes = 0;
  /// Bytes of the panels that are packed in front of the loop, for all threads.
  int64_t panelBytes = 0;
  /// Why, in words, for remarks.
  std::string reason;
};

/// Decides. `threads` is the number of threads to expect at run time; the result is right for any.
/// The caller decides whether a problem is too small to divide.
ContractionTiling chooseTiling(const ContractionProblem &problem, const TargetDescription &target,
                               unsigned threads = 1);

/// How threads share the operands: A, B, C, then the companions.
struct SharedLoop {
  /// Each thread has a part of every so many elements of an operand; 0: all of it.
  llvm::SmallVector<int64_t> spans;
  /// Share of a span that the first of two threads has.
  double first = 0.5;
};
SharedLoop sharedLoop(const ContractionProblem &problem, const ContractionTiling &tiling);

/// Cycles that a thread waits for the parts of the operands in other cores' caches.
using TransferCost = llvm::function_ref<double(const SharedLoop &)>;

/// Decides again which loop the threads share, and nothing else: sums are those of the tiling,
/// wherever its operands lie. Returns the cycles of `threads`, transfers included.
double chooseSplit(ContractionTiling &tiling, const ContractionProblem &problem,
                   const TargetDescription &target, unsigned threads, TransferCost transfer);

/// Cycles of a thread's part if `threads` share the kernel by `split` and each finds its operands
/// in its own caches, as it does when a loop around the kernel repeats it.
double partCycles(const ContractionTiling &tiling, const ContractionProblem &problem,
                  const TargetDescription &target, unsigned threads, ThreadSplit split);

/// Bytes of scratch memory per thread, 64-byte aligned, that emitContraction needs with the tiling
/// that chooseTiling returns for the same arguments; often 0.
int64_t scratchBytes(const ContractionProblem &problem, const TargetDescription &target,
                     unsigned threads = 1);

/// A register tile whose sums are complete, handed to the epilogue: rows() x vectors() vectors.
/// Rows and lanes are not tied to loops of the problem (roles may be swapped); positions are
/// reached through the strides of C and of the companions.
class RegisterTile {
public:
  virtual ~RegisterTile() = default;

  unsigned rows() const { return rowCount; }
  unsigned vectors() const { return vectorCount; }
  mlir::Value value(unsigned row, unsigned vector) const {
    return values[row * vectorCount + vector];
  }
  void setValue(unsigned row, unsigned vector, mlir::Value value) {
    values[row * vectorCount + vector] = value;
  }
  mlir::VectorType type() const { return mlir::cast<mlir::VectorType>(values.front().getType()); }

  /// Lanes that exist, as a constant vector of i1; null where all do.
  virtual mlir::Value mask(unsigned vector) const = 0;
  /// The companion's elements at this vector's position: a load, a broadcast or, where the
  /// companion is strided along the lanes, element by element. Those that do not depend on the row
  /// are loaded once per tile. Lanes that do not exist hold zero.
  virtual mlir::Value load(mlir::OpBuilder &builder, mlir::Location loc, unsigned companion,
                           unsigned row, unsigned vector) = 0;
  /// Stores the lanes that exist.
  virtual void store(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
                     unsigned companion, unsigned row, unsigned vector) = 0;

protected:
  unsigned rowCount = 0, vectorCount = 0;
  llvm::SmallVector<mlir::Value> values;
};

/// Called once where each finished tile is. Replaces values with setValue; the kernel stores them
/// to C afterwards if the problem uses C. All loads of a tile are best emitted before its stores.
using Epilogue = std::function<void(mlir::OpBuilder &, mlir::Location, RegisterTile &)>;

/// Changes elements of A or B as they are loaded: `loaded` is a scalar or a vector (contiguous
/// lanes), `offset` the element offset of its (first) element in the operand, so that a tensor of
/// the operand's own layout can be read along with it; `mask` the lanes that exist (null: all).
using OperandHook = std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::Value loaded,
                                              mlir::Value offset, mlir::Value mask)>;

/// The memory of a contraction. Memrefs of any rank with static strides (their offset may be
/// dynamic); only the first element's address is taken from them, positions come from the problem's
/// strides.
struct ContractionOperands {
  mlir::Value a, b, c; // c may be null if the problem does not use it
  llvm::SmallVector<mlir::Value> companions;
  /// This thread's scratch memory: a memref of the element type or of i8, of at least scratchBytes,
  /// 64-byte aligned; null if none is needed.
  mlir::Value scratch;
  /// The panels that are packed in front of the loop: a memref like `scratch`, of panelBytes, the
  /// same for all threads; null without such panels.
  mlir::Value panels;
  /// This thread's number and how many share the work, of type index; both null: one does it all.
  mlir::Value thread, threads;
};

struct ContractionHooks {
  OperandHook a, b;
  Epilogue epilogue;
};

/// Emits the loops at the builder's insertion point: ops of scf, arith, vector and memref only,
/// which convert to LLVM without further transformation. Every element of C is written by one
/// thread, and its sum is taken in the order of k whatever the number of threads. Nothing may alias
/// C or the tensors that the epilogue stores, except a companion of equal strides.
mlir::LogicalResult
emitContraction(mlir::OpBuilder &builder, mlir::Location loc, const ContractionProblem &problem,
                const TargetDescription &target, const ContractionTiling &tiling,
                const ContractionOperands &operands, const ContractionHooks &hooks = {});

/// Emits the loops that pack the vector operand, A or B, into operands.panels; the other operands
/// may be null. Threads divide the panels among them.
mlir::LogicalResult emitPanels(mlir::OpBuilder &builder, mlir::Location loc,
                               const ContractionProblem &problem, const TargetDescription &target,
                               const ContractionTiling &tiling,
                               const ContractionOperands &operands);

} // namespace nnc
