// The emission of one kernel nest: state, and the steps that KernelEmitter.cpp (loops, reductions)
// and KernelBody.cpp (values, memory, body) implement. Internal to emitKernel.
#pragma once

#include "compiler/kernels/nest/KernelEmitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace nnc {

class KernelEmission : private LoopEmitter {
public:
  KernelEmission(mlir::OpBuilder &builder, const KernelNest &nest, const KernelPlan &plan,
                 ConstantPool &constants, const UnitRange *range,
                 llvm::ArrayRef<mlir::TypedAttr> initial)
      : LoopEmitter(builder, mlir::linalg::LinalgOp(nest.op).getLoc(), constants), nest(nest),
        plan(plan), range(range), initial(initial), op(nest.op), copies(1) {}

  void emit();

private:
  // Dependences of the values of the body.
  struct Dependence {
    unsigned depth = 0;   // number of enclosing loops it needs
    bool varying = false; // differs from lane to lane
  };

  void analyze();
  Dependence dependence(const LinearForm &form) const;
  Dependence dependence(mlir::Value value) const;

  void emitLevel(unsigned level);
  void emitLoop(unsigned level);
  void emitVectorLoop(unsigned level);
  void emitReductionVectorLoop(unsigned level);
  void emitBodyAt(unsigned level);
  void emitLeaf();
  void beginReductions();
  void finishReductions();
  void forLoop(mlir::Value begin, mlir::Value end, int64_t step, bool carry,
               llvm::function_ref<void(mlir::Value)> body);
  void enter(unsigned level, mlir::Value induction, int64_t vectorCount, mlir::Value laneMask,
             llvm::function_ref<void()> body);

  void emitLoad(const NestOperand &operand, unsigned form);
  void emitOperation(mlir::Operation *operation);
  void emitBodyLoad(mlir::memref::LoadOp load);
  mlir::Value loadVector(mlir::Value memory, mlir::Value address, int64_t stride,
                         mlir::Type elementType);
  void storeVector(mlir::Value value, const NestOperand &output, mlir::Value address);
  mlir::Value address(unsigned form, const LinearForm &linear, unsigned copy);

  mlir::Value uniformValue(mlir::Value value);
  mlir::Value vectorValue(mlir::Value value, unsigned copy);
  /// The value for this copy, as a vector if the kernel's results are vectors.
  mlir::Value laneValue(mlir::Value value, unsigned copy);
  mlir::Value indexVector(const LinearForm &form, unsigned formId, unsigned copy,
                          mlir::Type elementType);
  mlir::Value splat(mlir::Value scalar) { return LoopEmitter::splat(scalar, plan.lanes); }
  mlir::Value fullMask() { return constants.get(mlir::DenseElementsAttr::get(maskType(), true)); }
  mlir::Value activeMask() { return mask ? mask : fullMask(); }
  mlir::Value steps(int64_t stride, mlir::Type elementType);
  mlir::Value horizontal(mlir::Operation *combiner, mlir::Value vector);
  mlir::Value combine(mlir::Operation *combiner, mlir::Value lhs, mlir::Value rhs);
  mlir::TypedAttr neutral(unsigned reduction, mlir::Type type);

  mlir::VectorType vectorType(mlir::Type element) const {
    return mlir::VectorType::get({plan.lanes}, element);
  }
  mlir::VectorType maskType() const { return vectorType(builder.getI1Type()); }
  bool vectorized() const { return plan.vectorLoop.has_value(); }
  const NestDimension &loop(unsigned level) const { return nest.dimensions[plan.order[level]]; }
  bool lanesReduce() const { return vectorized() && loop(*plan.vectorLoop).reduction; }
  unsigned inputForm(unsigned i) const { return i; }
  unsigned outputForm(unsigned i) const { return nest.inputs.size() + i; }
  unsigned indexFormId(unsigned i) const { return nest.inputs.size() + nest.outputs.size() + i; }

  const KernelNest &nest;
  const KernelPlan &plan;
  const UnitRange *range;
  llvm::ArrayRef<mlir::TypedAttr> initial;
  mlir::linalg::LinalgOp op;

  llvm::DenseMap<mlir::Value, Dependence> dependences;
  llvm::DenseMap<mlir::Value, mlir::Value> uniforms;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value, 4>> vectors;
  llvm::DenseMap<mlir::Value, mlir::Value> splats;
  llvm::SmallVector<mlir::Value> addresses;    // of each form, for the loops entered so far
  llvm::SmallVector<mlir::Value> accumulators; // outputs x plan.copies
  int64_t copies;                              // vectors handled by the current iteration
  int64_t firstAccumulator = 0;
  mlir::Value mask; // lanes that exist; null: all
};

} // namespace nnc
