// Implements printProgram(): the tables of a program and its graphs, one operation to a line.
#include "lang/elaborate/Elaborate.h"

#include <fmt/format.h>

#include <map>

namespace nnc::lang {

namespace {

std::string text(const Type &type) {
  static constexpr const char *names[] = {"float", "real", "int", "bool"};
  std::string element = names[int(type.element)];
  if (type.classes)
    element = fmt::format("class[{}]", type.classes);
  return type.shape.empty() ? element : fmt::format("{}[{}]", element, fmt::join(type.shape, ", "));
}

std::string text(const Attribute &attribute) {
  struct Printer {
    std::string operator()(int64_t value) const { return fmt::format("{}", value); }
    std::string operator()(double value) const { return fmt::format("{}", value); }
    std::string operator()(const std::string &value) const { return value; }
    std::string operator()(const std::vector<int64_t> &value) const {
      return fmt::format("[{}]", fmt::join(value, ", "));
    }
    std::string operator()(const std::vector<double> &value) const {
      return fmt::format("[{}]", fmt::join(value, ", "));
    }
  };
  return std::visit(Printer{}, attribute);
}

std::string text(const ReaderArgument &argument) {
  struct Printer {
    std::string operator()(const std::string &value) const { return fmt::format("\"{}\"", value); }
    std::string operator()(double value) const { return fmt::format("{}", value); }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::vector<std::string> &value) const {
      return fmt::format("[{}]", fmt::join(value, ", "));
    }
  };
  return (argument.name.empty() ? "" : argument.name + " = ") +
         std::visit(Printer{}, argument.value);
}

std::string_view text(ArgumentKind kind) {
  static constexpr std::string_view names[] = {"parameter", "slot",   "state", "example_state",
                                               "input",     "scalar", "total"};
  return names[int(kind)];
}

std::string_view text(ResultKind kind) {
  static constexpr std::string_view names[] = {
      "parameter", "slot", "state", "example_state", "output", "example_output", "total"};
  return names[int(kind)];
}

/// Values by their name where they have one of their own, else by number.
class ValueNames {
public:
  explicit ValueNames(const Function &function) {
    std::map<std::string, int> uses;
    for (ValueId id = 0; id < function.values.size(); ++id) {
      const std::string &name = function.values[id].name;
      int use = name.empty() ? 0 : uses[name]++;
      names.push_back(name.empty() ? fmt::format("%{}", id)
                      : use        ? fmt::format("%{}#{}", name, use)
                                   : fmt::format("%{}", name));
    }
  }
  const std::string &operator[](ValueId id) const { return names[id]; }
  std::string list(const std::vector<ValueId> &ids) const {
    std::string result;
    for (ValueId id : ids)
      result += fmt::format("{}{}", result.empty() ? "" : ", ", names[id]);
    return result;
  }

private:
  std::vector<std::string> names;
};

std::string text(const Function &function, const ValueNames &names, const Operation &operation,
                 const std::string &indent) {
  std::string out = fmt::format("{}{} = {}", indent, names.list(operation.results), operation.name);
  if (!operation.operands.empty())
    out += fmt::format(" {}", names.list(operation.operands));
  for (const auto &[key, value] : operation.attributes)
    out += fmt::format(" {}={}", key, text(value));
  out += " :";
  for (ValueId result : operation.results)
    out += fmt::format(" {}", text(function.values[result].type));
  out += '\n';
  for (const Body &body : operation.body) {
    out += fmt::format("{}  block {}\n", indent, names.list(body.arguments));
    for (const Operation &inner : body.operations)
      out += text(function, names, inner, indent + "  ");
    if (!body.carries.empty())
      out += fmt::format("{}  carry {}\n", indent, names.list(body.carries));
    if (!body.emits.empty())
      out += fmt::format("{}  emit {}\n", indent, names.list(body.emits));
  }
  return out;
}

} // namespace

std::string printFunction(const Function &function) {
  ValueNames names(function);
  std::string out = fmt::format("function {}\n", function.name);
  for (const FunctionArgument &argument : function.arguments)
    out += fmt::format("  {} {}: {}\n", text(argument.kind), argument.name,
                       text(function.values[argument.value].type));
  for (const Operation &operation : function.operations)
    out += text(function, names, operation, "  ");
  for (const FunctionResult &result : function.results)
    out += fmt::format("  -> {} {} = {}\n", text(result.kind), result.name, names[result.value]);
  return out;
}

static std::string text(const std::vector<FieldTransform> &transforms) {
  std::string out;
  for (const FieldTransform &one : transforms) {
    out += (out.empty() ? " = " : " |> ") + one.kind;
    if (!one.as.empty() || !one.marks.empty())
      out += fmt::format("({}{}{})", fmt::join(one.marks, ", "),
                         one.marks.empty() || one.as.empty() ? "" : ", ", one.as);
  }
  return out;
}

static std::string text(const Phase &phase) {
  std::string out;
  if (phase.epochs)
    out += fmt::format(", epochs {}", *phase.epochs);
  if (phase.steps)
    out += fmt::format(", steps {}", *phase.steps);
  if (phase.patience)
    out += fmt::format(", patience {}", phase.patience);
  return out;
}

static std::string text(const Recipe &recipe, bool isNamed) {
  std::string out = isNamed ? fmt::format("recipe {} on {}", recipe.name, recipe.data) : "recipe";
  out += fmt::format(" batch {}", recipe.batch);
  if (recipe.validate > 0)
    out += fmt::format(", validate {}", recipe.validate);
  for (const Selection *one : {&recipe.validateBy, &recipe.sample})
    if (!one->manner.empty())
      out += fmt::format(" {}({})", one->manner, one->field);
  for (const Phase &phase : recipe.phases) {
    if (!phase.name.empty())
      out += fmt::format("\n  then {}", phase.name);
    out += text(phase);
    for (const TrainingStep &step : phase.trainingSteps)
      if (!step.name.empty())
        out += fmt::format("\n    step {}: {} every {}", step.name, step.function, step.every);
  }
  return out + '\n';
}

std::string printProgram(const Program &program) {
  std::string out = fmt::format("model {}\n", program.model);
  for (const ParameterInfo &parameter : program.parameters)
    out += fmt::format("parameter {}: {}{}\n", parameter.path, text(parameter.type),
                       parameter.trained ? "" : " (not trained)");
  for (const SlotInfo &slot : program.slots)
    out += fmt::format("slot {}: {} of {}\n", slot.path, text(slot.type), slot.owner);
  for (const StateInfo &state : program.states)
    out += fmt::format("state {}: {}\n", state.path, text(state.type));
  for (const Setting &setting : program.settings)
    out += fmt::format("setting {} = {}{}\n", setting.key, setting.value,
                       setting.integer ? " (whole)" : "");
  for (const LayerInfo &layer : program.layers)
    out +=
        fmt::format("layer {}: {} [{}] -> [{}], {} parameters\n", layer.path, layer.kind,
                    fmt::join(layer.input, ", "), fmt::join(layer.output, ", "), layer.parameters);
  for (const DataInfo &data : program.data) {
    out += fmt::format("data {}\n", data.name);
    for (const DataField &field : data.fields)
      out += fmt::format(
          "  field {}: {}{}{}\n", field.name, text(field.type),
          field.classNames.empty() ? "" : fmt::format(" ({})", fmt::join(field.classNames, ", ")),
          text(field.transforms));
    for (const DataSplit &split : data.splits) {
      std::string arguments;
      for (const ReaderArgument &argument : split.arguments)
        arguments += (arguments.empty() ? "" : ", ") + text(argument);
      out += fmt::format("  {} = {}({}){}\n", split.name, split.reader, arguments,
                         split.columnsByNumber ? " by number" : "");
    }
  }
  for (const Recipe &recipe : program.recipes)
    out += text(recipe, program.recipes.size() > 1);
  for (const std::string &metric : program.metrics)
    out += fmt::format("metric {}\n", metric);
  for (const Function &function : program.functions)
    out += printFunction(function);
  return out;
}

} // namespace nnc::lang
