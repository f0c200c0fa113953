// Pictures of the functions of a program: the network as the program says it, and what the compiler
// makes of a training step.
#pragma once

#include "compiler/graph/Drawing.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nnc::graph {

/// Draws the operations from which a function computes its results; of a function with a loss, the loss
/// alone. Shapes are those of one example.
Drawing drawNetwork(const lang::Function &function, const lang::SourceFile &source);

/// A function after a stage of the compiler, whose locations say scopes of `of`. `kernels`: its
/// structured operations are kernels and stay boxes of their own.
Drawing drawStep(mlir::func::FuncOp function, const lang::Function &of, bool kernels);

} // namespace nnc::graph
