// A plain, slow and obviously correct evaluator of nn functions: the expected values of every
// operation and derivative, independent of code generation. f64 arithmetic in f64, f32 results
// rounded after each operation; sums are accumulated in f64.
#pragma once

#include "compiler/reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>
#include <vector>

namespace nnc::reference {

/// Evaluates a function of one block. The arguments' types are those of the function. Before
/// nn-add-batch the batch is one example. Fails, with an error at the operation, on operations that
/// have no value of their own (nn.gradient) or are not of the nn dialect.
mlir::FailureOr<llvm::SmallVector<Tensor>> evaluate(mlir::func::FuncOp function,
                                                    llvm::ArrayRef<Tensor> arguments);

/// The results of each nn.stop_gradient in the block of a scan, in the order of evaluation. Finite
/// differences hold them constant.
struct StoppedValues {
  std::vector<Tensor> values;
  /// The value that is taken next; nothing while they are recorded.
  std::optional<size_t> next;
};

/// The values of the results of one operation of a block but its terminator, given those of its
/// operands; fails like `evaluate`. `stopped` may be null.
mlir::FailureOr<llvm::SmallVector<Tensor>>
evaluateOp(mlir::Operation &op, llvm::function_ref<const Tensor &(mlir::Value)> valueOf,
           StoppedValues *stopped = nullptr);

} // namespace nnc::reference
