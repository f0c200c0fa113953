// The part of the runtime that profiled programs are linked with, by the symbol nnc_profiler. In an object
// of its own, to which nothing else refers.
#include "runtime/exec/Profile.h"

namespace nnc::runtime {

static std::unique_ptr<Profile> make(const Function &function) {
  return std::make_unique<Profile>(function);
}

} // namespace nnc::runtime

extern "C" {
extern const bool nnc_profiler;
const bool nnc_profiler = (nnc::runtime::makeProfile = nnc::runtime::make) != nullptr;
}
