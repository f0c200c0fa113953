// Implements Update: the operation `gradient`, then code of the library for each parameter.
#include "lang/elaborate/training/Update.h"

#include "lang/elaborate/builtins/Requirements.h"
#include "lang/elaborate/training/Patterns.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <set>

namespace nnc::lang {

namespace {

Tensor parameterValue(Pass &pass, const ParameterInfo &info, const Shape &shape) {
  Tensor value;
  value.graph = &pass.graph;
  value.shape = shape;
  value.id = *pass.graph.findArgument(ArgumentKind::Parameter, info.path);
  return value;
}

/// The name, in the language, of an operation whose derivative is 0.
std::string describeStep(const Operation &operation) {
  if (operation.name == "compare")
    return "a comparison";
  if (operation.name == "convert")
    return "a conversion to `int`";
  return fmt::format("`{}`", operation.name.starts_with("arg") ? "argmax" : operation.name);
}

} // namespace

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

std::vector<Tensor> Update::clipped(std::vector<Tensor> gradients,
                                    const std::vector<Tensor> &parameters,
                                    const std::vector<size_t> &which) {
  RecipeFunction function(elaboration, numbers, clip, "clip");
  if (!function.read())
    return gradients;
  std::optional<Tensor> norm;
  auto globalNorm = [&]() -> Tensor {
    if (norm)
      return *norm;
    // In double precision, where squares of single precision neither overflow nor vanish.
    std::optional<Tensor> total;
    for (const Tensor &gradient : gradients) {
      Tensor exact = emitter.convert(gradient, Element::Real, clip.range);
      Tensor square =
          emitter.emit("mul", {exact, exact}, Element::Real, gradient.shape, {}, clip.range);
      std::vector<int64_t> axes;
      for (size_t axis = 0; axis < gradient.shape.size(); ++axis)
        axes.push_back(int64_t(axis));
      Tensor sum = emitter.reduce("reduce_sum", square, axes, clip.range);
      total = total ? emitter.emit("add", {*total, sum}, Element::Real, {}, {}, clip.range) : sum;
    }
    norm = emitter.emit("sqrt", {*total}, Element::Real, {}, {}, clip.range);
    emitter.pass->graph.name(norm->id, "gradient_norm");
    return *norm;
  };
  std::vector<Tensor> results;
  for (size_t index = 0; index < gradients.size(); ++index) {
    if (!function.isFor(program.parameters[which[index]].path)) {
      results.push_back(gradients[index]);
      continue;
    }
    std::optional<Tensor> result =
        function.apply(gradients[index], [&](const std::string &name) -> std::optional<Tensor> {
          if (name == "grad")
            return gradients[index];
          if (name == "param")
            return parameters[index];
          return name == "norm" ? std::optional(globalNorm()) : std::nullopt;
        });
    if (!result)
      return gradients;
    results.push_back(*result);
  }
  return results;
}

bool Update::readOptimizer(std::vector<NamedEntity> &settings) {
  auto *callable = optimizer.value.get<CallableEntity>();
  if (!callable)
    return false;
  const CallableDeclaration &declaration = *callable->declaration;
  std::optional<std::vector<NamedEntity>> given =
      elaboration.binder.settingsOf(*callable, optimizer.range);
  if (!given)
    return false;
  EnterFrame enter(environment, declaration, optimizer.range);
  if (!elaboration.binder.enter(declaration, *given) ||
      (declaration.body &&
       !checkRequirements(environment, elaboration.interpreter, *declaration.body)))
    return false;
  for (const Parameter &parameter : declaration.settings) {
    Binding *binding = environment.findLocal(parameter.name.text);
    if (!binding)
      continue;
    Entity value = binding->value;
    SourceRange range = binding->range;
    ElementKind kind = parameter.type ? parameter.type->element : ElementKind::Error;
    const std::string &name = parameter.name.text;
    auto number = [&](const Entity &plain) {
      return numbers.number(plain, "optimizer", name, kind == ElementKind::Int, range);
    };
    if (kind == ElementKind::Schedule) {
      auto *schedule = value.get<CallableEntity>();
      const std::string scheduleName =
          schedule && schedule->declaration ? schedule->declaration->name.text : "";
      value = value.isNumber() ? number(value) : numbers.schedule(value, name, range);
      if (auto *tensor = value.get<Tensor>(); tensor && (!learningRate || name == "rate")) {
        learningRate = *tensor;
        program.recipe.schedule = scheduleName;
      }
    } else if (kind == ElementKind::Float || kind == ElementKind::Int) {
      if (auto *except = value.get<ExceptEntity>())
        value = ExceptEntity{std::make_shared<Entity>(number(*except->value)), except->names};
      else
        value = number(value);
    }
    if (value.poisoned())
      return false;
    settings.push_back({name, range, std::make_shared<Entity>(value)});
  }
  return true;
}

void Update::checkExceptions(const std::vector<NamedEntity> &settings) {
  std::vector<std::string> paths;
  for (const ParameterInfo &info : program.parameters)
    paths.push_back(info.path);
  for (const NamedEntity &setting : settings)
    if (auto *except = setting.value->get<ExceptEntity>())
      for (const Identifier &name : except->names)
        checkPattern(diagnostics, name.text, name.range, paths);
  for (const RecipePart *part : {&keys.clip, &keys.constrain, &keys.average})
    for (const Identifier &name : part->except)
      checkPattern(diagnostics, name.text, name.range, paths);
}

void Update::updateParameter(const ParameterInfo &info, const Tensor &value, const Tensor &gradient,
                             const std::vector<NamedEntity> &settings) {
  const CallableDeclaration &declaration = *optimizer.value.get<CallableEntity>()->declaration;
  OptimizerTarget target;
  target.parameter = &info;
  target.value = value;
  target.gradient = gradient;
  EnterFrame enter(environment, declaration, optimizer.range);
  environment.frame().target = &target;
  for (const NamedEntity &setting : settings) {
    Entity known = *setting.value;
    if (auto *except = known.get<ExceptEntity>()) {
      bool excluded =
          std::any_of(except->names.begin(), except->names.end(),
                      [&](const Identifier &name) { return matchesPath(name.text, info.path); });
      Entity inside = *except->value;
      known = excluded ? Entity(IntegerConstant{0, nullptr}) : inside;
    }
    environment.bindFresh(setting.name, known, setting.range);
  }
  numbers.bindCounters();
  environment.bindFresh("param", value, optimizer.range);
  environment.bindFresh("grad", gradient, optimizer.range);
  if (declaration.body)
    numbers.evaluate(*declaration.body);
  if (!diagnostics.hasErrors() && target.value.id == value.id && declaration.body)
    reportUnchanged(diagnostics, declaration);
  if (constraint.isFor(info.path))
    if (std::optional<Tensor> constrained = constraint.apply(value, [&](const std::string &name) {
          return name == "param" ? std::optional(target.value) : counter(name);
        }))
      target.value = *constrained;
  newParameters[info.path] = target.value;
  if (averaging.isFor(info.path))
    updateAverage(info, target.value);
  for (const auto &[name, slot] : target.slots)
    newSlots[info.path + "." + name] = slot;
}

std::optional<Tensor> Update::counter(const std::string &name) const {
  auto found = emitter.pass->counters.find(name);
  return found == emitter.pass->counters.end() ? std::nullopt : std::optional(found->second);
}

void Update::updateAverage(const ParameterInfo &info, const Tensor &next) {
  const std::string path = averageOf(info.path);
  program.slots.push_back({path, info.path, info.type, /*isAverage=*/true});
  // It begins as the parameter does.
  Graph &initialize = emitter.initialize->graph;
  for (const FunctionResult &result : initialize.function.results)
    if (result.kind == ResultKind::Parameter && result.name == info.path) {
      initialize.addResult(ResultKind::Slot, path, result.value);
      break;
    }
  Tensor average =
      emitter.persistent(ArgumentKind::Slot, path, next.element, next.shape, averaging.range());
  std::optional<Tensor> updated = averaging.apply(next, [&](const std::string &name) {
    return name == "average" ? std::optional(average)
           : name == "param" ? std::optional(next)
                             : counter(name);
  });
  if (updated)
    newSlots[path] = *updated;
}

void Update::updateParameters(const Tensor &loss, SourceRange lossRange) {
  if (optimizer.value.poisoned())
    return;
  Pass &pass = *emitter.pass;
  std::set<std::string> trained =
      pass.graph.differentiableArguments(loss.id, ArgumentKind::Parameter);
  std::vector<Tensor> parameters;
  std::vector<size_t> which;
  for (size_t index = 0; index < program.parameters.size(); ++index) {
    ParameterInfo &info = program.parameters[index];
    info.trained = trained.count(info.path) != 0;
    if (!info.trained)
      continue;
    which.push_back(index);
    parameters.push_back(
        parameterValue(pass, info, *elaboration.instances.findParameter(info.path)));
  }
  if (parameters.empty()) {
    DiagnosticBuilder builder = diagnostics.report(Diag::NothingTrained, lossRange);
    if (const Operation *step = pass.graph.stepBefore(loss.id, ArgumentKind::Parameter)) {
      builder.note(environment.inStandard(step->range) ? SourceRange{} : step->range,
                   fmt::format("{} is a step: its derivative is 0 everywhere, so that nothing can "
                               "be learnt through it",
                               describeStep(*step)));
      builder.help(
          "train on a smooth loss, as `cross_entropy(logits, label)`, and report this one: "
          "`metric name = ...`");
    } else {
      builder.note("its value is the same whatever the parameters are");
    }
    return;
  }
  std::vector<ValueId> operands{loss.id};
  std::vector<Type> types;
  for (const Tensor &parameter : parameters) {
    operands.push_back(parameter.id);
    types.push_back(pass.graph.type(parameter.id));
  }
  std::vector<ValueId> ids = pass.graph.addMany("gradient", operands, types, {}, lossRange);
  std::vector<Tensor> gradients = parameters;
  for (size_t index = 0; index < gradients.size(); ++index) {
    gradients[index].id = ids[index];
    pass.graph.name(ids[index], "grad." + program.parameters[which[index]].path);
  }
  gradients = clipped(std::move(gradients), parameters, which);

  std::vector<NamedEntity> settings;
  if (!readOptimizer(settings))
    return;
  checkExceptions(settings);
  constraint.read();
  averaging.read();
  pass.simplify = true;
  for (size_t index = 0; index < gradients.size(); ++index) {
    updateParameter(program.parameters[which[index]], parameters[index], gradients[index],
                    settings);
    if (diagnostics.hasErrors())
      return;
  }
  pass.simplify = false;
}

void Update::addGradients(const Tensor &loss, SourceRange lossRange) {
  Pass &pass = *emitter.pass;
  std::vector<ValueId> operands{loss.id};
  std::vector<Type> types;
  std::vector<std::pair<ResultKind, std::string>> results;
  // A frozen part has no derivative to speak of: finite differences would see through it.
  std::set<std::string> trained =
      pass.graph.differentiableArguments(loss.id, ArgumentKind::Parameter);
  for (ArgumentKind kind : {ArgumentKind::Parameter, ArgumentKind::Input})
    for (const FunctionArgument &argument : pass.graph.function.arguments) {
      if (argument.kind != kind || pass.graph.type(argument.value).element != Element::Float ||
          (kind == ArgumentKind::Parameter && !trained.count(argument.name)))
        continue;
      operands.push_back(argument.value);
      types.push_back(pass.graph.type(argument.value));
      results.emplace_back(kind == ArgumentKind::Parameter ? ResultKind::Output
                                                           : ResultKind::ExampleOutput,
                           "grad." + argument.name);
    }
  if (types.empty())
    return;
  std::vector<ValueId> ids = pass.graph.addMany("gradient", operands, types, {}, lossRange);
  for (size_t index = 0; index < ids.size(); ++index) {
    pass.graph.name(ids[index], results[index].second);
    pass.graph.addResult(results[index].first, results[index].second, ids[index]);
  }
}

} // namespace nnc::lang
