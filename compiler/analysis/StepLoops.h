// Loops over the steps of sequences, as assign-arena hands them to lower-to-loops: a block of
// kernels without nesting, in which the kernels of a loop stand together, and marks on them and on
// the rows that they read and write.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

namespace nnc {

/// On a kernel, `[number, steps, ...]`: the loops that it is in, outermost first. It runs once in
/// each step of the last one.
inline constexpr llvm::StringLiteral loopAttrName = "nn.loop";
/// On a slice of rows, `[number, distance]`: how far the slice moves in each step of the loop of
/// that number; in rows on tensors, in bytes on memory. The slice's own offset is that of the first
/// step.
inline constexpr llvm::StringLiteral advanceAttrName = "nn.advance";
/// On the insertion of a carry without a trace: the new value overwrites the old one.
inline constexpr llvm::StringLiteral carryAttrName = "nn.carry";

struct StepLoop {
  int64_t number = 0, steps = 1;
  bool operator==(const StepLoop &) const = default;
};

using StepLoops = llvm::SmallVector<StepLoop, 2>;

/// The loops that a kernel is in, outermost first.
inline StepLoops loopsOf(mlir::Operation *kernel) {
  StepLoops loops;
  if (auto marks = kernel->getAttrOfType<mlir::DenseI64ArrayAttr>(loopAttrName))
    for (int64_t i = 0; i + 1 < marks.size(); i += 2)
      loops.push_back({marks[i], marks[i + 1]});
  return loops;
}

inline void setLoops(mlir::Operation *kernel, llvm::ArrayRef<StepLoop> loops) {
  llvm::SmallVector<int64_t> marks;
  for (const StepLoop &loop : loops)
    marks.append({loop.number, loop.steps});
  if (marks.empty())
    kernel->removeAttr(loopAttrName);
  else
    kernel->setAttr(loopAttrName, mlir::DenseI64ArrayAttr::get(kernel->getContext(), marks));
}

inline bool areInOneLoop(mlir::Operation *kernel, mlir::Operation *other) {
  return kernel->getAttr(loopAttrName) == other->getAttr(loopAttrName);
}

/// How often a kernel runs.
inline int64_t timesOf(mlir::Operation *kernel) {
  int64_t times = 1;
  for (const StepLoop &loop : loopsOf(kernel))
    times *= loop.steps;
  return times;
}

struct Advance {
  int64_t loop = 0, distance = 0; // 0: the slice stays where it is
  bool operator==(const Advance &) const = default;
};

inline Advance advanceOf(mlir::Operation *slice) {
  auto advance = slice->getAttrOfType<mlir::DenseI64ArrayAttr>(advanceAttrName);
  return advance ? Advance{advance[0], advance[1]} : Advance();
}

inline void setAdvance(mlir::Operation *slice, Advance advance) {
  slice->setAttr(advanceAttrName, mlir::DenseI64ArrayAttr::get(slice->getContext(),
                                                               {advance.loop, advance.distance}));
}

/// Whether an insertion writes a row of a sequence, or a carry without a trace, in each step of a
/// loop.
inline bool isOfLoop(mlir::Operation *insert) {
  return insert->hasAttr(advanceAttrName) || insert->hasAttr(carryAttrName);
}

} // namespace nnc
