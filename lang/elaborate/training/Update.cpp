// Implements Update: the operation `gradient`, then clipping and the optimizer.
#include "lang/elaborate/training/Update.h"

#include "lang/elaborate/training/Optimizers.h"
#include "lang/elaborate/environment/Patterns.h"

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

std::vector<Tensor> Update::clipped(std::vector<Tensor> gradients,
                                    const std::vector<Tensor> &parameters,
                                    const std::vector<std::string> &paths) {
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
    if (!function.isFor(paths[index])) {
      results.push_back(gradients[index]);
      continue;
    }
    std::optional<Tensor> result = function.apply(
        paths[index], gradients[index], [&](const std::string &name) -> std::optional<Tensor> {
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

void Update::checkPatterns(const std::vector<std::string> &paths) const {
  for (const RecipePart *part : {&clip, &keys.constrain, &keys.average})
    lang::checkPatterns(diagnostics, part->value, paths);
}

Tensor Update::constrained(const ParameterInfo &info, const Tensor &value, const Tensor &next) {
  if (!constraint.isFor(info.path))
    return next;
  std::optional<Tensor> result = constraint.apply(info.path, value, [&](const std::string &name) {
    return name == "param" ? std::optional(next) : counter(name);
  });
  return result ? *result : next;
}

bool Update::isTrained(const std::string &path) const {
  return !matchesAny(frozen, path) && (trained.empty() || matchesAny(trained, path));
}

std::optional<Tensor> Update::counter(const std::string &name) const {
  auto found = emitter.pass->counters.find(name);
  return found == emitter.pass->counters.end() ? std::nullopt : std::optional(found->second);
}

void Update::updateAverage(const ParameterInfo &info, const Tensor &next) {
  const std::string path = averageOf(info.path);
  // All training steps of the parameter go on with one average, which begins as the parameter does.
  if (std::ranges::find(program.slots, path, &SlotInfo::path) == program.slots.end()) {
    program.slots.push_back({path, info.path, info.type, /*isAverage=*/true});
    Graph &initialize = emitter.initialize->graph;
    for (const FunctionResult &result : initialize.function.results)
      if (result.kind == ResultKind::Parameter && result.name == info.path) {
        initialize.addResult(ResultKind::Slot, path, result.value);
        break;
      }
  }
  Tensor average =
      emitter.persistent(ArgumentKind::Slot, path, next.element, next.shape, averaging.range());
  std::optional<Tensor> updated = averaging.apply(info.path, next, [&](const std::string &name) {
    return name == "average" ? std::optional(average)
           : name == "param" ? std::optional(next)
                             : counter(name);
  });
  if (updated)
    updates.slots[path] = *updated;
}

void Update::updateParameters(const Tensor &loss, SourceRange lossRange) {
  if (optimizer.value.poisoned())
    return;
  Pass &pass = *emitter.pass;
  std::set<std::string> reached =
      pass.graph.differentiableArguments(loss.id, ArgumentKind::Parameter);
  std::vector<Tensor> parameters;
  std::vector<size_t> which;
  for (size_t index = 0; index < program.parameters.size(); ++index) {
    ParameterInfo &info = program.parameters[index];
    if (!reached.count(info.path) || !isTrained(info.path))
      continue;
    info.trained = true;
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
  std::vector<std::string> paths, trainedPaths;
  for (const ParameterInfo &info : program.parameters)
    paths.push_back(info.path);
  for (size_t index : which)
    trainedPaths.push_back(paths[index]);
  checkPatterns(paths);
  gradients = clipped(std::move(gradients), parameters, trainedPaths);

  Optimizers optimizers(elaboration, numbers);
  numbers.scope = optimizer.scope;
  numbers.slotPrefix = slotPrefix;
  if (!optimizers.read(optimizer) || diagnostics.hasErrors())
    return;
  updates.learningRate = optimizers.learningRate;
  schedule = optimizers.schedule;
  constraint.read();
  averaging.read();
  pass.simplify = true;
  for (size_t index = 0; index < gradients.size(); ++index) {
    const ParameterInfo &info = program.parameters[which[index]];
    Tensor next =
        constrained(info, parameters[index],
                    optimizers.update(info, parameters[index], gradients[index], updates.slots));
    updates.parameters[info.path] = next;
    if (averaging.isFor(info.path))
      updateAverage(info, next);
    if (diagnostics.hasErrors())
      return;
  }
  pass.simplify = false;
  updates.slots.insert(numbers.slots().begin(), numbers.slots().end());
}

void Update::addGradients(const Tensor &loss, SourceRange lossRange) {
  Pass &pass = *emitter.pass;
  std::vector<ValueId> operands{loss.id};
  std::vector<Type> types;
  std::vector<std::pair<ResultKind, std::string>> results;
  // A frozen part has no derivative to speak of: finite differences would see through it.
  std::set<std::string> reached =
      pass.graph.differentiableArguments(loss.id, ArgumentKind::Parameter);
  for (ArgumentKind kind : {ArgumentKind::Parameter, ArgumentKind::Input})
    for (const FunctionArgument &argument : pass.graph.function.arguments) {
      if (argument.kind != kind || pass.graph.type(argument.value).element != Element::Float ||
          (kind == ArgumentKind::Parameter &&
           !(reached.count(argument.name) && isTrained(argument.name))))
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
