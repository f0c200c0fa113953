// Emits the code that nn.scatter_add, row updates and inserted rows have in common: reads and writes of rows,
// several elements at once, and loops over them. Internal to assign-arena.
#pragma once

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace nnc {

/// Base of the classes that emit such loops.
class RowEmitter {
public:
  /// Rows of `elements` elements are computed 16, 8 or 4 elements at once, the most that divides
  /// them, or else one by one.
  RowEmitter(mlir::OpBuilder &builder, mlir::Location location, int64_t elements);

  /// The number of elements that are computed at once.
  int64_t lanes() const { return laneCount; }

protected:
  mlir::Value index(int64_t number);
  /// A scalar if elements are computed one by one, else a vector of lanes.
  mlir::Type laneType(mlir::Type element) const;
  mlir::Value zero(mlir::Type element);
  /// The lanes from `place` on.
  mlir::Value load(mlir::Value memref, mlir::ValueRange place);
  void store(mlir::Value lanes, mlir::Value memref, mlir::ValueRange place);
  /// The row that an index of `indices` looks up in a table: the nearest one of its `rows` rows.
  mlir::Value loadRowNumber(mlir::Value indices, mlir::ValueRange place, int64_t rows);

  using Body = llvm::function_ref<void(mlir::ValueRange place)>;
  /// Emits loops from `low` to `high` by `step`, one in the other.
  void buildNest(mlir::ValueRange low, mlir::ValueRange high, mlir::ValueRange step, Body body);
  /// Emits loops over all places of a shape, element by element.
  void forEach(llvm::ArrayRef<int64_t> shape, Body body);
  /// The same, but with `lanes` elements of the part [begin, end) of the last dimension at once.
  void forEachLanes(llvm::ArrayRef<int64_t> shape, mlir::Value begin, mlir::Value end, Body body);
  /// Emits code as one operation, so that lower-to-loops runs all of it on the same thread.
  mlir::scf::ForOp asOne(llvm::function_ref<void()> emit);

  mlir::OpBuilder &builder;
  mlir::Location location;

private:
  int64_t laneCount = 1;
};

} // namespace nnc
