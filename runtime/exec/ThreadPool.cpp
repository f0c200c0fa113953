// Implements ThreadPool: threads that spin for a while and then sleep.
#include "runtime/exec/ThreadPool.h"

#include "runtime/Abi.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <linux/futex.h>
#include <sched.h>
#include <string>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace nnc::runtime {

namespace {

inline void pauseSpinning() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Time for which a waiting thread keeps its core: waking a sleeper costs tens of microseconds,
/// more than most kernels take.
constexpr std::chrono::microseconds spinTime(100);

/// With more threads than cores a spinning thread only keeps others from finishing.
bool oversubscribed = false;

/// True if `done()` came true while spinning.
template <typename Predicate> bool spin(Predicate done) {
  if (done())
    return true;
  if (oversubscribed)
    return false;
  auto end = std::chrono::steady_clock::now() + spinTime;
  do {
    for (int i = 0; i < 64; ++i) {
      if (done())
        return true;
      pauseSpinning();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

void futex(std::atomic<uint32_t> &word, int operation, uint32_t argument) {
  static_assert(sizeof word == sizeof(uint32_t));
  syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, argument, nullptr, nullptr, 0);
}

/// A central barrier: the last to arrive opens the next generation. It needs no state per thread,
/// because no thread can arrive at the next barrier before the generation has changed.
struct Barrier {
  int threads = 1; ///< written only while no function runs
  alignas(64) std::atomic<int> arrived{0};
  WaitCounter generation;
};
Barrier barrier;

int availableCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return std::max(1u, std::thread::hardware_concurrency());
  return std::max(1, CPU_COUNT(&set));
}

bool readLine(const std::string &path, char *line, int size) {
  std::FILE *file = std::fopen(path.c_str(), "r");
  if (!file)
    return false;
  bool good = std::fgets(line, size, file) != nullptr;
  std::fclose(file);
  return good;
}

} // namespace

// The order of all four accesses below is total, so that either the raiser sees the sleeper or the
// sleeper the new number. Sleeping was measured against yielding: as good when other processes use
// the cores, and with more threads than cores 0.03 ms instead of 12 ms for a step that does little.
void WaitCounter::raise() {
  value.fetch_add(1);
  if (sleepers.load() != 0)
    futex(value, FUTEX_WAKE, INT32_MAX);
}

void WaitCounter::waitWhile(uint32_t old) {
  if (spin([&] { return load() != old; }))
    return;
  sleepers.fetch_add(1);
  while (value.load() == old)
    futex(value, FUTEX_WAIT, old);
  sleepers.fetch_sub(1);
}

int defaultThreads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = 0;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    // A core is counted at the first of its hardware threads.
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &set))
        continue;
      char line[64];
      int first = cpu;
      if (readLine(text("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu), line,
                   sizeof line))
        std::sscanf(line, "%d", &first);
      cores += first == cpu || !CPU_ISSET(first, &set);
    }
  }
  cores = std::max(1, cores);
  char line[64];
  double quota, period;
  if (readLine("/sys/fs/cgroup/cpu.max", line, sizeof line) &&
      std::sscanf(line, "%lf %lf", &quota, &period) == 2 && period > 0)
    cores = std::clamp(static_cast<int>(quota / period + 0.5), 1, cores);
  return cores;
}

ThreadPool::ThreadPool(int threads) : threadCount(std::max(1, threads)) {
  oversubscribed = threadCount > availableCpus();
  for (int64_t thread = 1; thread < threadCount; ++thread) {
    try {
      workers.emplace_back([this, thread] { work(thread); });
    } catch (const std::system_error &) {
      stopping = true;
      started.raise();
      for (std::thread &worker : workers)
        worker.join();
      fail("cannot start %d threads", threadCount);
    }
  }
}

ThreadPool::~ThreadPool() {
  stopping = true;
  started.raise();
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadPool::run(Task newTask, void *newContext) {
  if (threadCount == 1)
    return runAlone(newTask, newContext);
  barrier.threads = threadCount;
  task = newTask;
  context = newContext;
  running.store(threadCount - 1, std::memory_order_relaxed);
  uint32_t before = finished.load();
  started.raise();
  newTask(newContext, 0, threadCount);
  finished.waitWhile(before);
}

void ThreadPool::runAlone(Task task, void *context) {
  barrier.threads = 1;
  task(context, 0, 1);
}

void ThreadPool::work(int64_t thread) {
  for (uint32_t seen = 0;; ++seen) {
    started.waitWhile(seen);
    if (stopping)
      return;
    task(context, thread, threadCount);
    if (running.fetch_sub(1, std::memory_order_acq_rel) == 1)
      finished.raise();
  }
}

} // namespace nnc::runtime

void nnc_barrier(void) {
  using namespace nnc::runtime;
  int threads = barrier.threads;
  if (threads == 1)
    return;
  uint32_t generation = barrier.generation.load();
  if (barrier.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
    barrier.arrived.store(0, std::memory_order_relaxed);
    barrier.generation.raise();
    return;
  }
  barrier.generation.waitWhile(generation);
}
