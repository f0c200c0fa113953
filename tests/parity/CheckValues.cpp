// Elementwise, op, layer and loss cases.
#include "tests/parity/Checks.h"

#include <fmt/format.h>

namespace nnc::parity {
namespace {

/// The inputs of a plan, with the batch first; `suffix` picks the tensors `x.1` instead of `x`
/// where the file has them.
void setFields(Session &session, const ProgramPlan &plan, const std::string &suffix = "") {
  for (const FieldBinding &field : plan.fields) {
    Array array = scalar(0);
    std::string name =
        session.golden.find(field.golden + suffix) ? field.golden + suffix : field.golden;
    if (!field.golden.empty())
      array = placed(session.entry, session.golden, name);
    if (field.golden.empty() || placementOf(session.entry, field.golden).shared)
      array = repeated(array, plan.batch);
    session.arguments[{"input", field.field}] = array;
  }
}

/// Inputs of the file that are parameters of the program.
void setInputParameters(Session &session) {
  for (const Placement &placement : session.entry.placements)
    if (placement.parameter)
      session.arguments[{"parameter", placement.ours}] =
          placed(session.entry, session.golden, placement.golden);
}

std::string withoutPrefix(const std::string &name) {
  return name.substr(std::string("grad.").size());
}

/// Predictions are made as after training; what comes out while training is the derivative by the
/// loss's weights.
std::string trainingOutput(const std::string &output) { return "grad.loss_weight_" + output; }

void compareGradients(Session &session, const Tensors &results, Scale scale) {
  for (const std::string &name : session.golden.named("grad")) {
    std::string tensor = withoutPrefix(name);
    std::string role = session.golden.tensors.at(tensor).role;
    std::string ours = placementOf(session.entry, tensor).ours;
    if (ours.empty())
      ours = role == "input" ? programName(session.entry, tensor) : tensor;
    std::string kind = results.count({"output", "grad." + ours}) ? "output" : "example_output";
    session.compare(results, {kind, "grad." + ours}, name, Aspect::Gradient, scale, tensor);
  }
}

} // namespace

void checkValues(const Case &entry, const GoldenCase &golden, Engine engine,
                 Measurement &measurement) {
  Session session(entry, golden, engine, measurement);
  ProgramPlan plan = planValues(entry, golden);
  bool hasOutputs = entry.training.empty(), hasGradients = !golden.named("grad").empty();
  bool evaluated = !golden.named("buffer").empty();
  std::vector<std::string> functions;
  if ((hasOutputs && !entry.trainingMode) || !plan.derivatives.empty())
    functions.push_back("predict");
  if (evaluated || hasGradients)
    functions.push_back(evaluated ? "evaluate" : "gradient");
  if (!session.start(plan, functions))
    return;
  session.setPersistent({"param", "buffer"});
  setInputParameters(session);
  setFields(session, plan);
  Scale scale = golden.kind == "elementwise" ? Scale::Unit : Scale::Largest;

  Tensors results;
  for (const std::string &function : functions)
    if (!session.call(function, results))
      return;
  if (hasOutputs)
    for (const std::string &name : golden.named("output"))
      session.compare(
          results,
          {"example_output", entry.trainingMode ? trainingOutput(name) : programName(entry, name)},
          name, Aspect::Value, scale);
  for (const std::string &name : plan.derivatives)
    session.compare(results, {"example_output", derivativeName(entry, name)}, "grad." + name,
                    Aspect::Gradient, scale, name);
  // The gradients of parameters are those of training. They have none for operations behind a layer.
  if (evaluated) {
    for (const std::string &name : golden.named("grad"))
      session.markCompared(name);
    measurement.remarks.push_back("no gradients of parameters outside training");
  } else if (hasGradients) {
    compareGradients(session, results, scale);
  }
  if (golden.find("loss"))
    session.compare(results, {"output", "loss"}, "loss", Aspect::Value, scale);
  session.requireAllCompared();
}

void checkTrainingMode(const Case &entry, const GoldenCase &golden, Engine engine,
                       Measurement &measurement) {
  Session session(entry, golden, engine, measurement);
  ProgramPlan plan = planValues(entry, golden);
  if (!session.start(plan, {"train_step", "gradient"}))
    return;
  for (int64_t step = 0; step < 3; ++step) {
    std::string suffix = step == 0 ? "" : fmt::format(".{}", step),
                after = fmt::format(".{}", step + 1);
    // The file's parameters do not change from step to step.
    session.setPersistent({"param"});
    setFields(session, plan, suffix);
    session.setStep(step, 3);
    Tensors results;
    if (!session.call("gradient", results))
      return;
    session.compare(results, {"example_output", trainingOutput("output")}, "output" + suffix,
                    Aspect::Value, Scale::Largest);
    if (step == 0) {
      session.compare(results, {"output", "loss"}, "loss", Aspect::Value, Scale::Largest);
      compareGradients(session, results, Scale::Largest);
    } else {
      session.markCompared("x" + suffix); // an input, whose role in the file is another
    }
    if (!session.call("train_step", results))
      return;
    for (const char *statistic : {"running_mean", "running_var"})
      session.compare(results, {"state", placementOf(entry, statistic).ours}, statistic + after,
                      Aspect::Value, Scale::Largest);
    session.keep(results);
  }
  session.requireAllCompared();
}

} // namespace nnc::parity
