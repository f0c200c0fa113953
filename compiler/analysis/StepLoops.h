// Loops over the steps of sequences, as assign-arena hands them to lower-to-loops: a block of
// kernels without nesting, in which the kernels of a loop stand together, and marks on them and on
// the rows that they read and write.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

#include <optional>

namespace nnc {

/// On a kernel, `[number, steps]`: it runs once in each step of the loop of that number.
inline constexpr llvm::StringLiteral loopAttrName = "nn.loop";
/// On a slice of rows: how far the slice moves from step to step; in rows on tensors, in bytes on
/// memory. It is written with the place that it has in the first step.
inline constexpr llvm::StringLiteral advanceAttrName = "nn.advance";

struct StepLoop {
  int64_t number = 0, steps = 1;
  bool operator==(const StepLoop &) const = default;
};

/// The loop that a kernel is in.
inline std::optional<StepLoop> loopOf(mlir::Operation *kernel) {
  auto loop = kernel->getAttrOfType<mlir::DenseI64ArrayAttr>(loopAttrName);
  if (!loop)
    return std::nullopt;
  return StepLoop{loop[0], loop[1]};
}

/// How far the memory or tensor of a slice moves from step to step.
inline int64_t advanceOf(mlir::Operation *slice) {
  auto advance = slice->getAttrOfType<mlir::IntegerAttr>(advanceAttrName);
  return advance ? advance.getInt() : 0;
}

} // namespace nnc
