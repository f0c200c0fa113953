// NPY files, and the arrays in them as fields.
// RUN: rm -rf %t && mkdir %t && fuzz-npy %{fuzz} %t %S/corpus/npy
#include "tests/fuzz/Fields.h"

#include "runtime/data/Npy.h"

using namespace nnc;
using namespace nnc::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = fuzz::placeFile("a.npy", data, size);
  fuzz::callReader(path, [&] {
    Array array = readNpy(path);
    std::string again = formatNpy(array.dtype, array.shape, array.bytes.data());
    std::string copy =
        fuzz::placeFile("b.npy", reinterpret_cast<const uint8_t *>(again.data()), again.size());
    Array second = readNpy(copy);
    fuzz::require(second.dtype == array.dtype && second.shape == array.shape &&
                      second.bytes == array.bytes,
                  "an array is not the same after it was written and read again");
    fuzz::useAsFields(array);
    fuzz::callReader(path, [&] {
      fuzz::useInFile(path, layoutOfNpy({reinterpret_cast<const char *>(data), size}, path));
    });
  });
  return 0;
}
