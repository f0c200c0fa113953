#include "runtime/exec/ThreadPool.h"
#include "runtime/Abi.h"

#include <chrono>
#include <gtest/gtest.h>
#include <numeric>
#include <thread>

namespace nnc::runtime {

TEST(ThreadPoolTest, RunsEveryThreadOnce) {
  for (int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    std::vector<int> calls(static_cast<size_t>(threads));
    for (int round = 0; round < 200; ++round)
      pool.run(
          [](void *context, int64_t thread, int64_t) {
            ++(*static_cast<std::vector<int> *>(context))[static_cast<size_t>(thread)];
          },
          &calls);
    EXPECT_EQ(calls, std::vector<int>(static_cast<size_t>(threads), 200));
  }
}

TEST(ThreadPoolTest, WakesSleepingThreads) {
  ThreadPool pool(3);
  int64_t sum[3] = {};
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pool.run([](void *context, int64_t thread,
                int64_t threads) { static_cast<int64_t *>(context)[thread] += threads; },
             sum);
  }
  EXPECT_EQ(sum[0] + sum[1] + sum[2], 27);
}

// Between two barriers every thread reads what its neighbour wrote before the first one.
TEST(ThreadPoolTest, BarrierSeparatesPhases) {
  struct Context {
    int64_t values[8] = {};
    int64_t errors[8] = {};
  };
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    Context context;
    for (int call = 0; call < 3; ++call)
      pool.run(
          [](void *pointer, int64_t thread, int64_t threads) {
            Context &context = *static_cast<Context *>(pointer);
            for (int64_t round = 1; round <= 300; ++round) {
              context.values[thread] = round;
              nnc_barrier();
              context.errors[thread] += context.values[(thread + 1) % threads] != round;
              nnc_barrier();
            }
          },
          &context);
    EXPECT_EQ(std::accumulate(context.errors, context.errors + 8, int64_t(0)), 0) << threads;
  }
}

TEST(ThreadPoolTest, BarrierOutsideOfAPoolReturns) {
  ThreadPool pool(1);
  pool.run([](void *, int64_t, int64_t) { nnc_barrier(); }, nullptr);
  EXPECT_GE(defaultThreads(), 1);
}

} // namespace nnc::runtime
