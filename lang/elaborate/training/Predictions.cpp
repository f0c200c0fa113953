// Implements Predictions: the bindings of a predict block are its outputs.
#include "lang/elaborate/training/Predictions.h"

#include "lang/elaborate/graph/Padding.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace nnc::lang {

void Predictions::add(const std::string &name, const Entity &given, SourceRange range) {
  if (given.poisoned())
    return;
  Entity value = emitter.listed(given, range);
  std::optional<Tensor> tensor;
  if (value.is<Tensor>() || value.isNumber() || value.is<bool>())
    tensor = emitter.tensor(value, Element::Float, "predict", range);
  if (!tensor) {
    environment.diagnostics.report(Diag::PredictionValue, range, name, describe(value));
    return;
  }
  if (tensor->element == Element::Real)
    tensor = emitter.convert(*tensor, Element::Float, range);
  Graph &graph = emitter.pass->graph;
  Padding padding(environment, emitter);
  Lengths lengths = padding.of(*tensor);
  tensor = padding.zeroBeyond(*tensor, range);
  graph.function.values[tensor->id].type.classes = tensor->classes;
  graph.name(tensor->id, name);
  graph.addResult(ResultKind::ExampleOutput, name, tensor->id);
  for (size_t axis = 0, output = graph.function.results.size() - 1; axis < lengths.size(); ++axis)
    if (lengths[axis]) {
      std::string length = fmt::format("{}.length_{}", name, axis);
      graph.function.results[output].lengths.emplace_back(int64_t(axis), length);
      if (std::string field = padding.fieldOf(lengths[axis]); !field.empty())
        graph.function.results[output].fields.emplace_back(int64_t(axis), field);
      graph.addResult(ResultKind::ExampleOutput, length, lengths[axis]->value);
    }
}

void Predictions::addModel(const Entity &value, SourceRange range) {
  if (auto *group = value.get<Group>()) {
    for (const NamedEntity &member : group->members)
      add(member.name, *member.value, range);
    return;
  }
  add("output", value, range);
}

void Predictions::addBlock(const Block &block) {
  std::vector<Identifier> outputs; // with the places of their values
  auto bind = [&](const Identifier &name, const Entity &value, SourceRange range) {
    if (name.text.empty())
      return;
    if (std::any_of(outputs.begin(), outputs.end(),
                    [&](const Identifier &other) { return other.text == name.text; }))
      environment.diagnostics.report(Diag::RepeatedKey, name.range, name.text);
    outputs.push_back({name.text, range});
    environment.bindFresh(name.text, value, name.range);
  };
  environment.frame().scopes.emplace_back();
  for (const StatementPtr &statement : block.statements) {
    auto *alone = as<ExpressionStatement>(statement);
    if (alone && statement == block.statements.back() && outputs.empty()) {
      add("output", elaboration.interpreter.evaluate(*alone->value), alone->range);
    } else if (auto *definition = as<IndexDefinition>(statement)) {
      bind(definition->name, elaboration.interpreter.indexNotation().define(*definition),
           definition->value->range);
    } else if (auto *binding = as<BindingStatement>(statement)) {
      Entity value = elaboration.interpreter.evaluate(*binding->value);
      auto *group = value.get<Group>();
      bool apart =
          binding->names.size() > 1 && group && group->members.size() == binding->names.size();
      for (size_t index = 0; index < binding->names.size(); ++index)
        bind(binding->names[index], apart ? *group->members[index].value : value,
             binding->value->range);
    } else {
      elaboration.interpreter.evaluateStatement(*statement);
    }
  }
  // A loop may have changed an output since it was bound.
  for (const Identifier &output : outputs)
    add(output.text, environment.findLocal(output.text)->value, output.range);
  if (emitter.pass->graph.function.results.empty() && !environment.diagnostics.hasErrors())
    environment.diagnostics.report(Diag::NoPrediction, block.range, "the block has no output");
  environment.frame().scopes.pop_back();
}

} // namespace nnc::lang
