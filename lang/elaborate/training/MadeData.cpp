// Implements MadeData: the value of the block is a record with a part for each field.
#include "lang/elaborate/training/MadeData.h"

#include <algorithm>
#include <vector>

namespace nnc::lang {

const CallExpression *findMade(const Entry &entry) {
  auto *call = as<CallExpression>(entry.value);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  return callee && callee->name == madeReader && call->block ? call : nullptr;
}

void MadeData::addField(const DataField &field, const Entity &given, SourceRange range) {
  if (given.poisoned())
    return;
  Entity value = emitter.listed(given, range);
  std::optional<Tensor> tensor;
  if (value.is<Tensor>() || value.isNumber() || value.is<bool>())
    tensor = emitter.tensor(value, field.type.element, madeReader, range);
  if (tensor && field.type.element == Element::Float)
    tensor = emitter.convert(*tensor, Element::Float, range);
  if (!tensor || tensor->element != field.type.element ||
      sizes(tensor->shape) != field.type.shape ||
      (field.type.classes && tensor->classes > field.type.classes)) {
    Tensor declared;
    declared.element = field.type.element;
    declared.classes = field.type.classes;
    for (int64_t size : field.type.shape)
      declared.shape.push_back({size, nullptr});
    DiagnosticBuilder builder = environment.report(Diag::MadeValue, range, field.name,
                                                   describe(Entity(declared)), describe(value));
    builder.label(field.range, "declared here");
    if (tensor && tensor->element == Element::Float && field.type.element == Element::Int)
      builder.help("`int(...)` rounds towards 0");
    return;
  }
  emitter.pass->graph.addResult(ResultKind::Output, field.name, tensor->id);
}

std::unique_ptr<Pass> MadeData::pass(const CallExpression &call, const DataInfo &info,
                                     const DataSplit &split) {
  auto pass = std::make_unique<Pass>(fmt::format("{}_{}", madeReader, split.name),
                                     call.callee->range, false);
  EnterPass enterPass(emitter, pass.get());
  EnterFrame enterFrame(environment);
  SourceRange place = call.callee->range;
  // The counter has 64 bits.
  environment.bindFresh(
      "example", emitter.emit("convert", {emitter.scalar("step")}, Element::Int, {}, {}, place),
      place);
  for (const ReaderArgument &argument : split.arguments)
    if (argument.name == "examples")
      environment.bindFresh(
          "examples", IntegerConstant{int64_t(std::get<double>(argument.value)), nullptr}, place);
  Entity value = elaboration.interpreter.evaluateBlock(*call.block);
  if (value.poisoned())
    return pass;
  auto *record = value.get<Group>();
  std::vector<std::string> names;
  for (const DataField &field : info.fields)
    names.push_back(field.name);
  SourceRange range =
      call.block->statements.empty() ? call.block->range : call.block->statements.back()->range;
  if (!record || std::ranges::any_of(record->members, [](auto &one) { return one.name.empty(); })) {
    environment.report(Diag::MadeRecord, range, describe(value))
        .help(fmt::format("the last expression is `({} = ...)`", fmt::join(names, " = ..., ")));
    return pass;
  }
  for (const NamedEntity &member : record->members)
    if (std::ranges::find(names, member.name) == names.end()) {
      environment
          .report(Diag::MadeField, range,
                  fmt::format("the data block has no field `{}`", member.name))
          .suggest(NameKind::Other, member.name, names);
      return pass;
    }
  for (const DataField &field : info.fields) {
    auto found = std::ranges::find(record->members, field.name, &NamedEntity::name);
    if (found == record->members.end())
      environment
          .report(Diag::MadeField, range, fmt::format("the field `{}` is missing", field.name))
          .label(field.range, "declared here");
    else
      addField(field, *found->value, range);
  }
  return pass;
}

} // namespace nnc::lang
