// JSON texts: examples to predict; and what was parsed is the same after it was printed.
// RUN: rm -rf %t && mkdir %t && fuzz-json %{fuzz} %t %S/corpus/json
#include "tests/fuzz/Fields.h"
#include "tests/fuzz/JsonMutator.h"

#include "runtime/cli/Predictions.h"

using namespace nnc;
using namespace nnc::runtime;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  return fuzz::mutateJson(data, size, maxSize, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = fuzz::placeFile("a.json", data, size);
  fuzz::callReader(path, [&] {
    Json json = parseJson({reinterpret_cast<const char *>(data), size}, path);
    std::string printed = dumpJson(json);
    fuzz::require(dumpJson(parseJson(printed, path)) == printed, "JSON changes when it is printed");
  });
  DataBlock fields{"input",
                   {{"x", DType::F32, {2, 2}, 0, {}},
                    {"n", DType::I32, {}, 0, {}},
                    {"kind", DType::I32, {2}, 3, {"a", "b", "1"}}},
                   {}};
  for (; !fields.fields.empty(); fields.fields.pop_back()) {
    fuzz::callReader(path, [&] {
      Dataset dataset = readExamples(path, fields, nullptr, {});
      for (size_t i = 0; i < fields.fields.size(); ++i)
        fuzz::checkField(fields.fields[i], dataset.fields[i], dataset.examples);
    });
  }
  return 0;
}
