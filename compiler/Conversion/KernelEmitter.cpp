#include "compiler/Conversion/KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nnc {

ConstantPool::ConstantPool(func::FuncOp function) : entry(&function.getBody().front()) {}

Value ConstantPool::get(TypedAttr value) {
  Value &constant = values[value];
  if (!constant) {
    OpBuilder builder = OpBuilder::atBlockBegin(entry);
    constant = arith::ConstantOp::create(builder, entry->getParentOp()->getLoc(), value);
  }
  return constant;
}

Value ConstantPool::index(int64_t value) {
  return get(IntegerAttr::get(IndexType::get(entry->getParentOp()->getContext()), value));
}

Value ConstantPool::add(OpBuilder &builder, Location loc, Value lhs, int64_t constant) {
  if (constant == 0)
    return lhs;
  if (std::optional<int64_t> known = getConstantIntValue(lhs))
    return index(*known + constant);
  return arith::AddIOp::create(builder, loc, lhs, index(constant));
}

Value ConstantPool::multiply(OpBuilder &builder, Location loc, Value lhs, int64_t constant) {
  if (constant == 1)
    return lhs;
  if (std::optional<int64_t> known = getConstantIntValue(lhs))
    return index(*known * constant);
  return arith::MulIOp::create(builder, loc, lhs, index(constant));
}

namespace {

class Emitter {
public:
  Emitter(OpBuilder &builder, const KernelNest &nest, const KernelPlan &plan,
          ConstantPool &constants, const UnitRange *range, ArrayRef<TypedAttr> initial)
      : builder(builder), nest(nest), plan(plan), constants(constants), range(range),
        initial(initial), op(nest.op), loc(op.getLoc()), copies(1) {}

  void emit();

private:
  // What a value of the body depends on.
  struct Dependence {
    unsigned depth = 0; // number of enclosing loops it needs
    bool varying = false; // differs from lane to lane
  };

  void analyze();
  Dependence dependence(const LinearForm &form) const;
  Dependence dependence(Value value) const;

  void emitLevel(unsigned level);
  void emitLoop(unsigned level);
  void emitVectorLoop(unsigned level);
  void emitReductionVectorLoop(unsigned level);
  void emitBodyAt(unsigned level);
  void emitLeaf();
  void beginReductions();
  void finishReductions();
  void forLoop(Value begin, Value end, int64_t step, bool carry, function_ref<void(Value)> body);
  void enter(unsigned level, Value induction, int64_t vectorCount, Value laneMask,
             function_ref<void()> body);

  void emitLoad(const NestOperand &operand, unsigned form);
  void emitOperation(Operation *operation);
  void emitBodyLoad(memref::LoadOp load);
  Value loadVector(Value memory, Value address, int64_t stride, Type elementType);
  void storeVector(Value value, const NestOperand &output, Value address);
  Value address(unsigned form, const LinearForm &linear, unsigned copy);

  Value uniformValue(Value value);
  Value vectorValue(Value value, unsigned copy);
  /// The value for this copy, as a vector if the kernel's results are vectors.
  Value laneValue(Value value, unsigned copy);
  Value indexVector(const LinearForm &form, unsigned formId, unsigned copy, Type elementType);
  Value splat(Value scalar);
  Value fullMask() { return constants.get(DenseElementsAttr::get(maskType(), true)); }
  Value activeMask() { return mask ? mask : fullMask(); }
  Value steps(int64_t stride, Type elementType);
  Value horizontal(Operation *combiner, Value vector);
  Value combine(Operation *combiner, Value lhs, Value rhs);
  TypedAttr neutral(unsigned reduction, Type type);

  VectorType vectorType(Type element) const { return VectorType::get({plan.lanes}, element); }
  VectorType maskType() const { return vectorType(builder.getI1Type()); }
  bool vectorized() const { return plan.vectorLoop.has_value(); }
  const NestDimension &loop(unsigned level) const { return nest.dimensions[plan.order[level]]; }
  bool lanesReduce() const { return vectorized() && loop(*plan.vectorLoop).reduction; }
  unsigned inputForm(unsigned i) const { return i; }
  unsigned outputForm(unsigned i) const { return nest.inputs.size() + i; }
  unsigned indexFormId(unsigned i) const { return nest.inputs.size() + nest.outputs.size() + i; }

  OpBuilder &builder;
  const KernelNest &nest;
  const KernelPlan &plan;
  ConstantPool &constants;
  const UnitRange *range;
  ArrayRef<TypedAttr> initial;
  linalg::LinalgOp op;
  Location loc;

  DenseMap<Value, Dependence> dependences;
  DenseMap<Value, Value> uniforms;
  DenseMap<Value, SmallVector<Value, 4>> vectors;
  DenseMap<Value, Value> splats;
  SmallVector<Value> addresses; // of each form, for the loops entered so far
  SmallVector<Value> accumulators; // outputs x plan.copies
  int64_t copies;                  // vectors handled by the current iteration
  int64_t firstAccumulator = 0;
  Value mask; // lanes that exist; null: all
};

} // namespace

//===-- Analysis ----------------------------------------------------------------------------------===//

Emitter::Dependence Emitter::dependence(const LinearForm &form) const {
  Dependence result;
  for (auto [level, dimension] : llvm::enumerate(plan.order))
    if (form.strides[dimension] != 0) {
      result.depth = level + 1;
      result.varying |= plan.vectorLoop == level;
    }
  return result;
}

Emitter::Dependence Emitter::dependence(Value value) const {
  auto found = dependences.find(value);
  return found == dependences.end() ? Dependence() : found->second;
}

void Emitter::analyze() {
  for (const NestOperand &input : nest.inputs)
    dependences[input.argument] = dependence(input.form);
  for (const NestOperand &output : nest.outputs) {
    dependences[output.argument] = dependence(output.form);
    // Read again at every step of a loop that updates it in memory.
    if (nest.hasReductionLoops())
      dependences[output.argument].depth = plan.order.size();
  }
  for (const NestIndex &index : nest.indices)
    dependences[index.operation->getResult(0)] = dependence(index.form);
  for (Operation *operation : nest.body) {
    Dependence result;
    for (Value operand : operation->getOperands()) {
      Dependence other = dependence(operand);
      result.depth = std::max(result.depth, other.depth);
      result.varying |= other.varying;
    }
    for (Value value : operation->getResults())
      dependences[value] = result;
  }
}

//===-- Values ------------------------------------------------------------------------------------===//

Value Emitter::splat(Value scalar) {
  TypedAttr constant;
  auto type = vectorType(scalar.getType());
  if (matchPattern(scalar, m_Constant(&constant)))
    return constants.get(DenseElementsAttr::get(type, Attribute(constant)));
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

Value Emitter::uniformValue(Value value) {
  if (Value found = uniforms.lookup(value))
    return found;
  for (auto [i, index] : llvm::enumerate(nest.indices))
    if (index.operation == value.getDefiningOp())
      return address(indexFormId(i), index.form, 0);
  return value; // defined outside of the op
}

Value Emitter::vectorValue(Value value, unsigned copy) {
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

Value Emitter::laneValue(Value value, unsigned copy) {
  return vectorized() ? vectorValue(value, copy) : uniformValue(value);
}

Value Emitter::steps(int64_t stride, Type elementType) {
  SmallVector<Attribute> elements;
  for (int64_t lane = 0; lane < plan.lanes; ++lane)
    elements.push_back(IntegerAttr::get(elementType, lane * stride));
  return constants.get(DenseElementsAttr::get(vectorType(elementType), elements));
}

/// Position of a form in the current iteration; `copy` vectors further along the lanes.
Value Emitter::address(unsigned form, const LinearForm &linear, unsigned copy) {
  int64_t stride = vectorized() ? linear.strides[plan.order[*plan.vectorLoop]] : 0;
  return constants.add(builder, loc, addresses[form], copy * plan.lanes * stride);
}

Value Emitter::indexVector(const LinearForm &form, unsigned formId, unsigned copy,
                           Type elementType) {
  Value base = address(formId, form, copy);
  if (!elementType.isIndex())
    base = arith::IndexCastOp::create(builder, loc, elementType, base);
  Value lanes = steps(form.strides[plan.order[*plan.vectorLoop]], elementType);
  return arith::AddIOp::create(builder, loc, splat(base), lanes);
}

TypedAttr Emitter::neutral(unsigned reduction, Type type) {
  TypedAttr scalar = *arith::getNeutralElement(nest.reductions[reduction].combiner);
  if (auto vector = dyn_cast<VectorType>(type))
    return DenseElementsAttr::get(vector, Attribute(scalar));
  return scalar;
}

Value Emitter::combine(Operation *combiner, Value lhs, Value rhs) {
  OperationState state(loc, combiner->getName(), {lhs, rhs}, {lhs.getType()});
  state.addAttributes(combiner->getAttrs());
  return builder.create(state)->getResult(0);
}

/// Combines the lanes pairwise, in an order that depends on their number alone.
Value Emitter::horizontal(Operation *combiner, Value vector) {
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

//===-- Memory ------------------------------------------------------------------------------------===//

Value Emitter::loadVector(Value memory, Value position, int64_t stride, Type elementType) {
  VectorType type = vectorType(elementType);
  if (stride == -1 && !mask) {
    Value first = constants.add(builder, loc, position, 1 - plan.lanes);
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

void Emitter::storeVector(Value value, const NestOperand &output, Value position) {
  int64_t stride = output.form.strides[plan.order[*plan.vectorLoop]];
  if (stride == 1 && mask)
    vector::MaskedStoreOp::create(builder, loc, output.memory, position, mask, value);
  else if (stride == 1)
    vector::StoreOp::create(builder, loc, value, output.memory, position);
  else
    vector::ScatterOp::create(builder, loc, /*resultType=*/Type(), output.memory, position,
                              steps(stride, builder.getI32Type()), activeMask(), value);
}

void Emitter::emitLoad(const NestOperand &operand, unsigned form) {
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
    loaded.push_back(loadVector(operand.memory, address(form, operand.form, copy), stride,
                                operand.elementType));
}

/// A load at a computed position (gather): contiguous where only a loop index with stride one differs from
/// lane to lane, else one element per lane.
void Emitter::emitBodyLoad(memref::LoadOp load) {
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
  for (int64_t copy = 0; copy < copies; ++copy) {
    // The position of lane 0 goes into scalar indices, what the lanes add to it into `laneOffsets`.
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
    VectorType resultType = vectorType(type.getElementType());
    Value zero = constants.get(cast<TypedAttr>(builder.getZeroAttr(resultType)));
    if (!laneOffsets && laneStride == 1 && strides.back() == 1) {
      loaded.push_back(
          mask ? Value(vector::MaskedLoadOp::create(builder, loc, resultType, load.getMemRef(),
                                                    indices, mask, zero))
               : Value(vector::LoadOp::create(builder, loc, resultType, load.getMemRef(), indices)));
      continue;
    }
    if (laneStride)
      addOffsets(steps(laneStride, builder.getIndexType()));
    loaded.push_back(vector::GatherOp::create(builder, loc, resultType, load.getMemRef(), indices,
                                              laneOffsets, activeMask(), zero));
  }
}

//===-- Body --------------------------------------------------------------------------------------===//

void Emitter::emitOperation(Operation *operation) {
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
    // Casting an index to the integers that a body computes with is cheaper before the lanes split up.
    if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(operation)) {
      bool handled = false;
      for (auto [i, index] : llvm::enumerate(nest.indices))
        if (index.operation == operation->getOperand(0).getDefiningOp()) {
          vectors[operation->getResult(0)].push_back(indexVector(
              index.form, indexFormId(i), copy, operation->getResult(0).getType()));
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
void Emitter::emitBodyAt(unsigned level) {
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

void Emitter::emitLeaf() {
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
        accumulator = math::FmaOp::create(builder, reduction.product->getLoc(),
                                          laneValue(reduction.product->getOperand(0), copy),
                                          laneValue(reduction.product->getOperand(1), copy),
                                          accumulator);
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

//===-- Reductions --------------------------------------------------------------------------------===//

void Emitter::beginReductions() {
  accumulators.assign(nest.outputs.size() * plan.copies, Value());
  for (auto [i, output] : llvm::enumerate(nest.outputs)) {
    Type type = vectorized() ? Type(vectorType(output.elementType)) : output.elementType;
    for (int64_t copy = 0; copy < plan.copies; ++copy) {
      Value &accumulator = accumulators[i * plan.copies + copy];
      if (lanesReduce() || copy >= copies)
        accumulator = constants.get(neutral(i, type));
      else if (initial[i])
        accumulator = constants.get(
            vectorized() ? DenseElementsAttr::get(cast<VectorType>(type), Attribute(initial[i]))
                         : initial[i]);
      else if (vectorized())
        accumulator = loadVector(output.memory, address(outputForm(i), output.form, copy),
                                 output.form.strides[plan.order[*plan.vectorLoop]],
                                 output.elementType);
      else
        accumulator =
            memref::LoadOp::create(builder, loc, output.memory, addresses[outputForm(i)]);
    }
  }
}

void Emitter::finishReductions() {
  for (auto [i, output] : llvm::enumerate(nest.outputs)) {
    Operation *combiner = nest.reductions[i].combiner;
    auto parts = MutableArrayRef(accumulators).slice(i * plan.copies, plan.copies);
    if (vectorized() && !lanesReduce()) {
      for (int64_t copy = 0; copy < copies; ++copy)
        storeVector(parts[copy], output, address(outputForm(i), output.form, copy));
      continue;
    }
    Value position = addresses[outputForm(i)];
    Value result = parts[0];
    if (vectorized()) {
      for (int64_t count = plan.copies; count > 1; count = (count + 1) / 2)
        for (int64_t copy = 0; copy < count / 2; ++copy)
          parts[copy] = combine(combiner, parts[copy], parts[copy + (count + 1) / 2]);
      result = horizontal(combiner, parts[0]);
      if (!initial[i])
        result = combine(combiner, memref::LoadOp::create(builder, loc, output.memory, position),
                         result);
      else if (initial[i] != neutral(i, output.elementType))
        result = combine(combiner, constants.get(initial[i]), result);
    }
    memref::StoreOp::create(builder, loc, result, output.memory, position);
  }
}

//===-- Loops -------------------------------------------------------------------------------------===//

void Emitter::forLoop(Value begin, Value end, int64_t step, bool carry,
                      function_ref<void(Value)> body) {
  std::optional<int64_t> first = getConstantIntValue(begin), last = getConstantIntValue(end);
  if (first && last && *first >= *last)
    return;
  if (first && last && *last - *first <= step)
    return body(begin);
  SmallVector<Value> inits;
  if (carry)
    inits = accumulators;
  auto loop = scf::ForOp::create(builder, loc, begin, end, constants.index(step), inits);
  OpBuilder::InsertionGuard guard(builder);
  if (!carry) {
    builder.setInsertionPoint(loop.getBody()->getTerminator());
    return body(loop.getInductionVar());
  }
  builder.setInsertionPointToStart(loop.getBody());
  accumulators.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  body(loop.getInductionVar());
  scf::YieldOp::create(builder, loc, accumulators);
  accumulators.assign(loop.getResults().begin(), loop.getResults().end());
}

/// One iteration of the loop at `level`: `vectorCount` vectors from `induction` on.
void Emitter::enter(unsigned level, Value induction, int64_t vectorCount, Value laneMask,
                    function_ref<void()> body) {
  SmallVector<Value> outer = addresses;
  int64_t outerCopies = copies;
  Value outerMask = mask;
  copies = vectorCount;
  mask = laneMask;
  unsigned dimension = plan.order[level];
  // Operands of one layout share their address.
  DenseMap<std::pair<Value, int64_t>, Value> shared;
  auto advance = [&](unsigned form, const LinearForm &linear) {
    int64_t stride = linear.strides[dimension];
    if (stride == 0)
      return;
    Value &position = shared[{addresses[form], stride}];
    if (!position) {
      Value scaled = constants.multiply(builder, loc, induction, stride);
      std::optional<int64_t> known = getConstantIntValue(addresses[form]);
      std::optional<int64_t> step = getConstantIntValue(scaled);
      position = known  ? constants.add(builder, loc, scaled, *known)
                 : step ? constants.add(builder, loc, addresses[form], *step)
                        : arith::AddIOp::create(builder, loc, addresses[form], scaled);
    }
    addresses[form] = position;
  };
  for (auto [i, input] : llvm::enumerate(nest.inputs))
    advance(inputForm(i), input.form);
  for (auto [i, output] : llvm::enumerate(nest.outputs))
    advance(outputForm(i), output.form);
  for (auto [i, index] : llvm::enumerate(nest.indices))
    advance(indexFormId(i), index.form);
  body();
  addresses = std::move(outer);
  copies = outerCopies;
  mask = outerMask;
}

void Emitter::emitLevel(unsigned level) {
  emitBodyAt(level);
  unsigned firstReduction = plan.order.size();
  for (unsigned i = plan.order.size(); i-- > 0 && loop(i).reduction;)
    firstReduction = i;
  bool begins = level == firstReduction && !nest.reductions.empty();
  if (begins)
    beginReductions();
  if (level == plan.order.size())
    emitLeaf();
  else
    emitLoop(level);
  if (begins)
    finishReductions();
}

void Emitter::emitLoop(unsigned level) {
  if (plan.vectorLoop == level)
    return loop(level).reduction ? emitReductionVectorLoop(level) : emitVectorLoop(level);
  bool carry = loop(level).reduction && !nest.reductions.empty();
  bool partitioned = range && plan.partitionLoop == level;
  forLoop(partitioned ? range->begin : constants.index(0),
          partitioned ? range->end : constants.index(loop(level).extent), 1, carry,
          [&](Value induction) {
            enter(level, induction, copies, mask, [&] { emitLevel(level + 1); });
          });
}

void Emitter::emitReductionVectorLoop(unsigned level) {
  int64_t extent = loop(level).extent, lanes = plan.lanes, step = lanes * plan.copies;
  bool carry = !nest.reductions.empty();
  int64_t main = extent / step * step;
  forLoop(constants.index(0), constants.index(main), step, carry, [&](Value induction) {
    enter(level, induction, plan.copies, Value(), [&] { emitLevel(level + 1); });
  });
  int64_t vectors = (extent - main) / lanes;
  if (vectors)
    enter(level, constants.index(main), vectors, Value(), [&] { emitLevel(level + 1); });
  if (int64_t tail = extent % lanes) {
    SmallVector<bool> exists(lanes);
    std::fill_n(exists.begin(), tail, true);
    firstAccumulator = std::min(vectors, plan.copies - 1);
    enter(level, constants.index(main + vectors * lanes), 1,
          constants.get(DenseElementsAttr::get(maskType(), ArrayRef<bool>(exists))),
          [&] { emitLevel(level + 1); });
    firstAccumulator = 0;
  }
}

void Emitter::emitVectorLoop(unsigned level) {
  int64_t extent = loop(level).extent, lanes = plan.lanes, step = lanes * plan.copies;
  bool partitioned = range && plan.partitionLoop == level;
  auto body = [&] { emitLevel(level + 1); };
  // From units of the partition to iterations.
  auto first = [&] { return constants.multiply(builder, loc, range->begin, step); };
  auto last = [&] { return constants.multiply(builder, loc, range->end, step); };

  if (plan.tail == TailForm::Masked) {
    forLoop(partitioned ? first() : constants.index(0),
            partitioned ? last() : constants.index((extent + lanes - 1) / lanes * lanes), step,
            false, [&](Value induction) {
              Value left = arith::SubIOp::create(builder, loc, constants.index(extent), induction);
              Value exists = vector::CreateMaskOp::create(builder, loc, maskType(), left);
              enter(level, induction, 1, exists, body);
            });
    return;
  }
  if (plan.tail == TailForm::Padded)
    extent = (extent + lanes - 1) / lanes * lanes;
  int64_t main = extent / step * step;
  Value end = constants.index(main);
  if (partitioned)
    end = extent == main ? last() : arith::MinSIOp::create(builder, loc, last(), end);
  forLoop(partitioned ? first() : constants.index(0), end, step, false,
          [&](Value induction) { enter(level, induction, plan.copies, Value(), body); });
  if (extent == main)
    return;

  auto remainder = [&] {
    int64_t vectors = (extent - main) / lanes;
    if (vectors)
      enter(level, constants.index(main), vectors, Value(), body);
    if (int64_t tail = extent % lanes) {
      SmallVector<bool> exists(lanes);
      std::fill_n(exists.begin(), tail, true);
      enter(level, constants.index(main + vectors * lanes), 1,
            constants.get(DenseElementsAttr::get(maskType(), ArrayRef<bool>(exists))), body);
    }
  };
  if (!partitioned)
    return remainder();
  // Whoever has the last unit has the remainder.
  Value owner = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, range->end,
                                      constants.index(plan.partitionUnits));
  auto branch = scf::IfOp::create(builder, loc, owner, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(branch.thenBlock()->getTerminator());
  remainder();
}

void Emitter::emit() {
  analyze();
  for (const NestOperand &input : nest.inputs)
    addresses.push_back(constants.index(input.form.offset));
  for (const NestOperand &output : nest.outputs)
    addresses.push_back(constants.index(output.form.offset));
  for (const NestIndex &index : nest.indices)
    addresses.push_back(constants.index(index.form.offset));
  emitLevel(0);
}

void emitKernel(OpBuilder &builder, const KernelNest &nest, const KernelPlan &plan,
                ConstantPool &constants, const UnitRange *range, ArrayRef<TypedAttr> initial) {
  Emitter(builder, nest, plan, constants, range, initial).emit();
}

} // namespace nnc
