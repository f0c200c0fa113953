// Copies a kernel into a function whose operands are parts of blocks, finds an equal function by
// its hash, and emits the calls.
#include "compiler/loops/KernelLibrary.h"

#include "compiler/analysis/BlockLayout.h"
#include "compiler/analysis/MemoryAccess.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/analysis/StructuralHash.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Threading.h"

using namespace mlir;

namespace nnc {

namespace {

/// A memref as part of a block of bytes: where it begins, and its type with that as its origin.
struct BlockPart {
  Value block;
  int64_t byteOffset = 0, elements = 0;
  llvm::SmallVector<Advance, 1> advances; // bytes from step to step of loops around the kernel
  MemRefType type;
  bool padded = false; // as NestOperand::padded
};

std::optional<BlockPart> findPart(Value memref) {
  auto view = rootOf(memref).getDefiningOp<memref::ViewOp>();
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
  for (Operation *definition = memref.getDefiningOp(); definition != view;
       definition = definition->getOperand(0).getDefiningOp())
    if (Advance advance = advanceOf(definition); advance.distance != 0)
      part.advances.push_back(advance);
  part.elements = 1;
  for (auto [extent, stride] : llvm::zip(type.getShape(), strides))
    part.elements += (extent - 1) * stride;
  part.type = MemRefType::get(type.getShape(), type.getElementType(),
                              StridedLayoutAttr::get(type.getContext(), 0, strides));
  part.padded = view->hasAttr(paddedAttrName) && offset == 0 && type.getLayout().isIdentity() &&
                type.getNumElements() == view.getType().getNumElements();
  return part;
}

/// A function under construction that computes a copy of a kernel.
class Outlining {
public:
  Outlining(ModuleOp module, ArrayRef<linalg::LinalgOp> ops, const KernelThread &thread)
      : ops(ops), thread(thread), builder(module.getContext()),
        bytes(MemRefType::get({1}, builder.getI8Type())) {}

  bool collectOperands();
  func::FuncOp build();
  SmallVector<Value> arguments(OpBuilder &caller);

  SmallVector<linalg::LinalgOp> copies;
  KernelThread copiedThread;

private:
  void addOperand(Value operand, Operation *user);

  ArrayRef<linalg::LinalgOp> ops;
  const KernelThread &thread;
  OpBuilder builder;
  MemRefType bytes;
  SmallVector<std::pair<Value, BlockPart>> parts; // operands in blocks
  SmallVector<Value> unused;                      // memory that no loop touches
  SmallVector<Operation *> constants;             // of the function, that bodies and operands use
  SmallVector<Value> keys;                        // constants that are arguments
  bool possible = true;
};

} // namespace

/// Whether `user` makes the constant part of the key of random numbers. Initialisations of one
/// shape differ in nothing else.
static bool isKey(Value constant, Operation *user) {
  return isa<arith::XOrIOp>(user) && constant.getType().isInteger(64);
}

void Outlining::addOperand(Value operand, Operation *user) {
  if (llvm::is_contained(llvm::make_first_range(parts), operand) ||
      llvm::is_contained(unused, operand) || llvm::is_contained(keys, operand))
    return;
  if (!isa<MemRefType>(operand.getType())) {
    Operation *definition = operand.getDefiningOp();
    if (!definition || !definition->hasTrait<OpTrait::ConstantLike>())
      possible = false;
    else if (isKey(operand, user))
      keys.push_back(operand);
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
  for (linalg::LinalgOp op : ops) {
    for (Value operand : op->getOperands())
      addOperand(operand, op);
    op.getBlock()->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (operand.getParentBlock() != op.getBlock())
          addOperand(operand, inner);
    });
  }
  return possible;
}

func::FuncOp Outlining::build() {
  Location loc = ops.front()->getLoc();
  SmallVector<Type> types;
  for (size_t i = 0; i < parts.size(); ++i)
    types.append({bytes, builder.getIndexType()});
  if (thread.scratch)
    types.push_back(bytes);
  if (thread.panels)
    types.push_back(bytes);
  if (thread.number)
    types.append({builder.getIndexType(), builder.getIndexType()});
  types.append(keys.size(), builder.getI64Type());
  auto function = func::FuncOp::create(loc, "kernel", builder.getFunctionType(types, {}));
  function.setPrivate();
  function->setAttr(kernelAttrName, builder.getUnitAttr());
  builder.setInsertionPointToStart(function.addEntryBlock());

  IRMapping mapping;
  for (Operation *constant : constants)
    builder.clone(*constant, mapping);
  mapping.map(keys, function.getArguments().take_back(keys.size()));
  for (auto [i, entry] : llvm::enumerate(parts)) {
    const BlockPart &part = entry.second;
    auto flat = MemRefType::get({part.elements}, part.type.getElementType());
    Value view = memref::ViewOp::create(builder, loc, flat, function.getArgument(2 * i),
                                        function.getArgument(2 * i + 1), ValueRange{});
    if (part.padded)
      view.getDefiningOp()->setAttr(paddedAttrName, builder.getUnitAttr());
    SmallVector<int64_t> strides;
    int64_t offset;
    (void)part.type.getStridesAndOffset(strides, offset);
    mapping.map(entry.first, memref::ReinterpretCastOp::create(builder, loc, part.type, view, 0,
                                                               part.type.getShape(), strides));
  }
  for (Value memory : unused)
    builder.clone(*memory.getDefiningOp(), mapping);
  for (linalg::LinalgOp op : ops) {
    copies.push_back(cast<linalg::LinalgOp>(builder.clone(*op, mapping)));
    // Where a kernel stands makes no difference to it.
    copies.back()->removeAttr(regionAttrName);
    copies.back()->removeAttr(loopAttrName);
  }
  unsigned next = 2 * parts.size();
  if (thread.scratch)
    copiedThread.scratch = function.getArgument(next++);
  if (thread.panels)
    copiedThread.panels = function.getArgument(next++);
  if (thread.number) {
    copiedThread.number = function.getArgument(next);
    copiedThread.count = function.getArgument(next + 1);
  }
  func::ReturnOp::create(builder, loc);
  return function;
}

/// The step of the loop of this number, which the builder stands in.
static Value stepOf(OpBuilder &builder, int64_t number) {
  Operation *loop = builder.getInsertionBlock()->getParentOp();
  while (!loop->hasAttr(loopAttrName) || loopsOf(loop).back().number != number)
    loop = loop->getParentOp();
  return cast<scf::ForOp>(loop).getInductionVar();
}

SmallVector<Value> Outlining::arguments(OpBuilder &caller) {
  Location loc = ops.front()->getLoc();
  auto asBytes = [&](Value block) -> Value {
    return memref::ReinterpretCastOp::create(caller, loc, bytes, block, 0, ArrayRef<int64_t>{1},
                                             ArrayRef<int64_t>{1});
  };
  SmallVector<Value> values;
  for (auto &[operand, part] : parts) {
    values.push_back(asBytes(part.block));
    Value offset = arith::ConstantIndexOp::create(caller, loc, part.byteOffset);
    for (Advance advance : part.advances) {
      Value step = stepOf(caller, advance.loop);
      Value moved = arith::MulIOp::create(
          caller, loc, step, arith::ConstantIndexOp::create(caller, loc, advance.distance));
      offset = arith::AddIOp::create(caller, loc, offset, moved);
    }
    values.push_back(offset);
  }
  if (thread.scratch)
    values.push_back(asBytes(thread.scratch));
  if (thread.panels)
    values.push_back(asBytes(thread.panels));
  if (thread.number)
    values.append({thread.number, thread.count});
  values.append(keys);
  return values;
}

LogicalResult KernelLibrary::call(OpBuilder &builder, ArrayRef<linalg::LinalgOp> ops,
                                  StringRef name, StringRef choices, const KernelThread &thread,
                                  EmitKernel emit) {
  Outlining outlining(module, ops, thread);
  if (!outlining.collectOperands())
    return failure();
  func::FuncOp function = outlining.build();
  std::string title = (name + " " + choices).str();
  SmallVector<size_t, 1> &candidates = numbers[llvm::hash_combine(
      StringRef(title), function.getFunctionType(), structuralHash(function.getBody()))];
  auto *known = llvm::find_if(candidates, [&](size_t number) {
    Kernel &kernel = kernels[number];
    return kernel.title == title &&
           kernel.function.getFunctionType() == function.getFunctionType() &&
           OperationEquivalence::isRegionEquivalentTo(&kernel.function.getBody(),
                                                      &function.getBody(),
                                                      OperationEquivalence::IgnoreLocations);
  });
  func::FuncOp callee = function;
  if (known != candidates.end()) {
    callee = kernels[*known].function;
    function.erase();
  } else {
    candidates.push_back(kernels.size());
    function.setSymName(("nnc_" + name + "_" + Twine(kernels.size())).str());
    module.push_back(function);
    kernels.push_back(
        {function, outlining.copies, outlining.copiedThread, std::move(emit), std::move(title)});
  }
  // LLVM requires a line for every call.
  Location loc = ops.front()->getLoc();
  if (!loc->findInstanceOf<FileLineColLoc>())
    loc = ops.front()->getParentOfType<func::FuncOp>().getLoc();
  func::CallOp::create(builder, loc, callee, outlining.arguments(builder));
  return success();
}

LogicalResult KernelLibrary::emit() {
  return failableParallelForEach(module.getContext(), kernels, [](Kernel &kernel) {
    OpBuilder builder(kernel.function.getContext());
    builder.setInsertionPoint(kernel.function.getBody().front().getTerminator());
    if (failed(kernel.emit(builder, kernel.function, kernel.copies, kernel.thread)))
      return LogicalResult(kernel.function.emitError("the kernel cannot be lowered"));
    for (linalg::LinalgOp copy : llvm::reverse(kernel.copies))
      copy->erase();
    // Results that stay on tiles need no memory.
    for (auto memory : llvm::make_early_inc_range(kernel.function.getOps<memref::AllocaOp>()))
      if (memory->use_empty())
        memory.erase();
    return success();
  });
}

} // namespace nnc
