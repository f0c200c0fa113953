// Emits the loops of one contraction: blocks, packing, register tiles. Internal to emitContraction.
#pragma once

#include "compiler/kernels/contraction/ContractionNest.h"
#include "compiler/kernels/contraction/ContractionVector.h"

#include <limits>

namespace nnc::contraction {

/// A panel of a packed operand: for each step of k in order, `width` elements.
struct Panel {
  mlir::Value base;  // element offset in the scratch memory
  int64_t width = 0; // elements per step of k
};
/// Such panels one behind the other.
struct Panels : Panel {
  int64_t panelSize = 0; // elements
};

/// The part of the reduction dims that one pass covers.
struct ReductionRange {
  /// Iterations of each reduction dim; constants except for the blocked dim's.
  llvm::SmallVector<mlir::Value, 3> counts;
  /// The first iteration of each dim that counts, in that part; empty: none is left out.
  llvm::SmallVector<mlir::Value, 3> skipped;
  /// Where the part begins in each dim; empty: there is but one pass.
  llvm::SmallVector<mlir::Value, 3> starts;
  mlir::Value isFirst, isLast; // i1; null: there is but one pass
};

/// Columns of a panel: copies of an operand's elements at `sources`, for each step of k.
struct PackRequest {
  static constexpr int64_t kNothing = std::numeric_limits<int64_t>::min();
  Operand operand = Row;
  llvm::SmallVector<int64_t>
      sources; // element offsets relative to the tile, one per panel column; kNothing pads
  mlir::Value sourceBase; // the tile's first element
  mlir::Value panel;      // element offset of the panel in the scratch memory
  int64_t width = 0;      // of the panel
};

/// A vector's worth of a request.
struct PackChunk {
  int64_t first = 0;                      // panel column
  int64_t stored = 0;                     // elements to write
  llvm::SmallVector<int64_t, 16> sources; // of the columns that exist; at least one
};

class ContractionEmitter {
public:
  ContractionEmitter(VectorEmitter &emit, const Nest &nest, const ContractionTiling &tiling,
                     const ContractionProblem &problem, const ContractionOperands &operands,
                     const ContractionHooks &hooks);
  void run();
  /// Packs the panels in front of the loop.
  void runPanels();

private:
  using Offsets = llvm::SmallVector<mlir::Value, 4>; // by operand
  using TileBody = llvm::function_ref<void(mlir::Value tileIndex, const Offsets &, int64_t extent)>;

  Offsets advance(const Offsets &offsets, const Dim &dim, mlir::Value index);
  std::pair<mlir::Value, mlir::Value> tileRange(llvm::ArrayRef<Dim> dims, unsigned dim,
                                                ThreadSplit group);
  void forEachTile(const Dim &dim, mlir::Value low, mlir::Value high, const Offsets &offsets,
                   TileBody body);
  void forEachRowTile(
      unsigned level, const Offsets &offsets, mlir::Value tileIndex,
      llvm::SmallVector<int64_t> extents,
      llvm::function_ref<void(mlir::Value, const Offsets &, llvm::ArrayRef<TilePosition>)> body);

  void emitBatch(unsigned level, const Offsets &offsets);
  void emitColumnBlocks(unsigned level, const Offsets &offsets, llvm::SmallVector<int64_t> extents);
  void emitReductionBlocks(unsigned level, const Offsets &offsets, llvm::ArrayRef<int64_t> extents,
                           mlir::Value low, mlir::Value high, ReductionRange range);
  void emitBlock(const Offsets &offsets, llvm::ArrayRef<int64_t> extents, mlir::Value low,
                 mlir::Value high, const ReductionRange &range);

  // Packing, in ContractionPack.cpp.
  mlir::Value panelOf(mlir::Value tile);
  mlir::Value packedMemory(Operand operand) const {
    return operand == Column ? columnPanels : scratch;
  }
  void packRows(const Offsets &offsets, const ReductionRange &range);
  void packColumns(const Offsets &offsets, llvm::ArrayRef<TilePosition> vectors,
                   const ReductionRange &range);
  void prefetchColumns(const Offsets &offsets, mlir::Value rowTile);
  void prefetch(Operand operand, mlir::Value place);
  void pack(const PackRequest &request, const ReductionRange &range);
  void packChunks(const PackRequest &request, const ReductionRange &range, unsigned level,
                  mlir::Value source, mlir::Value target, llvm::ArrayRef<PackChunk> chunks,
                  bool contiguous);

  /// The steps of a range that the present tile needs, where borders of zeros are skipped; in
  /// ContractionBounds.cpp.
  ReductionRange countedSteps(const ReductionRange &range);

  // Register tiles, in ContractionTile.cpp.
  void emitTile(const Offsets &offsets, llvm::ArrayRef<TilePosition> rows,
                llvm::ArrayRef<TilePosition> vectors, mlir::Value rowPanel,
                const ReductionRange &range);
  /// The rows, vectors and strides that the loops over k of one tile use.
  struct TileShape {
    TileShape(llvm::ArrayRef<TilePosition> vectors, const ReductionRange &range)
        : vectors(vectors), range(range) {}
    llvm::SmallVector<int64_t> rows; // offset of each row in the row operand
    llvm::ArrayRef<TilePosition> vectors;
    llvm::SmallVector<int64_t> columns; // offset of each vector, or dot product, in the other
    llvm::SmallVector<int64_t> rowStrides, columnStrides; // by reduction dim
    const ReductionRange &range;
  };
  llvm::SmallVector<mlir::Value> reduceChains(const TileShape &tile, mlir::Value row,
                                              mlir::Value column);
  llvm::SmallVector<mlir::Value> dotProducts(TileShape &tile, mlir::Value row, mlir::Value column);
  llvm::SmallVector<mlir::Value> reduce(const TileShape &tile, unsigned level, mlir::Value row,
                                        mlir::Value column, mlir::ValueRange sums);
  /// One step of k, or one vector of steps of which `count` exist, added to one chain's sums.
  void step(const TileShape &tile, mlir::Value row, mlir::Value column,
            llvm::MutableArrayRef<mlir::Value> sums, int64_t count);
  /// Asks for the lines of C and of the epilogue's tensors that a tile will read, where these are
  /// too large to lie in a cache: they arrive while the sums are taken.
  void prefetchResults(const Offsets &offsets, llvm::ArrayRef<TilePosition> rows,
                       llvm::ArrayRef<TilePosition> vectors);
  void finish(const Offsets &offsets, llvm::ArrayRef<TilePosition> rows,
              llvm::ArrayRef<TilePosition> vectors, llvm::ArrayRef<mlir::Value> sums,
              const ReductionRange &range);
  /// A tile whose vectors run along `lane`.
  void finishPart(const Dim &lane, const Offsets &offsets, llvm::ArrayRef<TilePosition> rows,
                  llvm::ArrayRef<TilePosition> vectors, llvm::ArrayRef<mlir::Value> sums,
                  const ReductionRange &range);
  void finishTransposed(const Offsets &offsets, llvm::ArrayRef<TilePosition> rows,
                        llvm::ArrayRef<TilePosition> vectors, llvm::ArrayRef<mlir::Value> sums,
                        const ReductionRange &range);
  mlir::Value loadOperand(Operand operand, mlir::Value offset, int64_t count, int64_t stride,
                          bool packed);
  mlir::Value loadElement(Operand operand, mlir::Value offset);

  /// Element strides of the reduction dims in an operand, packed or not.
  llvm::SmallVector<int64_t> reductionStrides(Operand operand) const;
  llvm::SmallVector<int64_t> packedStrides(int64_t width) const;
  ReductionRange fullRange();

  VectorEmitter &emit;
  const Nest &nest;
  const ContractionTiling &tiling;
  const ContractionProblem &problem;
  const ContractionHooks &hooks;
  const ReductionBlocking blocking;
  mlir::Value thread, threads;              // null: one thread
  llvm::SmallVector<mlir::Value, 4> memory; // flat, by operand
  mlir::Value scratch;
  mlir::Value columnPanels; // the memory of packed columns: `scratch`, or operands.panels
  /// The part that the present tile covers of the dims that bounds refer to, by Dim::number.
  struct Position {
    mlir::Value first;
    int64_t extent = 0;
  };
  llvm::DenseMap<int, Position> positions;
  Panels rowPanels;  // all of them, packed at once
  Panel columnPanel; // that of the present tiles
};

/// Elements of scratch memory that the packed operands take, and of panels in front of the loop.
struct ScratchLayout {
  int64_t columnElements = 0, rowElements = 0, panelElements = 0;
  int64_t elements() const { return columnElements + rowElements; }
};
ScratchLayout scratchLayout(const Nest &nest, const ContractionTiling &tiling);
/// Elements of a panel. Panels do not lie a multiple of a cache way apart, or they would evict each
/// other.
int64_t panelElements(int64_t width, int64_t steps);
/// Whether the tiles that use one packed panel of B ask for the lines of the next: B is far, and
/// its steps follow each other at one distance, too large for prefetchers.
bool prefetchesPanels(const Nest &nest, int64_t elementBytes, const TargetDescription &target);
/// Register tiles of all rows, of all threads.
int64_t rowTiles(const Nest &nest);
/// Tiles of the lane dim that share one pass over a block of k.
int64_t laneTilesPerBlock(const Nest &nest, const ContractionTiling &tiling);

} // namespace nnc::contraction
