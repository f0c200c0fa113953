// Implements the search for the first nan. Operations make the quiet nan of the processor, and those
// that get one pass it on: other bits of a nan's form are integers.
#include "runtime/exec/NanSearch.h"

#include "runtime/exec/Profile.h"

#include <cstring>
#include <optional>

namespace nnc::runtime {

namespace {

template <typename Bits> bool contains(const char *memory, size_t bytes, Bits pattern) {
  const Bits sign = Bits{1} << (8 * sizeof(Bits) - 1);
  for (size_t place = 0; place + sizeof(Bits) <= bytes; place += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, memory + place, sizeof bits);
    if ((bits & ~sign) == pattern)
      return true;
  }
  return false;
}

class NanSearch : public RegionObserver {
public:
  NanSearch(Execution &execution, BoundFunction &function, bool infinite)
      : execution(execution), function(function), infinite(infinite) {}

  void mark(size_t region) override {
    search();
    current = region;
  }
  /// Whether the region that ran last, if any, has made what is searched for.
  void search() {
    if (!found && current && isThere())
      found = current;
  }
  std::optional<size_t> found;

private:
  bool isThere() const {
    const Description &description = execution.description();
    auto in = [&](const char *memory, size_t bytes) {
      return description.floatType == DType::F64
                 ? contains<uint64_t>(memory, bytes, infinite ? 0x7ffull << 52 : 0xfffull << 51)
                 : contains<uint32_t>(memory, bytes, infinite ? 0xffu << 23 : 0x1ffu << 22);
    };
    return in(execution.scratch(), function.description().arenaBytes) ||
           in(function.outputBlock(), function.description().outputBytes) ||
           in(execution.persistent(), description.persistentBytes);
  }

  Execution &execution;
  BoundFunction &function;
  const bool infinite;
  std::optional<size_t> current;
};

} // namespace

const Region *findFirstNan(Execution &execution, BoundFunction &function, const int64_t *rows,
                           int64_t count, bool infinite) {
  const Function &described = function.description();
  if (described.regions.empty())
    return nullptr;
  NanSearch search(execution, function, infinite);
  std::memset(execution.scratch(), 0, described.arenaBytes);
  observeRegions(&search);
  function.runAlone(rows, count);
  observeRegions(nullptr);
  search.search();
  return search.found ? &described.regions[*search.found] : nullptr;
}

} // namespace nnc::runtime
