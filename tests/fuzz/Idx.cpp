// IDX files, and the arrays in them as fields.
// RUN: rm -rf %t && mkdir %t && fuzz-idx %{fuzz} %t %S/corpus/idx
#include "tests/fuzz/Fields.h"

#include "runtime/data/Idx.h"

using namespace nnc;
using namespace nnc::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = fuzz::placeFile("a.idx", data, size);
  fuzz::callReader(path, [&] { fuzz::useAsFields(readIdx(path)); });
  return 0;
}
