// The patterns of convert-nn-to-linalg, by family of operations, and their common builders.
// Internal to the pass.
#pragma once

#include "compiler/passes/Passes.h"
#include "compiler/dialect/NN.h"

#include "mlir/IR/PatternMatch.h"

namespace nnc {

/// Replaces operations by the nn operations that define them; to be applied before the others.
void populateDefinitions(mlir::RewritePatternSet &patterns);

void populateElementwiseToLinalg(mlir::RewritePatternSet &patterns);
void populateStructureToLinalg(mlir::RewritePatternSet &patterns);
void populateReductionToLinalg(mlir::RewritePatternSet &patterns);
void populateIndexedToLinalg(mlir::RewritePatternSet &patterns);
void populateWindowsToLinalg(mlir::RewritePatternSet &patterns);
void populateRandomToLinalg(mlir::RewritePatternSet &patterns);

/// Makes a kernel of each attention; to be called when the operations of the blocks are linalg.
void convertAttention(mlir::Operation *function);

/// Where max(a, b) is known, `a > b` holds just where it is greater than b: makes the masks of
/// rectifiers from their results, which the backward pass needs anyway, so that a need not be kept.
void compareMaxima(mlir::Operation *function);

/// Builds the body of a generic op: receives one scalar per operand, the outputs' last, returns one
/// per output.
using ScalarBody =
    llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// One output of `type` in row-major order; `maps` are those of the inputs.
mlir::Value buildElementwise(mlir::OpBuilder &builder, mlir::Location location,
                             mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps,
                             mlir::Type type, ScalarBody body);
/// The same with every input read at the position of the output.
mlir::Value buildElementwise(mlir::OpBuilder &builder, mlir::Location location,
                             mlir::ValueRange inputs, mlir::Type type, ScalarBody body);

/// A tensor of `type` filled with a number of its element type.
mlir::Value buildFilled(mlir::OpBuilder &builder, mlir::Location location, mlir::Type type,
                        mlir::TypedAttr value);

/// A scalar constant of a number or truth value type; integers are truncated.
mlir::TypedAttr numberAttr(mlir::Type type, double value);
mlir::Value buildNumber(mlir::OpBuilder &builder, mlir::Location location, mlir::Type type,
                        double value);

/// The index of a loop as an i32 or i64.
mlir::Value buildLoopIndex(mlir::OpBuilder &builder, mlir::Location location, int64_t dimension,
                           mlir::Type type);

} // namespace nnc
