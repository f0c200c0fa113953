// Implements the execution of a declaration's body: inputs are unified, results checked.
#include "lang/elaborate/calls/Calls.h"

#include "lang/elaborate/signatures/Arguments.h"
#include "lang/syntax/ASTPrinter.h"

#include <optional>
#include <utility>

namespace nnc::lang {

namespace {
constexpr int maximumContexts = 4;
}

Entity Calls::finishInvocation(const CallableDeclaration &declaration, Entity value,
                               SourceRange range) {
  if (value.poisoned() || declaration.results.empty())
    return value.is<Nothing>() && declaration.callable != CallableKind::Optimizer
               ? (environment.report(Diag::NoValue, declaration.name.range), Poison{})
               : value;
  if (value.is<Nothing>()) {
    environment.report(Diag::NoValue, declaration.name.range);
    return Poison{};
  }
  if (declaration.results.size() == 1 && declaration.results[0].name.text.empty())
    return unifier.checkResult(declaration.results[0], value, declaration);
  auto *group = value.get<Group>();
  Group results;
  for (const ResultDeclaration &result : declaration.results) {
    const NamedEntity *found = nullptr;
    if (group)
      for (const NamedEntity &member : group->members)
        if (member.name == result.name.text)
          found = &member;
    if (!found) {
      environment.report(Diag::MissingResult, result.name.range, declaration.name.text,
                         result.name.text, describe(value));
      return Poison{};
    }
    results.members.push_back(
        {result.name.text, range,
         std::make_shared<Entity>(unifier.checkResult(result, *found->value, declaration))});
  }
  return results;
}

/// Two inputs, a class and numbers, that stand in each other's place.
static bool reportSwapped(Environment &environment, const CallableDeclaration &declaration,
                          const std::vector<const GivenArgument *> &matched, SourceRange range) {
  if (matched.size() != 2 || !matched[0] || !matched[1] || environment.inStandard(range))
    return false;
  auto *first = matched[0]->value.get<Tensor>(), *second = matched[1]->value.get<Tensor>();
  const Parameter &one = declaration.inputs[0], &other = declaration.inputs[1];
  if (!first || !second || !one.type || !other.type)
    return false;
  auto isClass = [](const Parameter &parameter) {
    return parameter.type->element == ElementKind::Class;
  };
  bool swapped = isClass(one) != isClass(other) && isClass(one) == (second->classes != 0) &&
                 isClass(other) == (first->classes != 0);
  if (swapped)
    environment.diagnostics
        .report(Diag::ArgumentType, matched[0]->range, one.name.text, declaration.name.text,
                toSource(*one.type), describe(matched[0]->value))
        .help(fmt::format("the inputs stand in the other order: `{}({}, {})`",
                          declaration.name.text, matched[1]->range.text(),
                          matched[0]->range.text()));
  return swapped;
}

Entity Calls::invoke(const CallableDeclaration &declaration,
                     const std::vector<NamedEntity> &settings,
                     const std::vector<GivenArgument> &given, LayerInstance *layer,
                     SourceRange range) {
  if (!declaration.body || !environment.step(range))
    return Poison{};
  std::vector<const GivenArgument *> matched;
  if (!matchArguments(environment, declaration.name.text, "input", declaration.inputs, given, true,
                      range, matched))
    return Poison{};
  std::optional<Diagnostics::Context> context;
  bool isStandard = environment.inStandard(declaration.range);
  // The outermost levels say where; more of them would hide the error.
  struct Level {
    int &levels;
    ~Level() { --levels; }
  } level{++contextLevels};
  if (!isStandard && declaration.callable != CallableKind::Model &&
      !environment.inStandard(range) && contextLevels <= maximumContexts)
    context.emplace(environment.diagnostics, range,
                    fmt::format("in `{}`, applied here", declaration.name.text));

  LayerInstance *owner = layer                      ? layer
                         : !environment.executing() ? nullptr
                                                    : environment.frame().layer;
  std::optional<Graph::EnterScope> scope;
  if (emitter.pass)
    scope.emplace(emitter.pass->graph,
                  Scope{0, declaration.name.text, layer ? layer->path() : "", layer != nullptr,
                        isStandard, layer ? layer->range : environment.place(range)});
  EnterFrame enter(environment, declaration, range);
  environment.frame().layer = owner;
  if (layer)
    environment.frame().reparametrization =
        std::exchange(environment.nextReparametrization, nullptr);
  bool good = binder.enter(declaration, settings);
  if (good && reportSwapped(environment, declaration, matched, range))
    return Poison{};
  for (size_t index = 0; index < matched.size(); ++index) {
    const Parameter &parameter = declaration.inputs[index];
    Entity value =
        matched[index] ? matched[index]->value : evaluator.evaluate(*parameter.defaultValue);
    SourceRange where = matched[index] ? matched[index]->range : parameter.range;
    std::optional<Entity> unified =
        good ? unifier.unifyInput(parameter, value, where) : std::nullopt;
    good &= unified && !unified->poisoned();
    if (!parameter.name.text.empty())
      environment.bindFresh(parameter.name.text, unified ? *unified : Entity(Poison{}),
                            parameter.name.range);
  }
  if (!good || !unifier.unifyDeferred())
    return Poison{};
  // Impossible sizes are errors of the declaration, reported before the body fails for them.
  for (const ResultDeclaration &result : declaration.results)
    for (const Dimension &dimension : result.type.dimensions)
      if (dimension.kind == Dimension::Kind::Size && !isOpenDimension(dimension) &&
          !types.evaluateDimension(*dimension.value,
                                   fmt::format("the result of `{}`", declaration.name.text)))
        return Poison{};
  Entity value = evaluator.evaluateBlock(*declaration.body);
  return finishInvocation(declaration, std::move(value), range);
}

} // namespace nnc::lang
