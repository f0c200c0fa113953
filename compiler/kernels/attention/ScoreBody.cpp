// Clones the operations of the body that a value needs: on scalars where they are the same for all
// keys, else on vectors.
#include "compiler/kernels/attention/ScoreBody.h"

#include "compiler/analysis/KernelNest.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

#include <cstdlib>

using namespace mlir;

namespace nnc {

Value ScoreBody::get(Value value) {
  Value result = compute(value);
  return isa<VectorType>(result.getType()) ? result : emit.splat(result, emit.lanes);
}

/// Whether the value is a sum of indices of loops, each times a factor.
static bool isLinear(Value value) {
  return value.getDefiningOp<linalg::IndexOp>() || value.getDefiningOp<affine::AffineApplyOp>();
}

Value ScoreBody::lanesOf(Value form, Type type) {
  LinearForm linear;
  SmallVector<Value> indices;
  if (form.getDefiningOp<linalg::IndexOp>()) {
    linear.strides = {1};
    indices = {form};
  } else {
    auto apply = form.getDefiningOp<affine::AffineApplyOp>();
    linear.strides.assign(apply.getNumOperands(), 0);
    LogicalResult isLinear = accumulate(apply.getAffineMap().getResult(0), 1, linear);
    assert(succeeded(isLinear));
    (void)isLinear;
    indices = apply.getOperands();
  }
  Value first = emit.index(linear.offset);
  int64_t step = 0; // from key to key
  for (auto [value, stride] : llvm::zip_equal(indices, linear.strides)) {
    // The index in a dimension of one element is a constant.
    auto index = value.getDefiningOp<linalg::IndexOp>();
    first = emit.add(first, emit.mul(index ? loopIndices[index.getDim()] : value, stride));
    if (index && index.getDim() == parts.keyLoop())
      step += stride;
  }
  if (!type.isIndex())
    first = arith::IndexCastOp::create(emit.builder, emit.loc, type, first);
  if (step == 0)
    return first;
  SmallVector<Attribute> steps;
  for (int64_t lane = 0; lane < emit.lanes; ++lane)
    steps.push_back(IntegerAttr::get(type, lane * step));
  auto vectorType = VectorType::get({emit.lanes}, type);
  Value offsets = emit.constants.get(DenseElementsAttr::get(vectorType, steps));
  return arith::AddIOp::create(emit.builder, emit.loc, emit.splat(first, emit.lanes), offsets);
}

/// Memory as one dimension, from its first element on.
static Value flatten(contraction::VectorEmitter &emit, Value memory) {
  auto type = cast<MemRefType>(memory.getType());
  SmallVector<int64_t> strides;
  int64_t offset, extent = 1;
  (void)type.getStridesAndOffset(strides, offset);
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), strides))
    extent += (size - 1) * stride;
  if (type.getRank() == 1 && strides[0] == 1)
    return memory;
  auto layout = StridedLayoutAttr::get(emit.builder.getContext(), offset, {1});
  return memref::ReinterpretCastOp::create(
      emit.builder, emit.loc, MemRefType::get({extent}, type.getElementType(), layout), memory,
      offset, ArrayRef<int64_t>{extent}, ArrayRef<int64_t>{1});
}

llvm::DenseMap<Value, Value> bodyInvariants(contraction::VectorEmitter &emit,
                                            const AttentionKernelParts &parts,
                                            const AttentionOperands &operands) {
  linalg::GenericOp op = parts.op;
  IRMapping mapping;
  llvm::DenseMap<Value, Value> invariants;
  for (unsigned number = parts.firstExtra(); number < operands.firstOutput; ++number) {
    Value memory = operands.memory(number);
    if (llvm::any_of(operands.strides[number], [](int64_t stride) { return stride != 0; }))
      continue;
    Value scalar = memory;
    if (isa<MemRefType>(memory.getType()))
      scalar = memref::LoadOp::create(emit.builder, emit.loc, flatten(emit, memory),
                                      ValueRange{emit.index(0)});
    mapping.map(op.getBody()->getArgument(number), scalar);
    invariants[op.getBody()->getArgument(number)] = scalar;
  }
  for (Operation &inner : op.getBody()->without_terminator()) {
    auto isInvariant = [&](Value operand) {
      return mapping.contains(operand) || operand.getParentBlock() != op.getBody();
    };
    if (isa<linalg::IndexOp>(inner) || !llvm::all_of(inner.getOperands(), isInvariant))
      continue;
    Operation *copy = emit.builder.clone(inner, mapping);
    invariants[inner.getResult(0)] = copy->getResult(0);
  }
  return invariants;
}

Value ScoreBody::loadExtra(BlockArgument argument) {
  const unsigned number = argument.getArgNumber();
  Value memory = operands.memory(number);
  Type element = argument.getType();
  if (!isa<MemRefType>(memory.getType()))
    return memory;
  Value place = emit.index(0);
  for (auto [loop, index] : llvm::enumerate(loopIndices))
    if (int64_t stride = operands.stride(number, loop))
      place = emit.add(place, emit.mul(index, stride));
  Value flat = flatten(emit, memory);
  const int64_t stride = operands.stride(number, parts.keyLoop());
  auto scalar = [&](int64_t lane) -> Value {
    return memref::LoadOp::create(emit.builder, emit.loc, flat, emit.add(place, lane * stride));
  };
  if (stride == 0)
    return scalar(0);
  auto vectorType = VectorType::get({emit.lanes}, element);
  if (stride == 1 && count == emit.lanes)
    return vector::LoadOp::create(emit.builder, emit.loc, vectorType, flat, place);
  Value vector = emit.constants.get(emit.builder.getZeroAttr(vectorType));
  for (int64_t lane = 0; lane < count; ++lane)
    vector = emit.insert(scalar(lane), vector, lane);
  return vector;
}

namespace {

/// times * (key index - row index) + constant.
struct Difference {
  int64_t ofKey = 0, ofRow = 0, constant = 0;
};

} // namespace

/// The sum of indices that an integer of the body is; nothing if it is something else.
static std::optional<Difference> readDifference(const AttentionKernelParts &parts, Value value) {
  if (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    return readDifference(parts, cast.getIn());
  if (auto index = value.getDefiningOp<linalg::IndexOp>()) {
    if (index.getDim() == parts.keyLoop())
      return Difference{1, 0, 0};
    if (index.getDim() == parts.rowLoop())
      return Difference{0, 1, 0};
    return std::nullopt;
  }
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return Difference{0, 0, number.getSExtValue()};
  Operation *op = value.getDefiningOp();
  if (!isa_and_present<arith::AddIOp, arith::SubIOp>(op))
    return std::nullopt;
  std::optional<Difference> lhs = readDifference(parts, op->getOperand(0)),
                            rhs = readDifference(parts, op->getOperand(1));
  if (!lhs || !rhs)
    return std::nullopt;
  const int64_t sign = isa<arith::AddIOp>(op) ? 1 : -1;
  return Difference{lhs->ofKey + sign * rhs->ofKey, lhs->ofRow + sign * rhs->ofRow,
                    lhs->constant + sign * rhs->constant};
}

/// Whether the bounds of the keys imply a condition.
bool ScoreBody::holdsInside(Value condition) {
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (auto both = condition.getDefiningOp<arith::AndIOp>())
    return holdsInside(both.getLhs()) && holdsInside(both.getRhs());
  if (!compare)
    return false;
  std::optional<Difference> lhs = readDifference(parts, compare.getLhs()),
                            rhs = readDifference(parts, compare.getRhs());
  if (!lhs || !rhs)
    return false;
  const int64_t ofKey = lhs->ofKey - rhs->ofKey, constant = lhs->constant - rhs->constant;
  if (std::abs(ofKey) != 1 || lhs->ofRow - rhs->ofRow != -ofKey)
    return false;
  // The largest and the smallest difference, where there is one.
  std::optional<int64_t> largest = ofKey > 0 ? parts.last : parts.first,
                         smallest = ofKey > 0 ? parts.first : parts.last;
  using enum arith::CmpIPredicate;
  switch (compare.getPredicate()) {
  case sle:
    return largest && *largest * ofKey + constant <= 0;
  case slt:
    return largest && *largest * ofKey + constant < 0;
  case sge:
    return smallest && *smallest * ofKey + constant >= 0;
  case sgt:
    return smallest && *smallest * ofKey + constant > 0;
  default:
    return false;
  }
}

Value ScoreBody::compute(Value value) {
  if (Value found = known.lookup(value))
    return found;
  if (value.getParentBlock() != linalg::GenericOp(parts.op).getBody())
    return value;
  Value result;
  Operation *op = value.getDefiningOp();
  if (!op) {
    result = loadExtra(cast<BlockArgument>(value));
  } else if (isLinear(value)) {
    result = lanesOf(value, value.getType());
  } else if (auto cast = dyn_cast<arith::IndexCastOp>(op); cast && isLinear(cast.getIn())) {
    result = lanesOf(cast.getIn(), cast.getType());
  } else if (auto select = dyn_cast<arith::SelectOp>(op);
             select && isInside && holdsInside(select.getCondition())) {
    result = compute(select.getTrueValue());
  } else {
    SmallVector<Value> operands;
    bool isVector = false;
    for (Value operand : op->getOperands()) {
      operands.push_back(compute(operand));
      isVector |= isa<VectorType>(operands.back().getType());
    }
    Type type = value.getType();
    if (isVector) {
      type = VectorType::get({emit.lanes}, type);
      for (Value &operand : operands)
        if (!isa<VectorType>(operand.getType()))
          operand = emit.splat(operand, emit.lanes);
    }
    OperationState state(emit.loc, op->getName(), operands, type, op->getAttrs());
    result = emit.builder.create(state)->getResult(0);
  }
  known[value] = result;
  return result;
}

} // namespace nnc
