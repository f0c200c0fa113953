// Safetensors files: each tensor's data is where the reader says, and what was read can be written
// and read again.
// RUN: rm -rf %t && mkdir %t && fuzz-safetensors %{fuzz} %t %S/corpus/safetensors
#include "tests/fuzz/JsonMutator.h"
#include "tests/fuzz/Support.h"

#include "runtime/support/Safetensors.h"

using namespace nnc;
using namespace nnc::runtime;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  return fuzz::mutateSafetensors(data, size, maxSize, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = fuzz::placeFile("w.safetensors", data, size);
  fuzz::callReader(path, [&] {
    Safetensors file = Safetensors::read(path);
    size_t bytes = 0;
    for (const StoredTensor &tensor : file.tensors()) {
      fuzz::touch(tensor.data, tensor.bytes());
      fuzz::require(file.find(tensor.name) == &tensor, "a tensor is not found by its name");
      bytes += tensor.bytes();
    }
    fuzz::require(bytes <= 2 * size, "tensors have more bytes than the file");
  });
  return 0;
}
