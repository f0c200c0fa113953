// Implements Optimizers: settings are read once, bodies are executed for each parameter.
#include "lang/elaborate/training/Optimizers.h"

#include "lang/elaborate/builtins/Requirements.h"
#include "lang/elaborate/environment/Patterns.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

/// The body of an optimizer that has run and left the parameter as it was.
static void reportUnchanged(Diagnostics &diagnostics, const CallableDeclaration &declaration) {
  const Block &body = *declaration.body;
  bool updated = std::ranges::any_of(body.statements, [](const StatementPtr &statement) {
    auto *update = as<UpdateStatement>(statement);
    return update && update->name.text == "param";
  });
  if (updated) // to itself, by what its settings are
    return;
  DiagnosticBuilder builder =
      diagnostics.report(Diag::ParameterUnchanged, declaration.name.range, declaration.name.text);
  for (const StatementPtr &statement : body.statements)
    if (auto *binding = as<BindingStatement>(statement);
        binding && binding->names.size() == 1 && binding->names[0].text == "param") {
      builder.label(binding->names[0].range, "this binds a name and changes nothing");
      builder.help(fmt::format("write `param <- {}`", toSource(*binding->value)));
      return;
    }
  builder.help("end it with its next value, as `param <- param - rate * grad`");
}

static std::vector<std::string> pathsOf(const Program &program) {
  std::vector<std::string> paths;
  for (const ParameterInfo &info : program.parameters)
    paths.push_back(info.path);
  return paths;
}

static std::string ownerOf(const std::string &path) {
  size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

bool Optimizers::read(const RecipePart &part) {
  range = part.range;
  countLayers();
  checkPatterns(diagnostics, part.value, pathsOf(program));
  optimizer = readOptimizer(part.value, "optimizer", range);
  return !optimizer.poisoned();
}

void Optimizers::countLayers() {
  layers.clear();
  int64_t next = 1;
  for (const ParameterInfo &info : program.parameters)
    if (info.trained && layers.emplace(ownerOf(info.path), next).second)
      ++next;
}

Entity Optimizers::readOptimizer(const Entity &value, const std::string &prefix,
                                 SourceRange place) {
  if (auto *byPath = value.get<ByPath>())
    return numbers.byPath(*byPath,
                          [&](const Entity &one) { return readOptimizer(one, prefix, place); });
  auto *callable = value.get<CallableEntity>();
  if (!callable || !callable->declaration)
    return Poison{};
  const CallableDeclaration &declaration = *callable->declaration;
  std::optional<std::vector<NamedEntity>> given = elaboration.binder.settingsOf(*callable, place);
  if (!given)
    return Poison{};
  EnterFrame enter(environment, declaration, place);
  if (!elaboration.binder.enter(declaration, *given) || !checkSettings(declaration, *given, place))
    return Poison{};
  CallableEntity result;
  result.declaration = &declaration;
  result.bound = true;
  result.range = callable->range;
  for (const Parameter &parameter : declaration.settings) {
    Binding *binding = environment.findLocal(parameter.name.text);
    if (!binding)
      continue;
    Entity setting = binding->value;
    SourceRange where = binding->range;
    checkPatterns(diagnostics, setting, pathsOf(program));
    setting = readSetting(setting, parameter, prefix, where);
    if (setting.poisoned())
      return Poison{};
    result.settings.push_back({parameter.name.text, where, std::make_shared<Entity>(setting)});
  }
  return result;
}

bool Optimizers::checkSettings(const CallableDeclaration &declaration,
                               const std::vector<NamedEntity> &settings, SourceRange place) {
  if (!declaration.body)
    return true;
  bool byPath =
      std::ranges::any_of(settings, [](const NamedEntity &one) { return one.value->is<ByPath>(); });
  if (!byPath)
    return checkRequirements(environment, elaboration.interpreter, *declaration.body);
  for (const ParameterInfo &info : program.parameters) {
    EnterFrame enter(environment, declaration, place);
    if (!elaboration.binder.enter(declaration, settings))
      return false;
    bindSettings(declaration, settings, info.path);
    if (!checkRequirements(environment, elaboration.interpreter, *declaration.body))
      return false;
  }
  return true;
}

Entity Optimizers::readSetting(const Entity &value, const Parameter &parameter,
                               const std::string &prefix, SourceRange place) {
  const std::string &name = parameter.name.text;
  ElementKind kind = parameter.type ? parameter.type->element : ElementKind::Error;
  const bool outermost = prefix == "optimizer";
  // The settings of a schedule or an optimizer that is a setting itself.
  std::string inner = outermost ? name : prefix + "." + name;
  if (kind == ElementKind::Optimizer)
    return readOptimizer(value, inner, place);
  if (auto *byPath = value.get<ByPath>())
    return numbers.byPath(
        *byPath, [&](const Entity &one) { return readSetting(one, parameter, prefix, place); });
  if (kind == ElementKind::Float || kind == ElementKind::Int)
    return numbers.number(value, prefix, name, kind == ElementKind::Int, place);
  if (kind != ElementKind::Schedule)
    return value;
  auto *schedule = value.get<CallableEntity>();
  std::string scheduleName =
      schedule && schedule->declaration ? schedule->declaration->name.text : "";
  Entity result = value.isNumber() ? numbers.number(value, prefix, name, false, place)
                                   : numbers.schedule(value, inner, place);
  auto *rate = result.get<Tensor>();
  if (!rate)
    return result;
  bool isMain = !mainRate;
  Tensor used = overridden(*rate, place);
  if (isMain) {
    learningRate = used;
    this->schedule = scheduleName;
  }
  return used;
}

Tensor Optimizers::overridden(const Tensor &rate, SourceRange place) {
  auto apply = [&](const char *operation, const Tensor &left, const Tensor &right) {
    return emitter.emit(operation, {left, right}, Element::Real, {}, {}, place);
  };
  // Where it is 0, there is none. Other rates keep their ratio to the main one.
  Tensor override = numbers.real("rate_override", place);
  Tensor value = mainRate ? apply("mul", override, apply("div", rate, *mainRate)) : override;
  if (!mainRate)
    mainRate = rate;
  Tensor isSet = emitter.emit("compare", {override, emitter.constant(0.0, Element::Real, place)},
                              Element::Bool, {}, {{"predicate", std::string("gt")}}, place);
  return emitter.emit("select", {isSet, value, rate}, Element::Real, {}, {}, place);
}

void Optimizers::bindSettings(const CallableDeclaration &declaration,
                              const std::vector<NamedEntity> &settings, const std::string &path) {
  for (const NamedEntity &setting : settings) {
    const Entity *value = valueFor(*setting.value, path);
    auto parameter = std::ranges::find_if(
        declaration.settings, [&](const Parameter &one) { return one.name.text == setting.name; });
    bool truth = parameter != declaration.settings.end() && parameter->type &&
                 parameter->type->element == ElementKind::Bool;
    Entity none = truth ? Entity(false) : Entity(IntegerConstant{0, nullptr});
    environment.bindFresh(setting.name, value ? *value : none, setting.range);
  }
}

void Optimizers::run(const CallableEntity &callable, OptimizerTarget &target,
                     const Tensor &gradient, SourceRange place) {
  const CallableDeclaration &declaration = *callable.declaration;
  EnterFrame enter(environment, declaration, place);
  environment.frame().target = &target;
  // Settings hide counters of the same names.
  numbers.bindCounters();
  auto count = [&](const char *name, int64_t number) {
    environment.bindFresh(name, IntegerConstant{number, nullptr}, place);
  };
  count("layer", layers.at(ownerOf(target.owner)));
  count("layers", int64_t(layers.size()));
  // One that is made in the body of another one has its defaults.
  if (!elaboration.binder.enter(declaration, callable.settings))
    return;
  bindSettings(declaration, callable.settings, target.owner);
  environment.bindFresh("param", target.value, place);
  environment.bindFresh("grad", gradient, place);
  if (declaration.body)
    numbers.evaluate(*declaration.body);
}

Entity Optimizers::applyInner(OptimizerTarget &target, const CallableEntity &inner,
                              const std::vector<GivenArgument> &given, SourceRange place) {
  std::vector<Tensor> operands;
  for (const GivenArgument &argument : given) {
    if (argument.value.poisoned())
      return Poison{};
    auto *tensor = argument.value.get<Tensor>();
    if (tensor && argument.name.empty() && tensor->element == Element::Float &&
        sameSizes(tensor->shape, target.value.shape))
      operands.push_back(*tensor);
  }
  if (operands.size() != 2 || given.size() != 2) {
    environment.report(Diag::OptimizerInputs, place, inner.declaration->name.text);
    return Poison{};
  }
  OptimizerTarget own = target;
  own.value = operands[0];
  size_t errors = diagnostics.errorCount();
  run(inner, own, operands[1], place);
  target.slots = std::move(own.slots);
  if (diagnostics.errorCount() != errors)
    return Poison{};
  return own.value;
}

Tensor Optimizers::update(const ParameterInfo &info, const Tensor &value, const Tensor &gradient,
                          std::map<std::string, Tensor> &slots) {
  const Entity *chosen = valueFor(optimizer, info.path);
  auto *callable = chosen ? chosen->get<CallableEntity>() : nullptr;
  if (!callable)
    return value;
  OptimizerTarget target;
  target.owner = info.path;
  target.path = numbers.slotPrefix + info.path;
  target.value = value;
  target.apply = [&](OptimizerTarget &outer, const CallableEntity &inner,
                     const std::vector<GivenArgument> &given,
                     SourceRange place) { return applyInner(outer, inner, given, place); };
  run(*callable, target, gradient, range);
  if (!diagnostics.hasErrors() && target.value.id == value.id && callable->declaration->body)
    reportUnchanged(diagnostics, *callable->declaration);
  for (const auto &[name, slot] : target.slots)
    slots[target.path + "." + name] = slot;
  return target.value;
}

} // namespace nnc::lang
