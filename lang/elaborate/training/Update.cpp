// Implements Update: the operation `gradient`, then clipping and the optimizer.
#include "lang/elaborate/training/Update.h"

#include "lang/elaborate/training/Optimizers.h"
#include "lang/elaborate/environment/Patterns.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace nnc::lang {

namespace {

/// The name, in the language, of an operation whose derivative is 0.
std::string describeStep(const Operation &operation) {
  if (operation.name == "compare")
    return "a comparison";
  if (operation.name == "convert")
    return "a conversion to `int`";
  return fmt::format("`{}`", operation.name.starts_with("arg") ? "argmax" : operation.name);
}

} // namespace

Tensor Update::sumOfSquares(const Tensor &value, SourceRange range) {
  Tensor exact = emitter.convert(value, Element::Real, range);
  Tensor square = emitter.emit("mul", {exact, exact}, Element::Real, value.shape, {}, range);
  std::vector<int64_t> axes(value.shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  return emitter.reduce("reduce_sum", square, axes, range);
}

std::vector<std::optional<Tensor>> Update::applied(RecipeFunction &function,
                                                   const std::vector<Tensor> &gradients,
                                                   const std::vector<Tensor> &parameters,
                                                   const std::vector<size_t> &which) {
  std::vector<std::optional<Tensor>> results(gradients.size());
  const SourceRange range = function.range();
  std::optional<Tensor> norm;
  auto globalNorm = [&]() -> Tensor {
    if (norm)
      return *norm;
    std::optional<Tensor> total;
    for (const Tensor &gradient : gradients) {
      Tensor sum = sumOfSquares(gradient, range);
      total = total ? emitter.emit("add", {*total, sum}, Element::Real, {}, {}, range) : sum;
    }
    norm = emitter.emit("sqrt", {*total}, Element::Real, {}, {}, range);
    emitter.pass->graph.name(norm->id, "gradient_norm");
    return *norm;
  };
  for (size_t index = 0; index < gradients.size(); ++index) {
    const std::string &path = program.parameters[which[index]].path;
    if (!function.isFor(path))
      continue;
    results[index] = function.apply(
        path, gradients[index], [&](const std::string &name) -> std::optional<Tensor> {
          if (name == "grad")
            return gradients[index];
          if (name == "param")
            return parameters[index];
          return name == "norm" ? std::optional(globalNorm()) : std::nullopt;
        });
    if (!results[index])
      break;
  }
  return results;
}

void Update::checkPatterns(const std::vector<std::string> &paths) const {
  for (const RecipePart *part : {&keys.clip, &keys.perturb, &keys.constrain, &keys.average})
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

void Update::addWatch(const ParameterInfo &info, const Tensor &value, const Tensor &gradient,
                      const Tensor &next) {
  const SourceRange range = info.range;
  auto add = [&](const char *what, const Tensor &number) {
    emitter.pass->graph.addResult(ResultKind::Watch, fmt::format("{}/{}", what, info.path),
                                  number.id);
  };
  auto norm = [&](const Tensor &of) {
    return emitter.emit("sqrt", {sumOfSquares(of, range)}, Element::Real, {}, {}, range);
  };
  add("gradient", norm(gradient));
  add("weight", norm(value));
  add("update", norm(emitter.emit("sub", {next, value}, Element::Float, value.shape, {}, range)));
  if (!gradient.shape.empty())
    add("histogram", gradient);
  if (gradient.shape.size() < 2)
    return;
  std::vector<int64_t> inputs(gradient.shape.size() - 1);
  std::iota(inputs.begin(), inputs.end(), 0);
  Tensor size = emitter.emit("abs", {gradient}, Element::Float, gradient.shape, {}, range);
  Tensor largest = emitter.reduce("reduce_max", size, inputs, range);
  Tensor zero =
      emitter.broadcastTo(emitter.constant(0.0, Element::Float, range), largest.shape, range);
  Tensor isZero = emitter.emit("compare", {largest, zero}, Element::Bool, largest.shape,
                               {{"predicate", std::string("eq")}}, range);
  Tensor count =
      emitter.reduce("reduce_sum", emitter.convert(isZero, Element::Real, range), {0}, range);
  Tensor units = emitter.constant(double(largest.shape[0].size), Element::Real, range);
  add("unused", emitter.emit("div", {count, units}, Element::Real, {}, {}, range));
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

std::vector<size_t> Update::trainedParameters(const Tensor &loss, SourceRange lossRange) {
  Pass &pass = *emitter.pass;
  std::set<std::string> reached =
      pass.graph.differentiableArguments(loss.id, ArgumentKind::Parameter);
  std::vector<size_t> which;
  for (size_t index = 0; index < program.parameters.size(); ++index) {
    ParameterInfo &info = program.parameters[index];
    if (!reached.count(info.path) || !isTrained(info.path))
      continue;
    info.trained = true;
    which.push_back(index);
  }
  if (!which.empty())
    return which;
  DiagnosticBuilder builder = diagnostics.report(Diag::NothingTrained, lossRange);
  const std::set<std::string> behind =
      pass.graph.argumentsBehind(loss.id, ArgumentKind::Parameter, true);
  if (!behind.empty() &&
      std::ranges::none_of(behind, [&](auto &path) { return isTrained(path); })) {
    const bool areFrozen = std::ranges::any_of(behind, [&](auto &path) {
      return (trained.empty() || matchesAny(trained, path)) && matchesAny(frozen, path);
    });
    if (areFrozen)
      builder.note(frozen[0].range, "those that the step would train are frozen")
          .help("freeze fewer of them, or predict with the weights as they are");
    else
      builder.note(trained[0].range, "the step trains none of those that the loss depends on")
          .help(fmt::format("`trains` may name others, as `{}`", *behind.begin()));
  } else if (const Operation *step = pass.graph.stepBefore(loss.id, ArgumentKind::Parameter)) {
    builder.note(environment.inStandard(step->range) ? SourceRange{} : step->range,
                 fmt::format("{} is a step: its derivative is 0 everywhere, so that nothing can "
                             "be learnt through it",
                             describeStep(*step)));
    builder.help("train on a smooth loss, as `cross_entropy(logits, label)`, and report this one: "
                 "`metric name = ...`");
  } else {
    builder.note("its value is the same whatever the parameters are");
  }
  return which;
}

std::vector<Tensor> Update::valuesOf(const std::vector<size_t> &which) {
  std::vector<Tensor> values;
  for (size_t index : which) {
    const ParameterInfo &info = program.parameters[index];
    values.push_back(emitter.persistent(ArgumentKind::Parameter, info.path, Element::Float,
                                        *elaboration.instances.findParameter(info.path),
                                        info.range));
  }
  return values;
}

std::vector<Tensor> Update::derivatives(const Tensor &loss, SourceRange lossRange,
                                        const std::vector<size_t> &which,
                                        const std::vector<Tensor> &points) {
  Pass &pass = *emitter.pass;
  std::vector<ValueId> operands{loss.id};
  std::vector<Type> types;
  for (const Tensor &point : points) {
    operands.push_back(point.id);
    types.push_back(pass.graph.type(point.id));
  }
  std::vector<ValueId> ids = pass.graph.addMany("gradient", operands, types, {}, lossRange);
  std::vector<Tensor> gradients = points;
  for (size_t index = 0; index < gradients.size(); ++index) {
    gradients[index].id = ids[index];
    pass.graph.name(ids[index], "grad." + program.parameters[which[index]].path);
  }
  return gradients;
}

std::vector<Tensor> Update::gradients(const Tensor &loss, SourceRange lossRange,
                                      const std::vector<size_t> &which) {
  const std::vector<Tensor> parameters = valuesOf(which);
  std::vector<Tensor> gradients = derivatives(loss, lossRange, which, parameters);
  RecipeFunction function(elaboration, numbers, keys.perturb, "perturb");
  if (!function.read())
    return gradients;
  const std::vector<std::optional<Tensor>> distances =
      applied(function, gradients, parameters, which);
  std::vector<Tensor> points = parameters;
  std::vector<ValueId> operands{loss.id};
  for (size_t index = 0; index < points.size(); ++index) {
    if (!distances[index])
      continue;
    // The distances are constants in the second gradients, also in those by parameters left alone.
    const Shape &shape = parameters[index].shape;
    const SourceRange range = keys.perturb.range;
    Tensor distance =
        emitter.emit("stop_gradient", {*distances[index]}, Element::Float, shape, {}, range);
    points[index] =
        emitter.emit("add", {parameters[index], distance}, Element::Float, shape, {}, range);
    operands.push_back(parameters[index].id);
    operands.push_back(points[index].id);
  }
  Graph &graph = emitter.pass->graph;
  Tensor moved = loss;
  moved.id = graph.add("substitute", operands, graph.type(loss.id), {}, lossRange);
  return derivatives(moved, lossRange, which, points);
}

void Update::apply(const std::vector<size_t> &which, std::vector<Tensor> gradients) {
  const std::vector<Tensor> parameters = valuesOf(which);
  std::vector<std::string> paths;
  for (const ParameterInfo &info : program.parameters)
    paths.push_back(info.path);
  checkPatterns(paths);
  const std::vector<Tensor> raw = gradients;
  RecipeFunction clip(elaboration, numbers, keys.clip, "clip");
  if (clip.read()) {
    const std::vector<std::optional<Tensor>> clipped = applied(clip, gradients, parameters, which);
    for (size_t index = 0; index < gradients.size(); ++index)
      gradients[index] = clipped[index].value_or(gradients[index]);
  }

  Optimizers optimizers(elaboration, numbers);
  numbers.scope = optimizer.scope;
  numbers.slotPrefix = slotPrefix;
  if (!optimizers.read(optimizer) || diagnostics.hasErrors())
    return;
  updates.learningRate = optimizers.learningRate;
  schedule = optimizers.schedule;
  constraint.read();
  averaging.read();
  emitter.pass->simplify = true;
  for (size_t index = 0; index < gradients.size(); ++index) {
    const ParameterInfo &info = program.parameters[which[index]];
    Tensor next =
        constrained(info, parameters[index],
                    optimizers.update(info, parameters[index], gradients[index], updates.slots));
    updates.parameters[info.path] = next;
    if (elaboration.watch)
      addWatch(info, parameters[index], raw[index], next);
    if (averaging.isFor(info.path))
      updateAverage(info, next);
    if (diagnostics.hasErrors())
      return;
  }
  emitter.pass->simplify = false;
  updates.slots.insert(numbers.slots().begin(), numbers.slots().end());
}

void Update::updateParameters(const Tensor &loss, SourceRange lossRange) {
  if (optimizer.value.poisoned())
    return;
  const std::vector<size_t> which = trainedParameters(loss, lossRange);
  if (!which.empty())
    apply(which, gradients(loss, lossRange, which));
}

Tensor Update::gradientSum(const ParameterInfo &info) {
  const std::string path = sumPath(info);
  return emitter.persistent(ArgumentKind::Slot, path, Element::Float,
                            *elaboration.instances.findParameter(info.path), info.range);
}

void Update::addZeroSlot(const std::string &path, const Shape &shape, SourceRange range) {
  EnterPass enter(emitter, emitter.initialize.get());
  Tensor zero = emitter.broadcastTo(emitter.constant(0.0, Element::Float, range), shape, range);
  emitter.pass->graph.addResult(ResultKind::Slot, path, zero.id);
}

void Update::sumGradients(const Tensor &loss, SourceRange lossRange) {
  if (optimizer.value.poisoned())
    return;
  summed = trainedParameters(loss, lossRange);
  if (summed.empty())
    return;
  const std::vector<Tensor> ofPart = gradients(loss, lossRange, summed);
  const Tensor weight =
      emitter.convert(numbers.real("part_weight", lossRange), Element::Float, lossRange);
  for (size_t index = 0; index < ofPart.size(); ++index) {
    const ParameterInfo &info = program.parameters[summed[index]];
    const Tensor &gradient = ofPart[index];
    const std::string path = sumPath(info);
    program.slots.push_back({path, info.path, info.type});
    addZeroSlot(path, gradient.shape, lossRange);
    Tensor weighted =
        emitter.emit("mul", {gradient, emitter.broadcastTo(weight, gradient.shape, lossRange)},
                     Element::Float, gradient.shape, {}, lossRange);
    updates.slots[path] = emitter.emit("add", {gradientSum(info), weighted}, Element::Float,
                                       gradient.shape, {}, lossRange);
  }
}

void Update::applySums(const std::vector<size_t> &which) {
  std::vector<Tensor> sums;
  for (size_t index : which)
    sums.push_back(gradientSum(program.parameters[index]));
  apply(which, sums);
  for (size_t index = 0; index < which.size(); ++index) {
    Tensor zero = emitter.constant(0.0, Element::Float, optimizer.range);
    updates.slots[sumPath(program.parameters[which[index]])] =
        emitter.broadcastTo(zero, sums[index].shape, optimizer.range);
  }
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
