// Follows a memref through views to its root and to its block.
#include "compiler/analysis/MemoryAccess.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <limits>

using namespace mlir;

namespace nnc {

int64_t elementBytes(Type type) { return (type.getIntOrFloatBitWidth() + 7) / 8; }

Value rootOf(Value memref) {
  while (Operation *definition = memref.getDefiningOp()) {
    if (!isa<memref::SubViewOp, memref::CollapseShapeOp, memref::ExpandShapeOp, memref::CastOp,
             memref::ReinterpretCastOp>(definition))
      break;
    memref = definition->getOperand(0);
  }
  return memref;
}

std::pair<Value, int64_t> blockOf(Value memref) {
  Value root = rootOf(memref);
  auto view = root.getDefiningOp<memref::ViewOp>();
  std::optional<int64_t> shift = view ? getConstantIntValue(view.getByteShift()) : std::nullopt;
  return shift ? std::pair(view.getSource(), *shift) : std::pair(root, int64_t(0));
}

Access wholeAccess(Value memref, bool write) {
  auto [block, begin] = blockOf(memref);
  auto type = cast<MemRefType>(memref.getType());
  Access access{block, 0, std::numeric_limits<int64_t>::max(), write, {}};
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!type.hasStaticShape() || failed(type.getStridesAndOffset(strides, offset)) ||
      ShapedType::isDynamic(offset) || llvm::any_of(strides, ShapedType::isDynamic))
    return access;
  int64_t low = offset, high = offset;
  for (auto [size, stride] : llvm::zip(type.getShape(), strides))
    (stride < 0 ? low : high) += (size - 1) * stride;
  int64_t bytes = elementBytes(type.getElementType());
  access.begin = begin + low * bytes;
  access.end = begin + (high + 1) * bytes;
  return access;
}

} // namespace nnc
