// Emits loads, stores, transpositions and sums of lanes in the form that LLVM compiles best for
// the target.
#include "compiler/kernels/contraction/ContractionVector.h"

#include "compiler/kernels/VectorPieces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace nnc::contraction {

VectorEmitter::VectorEmitter(OpBuilder &builder, Location loc, ConstantPool &constants,
                             const TargetDescription &target, FloatType elementType, int64_t lanes)
    : LoopEmitter(builder, loc, constants), target(target), elementType(elementType), lanes(lanes),
      vectorType(VectorType::get({lanes}, elementType)) {}

Value VectorEmitter::flatten(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  const int64_t elementBytes = elementType.getWidth() / 8;
  if (type.getElementType().isInteger(8)) {
    const int64_t bytes = type.hasStaticShape() ? type.getNumElements() : ShapedType::kDynamic;
    assert(bytes != ShapedType::kDynamic && type.getLayout().isIdentity() &&
           "scratch memory is a static array of bytes");
    auto viewType = MemRefType::get({bytes / elementBytes}, elementType);
    return memref::ViewOp::create(builder, loc, viewType, memref, index(0), ValueRange());
  }
  int64_t offset = 0;
  SmallVector<int64_t> strides;
  if (failed(type.getStridesAndOffset(strides, offset)))
    llvm_unreachable("contraction on a memref without strides");
  int64_t extent = 1;
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), strides))
    if (ShapedType::isDynamic(size) || ShapedType::isDynamic(stride))
      extent = ShapedType::kDynamic;
    else if (extent != ShapedType::kDynamic)
      extent += (size - 1) * stride;
  // The size of the flat memref is never looked at; a dynamic one would need a value.
  if (extent == ShapedType::kDynamic)
    extent = std::numeric_limits<int32_t>::max();
  OpFoldResult start = builder.getIndexAttr(offset);
  if (ShapedType::isDynamic(offset)) {
    auto metadata = memref::ExtractStridedMetadataOp::create(builder, loc, memref);
    start = metadata.getOffset();
  }
  auto layout = StridedLayoutAttr::get(builder.getContext(), offset, {1});
  auto flatType =
      MemRefType::get({extent}, elementType, offset == 0 ? MemRefLayoutAttrInterface() : layout,
                      type.getMemorySpace());
  if (type == flatType)
    return memref;
  return memref::ReinterpretCastOp::create(builder, loc, flatType, memref, start,
                                           ArrayRef<OpFoldResult>{builder.getIndexAttr(extent)},
                                           ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

Value VectorEmitter::zero() { return constants.get(builder.getZeroAttr(vectorType)); }

Value VectorEmitter::mask(int64_t count) {
  SmallVector<bool> bits(lanes, false);
  std::fill_n(bits.begin(), count, true);
  auto type = VectorType::get({lanes}, builder.getI1Type());
  return constants.get(DenseElementsAttr::get(type, ArrayRef<bool>(bits)));
}

Value VectorEmitter::insert(Value scalar, Value vector, int64_t lane) {
  return vector::InsertOp::create(builder, loc, scalar, vector, ArrayRef<int64_t>{lane});
}

Value VectorEmitter::loadScalar(Value memref, Value offset) {
  return memref::LoadOp::create(builder, loc, memref, offset);
}

Value VectorEmitter::load(Value memref, Value offset, int64_t count, int64_t stride) {
  if (stride == 0 && count == lanes)
    return splat(loadScalar(memref, offset), lanes);
  if (stride != 1) {
    Value vector = zero();
    for (int64_t lane = 0; lane < count; ++lane)
      vector = insert(loadScalar(memref, add(offset, lane * stride)), vector, lane);
    return vector;
  }
  if (count == lanes)
    return vector::LoadOp::create(builder, loc, vectorType, memref, offset);
  if (target.hasMaskedLoads)
    return vector::MaskedLoadOp::create(builder, loc, vectorType, memref, offset, mask(count),
                                        zero());
  Value vector = zero();
  forEachPiece(lanes, count, [&](int64_t lane, int64_t width) {
    Value piece = vector::LoadOp::create(builder, loc, VectorType::get({width}, elementType),
                                         memref, add(offset, lane));
    vector = vector::InsertStridedSliceOp::create(builder, loc, piece, vector,
                                                  ArrayRef<int64_t>{lane}, ArrayRef<int64_t>{1});
  });
  return vector;
}

void VectorEmitter::store(Value vector, Value memref, Value offset, int64_t count, int64_t stride) {
  if (stride != 1 && lanes > 1) {
    for (int64_t lane = 0; lane < count; ++lane) {
      Value element = vector::ExtractOp::create(builder, loc, vector, ArrayRef<int64_t>{lane});
      memref::StoreOp::create(builder, loc, element, memref, add(offset, lane * stride));
    }
    return;
  }
  if (count == lanes) {
    vector::StoreOp::create(builder, loc, vector, memref, offset);
    return;
  }
  if (target.hasMaskedStores) {
    vector::MaskedStoreOp::create(builder, loc, memref, offset, mask(count), vector);
    return;
  }
  storePieces(builder, loc, vector, memref, count, [&](int64_t lane) { return add(offset, lane); });
}

Value VectorEmitter::sum(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }

Value VectorEmitter::multiplyAdd(Value a, Value b, Value c) {
  if (target.hasFma)
    return vector::FMAOp::create(builder, loc, a, b, c);
  return arith::AddFOp::create(builder, loc, arith::MulFOp::create(builder, loc, a, b), c);
}

Value VectorEmitter::shuffle(Value a, Value b, ArrayRef<int64_t> lanes) {
  return vector::ShuffleOp::create(builder, loc, a, b, lanes);
}

Value VectorEmitter::fence(Value vector) {
  return LLVM::CallIntrinsicOp::create(builder, loc, vector.getType(),
                                       builder.getStringAttr("llvm.arithmetic.fence"), vector)
      .getResults();
}

/// rows.size() vectors of as many blocks of `block` lanes: block j of result i is block i of row j.
/// Deals the even and the odd blocks of pairs apart, which is one shuffle per vector and level.
SmallVector<Value> VectorEmitter::transposeBlocks(ArrayRef<Value> rows, int64_t block) {
  const int64_t count = rows.size();
  if (count == 1)
    return {rows.front()};
  const int64_t blocks = lanes / block;
  SmallVector<Value> even, odd;
  for (int64_t i = 0; i < count; i += 2)
    for (int64_t parity : {0, 1}) {
      SmallVector<int64_t> pattern;
      for (int64_t source : {0, 1})
        for (int64_t b = parity; b < blocks; b += 2)
          for (int64_t lane = 0; lane < block; ++lane)
            pattern.push_back(source * lanes + b * block + lane);
      (parity ? odd : even).push_back(shuffle(rows[i], rows[i + 1], pattern));
    }
  SmallVector<Value> columns(count);
  SmallVector<Value> evenColumns = transposeBlocks(even, block);
  SmallVector<Value> oddColumns = transposeBlocks(odd, block);
  for (int64_t i = 0; i < count / 2; ++i) {
    columns[2 * i] = evenColumns[i];
    columns[2 * i + 1] = oddColumns[i];
  }
  return columns;
}

SmallVector<Value> VectorEmitter::transpose(ArrayRef<Value> rows) {
  // First within parts of a vector that shuffles do not have to cross (128 bits on x86), by
  // interleaving ever larger groups; then whole parts.
  const int64_t part = std::min<int64_t>(lanes, 128 / elementType.getWidth());
  SmallVector<Value> work(rows);
  for (int64_t group = 1; group < part; group *= 2) {
    SmallVector<Value> next(work.size());
    for (int64_t base = 0; base < lanes; base += 2 * group)
      for (int64_t i = 0; i < group; ++i)
        for (int64_t half : {0, 1}) {
          // Element e of each part comes from groups (half of the part) of rows base+i,
          // base+i+group.
          SmallVector<int64_t> pattern;
          for (int64_t start = 0; start < lanes; start += part)
            for (int64_t e = 0; e < part; ++e) {
              const int64_t source = e / group % 2;
              const int64_t lane = half * (part / 2) + e / (2 * group) * group + e % group;
              pattern.push_back(source * lanes + start + lane);
            }
          next[base + 2 * i + half] = shuffle(work[base + i], work[base + i + group], pattern);
        }
    work = std::move(next);
  }
  // Without fences LLVM tries to merge shuffles over all levels: nothing comes of it, in a third of
  // the time of selecting a kernel's instructions.
  for (Value &vector : work)
    vector = fence(vector);
  // Vector g * part + c now holds, in its part l, column l * part + c of rows g * part ... .
  const int64_t parts = lanes / part;
  SmallVector<Value> columns(lanes);
  for (int64_t c = 0; c < part; ++c) {
    SmallVector<Value> group;
    for (int64_t g = 0; g < parts; ++g)
      group.push_back(work[g * part + c]);
    for (auto [l, column] : llvm::enumerate(transposeBlocks(group, part)))
      columns[l * part + c] = column;
  }
  return columns;
}

Value VectorEmitter::reduceLanes(ArrayRef<Value> vectors, Combine combine) {
  SmallVector<Value> work(vectors);
  work.resize(lanes, zero());
  // Each vector holds `outputs` running results of `segment` lanes each; a level halves the segments
  // and joins two vectors.
  for (int64_t segment = lanes; segment > 1; segment /= 2) {
    const int64_t outputs = lanes / segment, half = segment / 2;
    SmallVector<Value> next;
    for (size_t i = 0; i < work.size(); i += 2) {
      if (work[i] == zero() && work[i + 1] == zero()) {
        next.push_back(zero());
        continue;
      }
      SmallVector<int64_t> low, high;
      for (int64_t source : {0, 1})
        for (int64_t output = 0; output < outputs; ++output)
          for (int64_t lane = 0; lane < half; ++lane) {
            low.push_back(source * lanes + output * segment + lane);
            high.push_back(low.back() + half);
          }
      next.push_back(
          combine(shuffle(work[i], work[i + 1], low), shuffle(work[i], work[i + 1], high)));
    }
    work = std::move(next);
  }
  return work.front();
}

} // namespace nnc::contraction
