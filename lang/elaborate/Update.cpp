// The second half of a training step: gradients, clipping, and the optimizer's body for each
// parameter.
#include "lang/elaborate/Training.h"

#include <algorithm>

namespace nnc::lang {

namespace {

Tensor parameterValue(Pass &pass, const ParameterInfo &info, const Shape &shape) {
  Tensor value;
  value.graph = &pass.graph;
  value.shape = shape;
  value.id = *pass.graph.findArgument(ArgumentKind::Parameter, info.path);
  return value;
}

/// Whether an `except` name means this parameter: its own name or that of a layer around it.
bool isMeant(const std::string &path, const std::string &name) {
  for (size_t at = 0; at != std::string::npos;) {
    size_t end = path.find('.', at);
    if (path.compare(at, (end == std::string::npos ? path.size() : end) - at, name) == 0)
      return true;
    at = end == std::string::npos ? end : end + 1;
  }
  return path == name;
}

} // namespace

std::vector<Tensor> TrainingElaborator::clipped(std::vector<Tensor> gradients,
                                                const std::vector<Tensor> &parameters) {
  auto *callable = clip.get<CallableEntity>();
  if (!callable)
    return gradients;
  const CallableDeclaration &declaration = *callable->declaration;
  bool good = true;
  std::vector<NamedEntity> settings = callable->settings;
  if (!callable->bound)
    settings = elaborator.bindSettings(declaration, {}, clipRange, good);
  if (!good)
    return gradients;
  if (declaration.body) {
    EnterFrame enter(elaborator, declaration, clipRange);
    if (!elaborator.enterSettings(declaration, settings) ||
        !elaborator.checkRequirements(*declaration.body))
      return gradients;
  }
  for (const Parameter &parameter : declaration.settings) {
    auto given = std::find_if(settings.begin(), settings.end(),
                              [&](auto &one) { return one.name == parameter.name.text; });
    if (given == settings.end() && parameter.defaultValue) {
      Entity value = elaborator.evaluate(*parameter.defaultValue);
      settings.push_back({parameter.name.text, parameter.range, std::make_shared<Entity>(value)});
      given = settings.end() - 1;
    }
    if (given != settings.end() && parameter.type && parameter.type->element == ElementKind::Float)
      given->value = std::make_shared<Entity>(
          elaborator.recipeNumber(*given->value, "clip", parameter.name.text, false, given->range));
  }
  std::optional<Tensor> norm;
  auto globalNorm = [&]() -> Tensor {
    if (norm)
      return *norm;
    // In double precision, where squares of single precision neither overflow nor vanish.
    std::optional<Tensor> total;
    for (const Tensor &gradient : gradients) {
      Tensor exact = elaborator.convert(gradient, Element::Real, clipRange);
      Tensor square =
          elaborator.emit("mul", {exact, exact}, Element::Real, gradient.shape, {}, clipRange);
      std::vector<int64_t> axes;
      for (size_t axis = 0; axis < gradient.shape.size(); ++axis)
        axes.push_back(int64_t(axis));
      Tensor sum = elaborator.reduce("reduce_sum", square, axes, clipRange);
      total = total ? elaborator.emit("add", {*total, sum}, Element::Real, {}, {}, clipRange) : sum;
    }
    norm = elaborator.emit("sqrt", {*total}, Element::Real, {}, {}, clipRange);
    elaborator.pass->graph.name(norm->id, "gradient_norm");
    return *norm;
  };
  std::vector<Tensor> results;
  for (size_t index = 0; index < gradients.size(); ++index) {
    std::vector<GivenArgument> inputs;
    for (const Parameter &input : declaration.inputs) {
      const std::string &name = input.name.text;
      if (name == "grad")
        inputs.push_back({name, gradients[index], clipRange});
      else if (name == "param")
        inputs.push_back({name, parameters[index], clipRange});
      else if (name == "norm")
        inputs.push_back({name, globalNorm(), clipRange});
    }
    elaborator.inRecipe = true;
    Entity value = elaborator.invoke(declaration, settings, inputs, nullptr, clipRange);
    elaborator.inRecipe = false;
    auto *tensor = value.get<Tensor>();
    if (!tensor || !sameSizes(tensor->shape, gradients[index].shape)) {
      if (!value.poisoned())
        diagnostics.report(Diag::KeyValue, clipRange, "clip",
                           "a function whose result has the shape of the gradient",
                           describe(value));
      return gradients;
    }
    results.push_back(*tensor);
  }
  return results;
}

bool TrainingElaborator::readOptimizer(std::vector<NamedEntity> &settings, Tensor &rate) {
  auto *callable = optimizer.get<CallableEntity>();
  if (!callable)
    return false;
  const CallableDeclaration &declaration = *callable->declaration;
  bool good = true;
  std::vector<NamedEntity> given = callable->settings;
  if (!callable->bound)
    given = elaborator.bindSettings(declaration, {}, optimizerRange, good);
  if (!good)
    return false;
  EnterFrame enter(elaborator, declaration, optimizerRange);
  if (!elaborator.enterSettings(declaration, given) ||
      (declaration.body && !elaborator.checkRequirements(*declaration.body)))
    return false;
  for (const Parameter &parameter : declaration.settings) {
    Binding *binding = elaborator.findLocal(parameter.name.text);
    if (!binding)
      continue;
    Entity value = binding->value;
    SourceRange range = binding->range;
    ElementKind kind = parameter.type ? parameter.type->element : ElementKind::Error;
    const std::string &name = parameter.name.text;
    auto number = [&](const Entity &plain) {
      return elaborator.recipeNumber(plain, "optimizer", name, kind == ElementKind::Int, range);
    };
    if (kind == ElementKind::Schedule) {
      auto *schedule = value.get<CallableEntity>();
      const std::string scheduleName =
          schedule && schedule->declaration ? schedule->declaration->name.text : "";
      value = value.isNumber() ? number(value) : elaborator.evaluateSchedule(value, name, range);
      if (auto *tensor = value.get<Tensor>(); tensor && (!hasLearningRate || name == "rate")) {
        rate = *tensor;
        hasLearningRate = true;
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

void TrainingElaborator::checkExceptions(const std::vector<NamedEntity> &settings) {
  for (const NamedEntity &setting : settings) {
    auto *except = setting.value->get<ExceptEntity>();
    if (!except)
      continue;
    for (const Identifier &name : except->names) {
      std::set<std::string> parts;
      bool found = false;
      for (const ParameterInfo &info : program.parameters) {
        found |= isMeant(info.path, name.text);
        parts.insert(info.path.substr(info.path.rfind('.') + 1));
      }
      if (found || name.text.empty())
        continue;
      std::vector<std::string> candidates(parts.begin(), parts.end());
      DiagnosticBuilder builder = diagnostics.report(Diag::NoSuchParameter, name.range, name.text);
      std::string_view nearest = nearestName(name.text, std::span<const std::string>(candidates));
      if (!nearest.empty())
        builder.help(fmt::format("did you mean `{}`?", nearest));
      else
        builder.note(fmt::format("the model has {}", fmt::join(candidates, ", ")));
    }
  }
}

void TrainingElaborator::updateParameter(const ParameterInfo &info, const Tensor &value,
                                         const Tensor &gradient,
                                         const std::vector<NamedEntity> &settings) {
  const CallableDeclaration &declaration = *optimizer.get<CallableEntity>()->declaration;
  OptimizerTarget target;
  target.parameter = &info;
  target.value = value;
  target.gradient = gradient;
  EnterFrame enter(elaborator, declaration, optimizerRange);
  elaborator.frame().target = &target;
  for (const NamedEntity &setting : settings) {
    Entity known = *setting.value;
    if (auto *except = known.get<ExceptEntity>()) {
      bool excluded =
          std::any_of(except->names.begin(), except->names.end(),
                      [&](const Identifier &name) { return isMeant(info.path, name.text); });
      Entity inside = *except->value;
      known = excluded ? Entity(IntegerConstant{0, nullptr}) : inside;
    }
    elaborator.bindFresh(setting.name, known, setting.range);
  }
  elaborator.bindCounters();
  elaborator.bindFresh("param", value, optimizerRange);
  elaborator.bindFresh("grad", gradient, optimizerRange);
  if (declaration.body)
    elaborator.evaluateRecipe(*declaration.body);
  newParameters[info.path] = target.value;
  for (const auto &[name, slot] : target.slots)
    newSlots[info.path + "." + name] = slot;
}

void TrainingElaborator::updateParameters(const Tensor &lossValue) {
  if (optimizer.poisoned())
    return;
  Pass &pass = *elaborator.pass;
  std::set<std::string> trained =
      pass.graph.differentiableArguments(lossValue.id, ArgumentKind::Parameter);
  std::vector<Tensor> parameters;
  std::vector<size_t> which;
  for (size_t index = 0; index < program.parameters.size(); ++index) {
    ParameterInfo &info = program.parameters[index];
    info.trained = trained.count(info.path) != 0;
    if (!info.trained)
      continue;
    which.push_back(index);
    parameters.push_back(parameterValue(pass, info, elaborator.parameterOwners[info.path].second));
  }
  if (parameters.empty()) {
    diagnostics.report(Diag::NothingTrained, lossRange);
    return;
  }
  std::vector<ValueId> operands{lossValue.id};
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
  gradients = clipped(std::move(gradients), parameters);

  std::vector<NamedEntity> settings;
  if (!readOptimizer(settings, learningRate))
    return;
  checkExceptions(settings);
  pass.simplify = true;
  for (size_t index = 0; index < gradients.size(); ++index) {
    updateParameter(program.parameters[which[index]], parameters[index], gradients[index],
                    settings);
    if (diagnostics.hasErrors())
      return;
  }
  pass.simplify = false;
}

void TrainingElaborator::addGradients(const Tensor &lossValue) {
  Pass &pass = *elaborator.pass;
  std::vector<ValueId> operands{lossValue.id};
  std::vector<Type> types;
  std::vector<std::pair<ResultKind, std::string>> results;
  // A frozen part has no derivative to speak of: finite differences would see through it.
  std::set<std::string> trained =
      pass.graph.differentiableArguments(lossValue.id, ArgumentKind::Parameter);
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
