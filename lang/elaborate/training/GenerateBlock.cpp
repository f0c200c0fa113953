// Implements GenerateBlock: the last expression of the block gives logits to sample from, or the
// next element itself.
#include "lang/elaborate/training/GenerateBlock.h"

#include <algorithm>
#include <vector>

namespace nnc::lang {

std::optional<Tensor> GenerateBlock::evaluate(const GenerateDeclaration &declaration) {
  const auto &statements = declaration.body->statements;
  auto *last = statements.empty() ? nullptr : as<ExpressionStatement>(statements.back());
  if (!last) {
    report(declaration.body->range, "the block does not end in a value")
        .help(
            "end it with `sample(logits)`, `greedy(logits)`, `beam(logits)` or the next element of "
            "the sequence");
    return std::nullopt;
  }
  environment.frame().scopes.emplace_back();
  for (const StatementPtr &statement : statements)
    if (statement != statements.back())
      elaboration.interpreter.evaluateStatement(*statement);
  Entity value = elaboration.interpreter.evaluate(*last->value);
  environment.frame().scopes.pop_back();
  if (value.poisoned())
    return std::nullopt;
  if (!value.is<Tensor>()) {
    report(last->range, fmt::format("the block gives {}", describe(value)));
    return std::nullopt;
  }
  return *value.get<Tensor>();
}

static std::string dimsText(const std::vector<int64_t> &shape) {
  return shape.empty() ? std::string() : fmt::format("[{}]", fmt::join(shape, ", "));
}

static std::string_view elementText(const Type &type) {
  return type.element == Element::Float ? "float" : "int";
}

std::string GenerateBlock::problemOf(const FunctionArgument &input, const Tensor &value,
                                     bool samples) const {
  const Graph &graph = emitter.pass->graph;
  const Type &type = graph.type(input.value), &given = graph.type(value.id);
  std::string text =
      fmt::format("the input `{}` is {}{}", input.name, elementText(type), dimsText(type.shape));
  if (type.shape.empty())
    return text + ", which is one element and not a sequence of them";
  if (samples) {
    if (type.element != Element::Int || type.shape.size() != 1)
      return text + ", but sampling needs a sequence of classes, int[n] or class[k][n]";
    if (given.shape.empty() || given.shape.size() > 2)
      return fmt::format(
          "the logits are float{}, but must be a row of logits, for each position or "
          "for the last",
          dimsText(given.shape));
    if (type.classes && type.classes != given.shape.back())
      return fmt::format("there are {} logits, but `{}` has {} classes", given.shape.back(),
                         input.name, type.classes);
    return "";
  }
  std::vector<int64_t> row(type.shape.begin() + 1, type.shape.end());
  std::vector<int64_t> rows(given.shape);
  if (rows.size() > row.size())
    rows.erase(rows.begin());
  if (given.element == type.element && rows == row)
    return "";
  return fmt::format("{}, but the block gives {}{}, which is not an element of it", text,
                     elementText(given), dimsText(given.shape));
}

const FunctionArgument *GenerateBlock::findSequence(const Tensor &value, bool samples,
                                                    SourceRange range) {
  Graph &graph = emitter.pass->graph;
  auto isLength = [&](const FunctionArgument &argument) {
    return std::ranges::any_of(emitter.pass->padding.fields, [&](const auto &field) {
      return argument.name == lengthInput(field.first);
    });
  };
  const FunctionArgument *found = nullptr;
  std::vector<std::string> problems;
  bool isElement = false; // of the last one: its elements have another type
  for (const FunctionArgument &argument : graph.function.arguments) {
    if (argument.kind != ArgumentKind::Input || isLength(argument) ||
        !graph.path(argument.value, value.id).exists)
      continue;
    problems.push_back(problemOf(argument, value, samples));
    isElement = !samples && !graph.type(argument.value).shape.empty();
    if (problems.back().empty())
      found = &argument;
  }
  if (found)
    return found;
  DiagnosticBuilder builder =
      report(range, problems.empty() ? "the value is not computed from an input" : problems.back());
  for (size_t other = 0; other + 1 < problems.size(); ++other)
    builder.note(problems[other]);
  if (isElement)
    builder.help("to sample a class from logits, end the block with `sample(logits)`");
  return nullptr;
}

void GenerateBlock::add(const GenerateDeclaration &declaration) {
  std::optional<Tensor> value = evaluate(declaration);
  if (!value)
    return;
  Pass &pass = *emitter.pass;
  bool samples = pass.sampled && pass.sampled->first == value->id;
  const FunctionArgument *sequence =
      findSequence(*value, samples, declaration.body->statements.back()->range);
  if (!sequence)
    return;
  if (auto known = pass.padding.fields.find(sequence->name);
      known != pass.padding.fields.end() && known->second->grows &&
      pass.graph.path(known->second->value, value->id).exists)
    report(declaration.body->statements.back()->range,
           fmt::format("the value is computed from `length({})`, which is not known before the "
                       "sequence ends",
                       sequence->name));
  Generation generation;
  generation.sequence = sequence->name;
  if (samples)
    generation.sampling = pass.sampled->second;
  pass.graph.function.generation = generation;
  pass.graph.addResult(ResultKind::ExampleOutput, samples ? "logits" : "next", value->id);
}

} // namespace nnc::lang
