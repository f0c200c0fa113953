#include "tests/benchmarks/kernels/Measure.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <ctime>
#include <thread>

using namespace mlir;

namespace nnc::test {
namespace {

double now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

/// All threads meet here; spins, since what is timed is short.
class Barrier {
public:
  explicit Barrier(int64_t threads) : threads(threads) {}
  void wait() {
    const int64_t mine = generation.load();
    if (arrived.fetch_add(1) + 1 == threads) {
      arrived.store(0);
      generation.fetch_add(1);
      return;
    }
    while (generation.load() == mine) {
    }
  }

private:
  const int64_t threads;
  std::atomic<int64_t> arrived{0}, generation{0};
};

double timeCalls(const Subject &subject, int64_t calls) {
  if (subject.threads == 1) {
    const double start = now(CLOCK_THREAD_CPUTIME_ID);
    for (int64_t i = 0; i < calls; ++i)
      subject.run(0, 1);
    return (now(CLOCK_THREAD_CPUTIME_ID) - start) / calls;
  }
  Barrier barrier(subject.threads);
  double seconds = 0;
  auto work = [&](int64_t thread) {
    barrier.wait();
    const double start = now(CLOCK_MONOTONIC);
    for (int64_t i = 0; i < calls; ++i) {
      subject.run(thread, subject.threads);
      barrier.wait();
    }
    if (thread == 0)
      seconds = (now(CLOCK_MONOTONIC) - start) / calls;
  };
  std::vector<std::thread> others;
  for (int64_t thread = 1; thread < subject.threads; ++thread)
    others.emplace_back(work, thread);
  work(0);
  for (std::thread &other : others)
    other.join();
  return seconds;
}

} // namespace

double Subject::best() const { return *std::min_element(seconds.begin(), seconds.end()); }

double Subject::median() const {
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

void measure(std::vector<Subject *> subjects, int rounds, double milliseconds) {
  std::vector<int64_t> calls;
  for (Subject *subject : subjects) {
    timeCalls(*subject, 1);
    calls.push_back(
        std::max<int64_t>(1, std::lround(milliseconds * 1e-3 / timeCalls(*subject, 2))));
  }
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < subjects.size(); ++i)
      subjects[i]->seconds.push_back(timeCalls(*subjects[i], calls[i]));
}

double addPeakKernel(ModuleOp module, FloatType type, const TargetDescription &target) {
  constexpr int sums = 12;
  const int64_t lanes = target.lanes(type.getWidth());
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location loc = builder.getUnknownLoc();
  auto vectorType = VectorType::get({lanes}, type);
  auto memory = MemRefType::get({(sums + 2) * lanes}, type);
  auto function = func::FuncOp::create(
      builder, loc, "peak", builder.getFunctionType({memory, builder.getIndexType()}, {}));
  mlir::Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  Value base = entry->getArgument(0);
  SmallVector<Value> values;
  for (int i = 0; i < sums + 2; ++i)
    values.push_back(
        vector::LoadOp::create(builder, loc, vectorType, base,
                               Value(arith::ConstantIndexOp::create(builder, loc, i * lanes))));
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  auto loop = scf::ForOp::create(
      builder, loc, zero, entry->getArgument(1), one, ArrayRef(values).take_front(sums),
      [&](OpBuilder &, Location, Value, ValueRange carried) {
        SmallVector<Value> next;
        for (Value sum : carried)
          if (target.hasFma)
            next.push_back(
                vector::FMAOp::create(builder, loc, sum, values[sums], values[sums + 1]));
          else
            next.push_back(arith::AddFOp::create(
                builder, loc, arith::MulFOp::create(builder, loc, sum, values[sums]),
                values[sums + 1]));
        scf::YieldOp::create(builder, loc, next);
      });
  for (auto [i, sum] : llvm::enumerate(loop.getResults()))
    vector::StoreOp::create(builder, loc, sum, base,
                            Value(arith::ConstantIndexOp::create(builder, loc, i * lanes)));
  func::ReturnOp::create(builder, loc);
  return 2.0 * sums * lanes;
}

} // namespace nnc::test
