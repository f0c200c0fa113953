#include "tests/kernels/contraction/ProblemRunner.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace mlir;

namespace nnc::test {

ContractionProblem matrixProduct(FloatType type, int64_t m, int64_t n, int64_t k, char layoutA,
                                 char layoutB) {
  ContractionProblem problem;
  problem.elementType = type;
  problem.m.push_back({m, layoutA == 'N' ? k : 1, 0, n, {}});
  problem.n.push_back({n, 0, layoutB == 'N' ? 1 : k, 1, {}});
  problem.k.push_back({k, layoutA == 'N' ? 1 : m, layoutB == 'N' ? n : 1, 0, {}});
  return problem;
}

Spans spans(const ContractionProblem &problem) {
  Spans result;
  for (const auto *group : {&problem.batch, &problem.m, &problem.n, &problem.k})
    for (const ContractionDim &dim : *group) {
      result.a += (dim.extent - 1) * dim.a;
      result.b += (dim.extent - 1) * dim.b;
      result.c += (dim.extent - 1) * dim.c;
      result.companions.resize(std::max(result.companions.size(), dim.companions.size()), 1);
      for (size_t i = 0; i < dim.companions.size(); ++i)
        result.companions[i] += (dim.extent - 1) * dim.companions[i];
    }
  return result;
}

void forEachProduct(const ContractionProblem &problem,
                    const std::function<void(int64_t, int64_t, int64_t, bool)> &body) {
  const std::vector<const SmallVectorImpl<ContractionDim> *> groups{&problem.batch, &problem.m,
                                                                    &problem.n, &problem.k};
  std::vector<std::vector<int64_t>> index;
  for (const auto *group : groups)
    index.emplace_back(group->size(), 0);
  auto vanishes = [&](const ZeroBorder &border) {
    return !border.interior.contains(index[border.group][border.outer], index[3][border.reduction]);
  };
  std::function<void(size_t, size_t, int64_t, int64_t, int64_t)> visit =
      [&](size_t group, size_t level, int64_t a, int64_t b, int64_t c) {
        if (group == groups.size())
          return body(a, b, c, llvm::any_of(problem.borders, vanishes));
        if (level == groups[group]->size())
          return visit(group + 1, 0, a, b, c);
        const ContractionDim &dim = (*groups[group])[level];
        for (int64_t i = 0; i < dim.extent; ++i) {
          index[group][level] = i;
          visit(group, level + 1, a + i * dim.a, b + i * dim.b, c + i * dim.c);
        }
      };
  visit(0, 0, 0, 0, 0);
}

void forEachPoint(const ContractionProblem &problem,
                  const std::function<void(int64_t, int64_t, int64_t)> &body) {
  forEachProduct(problem, [&](int64_t a, int64_t b, int64_t c, bool) { body(a, b, c); });
}

std::string kernelName(size_t number) { return "nnc_contraction_" + std::to_string(number); }

void addKernel(ModuleOp module, const std::string &name, const ContractionProblem &problem,
               const TargetDescription &target, const ContractionTiling &tiling,
               unsigned companions, const ContractionHooks &hooks) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location loc = builder.getUnknownLoc();
  Spans extents = spans(problem);
  auto memref = [&](int64_t elements) { return MemRefType::get({elements}, problem.elementType); };
  SmallVector<Type> types{memref(extents.a), memref(extents.b), memref(extents.c)};
  for (unsigned i = 0; i < companions; ++i)
    types.push_back(memref(extents.companions[i]));
  types.push_back(
      MemRefType::get({std::max<int64_t>(tiling.scratchBytes, 64)}, builder.getI8Type()));
  types.append(2, builder.getIndexType());
  auto function = func::FuncOp::create(builder, loc, name, builder.getFunctionType(types, {}));
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToEnd(entry);
  func::ReturnOp::create(builder, loc);
  builder.setInsertionPointToStart(entry);

  ContractionOperands operands;
  operands.a = entry->getArgument(0);
  operands.b = entry->getArgument(1);
  operands.c = entry->getArgument(2);
  for (unsigned i = 0; i < companions; ++i)
    operands.companions.push_back(entry->getArgument(3 + i));
  operands.scratch = entry->getArgument(3 + companions);
  operands.thread = entry->getArgument(4 + companions);
  operands.threads = entry->getArgument(5 + companions);
  if (failed(emitContraction(builder, loc, problem, target, tiling, operands, hooks)))
    std::abort();
}

namespace {

template <typename T>
std::string compareAs(const ContractionProblem &problem, const ContractionTiling &tiling,
                      KernelFunction *kernel) {
  const Spans extents = spans(problem);
  constexpr int64_t guard = 64;
  const T nan = std::numeric_limits<T>::quiet_NaN();
  std::mt19937 random(1);
  auto buffer = [&](int64_t span) { return std::vector<T>(span + 2 * guard, nan); };
  std::vector<T> a = buffer(extents.a), b = buffer(extents.b), c = buffer(extents.c);
  std::vector<T> expected = c;
  auto draw = [&] { return static_cast<T>(static_cast<int>(random() % 9) - 4); };
  // Only what the problem reaches has a value, so that a read beside it spoils the result.
  forEachPoint(problem, [&](int64_t i, int64_t j, int64_t l) {
    if (std::isnan(a[guard + i]))
      a[guard + i] = draw();
    if (std::isnan(b[guard + j]))
      b[guard + j] = draw();
    if (std::isnan(expected[guard + l]))
      expected[guard + l] = problem.accumulate ? draw() : T(0);
  });
  forEachProduct(problem, [&](int64_t i, int64_t, int64_t, bool vanishes) {
    if (vanishes)
      a[guard + i] = 0;
  });
  const std::vector<T> start = problem.accumulate ? expected : c;
  forEachPoint(problem, [&](int64_t i, int64_t j, int64_t l) {
    expected[guard + l] += a[guard + i] * b[guard + j];
  });

  std::vector<char> scratchMemory(tiling.scratchBytes + 256, 0x7f);
  for (int64_t threads : {1, 2, 3, 7}) {
    c = start;
    std::fill(scratchMemory.begin(), scratchMemory.end(), 0x7f);
    auto *scratch = reinterpret_cast<char *>(
        (reinterpret_cast<uintptr_t>(scratchMemory.data()) + 63) / 64 * 64);
    for (int64_t thread = 0; thread < threads; ++thread)
      kernel(a.data() + guard, b.data() + guard, c.data() + guard, scratch, thread, threads);
    for (const char *p = scratch + tiling.scratchBytes;
         p < scratchMemory.data() + scratchMemory.size(); ++p)
      if (*p != 0x7f)
        return "writes behind the scratch memory";
    for (size_t i = 0; i < c.size(); ++i) {
      const bool same = std::isnan(expected[i]) ? std::isnan(c[i]) : c[i] == expected[i];
      if (!same)
        return llvm::formatv("{0} threads: c[{1}] = {2}, expected {3}", threads,
                             static_cast<int64_t>(i) - guard, c[i], expected[i])
            .str();
    }
  }
  return "";
}

} // namespace

std::string compare(const ContractionProblem &problem, const ContractionTiling &tiling,
                    KernelFunction *kernel) {
  return problem.elementType.isF32() ? compareAs<float>(problem, tiling, kernel)
                                     : compareAs<double>(problem, tiling, kernel);
}

ProblemSet::ProblemSet(MLIRContext &context, const TargetDescription &target)
    : module(ModuleOp::create(UnknownLoc::get(&context))), target(target) {}

void ProblemSet::add(const std::string &name, const ContractionProblem &problem) {
  add(name, problem, chooseTiling(problem, target, 2));
}

void ProblemSet::add(const std::string &name, const ContractionProblem &problem,
                     const ContractionTiling &tiling) {
  addKernel(*module, kernelName(entries.size()), problem, target, tiling);
  entries.push_back({name, problem, tiling});
}

std::string ProblemSet::run() {
  std::string report;
  if (!runsHere(target))
    return report;
  Jit jit(*module, target);
  for (size_t i = 0; i < entries.size(); ++i) {
    const Entry &entry = entries[i];
    std::string wrong =
        compare(entry.problem, entry.tiling, jit.function<KernelFunction>(kernelName(i)));
    if (!wrong.empty())
      report += entry.name + ": " + wrong + " (" + entry.tiling.reason + ")\n";
  }
  return report;
}

} // namespace nnc::test
