#include "runtime/Csv.h"
#include "runtime/Json.h"
#include "runtime/Predictions.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>

namespace nnc::runtime {

DataBlock predictFields(const Function &predict, const DataBlock *block) {
  DataBlock fields;
  fields.name = "input";
  for (const InputField &input : predict.fields) {
    if (input.exampleWeight)
      continue;
    DataField field;
    field.name = input.name;
    field.dtype = input.dtype;
    field.shape.assign(input.shape.begin() + 1, input.shape.end());
    if (const DataField *declared = block ? block->field(input.name) : nullptr) {
      field.classes = declared->classes;
      field.classNames = declared->classNames;
    }
    fields.fields.push_back(std::move(field));
  }
  return fields;
}

/// How the columns of the training data are laid out, for a file with `width` columns and these
/// names: by name if all names are there, by position if the file is as wide as the training data.
/// Else empty: left to right.
static std::map<std::string, std::vector<Column>>
chooseColumns(const DataBlock &fields, const DataBlock *block, size_t width,
              const std::vector<std::string> &names) {
  const DataSplit *split = block ? block->split("train") : nullptr;
  if (!split || split->reader != "csv")
    return {};
  std::map<std::string, std::vector<Column>> result;
  if (!split->columns.empty()) {
    int64_t last = -1;
    bool allNames = true;
    for (const DataField &field : fields.fields) {
      auto found = split->columns.find(field.name);
      if (found == split->columns.end())
        return {};
      for (const Column &column : found->second) {
        if (const std::string *name = std::get_if<std::string>(&column))
          allNames &= std::find(names.begin(), names.end(), *name) != names.end();
        else
          last = std::max(last, std::get<int64_t>(column));
      }
      result[field.name] = found->second;
    }
    size_t elements = 0;
    for (const DataField &field : fields.fields)
      elements += static_cast<size_t>(elementCount(field.shape));
    // A file with the input's columns and no others has them in the order of the fields.
    bool positionsFit = last < static_cast<int64_t>(width) && (last < 0 || width != elements);
    return allNames && positionsFit ? result : std::map<std::string, std::vector<Column>>();
  }
  int64_t next = 0;
  std::map<std::string, std::vector<Column>> all;
  for (const DataField &field : block->fields)
    for (int64_t i = 0; i < elementCount(field.shape); ++i)
      all[field.name].emplace_back(next++);
  if (next != static_cast<int64_t>(width))
    return {};
  for (const DataField &field : fields.fields) {
    if (!all.count(field.name))
      return {};
    result[field.name] = all[field.name];
  }
  return result;
}

static Dataset readCsvExamples(const std::string &path, const DataBlock &fields,
                               const DataBlock *block, ClassNames classes) {
  const DataSplit *train = block ? block->split("train") : nullptr;
  DataSplit split;
  split.name = "input";
  split.reader = "csv";
  split.files = {path};
  if (train && train->reader == "csv")
    split.separator = train->separator;
  Bytes content = readFileOrGz(path);
  std::string origin = path == "-" ? "standard input" : path;
  CsvReader first(content, origin, split.separator);
  if (!first.next())
    fail("%s: it is empty", origin.c_str());
  std::vector<std::string> names;
  split.header = looksLikeHeader(first.cells());
  if (*split.header)
    names.assign(first.cells().begin(), first.cells().end());
  split.columns = chooseColumns(fields, block, first.cells().size(), names);
  CsvFields reader(fields, split);
  reader.add(CsvReader(std::move(content), origin, split.separator));
  return reader.finish(classes);
}

namespace {

/// Reads examples out of a JSON text.
class JsonExamples {
public:
  JsonExamples(const std::string &origin, const DataBlock &fields)
      : origin(origin), fields(fields) {
    for (const DataField &field : fields.fields) {
      FieldData data;
      data.name = field.name;
      data.shape = field.shape;
      data.storage = field.dtype;
      dataset.fields.push_back(std::move(data));
    }
  }

  Dataset read(const Json &json) {
    if (json.is_array()) {
      for (const Json &example : json)
        readExample(example);
    } else {
      readExample(json);
    }
    return std::move(dataset);
  }

private:
  void readExample(const Json &example) {
    long long number = static_cast<long long>(dataset.examples);
    for (size_t i = 0; i < fields.fields.size(); ++i) {
      const DataField &field = fields.fields[i];
      const Json *value = &example;
      if (example.is_object()) {
        auto found = example.find(field.name);
        if (found == example.end())
          fail("%s: example %lld has no \"%s\"", origin.c_str(), number, field.name.c_str());
        value = &*found;
      } else if (fields.fields.size() > 1) {
        fail("%s: example %lld is no object with the model's inputs as members", origin.c_str(),
             number);
      }
      size_t before = dataset.fields[i].bytes.size();
      append(*value, field, dataset.fields[i]);
      int64_t elements =
          static_cast<int64_t>((dataset.fields[i].bytes.size() - before) / sizeOf(field.dtype));
      if (elements != elementCount(field.shape))
        fail("%s: example %lld: \"%s\" has %lld numbers, the model wants %s", origin.c_str(),
             number, field.name.c_str(), static_cast<long long>(elements),
             describe(field.shape).c_str());
    }
    ++dataset.examples;
  }

  void append(const Json &value, const DataField &field, FieldData &data) {
    if (value.is_array()) {
      for (const Json &element : value)
        append(element, field, data);
      return;
    }
    long long number = static_cast<long long>(dataset.examples);
    if (!value.is_number())
      fail("%s: example %lld: \"%s\" holds something that is no number", origin.c_str(), number,
           field.name.c_str());
    double real = value.get<double>();
    if (!isFloat(field.dtype)) {
      double high = field.classes ? static_cast<double>(field.classes - 1) : INT32_MAX;
      double low = field.classes ? 0 : INT32_MIN;
      if (!(real >= low && real <= high) || real != std::floor(real))
        fail("%s: example %lld: \"%s\" holds %g, not an integer in %.0f..%.0f", origin.c_str(),
             number, field.name.c_str(), real, low, high);
    }
    size_t size = data.bytes.size();
    data.bytes.resize(size + sizeOf(field.dtype));
    convertElements(reinterpret_cast<const char *>(&real), DType::F64, data.bytes.data() + size,
                    field.dtype, 1);
  }

  const std::string &origin;
  const DataBlock &fields;
  Dataset dataset;
};

} // namespace

static Dataset readArrayExamples(Array array, const DataBlock &fields) {
  if (fields.fields.size() != 1)
    fail("%s: an array holds one input, but the model has %zu: use .csv or .json",
         array.origin.c_str(), fields.fields.size());
  const DataField &field = fields.fields[0];
  // An array of the input's own shape is one example.
  if (array.shape == field.shape)
    array.shape.insert(array.shape.begin(), 1);
  Dataset dataset;
  dataset.examples = array.shape.empty() ? 0 : array.shape[0];
  dataset.fields.push_back(fieldFromArray(field, std::move(array)));
  return dataset;
}

Dataset readExamples(const std::string &path, const DataBlock &fields, const DataBlock *block,
                     const ClassNames &classes) {
  std::string name = path;
  if (extensionOf(name) == ".gz")
    name.resize(name.size() - 3);
  std::string extension = extensionOf(name);
  Dataset dataset;
  if (path == "-" || extension == ".csv" || extension == ".tsv" || extension == ".txt") {
    dataset = readCsvExamples(path, fields, block, classes);
  } else if (extension == ".npy") {
    dataset = readArrayExamples(readNpy(path), fields);
  } else if (extension == ".json") {
    Bytes content = readFileOrGz(path);
    dataset = JsonExamples(path, fields).read(parseJson({content.data(), content.size()}, path));
  } else if (extension == ".idx" || name.find("-idx") != std::string::npos) {
    dataset = readArrayExamples(readIdx(path), fields);
  } else {
    fail("%s: unknown kind of file; predict reads .csv, .npy, .json and IDX", path.c_str());
  }
  if (dataset.examples == 0)
    fail("%s: it holds no examples", path.c_str());
  return dataset;
}

} // namespace nnc::runtime
