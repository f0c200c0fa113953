// Implements the reading of examples to predict: CSV laid out as the training data, arrays, JSON.
#include "runtime/cli/Predictions.h"

#include "runtime/data/ArrayFiles.h"
#include "runtime/data/CsvFields.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/data/Readers.h"
#include "runtime/data/Series.h"
#include "runtime/data/Text.h"
#include "runtime/data/Transforms.h"
#include "runtime/support/Error.h"
#include "runtime/support/Json.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstring>

namespace nnc::runtime {

DataBlock predictFields(const Function &predict, const DataBlock *block) {
  DataBlock fields;
  fields.name = "input";
  for (const InputField &input : predict.fields) {
    if (input.kind != InputKind::Field)
      continue;
    DataField field;
    field.name = input.name;
    field.dtype = input.dtype;
    field.shape.assign(input.shape.begin() + 1, input.shape.end());
    if (const DataField *declared = block ? block->field(input.name) : nullptr) {
      field.classes = declared->classes;
      field.classNames = declared->classNames;
      field.tokenizer = declared->tokenizer;
      field.padded = declared->padded;
      field.lengthOf = declared->lengthOf;
      field.categories = declared->categories;
      field.oneHot = declared->oneHot;
      field.transforms = declared->transforms;
    }
    fields.fields.push_back(std::move(field));
  }
  return fields;
}

static Dataset readCsvExamples(const std::string &path, const DataBlock &fields,
                               const DataBlock *block, DataConventions &conventions) {
  const DataSplit *train = block ? block->split("train") : nullptr;
  std::string origin = path == "-" ? "standard input" : path;
  const bool isSeries = train && train->window;
  const std::string window = isSeries ? block->fields[0].name : "";
  const DataBlock row = isSeries ? fieldsOfRow(fields, window, *train) : fields;
  CsvFields reader(row, conventions, CsvPurpose::Prediction, train);
  reader.add(path, [&](const CsvReader &firstRow) {
    return selectForPrediction(firstRow, row, block, conventions);
  });
  if (!isSeries)
    return reader.finish();
  DataSplit all = *train;
  all.part = {};
  return cutWindows(reader.finish(), fields, window, all, origin);
}

/// A table that names images, laid out as that of the training data.
static Dataset readImageTable(const std::string &path, const DataBlock &fields,
                              const DataBlock &block, DataConventions &conventions) {
  std::optional<size_t> place, placeInBlock;
  const DataBlock columns = fieldsOfImageTable(fields, place);
  DataBlock table = fieldsOfImageTable(block, placeInBlock);
  for (DataSplit &split : table.splits)
    split.reader = "csv";
  Dataset dataset = readCsvExamples(path, columns, &table, conventions);
  if (!place)
    return dataset;
  std::vector<std::string> files;
  for (int64_t row = 0; row < dataset.examples; ++row)
    files.push_back(fileOfImage(dataset.fields[*place], row, path));
  DataSplit split = *block.split("train");
  split.name = "predict";
  split.files = {path};
  split.cache.clear();
  dataset.fields[*place] = readImageFiles(files, fields.fields[*place], split, conventions);
  return dataset;
}

namespace {

/// Reads examples out of a JSON text.
class JsonExamples {
public:
  /// `train` is the reader of the training data, whose marks of missing values hold here; may be null.
  JsonExamples(const std::string &origin, const DataBlock &fields, const DataSplit *train,
               const ClassNames &classes)
      : origin(origin), fields(fields), train(train) {
    for (const DataField &field : fields.fields) {
      dataset.fields.push_back(rawField(field));
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
      if (field.isTransformed()) {
        appendRaw(*value, i);
        continue;
      }
      if (field.tokenizer && value->is_string()) {
        FieldData &data = dataset.fields[i];
        appendText(
            field, value->get_ref<const std::string &>(), false,
            text("%s: example %lld", origin.c_str(), static_cast<long long>(dataset.examples)),
            data);
        continue;
      }
      Shape shape;
      std::optional<size_t> rank;
      append(*value, i, 0, shape, rank);
      if (field.padded && shape.size() > *field.padded) {
        int64_t length = shape[*field.padded];
        if (std::string problem = lengthProblem(field, length); !problem.empty())
          wrong(": " + problem);
        dataset.fields[i].endExample(length);
      }
      if (field.padded
              ? shape.size() <= *field.padded || shape != field.shapeOf(shape[*field.padded])
              : !agree(shape, field.shape))
        wrong(text(": \"%s\" has the shape %s, the model takes %s", field.name.c_str(),
                   describe(shape).c_str(), describe(field.shape).c_str()));
    }
    ++dataset.examples;
  }

  /// Appends the values of a field with transforms as the cells of a table are.
  void appendRaw(const Json &value, size_t index) {
    const DataField &field = fields.fields[index];
    FieldData &data = dataset.fields[index];
    const size_t before = data.bytes.size();
    appendRawElements(value, field, data);
    const int64_t given = static_cast<int64_t>((data.bytes.size() - before) / sizeOf(data.storage));
    if (given != field.columns())
      wrong(text(": \"%s\" has %lld values, the model takes %lld", field.name.c_str(),
                 static_cast<long long>(given), static_cast<long long>(field.columns())));
  }

  void appendRawElements(const Json &value, const DataField &field, FieldData &data) {
    if (value.is_array()) {
      for (const Json &element : value)
        appendRawElements(element, field, data);
      return;
    }
    const std::string cell = value.is_null()     ? ""
                             : value.is_string() ? value.get<std::string>()
                                                 : dumpJson(value);
    std::optional<RawCell> raw = readRawCell(field, train, cell);
    if (!raw)
      wrong(text(": \"%s\" holds '%s', which is %s", field.name.c_str(), printable(cell).c_str(),
                 cell.empty() ? "missing" : "not a value of the field"));
    const size_t size = data.bytes.size();
    if (data.storage == DType::F64) {
      data.bytes.resize(size + sizeof(double));
      std::memcpy(data.bytes.data() + size, &raw->number, sizeof(double));
      return;
    }
    int32_t code = -1;
    if (!raw->missing && !field.categories) {
      std::optional<int32_t> number =
          indices[static_cast<size_t>(&data - &dataset.fields[0])].find(cell);
      if (!number)
        wrong(text(": '%s' is not a class of \"%s\"", printable(cell).c_str(), field.name.c_str()));
      code = *number;
    } else if (!raw->missing) {
      code = static_cast<int32_t>(data.words.size());
      data.words.push_back({cell, text("%s: example %lld", origin.c_str(),
                                       static_cast<long long>(dataset.examples))});
    }
    data.bytes.resize(size + sizeof code);
    std::memcpy(data.bytes.data() + size, &code, sizeof code);
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
      wrong(text(": \"%s\" holds something other than numbers%s", field.name.c_str(),
                 field.tokenizer ? " or text" : ""));
    }
    if (!isFloat(field.dtype)) {
      double high = static_cast<double>(largestInteger(field)),
             low = static_cast<double>(smallestInteger(field));
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
  const DataSplit *train;
  std::vector<std::vector<std::string>> names; ///< of the classes of each field
  std::vector<ClassIndex> indices;
  Dataset dataset;
};

} // namespace

/// An array for each input.
static Dataset readArrayExamples(std::vector<Array> arrays, const DataBlock &fields,
                                 DataConventions &conventions) {
  Dataset dataset;
  std::string first;
  for (size_t i = 0; i < arrays.size(); ++i) {
    Array &array = arrays[i];
    const DataField &field = fields.fields[i];
    if (field.isTransformed() && (field.classCount() || field.transform(Transform::Kind::Date) ||
                                  field.transform(Transform::Kind::IsMissing)))
      fail("%s: '%s' is made of the text in the cells of a table: use .csv or .json",
           array.origin.c_str(), field.name.c_str());
    // An array of the input's own shape is one example.
    bool isOne = array.shape == field.shape;
    if (field.padded && array.shape.size() == field.shape.size())
      isOne = array.shape == field.shapeOf(array.shape[*field.padded]);
    if (isOne)
      array.shape.insert(array.shape.begin(), 1);
    const int64_t examples = array.shape.empty() ? 0 : array.shape[0];
    if (i > 0 && examples != dataset.examples)
      fail("%s holds %lld examples, but %s holds %lld", array.origin.c_str(),
           static_cast<long long>(examples), first.c_str(),
           static_cast<long long>(dataset.examples));
    dataset.examples = examples;
    if (i == 0)
      first = array.origin;
    dataset.fields.push_back(fieldFromArray(field, std::move(array), conventions, false));
  }
  return dataset;
}

/// The arrays of a file by the names of the inputs, or by those that the training data gives them.
static std::vector<Array> readNamedInputs(const std::string &path, const DataBlock &fields,
                                          const DataSplit *train) {
  const NamedArrays file(path);
  const std::vector<std::string> names = file.names();
  std::vector<Array> arrays;
  for (const DataField &field : fields.fields) {
    const std::string other = train ? arrayOf(field, *train) : field.name;
    const bool only = fields.fields.size() == 1 && names.size() == 1;
    arrays.push_back(file.read(only                                       ? names[0]
                               : !file.has(field.name) && file.has(other) ? other
                                                                          : field.name));
  }
  return arrays;
}

/// Facts about the training data that weights may not say.
static DataConventions conventionsFor(const DataBlock &fields, const DataSplit *train,
                                      const DataConventions &ofTraining) {
  DataConventions conventions = ofTraining;
  for (const DataField &field : fields.fields) {
    if (!field.classNames.empty())
      conventions.classes[field.name] = field.classNames;
    // Text holds no bytes.
    if (isFloat(field.dtype) && train && train->reader == "csv")
      conventions.bytes.emplace(field.name, false);
  }
  return conventions;
}

static Dataset finish(Dataset dataset, const std::string &path, const DataBlock &fields,
                      DataConventions &conventions) {
  if (dataset.examples == 0)
    fail("%s: it holds no examples", path.c_str());
  finishFields(fields, dataset, conventions, false);
  checkLengths(fields, dataset, path);
  return dataset;
}

bool holdsOneArray(const std::string &path) {
  const Reader *reader = path == "-" ? nullptr : readerOf(path);
  return reader && reader->readArray;
}

Dataset readInputFiles(const std::vector<std::string> &paths, const DataBlock &fields,
                       const DataBlock *block, const DataConventions &ofTraining) {
  DataConventions conventions =
      conventionsFor(fields, block ? block->split("train") : nullptr, ofTraining);
  std::vector<Array> arrays;
  for (const std::string &path : paths)
    arrays.push_back(readerOf(path)->readArray(path));
  return finish(readArrayExamples(std::move(arrays), fields, conventions), paths[0], fields,
                conventions);
}

Dataset readExamples(const std::string &path, const DataBlock &fields, const DataBlock *block,
                     const DataConventions &ofTraining) {
  const DataSplit *train = block ? block->split("train") : nullptr;
  DataConventions conventions = conventionsFor(fields, train, ofTraining);
  const Reader *reader = path == "-" ? findReader("csv") : readerOf(path);
  Dataset dataset;
  if (reader && reader->name == std::string_view("images")) {
    if (fields.fields.size() != 1 || fields.fields[0].shape.size() < 2)
      fail("%s: an image is one input, float[rows, columns] or float[rows, columns, 3]",
           path.c_str());
    dataset = readArrayExamples({readImage(path, fields.fields[0], train)}, fields, conventions);
  } else if (reader && reader->read == readNamedArraysSplit) {
    dataset = readArrayExamples(readNamedInputs(path, fields, train), fields, conventions);
  } else if (extensionOf(withoutGz(path)) == ".json") {
    Bytes content = readUtf8(path);
    Json json = parseJson({content.data(), content.size()}, path);
    dataset = JsonExamples(path, fields, train, conventions.classes).read(json);
  } else if (!reader) {
    if (!exists(path))
      fail("cannot read %s: %s", path.c_str(), systemMessage(ENOENT).c_str());
    fail("%s: unknown kind of file; .csv, .npy, .npz, .safetensors, .json, .ts, IDX and images are "
         "read",
         path.c_str());
  } else if (reader->readArray) {
    if (fields.fields.size() != 1)
      fail("%s: an array holds one input, but the model has %zu: use .csv, .json, .npz, or a file "
           "for "
           "each in the order in which `info` lists them",
           path.c_str(), fields.fields.size());
    dataset = readArrayExamples({reader->readArray(path)}, fields, conventions);
  } else if (reader->name == std::string_view("ts")) {
    DataSplit split;
    split.files = {path};
    dataset = reader->read(fields, split, "", conventions);
  } else if (std::ranges::any_of(fields.fields,
                                 [](auto &one) { return one.tokenizer != nullptr; })) {
    dataset = readLinesToPredict(path, fields, conventions);
  } else if (train && readsImageTables(*train)) {
    dataset = readImageTable(path, fields, *block, conventions);
  } else {
    dataset = readCsvExamples(path, fields, block, conventions);
  }
  return finish(std::move(dataset), path, fields, conventions);
}

} // namespace nnc::runtime
