// CSV files, as training data and as examples to predict. The first byte says what the program says
// of them.
// RUN: rm -rf %t && mkdir %t && fuzz-csv %{fuzz} %t %S/corpus/csv
#include "tests/fuzz/Fields.h"

#include "runtime/data/Csv.h"
#include "runtime/cli/Predictions.h"

using namespace nnc;
using namespace nnc::runtime;

static void checkDataset(const DataBlock &block, const Dataset &dataset) {
  for (size_t i = 0; i < block.fields.size(); ++i)
    fuzz::checkField(block.fields[i], dataset.fields[i], dataset.examples);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  uint8_t choice = data[0];
  std::string path = fuzz::placeFile("t.csv", data + 1, size - 1);
  DataBlock block{"table",
                  {{"size", DType::F32, {2}, 0, {}},
                   {"count", DType::I32, {}, 0, {}},
                   {"kind", DType::I32, {}, 3, {}}},
                  {}};
  if (choice & 1)
    block.fields[2].classNames = {"a", "b", "c"};
  DataSplit split;
  split.name = "train";
  split.reader = "csv";
  split.files = {path};
  if (choice & 2)
    split.header = (choice & 4) != 0;
  if (choice & 8)
    split.separator = choice & 16 ? ';' : '|';
  using Columns = std::vector<Column>;
  if (choice & 32)
    split.columns = {{"size", Columns{std::string("x"), std::string("y")}},
                     {"count", Columns{std::string("n")}},
                     {"kind", Columns{std::string("k")}}};
  else if (choice & 64)
    split.columns = {{"size", Columns{int64_t(3), int64_t(0)}},
                     {"count", Columns{int64_t(1)}},
                     {"kind", Columns{int64_t(2)}}};
  block.splits = {split};
  DataConventions conventions;
  fuzz::callReader(path, [&] { checkDataset(block, readSplit(block, split, "", conventions)); });
  DataBlock inputs{"input", {block.fields[0], block.fields[2]}, {}};
  fuzz::callReader(path,
                   [&] { checkDataset(inputs, readExamples(path, inputs, &block, conventions)); });
  return 0;
}
