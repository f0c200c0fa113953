// Implements Metrics: results of the functions that see a batch, and the function of the formulas.
#include "lang/elaborate/training/Metrics.h"

#include "lang/elaborate/environment/Application.h"
#include "lang/support/Names.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <array>
#include <utility>

namespace nnc::lang {

std::optional<Tensor> exampleScalar(Elaboration &elaboration, const Entity &value,
                                    std::string_view what, SourceRange range) {
  Environment &environment = elaboration.environment;
  Diagnostics &diagnostics = environment.diagnostics;
  std::optional<Tensor> tensor;
  if (value.poisoned())
    return std::nullopt;
  if (value.is<Nothing>() || !(value.is<Tensor>() || value.isNumber())) {
    DiagnosticBuilder builder =
        diagnostics.report(Diag::ScalarNeeded, range, what, describe(value));
    if (auto *text = value.get<std::string>()) {
      std::vector<std::string> names = environment.globals.names(false);
      const Global *meant = environment.globals.find(*text, false);
      CallableEntity callable;
      callable.declaration = meant ? meant->callable() : nullptr;
      if (callable.declaration)
        adviseApplication(builder, callable);
      else
        builder.suggest(NameKind::Name, *text, names);
    }
    adviseApplication(builder, value);
    return std::nullopt;
  }
  tensor = elaboration.emitter.tensor(value, Element::Float, what, range);
  if (!tensor)
    return std::nullopt;
  if (!tensor->shape.empty()) {
    DiagnosticBuilder builder =
        diagnostics.report(Diag::ScalarNeeded, range, what, describe(value));
    environment.addOrigins(builder, tensor->shape);
    builder.help(what.starts_with("metric")
                     ? "`mean(...)` or `sum(...)` makes one number of it, `average(...)` a metric "
                       "with a number for each element"
                     : "`mean(...)` or `sum(...)` makes one number of it");
    return std::nullopt;
  }
  return elaboration.emitter.convert(*tensor, Element::Float, range);
}

static std::string nameOfTotal(size_t index) { return fmt::format("total.{}", index + 1); }

/// The name of the function whose value an expression is; empty if there is none.
static std::string functionName(const Expression &value) {
  const Expression *callee = &value;
  if (auto *pipe = as<PipeExpression>(callee))
    callee = pipe->stage.get();
  while (auto *call = as<CallExpression>(callee))
    callee = call->callee.get();
  auto *function = as<NameExpression>(callee);
  return function ? function->name : "";
}

/// Whether a higher value of a metric of this name is better; nothing where that is not known.
static std::optional<bool> isHigherBetter(std::string_view name) {
  static constexpr std::string_view higher[] = {
      "accuracy", "binary_accuracy", "sign_accuracy",    "top_k_accuracy", "r2",
      "auc",      "precision",       "binary_precision", "recall",         "binary_recall",
      "f1",       "binary_f1",       "macro_f1",         "likelihood"};
  static constexpr std::string_view lower[] = {"mean_absolute_error",
                                               "mean_squared_error",
                                               "rmse",
                                               "mse",
                                               "mae",
                                               "error",
                                               "perplexity",
                                               "bits_per_character",
                                               "calibration_error",
                                               "cross_entropy"};
  if (contains(higher, name))
    return true;
  return contains(lower, name) ? std::optional(false) : std::nullopt;
}

/// A function of a mean differs from the mean of the function.
static std::string_view functionOf(const Graph &graph, ValueId value) {
  static constexpr std::pair<std::string_view, std::string_view> functions[] = {
      {"sqrt", "square roots"}, {"exp", "exponentials"}, {"log", "logarithms"}};
  const Operation *last = graph.producer(value);
  while (last && (last->name == "convert" || last->name == "reshape"))
    last = graph.producer(last->operands[0]);
  for (auto [operation, name] : functions)
    if (last && last->name == operation)
      return name;
  if (!last || last->name != "pow")
    return "";
  const Operation *exponent = graph.producer(last->operands[1]);
  while (exponent && exponent->name == "broadcast")
    exponent = graph.producer(exponent->operands[0]);
  for (const auto &[name, number] :
       exponent && exponent->name == "constant" ? exponent->attributes : Graph::Attributes())
    if (auto *real = std::get_if<double>(&number); real && *real > 0 && *real < 1)
      return "roots";
  return "";
}

void Metrics::warnOfMean(const std::string &name, const Tensor &value,
                         const Expression &expression) {
  static constexpr std::array<std::string_view, 4> ofSplits = {"rmse", "r2", "perplexity", "auc"};
  std::string_view what = functionOf(emitter.pass->graph, value.id);
  bool known = contains(ofSplits, name);
  if ((what.empty() && !known) || !emitter.pass->training)
    return;
  const std::string source = toSource(expression);
  DiagnosticBuilder builder =
      diagnostics.report(Diag::MeanOfFunction, expression.range, name,
                         what.empty() ? std::string_view("a value for each") : what);
  auto *call = as<CallExpression>(&expression);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  if (!what.empty() && callee && call->arguments.size() == 1 &&
      (callee->name == "sqrt" || callee->name == "exp" || callee->name == "log"))
    builder.help(fmt::format("of the mean: `metric {} = {}(average({}))`", name, callee->name,
                             toSource(*call->arguments[0].value)));
  else if (known)
    builder.help(
        fmt::format("`{}` of the standard library is computed of sums over all examples", name));
  else
    builder.help("take the mean inside: `sqrt(average(...))`");
  if (!known)
    builder.note(
        fmt::format("`average({})` is the mean of such values, without this warning", source));
}

void Metrics::add(const MetricStatement &statement) {
  const std::string function = functionName(*statement.value);
  const std::string name = statement.name.text.empty() ? function : statement.name.text;
  if (name.empty()) {
    diagnostics.report(Diag::MetricName, statement.range);
    return;
  }
  if (name == "loss" || name == "learning_rate" ||
      std::ranges::find(metrics, name, &Metric::name) != metrics.end()) {
    diagnostics.report(Diag::RepeatedKey, statement.range, name);
    return;
  }
  Pass &pass = *emitter.pass;
  size_t before = pass.totals.sums.size();
  bool counted = pass.totals.count.has_value();
  pass.totals.allowed = true;
  Entity value = elaboration.interpreter.evaluate(*statement.value);
  pass.totals.allowed = false;
  const SourceRange range = statement.value->range;
  auto *tensor = value.get<Tensor>();
  bool ofSplit = false;
  for (const Tensor &sum : pass.totals.sums)
    ofSplit |= tensor && tensor->graph == &pass.graph && pass.graph.path(sum.id, tensor->id).exists;
  if (!ofSplit) {
    pass.totals.sums.erase(pass.totals.sums.begin() + int64_t(before), pass.totals.sums.end());
    pass.totals.pairs.erase(pass.totals.pairs.lower_bound(before), pass.totals.pairs.end());
    if (!counted)
      pass.totals.count.reset();
    std::optional<Tensor> example =
        exampleScalar(elaboration, value, fmt::format("metric `{}`", name), range);
    if (!example)
      return;
    warnOfMean(name, *example, *statement.value);
    metrics.push_back({name, *example, statement.range, false});
  } else {
    std::vector<ValueId> sums;
    for (const Tensor &sum : pass.totals.sums)
      sums.push_back(sum.id);
    if (!pass.graph.followsFrom(sums, tensor->id)) {
      diagnostics.report(Diag::TotalMixed, range, name)
          .help("put `total(...)` or `average(...)` around what differs from example to example");
      return;
    }
    metrics.push_back(
        {name, emitter.convert(*tensor, Element::Real, range), statement.range, true});
  }
  if (!pass.training)
    return;
  std::vector<std::string> &all = elaboration.program.metrics;
  if (std::ranges::find(all, name) == all.end())
    all.push_back(name);
  std::optional<bool> highest = isHigherBetter(name);
  ofStep.push_back(
      {name, metrics.back().value.shape.empty(), highest ? highest : isHigherBetter(function)});
}

void Metrics::finish() {
  Pass &pass = *emitter.pass;
  if (std::ranges::any_of(metrics, &Metric::ofSplit))
    addTotals();
  else
    for (const Metric &metric : metrics) {
      Tensor mean =
          emitter.emit("batch_mean", {metric.value}, Element::Float, {}, {}, metric.range);
      pass.graph.name(mean.id, metric.name);
      pass.graph.addResult(ResultKind::Output, metric.name, mean.id);
    }
  // The formulas of an evaluation are those of a training step, too.
  std::vector<Shape> shapes;
  for (const Tensor &sum : pass.totals.sums)
    shapes.push_back(sum.shape);
  if (pass.training)
    shapesOfStep = std::move(shapes);
  else if (!std::ranges::equal(shapes, shapesOfStep, sameSizes))
    elaboration.environment.unsupported("a metric of other sums in training than in evaluation",
                                        metrics.empty() ? pass.graph.function.range
                                                        : metrics.back().range);
  metrics.clear();
}

void Metrics::addTotals() {
  Pass &pass = *emitter.pass;
  // All metrics are formulas then, in the order of the program.
  if (!pass.totals.count) {
    pass.totals.count = emitter.emit("batch_count", {}, Element::Real, {}, {}, metrics[0].range);
    pass.totals.sums.push_back(*pass.totals.count);
  }
  for (const Metric &metric : metrics) {
    Tensor value = metric.value;
    if (!metric.ofSplit) {
      Tensor sum = emitter.emit("batch_sum", {emitter.convert(value, Element::Real, metric.range)},
                                Element::Real, {}, {}, metric.range);
      pass.totals.sums.push_back(sum);
      value = emitter.emit("div", {sum, *pass.totals.count}, Element::Real, {}, {}, metric.range);
    }
    pass.totals.formulas.push_back({ResultKind::Output, metric.name, value.id});
  }
  for (size_t i = 0; i < pass.totals.sums.size(); ++i) {
    const Tensor &sum = pass.totals.sums[i];
    const std::string name = nameOfTotal(i);
    if (auto found = pass.totals.pairs.find(i); found != pass.totals.pairs.end()) {
      pass.graph.addResult(ResultKind::ExampleOutput, name + ".score", found->second.first.id);
      pass.graph.addResult(ResultKind::ExampleOutput, name + ".positive", found->second.second.id);
      continue;
    }
    pass.graph.name(sum.id, name);
    pass.graph.addResult(ResultKind::Total, name, sum.id);
  }
}

std::optional<Function> Metrics::formulas(const Pass &pass) {
  if (pass.totals.formulas.empty())
    return std::nullopt;
  Graph graph("metrics", pass.graph.function.range);
  Function &function = graph.function;
  function.arguments = pass.graph.function.arguments;
  function.values = pass.graph.function.values;
  function.operations = pass.graph.function.operations;
  function.results = pass.totals.formulas;
  // The sums are given: what computes them is not needed.
  auto isSum = [&](ValueId value) {
    return std::ranges::find(pass.totals.sums, value, &Tensor::id) != pass.totals.sums.end();
  };
  std::erase_if(function.operations,
                [&](const Operation &operation) { return isSum(operation.results[0]); });
  for (size_t i = 0; i < pass.totals.sums.size(); ++i)
    function.arguments.push_back({ArgumentKind::Total, nameOfTotal(i), pass.totals.sums[i].id});
  graph.finish([](const FunctionArgument &argument) {
    return argument.kind == ArgumentKind::Scalar || argument.kind == ArgumentKind::Input ||
           argument.kind == ArgumentKind::ExampleState;
  });
  return std::move(function);
}

} // namespace nnc::lang
