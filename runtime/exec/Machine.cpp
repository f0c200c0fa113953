// Implements the check of processor features and of memory, also within a control group.
#include "runtime/exec/Machine.h"

#include "runtime/Abi.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nnc::runtime {

namespace {

#if defined(__x86_64__)

enum Register { EAX, EBX, ECX, EDX };

/// One word of what the instruction `cpuid` says; 0 where it says nothing.
unsigned processorWord(unsigned leaf, unsigned subleaf, Register which) {
  unsigned words[4] = {};
  if (!__get_cpuid_count(leaf, subleaf, &words[EAX], &words[EBX], &words[ECX], &words[EDX]))
    return 0;
  // Leaf 7, the only one of which more than the first subleaf is asked for, says in its first word
  // how many there are.
  if (subleaf > 0) {
    unsigned first[4] = {};
    __get_cpuid_count(leaf, 0, &first[EAX], &first[EBX], &first[ECX], &first[EDX]);
    if (first[EAX] < subleaf)
      return 0;
  }
  return words[which];
}

/// Which registers the operating system saves when it changes from one thread to another.
uint64_t savedRegisters() {
  constexpr unsigned osxsave = 1u << 27;
  if (!(processorWord(1, 0, ECX) & osxsave))
    return 0;
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

bool hasFeature(const std::string &name) {
#define NNC_FEATURE(NAME, LEAF, SUBLEAF, REGISTER, BIT, SAVED)                                     \
  if (name == NAME)                                                                                \
    return (processorWord(LEAF, SUBLEAF, REGISTER) >> BIT & 1) != 0 &&                             \
           (savedRegisters() & SAVED) == SAVED;
  NNC_X86_FEATURES(NNC_FEATURE)
#undef NNC_FEATURE
  return false;
}

#else

/// No code is compiled for features of other architectures beyond their baseline.
bool hasFeature(const std::string &) { return false; }

#endif

/// The number in a file of one line, or `otherwise` if it holds none ("max").
uint64_t numberIn(const std::string &path, uint64_t otherwise) {
  std::FILE *file = std::fopen(path.c_str(), "re");
  if (!file)
    return otherwise;
  unsigned long long value = 0;
  bool found = std::fscanf(file, "%llu", &value) == 1;
  std::fclose(file);
  return found ? value : otherwise;
}

/// The least limit of the control groups that this process is in, of either version.
uint64_t groupLimit() {
  std::FILE *file = std::fopen("/proc/self/cgroup", "re");
  if (!file)
    return UINT64_MAX;
  uint64_t limit = UINT64_MAX;
  char line[4096];
  while (std::fgets(line, sizeof line, file)) {
    // "0::/path", or "4:memory:/path" of version 1
    line[std::strcspn(line, "\n")] = '\0';
    char *controllers = std::strchr(line, ':');
    char *path = controllers ? std::strchr(controllers + 1, ':') : nullptr;
    if (!path)
      continue;
    std::string names(controllers + 1, path), group(path + 1);
    const bool second = names.empty();
    if (!second && ("," + names + ",").find(",memory,") == std::string::npos)
      continue;
    const std::string root = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const char *name = second ? "/memory.max" : "/memory.limit_in_bytes";
    // From the group up to the root. In a container the group's path may be another one's.
    for (;; group.erase(group.find_last_of('/'))) {
      limit = std::min(limit, numberIn(root + group + name, UINT64_MAX));
      if (group.find('/') == std::string::npos)
        break;
    }
  }
  std::fclose(file);
  return limit;
}

} // namespace

std::vector<std::string> missingFeatures(const std::vector<std::string> &features) {
  std::vector<std::string> missing;
  for (const std::string &feature : features)
    if (!hasFeature(feature))
      missing.push_back(feature);
  return missing;
}

size_t usableMemory() {
  struct sysinfo info = {};
  uint64_t memory = UINT64_MAX, swap = 0;
  if (sysinfo(&info) == 0) {
    memory = uint64_t{info.totalram} * info.mem_unit;
    swap = uint64_t{info.totalswap} * info.mem_unit;
  }
  memory = std::min(memory, groupLimit());
  memory = memory > UINT64_MAX - swap ? UINT64_MAX : memory + swap;
  rlimit limit = {};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    memory = std::min<uint64_t>(memory, limit.rlim_cur);
  return static_cast<size_t>(memory);
}

} // namespace nnc::runtime
