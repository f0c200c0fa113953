#include "runtime/data/Csv.h"
#include "runtime/support/Json.h"
#include "runtime/cli/Predictions.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <unordered_set>

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

using Columns = std::map<std::string, std::vector<Column>>;

/// The names of the fields' columns in the training data: those that the program selects, else
/// those that its files have. Empty unless all are known.
static Columns namesInTraining(const DataBlock &fields, const DataSplit &train,
                               const DataConventions &conventions) {
  Columns result;
  for (const DataField &field : fields.fields) {
    std::vector<Column> &columns = result[field.name];
    if (auto selected = train.columns.find(field.name); selected != train.columns.end())
      columns = selected->second;
    bool named = !columns.empty() && std::all_of(columns.begin(), columns.end(), [](auto &column) {
      return std::holds_alternative<std::string>(column);
    });
    if (named)
      continue;
    auto known = conventions.columns.find(field.name);
    if (known == conventions.columns.end())
      return {};
    columns.assign(known->second.begin(), known->second.end());
  }
  return result;
}

/// The columns by position, if a file of this width can be laid out as the training data. Else
/// empty: it has the inputs' columns and no others, from left to right.
static Columns columnsByPosition(const DataBlock &fields, const DataBlock &block,
                                 const DataSplit &train, size_t width) {
  Columns all = train.columns, result;
  int64_t needed = 0;
  for (const DataField &field : block.fields) {
    if (train.columns.empty())
      for (int64_t i = 0; i < elementCount(field.shape); ++i)
        all[field.name].emplace_back(needed + i);
    for (const Column &column : all[field.name]) {
      const int64_t *place = std::get_if<int64_t>(&column);
      if (!place)
        return {};
      needed = std::max(needed, *place + 1);
    }
  }
  int64_t found = static_cast<int64_t>(width);
  if (train.columns.empty() ? found != needed : found < needed)
    return {};
  for (const DataField &field : fields.fields) {
    if (all[field.name].empty())
      return {};
    result[field.name] = all[field.name];
  }
  return result;
}

/// Throws Error unless the header has the names of the training data.
static void checkHeader(const CsvReader &reader, const Columns &columns) {
  std::vector<std::string> header(reader.cells().begin(), reader.cells().end()), wanted;
  for (const auto &[field, names] : columns)
    for (const Column &name : names)
      wanted.push_back(std::get<std::string>(name));
  std::unordered_set<std::string> present(header.begin(), header.end());
  for (const std::string &name : wanted)
    if (!present.count(name))
      fail("%s:%zu: its header (%s) has no column '%s' of the training data (%s)",
           reader.origin().c_str(), reader.line(), list(header).c_str(), printable(name).c_str(),
           list(wanted).c_str());
}

/// How a file with this first row is read: as the training data where that is CSV.
static DataSplit inputSplit(const CsvReader &reader, const DataBlock &fields,
                            const DataBlock *block, const DataConventions &conventions) {
  const DataSplit *train = block ? block->split("train") : nullptr;
  DataSplit split;
  split.name = "input";
  split.reader = "csv";
  bool anyNumber = std::any_of(fields.fields.begin(), fields.fields.end(),
                               [](const DataField &field) { return field.classes == 0; });
  if (!train || train->reader != "csv") {
    split.header = anyNumber && looksLikeHeader(reader);
    return split;
  }
  Columns names = namesInTraining(fields, *train, conventions);
  std::unordered_set<std::string_view> cells(reader.cells().begin(), reader.cells().end());
  bool named = !names.empty();
  for (const auto &[field, columns] : names)
    for (const Column &column : columns)
      named &= cells.count(std::get<std::string>(column)) != 0;
  // A row of words is no header where all inputs are classes: their names are known.
  split.header = train->header.value_or(named || (anyNumber && looksLikeHeader(reader)));
  if (*split.header && !names.empty()) {
    checkHeader(reader, names);
    split.columns = std::move(names);
  } else {
    split.columns = columnsByPosition(fields, *block, *train, reader.cells().size());
  }
  return split;
}

static Dataset readCsvExamples(const std::string &path, const DataBlock &fields,
                               const DataBlock *block, DataConventions &conventions) {
  const DataSplit *train = block ? block->split("train") : nullptr;
  Bytes content = readUtf8(path);
  std::string origin = path == "-" ? "standard input" : path;
  std::optional<char> separator = train ? train->separator : std::nullopt;
  CsvReader first(content, origin, separator);
  if (!first.next())
    fail("%s: it is empty", origin.c_str());
  DataSplit split = inputSplit(first, fields, block, conventions);
  CsvFields reader(fields, split, conventions);
  reader.add(CsvReader(std::move(content), origin, separator));
  return reader.finish();
}

namespace {

/// Reads examples out of a JSON text.
class JsonExamples {
public:
  JsonExamples(const std::string &origin, const DataBlock &fields, const ClassNames &classes)
      : origin(origin), fields(fields) {
    for (const DataField &field : fields.fields) {
      FieldData data;
      data.name = field.name;
      data.shape = field.shape;
      data.storage = field.dtype;
      dataset.fields.push_back(std::move(data));
      auto known = classes.find(field.name);
      names.push_back(known == classes.end() ? std::vector<std::string>() : known->second);
      indices.emplace_back(names.back());
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
    for (size_t i = 0; i < fields.fields.size(); ++i) {
      const DataField &field = fields.fields[i];
      const Json *value = &example;
      if (example.is_object()) {
        auto found = example.find(field.name);
        if (found == example.end())
          wrong(text(" has no \"%s\"", field.name.c_str()));
        value = &*found;
      } else if (fields.fields.size() > 1) {
        wrong(" is not an object with the model's inputs as members");
      }
      Shape shape;
      std::optional<size_t> rank;
      append(*value, i, 0, shape, rank);
      if (!agree(shape, field.shape))
        wrong(text(": \"%s\" has the shape %s, the model takes %s", field.name.c_str(),
                   describe(shape).c_str(), describe(field.shape).c_str()));
    }
    ++dataset.examples;
  }

  /// Appends the numbers in nested arrays. `shape` and `rank` are those of the whole as far as they
  /// are known.
  void append(const Json &value, size_t index, size_t depth, Shape &shape,
              std::optional<size_t> &rank) {
    if (!value.is_array()) {
      if (rank.value_or(depth) != depth || depth < shape.size())
        ragged(index);
      rank = depth;
      appendNumber(value, index);
      return;
    }
    int64_t size = static_cast<int64_t>(value.size());
    if (depth == shape.size() && !rank)
      shape.push_back(size);
    if (depth >= shape.size() || shape[depth] != size)
      ragged(index);
    for (const Json &element : value)
      append(element, index, depth + 1, shape, rank);
  }

  void appendNumber(const Json &value, size_t index) {
    const DataField &field = fields.fields[index];
    double real = 0;
    if (!names[index].empty() && (value.is_string() || value.is_number())) {
      std::string word = value.is_string() ? value.get<std::string>() : dumpJson(value);
      std::optional<int32_t> number = indices[index].find(word);
      if (!number)
        wrong(text(": '%s' is not a class of \"%s\"%s", printable(word).c_str(), field.name.c_str(),
                   suggestionOrAll(word, names[index]).c_str()));
      real = *number;
    } else if (value.is_number()) {
      real = value.get<double>();
    } else {
      wrong(text(": \"%s\" holds something other than numbers", field.name.c_str()));
    }
    if (!isFloat(field.dtype)) {
      double high = static_cast<double>(largestInteger(field)), low = field.classes ? 0 : INT32_MIN;
      if (!(real >= low && real <= high) || real != std::floor(real))
        wrong(text(": \"%s\" holds %g, not an integer in %.0f..%.0f", field.name.c_str(), real, low,
                   high));
    }
    const char *source = reinterpret_cast<const char *>(&real);
    if (firstOverflow(source, DType::F64, field.dtype, 1) == 0)
      wrong(text(": \"%s\" holds %g, which is too large for %s", field.name.c_str(), real,
                 nameOf(field.dtype)));
    Bytes &bytes = dataset.fields[index].bytes;
    bytes.resize(bytes.size() + sizeOf(field.dtype));
    convertElements(source, DType::F64, bytes.data() + bytes.size() - sizeOf(field.dtype),
                    field.dtype, 1);
  }

  [[noreturn]] void ragged(size_t index) const {
    wrong(text(": \"%s\" has arrays of different lengths or depths",
               fields.fields[index].name.c_str()));
  }
  [[noreturn]] void wrong(const std::string &problem) const {
    fail("%s: example %lld%s", origin.c_str(), static_cast<long long>(dataset.examples),
         problem.c_str());
  }

  const std::string &origin;
  const DataBlock &fields;
  std::vector<std::vector<std::string>> names; ///< of the classes of each field
  std::vector<ClassIndex> indices;
  Dataset dataset;
};

} // namespace

static Dataset readArrayExamples(Array array, const DataBlock &fields,
                                 DataConventions &conventions) {
  if (fields.fields.size() != 1)
    fail("%s: an array holds one input, but the model has %zu: use .csv or .json",
         array.origin.c_str(), fields.fields.size());
  const DataField &field = fields.fields[0];
  // An array of the input's own shape is one example.
  if (array.shape == field.shape)
    array.shape.insert(array.shape.begin(), 1);
  Dataset dataset;
  dataset.examples = array.shape.empty() ? 0 : array.shape[0];
  dataset.fields.push_back(fieldFromArray(field, std::move(array), conventions, false));
  return dataset;
}

Dataset readExamples(const std::string &path, const DataBlock &fields, const DataBlock *block,
                     const DataConventions &ofTraining) {
  DataConventions conventions = ofTraining;
  const DataSplit *train = block ? block->split("train") : nullptr;
  for (const DataField &field : fields.fields) {
    if (!field.classNames.empty())
      conventions.classes[field.name] = field.classNames;
    // Weights that do not say it: text holds no bytes.
    if (isFloat(field.dtype) && train && train->reader == "csv")
      conventions.bytes.emplace(field.name, false);
  }
  std::string name = path;
  if (extensionOf(name) == ".gz")
    name.resize(name.size() - 3);
  std::string extension = extensionOf(name);
  Dataset dataset;
  if (path == "-" || extension == ".csv" || extension == ".tsv" || extension == ".txt") {
    dataset = readCsvExamples(path, fields, block, conventions);
  } else if (extension == ".npy") {
    dataset = readArrayExamples(readNpy(path), fields, conventions);
  } else if (extension == ".json") {
    Bytes content = readUtf8(path);
    Json json = parseJson({content.data(), content.size()}, path);
    dataset = JsonExamples(path, fields, conventions.classes).read(json);
  } else if (extension == ".idx" || name.find("-idx") != std::string::npos) {
    dataset = readArrayExamples(readIdx(path), fields, conventions);
  } else {
    fail("%s: unknown kind of file; predict reads .csv, .npy, .json and IDX", path.c_str());
  }
  if (dataset.examples == 0)
    fail("%s: it holds no examples", path.c_str());
  return dataset;
}

} // namespace nnc::runtime
