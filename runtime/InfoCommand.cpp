#include "runtime/Commands.h"
#include "runtime/Json.h"

#include <algorithm>
#include <cstdio>

namespace nnc::runtime {

static const Option infoOptions[] = {{"--json", nullptr, "print one JSON object"}};
const Command infoCommandTable = {"info", "layers, shapes, parameters, memory, work", infoOptions};

static Json infoJson(const Description &description) {
  Json layers = Json::array(), tensors = Json::array(), functions = Json::array();
  for (const Layer &layer : description.layers)
    layers.push_back({{"path", layer.path},
                      {"kind", layer.kind},
                      {"line", layer.line},
                      {"input", layer.input},
                      {"output", layer.output},
                      {"parameters", layer.parameters},
                      {"bytes", layer.bytes},
                      {"flop", layer.flop}});
  static const char *const kinds[] = {"parameter", "slot", "state"};
  for (const PersistentTensor &tensor : description.tensors)
    tensors.push_back({{"name", tensor.name},
                       {"kind", kinds[static_cast<int>(tensor.kind)]},
                       {"dtype", nameOf(tensor.dtype)},
                       {"shape", tensor.shape},
                       {"line", tensor.line},
                       {"trained", tensor.trained}});
  for (const Function &function : description.functions)
    functions.push_back({{"symbol", function.symbol},
                         {"batch", function.batch},
                         {"arena_bytes", function.arenaBytes},
                         {"flop", function.flop}});
  Json settings = Json::object();
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable)
      settings[scalar.name] = scalar.defaultValue;
  const Function *step = description.function("nnc_train_step");
  return {{"model", description.model},
          {"source", description.source},
          {"float", nameOf(description.floatType)},
          {"target", description.target},
          {"compiler", description.compiler},
          {"batch", step ? step->batch : 0},
          {"parameters", description.parameterCount()},
          {"parameter_bytes", description.parameterBytes()},
          {"arena_bytes", step ? step->arenaBytes : 0},
          {"flop_per_step", step ? step->flop : 0},
          {"layers", layers},
          {"tensors", tensors},
          {"functions", functions},
          {"settings", settings}};
}

/// Prints rows as columns that are as wide as their widest cell; from `firstNumber` on flush right.
static void printTable(const std::vector<std::vector<std::string>> &rows, size_t firstNumber) {
  std::vector<size_t> widths(rows[0].size());
  for (const auto &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  for (const auto &row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string space(widths[i] - row[i].size(), ' ');
      line += (i ? "  " : "") + (i >= firstNumber ? space + row[i] : row[i] + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
  }
}

int infoCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  if (arguments.has("--json")) {
    std::printf("%s\n", dumpJson(infoJson(description)).c_str());
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
  printTable(rows, 5);
  std::printf("\n");
  if (const Function *step = description.function("nnc_train_step"))
    std::printf("training step: batch %lld, %lld flop, arena %zu bytes\n",
                static_cast<long long>(step->batch), static_cast<long long>(step->flop),
                step->arenaBytes);
  if (description.recipe) {
    const DataBlock &block = recipeData(description);
    std::printf("data %s from %s:", block.name.c_str(), description.recipe->folder.c_str());
    for (const DataField &field : block.fields)
      std::printf(" %s %s%s", field.name.c_str(), describe(field.shape).c_str(),
                  field.classes
                      ? text(" of %lld classes", static_cast<long long>(field.classes)).c_str()
                      : "");
    std::printf("\n");
  }
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable)
      std::printf("setting %s = %g\n", scalar.name.c_str(), scalar.defaultValue);
  return 0;
}

} // namespace nnc::runtime
