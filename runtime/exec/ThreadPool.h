// The pool on which compiled functions run: every thread executes the same function (SPMD), and
// nnc_barrier() separates its phases. Threads wait by spinning for about 100 microseconds and sleep
// after that.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace nnc::runtime {

/// Cores that this process may use, one per physical core, limited by the CPU quota of its control
/// group.
int defaultThreads();

/// A number that goes up, and threads that wait until it has. Waiting costs no system call if the
/// number goes up soon, and no processor if it does not; raising it costs none unless a thread
/// sleeps.
class WaitCounter {
public:
  uint32_t load() const { return value.load(std::memory_order_acquire); }
  void raise();
  /// Returns as soon as the number differs from `old`.
  void waitWhile(uint32_t old);

private:
  alignas(64) std::atomic<uint32_t> value{0};
  std::atomic<uint32_t> sleepers{0};
};

class ThreadPool {
public:
  using Task = void (*)(void *context, int64_t thread, int64_t threads);

  /// `threads` >= 1, the caller of run() included.
  explicit ThreadPool(int threads);
  ThreadPool(const ThreadPool &) = delete;
  ~ThreadPool();

  /// Calls `task` on all threads (the caller is thread 0) and returns when all have finished. Not
  /// reentrant; one pool of the process may run at a time, because the barrier belongs to the
  /// process.
  void run(Task task, void *context);

  /// Runs a task that expects a pool on this thread alone.
  static void runAlone(Task task, void *context);

  int threads() const { return threadCount; }

private:
  void work(int64_t thread);

  const int threadCount;
  WaitCounter started, finished; ///< calls of run()
  alignas(64) std::atomic<int> running{0};
  Task task = nullptr;
  void *context = nullptr;
  bool stopping = false;
  std::vector<std::thread> workers;
};

} // namespace nnc::runtime
