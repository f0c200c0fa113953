// Builtins that copy a layer, replace one of its parameters, or read initial values.
#include "lang/elaborate/builtins/Builtins.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace nnc::lang::builtins {

/// reparametrize(of, by, name = "weight")(x): the layer `of` applied to x, with by(p) in the place
/// of its own parameter p of that name.
static Entity reparametrize(const BuiltinCall &call) {
  static constexpr std::string_view names[] = {"of", "by", "name"};
  const GivenArgument *matched[3] = {};
  size_t next = 0;
  for (const GivenArgument &setting : call.settings) {
    const auto *found =
        setting.name.empty() ? names + next++ : std::find(names, std::end(names), setting.name);
    if (found == std::end(names)) {
      call.environment
          .report(Diag::UnknownArgument, setting.range, call.builtin.name, "setting", setting.name)
          .note(fmt::format("it has {}", fmt::join(names, ", ")));
      return Poison{};
    }
    if (std::exchange(matched[found - names], &setting)) {
      call.environment.report(Diag::RepeatedArgument, setting.range, *found);
      return Poison{};
    }
  }
  for (size_t index : {0, 1})
    if (!matched[index]) {
      call.environment.report(Diag::MissingArgument, call.range, call.builtin.name, "setting",
                              names[index]);
      return Poison{};
    }
  auto *given = matched[2] ? matched[2]->value.get<std::string>() : nullptr;
  if (matched[2] && !given) {
    call.environment.report(Diag::NotConstant, matched[2]->range, "the name of the parameter");
    return Poison{};
  }
  const Entity &of = matched[0]->value;
  auto *callable = of.get<CallableEntity>();
  bool isLayer =
      callable && callable->declaration && callable->declaration->callable == CallableKind::Layer;
  if (!isLayer && !of.is<LayerPtr>()) {
    call.environment.report(Diag::OperandType, matched[0]->range, call.builtin.name, describe(of))
        .note("it takes a layer with its settings, such as `dense(64)`");
    return Poison{};
  }
  Reparametrization reparametrization{given ? *given : "weight", matched[1]->value, call.range};
  call.environment.nextReparametrization = &reparametrization;
  Entity result = call.evaluator.apply(of, call.inputs, call.range);
  call.environment.nextReparametrization = nullptr;
  if (!result.poisoned() && !reparametrization.met) {
    call.environment.report(Diag::MissingParameter, call.range, describe(of),
                            reparametrization.parameter);
    return Poison{};
  }
  return result;
}

/// A layer with the same settings and its own parameters. A layer without settings, or a function,
/// is instantiated anew by each application anyway.
static Entity another(const BuiltinCall &call) {
  const GivenArgument &of = call.inputs[0];
  if (auto *layer = of.value.get<LayerPtr>(); layer && !(*layer)->isModel)
    return call.instances.another(**layer, call.range);
  auto *callable = of.value.get<CallableEntity>();
  if (callable &&
      (!callable->declaration || callable->declaration->callable != CallableKind::Model))
    return of.value;
  call.environment.report(Diag::OperandType, of.range, call.builtin.name, describe(of.value))
      .note("it takes a layer with its settings, such as `dense(64)`");
  return Poison{};
}

static std::optional<ResultKind> resultOf(ArgumentKind kind) {
  if (kind == ArgumentKind::Parameter)
    return ResultKind::Parameter;
  if (kind == ArgumentKind::ExampleState)
    return ResultKind::ExampleState;
  return kind == ArgumentKind::State ? std::optional(ResultKind::State) : std::nullopt;
}

/// The initial value of a parameter or a state, in the initial value of another one.
static Entity initial(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  if (value && call.emitter.initializing())
    for (const FunctionArgument &argument : value->graph->function.arguments)
      for (const FunctionResult &result : call.emitter.pass->graph.function.results)
        if (argument.value == value->id && result.name == argument.name &&
            result.kind == resultOf(argument.kind)) {
          Tensor found = *value;
          found.graph = &call.emitter.pass->graph;
          found.id = result.value;
          return found;
        }
  call.environment
      .report(Diag::OperandType, call.inputs[0].range, call.builtin.name,
              describe(call.inputs[0].value))
      .note("in the initial value of a parameter or a state, it takes another parameter or state");
  return Poison{};
}

static constexpr Builtin reparametrizationTable[] = {
    {"reparametrize", true, 2, 3, reparametrize},
    {"another", false, 1, 1, another},
    {"initial", false, 1, 1, initial},
};
const std::span<const Builtin> reparametrizationFunctions = reparametrizationTable;

} // namespace nnc::lang::builtins
