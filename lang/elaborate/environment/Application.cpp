// Implements adviseApplication(): the call as its declaration has it.
#include "lang/elaborate/environment/Application.h"

namespace nnc::lang {

void adviseApplication(DiagnosticBuilder &builder, const Entity &value) {
  auto *callable = value.get<CallableEntity>();
  const CallableDeclaration *declaration = callable ? callable->declaration
                                           : value.is<LayerPtr>()
                                               ? (*value.get<LayerPtr>())->declaration
                                               : nullptr;
  if (!declaration || declaration->inputs.empty()) {
    if (callable && callable->builtin)
      builder.help(fmt::format("apply it: `{}(x)`", callable->builtin->name));
    return;
  }
  std::string name = declaration->name.text;
  if (name == "step" && !callable->bound)
    builder.note("the number of the training step is `step` in schedules and optimizers only; "
                 "elsewhere it is the activation function");
  std::vector<std::string> inputs;
  for (const Parameter &input : declaration->inputs)
    inputs.push_back(input.name.text);
  if (name == "step" && !callable->bound)
    builder.help(
        "a model counts its training steps in a state: `state count: float = 0` and `count "
        "<- count + 1`");
  else
    builder.help(fmt::format("apply it: `{}{}({})`", name, declaration->hasSettings ? "(...)" : "",
                             fmt::join(inputs, ", ")));
}

} // namespace nnc::lang
