#include "tests/parity/ProgramText.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace nnc::parity {
namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// `{x}` in the text becomes the dimensions of the golden tensor x.
std::string withShapes(std::string text, const GoldenCase &golden) {
  for (const auto &[name, tensor] : golden.tensors) {
    std::string key = "{" + name + "}";
    for (size_t at; (at = text.find(key)) != std::string::npos;)
      text.replace(at, key.size(), fmt::format("{}", fmt::join(tensor.array.shape, ", ")));
  }
  return text;
}

std::string dataBlock(const std::vector<FieldBinding> &fields) {
  std::string text = "data golden {\n", files;
  for (const FieldBinding &field : fields) {
    text += fmt::format("  {}: {}\n", field.field, field.type);
    files += fmt::format("{}\"{}.npy\"", files.empty() ? "" : ", ", field.field);
  }
  return text + fmt::format("  train = npy({})\n}}\n", files);
}

std::string applied(const std::vector<FieldBinding> &fields) {
  std::vector<std::string> inputs;
  for (const FieldBinding &field : fields)
    if (field.modelInput)
      inputs.push_back(field.field);
  return fmt::format("network({})", fmt::join(inputs, ", "));
}

std::string assembled(const Case &entry, const ProgramPlan &plan, const std::string &statements,
                      const std::string &predictions) {
  std::string text = dataBlock(plan.fields) + entry.source + "\n";
  text += fmt::format("train network on golden {{\n  {}\n  batch = {} in {}\n  epochs = 1\n}}\n",
                      statements, plan.batch * entry.parts, entry.parts);
  if (!predictions.empty())
    text += fmt::format("predict network {{ {} }}\n", predictions);
  return text;
}

/// The fields that are the file's inputs and loss weights.
std::vector<FieldBinding> fieldsOf(const Case &entry, const GoldenCase &golden) {
  std::vector<FieldBinding> fields;
  for (const auto &[name, tensor] : golden.tensors) {
    bool input = tensor.role == "input";
    Placement placement = placementOf(entry, name);
    if ((!input && tensor.role != "loss_weight") || placement.parameter)
      continue;
    std::vector<int64_t> shape = placed(entry, golden, name).shape;
    if (!entry.single && !placement.shared)
      shape.erase(shape.begin());
    std::string element = !placement.element.empty() ? placement.element
                          : tensor.integer           ? "int"
                                                     : "float";
    fields.push_back({programName(entry, name), name, typeText(element, shape), input});
  }
  if (std::none_of(fields.begin(), fields.end(), [](auto &field) { return field.modelInput; }))
    fields.push_back({"nothing", "", "float", true});
  return fields;
}

/// Training needs a parameter. A case without parameters gets one that is 0 and adds nothing
/// to the loss.
constexpr const char *anchorModel =
    "model anchor(x: float) -> float { param zero: float = 0; zero * x }\n";
constexpr const char *anchorTerm = " + anchor(1)";

bool hasParameters(const Case &entry, const GoldenCase &golden) {
  return !golden.named("param").empty() ||
         std::any_of(entry.placements.begin(), entry.placements.end(),
                     [](auto &placement) { return placement.parameter; });
}

} // namespace

std::string typeText(const std::string &element, const std::vector<int64_t> &shape) {
  return shape.empty() ? element : fmt::format("{}[{}]", element, fmt::join(shape, ", "));
}

Placement placementOf(const Case &entry, const std::string &golden) {
  for (const Placement &placement : entry.placements)
    if (placement.golden == golden)
      return placement;
  return {.golden = golden, .ours = {}};
}

std::string programName(const Case &entry, const std::string &golden) {
  Placement placement = placementOf(entry, golden);
  return placement.ours.empty() ? underscored(golden) : placement.ours;
}

std::string derivativeName(const Case &entry, const std::string &golden) {
  return "derivative_by_" + programName(entry, golden);
}

Array placed(const Case &entry, const GoldenCase &golden, const std::string &tensor) {
  return transposed(*golden.find(tensor), placementOf(entry, tensor).permutation);
}

ProgramPlan planValues(const Case &entry, const GoldenCase &golden) {
  ProgramPlan plan;
  plan.fields = fieldsOf(entry, golden);
  if (!entry.single)
    for (const FieldBinding &field : plan.fields)
      if (!field.golden.empty() && !placementOf(entry, field.golden).shared)
        plan.batch = placed(entry, golden, field.golden).shape[0];

  std::vector<std::string> outputs;
  for (const std::string &name : golden.named("output"))
    if (golden.find("loss_weight." + name) || golden.kind == "elementwise" ||
        golden.find("loss") == nullptr)
      outputs.push_back(name);
  std::vector<std::string> terms, predictions;
  for (const std::string &output : outputs) {
    std::string value = outputs.size() == 1 ? "result" : "result." + underscored(output);
    std::string weight = "loss_weight." + output;
    bool weighted = golden.find(weight) != nullptr;
    terms.push_back(weighted ? fmt::format("sum({} * {})", value, underscored(weight))
                             : fmt::format("sum({})", value));
    predictions.push_back(fmt::format("{} = {}", underscored(output), value));
  }
  if (!entry.training.empty())
    predictions.clear();
  // The gradients of the file are those of the mean. A loss of the whole batch is no example's.
  bool ofExamples = !entry.trainingMode && entry.training.find("batch_") == std::string::npos;
  for (const FieldBinding &field : plan.fields)
    if (field.modelInput && golden.find("grad." + field.golden) && ofExamples &&
        field.type.starts_with("float") && !placementOf(entry, field.golden).shared) {
      plan.derivatives.push_back(field.golden);
      predictions.push_back(fmt::format("{} = grad(loss, {}) / {}",
                                        derivativeName(entry, field.golden), field.field,
                                        plan.batch));
    }
  std::string statements = withShapes(entry.training, golden);
  // The file sums over the examples, training takes their mean.
  if (statements.empty())
    statements = fmt::format("result = {}\n  loss = {} * ({})", applied(plan.fields), plan.batch,
                             fmt::join(terms, " + "));
  Case filled = entry;
  filled.source = withShapes(entry.source, golden);
  if (!hasParameters(entry, golden)) {
    filled.source = anchorModel + filled.source;
    statements += anchorTerm;
  }
  plan.text = assembled(filled, plan, statements + "\n  optimizer = sgd(0.1)",
                        fmt::format("{}", fmt::join(predictions, ", ")));
  return plan;
}

ProgramPlan planTraining(const Case &entry, const TrainingTypes &types, int64_t batch) {
  ProgramPlan plan;
  plan.batch = batch;
  plan.fields = {{"x", "x", types.input, true}, {"target", "target", types.target, false}};
  std::string loss = "cross_entropy(logits, target)";
  plan.text = assembled(entry, plan,
                        fmt::format("logits = network(x)\n  loss = {}\n  {}",
                                    types.sequence ? "mean(" + loss + ")" : loss, entry.training),
                        "output = logits");
  return plan;
}

ProgramPlan planSchedule(const Case &entry) {
  ProgramPlan plan;
  plan.fields = {{"nothing", "", "float", true}};
  plan.text = assembled(entry, plan, "loss = network(nothing)\n  " + entry.training, "");
  return plan;
}

ProgramPlan planInitialiser(const InitialiserCase &entry, const std::vector<int64_t> &shape) {
  ProgramPlan plan;
  plan.fields = {{"nothing", "", "float", true}};
  Case model = {
      .name = entry.name,
      .source = entry.source +
                fmt::format("\nmodel network(nothing: float) -> float {{\n  param weight: {} = {}\n"
                            "  nothing * sum(weight)\n}}\n",
                            typeText("float", shape), entry.initialiser)};
  plan.text = assembled(model, plan, "loss = network(nothing)\n  optimizer = sgd(0.1)", "");
  return plan;
}

} // namespace nnc::parity
