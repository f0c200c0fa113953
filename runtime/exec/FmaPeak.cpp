// Implements the measurement of the multiply-add peak, by a loop for each width of vectors.
#include "runtime/exec/FmaPeak.h"

#include "runtime/exec/Machine.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace nnc::runtime {

namespace {

// Enough independent chains to hide the latency of two multiply-adds a cycle; few enough for 16
// registers. Variables of their own and not an array, which the compiler would keep in memory.
#define FOR_EACH_CHAIN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
constexpr int chains = 12;

/// A loop of multiply-adds on vectors of `BYTES` bytes, for processors that have `FEATURES`.
#define DEFINE_LOOP(NAME, BYTES, FEATURES)                                                         \
  FEATURES float NAME(int64_t iterations) {                                                        \
    typedef float Vector __attribute__((vector_size(BYTES)));                                      \
    Vector factor = Vector{} + 0.999f, addend = Vector{} + 0.001f;                                 \
    FOR_EACH_CHAIN(DECLARE)                                                                        \
    for (int64_t k = 0; k < iterations; ++k) {                                                     \
      FOR_EACH_CHAIN(STEP)                                                                         \
    }                                                                                              \
    return 0 FOR_EACH_CHAIN(FIRST);                                                                \
  }
#define DECLARE(i) Vector sum##i = Vector{} + float(i + 2);
#define STEP(i) sum##i = sum##i * factor + addend;
#define FIRST(i) +sum##i[0]

DEFINE_LOOP(multiplyAdd128, 16, )
#if defined(__x86_64__)
DEFINE_LOOP(multiplyAdd256, 32, __attribute__((target("avx2,fma"))))
DEFINE_LOOP(multiplyAdd512, 64, __attribute__((target("avx512f"))))
#endif

struct Loop {
  float (*run)(int64_t iterations);
  int bytes;
};

Loop widestLoop() {
#if defined(__x86_64__)
  if (missingFeatures({"avx512f"}).empty())
    return {multiplyAdd512, 64};
  if (missingFeatures({"avx2", "fma"}).empty())
    return {multiplyAdd256, 32};
#endif
  return {multiplyAdd128, 16};
}

struct Run {
  Loop loop;
  int64_t iterations;
  std::vector<double> seconds; ///< by thread
  std::vector<float> results;  ///< so that the loops have a purpose
};

void runLoop(void *context, int64_t thread, int64_t) {
  Run &run = *static_cast<Run *>(context);
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  float result = run.loop.run(run.iterations);
  run.seconds[static_cast<size_t>(thread)] =
      std::chrono::duration<double>(Clock::now() - start).count();
  run.results[static_cast<size_t>(thread)] = result;
}

} // namespace

double measureFmaPeak(ThreadPool &pool, DType type) {
  size_t threads = static_cast<size_t>(pool.threads());
  Run run{widestLoop(), 200'000, std::vector<double>(threads), std::vector<float>(threads)};
  int lanes = run.loop.bytes / static_cast<int>(sizeOf(type)); // f64: half of them
  double flop = 2.0 * lanes * chains * static_cast<double>(run.iterations);
  double best = 0;
  for (int repetition = 0; repetition < 40; ++repetition) {
    pool.run(runLoop, &run);
    double gflops = 0;
    for (double seconds : run.seconds)
      gflops += flop / seconds * 1e-9;
    best = std::max(best, gflops);
  }
  return best;
}

} // namespace nnc::runtime
