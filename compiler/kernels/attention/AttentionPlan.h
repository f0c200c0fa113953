// How an attention is computed: the blocks of rows and keys, the products of each pair of blocks, and
// the scratch memory of a thread.
//
// A thread computes whole units, one for each index of the batch dimensions, or with fewer units than
// threads some blocks of rows of a unit. In a gradient these are parts for the cotangents of the
// queries, and blocks of keys are parts for those of keys and values; both compute the weights. It goes through the rows of a unit in
// blocks, and for each of these through the keys in blocks; scores exist for one block of rows only,
// in the thread's scratch memory. Sizes depend on the shapes and the target alone, so results are the
// same bits for any number of threads.
#pragma once

#include "compiler/analysis/AttentionKernel.h"
#include "compiler/kernels/contraction/Contraction.h"

#include <array>

namespace nnc {

/// Element strides of the loops in an operand; 0 for those it does not have.
using LoopStrides = llvm::SmallVector<int64_t, 8>;

/// The inputs and outputs of a kernel on memory, by number.
struct AttentionOperands {
  explicit AttentionOperands(const AttentionKernelParts &parts);
  mlir::Value memory(unsigned operand) const { return memrefs[operand]; }
  int64_t stride(unsigned operand, unsigned loop) const { return strides[operand][loop]; }

  llvm::SmallVector<mlir::Value> memrefs;
  llvm::SmallVector<LoopStrides> strides;
  unsigned firstOutput = 0;
};

/// The products of a block of rows and a block of keys.
struct AttentionProducts {
  struct Product {
    ContractionProblem problem;
    ContractionTiling tiling;
  };
  Product scores;    // rows x keys, over inner
  Product sums;      // rows x column, over keys: results
  Product ofWeights; // rows x keys, over column
  Product ofValues, ofKeys, ofQueries;

  std::array<const Product *, 6> all() const {
    return {&scores, &sums, &ofWeights, &ofValues, &ofKeys, &ofQueries};
  }
};

struct AttentionPlan {
  int64_t rows = 0, keys = 0;           // of a full block
  int64_t lastRows = 0, lastKeys = 0;   // of the block behind the full ones; 0: there is none
  int64_t rowBlocks = 0, keyBlocks = 0; // full ones
  int64_t units = 1;                    // of the batch
  int64_t groups = 1;                   // indices of the outer row loops, in each unit
  /// The blocks of rows of a unit, and in a gradient those of keys, if threads share them; else 1.
  int64_t partsOfUnit = 1;
  int64_t lanes = 1;
  /// The products, by whether the block of rows, and that of keys, is the last, partial one.
  AttentionProducts products[2][2];

  // Places in scratch memory, in bytes.
  int64_t scoresAt = 0, ofScoresAt = 0, maximaAt = 0, sumsAt = 0, resultsAt = 0, keyPanelsAt = 0,
          valuePanelsAt = 0, packedAt = 0, scratchBytes = 0;
  /// Blocks of rows, with a partial one.
  int64_t allRowBlocks() const { return rowBlocks + (lastRows != 0); }
  int64_t allKeyBlocks() const { return keyBlocks + (lastKeys != 0); }
  /// Numbers of the rows, up to whole vectors.
  int64_t rowsInSums() const { return (rows + lanes - 1) / lanes * lanes; }
  int64_t keyPanelBytes = 0, valuePanelBytes = 0; // of a block of keys
  int64_t scoreStride = 0, resultStride = 0;      // elements from row to row

  /// Of one thread that computes all units, by the cost model.
  double cycles = 0;
};

AttentionPlan planAttention(const AttentionKernelParts &parts, const TargetDescription &target);

} // namespace nnc
