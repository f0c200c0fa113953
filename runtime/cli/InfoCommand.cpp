// `info`: the tables of the description, as text or JSON.
#include "runtime/cli/Commands.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"
#include "runtime/support/Table.h"

#include <cstdio>
#include <utility>

namespace nnc::runtime {

static const Option infoOptions[] = {{"--json", nullptr, "print one JSON object"}};
const Command infoCommandTable = {"info", "layers, shapes, parameters, memory, work", infoOptions};

/// "(up to 29)x12" of a padded field.
static std::string describe(const DataField &field) {
  if (!field.padded)
    return describe(field.shape);
  std::string sizes;
  for (size_t axis = 0; axis < field.shape.size(); ++axis)
    sizes += (axis ? "x" : "") + std::string(axis == field.padded ? "(up to " : "") +
             std::to_string(field.shape[axis]) + (axis == field.padded ? ")" : "");
  return sizes;
}

static size_t bytesOf(const Description &description, TensorKind kind) {
  size_t bytes = 0;
  for (const PersistentTensor &tensor : description.tensors)
    if (tensor.kind == kind)
      bytes += tensor.bytes();
  return bytes;
}

static Json memoryJson(const Description &description, const Function &step) {
  Json saved = Json::array(), json;
  for (const SavedBuffer &buffer : step.saved) {
    Json &entry = saved.emplace_back();
    entry["name"] = buffer.name;
    entry["line"] = buffer.line;
    entry["bytes"] = buffer.bytes;
  }
  const std::pair<const char *, size_t> sizes[] = {
      {"parameters", bytesOf(description, TensorKind::Parameter)},
      {"optimizer", bytesOf(description, TensorKind::Slot)},
      {"averages", bytesOf(description, TensorKind::Average)},
      {"statistics", bytesOf(description, TensorKind::State)},
      {"example_states", bytesOf(description, TensorKind::ExampleState)},
      {"saved_bytes", step.savedBytes()},
      {"scratch", step.scratchBytes},
      {"arena", step.arenaBytes - step.panelBytes},
      {"panels", step.panelBytes},
      {"largest_live", step.largestLiveBytes}};
  for (const auto &[name, bytes] : sizes)
    json[name] = bytes;
  json["saved"] = std::move(saved);
  return json;
}

static void printMemory(const Description &description, const Function &step) {
  auto row = [](const char *what, size_t bytes, const std::string &remark = "") {
    std::printf("  %-20s %12zu%s%s\n", what, bytes, remark.empty() ? "" : "  ", remark.c_str());
  };
  std::printf("memory of the training step, bytes\n");
  row("parameters", bytesOf(description, TensorKind::Parameter));
  row("optimizer state", bytesOf(description, TensorKind::Slot));
  if (size_t bytes = bytesOf(description, TensorKind::Average))
    row("averages", bytes);
  row("running statistics", bytesOf(description, TensorKind::State));
  if (size_t bytes = bytesOf(description, TensorKind::ExampleState))
    row("states of the rows", bytes);
  row("saved for backward", step.savedBytes());
  row("scratch", step.scratchBytes, "the most of it that is alive at once");
  double most = static_cast<double>(step.largestLiveBytes);
  const size_t bufferBytes = step.arenaBytes - step.panelBytes;
  row("arena", bufferBytes,
      text("for saved and scratch; %zu are alive at once, it is %.1f %% larger",
           step.largestLiveBytes,
           most > 0 ? 100 * (static_cast<double>(bufferBytes) - most) / most : 0));
  if (step.panelBytes)
    row("panels", step.panelBytes, "behind it, operands packed in front of loops");
  if (step.saved.empty())
    return;
  std::printf("\n");
  std::vector<std::vector<std::string>> rows{{"line", "bytes", "saved for backward"}};
  for (const SavedBuffer &buffer : step.saved)
    rows.push_back({buffer.line ? std::to_string(buffer.line) : "", std::to_string(buffer.bytes),
                    buffer.name});
  printTable(rows, 0, 2);
}

/// The inputs besides the sequence that is generated.
static std::vector<std::string> givenInputs(const Description &description) {
  std::vector<std::string> names;
  for (const InputField &field : description.function("nnc_generate_begin")->fields)
    if (field.kind == InputKind::Field)
      names.push_back(field.name);
  return names;
}

Json infoJson(const Description &description) {
  Json layers = Json::array(), tensors = Json::array(), functions = Json::array();
  for (const Layer &layer : description.layers) {
    Json &entry = layers.emplace_back();
    entry["path"] = layer.path;
    entry["kind"] = layer.kind;
    const std::pair<const char *, int64_t> numbers[] = {{"line", layer.line},
                                                        {"parameters", layer.parameters},
                                                        {"bytes", layer.bytes},
                                                        {"flop", layer.flop}};
    for (const auto &[name, number] : numbers)
      entry[name] = number;
    entry["input"] = layer.input;
    entry["output"] = layer.output;
  }
  static const char *const kinds[] = {"parameter", "slot", "state", "example_state", "average"};
  for (const PersistentTensor &tensor : description.tensors) {
    Json &entry = tensors.emplace_back();
    entry["name"] = tensor.name;
    entry["kind"] = kinds[static_cast<int>(tensor.kind)];
    entry["dtype"] = nameOf(tensor.dtype);
    entry["shape"] = tensor.shape;
    entry["line"] = tensor.line;
    entry["trained"] = tensor.trained;
  }
  for (const Function &function : description.functions) {
    Json entry = {{"symbol", function.symbol},
                  {"batch", function.batch},
                  {"arena_bytes", function.arenaBytes},
                  {"flop", function.flop}};
    if (!function.block.empty())
      entry["block"] = function.block;
    functions.push_back(entry);
  }
  Json settings = Json::object();
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable)
      settings[scalar.name] = scalar.defaultValue;
  const Function *step = description.function("nnc_train_step");
  Json memory = step ? memoryJson(description, *step) : Json();
  Json vocabularies = Json::array();
  for (const DataBlock &block : description.data)
    for (const DataField &field : block.fields)
      if (field.tokenizer)
        vocabularies.push_back({{"data", block.name},
                                {"field", field.name},
                                {"kind", field.tokenizer->kindName()},
                                {"pieces", field.tokenizer->size()},
                                {"hash", field.tokenizer->hash()}});
  Json generation;
  if (description.generation)
    generation = {{"sequence", description.generation->sequence},
                  {"inputs", givenInputs(description)},
                  {"limit", description.generation->limit},
                  {"cache_bytes", description.generation->cacheBytes}};
  Json json;
  const std::pair<const char *, const std::string &> texts[] = {{"model", description.model},
                                                                {"source", description.source},
                                                                {"target", description.target},
                                                                {"compiler", description.compiler}};
  for (const auto &[name, value] : texts)
    json[name] = value;
  json["float"] = nameOf(description.floatType);
  const std::pair<const char *, int64_t> numbers[] = {
      {"batch", step ? step->batch : 0},
      {"parameters", description.parameterCount()},
      {"parameter_bytes", static_cast<int64_t>(description.parameterBytes())},
      {"arena_bytes", step ? static_cast<int64_t>(step->arenaBytes) : 0},
      {"flop_per_step", step ? step->flop : 0}};
  for (const auto &[name, number] : numbers)
    json[name] = number;
  const std::pair<const char *, Json &> parts[] = {
      {"memory", memory},       {"layers", layers},         {"tensors", tensors},
      {"functions", functions}, {"generation", generation}, {"vocabularies", vocabularies},
      {"settings", settings}};
  for (const auto &[name, part] : parts)
    json[name] = std::move(part);
  return json;
}

int infoCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  if (arguments.has("--json")) {
    print(dumpJson(infoJson(description)) + "\n");
    return 0;
  }
  std::printf("model %s from %s, %s, for %s, compiled by nnc %s\n\n", description.model.c_str(),
              description.source.c_str(), nameOf(description.floatType), description.target.c_str(),
              description.compiler.c_str());
  std::vector<std::vector<std::string>> rows{
      {"layer", "kind", "line", "input", "output", "parameters", "bytes", "flop"}};
  int64_t flop = 0;
  for (const Layer &layer : description.layers) {
    rows.push_back({layer.path, layer.kind, std::to_string(layer.line), describe(layer.input),
                    describe(layer.output), std::to_string(layer.parameters),
                    std::to_string(layer.bytes), std::to_string(layer.flop)});
    flop += layer.flop;
  }
  rows.push_back({"total", "", "", "", "", std::to_string(description.parameterCount()),
                  std::to_string(description.parameterBytes()), std::to_string(flop)});
  printTable(rows, 5, 8);
  std::printf("\n");
  if (const Function *step = description.function("nnc_train_step")) {
    std::printf("training step: batch %lld, %lld flop\n\n", static_cast<long long>(step->batch),
                static_cast<long long>(step->flop));
    printMemory(description, *step);
    std::printf("\n");
  }
  for (const DataBlock &block : description.data) {
    std::printf("data %s from %s:", block.name.c_str(), block.folder.c_str());
    for (const DataField &field : block.fields)
      std::printf(" %s %s%s", field.name.c_str(), describe(field).c_str(),
                  field.classes
                      ? text(" of %lld classes", static_cast<long long>(field.classes)).c_str()
                      : "");
    std::printf("\n");
    for (const DataField &field : block.fields)
      if (field.tokenizer)
        std::printf("vocabulary of %s: %s, %lld pieces, hash %s\n", field.name.c_str(),
                    field.tokenizer->kindName(), static_cast<long long>(field.tokenizer->size()),
                    field.tokenizer->hash().c_str());
  }
  for (const Function *prediction : description.predictions()) {
    std::string inputs, outputs;
    auto add = [](std::string &list, const std::string &name, const Shape &shape, bool batched) {
      list += (list.empty() ? "" : ", ") + name + " " +
              describe(Shape(shape.begin() + batched, shape.end()));
    };
    for (const InputField &field : prediction->fields)
      if (field.kind == InputKind::Field)
        add(inputs, field.name, field.shape, true);
    for (const OutputValue *value : prediction->valuesOf(OutputKind::Prediction))
      add(outputs, value->name, value->shape, value->batched);
    std::printf("predict %s: %s -> %s\n", prediction->block.c_str(), inputs.c_str(),
                outputs.c_str());
  }
  if (description.generation) {
    const Generation &generation = *description.generation;
    std::string line = "generate " + generation.sequence, separator = ": from ";
    for (const std::string &name : givenInputs(description))
      line += std::exchange(separator, ", ") + name;
    line += text("; %zu bytes for a sequence", generation.cacheBytes);
    if (generation.limit)
      line += text(", at most %lld positions", static_cast<long long>(generation.limit));
    std::printf("%s\n", line.c_str());
  }
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable)
      std::printf("setting %s = %g\n", scalar.name.c_str(), scalar.defaultValue);
  return 0;
}

} // namespace nnc::runtime
