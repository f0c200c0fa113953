// The part of KernelEmission that emits the body of a nest: addresses, loads, stores and
// operations, at the outermost loop that they depend on.
#include "compiler/kernels/nest/KernelEmission.h"
#include "compiler/kernels/VectorPieces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nnc {

//===-- Values --------------------------------------------------------------------------------===//

Value KernelEmission::uniformValue(Value value) {
  if (Value found = uniforms.lookup(value))
    return found;
  for (auto [i, index] : llvm::enumerate(nest.indices))
    if (index.operation == value.getDefiningOp())
      return address(indexFormId(i), index.form, 0);
  return value; // defined outside of the op
}

Value KernelEmission::vectorValue(Value value, unsigned copy) {
  if (!dependence(value).varying) {
    if (Value found = splats.lookup(value))
      return found;
    return splat(uniformValue(value));
  }
  for (auto [i, index] : llvm::enumerate(nest.indices))
    if (index.operation == value.getDefiningOp())
      return indexVector(index.form, indexFormId(i), copy, builder.getIndexType());
  return vectors[value][copy];
}

Value KernelEmission::laneValue(Value value, unsigned copy) {
  return vectorized() ? vectorValue(value, copy) : uniformValue(value);
}

Value KernelEmission::steps(int64_t stride, Type elementType) {
  SmallVector<Attribute> elements;
  for (int64_t lane = 0; lane < plan.lanes; ++lane)
    elements.push_back(IntegerAttr::get(elementType, lane * stride));
  return constants.get(DenseElementsAttr::get(vectorType(elementType), elements));
}

/// Position of a form in the current iteration; `copy` vectors further along the lanes.
Value KernelEmission::address(unsigned form, const LinearForm &linear, unsigned copy) {
  int64_t stride = vectorized() ? linear.strides[plan.order[*plan.vectorLoop]] : 0;
  return add(addresses[form], copy * plan.lanes * stride);
}

Value KernelEmission::indexVector(const LinearForm &form, unsigned formId, unsigned copy,
                                  Type elementType) {
  Value base = address(formId, form, copy);
  if (!elementType.isIndex())
    base = arith::IndexCastOp::create(builder, loc, elementType, base);
  Value lanes = steps(form.strides[plan.order[*plan.vectorLoop]], elementType);
  return arith::AddIOp::create(builder, loc, splat(base), lanes);
}

TypedAttr KernelEmission::neutral(unsigned reduction, Type type) {
  TypedAttr scalar = *arith::getNeutralElement(nest.reductions[reduction].combiner);
  if (auto vector = dyn_cast<VectorType>(type))
    return DenseElementsAttr::get(vector, Attribute(scalar));
  return scalar;
}

Value KernelEmission::combine(Operation *combiner, Value lhs, Value rhs) {
  OperationState state(loc, combiner->getName(), {lhs, rhs}, {lhs.getType()});
  state.addAttributes(combiner->getAttrs());
  return builder.create(state)->getResult(0);
}

/// Combines the lanes pairwise, in an order that depends on their number alone.
Value KernelEmission::horizontal(Operation *combiner, Value vector) {
  for (int64_t width = plan.lanes / 2; width >= 1; width /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < width; ++lane) {
      low.push_back(lane);
      high.push_back(lane + width);
    }
    Value left = vector::ShuffleOp::create(builder, loc, vector, vector, low);
    Value right = vector::ShuffleOp::create(builder, loc, vector, vector, high);
    vector = combine(combiner, left, right);
  }
  return vector::ExtractOp::create(builder, loc, vector, int64_t(0));
}

//===-- Memory --------------------------------------------------------------------------------===//

Value KernelEmission::loadVector(Value memory, Value position, int64_t stride, Type elementType) {
  VectorType type = vectorType(elementType);
  if (stride == -1 && !mask) {
    Value first = add(position, 1 - plan.lanes);
    Value forward = vector::LoadOp::create(builder, loc, type, memory, first);
    SmallVector<int64_t> reverse;
    for (int64_t lane = plan.lanes; lane-- > 0;)
      reverse.push_back(lane);
    return vector::ShuffleOp::create(builder, loc, forward, forward, reverse);
  }
  if (stride == 1 && !mask)
    return vector::LoadOp::create(builder, loc, type, memory, position);
  Value zero = constants.get(cast<TypedAttr>(builder.getZeroAttr(type)));
  if (stride == 1)
    return vector::MaskedLoadOp::create(builder, loc, type, memory, position, mask, zero);
  return vector::GatherOp::create(builder, loc, type, memory, position,
                                  steps(stride, builder.getI32Type()), activeMask(), zero);
}

void KernelEmission::storeVector(Value value, const NestOperand &output, Value position) {
  int64_t stride = output.form.strides[plan.order[*plan.vectorLoop]];
  // The mask of a tail is known: its first lanes.
  if (DenseElementsAttr known;
      stride == 1 && mask && !plan.masksStores && matchPattern(mask, m_Constant(&known)))
    storePieces(builder, loc, value, output.memory, llvm::count(known.getValues<bool>(), true),
                [&](int64_t lane) { return add(position, lane); });
  else if (stride == 1 && mask)
    vector::MaskedStoreOp::create(builder, loc, output.memory, position, mask, value);
  else if (stride == 1)
    vector::StoreOp::create(builder, loc, value, output.memory, position);
  else
    vector::ScatterOp::create(builder, loc, /*resultType=*/Type(), output.memory, position,
                              steps(stride, builder.getI32Type()), activeMask(), value);
}

void KernelEmission::emitLoad(const NestOperand &operand, unsigned form) {
  Value argument = operand.argument;
  if (!operand.memory) {
    uniforms[argument] = operand.memref;
    return;
  }
  if (!dependence(argument).varying) {
    Value loaded = memref::LoadOp::create(builder, loc, operand.memory, addresses[form]);
    uniforms[argument] = loaded;
    return;
  }
  SmallVector<Value, 4> &loaded = vectors[argument];
  loaded.clear();
  int64_t stride = operand.form.strides[plan.order[*plan.vectorLoop]];
  for (int64_t copy = 0; copy < copies; ++copy)
    loaded.push_back(
        loadVector(operand.memory, address(form, operand.form, copy), stride, operand.elementType));
}

/// A load at a computed position (gather): contiguous where only a loop index with stride one
/// differs from lane to lane, else one element per lane.
void KernelEmission::emitBodyLoad(memref::LoadOp load) {
  SmallVector<int64_t> strides;
  int64_t offset;
  auto type = load.getMemRefType();
  (void)type.getStridesAndOffset(strides, offset);
  Value result = load.getResult();
  bool varying = dependence(result).varying;
  if (!varying) {
    SmallVector<Value> indices;
    for (Value index : load.getIndices())
      indices.push_back(uniformValue(index));
    uniforms[result] = memref::LoadOp::create(builder, load.getLoc(), load.getMemRef(), indices);
    return;
  }
  SmallVector<Value, 4> &loaded = vectors[result];
  loaded.clear();
  // Vectors of elements at computed places are loaded from memory whose last dimension is
  // contiguous: any other view is read through one dimension of all elements.
  Value memory = load.getMemRef();
  bool flat = strides.back() != 1;
  if (flat) {
    int64_t extent = 1;
    for (auto [size, stride] : llvm::zip(type.getShape(), strides))
      extent += (size - 1) * stride;
    auto layout = StridedLayoutAttr::get(builder.getContext(), offset, {1});
    memory = memref::ReinterpretCastOp::create(
        builder, loc, MemRefType::get({extent}, type.getElementType(), layout), memory, offset,
        ArrayRef<int64_t>{extent}, ArrayRef<int64_t>{1});
  }
  for (int64_t copy = 0; copy < copies; ++copy) {
    // The position of lane 0 goes into scalar indices, the lanes' offsets from it into
    // `laneOffsets`.
    SmallVector<Value> indices;
    Value laneOffsets;
    int64_t laneStride = 0;
    auto addOffsets = [&](Value more) {
      laneOffsets = laneOffsets ? arith::AddIOp::create(builder, loc, laneOffsets, more) : more;
    };
    for (auto [index, stride] : llvm::zip(load.getIndices(), strides)) {
      if (!dependence(index).varying) {
        indices.push_back(uniformValue(index));
        continue;
      }
      if (const LinearForm *form = nest.indexForm(index)) {
        unsigned id = form - &nest.indices.front().form;
        for (auto [i, candidate] : llvm::enumerate(nest.indices))
          if (&candidate.form == form)
            id = indexFormId(i);
        indices.push_back(address(id, *form, copy));
        laneStride += stride * form->strides[plan.order[*plan.vectorLoop]];
        continue;
      }
      indices.push_back(constants.index(0));
      Value scale = constants.get(
          DenseElementsAttr::get(vectorType(builder.getIndexType()), builder.getIndexAttr(stride)));
      addOffsets(arith::MulIOp::create(builder, loc, vectorValue(index, copy), scale));
    }
    if (flat) {
      Value position = constants.index(0);
      for (auto [index, stride] : llvm::zip(indices, strides))
        position = arith::AddIOp::create(
            builder, loc, position,
            arith::MulIOp::create(builder, loc, index, constants.index(stride)));
      indices.assign(1, position);
    }
    VectorType resultType = vectorType(type.getElementType());
    Value zero = constants.get(cast<TypedAttr>(builder.getZeroAttr(resultType)));
    if (!laneOffsets && laneStride == 1 && strides.back() == 1) {
      loaded.push_back(mask ? Value(vector::MaskedLoadOp::create(
                                  builder, loc, resultType, load.getMemRef(), indices, mask, zero))
                            : Value(vector::LoadOp::create(builder, loc, resultType,
                                                           load.getMemRef(), indices)));
      continue;
    }
    if (laneStride)
      addOffsets(steps(laneStride, builder.getIndexType()));
    loaded.push_back(vector::GatherOp::create(builder, loc, resultType, memory, indices,
                                              laneOffsets, activeMask(), zero));
  }
}

//===-- Body ----------------------------------------------------------------------------------===//

void KernelEmission::emitOperation(Operation *operation) {
  if (auto load = dyn_cast<memref::LoadOp>(operation))
    return emitBodyLoad(load);
  if (auto constant = dyn_cast<arith::ConstantOp>(operation)) {
    uniforms[constant] = constants.get(constant.getValue());
    return;
  }
  if (!operation->getNumResults() || !dependence(operation->getResult(0)).varying) {
    IRMapping mapping;
    for (Value operand : operation->getOperands())
      mapping.map(operand, uniformValue(operand));
    // Regions of the operation (scalar nests only) may use any value of the body.
    operation->walk([&](Operation *inner) {
      if (inner != operation)
        for (Value operand : inner->getOperands())
          if (operand.getParentBlock() == op.getBlock() && !mapping.contains(operand))
            mapping.map(operand, uniformValue(operand));
    });
    Operation *clone = builder.clone(*operation, mapping);
    for (auto [old, value] : llvm::zip(operation->getResults(), clone->getResults()))
      uniforms[old] = value;
    return;
  }

  for (Value result : operation->getResults())
    vectors[result].clear();
  for (int64_t copy = 0; copy < copies; ++copy) {
    // Casting an index to the integers that a body computes with is cheaper before the lanes split
    // up.
    if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(operation)) {
      bool handled = false;
      for (auto [i, index] : llvm::enumerate(nest.indices))
        if (index.operation == operation->getOperand(0).getDefiningOp()) {
          vectors[operation->getResult(0)].push_back(
              indexVector(index.form, indexFormId(i), copy, operation->getResult(0).getType()));
          handled = true;
        }
      if (handled)
        continue;
    }
    SmallVector<Value> operands;
    SmallVector<Type> types;
    for (Value operand : operation->getOperands())
      operands.push_back(vectorValue(operand, copy));
    for (Type type : operation->getResultTypes())
      types.push_back(vectorType(type));
    OperationState state(operation->getLoc(), operation->getName(), operands, types,
                         operation->getAttrs());
    Operation *clone = builder.create(state);
    for (auto [old, value] : llvm::zip(operation->getResults(), clone->getResults()))
      vectors[old].push_back(value);
  }
}

/// Emits the loads and operations that need exactly the `level` loops entered so far.
void KernelEmission::emitBodyAt(unsigned level) {
  auto here = [&](Value value) { return dependence(value).depth == level; };
  auto broadcastForLanes = [&](Value value) {
    // Once, here, rather than at each use in an inner loop.
    if (!vectorized() || dependence(value).varying || level > *plan.vectorLoop)
      return;
    splats.erase(value);
    bool used = llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (user->hasTrait<OpTrait::IsTerminator>() ||
          llvm::any_of(nest.reductions, [&](const NestReduction &reduction) {
            return reduction.combiner == user || reduction.product == user;
          }))
        return true;
      return user->getNumResults() == 1 && dependence(user->getResult(0)).varying;
    });
    if (used)
      splats[value] = splat(uniformValue(value));
  };
  for (auto [i, input] : llvm::enumerate(nest.inputs))
    if (here(input.argument) && !input.argument.use_empty()) {
      emitLoad(input, inputForm(i));
      broadcastForLanes(input.argument);
    }
  if (nest.reductions.empty())
    for (auto [i, output] : llvm::enumerate(nest.outputs))
      if (here(output.argument) && !output.argument.use_empty())
        emitLoad(output, outputForm(i));
  for (Operation *operation : nest.body)
    if (operation->getNumResults() ? here(operation->getResult(0)) : level == plan.order.size()) {
      emitOperation(operation);
      for (Value result : operation->getResults())
        if (!isa<arith::ConstantOp>(operation))
          broadcastForLanes(result);
    }
}

void KernelEmission::emitLeaf() {
  Operation *terminator = op.getBlock()->getTerminator();
  for (int64_t copy = 0; copy < copies; ++copy) {
    for (auto [i, output] : llvm::enumerate(nest.outputs)) {
      if (nest.reductions.empty()) {
        Value yielded = terminator->getOperand(i);
        Value position = address(outputForm(i), output.form, copy);
        if (vectorized())
          storeVector(vectorValue(yielded, copy), output, position);
        else
          memref::StoreOp::create(builder, loc, uniformValue(yielded), output.memory, position);
        continue;
      }
      const NestReduction &reduction = nest.reductions[i];
      Value &accumulator = accumulators[i * plan.copies + firstAccumulator + copy];
      bool maskLanes = mask && lanesReduce();
      if (reduction.product && !maskLanes) {
        accumulator = math::FmaOp::create(
            builder, reduction.product->getLoc(), laneValue(reduction.product->getOperand(0), copy),
            laneValue(reduction.product->getOperand(1), copy), accumulator);
        continue;
      }
      Value value;
      if (reduction.product)
        value = combine(reduction.product, laneValue(reduction.product->getOperand(0), copy),
                        laneValue(reduction.product->getOperand(1), copy));
      else
        value = laneValue(reduction.value, copy);
      if (maskLanes)
        value = arith::SelectOp::create(builder, loc, mask, value,
                                        constants.get(neutral(i, value.getType())));
      accumulator = combine(reduction.combiner, accumulator, value);
    }
  }
}

} // namespace nnc
