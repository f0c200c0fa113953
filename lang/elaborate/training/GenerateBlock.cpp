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
        .help("end it with `sample(logits)`, `greedy(logits)` or the next element of the sequence");
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

const FunctionArgument *GenerateBlock::findSequence(const Tensor &value, SourceRange range) {
  Graph &graph = emitter.pass->graph;
  std::vector<const FunctionArgument *> inputs;
  for (const FunctionArgument &argument : graph.function.arguments)
    if (argument.kind == ArgumentKind::Input && graph.path(argument.value, value.id).exists)
      inputs.push_back(&argument);
  if (inputs.size() == 1)
    return inputs[0];
  std::vector<std::string> names;
  for (const FunctionArgument *input : inputs)
    names.push_back(fmt::format("`{}`", input->name));
  report(range, inputs.empty() ? "the value is not computed from an input"
                               : fmt::format("the value is computed from several inputs, {}, but "
                                             "must be computed from one sequence",
                                             fmt::join(names, " and ")));
  return nullptr;
}

void GenerateBlock::checkElements(const FunctionArgument &sequence, const Tensor &value,
                                  bool samples, SourceRange range) {
  Graph &graph = emitter.pass->graph;
  const Type &input = graph.type(sequence.value);
  const Type &given = graph.type(value.id);
  auto dims = [](const std::vector<int64_t> &shape) {
    return shape.empty() ? std::string() : fmt::format("[{}]", fmt::join(shape, ", "));
  };
  std::string_view element = input.element == Element::Float ? "float" : "int";
  std::string inputText =
      fmt::format("the input `{}` is {}{}", sequence.name, element, dims(input.shape));
  if (input.shape.empty()) {
    report(range, inputText + ", which is one element and not a sequence of them");
    return;
  }
  if (samples) {
    if (input.element != Element::Int || input.shape.size() != 1)
      report(range,
             inputText + ", but sampling needs a sequence of classes, int[n] or class[k][n]");
    else if (given.shape.empty() || given.shape.size() > 2)
      report(range, fmt::format("the logits are float{}, but must be a row of logits, for each "
                                "position or for the last",
                                dims(given.shape)));
    else if (input.classes && input.classes != given.shape.back())
      report(range, fmt::format("there are {} logits, but `{}` has {} classes", given.shape.back(),
                                sequence.name, input.classes));
    return;
  }
  std::vector<int64_t> row(input.shape.begin() + 1, input.shape.end());
  std::vector<int64_t> rows(given.shape);
  if (rows.size() > row.size())
    rows.erase(rows.begin());
  if (given.element != input.element || rows != row)
    report(range,
           fmt::format("{}, but the block gives {}{}, which is not an element of it", inputText,
                       given.element == Element::Float ? "float" : "int", dims(given.shape)))
        .help("to sample a class from logits, end the block with `sample(logits)`");
}

void GenerateBlock::add(const GenerateDeclaration &declaration) {
  std::optional<Tensor> value = evaluate(declaration);
  if (!value)
    return;
  SourceRange range = declaration.body->statements.back()->range;
  const FunctionArgument *sequence = findSequence(*value, range);
  if (!sequence)
    return;
  Pass &pass = *emitter.pass;
  bool samples = pass.sampled && pass.sampled->first == value->id;
  checkElements(*sequence, *value, samples, range);
  Generation generation;
  generation.sequence = sequence->name;
  if (samples)
    generation.sampling = pass.sampled->second;
  pass.graph.function.generation = generation;
  pass.graph.addResult(ResultKind::ExampleOutput, samples ? "logits" : "next", value->id);
}

} // namespace nnc::lang
