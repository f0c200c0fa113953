// Implements assemble(): arguments and results take the order of the tables, then unused ones are
// dropped.
#include "lang/elaborate/training/Assemble.h"

#include "lang/elaborate/training/Metrics.h"

#include <algorithm>
#include <map>
#include <utility>

namespace nnc::lang {

namespace {

ArgumentKind argumentKind(const StateInfo &info) {
  return info.perExample ? ArgumentKind::ExampleState : ArgumentKind::State;
}

ResultKind resultKind(const StateInfo &info) {
  return info.perExample ? ResultKind::ExampleState : ResultKind::State;
}

/// The next value of an ExampleState: after the last step of an epoch, its initial value.
Tensor restarted(Emitter &emitter, const StateInfo &info, const Tensor &next) {
  auto apply = [&](const std::string &operation, const Tensor &left, const Tensor &right) {
    return emitter.emit(operation, {left, right}, Element::Real, {}, {}, info.range);
  };
  Tensor step = emitter.convert(emitter.scalar("step"), Element::Real, info.range);
  Tensor steps = emitter.convert(emitter.scalar("steps_per_epoch"), Element::Real, info.range);
  Tensor one = emitter.constant(1.0, Element::Real, info.range);
  Tensor place = apply("rem", apply("add", step, one), steps);
  Tensor isLast = emitter.emit("compare", {place, emitter.constant(0.0, Element::Real, info.range)},
                               Element::Bool, {}, {{"predicate", std::string("eq")}}, info.range);
  return emitter.emit("select",
                      {emitter.broadcastTo(isLast, next.shape, info.range),
                       *emitter.initialState(info.path, next.element, next.shape), next},
                      next.element, next.shape, {}, info.range);
}

void restartStates(Elaboration &elaboration, Pass &step) {
  EnterPass enter(elaboration.emitter, &step);
  for (const StateInfo &info : elaboration.program.states)
    if (info.perExample)
      step.states[info.path] = restarted(elaboration.emitter, info, step.states.at(info.path));
}

void completeArguments(const Program &program, Pass &pass, Role role) {
  auto complete = [&](ArgumentKind kind, const std::string &name, const Type &type,
                      SourceRange range) {
    if (!pass.graph.findArgument(kind, name))
      pass.graph.addArgument(kind, name, type, range);
  };
  for (const ParameterInfo &info : program.parameters)
    complete(ArgumentKind::Parameter, info.path, info.type, info.range);
  if (trains(role))
    for (const SlotInfo &info : program.slots)
      complete(ArgumentKind::Slot, info.path, info.type, {});
  for (const StateInfo &info : program.states)
    complete(argumentKind(info), info.path, info.type, info.range);
}

void orderArguments(const Program &program, Pass &pass) {
  std::map<std::pair<ArgumentKind, std::string>, size_t> rank;
  size_t next = 0;
  for (const ParameterInfo &info : program.parameters)
    rank[{ArgumentKind::Parameter, info.path}] = next++;
  for (const SlotInfo &info : program.slots)
    rank[{ArgumentKind::Slot, info.path}] = next++;
  for (const StateInfo &info : program.states)
    rank[{argumentKind(info), info.path}] = next++;
  // Inputs and numbers of the run follow as they were declared.
  auto place = [&](const FunctionArgument &argument) {
    auto found = rank.find({argument.kind, argument.name});
    return std::pair(int(argument.kind), found == rank.end() ? size_t(0) : found->second);
  };
  auto &arguments = pass.graph.function.arguments;
  std::stable_sort(arguments.begin(), arguments.end(),
                   [&](auto &a, auto &b) { return place(a) < place(b); });
}

void orderResults(const Program &program, Pass &pass) {
  std::map<std::pair<ResultKind, std::string>, size_t> rank;
  size_t next = 0;
  for (const ParameterInfo &info : program.parameters)
    rank[{ResultKind::Parameter, info.path}] = next++;
  for (const SlotInfo &info : program.slots)
    rank[{ResultKind::Slot, info.path}] = next++;
  for (const StateInfo &info : program.states)
    rank[{resultKind(info), info.path}] = next++;
  auto place = [&](const FunctionResult &result) {
    auto found = rank.find({result.kind, result.name});
    return found == rank.end() ? next : found->second;
  };
  auto &results = pass.graph.function.results;
  std::stable_sort(results.begin(), results.end(),
                   [&](auto &a, auto &b) { return place(a) < place(b); });
}

} // namespace

void assemble(Elaboration &elaboration, std::vector<RolePass> &passes) {
  Program &program = elaboration.program;
  auto isSetting = [&](const std::string &name) {
    return std::ranges::find(program.settings, name, &Setting::key) != program.settings.end();
  };
  Diagnostics &diagnostics = elaboration.environment.diagnostics;
  Pass &initialize = *elaboration.emitter.initialize;
  for (auto &[role, pass, updates] : passes)
    if (role == Role::TrainStep && pass)
      restartStates(elaboration, *pass);
  {
    // The seed is there even if nothing is drawn.
    EnterPass enter(elaboration.emitter, &initialize);
    elaboration.emitter.scalar("seed");
  }
  if (!passes.empty() && passes[0].pass)
    initialize.graph.function.batch = passes[0].pass->graph.function.batch;
  orderResults(program, initialize);
  initialize.graph.finish([](const FunctionArgument &) { return false; });
  program.functions.push_back(std::move(initialize.graph.function));

  for (auto &[role, pass, updates] : passes) {
    if (!pass)
      continue;
    Graph &graph = pass->graph;
    if (role == Role::Predict && !diagnostics.hasErrors() &&
        std::none_of(graph.function.arguments.begin(), graph.function.arguments.end(),
                     [](auto &one) { return one.kind == ArgumentKind::Input; }))
      diagnostics.report(Diag::NoPrediction, graph.function.range, "the model has no inputs");
    if (role != Role::Made)
      completeArguments(program, *pass, role);
    orderArguments(program, *pass);
    if (trains(role)) {
      EnterPass enter(elaboration.emitter, pass.get());
      auto current = [&](ArgumentKind kind, const std::string &path,
                         const std::map<std::string, Tensor> &updated) {
        auto found = updated.find(path);
        return found == updated.end() ? *graph.findArgument(kind, path) : found->second.id;
      };
      std::vector<FunctionResult> results;
      for (const ParameterInfo &info : program.parameters)
        results.push_back({ResultKind::Parameter, info.path,
                           current(ArgumentKind::Parameter, info.path, updates.parameters)});
      for (const SlotInfo &info : program.slots)
        results.push_back(
            {ResultKind::Slot, info.path, current(ArgumentKind::Slot, info.path, updates.slots)});
      for (const StateInfo &info : program.states)
        results.push_back(
            {resultKind(info), info.path, current(argumentKind(info), info.path, pass->states)});
      auto &existing = graph.function.results;
      existing.insert(existing.begin(), results.begin(), results.end());
      if (updates.learningRate)
        graph.addResult(ResultKind::Output, "learning_rate", updates.learningRate->id);
    }
    std::optional<Function> formulas =
        role == Role::Evaluate ? Metrics::formulas(*pass) : std::nullopt;
    // Of predictions that are the same for all examples the inputs still say how many there are.
    auto &results = graph.function.results;
    bool onlyUsedInputs =
        role == Role::Update ||
        (((role != Role::TrainStep && role != Role::Evaluate && role != Role::Gradient) ||
          graph.findArgument(ArgumentKind::Input, cachedInput)) &&
         std::any_of(results.begin(), results.end(),
                     [&](auto &result) { return graph.differsBetweenExamples(result.value); }));
    graph.finish([&](const FunctionArgument &argument) {
      // Settings stay: they belong to the recipe.
      return (argument.kind == ArgumentKind::Scalar && !isSetting(argument.name)) ||
             (argument.kind == ArgumentKind::Input && onlyUsedInputs) ||
             // A generated sequence is in no row of a batch, and an update takes none.
             (argument.kind == ArgumentKind::ExampleState &&
              (role == Role::Generate || role == Role::Update));
    });
    program.functions.push_back(std::move(graph.function));
    if (!formulas)
      continue;
    const std::string evaluate = program.functions.back().name;
    formulas->name += evaluate.substr(std::string_view("evaluate").size());
    for (Recipe &recipe : program.recipes)
      for (Phase &phase : recipe.phases)
        if (phase.evaluate == evaluate)
          phase.metrics = formulas->name;
    program.functions.push_back(std::move(*formulas));
  }
}

} // namespace nnc::lang
