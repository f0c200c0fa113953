#include "compiler/Conversion/ContractionLibrary.h"

#include "compiler/Conversion/BlockLayout.h"
#include "compiler/Conversion/Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace nnc {

void describeKernel(ContractionKernel &kernel, bool accumulate, bool usesResult) {
  kernel.problem = *matchContraction(kernel.op);
  kernel.problem.accumulate = accumulate;
  kernel.problem.usesResult = usesResult;
  kernel.operands = {};
  kernel.operands.a = kernel.op.getDpsInputs()[0];
  kernel.operands.b = kernel.op.getDpsInputs()[1];
  if (usesResult)
    kernel.operands.c = kernel.op.getDpsInits()[0];
  if (kernel.epilogue)
    addCompanions(kernel.op, kernel.epilogue, kernel.problem, kernel.operands);
}

LogicalResult emitKernel(OpBuilder &builder, const ContractionKernel &kernel,
                         const TargetDescription &target) {
  ContractionHooks hooks;
  linalg::LinalgOp op = kernel.op;
  if (kernel.epilogue)
    hooks.epilogue = buildEpilogue(builder, op, kernel.epilogue, kernel.problem);
  return emitContraction(builder, op.getLoc(), kernel.problem, target, kernel.tiling,
                         kernel.operands, hooks);
}

namespace {

/// A memref as part of a block of bytes: where it begins, and its type with that as its origin.
struct BlockPart {
  Value block;
  int64_t byteOffset = 0, elements = 0;
  MemRefType type;
};

std::optional<BlockPart> findPart(Value memref) {
  Value root = memref;
  while (Operation *definition = root.getDefiningOp()) {
    if (!isa<memref::SubViewOp, memref::CollapseShapeOp, memref::ExpandShapeOp>(definition))
      break;
    root = definition->getOperand(0);
  }
  auto view = root.getDefiningOp<memref::ViewOp>();
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!view || !isa<BlockArgument>(view.getSource()) ||
      failed(type.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  std::optional<int64_t> shift = getConstantIntValue(view.getByteShift());
  if (!shift)
    return std::nullopt;
  BlockPart part;
  part.block = view.getSource();
  part.byteOffset = *shift + offset * type.getElementTypeBitWidth() / 8;
  part.elements = 1;
  for (auto [extent, stride] : llvm::zip(type.getShape(), strides))
    part.elements += (extent - 1) * stride;
  part.type = MemRefType::get(type.getShape(), type.getElementType(),
                              StridedLayoutAttr::get(type.getContext(), 0, strides));
  return part;
}

/// A function under construction that computes a copy of a kernel.
class Outlining {
public:
  Outlining(ModuleOp module, const ContractionKernel &kernel)
      : kernel(kernel), builder(module.getContext()),
        bytes(MemRefType::get({1}, builder.getI8Type())) {}

  bool collectOperands();
  func::FuncOp build();
  std::string text(func::FuncOp function);
  SmallVector<Value> arguments(OpBuilder &caller);

  ContractionKernel copy;

private:
  void addOperand(Value operand);

  const ContractionKernel &kernel;
  OpBuilder builder;
  MemRefType bytes;
  SmallVector<std::pair<Value, BlockPart>> parts; // operands in blocks
  SmallVector<Value> unused;                      // memory that no loop touches
  SmallVector<Operation *> constants;             // of the function, that bodies and operands use
  bool possible = true;
};

} // namespace

void Outlining::addOperand(Value operand) {
  if (llvm::is_contained(llvm::make_first_range(parts), operand) ||
      llvm::is_contained(unused, operand))
    return;
  if (!isa<MemRefType>(operand.getType())) {
    Operation *definition = operand.getDefiningOp();
    if (!definition || !definition->hasTrait<OpTrait::ConstantLike>())
      possible = false;
    else if (!llvm::is_contained(constants, definition))
      constants.push_back(definition);
  } else if (operand.getDefiningOp<memref::AllocaOp>()) {
    unused.push_back(operand);
  } else if (std::optional<BlockPart> part = findPart(operand)) {
    parts.push_back({operand, *part});
  } else {
    possible = false;
  }
}

bool Outlining::collectOperands() {
  for (linalg::LinalgOp op : {kernel.op, kernel.epilogue}) {
    if (!op)
      continue;
    for (Value operand : op->getOperands())
      addOperand(operand);
    op.getBlock()->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (operand.getParentBlock() != op.getBlock())
          addOperand(operand);
    });
  }
  return possible;
}

func::FuncOp Outlining::build() {
  Location loc = kernel.op->getLoc();
  SmallVector<Type> types;
  for (size_t i = 0; i < parts.size(); ++i)
    types.append({bytes, builder.getIndexType()});
  if (kernel.operands.scratch)
    types.push_back(bytes);
  if (kernel.operands.thread)
    types.append({builder.getIndexType(), builder.getIndexType()});
  auto function = func::FuncOp::create(loc, "kernel", builder.getFunctionType(types, {}));
  function.setPrivate();
  function->setAttr(kernelAttrName, builder.getUnitAttr());
  builder.setInsertionPointToStart(function.addEntryBlock());

  IRMapping mapping;
  for (Operation *constant : constants)
    builder.clone(*constant, mapping);
  for (auto [i, entry] : llvm::enumerate(parts)) {
    const BlockPart &part = entry.second;
    auto flat = MemRefType::get({part.elements}, part.type.getElementType());
    Value view = memref::ViewOp::create(builder, loc, flat, function.getArgument(2 * i),
                                        function.getArgument(2 * i + 1), ValueRange{});
    SmallVector<int64_t> strides;
    int64_t offset;
    (void)part.type.getStridesAndOffset(strides, offset);
    mapping.map(entry.first, memref::ReinterpretCastOp::create(builder, loc, part.type, view, 0,
                                                               part.type.getShape(), strides));
  }
  for (Value memory : unused)
    builder.clone(*memory.getDefiningOp(), mapping);
  copy = {};
  copy.op = cast<linalg::LinalgOp>(builder.clone(*kernel.op, mapping));
  if (kernel.epilogue)
    copy.epilogue = cast<linalg::LinalgOp>(builder.clone(*kernel.epilogue, mapping));
  // Where a kernel stands makes no difference to it.
  for (Operation *op :
       {copy.op.getOperation(), kernel.epilogue ? copy.epilogue.getOperation() : nullptr})
    if (op)
      op->removeAttr(regionAttrName);
  copy.tiling = kernel.tiling;
  describeKernel(copy, kernel.problem.accumulate, kernel.problem.usesResult);
  unsigned next = 2 * parts.size();
  if (kernel.operands.scratch)
    copy.operands.scratch = function.getArgument(next++);
  if (kernel.operands.thread) {
    copy.operands.thread = function.getArgument(next);
    copy.operands.threads = function.getArgument(next + 1);
  }
  func::ReturnOp::create(builder, loc);
  return function;
}

/// What the function computes and how: equal for equal kernels. The tiling follows from the rest.
std::string Outlining::text(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << kernel.problem.accumulate << kernel.problem.usesResult << kernel.tiling.reason;
  function.print(stream, OpPrintingFlags().useLocalScope());
  return text;
}

SmallVector<Value> Outlining::arguments(OpBuilder &caller) {
  Location loc = kernel.op->getLoc();
  auto asBytes = [&](Value block) -> Value {
    return memref::ReinterpretCastOp::create(caller, loc, bytes, block, 0, ArrayRef<int64_t>{1},
                                             ArrayRef<int64_t>{1});
  };
  SmallVector<Value> values;
  for (auto &[operand, part] : parts) {
    values.push_back(asBytes(part.block));
    values.push_back(arith::ConstantIndexOp::create(caller, loc, part.byteOffset));
  }
  if (kernel.operands.scratch)
    values.push_back(asBytes(kernel.operands.scratch));
  if (kernel.operands.thread)
    values.append({kernel.operands.thread, kernel.operands.threads});
  return values;
}

LogicalResult ContractionLibrary::call(OpBuilder &builder, const ContractionKernel &kernel) {
  Outlining outlining(module, kernel);
  if (!outlining.collectOperands())
    return failure();
  func::FuncOp function = outlining.build();
  func::FuncOp &known = functions[outlining.text(function)];
  if (known) {
    function.erase();
  } else {
    OpBuilder inner(function.getContext());
    inner.setInsertionPoint(function.getBody().front().getTerminator());
    if (failed(emitKernel(inner, outlining.copy, target)))
      return failure();
    if (outlining.copy.epilogue)
      outlining.copy.epilogue->erase();
    outlining.copy.op->erase();
    // Results that stay on tiles need no memory.
    for (auto memory : llvm::make_early_inc_range(function.getOps<memref::AllocaOp>()))
      if (memory->use_empty())
        memory.erase();
    function.setSymName("nnc_contraction_" + std::to_string(functions.size() - 1));
    module.push_back(function);
    known = function;
  }
  func::CallOp::create(builder, kernel.op->getLoc(), known, outlining.arguments(builder));
  return success();
}

} // namespace nnc
