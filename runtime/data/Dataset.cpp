// Implements what all readers share: arrays as fields, and the examples that a split keeps.
#include "runtime/data/Dataset.h"

#include "runtime/data/Holdout.h"
#include "runtime/data/Readers.h"
#include "runtime/data/Transforms.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

const FieldData *Dataset::field(const std::string &name) const {
  for (const FieldData &field : fields)
    if (field.name == name)
      return &field;
  return nullptr;
}

std::string Dataset::placeOf(const FieldData &field, int64_t row) const {
  return places.lines.empty() ? text("example %lld", static_cast<long long>(row + field.firstRow))
                              : places.describe(row + field.firstRow);
}

std::string RowPlaces::describe(int64_t row) const {
  size_t file = files.size();
  while (file > 0 && files[file - 1].first > row)
    --file;
  return text("%s:%u", file ? files[file - 1].second.c_str() : "", lines[static_cast<size_t>(row)]);
}

int64_t largestInteger(const DataField &field) {
  int64_t count = field.tokenizer ? field.tokenizer->size() : field.classes;
  return count ? std::min<int64_t>(count - 1, INT32_MAX) : INT32_MAX;
}

int64_t smallestInteger(const DataField &field) {
  return field.tokenizer || field.classes ? 0 : INT32_MIN;
}

RowSet examplesInOrder(const Dataset &dataset, int64_t batch) {
  const Windows &windows = dataset.windows;
  if (!windows.size)
    return RowSet::all(dataset.examples);
  int64_t length = dataset.examples + windows.size - 1;
  if (!windows.stream)
    return windowsInOrder(length, windows.size);
  Rows rows = windowsInStreams(length, windows.size, batch);
  if (rows.empty())
    fail("field '%s': the text has %lld pieces, too few for %lld streams of windows of %lld",
         dataset.fields[0].name.c_str(), static_cast<long long>(length),
         static_cast<long long>(batch), static_cast<long long>(windows.size));
  return rows;
}

void shuffleEpoch(Rows &rows, const Dataset &dataset, uint64_t seed, uint32_t epoch) {
  const Windows &windows = dataset.windows;
  if (!dataset.weights.empty())
    drawWeighted(rows, dataset.weights, seed, epoch, 0, std::ssize(rows));
  else if (!windows.size)
    shuffle(rows, seed, epoch);
  else if (!windows.stream)
    drawWindows(rows, dataset.examples + windows.size - 1, windows.size, seed, epoch);
}

/// The rows of the train split that a recipe trains on, in the order of an evaluation, and those
/// that it holds out, if the data has no validation split.
static Split splitFor(const DataBlock &block, const Recipe &recipe, const Dataset &train,
                      Fold fold) {
  const bool holdsOut = recipe.validate > 0 && !block.split("validation");
  if (!fold.count && !holdsOut)
    return {examplesInOrder(train, recipe.examplesPerStep()), {}};
  const bool isRandom = !fold.count && recipe.validateBy.manner == Selection::Manner::Random;
  if (train.memory && isRandom)
    return spreadRows(train.examples, recipe.validate);
  return chooseHeldOut(block, recipe, train, fold);
}

FieldData FieldData::of(const DataField &field) {
  FieldData data;
  data.name = field.name;
  data.storage = field.dtype;
  data.shape = field.shape;
  data.padded = field.padded;
  if (field.padded)
    data.starts.push_back(0);
  return data;
}

NewValues::NewValues(const FieldData &old)
    : file(old.file ? std::make_unique<TemporaryData>() : nullptr) {}

void NewValues::append(const Bytes &part) {
  if (file)
    file->append(part.data(), part.size());
  else
    bytes.insert(bytes.end(), part.begin(), part.end());
}

void NewValues::store(FieldData &data) {
  data.bytes = std::move(bytes);
  data.file = file ? file->map() : nullptr;
  data.fileStart = 0;
}

std::string lengthProblem(const DataField &field, int64_t length) {
  int64_t most = field.shape[*field.padded];
  if (length == 0)
    return text("'%s' is empty: a sequence has at least one position", field.name.c_str());
  if (length > most)
    return text("'%s' has %lld positions, and the program takes up to %lld", field.name.c_str(),
                static_cast<long long>(length), static_cast<long long>(most));
  return "";
}

void checkLengths(const DataBlock &block, const Dataset &dataset, const std::string &origin) {
  for (const DataField &field : block.fields) {
    const FieldData *own = dataset.field(field.name), *other = dataset.field(field.lengthOf);
    if (!own || !other)
      continue;
    for (int64_t example = 0; example < dataset.examples; ++example)
      if (own->length(example) != other->length(example))
        fail("%s: in example %lld '%s' has %lld positions, and '%s', of the same length, has %lld",
             origin.c_str(), static_cast<long long>(example), own->name.c_str(),
             static_cast<long long>(own->length(example)), other->name.c_str(),
             static_cast<long long>(other->length(example)));
  }
}

namespace {

/// Consecutive elements of an array.
struct Elements {
  const std::string &origin;
  DType dtype;
  const char *data;
  int64_t count, perExample;
  int64_t first = 0; ///< the number of the first one in the array

  int64_t exampleOf(int64_t element) const {
    return (first + element) / std::max<int64_t>(1, perExample);
  }
};

void checkIntegers(const DataField &field, const Elements &elements) {
  int64_t low = smallestInteger(field), high = largestInteger(field);
  for (int64_t i = 0; i < elements.count; ++i) {
    int64_t value = 0;
    if (elements.dtype == DType::U8) {
      value = static_cast<unsigned char>(elements.data[i]);
    } else if (elements.dtype == DType::I32) {
      int32_t narrow;
      std::memcpy(&narrow, elements.data + i * 4, 4);
      value = narrow;
    } else {
      std::memcpy(&value, elements.data + i * 8, 8);
    }
    if (value >= low && value <= high)
      continue;
    fail("%s: %s of example %lld is %lld, which is outside %lld..%lld", elements.origin.c_str(),
         field.name.c_str(), static_cast<long long>(elements.exampleOf(i)),
         static_cast<long long>(value), static_cast<long long>(low), static_cast<long long>(high));
  }
}

/// Throws Error for a value that the field cannot have.
void checkElements(const DataField &field, const Elements &elements) {
  if (!isFloat(field.dtype))
    return checkIntegers(field, elements);
  if (elements.dtype == DType::U8)
    return;
  int64_t place = firstOverflow(elements.data, elements.dtype, field.dtype, elements.count);
  if (place < elements.count)
    fail("%s: %s of example %lld is %g, which is too large for %s", elements.origin.c_str(),
         field.name.c_str(), static_cast<long long>(elements.exampleOf(place)),
         loadElement(elements.data, elements.dtype, place), nameOf(field.dtype));
}

/// The field of an array of this shape and type, without its elements, if the two agree.
FieldData makeField(const DataField &field, const Shape &shape, DType dtype,
                    const std::string &origin, DataConventions &conventions, bool training) {
  if (shape.empty())
    fail("%s: it holds a single number, not one entry per example", origin.c_str());
  Shape example(shape.begin() + 1, shape.end());
  Shape expected = field.shape;
  if (field.padded && example.size() == expected.size()) {
    expected[*field.padded] = example[*field.padded];
    if (std::string problem = lengthProblem(field, example[*field.padded]); !problem.empty())
      fail("%s: %s", origin.c_str(), problem.c_str());
  }
  if (field.padded ? example != expected : !agree(example, field.shape))
    fail("%s: each example is %s, but field '%s' is %s", origin.c_str(), describe(example).c_str(),
         field.name.c_str(), describe(field.shape).c_str());
  bool bytes = dtype == DType::U8;
  if (isFloat(field.dtype) && training) {
    conventions.bytes[field.name] = bytes;
  } else if (isFloat(field.dtype) && bytes) {
    auto known = conventions.bytes.find(field.name);
    if (known != conventions.bytes.end() && !known->second)
      fail("%s: it holds bytes, which would be divided by 255, but field '%s' was trained on other "
           "numbers: save it as float32",
           origin.c_str(), field.name.c_str());
  }
  if (!isFloat(field.dtype) && isFloat(dtype))
    fail("%s: it holds floats, but field '%s' is an integer", origin.c_str(), field.name.c_str());
  FieldData data = FieldData::of(field);
  if (field.padded)
    for (int64_t i = 0; i < shape[0]; ++i)
      data.endExample(example[*field.padded]);
  return data;
}

} // namespace

FieldData fieldFromArray(const DataField &field, Array array, DataConventions &conventions,
                         bool training) {
  FieldData data = makeField(field, array.shape, array.dtype, array.origin, conventions, training);
  const int64_t count = array.count();
  checkElements(field, {array.origin, array.dtype, array.bytes.data(), count,
                        count / std::max<int64_t>(1, array.shape[0])});
  data.storage = array.dtype == DType::U8 ? DType::U8
                 : isFloat(field.dtype)   ? field.dtype
                                          : DType::I32;
  if (data.storage == array.dtype) {
    data.bytes = std::move(array.bytes);
  } else {
    data.bytes.resize(static_cast<size_t>(count) * sizeOf(data.storage));
    convertElements(array.bytes.data(), array.dtype, data.bytes.data(), data.storage, count);
  }
  return data;
}

FieldData fieldFromFile(const DataField &field, const std::string &path, const ArrayLayout &layout,
                        DataConventions &conventions, bool training) {
  const DType dtype = layout.dtype();
  FieldData data = makeField(field, layout.shape, dtype, path, conventions, training);
  const size_t bytes = layout.bytes(path), size = static_cast<size_t>(layout.type.size);
  data.storage = dtype;
  data.file = MappedFile::open(path);
  data.fileStart = layout.start;
  if (data.file->size() < layout.start || data.file->size() - layout.start < bytes)
    fail("%s: truncated, its header promises %zu bytes of data (%s)", path.c_str(), bytes,
         describe(layout.shape).c_str());
  if (layout.columnMajor && layout.shape.size() > 1)
    fail("%s: it is in Fortran order, where the numbers of an example stand apart: `memory` takes "
         "files in C order",
         path.c_str());
  const bool converts = size > 1
                            ? size != sizeOf(dtype) || layout.bigEndian || layout.type.kind == 'u'
                            : dtype != DType::U8;
  std::optional<TemporaryData> converted;
  if (converts)
    converted.emplace();
  constexpr size_t chunk = 1 << 20;
  const size_t count = bytes / size,
               perExample = count / std::max<size_t>(1, static_cast<size_t>(layout.shape[0]));
  Bytes elements;
  for (size_t first = 0; first < count; first += chunk) {
    const size_t part = std::min(chunk, count - first);
    const char *source = data.file->data() + layout.start + first * size;
    if (converts) {
      elements.resize(part * sizeOf(dtype));
      convertStored(source, elements.data(), static_cast<int64_t>(part), layout, path);
      converted->append(elements.data(), elements.size());
      source = elements.data();
    }
    checkElements(field, {path, dtype, source, static_cast<int64_t>(part),
                          static_cast<int64_t>(perExample), static_cast<int64_t>(first)});
    MappedFile::keepBound();
  }
  if (converts) {
    data.file = converted->map();
    data.fileStart = 0;
  }
  return data;
}

/// Keeps the examples that `drop_last` and `only_last` leave.
static void keepRange(Dataset &dataset, const DataBlock &block, const DataSplit &split) {
  int64_t limit = split.dropLast ? split.dropLast : split.onlyLast;
  if (limit == 0)
    return;
  if (split.dropLast ? limit >= dataset.examples : limit > dataset.examples)
    fail("data '%s': its %s split has %s_last = %lld, but %s %s %lld examples", block.name.c_str(),
         split.name.c_str(), split.dropLast ? "drop" : "only", static_cast<long long>(limit),
         split.files.size() == 1 ? split.files[0].c_str() : "its files",
         split.files.size() == 1 ? "holds" : "hold", static_cast<long long>(dataset.examples));
  int64_t begin = split.onlyLast ? dataset.examples - limit : 0;
  int64_t kept = split.onlyLast ? limit : dataset.examples - limit;
  for (FieldData &field : dataset.fields) {
    field.firstRow += begin;
    if (field.file) {
      field.fileStart = static_cast<size_t>(field.data(begin) - field.file->data());
      continue;
    }
    field.bytes = Bytes(field.data(begin), field.data(begin + kept));
    if (!field.padded)
      continue;
    std::vector<int64_t> starts(field.starts.begin() + begin,
                                field.starts.begin() + begin + kept + 1);
    int64_t before = starts.front();
    for (int64_t &start : starts)
      start -= before;
    field.starts = std::move(starts);
  }
  dataset.examples = kept;
}

/// The files of a split, for errors.
static std::string filesOf(const DataSplit &split, const std::string &folder) {
  std::string result;
  for (const std::string &file : split.files)
    result += (result.empty() ? "" : ", ") + joinPath(folder, file);
  return result;
}

Dataset readSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions, const Recipe *recipe, Fold fold) {
  for (const DataField &field : block.fields)
    if (!field.classNames.empty())
      conventions.classes.emplace(field.name, field.classNames);
  if (split.isTraining()) {
    conventions.columns.clear();
    conventions.bytes.clear();
  }
  const Reader *reader = findReader(split.reader);
  if (!reader)
    fail("data '%s': unknown reader '%s'", block.name.c_str(), split.reader.c_str());
  if (split.memory)
    MappedFile::limit(static_cast<size_t>(split.memory / 4 * 3));
  Dataset dataset;
  try {
    dataset = reader->read(block, split, folder, conventions);
  } catch (const Error &error) {
    std::string message = error.what();
    for (const std::string &file : split.files)
      if (std::string path = joinPath(folder, file); message.starts_with(path))
        message += otherKind(*reader, path);
    // A missing file is most often a folder that was not given.
    if (message.ends_with(": no such file or directory"))
      message += text(" (--data %s=FOLDER says where the data is)", block.name.c_str());
    throw Error(message);
  }
  if (split.isTraining())
    for (const DataField &field : block.fields)
      if (field.classes > 0)
        conventions.classes.try_emplace(field.name);
  if (dataset.examples == 0)
    fail("%s: the %s split of data '%s' has no examples", filesOf(split, folder).c_str(),
         split.name.c_str(), block.name.c_str());
  dataset.memory = split.memory;
  checkLengths(block, dataset, filesOf(split, folder));
  keepRange(dataset, block, split);
  if (split.isTraining() && recipe)
    dataset.split = splitFor(block, *recipe, dataset, fold);
  finishFields(block, dataset, conventions, split.isTraining());
  if (split.isTraining() && recipe)
    dataset.weights = weightsOf(*recipe, dataset);
  return dataset;
}

} // namespace nnc::runtime
