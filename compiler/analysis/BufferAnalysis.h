// Which memory the tensors of a function live in. Operations on tensors fall into kernels, which
// write memory, and views, which name parts of it; a tensor that is updated in destination-passing
// style shares its storage with the destination. Internal to assign-arena.
#pragma once

#include "compiler/analysis/BlockLayout.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"

#include <vector>

namespace nnc {

/// One piece of memory that tensors share.
struct Storage {
  enum Kind {
    Argument, // a tensor of persistent, inputs or scalars that the function is given
    Result,   // a tensor of persistent or outputs that the function leaves
    Arena,
    Constant, // read-only data of the object
    Tiles,    // never in memory: only the epilogue of the contraction that computes it reads it, or
              // it is computed as the contraction that it is an operand of reads it
  };
  Kind kind = Arena;
  mlir::Value origin;                              // the first tensor that lives here
  mlir::RankedTensorType type;                     // of the origin
  llvm::SmallVector<mlir::Operation *, 2> writers; // kernels, in order
  llvm::SmallVector<mlir::Operation *, 2> readers; // as tensorsRead says, in order
  /// The block of the compiled function, as FunctionRewriter numbers them, and the byte in it.
  unsigned blockNumber = 0;
  int64_t offset = 0;
  /// Where the storage took over that of an operand that died: use that one instead.
  std::optional<unsigned> replacedBy;
  bool saved = false;            // by the forward pass for the backward pass
  int64_t first = -1, last = -1; // positions of the kernels that touch it, in the schedule
};

/// A tensor: all of a storage in row-major order, or a part of it.
struct TensorMemory {
  unsigned storage = 0;
  bool whole = true;
};

class BufferAnalysis {
public:
  /// Brings the function into a form in which every tensor can have a storage: constants that have
  /// to be written become fills, destinations have one user, shapes change on contiguous memory
  /// only, tensors that are inserted into others are written there.
  static void prepare(mlir::func::FuncOp function);

  explicit BufferAnalysis(mlir::func::FuncOp function);

  /// Adds a kernel or view, whose operands must be known.
  mlir::LogicalResult add(mlir::Operation *operation);

  /// The storage whose memory this one uses: itself, or the one that it took over.
  unsigned resolve(unsigned storage) const {
    while (storages[storage].replacedBy)
      storage = *storages[storage].replacedBy;
    return storage;
  }
  Storage &storage(mlir::Value tensor) { return storages[memory(tensor).storage]; }
  TensorMemory memory(mlir::Value tensor) const { return tensors.at(tensor); }
  bool contains(mlir::Value tensor) const { return tensors.contains(tensor); }

  mlir::LogicalResult status = mlir::success();
  std::vector<Storage> storages;
  llvm::SmallVector<mlir::Operation *> kernels; // in program order

private:
  unsigned create(Storage::Kind kind, mlir::Value origin);
  llvm::DenseMap<mlir::Value, TensorMemory> tensors;
};

/// Kernels that run as one, in this order: the prologues of a contraction, the fill that a reduction
/// starts from, the reduction, and for a contraction the epilogue that is computed on its tiles.
using KernelGroup = llvm::SmallVector<mlir::Operation *, 3>;

bool isView(mlir::Operation *operation);
bool isKernel(mlir::Operation *operation);

/// The tensors that a kernel reads: its operands but for destinations that it does not read, and
/// those that its body captures.
llvm::SmallVector<mlir::Value> tensorsRead(mlir::Operation *kernel);

/// The kernel that computes a tensor, through views; null for arguments and constants.
mlir::Operation *producerOf(mlir::Value tensor);

/// On an insertion: the kernels that compute the inserted tensor write it into the destination.
inline constexpr llvm::StringLiteral inPlaceAttrName = "nn.in_place";
bool isWrittenInPlace(mlir::tensor::InsertSliceOp insert);

/// The uses of the old value of a carry without a trace, given the insertion of the new one.
llvm::SmallVector<mlir::OpOperand *> usesOfCarry(mlir::tensor::InsertSliceOp insert);

/// A kernel that copies a tensor.
mlir::Value buildCopy(mlir::OpBuilder &builder, mlir::Location location, mlir::Value tensor);

/// Whether `kernel` reads the storage only where and when it writes `result`, or not at all: then
/// the result can be written over the storage.
bool writesOver(const BufferAnalysis &analysis, mlir::Operation *kernel, mlir::OpResult result,
                unsigned storage);

/// An op of parallel loops only that reads `operand` exactly where it writes `result`.
bool readsInPlace(mlir::Operation *kernel, mlir::OpOperand &operand, mlir::OpResult result);

} // namespace nnc
