// The processor's f32 multiply-add peak right now, in GFLOP/s over all threads: what shares of peak
// are measured against.
//
//     fma-peak [--threads N]      prints {"gflops": X, "threads": N}
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int width = 16;
#elif defined(__AVX__)
constexpr int width = 8;
#else
constexpr int width = 4;
#endif
typedef float Vector __attribute__((vector_size(width * sizeof(float))));

// Enough independent chains to hide the latency of two multiply-adds a cycle; few enough for 16
// registers. Variables of their own and not an array, which the compiler would keep in memory.
#define FOR_EACH_CHAIN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
constexpr int chains = 12;

float multiplyAdd(long iterations) {
  Vector factor = Vector{} + 0.999f, addend = Vector{} + 0.001f;
#define DECLARE(i) Vector sum##i = Vector{} + float(i + 2);
#define STEP(i) sum##i = sum##i * factor + addend;
#define FIRST(i) +sum##i[0]
  FOR_EACH_CHAIN(DECLARE)
  for (long k = 0; k < iterations; ++k) {
    FOR_EACH_CHAIN(STEP)
  }
  return 0 FOR_EACH_CHAIN(FIRST);
}

/// Best of several short runs: the peak is what the processor can do when nothing disturbs it.
double peak(int threads) {
  constexpr long iterations = 2'000'000;
  constexpr int runs = 9;
  double best = 0;
  for (int run = 0; run < runs; ++run) {
    std::atomic<int> ready = 0;
    std::vector<double> seconds(threads);
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
      workers.emplace_back([&, t] {
        ready.fetch_add(1);
        while (ready.load() < threads)
          ;
        auto start = std::chrono::steady_clock::now();
        volatile float sink = multiplyAdd(iterations);
        (void)sink;
        seconds[t] =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      });
    for (std::thread &worker : workers)
      worker.join();
    double gflops = 0;
    for (double s : seconds)
      gflops += 2.0 * width * chains * iterations / s * 1e-9;
    best = std::max(best, gflops);
  }
  return best;
}

} // namespace

int main(int count, char **arguments) {
  int threads = 1;
  if (count == 3 && !std::strcmp(arguments[1], "--threads"))
    threads = std::max(1, std::atoi(arguments[2]));
  std::printf("{\"gflops\": %.1f, \"threads\": %d}\n", peak(threads), threads);
}
