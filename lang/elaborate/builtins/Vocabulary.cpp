// `vocabulary(data)`, the number of pieces of the texts of a data block, and `categories(x)`, the
// number of values of a class.
#include "lang/elaborate/builtins/Builtins.h"

#include <map>

namespace nnc::lang::builtins {

static Entity vocabulary(const BuiltinCall &call) {
  const GivenArgument &operand = call.inputs[0];
  auto *data = operand.value.get<DataEntity>();
  if (!data) {
    call.environment.report(Diag::VocabularyOperand, operand.range, describe(operand.value));
    return Poison{};
  }
  const std::string &name = data->declaration->name.text;
  const auto &blocks = call.environment.vocabularies.sizes;
  auto block = blocks.find(name);
  if (block == blocks.end()) {
    call.environment.report(Diag::NoVocabulary, operand.range, name,
                            "data blocks are read in the order of their names, before models");
    return Poison{};
  }
  const std::map<std::string, int64_t> &fields = block->second;
  bool one = data->field.empty() && fields.size() == 1;
  auto field = one ? fields.begin() : fields.find(data->field);
  if (field == fields.end()) {
    // An error in the block itself has been reported already.
    if (fields.empty() && call.environment.diagnostics.hasErrors())
      return Poison{};
    DiagnosticBuilder builder = call.environment.report(
        Diag::VocabularyOperand, operand.range,
        fields.empty()        ? describe(operand.value) + ", which has no texts"
        : data->field.empty() ? "a data block with several text fields"
                              : fmt::format("`{}`, which is not a text field", data->field));
    for (const auto &[text, size] : fields)
      builder.note(fmt::format("`vocabulary({}.{})` is {}", name, text, size));
    return Poison{};
  }
  return IntegerConstant{
      field->second,
      makeOrigin(call.environment.place(call.range),
                 fmt::format("`vocabulary({}{})` is {}", name,
                             data->field.empty() ? "" : "." + data->field, field->second))};
}

static Entity categories(const BuiltinCall &call) {
  auto *operand = call.inputs[0].value.get<Tensor>();
  if (!operand || !operand->classes)
    return call.inputs[0].value.poisoned() ? Entity(Poison{}) : call.wrongOperand(call.inputs[0]);
  return IntegerConstant{operand->classes,
                         makeOrigin(call.environment.place(call.range),
                                    fmt::format("`{}` has {} categories",
                                                call.inputs[0].range.text(), operand->classes))};
}

static constexpr Builtin vocabularyTable[] = {{"vocabulary", false, 1, 1, vocabulary},
                                              {"categories", false, 1, 1, categories}};

const std::span<const Builtin> vocabularyFunctions = vocabularyTable;

} // namespace nnc::lang::builtins
