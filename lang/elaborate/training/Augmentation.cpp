// Implements Augmentation: statements that bind fields anew, each checked against the field.
#include "lang/elaborate/training/Augmentation.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <map>
#include <utility>

namespace nnc::lang {

/// The field that a pipe begins with; null if it begins with something else.
static const Field *headOf(const Expression &expression, const DataDeclaration &declaration) {
  const Expression *head = &expression;
  while (auto *pipe = as<PipeExpression>(head))
    head = pipe->value.get();
  auto *name = as<NameExpression>(head);
  if (!name || head == &expression)
    return nullptr;
  auto found = std::ranges::find_if(
      declaration.fields, [&](const Field &field) { return field.name.text == name->name; });
  return found == declaration.fields.end() ? nullptr : &*found;
}

bool checkAugment(const Entry &entry, const DataDeclaration &declaration,
                  Diagnostics &diagnostics) {
  if (as<Block>(entry.value) || as<ErrorExpression>(entry.value) ||
      headOf(*entry.value, declaration))
    return true;
  DiagnosticBuilder builder = diagnostics.report(Diag::AugmentForm, entry.value->range);
  if (!declaration.fields.empty())
    builder.help(fmt::format("write `augment = {0} |> ...`, or `augment = {{ {0} = ... }}`",
                             declaration.fields.front().name.text));
  return false;
}

const Entry *findAugment(const DataDeclaration &declaration) {
  auto found = std::ranges::find_if(
      declaration.entries, [](const Entry &entry) { return entry.name.text == "augment"; });
  return found == declaration.entries.end() ? nullptr : &*found;
}

Entity Augmentation::checked(const Identifier &field, const Tensor &original,
                             const Entity &augmented, SourceRange range) {
  if (augmented.poisoned())
    return Poison{};
  std::optional<Tensor> value;
  if (augmented.is<Tensor>() || augmented.isNumber() || augmented.is<bool>())
    value = emitter.tensor(augmented, original.element, "augment", range);
  if (value && original.element == Element::Float)
    value = emitter.convert(*value, Element::Float, range);
  if (!value || value->element != original.element || !sameSizes(value->shape, original.shape)) {
    environment
        .report(Diag::AugmentedType, range, field.text, describe(Entity(original)),
                describe(augmented))
        .label(field.range, "declared here");
    return Poison{};
  }
  Padding padding(environment, emitter);
  Lengths lengths = padding.of(original);
  if (padding.of(*value) != lengths) {
    environment.report(Diag::AugmentedLength, range, field.text)
        .label(field.range, "declared here");
    return Poison{};
  }
  for (size_t axis = 0; axis < lengths.size(); ++axis)
    if (lengths[axis])
      value = padding.fill(*value, int64_t(axis), 0, range);
  value->classes = original.classes;
  emitter.pass->graph.function.values[value->id].type.classes = original.classes;
  value->reduction = {};
  return *value;
}

std::vector<std::string> Augmentation::apply(const Entry &entry,
                                             const DataDeclaration &declaration) {
  std::map<std::string, Tensor> originals;
  for (const Field &field : declaration.fields)
    if (Binding *bound = environment.findLocal(field.name.text))
      if (auto *tensor = bound->value.get<Tensor>())
        originals.emplace(field.name.text, *tensor);
  environment.frame().scopes.emplace_back();
  if (auto *block = as<Block>(entry.value)) {
    for (const StatementPtr &statement : block->statements)
      elaboration.interpreter.evaluateStatement(*statement);
  } else if (const Field *field = headOf(*entry.value, declaration)) {
    Entity value = elaboration.interpreter.evaluate(*entry.value);
    if (Binding *bound = environment.findLocal(field->name.text))
      *bound = {std::move(value), entry.value->range, true};
  }
  environment.frame().scopes.pop_back();

  std::vector<std::string> changed;
  for (const Field &field : declaration.fields) {
    Binding *bound = environment.findLocal(field.name.text);
    auto original = originals.find(field.name.text);
    if (!bound || original == originals.end())
      continue;
    auto *tensor = bound->value.get<Tensor>();
    if (tensor && tensor->id == original->second.id)
      continue;
    bound->value = checked(field.name, original->second, bound->value, bound->range);
    changed.push_back(field.name.text);
  }
  if (changed.empty() && !environment.diagnostics.hasErrors())
    environment.report(Diag::AugmentsNothing, entry.value->range);
  return changed;
}

} // namespace nnc::lang
