// The nn dialect: neural networks as a graph of tensor operations. Everything that other parts of
// the compiler need from the dialect, but for the builders in NNBuilders.h.
#pragma once

#include "compiler/dialect/NNDimensions.h"
#include "compiler/dialect/NNSteps.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SmallBitVector.h"

namespace nnc::nn {
class AttentionGradientOp;
class AttentionOp;
class ContractOp;
class ScanOp;

/// The labels of an attention by their roles; see nn.attention.
struct AttentionDims {
  llvm::SmallVector<int64_t> batch, rows; // in the order of the scores
  int64_t key = 0, inner = 0, column = 0;
};
/// Fails where a label has no role, or a role that only one label can have belongs to none or two.
llvm::FailureOr<AttentionDims> findAttentionDims(llvm::ArrayRef<int64_t> query,
                                                 llvm::ArrayRef<int64_t> key,
                                                 llvm::ArrayRef<int64_t> value,
                                                 llvm::ArrayRef<int64_t> scores,
                                                 llvm::ArrayRef<int64_t> result);

/// Builds the body of an nn.scan, which ends in nn.yield, from the block's arguments for the
/// sequences, the carries and the invariants.
using ScanBody = llvm::function_ref<void(mlir::OpBuilder &builder, mlir::Location location,
                                         llvm::ArrayRef<mlir::BlockArgument> sequences,
                                         llvm::ArrayRef<mlir::BlockArgument> carries,
                                         llvm::ArrayRef<mlir::BlockArgument> invariants)>;
} // namespace nnc::nn

namespace nnc::nn::detail {

/// The batching rule of element-wise operations: operands that are not batched are broadcast.
void buildBatchedElementwise(mlir::Operation *op, mlir::OpBuilder &builder,
                             mlir::ValueRange operands, const llvm::SmallBitVector &batched,
                             int64_t batch, llvm::SmallVectorImpl<mlir::Value> &results);

/// The number of elements of a tensor.
int64_t elementsOf(mlir::Value tensor);

/// Multiplications and additions of a contraction.
int64_t countContraction(ContractOp op);

/// Pairs of elements along a dimension.
int64_t countPairs(mlir::Value tensor, int64_t dim);

/// Multiplications and additions of an attention, with those that its bounds leave out.
int64_t countAttention(AttentionOp op);
int64_t countAttention(AttentionGradientOp op);

/// The operations of all steps of a scan.
int64_t countScan(ScanOp op);

/// Checks that the result has a dimension `dim`.
llvm::LogicalResult verifyDim(mlir::Operation *op, int64_t dim);

/// Checks that the operation is in the body of a function, or of an operation with a block in one.
llvm::LogicalResult verifyInFunction(mlir::Operation *op);

/// Checks that the result has the type that the operation's own inferReturnTypes gives.
llvm::LogicalResult verifyInferredType(mlir::Operation *op);

} // namespace nnc::nn::detail

namespace nnc::nn {
/// Only some elements of the operands reach the result: the cotangents of the others are 0.
template <typename ConcreteOp>
struct ChoosesElements : mlir::OpTrait::TraitBase<ConcreteOp, ChoosesElements> {};

/// A constant to differentiation, whatever its operands are.
template <typename ConcreteOp>
struct StopsGradient : mlir::OpTrait::TraitBase<ConcreteOp, StopsGradient> {};

template <typename ConcreteOp>
struct InFunction : mlir::OpTrait::TraitBase<ConcreteOp, InFunction> {
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    return detail::verifyInFunction(op);
  }
};
} // namespace nnc::nn

// TableGen's classes have unused parameters.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "compiler/dialect/NNDialect.h.inc"
#include "compiler/dialect/NNEnums.h.inc"
#include "compiler/dialect/NNInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/NNAttributes.h.inc"

#define GET_OP_CLASSES
#include "compiler/dialect/NNOps.h.inc"
#pragma GCC diagnostic pop

namespace nnc::nn {

/// The type of the scores of an attention.
mlir::RankedTensorType scoreType(AttentionOp op);

/// Replaces an attention by the contractions and the softmax that it was formed from.
void unformAttention(AttentionOp op);

/// Whether the block of an attention may hold the operation: it computes each score by itself.
bool isScoreOperation(mlir::Operation *op);

/// Names of the attributes on function arguments and results: a KindAttr and a string.
inline constexpr llvm::StringLiteral kindAttrName = "nn.kind";
inline constexpr llvm::StringLiteral nameAttrName = "nn.name";

/// Marks the functions that `nn-step` derives, which take or return a cache.
inline constexpr llvm::StringLiteral stepsAttrName = "nn.steps";

/// On a step function: the most positions of a sequence, by the parameters with a dimension of
/// positions and by the stored rows; 0 means unlimited.
inline constexpr llvm::StringLiteral limitAttrName = "nn.limit";

/// On a function with a token: how many sequences `f_rows` takes a step of, if there is to be such a
/// function. On `f_rows`, the same number.
inline constexpr llvm::StringLiteral rowsAttrName = "nn.rows";

/// On a function: its number of examples, where it is not that of the module.
inline constexpr llvm::StringLiteral batchAttrName = "nn.batch";

/// Marks an nn.scan whose steps are chunks of the steps of another scan (nn-strip-mine), and its
/// derivative. Passes on scans keep no value for all chunks that a chunk can compute.
inline constexpr llvm::StringLiteral chunksAttrName = "nn.chunks";

/// The largest tensor. Products of dimensions, and sums over all tensors of a function, do not
/// overflow.
inline constexpr int64_t largestTensorBytes = int64_t(1) << 42;

/// Whether this is a tensor, or memory, of integers or floats of static shape, has elements, and
/// takes at most `largestTensorBytes`.
bool isUsable(mlir::ShapedType type);

} // namespace nnc::nn
