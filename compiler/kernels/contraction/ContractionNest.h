// A contraction problem brought into the order in which it is computed: roles of A and B settled,
// dims of extent one dropped, dims that collapse merged, the lane dim innermost among the columns.
#pragma once

#include "compiler/kernels/contraction/Contraction.h"

#include <optional>

namespace nnc::contraction {

inline constexpr int64_t kCacheLineBytes = 64;

/// Indices into Dim::strides. `Row` is the operand that does not depend on the columns (A, or B
/// where the roles are swapped), `Column` the one that does not depend on the rows.
enum Operand : unsigned { Row = 0, Column = 1, Result = 2, FirstCompanion = 3 };

/// Steps of a reduction dim that need not be taken: as ZeroBorder.
struct Bounds {
  int outer = -1; // Dim::number of the other dim; -1: every step counts
  Interior interior;
  int64_t inner = 1; // steps for each of its own, since a dim was merged into this one

  explicit operator bool() const { return outer >= 0; }
  /// Steps [first, second) of `extent` that count at one or more of the indices [begin, end) of the
  /// other dim.
  std::pair<int64_t, int64_t> steps(int64_t begin, int64_t end, int64_t extent) const;
};

struct Dim {
  int64_t extent = 1;
  llvm::SmallVector<int64_t, 4> strides; // by operand
  int64_t tile = 1;                      // iterations in one register tile
  int number = -1;                       // set if bounds refer to this dim
  Bounds bounds;                         // of a reduction dim

  int64_t tiles() const { return (extent + tile - 1) / tile; }
  int64_t fullTiles() const { return extent / tile; }
  int64_t tail() const { return extent % tile; }
};

/// One row or one vector of a register tile: where it starts, relative to the tile, in every
/// operand.
struct TilePosition {
  llvm::SmallVector<int64_t, 4> offsets; // by operand
  int64_t count = 1;                     // lanes that exist (vectors only)
};

struct Nest {
  llvm::SmallVector<Dim, 3> batch, rows, columns, reduction;
  unsigned operands = 0;
  LaneForm form = LaneForm::Columns;

  /// The innermost column dim: the lanes of a result vector run along it.
  const Dim &lane() const { return columns.back(); }
  int64_t reductionExtent() const;
  /// The dim with this number; null if it has but one iteration and was dropped.
  const Dim *numbered(int number) const;

  /// Distributes a register tile of `rowTile` rows and `columnVectors` vectors of `lanes` over the
  /// dims.
  void setTiles(int64_t rowTile, int64_t columnVectors, int64_t lanes);
  /// Rows, or vectors, of a tile that covers extents[d] of each dim.
  llvm::SmallVector<TilePosition> rowPositions(llvm::ArrayRef<int64_t> extents) const;
  llvm::SmallVector<TilePosition> vectorPositions(llvm::ArrayRef<int64_t> extents,
                                                  int64_t lanes) const;
  /// Rows and vectors of the largest tile.
  int64_t rowsPerTile() const;
  int64_t vectorsPerTile(int64_t lanes) const;
};

/// Nothing if the problem does not have this form: for Batch a batch dim along which A, B and C are
/// contiguous, for Reduction a dim of k along which A and B are.
/// Where borders are skipped, rows of a register tile that need different steps are kept apart.
std::optional<Nest> makeNest(const ContractionProblem &problem, LaneForm form, bool swapped,
                             bool skipsBorders = false);

/// The block of the reduction dims that one pass covers: all of the dims behind `dim`, `step` of
/// `dim`, one of each before it.
struct ReductionBlocking {
  unsigned dim = 0;
  int64_t step = 0;
  int64_t blocks = 1;     // of dim
  int64_t blockSteps = 0; // of k in a full block
};
ReductionBlocking blockReduction(const Nest &nest, int64_t steps, int64_t multiple);

/// The dim of a group that the threads share: the one with most tiles, outermost first.
unsigned splitDim(llvm::ArrayRef<Dim> dims);

} // namespace nnc::contraction
