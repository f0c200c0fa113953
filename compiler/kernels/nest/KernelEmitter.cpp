// Emits the loops of a kernel that is not a contraction: reductions and their accumulators,
// vectors and tails, and the share of each thread.
#include "compiler/kernels/nest/KernelEmission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace nnc {

//===-- Analysis ------------------------------------------------------------------------------===//

KernelEmission::Dependence KernelEmission::dependence(const LinearForm &form) const {
  Dependence result;
  for (auto [level, dimension] : llvm::enumerate(plan.order))
    if (form.strides[dimension] != 0) {
      result.depth = level + 1;
      result.varying |= plan.vectorLoop == level;
    }
  return result;
}

KernelEmission::Dependence KernelEmission::dependence(Value value) const {
  auto found = dependences.find(value);
  return found == dependences.end() ? Dependence() : found->second;
}

void KernelEmission::analyze() {
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

//===-- Reductions ----------------------------------------------------------------------------===//

void KernelEmission::beginReductions() {
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
        accumulator =
            loadVector(output.memory, address(outputForm(i), output.form, copy),
                       output.form.strides[plan.order[*plan.vectorLoop]], output.elementType);
      else
        accumulator = memref::LoadOp::create(builder, loc, output.memory, addresses[outputForm(i)]);
    }
  }
}

void KernelEmission::finishReductions() {
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

//===-- Loops ---------------------------------------------------------------------------------===//

void KernelEmission::forLoop(Value begin, Value end, int64_t step, bool carry,
                             function_ref<void(Value)> body) {
  if (!carry)
    return forEach(begin, end, step, body);
  accumulators = forEach(begin, end, step, accumulators, [&](Value induction, ValueRange carried) {
    accumulators.assign(carried.begin(), carried.end());
    body(induction);
    return accumulators;
  });
}

/// One iteration of the loop at `level`: `vectorCount` vectors from `induction` on.
void KernelEmission::enter(unsigned level, Value induction, int64_t vectorCount, Value laneMask,
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
      Value scaled = mul(induction, stride);
      std::optional<int64_t> known = getConstantIntValue(addresses[form]);
      std::optional<int64_t> step = getConstantIntValue(scaled);
      position = known  ? add(scaled, *known)
                 : step ? add(addresses[form], *step)
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

void KernelEmission::emitLevel(unsigned level) {
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

void KernelEmission::emitLoop(unsigned level) {
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

void KernelEmission::emitReductionVectorLoop(unsigned level) {
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

void KernelEmission::emitVectorLoop(unsigned level) {
  int64_t extent = loop(level).extent, lanes = plan.lanes, step = lanes * plan.copies;
  bool partitioned = range && plan.partitionLoop == level;
  auto body = [&] { emitLevel(level + 1); };
  // From units of the partition to iterations.
  auto first = [&] { return mul(range->begin, step); };
  auto last = [&] { return mul(range->end, step); };

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
  // The thread of the last unit also takes the remainder.
  Value owner = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, range->end,
                                      constants.index(plan.partitionUnits));
  auto branch = scf::IfOp::create(builder, loc, owner, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(branch.thenBlock()->getTerminator());
  remainder();
}

void KernelEmission::emit() {
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
  KernelEmission(builder, nest, plan, constants, range, initial).emit();
}

} // namespace nnc
