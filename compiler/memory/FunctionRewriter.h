// Rewrites a function on tensors, whose memory has been assigned, into one on the blocks of memory
// that compiled functions are given. Internal to assign-arena.
#pragma once

#include "compiler/analysis/BufferAnalysis.h"
#include "compiler/memory/Schedule.h"
#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace nnc {

/// Whether only `epilogue` reads the result of the contraction.
bool isConsumed(const BufferAnalysis &analysis, mlir::Operation *contraction,
                mlir::Operation *epilogue);

class FunctionRewriter {
public:
  /// Numbers of the blocks among the arguments of a compiled function, which thread and threads
  /// follow. Only step functions (nn.steps) have a cache.
  enum BlockNumber { Persistent, Arena, Inputs, Outputs, Scalars, Cache };

  FunctionRewriter(mlir::func::FuncOp function, BufferAnalysis &analysis,
                   const FunctionBlocks &blocks, const ModuleBlocks &module);

  /// Builds the compiled function beside the old one, which it erases; kernels come in `order`.
  void run(llvm::ArrayRef<KernelGroup> order);

private:
  mlir::func::FuncOp createFunction();
  mlir::Value memrefOf(mlir::Value tensor);
  mlir::Value viewOf(const Storage &storage, mlir::RankedTensorType type);
  mlir::Value scalarOf(mlir::Value scalar);
  mlir::Value globalOf(mlir::Value constant);
  mlir::Operation *rewriteLinalg(mlir::linalg::LinalgOp op);
  void rewriteInsert(mlir::tensor::InsertSliceOp insert);
  void rewriteScatter(nn::ScatterAddOp scatter);
  void rewriteKernels(const KernelGroup &group);
  /// Emits the group of a row update so that it leaves the other rows alone. Returns false, and
  /// emits nothing, for another group, or if the new values are not in the memory of the old ones.
  bool rewriteRows(const KernelGroup &group);
  /// Emits a kernel that replaces some rows of a tensor, in the memory of that tensor, so that it leaves
  /// the other rows alone. Returns false, and emits nothing, for another group.
  bool rewriteInsertedRows(const KernelGroup &group);

  mlir::func::FuncOp function;
  BufferAnalysis &analysis;
  const FunctionBlocks &blocks;
  const ModuleBlocks &module;
  mlir::OpBuilder views;   // at the head of the new function, where views are made
  mlir::OpBuilder kernels; // behind them
  mlir::func::FuncOp compiled;
  llvm::DenseMap<mlir::Value, mlir::Value> memrefs;
  llvm::DenseMap<unsigned, mlir::Value> tileMemory; // by storage
  /// Views by block, offset and type, so that tensors of one memory are one value.
  llvm::DenseMap<std::tuple<unsigned, int64_t, mlir::Type>, mlir::Value> viewCache;
};

} // namespace nnc
