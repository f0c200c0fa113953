// Builds the JSON objects of the description: persistent tensors, functions, data, recipe, layers
// and source lines.
#include "compiler/driver/Description.h"

#include "compiler/driver/MemoryReport.h"

#include "runtime/Abi.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

#include <charconv>

using llvm::json::Array;
using llvm::json::Object;

namespace nnc {
namespace {

std::string elementName(mlir::Type type) {
  if (type.isF32())
    return "f32";
  if (type.isF64())
    return "f64";
  if (type.isInteger(32))
    return "i32";
  if (type.isInteger(64))
    return "i64";
  assert(type.isInteger(1) && "element types of the nn dialect");
  return "u8";
}

Array shapeOf(llvm::ArrayRef<int64_t> shape) { return Array(shape); }

class Describer {
public:
  Describer(const lang::Program &program, const ModuleBlocks &blocks,
            const Vocabularies &vocabularies, FloatPrecision precision)
      : program(program), blocks(blocks), vocabularies(vocabularies), precision(precision) {}

  Object persistent();
  Array functions();
  /// How a sequence is generated; empty if the program has no generate block.
  Object generation();
  Object scalars();
  Array data();
  Array recipes();
  Array layers();
  /// The lines that a profile shows; empty if the code is not profiled.
  Object sourceLines(const lang::SourceFile &source);

private:
  std::string floatName() const { return precision == FloatPrecision::F32 ? "f32" : "f64"; }
  std::string fieldElement(const lang::Type &type) const {
    return type.element == lang::Element::Float ? floatName() : "i32";
  }
  Object memory(const FunctionBlocks &function) const;
  Array regions(const FunctionBlocks &function) const;
  /// The function of the program that was compiled to this one.
  const lang::Function &source(const FunctionBlocks &function) const;
  Object input(const BlockTensor &tensor, const lang::Function &of) const;
  Object output(const BlockTensor &tensor, const lang::Function &of) const;
  /// The field of the data whose classes or vocabulary an integer prediction of `of` numbers, or
  /// null.
  const lang::DataField *classField(const std::string &prediction, const lang::Function &of) const;
  Object split(const lang::DataSplit &split) const;
  Object dataBlock(const lang::DataInfo &data) const;

  const lang::Program &program;
  const ModuleBlocks &blocks;
  const Vocabularies &vocabularies;
  FloatPrecision precision;
};

Object Describer::persistent() {
  llvm::StringMap<Object> details;
  for (const lang::ParameterInfo &parameter : program.parameters)
    details[parameter.path] =
        Object{{"line", parameter.range.start().line}, {"trained", parameter.trained}};
  for (const lang::SlotInfo &slot : program.slots)
    if (!slot.owner.empty())
      details[slot.path] =
          Object{{"owner", slot.owner}, {"kind", slot.isAverage ? "average" : "slot"}};
  llvm::StringSet<> exampleStates;
  for (const lang::StateInfo &state : program.states) {
    details[state.path] = Object{{"line", state.range.start().line}};
    if (state.perExample)
      exampleStates.insert(state.path);
  }

  Array tensors;
  for (const BlockTensor &tensor : blocks.persistent.tensors) {
    Object entry = details.lookup(tensor.name);
    entry["name"] = tensor.name;
    if (!entry.get("kind"))
      entry["kind"] = exampleStates.contains(tensor.name) ? "example_state" : tensor.kind;
    entry["dtype"] = elementName(tensor.type.getElementType());
    entry["shape"] = shapeOf(tensor.type.getShape());
    entry["offset"] = tensor.offset;
    tensors.push_back(std::move(entry));
  }
  return Object{{"bytes", blocks.persistent.bytes}, {"tensors", std::move(tensors)}};
}

const lang::Function &Describer::source(const FunctionBlocks &function) const {
  return *llvm::find_if(program.functions, [&](const lang::Function &candidate) {
    std::string symbol = "nnc_" + candidate.name;
    return symbol == function.symbol ||
           (candidate.generation && llvm::StringRef(function.symbol).starts_with(symbol + "_"));
  });
}

/// The padded field whose lengths an input holds; empty for other inputs.
std::string paddedField(const lang::DataInfo *data, const std::string &input) {
  if (data)
    for (const lang::DataField &field : data->fields)
      if (field.padded && lang::lengthInput(field.name) == input)
        return field.name;
  return "";
}

/// An input of a function. Lengths have the name of their field.
Object Describer::input(const BlockTensor &tensor, const lang::Function &of) const {
  std::string field = paddedField(program.findData(of.data), tensor.name);
  llvm::SmallVector<int64_t> shape(tensor.type.getShape());
  if (of.generation && tensor.kind == "input") // a batch of one example
    shape.insert(shape.begin(), 1);
  return Object{{"name", field.empty() ? tensor.name : field},
                {"kind", tensor.kind == "example_weight" ? "example_weight"
                         : tensor.kind == "total"        ? "total"
                         : field.empty()                 ? "field"
                                                         : "length"},
                {"dtype", elementName(tensor.type.getElementType())},
                {"shape", shapeOf(shape)},
                {"offset", tensor.offset}};
}

Object Describer::output(const BlockTensor &tensor, const lang::Function &of) const {
  bool batched = tensor.kind == "example_output";
  const lang::FunctionResult *result = nullptr;
  bool isLength = false;
  for (const lang::FunctionResult &one : of.results) {
    if (one.name == tensor.name)
      result = &one;
    for (const auto &[dimension, name] : one.lengths)
      isLength |= name == tensor.name;
  }
  std::string kind = isLength                                            ? "length"
                     : batched || of.generation                          ? "prediction"
                     : of.name.starts_with("made_")                      ? "prediction"
                     : result && result->kind == lang::ResultKind::Total ? "total"
                     : result && result->kind == lang::ResultKind::Watch ? "watch"
                     : tensor.name == "loss"                             ? "loss"
                     : tensor.name == "learning_rate"                    ? "learning_rate"
                                                                         : "metric";
  Object entry{{"name", tensor.name},
               {"kind", kind},
               {"dtype", elementName(tensor.type.getElementType())},
               {"shape", shapeOf(tensor.type.getShape())},
               {"offset", tensor.offset},
               {"batched", batched}};
  if (const lang::DataField *field = batched ? classField(tensor.name, of) : nullptr)
    entry["field"] = field->name;
  auto byDimension = [&](llvm::StringRef member, const auto &names) {
    Object object;
    for (const auto &[dimension, name] : names)
      object[std::to_string(dimension)] = name;
    if (!object.empty())
      entry[member] = std::move(object);
  };
  if (result) {
    byDimension("lengths", result->lengths);
    byDimension("fields", result->fields);
  }
  return entry;
}

const lang::DataField *Describer::classField(const std::string &prediction,
                                             const lang::Function &of) const {
  int64_t classes = 0;
  for (const lang::FunctionResult &result : of.results)
    if (result.name == prediction)
      classes = of.values[result.value].type.classes;
  const lang::DataInfo *data = classes ? program.findData(of.data) : nullptr;
  if (!data)
    return nullptr;
  // The field that the output is named after; else the only one that is not an input, as labels are;
  // else, of what continues an input, the first one.
  llvm::SmallVector<const lang::DataField *> inputs, others;
  for (const lang::DataField &field : data->fields) {
    if (field.type.classes != classes && field.vocabulary != classes)
      continue;
    if (field.name == prediction)
      return &field;
    const bool isInput = llvm::any_of(of.arguments, [&](const lang::FunctionArgument &argument) {
      return argument.kind == lang::ArgumentKind::Input && argument.name == field.name;
    });
    (isInput ? inputs : others).push_back(&field);
  }
  if (!others.empty())
    return others.size() == 1 ? others[0] : nullptr;
  return inputs.empty() ? nullptr : inputs[0];
}

Object Describer::memory(const FunctionBlocks &function) const {
  Array saved;
  for (const ArenaBuffer &buffer : savedBuffers(function))
    saved.push_back(Object{{"name", buffer.name}, {"line", buffer.line}, {"bytes", buffer.bytes}});
  return Object{{"largest_live", function.largestLiveBytes},
                {"panels", function.panelBytes},
                {"saved", std::move(saved)},
                {"scratch", scratchBytes(function)}};
}

Array Describer::regions(const FunctionBlocks &function) const {
  Array regions;
  for (const KernelRegion &region : function.regions)
    regions.push_back(Object{{"line", region.line},
                             {"pass", region.backward ? "backward" : "forward"},
                             {"kind", region.kind},
                             {"flop", region.flop},
                             {"bytes", region.bytes}});
  return regions;
}

Array Describer::functions() {
  Array functions;
  for (const FunctionBlocks &function : blocks.functions) {
    const lang::Function &of = source(function);
    Array fields, outputs;
    for (const BlockTensor &tensor : function.inputs.tensors)
      fields.push_back(input(tensor, of));
    for (const BlockTensor &tensor : function.outputs.tensors)
      outputs.push_back(output(tensor, of));
    int64_t batch = fields.empty() ? 0 : of.generation ? 1 : of.batch;
    for (const BlockTensor &tensor : function.inputs.tensors)
      if (tensor.kind == "token")
        batch = tensor.type.getDimSize(0);
      else if (tensor.kind == "total")
        batch = 0;
    Object entry{
        {"symbol", function.symbol},
        {"batch", batch},
        {"arena", function.arenaBytes},
        {"thread_memory", function.threadBytes},
        {"flop", function.flop},
        {"inputs", Object{{"bytes", function.inputs.bytes}, {"fields", std::move(fields)}}},
        {"outputs", Object{{"bytes", function.outputs.bytes}, {"values", std::move(outputs)}}},
        {"memory", memory(function)}};
    if (!of.block.empty())
      entry["block"] = of.block;
    if (!of.data.empty())
      entry["data"] = of.data;
    if (!function.regions.empty())
      entry["regions"] = regions(function);
    functions.push_back(std::move(entry));
  }
  return functions;
}

Object Describer::generation() {
  const auto function = llvm::find_if(
      program.functions, [](const lang::Function &one) { return one.generation.has_value(); });
  if (function == program.functions.end())
    return {};
  Array cache;
  for (const BlockTensor &tensor : blocks.cache.tensors)
    cache.push_back(Object{{"name", tensor.name},
                           {"dtype", elementName(tensor.type.getElementType())},
                           {"shape", shapeOf(tensor.type.getShape())},
                           {"offset", tensor.offset}});
  Object result{{"sequence", function->generation->sequence},
                {"cache", Object{{"bytes", blocks.cache.bytes}, {"tensors", std::move(cache)}}}};
  for (const FunctionBlocks &compiled : blocks.functions)
    if (compiled.limit)
      result["limit"] = compiled.limit;
  if (const std::optional<lang::Sampling> &sampling = function->generation->sampling)
    result["sampling"] = Object{{"temperature", sampling->temperature},
                                {"top_k", sampling->topK},
                                {"top_p", sampling->topP},
                                {"min_p", sampling->minP},
                                {"repetition_penalty", sampling->repetitionPenalty},
                                {"width", sampling->width},
                                {"length_penalty", sampling->lengthPenalty}};
  return result;
}

Object Describer::scalars() {
  llvm::StringMap<const lang::Setting *> settings;
  for (const lang::Setting &setting : program.settings)
    settings[setting.key] = &setting;
  Array values;
  for (const BlockTensor &tensor : blocks.scalars.tensors) {
    Object entry{{"name", tensor.name},
                 {"dtype", elementName(tensor.type.getElementType())},
                 {"offset", tensor.offset}};
    if (const lang::Setting *setting = settings.lookup(tensor.name)) {
      entry["settable"] = true;
      entry["default"] = setting->value;
      entry["whole"] = setting->integer;
    }
    values.push_back(std::move(entry));
  }
  return Object{{"bytes", blocks.scalars.bytes}, {"values", std::move(values)}};
}

/// The columns of one field: names, or numbers from 0.
Array columns(const std::vector<std::string> &texts, bool byNumber) {
  Array result;
  for (const std::string &text : texts) {
    int64_t number = 0;
    if (byNumber)
      std::from_chars(text.data(), text.data() + text.size(), number);
    result.push_back(byNumber ? llvm::json::Value(number) : llvm::json::Value(text));
  }
  return result;
}

Object Describer::split(const lang::DataSplit &split) const {
  Object entry{{"name", split.name}, {"reader", split.reader}};
  Array files;
  Object fieldColumns;
  for (const lang::ReaderArgument &argument : split.arguments) {
    if (argument.name.empty())
      files.push_back(std::get<std::string>(argument.value));
    else if (auto *list = std::get_if<std::vector<std::string>>(&argument.value))
      fieldColumns[argument.name] = columns(*list, split.columnsByNumber);
    else if (auto *truth = std::get_if<bool>(&argument.value))
      entry[argument.name] = *truth;
    else if (auto *number = std::get_if<double>(&argument.value))
      entry[argument.name] = *number;
    else
      entry[argument.name] = std::get<std::string>(argument.value);
  }
  entry["files"] = std::move(files);
  if (!fieldColumns.empty())
    entry["columns"] = std::move(fieldColumns);
  if (!split.missing.empty())
    entry["missing"] = Array(split.missing);
  if (split.filter)
    entry["rows"] =
        Object{{"column", columns({split.filter->column}, split.filterByNumber).front()},
               {"values", Array(split.filter->values)}};
  return entry;
}

Object describeTransform(const lang::FieldTransform &transform) {
  Object entry{{"kind", transform.kind}};
  if (!transform.marks.empty())
    entry["marks"] = Array(transform.marks);
  if (!transform.as.empty())
    entry["as"] = transform.as;
  if (!transform.format.empty())
    entry["format"] = transform.format;
  if (transform.kind == "min_max" || transform.as == "value") {
    entry["low"] = transform.low;
    entry["high"] = transform.high;
  }
  return entry;
}

/// Whether a function reads the field, which it has as an input in any case.
static bool isRead(const lang::Function &function, const std::string &field) {
  for (const lang::FunctionArgument &argument : function.arguments) {
    if (argument.kind != lang::ArgumentKind::Input || argument.name != field)
      continue;
    for (const lang::Operation &operation : function.operations)
      if (llvm::is_contained(operation.operands, argument.value))
        return true;
    for (const lang::FunctionResult &result : function.results)
      if (result.value == argument.value)
        return true;
  }
  return false;
}

Object Describer::dataBlock(const lang::DataInfo &data) const {
  Array fields, splits;
  for (const lang::DataField &field : data.fields) {
    Object entry{{"name", field.name},
                 {"dtype", fieldElement(field.type)},
                 {"shape", shapeOf(field.type.shape)}};
    if (field.padded)
      entry["padded"] = *field.padded;
    if (!field.lengthOf.empty())
      entry["length_of"] = field.lengthOf;
    if (field.type.classes)
      entry["classes"] = field.type.classes;
    if (!field.classNames.empty())
      entry["class_names"] = Array(field.classNames);
    if (llvm::none_of(program.functions, [&](const lang::Function &function) {
          return function.data == data.name && isRead(function, field.name);
        }))
      entry["unused"] = true;
    if (field.categories)
      entry["categories"] = true;
    if (field.oneHot)
      entry["one_hot"] = true;
    Array transforms;
    for (const lang::FieldTransform &transform : field.transforms)
      transforms.push_back(describeTransform(transform));
    if (!transforms.empty())
      entry["transforms"] = std::move(transforms);
    if (field.tokenizer)
      entry["vocabulary"] = llvm::cantFail(
          llvm::json::parse(vocabularies.tokenizer(data.name, field.name).serialize()));
    fields.push_back(std::move(entry));
  }
  for (const lang::DataSplit &one : data.splits)
    splits.push_back(split(one));
  llvm::SmallString<256> folder(vocabularies.folderOf(data.name));
  llvm::sys::fs::make_absolute(folder);
  llvm::sys::path::remove_dots(folder, /*remove_dot_dot=*/true);
  return Object{{"name", data.name},
                {"folder", std::string(folder)},
                {"fields", std::move(fields)},
                {"splits", std::move(splits)}};
}

Array Describer::data() {
  Array result;
  for (const lang::DataInfo &data : program.data)
    result.push_back(dataBlock(data));
  return result;
}

static Object describeStep(const lang::TrainingStep &step) {
  Object entry{{"function", "nnc_" + step.function}};
  if (!step.name.empty())
    entry["name"] = step.name;
  if (step.every > 1)
    entry["every"] = step.every;
  if (!step.scope.empty())
    entry["scope"] = step.scope;
  if (!step.schedule.empty())
    entry["schedule"] = step.schedule;
  if (!step.update.empty())
    entry["update"] = "nnc_" + step.update;
  Array buckets;
  for (const std::string &bucket : step.buckets)
    buckets.push_back("nnc_" + bucket);
  if (!buckets.empty())
    entry["buckets"] = std::move(buckets);
  return entry;
}

static Object describePhase(const lang::Phase &phase) {
  Object entry{{"evaluate", "nnc_" + phase.evaluate}, {"patience", phase.patience}};
  if (!phase.name.empty())
    entry["name"] = phase.name;
  if (!phase.metrics.empty())
    entry["metrics"] = "nnc_" + phase.metrics;
  if (!phase.stopMetric.empty()) {
    entry["stop_metric"] = phase.stopMetric;
    entry["stop_highest"] = phase.stopHighest;
  }
  Object directions;
  for (const auto &[metric, highest] : phase.directions)
    directions[metric] = highest;
  if (!directions.empty())
    entry["directions"] = std::move(directions);
  if (!phase.cache.empty())
    entry["cache"] = "nnc_" + phase.cache;
  if (phase.epochs)
    entry["epochs"] = *phase.epochs;
  if (phase.steps)
    entry["steps"] = *phase.steps;
  Array steps;
  for (const lang::TrainingStep &step : phase.trainingSteps)
    steps.push_back(describeStep(step));
  entry["training_steps"] = std::move(steps);
  return entry;
}

Array Describer::recipes() {
  Array result;
  for (const lang::Recipe &recipe : program.recipes) {
    Object entry{{"name", recipe.name},
                 {"data", recipe.data},
                 {"batch", recipe.batch},
                 {"validate", recipe.validate}};
    if (recipe.parts > 1)
      entry["parts"] = recipe.parts;
    for (const auto &[key, selection] :
         {std::pair("validate_by", &recipe.validateBy), std::pair("sample", &recipe.sample)})
      if (!selection->manner.empty())
        entry[key] = Object{{"manner", selection->manner}, {"field", selection->field}};
    if (!recipe.shuffle)
      entry["shuffle"] = false;
    Array loads, phases;
    for (const lang::LoadedWeights &load : recipe.loads) {
      Object tensors;
      for (const auto &[path, name] : load.tensors)
        tensors[path] = name;
      loads.push_back(Object{{"file", load.file}, {"tensors", std::move(tensors)}});
    }
    if (!loads.empty())
      entry["load"] = std::move(loads);
    for (const lang::Phase &phase : recipe.phases)
      phases.push_back(describePhase(phase));
    entry["phases"] = std::move(phases);
    result.push_back(std::move(entry));
  }
  return result;
}

Array Describer::layers() {
  int64_t elementBytes = precision == FloatPrecision::F32 ? 4 : 8;
  Array result;
  for (const lang::LayerInfo &layer : program.layers)
    result.push_back(Object{{"path", layer.path},
                            {"kind", layer.kind},
                            {"line", layer.range.start().line},
                            {"input", shapeOf(layer.input)},
                            {"output", shapeOf(layer.output)},
                            {"parameters", layer.parameters},
                            {"bytes", layer.parameters * elementBytes},
                            {"flop", layer.flop}});
  return result;
}

Object Describer::sourceLines(const lang::SourceFile &source) {
  Object lines;
  for (const FunctionBlocks &function : blocks.functions)
    for (const KernelRegion &region : function.regions)
      if (region.line > 0 && region.line <= source.lineCount())
        lines[std::to_string(region.line)] =
            llvm::StringRef(source.lineText(uint32_t(region.line))).trim();
  return lines;
}

} // namespace

std::string describeModel(const lang::Program &program, const ModuleBlocks &blocks,
                          const lang::SourceFile &source,
                          const std::vector<std::pair<std::string, std::string>> &defines,
                          const Vocabularies &vocabularies, FloatPrecision precision,
                          const TargetDescription &target) {
  Describer describer(program, blocks, vocabularies, precision);
  Object description{{"abi", NNC_ABI_VERSION},
                     {"compiler", NNC_VERSION},
                     {"model", program.model},
                     {"source", llvm::sys::path::filename(source.name())},
                     {"program", llvm::json::fixUTF8(llvm::StringRef(source.text()))},
                     {"float", precision == FloatPrecision::F32 ? "f32" : "f64"},
                     {"target", target.cpu},
                     {"features", Array(target.checkedFeatures)},
                     {"persistent", describer.persistent()},
                     {"functions", describer.functions()},
                     {"scalars", describer.scalars()},
                     {"data", describer.data()},
                     {"layers", describer.layers()}};
  Object values;
  for (const auto &[name, value] : defines)
    values[name] = value;
  if (!values.empty())
    description["defines"] = std::move(values);
  if (!program.recipes.empty())
    description["recipes"] = describer.recipes();
  if (Object generation = describer.generation(); !generation.empty())
    description["generation"] = std::move(generation);
  if (Object lines = describer.sourceLines(source); !lines.empty())
    description["source_lines"] = std::move(lines);
  return llvm::formatv("{0}", llvm::json::Value(std::move(description)));
}

} // namespace nnc
