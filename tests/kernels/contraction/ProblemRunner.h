// Compiles contraction problems, runs them on generated data and compares with a plain loop.
#pragma once

#include "compiler/kernels/contraction/Contraction.h"
#include "tests/kernels/contraction/Jit.h"

#include <functional>
#include <string>
#include <vector>

namespace nnc::test {

/// The name that a compiled program would give the kernel, by which `optimize` knows contractions.
std::string kernelName(size_t number);

/// Emits one function @name(a, b, c, companions..., scratch, thread, threads) for a problem.
void addKernel(mlir::ModuleOp module, const std::string &name, const ContractionProblem &problem,
               const TargetDescription &target, const ContractionTiling &tiling,
               unsigned companions = 0, const ContractionHooks &hooks = {});

/// Elements from the first to the last that the problem reaches in each operand.
struct Spans {
  int64_t a = 1, b = 1, c = 1;
  std::vector<int64_t> companions;
};
Spans spans(const ContractionProblem &problem);

/// Calls `body` with the element offsets (a, b, c, companions...) of every point of the problem.
void forEachPoint(const ContractionProblem &problem,
                  const std::function<void(int64_t a, int64_t b, int64_t c)> &body);

/// The same with whether the problem's borders make the product of the point vanish.
void forEachProduct(
    const ContractionProblem &problem,
    const std::function<void(int64_t a, int64_t b, int64_t c, bool vanishes)> &body);

using KernelFunction = void(void *a, void *b, void *c, void *scratch, int64_t thread,
                            int64_t threads);

/// Runs a kernel without companions on small whole numbers, whose sums are exact, and compares with
/// a plain loop, with one and with several threads. Borders of zeros are zero in A. What lies
/// outside of the operands is NaN, and must stay what it was in C. Returns an empty text or what is
/// wrong.
std::string compare(const ContractionProblem &problem, const ContractionTiling &tiling,
                    KernelFunction *kernel);

/// A group of problems compiled in one module.
class ProblemSet {
public:
  ProblemSet(mlir::MLIRContext &context, const TargetDescription &target);
  void add(const std::string &name, const ContractionProblem &problem);
  void add(const std::string &name, const ContractionProblem &problem,
           const ContractionTiling &tiling);
  /// Compiles and compares everything; one line per failure.
  std::string run();

private:
  struct Entry {
    std::string name;
    ContractionProblem problem;
    ContractionTiling tiling;
  };
  mlir::OwningOpRef<mlir::ModuleOp> module;
  const TargetDescription &target;
  std::vector<Entry> entries;
};

/// C[m, n] = sum of A[m, k] B[k, n], row-major, or stored transposed ('T').
ContractionProblem matrixProduct(mlir::FloatType type, int64_t m, int64_t n, int64_t k,
                                 char layoutA = 'N', char layoutB = 'N');

} // namespace nnc::test
