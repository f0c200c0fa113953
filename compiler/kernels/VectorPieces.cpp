// Splits a number of lanes into powers of two, and stores a vector piece by piece.
#include "compiler/kernels/VectorPieces.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace nnc {

void forEachPiece(int64_t lanes, int64_t count, function_ref<void(int64_t, int64_t)> piece) {
  int64_t lane = 0;
  for (int64_t width = lanes; width >= 1; width /= 2)
    for (; count - lane >= width; lane += width)
      piece(lane, width);
}

void storePieces(OpBuilder &builder, Location loc, Value vector, Value memref, int64_t count,
                 function_ref<Value(int64_t)> position) {
  const int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  forEachPiece(lanes, count, [&](int64_t lane, int64_t width) {
    Value piece =
        vector::ExtractStridedSliceOp::create(builder, loc, vector, ArrayRef<int64_t>{lane},
                                              ArrayRef<int64_t>{width}, ArrayRef<int64_t>{1});
    vector::StoreOp::create(builder, loc, piece, memref, position(lane));
  });
}

} // namespace nnc
