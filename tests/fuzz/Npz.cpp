// NPZ and safetensors files as data: the arrays that they name, and where these stand.
// RUN: rm -rf %t && mkdir %t && fuzz-npz %{fuzz} %t %S/corpus/npz
#include "tests/fuzz/Fields.h"

#include "runtime/data/ArrayFiles.h"

using namespace nnc;
using namespace nnc::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string path = fuzz::placeFile("a.npz", data, size);
  fuzz::callReader(path, [&] {
    const NamedArrays arrays(path);
    for (const std::string &name : arrays.names()) {
      fuzz::require(arrays.has(name), "an array is not there under its own name");
      // Its checksum is not compared here, so that headers are reached, too.
      fuzz::callReader(path, [&] {
        const ArrayLayout layout = arrays.layout(name);
        fuzz::require(layout.start + layout.bytes(path) <= size, "an array ends behind its file");
        fuzz::useInFile(path, layout);
      });
      fuzz::callReader(path, [&] { fuzz::useAsFields(arrays.read(name)); });
    }
    fuzz::callReader(path, [&] { arrays.read("no such array"); });
  });
  return 0;
}
