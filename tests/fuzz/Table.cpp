// Tables with transforms, gaps, categories and comments; read as a whole, and as data larger than
// memory, whose parts end anywhere. The first two bytes say what the program says of them.
// RUN: rm -rf %t && mkdir %t && fuzz-table %{fuzz} %t %S/corpus/table
#include "tests/fuzz/Support.h"

#include "runtime/data/CsvParts.h"
#include "runtime/data/Dataset.h"

#include <string>
#include <vector>

using namespace nnc;
using namespace nnc::runtime;

namespace {

using Kind = Transform::Kind;
using Policy = Transform::Policy;

Transform transformOf(Kind kind, Policy policy = Policy::None) {
  Transform transform;
  transform.kind = kind;
  transform.policy = policy;
  if (kind == Kind::Missing || kind == Kind::IsMissing)
    transform.marks = {"?"};
  return transform;
}

/// The rows of a table, each with its line, or the message of a refusal.
struct Table {
  std::vector<std::vector<std::string>> rows;
  std::string problem;

  void add(CsvReader &reader) {
    while (reader.next()) {
      rows.push_back({std::to_string(reader.line())});
      for (std::string_view cell : reader.cells())
        rows.back().emplace_back(cell);
    }
  }
};

/// The result of readSplit(), as far as it is the same in memory and outside.
struct Read {
  std::string problem;
  Dataset dataset;
  DataConventions conventions;

  Read(const DataBlock &block, DataSplit split, int64_t memory) {
    split.memory = memory;
    try {
      dataset = readSplit(block, split, "", conventions);
    } catch (const Error &error) {
      problem = error.what();
      fuzz::require(problem.starts_with(split.files[0]) || problem.starts_with("'") ||
                        problem.starts_with("example"),
                    problem.c_str());
      fuzz::require(problem.find('\n') == std::string::npos, problem.c_str());
    }
  }
};

void compareParts(const std::string &path, const uint8_t *data, size_t size,
                  const text::CsvFormat &format, size_t partBytes) {
  Table whole, parts;
  try {
    CsvReader reader(toUtf8(Bytes(data, data + size), path.c_str(), text::Encoding::Utf8), path,
                     format);
    whole.add(reader);
  } catch (const Error &error) {
    whole.problem = error.what();
  }
  try {
    CsvParts reader(path, format, text::Encoding::Utf8, partBytes, true);
    while (std::optional<CsvReader> part = reader.next()) {
      parts.add(*part);
      reader.goOnAfter(*part);
    }
  } catch (const Error &error) {
    parts.problem = error.what();
  }
  fuzz::require(whole.problem.empty() == parts.problem.empty(), "a part is refused, or the whole");
  if (whole.problem.empty())
    fuzz::require(whole.rows == parts.rows, "the parts have other rows than the whole");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  const uint8_t choice = data[0], more = data[1];
  data += 2;
  size -= 2;
  const std::string path = fuzz::placeFile("t.csv", data, size);
  text::CsvFormat format{';', choice & 1 ? "#" : "", choice & 2 ? "." : ""};
  compareParts(path, data, size, format, 1 + more);

  DataBlock block;
  block.name = "table";
  block.fields = {{"a", DType::F32, {}, 0, {}},
                  {"b", DType::F32, {2}, 0, {}},
                  {"when", DType::F64, {}, 0, {}},
                  {"kind", DType::I32, {}, 3, {}}};
  const Policy policies[] = {Policy::Drop, Policy::Mean, Policy::Median, Policy::MostFrequent,
                             Policy::Previous};
  const Policy policy = policies[more % 5];
  if (choice & 4)
    block.fields[0].transforms = {transformOf(Kind::Missing, policy), transformOf(Kind::Log1p),
                                  transformOf(Kind::Standardize)};
  if (choice & 8)
    block.fields[1].transforms = {transformOf(Kind::Missing, policy), transformOf(Kind::MinMax)};
  if (choice & 16)
    block.fields[2].transforms = {transformOf(Kind::Date)};
  const bool hasCategories = choice & 32;
  if (hasCategories)
    block.fields[3].categories = true;
  if (hasCategories && (choice & 64))
    block.fields[3].transforms = {transformOf(Kind::Missing, Policy::Category),
                                  transformOf(Kind::Unknown, Policy::Category)};
  DataSplit split;
  split.name = "train";
  split.reader = "csv";
  split.files = {path};
  split.header = false;
  split.separator = format.separator;
  split.comment = format.comment;
  split.strip = format.strip;
  split.decimalComma = choice & 128;
  const Read whole(block, split, 0);
  if (size % 4 != 0) // the others are slower
    return 0;
  const Read large(block, split, 1'000'000);
  fuzz::require(whole.problem.empty() == large.problem.empty(),
                (whole.problem + " | " + large.problem).c_str());
  if (!whole.problem.empty())
    return 0;
  fuzz::require(whole.dataset.examples == large.dataset.examples, "other examples");
  fuzz::require(whole.conventions.statistics == large.conventions.statistics, "other statistics");
  fuzz::require(whole.conventions.classes == large.conventions.classes, "other classes");
  for (size_t field = 0; field < block.fields.size(); ++field) {
    const FieldData &one = whole.dataset.fields[field], &other = large.dataset.fields[field];
    const size_t bytes =
        static_cast<size_t>(whole.dataset.examples * elementCount(one.shape)) * sizeOf(one.storage);
    fuzz::require(one.storage == other.storage && one.bytes.size() == bytes &&
                      std::string_view(one.data(0), bytes) ==
                          std::string_view(other.data(0), bytes),
                  "a field has other values outside of memory");
  }
  return 0;
}
