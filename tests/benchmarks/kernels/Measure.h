// Times kernels on one thread or several that run at once, and the peak of the processor's
// multiply-add.
#pragma once

#include "compiler/target/TargetDescription.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"

#include <functional>
#include <vector>

namespace nnc::test {

/// Something to time; called with (thread, threads) by all threads at once.
struct Subject {
  std::function<void(int64_t thread, int64_t threads)> run;
  double flops = 0; // of one call, by all threads
  int64_t threads = 1;
  std::vector<double> seconds; // of one call, a value per round

  double best() const;
  double median() const;
};

/// Runs the subjects in turn, `rounds` times, each for about `milliseconds` a time. One thread is
/// timed by its own processor time, so that work of others on the machine counts less; several by
/// the clock.
void measure(std::vector<Subject *> subjects, int rounds, double milliseconds);

/// Adds a function @peak(vector memref, iterations) of independent multiply-adds on full vectors;
/// returns the flops of one iteration.
double addPeakKernel(mlir::ModuleOp module, mlir::FloatType type, const TargetDescription &target);

} // namespace nnc::test
