// Implements parseDescription(): the schema of runtime/Abi.h, member by member.
#include "runtime/model/DescriptionReader.h"
#include "runtime/model/Tokenizers.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <zlib.h>

namespace nnc::runtime {

std::shared_ptr<const text::Tokenizer> (*parseTokenizer)(std::string_view, std::string &) = nullptr;

namespace {

void checkPlace(const DescriptionReader &reader, size_t offset, size_t bytes, size_t blockBytes,
                size_t alignment) {
  if (offset > blockBytes || bytes > blockBytes - offset)
    reader.wrong("lies outside its block");
  if (offset % alignment)
    reader.wrong("is not aligned");
}

size_t tensorBytes(DType dtype, const Shape &shape) {
  return static_cast<size_t>(elementCount(shape)) * sizeOf(dtype);
}

void readPersistent(const DescriptionReader &reader, Description &description) {
  description.persistentBytes = reader.bytes("bytes");
  std::set<std::string> names;
  reader.forEach("tensors", [&](const DescriptionReader &element) {
    PersistentTensor tensor;
    tensor.name = element.string("name");
    tensor.kind = static_cast<TensorKind>(
        element.choice("kind", {"parameter", "slot", "state", "example_state", "average"}));
    tensor.owner = element.string("owner", "");
    tensor.dtype = element.dtype("dtype");
    tensor.shape = element.shape("shape");
    tensor.offset = element.bytes("offset");
    tensor.line = element.count("line", 0);
    tensor.trained = element.boolean("trained", true);
    checkPlace(element, tensor.offset, tensor.bytes(), description.persistentBytes, 64);
    if (!names.insert(tensor.name).second)
      element.wrong("repeats the name " + tensor.name);
    description.tensors.push_back(std::move(tensor));
  });
  for (const PersistentTensor &tensor : description.tensors)
    if (tensor.kind == TensorKind::Average) {
      const PersistentTensor *owner = description.tensor(tensor.owner);
      if (!owner || owner->shape != tensor.shape || owner->dtype != tensor.dtype)
        reader.wrong("has an average of no tensor, " + tensor.name);
    }
}

/// Names by dimension of an example, of which an output has `rank`.
std::map<size_t, std::string> readDimensions(const DescriptionReader &reader, const char *member,
                                             size_t rank) {
  std::map<size_t, std::string> names;
  if (!reader.has(member))
    return names;
  if (!reader.member(member).is_object())
    reader.wrong(text("\"%s\" is not an object", member));
  for (const auto &[dimension, name] : reader.member(member).items()) {
    size_t number = static_cast<size_t>(std::atoll(dimension.c_str()));
    if (!name.is_string() || number >= rank)
      reader.wrong(text("\"%s\" does not have a name for a dimension", member));
    names[number] = name.get<std::string>();
  }
  return names;
}

Function readFunction(const DescriptionReader &reader, DType floatType) {
  Function function;
  function.symbol = reader.string("symbol");
  function.block = reader.string("block", "");
  function.data = reader.string("data", "");
  function.batch = reader.count("batch");
  function.arenaBytes = reader.bytes("arena");
  function.threadBytes = static_cast<size_t>(reader.count("thread_memory", 0));
  function.flop = reader.count("flop", 0);
  DescriptionReader inputs = reader.inside("inputs");
  function.inputBytes = inputs.bytes("bytes");
  inputs.forEach("fields", [&](const DescriptionReader &element) {
    InputField field;
    field.name = element.string("name");
    field.kind = static_cast<InputKind>(
        element.choice("kind", {"field", "length", "example_weight", "total"}));
    field.dtype = element.dtype("dtype");
    field.shape = element.shape("shape");
    field.offset = element.bytes("offset");
    if (field.kind == InputKind::Total) {
      if (field.dtype != DType::F64 || function.batch != 0)
        element.wrong("is not a total");
    } else if (field.shape.empty() || field.shape[0] != function.batch || function.batch == 0) {
      element.wrong("does not begin with the batch");
    }
    if (field.kind == InputKind::ExampleWeight &&
        (field.shape.size() != 1 || field.dtype != floatType))
      element.wrong("is not a vector of floats");
    if (field.kind == InputKind::Length && (field.shape.size() != 1 || field.dtype != DType::I32))
      element.wrong("is not a vector of integers");
    checkPlace(element, field.offset, tensorBytes(field.dtype, field.shape), function.inputBytes,
               64);
    function.fields.push_back(std::move(field));
  });
  DescriptionReader outputs = reader.inside("outputs");
  function.outputBytes = outputs.bytes("bytes");
  outputs.forEach("values", [&](const DescriptionReader &element) {
    OutputValue value;
    value.name = element.string("name");
    value.kind = static_cast<OutputKind>(element.choice(
        "kind", {"loss", "metric", "learning_rate", "prediction", "length", "total", "watch"}));
    value.dtype = element.dtype("dtype");
    value.shape = element.shape("shape");
    value.offset = element.bytes("offset");
    bool ofExamples = value.kind == OutputKind::Prediction || value.kind == OutputKind::Length;
    value.batched = element.boolean("batched", ofExamples);
    value.field = element.string("field", "");
    // A total, or a metric that is computed of totals: the functions of these have no batch.
    bool ofTotals = value.kind == OutputKind::Total ||
                    (value.kind == OutputKind::Metric && function.batch == 0);
    if (ofTotals && value.dtype != DType::F64)
      element.wrong("is not of double precision");
    const bool maybeTensor = ofExamples || ofTotals || value.kind == OutputKind::Watch;
    if (!maybeTensor && !value.shape.empty())
      element.wrong("is not a scalar");
    if (value.kind == OutputKind::Length && (value.shape.size() != 1 || value.dtype != DType::I32))
      element.wrong("is not a vector of integers");
    const size_t rank = value.shape.empty() ? 0 : value.shape.size() - 1;
    value.lengths = readDimensions(element, "lengths", rank);
    value.fields = readDimensions(element, "fields", rank);
    if (value.batched && (value.shape.empty() || value.shape[0] != function.batch))
      element.wrong("does not begin with the batch");
    checkPlace(element, value.offset, tensorBytes(value.dtype, value.shape), function.outputBytes,
               64);
    function.values.push_back(std::move(value));
  });
  if (reader.has("memory")) {
    DescriptionReader memory = reader.inside("memory");
    function.largestLiveBytes = memory.bytes("largest_live");
    function.scratchBytes = memory.bytes("scratch");
    function.panelBytes = static_cast<size_t>(memory.count("panels", 0));
    if (function.panelBytes > function.arenaBytes)
      memory.wrong("has more panels than \"arena\"");
    memory.forEach("saved", [&](const DescriptionReader &element) {
      function.saved.push_back(
          {element.string("name"), element.count("line", 0), element.bytes("bytes")});
    });
  }
  reader.forEachIfAny("regions", [&](const DescriptionReader &element) {
    function.regions.push_back(
        {element.count("line", 0), element.choice("pass", {"forward", "backward"}) == 1,
         element.string("kind"), element.count("flop"), element.count("bytes")});
  });
  for (const OutputValue &value : function.values)
    for (const auto &[dimension, name] : value.lengths)
      if (!function.value(OutputKind::Length, name))
        reader.wrong("has no length named " + name);
  return function;
}

void readScalars(const DescriptionReader &reader, Description &description) {
  description.scalarBytes = reader.bytes("bytes");
  reader.forEach("values", [&](const DescriptionReader &element) {
    Scalar scalar;
    scalar.name = element.string("name");
    DType dtype = element.dtype("dtype");
    if (dtype != DType::I64 && dtype != DType::F64)
      element.wrong("is neither i64 nor f64");
    scalar.integer = dtype == DType::I64;
    scalar.offset = element.bytes("offset");
    const std::string filledIn[] = {
        "seed",          "step",     "steps",           "epoch",
        "epochs",        "position", "steps_per_epoch", "validation_loss",
        "rate_override", "part",     "part_weight"};
    bool filled =
        std::find(std::begin(filledIn), std::end(filledIn), scalar.name) != std::end(filledIn);
    scalar.settable = !filled && element.boolean("settable", false);
    if (scalar.settable && !element.has("default"))
      element.wrong("has no default");
    scalar.defaultValue = element.number("default", 0);
    scalar.description = element.string("description", "");
    scalar.whole = element.boolean("whole", false);
    checkPlace(element, scalar.offset, 8, description.scalarBytes, 8);
    if (!scalar.settable && !filled)
      element.wrong("is neither settable nor filled in by the runtime");
    description.scalars.push_back(std::move(scalar));
  });
}

DataSplit readSplit(const DescriptionReader &reader) {
  DataSplit split;
  split.name = reader.string("name");
  split.reader = reader.string("reader");
  split.files = reader.strings("files");
  split.examples = reader.count("examples", 0);
  split.seed = reader.count("seed", 0);
  split.dropLast = reader.count("drop_last", 0);
  split.onlyLast = reader.count("only_last", 0);
  if (split.dropLast && split.onlyLast)
    reader.wrong("has both \"drop_last\" and \"only_last\"");
  if (reader.has("header"))
    split.header = reader.boolean("header", true);
  split.part = {reader.number("part_begin", 0), reader.number("part_end", 1)};
  if (!(split.part.begin >= 0 && split.part.begin < split.part.end && split.part.end <= 1))
    reader.wrong("has an empty part or one outside 0..1");
  if (reader.has("encoding")) {
    std::optional<text::Encoding> encoding = text::parseEncoding(reader.string("encoding"));
    if (!encoding)
      reader.wrong("\"encoding\" is not known");
    split.encoding = *encoding;
  }
  split.window = reader.count("window", 0);
  split.horizon = reader.count("horizon", 0);
  if (split.window > INT32_MAX || split.horizon > INT32_MAX)
    reader.wrong("has windows that are too large");
  split.memory = reader.count("memory", 0);
  split.stream = reader.boolean("stream", false);
  split.resize = reader.boolean("resize", false);
  split.crop = reader.boolean("crop", false);
  split.cache = reader.string("cache", "");
  split.truncate = reader.boolean("truncate", false);
  split.classByFile = reader.string("class_by_file", "");
  if (reader.has("separator")) {
    std::string separator = reader.string("separator");
    if (separator.size() != 1)
      reader.wrong("\"separator\" is not one character");
    split.separator = separator[0];
  }
  split.decimalComma = reader.string("decimal", ".") == ",";
  split.comment = reader.string("comment", "");
  split.strip = reader.string("strip", "");
  if (reader.has("missing"))
    split.missing = reader.strings("missing");
  if (reader.has("rows")) {
    DescriptionReader rows = reader.inside("rows");
    RowFilter &filter = split.filter.emplace();
    if (rows.member("column").is_string())
      filter.column = rows.string("column");
    else
      filter.column = rows.count("column");
    filter.values = rows.strings("values");
  }
  if (reader.has("columns")) {
    if (!reader.member("columns").is_object())
      reader.wrong("\"columns\" is not an object");
    for (const auto &[field, list] : reader.member("columns").items()) {
      std::vector<Column> &columns = split.columns[field];
      if (!list.is_array())
        reader.wrong("\"columns\" holds something other than arrays");
      for (const Json &column : list) {
        if (column.is_string())
          columns.emplace_back(column.get<std::string>());
        else if (column.is_number_integer() && column.get<int64_t>() >= 0)
          columns.emplace_back(column.get<int64_t>());
        else
          reader.wrong("a column is neither a name nor a number");
      }
    }
  }
  return split;
}

Transform readTransform(const DescriptionReader &reader) {
  Transform transform;
  transform.kind = static_cast<Transform::Kind>(
      reader.choice("kind", {"missing", "is_missing", "unknown", "date", "log", "log1p",
                             "standardize", "min_max"}));
  if (reader.has("marks"))
    transform.marks = reader.strings("marks");
  if (transform.kind == Transform::Kind::Date)
    transform.part = static_cast<Transform::DatePart>(reader.choice(
        "as", {"days", "year", "month", "day", "hour", "minute", "weekday", "yearday"}));
  else if (reader.has("as"))
    transform.policy = static_cast<Transform::Policy>(
        1 + reader.choice("as", {"drop", "mean", "median", "most_frequent", "previous", "category",
                                 "zeros", "value"}));
  transform.low = reader.number("low", 0);
  transform.high = reader.number("high", 1);
  transform.format = reader.string("format", "");
  return transform;
}

DataBlock readBlock(const DescriptionReader &reader) {
  DataBlock block;
  block.name = reader.string("name");
  block.folder = reader.string("folder");
  reader.forEach("fields", [&](const DescriptionReader &element) {
    DataField field;
    field.name = element.string("name");
    field.dtype = element.dtype("dtype");
    field.shape = element.shape("shape");
    field.classes = element.count("classes", 0);
    if (element.has("class_names"))
      field.classNames = element.strings("class_names");
    if (element.has("padded")) {
      field.padded = static_cast<size_t>(element.count("padded"));
      field.lengthOf = element.string("length_of", "");
      if (*field.padded >= field.shape.size())
        element.wrong("has no dimension of the number \"padded\"");
      const DataField *other = field.lengthOf.empty() ? nullptr : block.field(field.lengthOf);
      if (!field.lengthOf.empty() && !(other && other->padded))
        element.wrong("has the length of a field that is not a padded one before it");
    }
    field.isUsed = !element.boolean("unused", false);
    field.categories = element.boolean("categories", false);
    field.oneHot = element.boolean("one_hot", false);
    if (field.oneHot ? field.shape.size() != 1 || !isFloat(field.dtype)
                     : field.categories && field.classes == 0)
      element.wrong("has no number of categories");
    element.forEachIfAny("transforms", [&](const DescriptionReader &one) {
      field.transforms.push_back(readTransform(one));
    });
    if (field.dtype != DType::I32 && !isFloat(field.dtype))
      element.wrong("is neither a float nor an i32");
    if (field.classes > 0 && field.dtype != DType::I32)
      element.wrong("is a class but no i32");
    if (!field.classNames.empty() && static_cast<int64_t>(field.classNames.size()) != field.classes)
      element.wrong("does not have as many class names as classes");
    if (element.has("vocabulary")) {
      std::string error;
      if (!parseTokenizer)
        element.wrong("has a vocabulary, but the program is linked without tokenizers");
      field.tokenizer = parseTokenizer(dumpJson(element.member("vocabulary")), error);
      if (!field.tokenizer)
        element.wrong(error);
      if (field.dtype != DType::I32 || field.classes > 0)
        element.wrong("has a vocabulary, but is not an i32");
    }
    block.fields.push_back(std::move(field));
  });
  reader.forEach("splits", [&](const DescriptionReader &element) {
    block.splits.push_back(readSplit(element));
  });
  return block;
}

Generation readGeneration(const DescriptionReader &reader) {
  Generation generation;
  generation.sequence = reader.string("sequence");
  generation.limit = reader.count("limit", 0);
  DescriptionReader cache = reader.inside("cache");
  generation.cacheBytes = cache.bytes("bytes");
  cache.forEach("tensors", [&](const DescriptionReader &element) {
    CacheTensor tensor{element.bytes("offset"),
                       tensorBytes(element.dtype("dtype"), element.shape("shape"))};
    checkPlace(element, tensor.offset, tensor.bytes, generation.cacheBytes, 64);
    generation.cache.push_back(tensor);
  });
  if (reader.has("sampling")) {
    DescriptionReader numbers = reader.inside("sampling");
    Sampling sampling;
    sampling.temperature = numbers.number("temperature", sampling.temperature);
    sampling.topK = numbers.count("top_k", sampling.topK);
    sampling.topP = numbers.number("top_p", sampling.topP);
    sampling.minP = numbers.number("min_p", sampling.minP);
    sampling.repetitionPenalty = numbers.number("repetition_penalty", sampling.repetitionPenalty);
    sampling.width = numbers.count("width", sampling.width);
    sampling.lengthPenalty = numbers.number("length_penalty", sampling.lengthPenalty);
    generation.sampling = sampling;
  }
  return generation;
}

void readLayers(const DescriptionReader &reader, Description &description) {
  reader.forEachIfAny("layers", [&](const DescriptionReader &element) {
    Layer layer;
    layer.path = element.string("path");
    layer.kind = element.string("kind");
    layer.line = element.count("line", 0);
    layer.input = element.shape("input");
    layer.output = element.shape("output");
    layer.parameters = element.count("parameters", 0);
    layer.bytes = element.count("bytes", 0);
    layer.flop = element.count("flop", 0);
    description.layers.push_back(std::move(layer));
  });
}

void readSourceLines(const DescriptionReader &reader, Description &description) {
  if (!reader.has("source_lines"))
    return;
  for (const auto &[line, content] : reader.member("source_lines").items()) {
    if (!content.is_string())
      reader.wrong("\"source_lines\" holds something other than text");
    description.sourceLines[std::atoll(line.c_str())] = content.get<std::string>();
  }
}

/// Whether `rows` are several of `row`, which has one element in its first dimension.
bool areRowsOf(Shape rows, const Shape &row) {
  if (rows.empty() || row.empty() || rows[0] < 1 || row[0] != 1)
    return false;
  rows[0] = 1;
  return rows == row;
}

/// The functions of the generation must be there and agree with each other.
void checkGeneration(const Description &description, const DescriptionReader &reader) {
  const Function *step = description.function("nnc_generate_step");
  if (!step || step->fields.size() != 1 || step->values.size() != 1 || step->batch != 1 ||
      !description.function("nnc_generate_begin"))
    reader.wrong("has no functions for its generation");
  const Function *chunk = description.function("nnc_generate_chunk");
  if (chunk && (chunk->fields.size() != 1 || chunk->values.size() != 1 ||
                !areRowsOf(chunk->fields[0].shape, step->fields[0].shape) ||
                !areRowsOf(chunk->values[0].shape, step->values[0].shape) ||
                chunk->fields[0].shape[0] != chunk->values[0].shape[0] ||
                chunk->fields[0].dtype != step->fields[0].dtype ||
                chunk->values[0].dtype != step->values[0].dtype))
    reader.wrong("has a function of several positions that is not one of its generation");
  const Function *rows = description.function("nnc_generate_rows");
  auto isBatch = [&](const Shape &shape, Shape one) {
    one.insert(one.begin(), rows->batch);
    return shape == one;
  };
  if (rows && (rows->batch < 2 || rows->fields.size() != 1 || rows->values.size() != 1 ||
               !isBatch(rows->fields[0].shape, step->fields[0].shape) ||
               !isBatch(rows->values[0].shape, step->values[0].shape) ||
               rows->fields[0].dtype != step->fields[0].dtype ||
               rows->values[0].dtype != step->values[0].dtype))
    reader.wrong("has a function of several sequences that is not one of its generation");
}

/// The text of nnc_description.
std::string textOf(const char *description) {
  if (*description != '\0')
    return description;
  auto number = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 4; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(description[at + i]);
    return value;
  };
  std::string text(number(1), '\0');
  uLongf size = text.size();
  if (uncompress(reinterpret_cast<Bytef *>(text.data()), &size,
                 reinterpret_cast<const Bytef *>(description + 9), number(5)) != Z_OK ||
      size != text.size())
    fail("the model's description is damaged");
  return text;
}

} // namespace

Description parseDescription(const char *packed) {
  Json root = parseJson(textOf(packed), "the model's description");
  DescriptionReader reader(root, "description");
  int64_t abi = reader.count("abi");
  if (abi != NNC_ABI_VERSION)
    fail("the model was compiled for runtime interface %lld, this runtime has %d: compile it again",
         static_cast<long long>(abi), NNC_ABI_VERSION);
  Description description;
  description.compiler = reader.string("compiler");
  description.model = reader.string("model");
  description.source = reader.string("source");
  description.target = reader.string("target");
  description.program = reader.string("program", "");
  if (reader.has("defines"))
    for (const auto &[name, value] : reader.member("defines").items()) {
      if (!value.is_string())
        reader.wrong("\"defines\" holds something other than text");
      description.defines.emplace_back(name, value.get<std::string>());
    }
  if (reader.has("features"))
    description.features = reader.strings("features");
  description.floatType = reader.dtype("float");
  if (!isFloat(description.floatType))
    reader.wrong("\"float\" is not a float type");
  readPersistent(reader.inside("persistent"), description);
  reader.forEach("functions", [&](const DescriptionReader &element) {
    description.functions.push_back(readFunction(element, description.floatType));
  });
  readScalars(reader.inside("scalars"), description);
  reader.forEachIfAny("data", [&](const DescriptionReader &element) {
    description.data.push_back(readBlock(element));
  });
  reader.forEachIfAny("recipes", [&](const DescriptionReader &element) {
    description.recipes.push_back(readRecipe(element, description));
  });
  if (reader.has("generation")) {
    description.generation = readGeneration(reader.inside("generation"));
    checkGeneration(description, reader);
  }
  readLayers(reader, description);
  readSourceLines(reader, description);
  return description;
}

} // namespace nnc::runtime
