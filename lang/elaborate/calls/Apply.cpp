// Implements the dispatch of an application by what is applied.
#include "lang/elaborate/calls/Calls.h"

#include "lang/elaborate/builtins/Builtins.h"

#include "lang/elaborate/graph/Constants.h"
#include "lang/elaborate/signatures/Arguments.h"

#include <algorithm>
#include <optional>

namespace nnc::lang {

Entity Calls::construct(const CallableEntity &callable, const std::vector<GivenArgument> &given,
                        SourceRange range) {
  const CallableDeclaration &declaration = *callable.declaration;
  std::optional<std::vector<NamedEntity>> settings = binder.bind(declaration, given, range);
  if (!settings)
    return Poison{};
  for (const NamedEntity &setting : *settings)
    if (setting.value->poisoned())
      return Poison{};
  if (declaration.callable == CallableKind::Layer) {
    LayerPtr layer = instances.make(declaration, std::move(*settings), range);
    return layer ? Entity(layer) : Entity(Poison{});
  }
  CallableEntity bound;
  bound.declaration = &declaration;
  bound.bound = true;
  bound.settings = std::move(*settings);
  bound.range = range;
  return bound;
}

Entity Calls::apply(const Entity &callee, const std::vector<GivenArgument> &given,
                    SourceRange range) {
  if (callee.poisoned())
    return Poison{};
  if (auto *layer = callee.get<LayerPtr>())
    return applyLayer(*layer, given, range);
  if (auto *reducer = callee.get<ReducerEntity>()) {
    if (given.size() != 1 || !given[0].name.empty()) {
      environment.report(Diag::TooManyArguments, range, reducer->expression->reducer.text,
                         "1 input", int64_t(given.size()));
      return Poison{};
    }
    return reductions.apply(*reducer->expression, reducer->expression->reducer.text, given[0].value,
                            range);
  }
  auto *callable = callee.get<CallableEntity>();
  if (!callable) {
    environment.report(Diag::NotCallable, range, describe(callee));
    return Poison{};
  }
  if (callable->builtin) {
    std::vector<GivenArgument> settings;
    for (const NamedEntity &setting : callable->settings)
      settings.push_back({setting.name, *setting.value, setting.range});
    return applyBuiltin(*callable->builtin, settings, given, range);
  }
  const CallableDeclaration &declaration = *callable->declaration;
  auto recorded = [&](Entity result) {
    if (auto *tensor = result.get<Tensor>(); tensor && tensor->graph == &emitter.pass->graph)
      emitter.pass->resultOf[tensor->id].insert(&declaration);
    return result;
  };
  switch (declaration.callable) {
  case CallableKind::Primitive: {
    std::optional<Graph::EnterScope> scope;
    if (emitter.pass)
      scope.emplace(emitter.pass->graph, Scope{0, declaration.name.text, "", false,
                                               /*isStandard=*/true, environment.place(range)});
    return recorded(applyPrimitive(declaration, given, range));
  }
  case CallableKind::Model: {
    LayerPtr model = instances.model(declaration);
    return model ? applyLayer(model, given, range) : Entity(Poison{});
  }
  case CallableKind::Layer: {
    // Without its settings: all of them have their defaults.
    Entity layer = construct(*callable, {}, range);
    return apply(layer, given, range);
  }
  case CallableKind::Function:
    if (declaration.hasSettings && !callable->bound) {
      Entity function = construct(*callable, {}, range);
      return apply(function, given, range);
    }
    return recorded(invoke(declaration, callable->settings, given, nullptr, range));
  case CallableKind::Optimizer:
  case CallableKind::Schedule:
    // In the body of one of the same kind.
    if (OptimizerTarget *target = environment.executing() ? environment.frame().target : nullptr;
        target && target->owner.empty() == (declaration.callable == CallableKind::Schedule))
      return target->apply(*target, *callable, given, range);
    [[fallthrough]];
  default:
    environment.report(Diag::NotCallable, range, describe(callee));
    return Poison{};
  }
}

Entity Calls::applyPrimitive(const CallableDeclaration &declaration,
                             const std::vector<GivenArgument> &given, SourceRange range) {
  const std::string &name = declaration.name.text;
  if ((name == "max" || name == "min") && given.size() == 1)
    if (const Builtin *reduction = findBuiltin(name))
      return applyBuiltin(*reduction, {}, given, range);
  std::vector<const GivenArgument *> matched;
  if (!matchArguments(environment, name, "input", declaration.inputs, given, false, range, matched))
    return Poison{};
  bool numbers = true;
  for (const GivenArgument *argument : matched) {
    if (argument->value.poisoned())
      return Poison{};
    numbers &= argument->value.isNumber();
  }
  if (numbers) {
    std::vector<Entity> operands;
    for (const GivenArgument *argument : matched)
      operands.push_back(argument->value);
    Entity folded = constantPrimitive(environment, name, operands, range);
    if (!folded.poisoned())
      return folded;
  }
  if (matched.size() == 2)
    return operators.elementwise(name, matched[0]->value, matched[1]->value, range);
  if (matched.size() != 1)
    return environment.unsupported(fmt::format("a primitive of {} inputs", matched.size()), range);
  std::optional<Tensor> operand =
      emitter.tensor(matched[0]->value, Element::Float, name, matched[0]->range);
  if (!operand)
    return Poison{};
  if (operand->element == Element::Bool) {
    environment.report(Diag::OperandType, matched[0]->range, name, describe(matched[0]->value));
    return Poison{};
  }
  if (operand->element == Element::Int && name != "neg" && name != "abs" && name != "sign")
    *operand = emitter.convert(*operand, Element::Float, range);
  Tensor result = emitter.emit(name, {*operand}, operand->element, operand->shape, {}, range);
  result.reduction = operand->reduction;
  return result;
}

Entity Calls::applyBuiltin(const Builtin &builtin, const std::vector<GivenArgument> &settings,
                           const std::vector<GivenArgument> &given, SourceRange range) {
  const std::vector<GivenArgument> &counted = builtin.curried ? settings : given;
  std::string_view what = builtin.curried ? "setting" : "input";
  if (int(counted.size()) < builtin.fewest ||
      (builtin.most >= 0 && int(counted.size()) > builtin.most)) {
    std::string wanted = builtin.most < 0 ? fmt::format("at least {} {}", builtin.fewest, what)
                         : builtin.most == builtin.fewest
                             ? fmt::format("{} {}", builtin.fewest, what)
                             : fmt::format("{} to {} {}", builtin.fewest, builtin.most, what);
    DiagnosticBuilder builder =
        environment.report(Diag::TooManyArguments, range, builtin.name,
                           wanted + (builtin.most == 1 ? "" : "s"), int64_t(counted.size()));
    for (const GivenArgument &argument : counted)
      if (!argument.name.empty() &&
          builder.suggest(NameKind::Argument, argument.name, std::span<const std::string_view>()))
        break;
    return Poison{};
  }
  if (builtin.curried && given.size() != 1) {
    environment.report(Diag::TooManyArguments, range, builtin.name, "1 input",
                       int64_t(given.size()));
    return Poison{};
  }
  for (const auto *list : {&settings, &given})
    for (const GivenArgument &argument : *list)
      if (argument.value.poisoned())
        return Poison{};
  if (emitter.pass && emitter.pass->graph.inScan() &&
      std::any_of(builtins::derivativeFunctions.begin(), builtins::derivativeFunctions.end(),
                  [&](const Builtin &one) { return one.name == builtin.name; }))
    return environment.unsupported(fmt::format("`{}` in the block of a `scan`", builtin.name),
                                   range);
  std::optional<Graph::EnterScope> scope;
  if (emitter.pass)
    scope.emplace(emitter.pass->graph, Scope{0, std::string(builtin.name), "", false,
                                             /*isStandard=*/true, environment.place(range)});
  return builtin.apply({builtin, settings, given, range, environment, emitter, operators,
                        reductions, instances, evaluator});
}

Entity Calls::applyLayer(const LayerPtr &layer, const std::vector<GivenArgument> &given,
                         SourceRange range) {
  return instances.apply(layer, given, range, [&] {
    return invoke(*layer->declaration, layer->settings, given, layer.get(), range);
  });
}

} // namespace nnc::lang
