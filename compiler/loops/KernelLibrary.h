// Kernels as functions of their own: equal ones (in shapes, layouts, bodies, and all that was
// decided about them) of a module share one, so that a network of repeated blocks is compiled once
// for each kind of block.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

#include <functional>
#include <vector>

namespace nnc {

/// On a function that computes one kernel: it is lowered already.
inline constexpr llvm::StringLiteral kernelAttrName = "nn.kernel";

/// The arguments of a kernel beside its operands; each null if the kernel does not use it.
struct KernelThread {
  mlir::Value number, count; // which thread this is, of how many that share the work
  mlir::Value scratch;       // memory of this thread
  mlir::Value panels;        // packed in front of the loop around the kernel, for all threads
};

class KernelLibrary {
public:
  explicit KernelLibrary(mlir::ModuleOp module) : module(module) {}

  /// Emits the loops of `copies`, which stand in `function`, at the builder's insertion point.
  using EmitKernel = std::function<mlir::LogicalResult(
      mlir::OpBuilder &, mlir::func::FuncOp function, llvm::ArrayRef<mlir::linalg::LinalgOp> copies,
      const KernelThread &thread)>;

  /// Emits a call of the function that computes `ops`, named `nnc_NAME_NUMBER`, which `emit` will
  /// fill if there is none yet. `choices` lists the decisions about the kernel that do not follow
  /// from `ops`. Fails, and emits nothing, where an operand is not part of a block that a
  /// function is given.
  mlir::LogicalResult call(mlir::OpBuilder &builder, llvm::ArrayRef<mlir::linalg::LinalgOp> ops,
                           llvm::StringRef name, llvm::StringRef choices,
                           const KernelThread &thread, EmitKernel emit);

  /// Fills the functions, side by side.
  mlir::LogicalResult emit();

private:
  /// A declared function, with the operations that its loops are emitted from.
  struct Kernel {
    mlir::func::FuncOp function;
    llvm::SmallVector<mlir::linalg::LinalgOp> copies;
    KernelThread thread;
    EmitKernel emit;
    std::string title; // name and choices
  };

  mlir::ModuleOp module;
  std::vector<Kernel> kernels;
  /// The numbers of kernels, by a hash of the title, the signature and the body.
  llvm::DenseMap<size_t, llvm::SmallVector<size_t, 1>> numbers;
};

} // namespace nnc
