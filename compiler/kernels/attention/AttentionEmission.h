// The emission of one attention: state, and the steps that AttentionEmitter.cpp (loops, memory),
// AttentionForward.cpp and AttentionGradient.cpp implement. Internal to emitAttention.
#pragma once

#include "compiler/kernels/attention/AttentionEmitter.h"
#include "compiler/kernels/attention/ScoreBody.h"

namespace nnc {

class AttentionEmission {
public:
  AttentionEmission(contraction::VectorEmitter &emit, const AttentionKernelParts &parts,
                    const AttentionPlan &plan, const AttentionThread &thread);
  mlir::LogicalResult run();

private:
  using enum AttentionKernelParts::Input;
  using Product = AttentionProducts::Product;

  /// A block of rows or of keys.
  struct BlockOf {
    mlir::Value first; // index of the first one
    int64_t size = 0;
    bool isLast = false; // the partial block behind the full ones
  };

  /// Emits the parts [begin, end) of a unit.
  void emitUnit(mlir::Value begin, mlir::Value end);
  /// Emits one block of rows; those of unequal work take turns.
  void emitPart(mlir::Value number);
  /// Emits the cotangents of a block of rows of the queries, or of a block of keys and values.
  void emitGradientPart(mlir::Value number);
  void emitKeyPart(mlir::Value number);
  void emitWholeGradient();
  /// Emits all rows of the unit.
  void emitRowBlocks();
  /// The block of the part `number` of so many.
  mlir::Value inTurns(mlir::Value number, int64_t count);
  /// Emits `body` for the block of this number, which may be the last, partial one.
  void emitEither(mlir::Value block, int64_t fullBlocks, int64_t size, int64_t lastSize,
                  llvm::function_ref<void(const BlockOf &)> body);
  void clearKeys(const BlockOf &keys);
  void splitIndex(mlir::Value number, unsigned firstLoop, unsigned endLoop);
  /// The offset of each operand's part at the present indices of the loops outside of rows and keys.
  llvm::SmallVector<mlir::Value> offsetsHere();
  /// Asks for the rows of the next unit's operands: they lie apart, where prefetchers do not find them.
  void prefetchNextUnit(const BlockOf &rows);
  void packKeys();
  void emitRows(const BlockOf &rows);
  void emitForward(const BlockOf &rows);
  void emitGradient(const BlockOf &rows);
  /// The number of keys from the first to the last that the last row may keep, and that may be more
  /// than there are; null if it is not bounded.
  mlir::Value reachOf(mlir::Value firstRow, int64_t rows);
  /// The number of full blocks of keys that a reach leaves.
  mlir::Value keyBlocksWithin(mlir::Value reach);
  /// Calls `body` for each block of keys that rows of the block may keep.
  void forEachKeyBlock(const BlockOf &rows, llvm::function_ref<void(const BlockOf &)> body);
  void emitProduct(const Product &product, mlir::Value a, mlir::Value b, mlir::Value c,
                   mlir::Value panels = {});
  const AttentionProducts &products(const BlockOf &rows, const BlockOf &keys) const {
    return plan.products[rows.isLast][keys.isLast];
  }
  /// The panels of a block of keys, of those at `at` in scratch memory.
  mlir::Value panels(const Product &product, int64_t at, int64_t bytes, const BlockOf &rows,
                     const BlockOf &keys);

  /// Calls `body` for each vector of the keys of a block, `count` lanes of which exist.
  void forEachVector(const BlockOf &keys,
                     llvm::function_ref<void(int64_t column, int64_t count)> body);
  /// Calls `body` for each vector of a row of `extent` elements, in a loop where they are many.
  void forEachPart(int64_t extent, llvm::function_ref<void(mlir::Value at, int64_t count)> body);
  /// The same with a vector that begins with 0, and that `body` adds to.
  mlir::Value
  sumParts(int64_t extent,
           llvm::function_ref<mlir::Value(mlir::Value at, int64_t count, mlir::Value sum)> body);
  llvm::SmallVector<mlir::Value>
  overParts(int64_t extent, mlir::ValueRange init,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value at, int64_t count,
                                                              mlir::ValueRange carried)>
                body);
  ScoreBody bodyAt(mlir::Value row, const BlockOf &rows, const BlockOf &keys, int64_t column,
                   int64_t count, bool isInside);
  void forEachRow(const BlockOf &rows, llvm::function_ref<void(mlir::Value row)> body);
  /// Calls `body` for each row; for those blocks of which the bounds leave nothing out, with code of
  /// its own (`isInside`).
  void forEachRowInBounds(const BlockOf &rows, const BlockOf &keys,
                          llvm::function_ref<void(mlir::Value row, bool isInside)> body);
  /// Calls `body` for each vector of rows with the lanes of the vectors of these rows, combined.
  void forEachRowVector(
      const BlockOf &rows, contraction::VectorEmitter::Combine combine,
      llvm::function_ref<mlir::Value(mlir::Value row)> vectorOf,
      llvm::function_ref<void(mlir::Value row, int64_t count, mlir::Value combined)> body);
  /// Sets elements of an operand to 0: `count` along `loop`, and all along `along`.
  void clear(unsigned operand, mlir::Value offset, unsigned loop, int64_t count, unsigned along);

  /// Memory of the operand, from the unit's element at these indices of row and key on.
  mlir::Value at(unsigned operand, mlir::Value row, mlir::Value key);
  mlir::Value offset(unsigned operand, mlir::Value row, mlir::Value key);
  mlir::Value scratch(int64_t at, int64_t elements);
  mlir::Value partFrom(mlir::Value memory, mlir::Value offset);
  mlir::Value constant(double value);
  mlir::Value splatOf(double value);
  mlir::Value greater(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value exponential(mlir::Value a);

  contraction::VectorEmitter &emit;
  const AttentionKernelParts &parts;
  const AttentionPlan &plan;
  const AttentionThread &thread;
  AttentionOperands operands;
  llvm::SmallVector<int64_t> extents;
  llvm::DenseMap<mlir::Value, mlir::Value> invariants; // values of the body that no loop changes
  llvm::SmallVector<mlir::Value> indices;              // of the loops, where the builder stands
  llvm::SmallVector<mlir::Value> unitOffsets;          // by operand
  llvm::SmallVector<mlir::Value> nextOffsets;          // of the next unit
  llvm::SmallVector<mlir::Value> flats; // by operand, but for extras: memory as one dimension
  /// The cotangents that are computed, and the block of keys to which they are limited; null: all.
  enum class GradientOf { All, Queries, Keys } gradientOf = GradientOf::All;
  mlir::Value onlyKeys;
  // Parts of scratch memory; `sums` has two numbers for each row.
  mlir::Value scores, ofScores, maxima, sums, results;
  mlir::LogicalResult status = mlir::success();
};

} // namespace nnc
