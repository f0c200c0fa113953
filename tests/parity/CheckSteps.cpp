// Cases of several training steps: optimizers, schedules, training runs.
#include "tests/parity/Checks.h"
#include "tests/parity/TrainingData.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace nnc::parity {
namespace {

/// The slot with the average of a parameter.
Port averageOf(const std::string &parameter) { return {"slot", "average/" + parameter}; }

/// Root of the sum of squares of all gradients by parameters; those by inputs are one for each
/// example.
double gradientNorm(const Tensors &results) {
  double sum = 0;
  for (const auto &[port, array] : results)
    if (port.kind == "output" && port.name.starts_with("grad."))
      for (double value : array.values)
        sum += value * value;
  return std::sqrt(sum);
}

std::vector<std::string> parametersOf(const GoldenCase &golden, const std::string &prefix) {
  std::vector<std::string> names;
  for (const std::string &name : golden.named("param"))
    names.push_back(name.substr(prefix.size()));
  return names;
}

/// The entries of the first dimension with these numbers.
Array gather(const Array &rows, const std::vector<int64_t> &numbers) {
  Array result = rows;
  result.shape[0] = static_cast<int64_t>(numbers.size());
  result.values.clear();
  auto row = static_cast<int64_t>(rows.values.size()) / rows.shape[0];
  for (int64_t number : numbers)
    result.values.insert(result.values.end(), rows.values.begin() + number * row,
                         rows.values.begin() + (number + 1) * row);
  return result;
}

/// A training step of all parts of a batch; the results are those of the mean loss and its gradients,
/// and of the update. False, with a failure, if a call fails.
bool stepInParts(Session &session, const GoldenCase &golden, Tensors &gradients, Tensors &results) {
  const int64_t parts = session.entry.parts, rows = golden.find("x")->shape[0] / parts;
  const double weight = 1.0 / static_cast<double>(parts);
  double loss = 0;
  session.arguments[{"scalar", "part_weight"}] = {{}, {weight}};
  for (int64_t part = 0; part < parts; ++part) {
    std::vector<int64_t> numbers(static_cast<size_t>(rows));
    std::iota(numbers.begin(), numbers.end(), part * rows);
    for (const char *field : {"x", "target"})
      session.arguments[{"input", field}] = gather(*golden.find(field), numbers);
    Tensors ofPart;
    if (!session.call("gradient", ofPart) || !session.call("train_step", results))
      return false;
    session.keep(results);
    loss += weight * results.at({"output", "loss"}).values[0];
    for (auto &[port, array] : ofPart)
      for (size_t i = 0; i < array.values.size(); ++i) {
        Array &sum = gradients.try_emplace(port, filled(array.shape, 0)).first->second;
        sum.values[i] += weight * array.values[i];
      }
  }
  if (parts > 1 && !session.call("update", results))
    return false;
  results[{"output", "loss"}] = {{}, {loss}};
  return true;
}

/// Compares parameters, and their averages where the file has them, with golden tensors of the name
/// PREFIX.PARAMETER.
void compareParameters(Session &session, const std::string &prefix,
                       const std::vector<std::string> &parameters) {
  for (const std::string &parameter : parameters) {
    std::string ours = placementOf(session.entry, parameter).ours;
    session.compare(session.arguments, {"parameter", ours}, prefix + "." + parameter, Aspect::Value,
                    Scale::Largest, parameter);
    std::string average = prefix + ".avg." + parameter;
    if (session.golden.find(average))
      session.compare(session.arguments, averageOf(ours), average, Aspect::Value, Scale::Largest,
                      parameter);
  }
}

/// Compares the gradients that `gradient` gives, without those by the inputs, with golden tensors
/// grad.PARAMETER.
void compareParameterGradients(Session &session, const Tensors &results,
                               const std::vector<std::string> &parameters) {
  for (const std::string &parameter : parameters)
    session.compare(results, {"output", "grad." + placementOf(session.entry, parameter).ours},
                    "grad." + parameter, Aspect::Gradient, Scale::Largest, parameter);
}

Array listed(std::vector<double> values) {
  auto count = static_cast<int64_t>(values.size());
  return {{count}, std::move(values)};
}

/// Bounds of the losses of a training run, at any step.
double trajectoryBound(FloatPrecision precision) {
  return precision == FloatPrecision::F64 ? 1e-8 : 1e-3;
}

} // namespace

void checkOptimizer(const Case &entry, const GoldenCase &golden, Engine engine,
                    Measurement &measurement) {
  Session session(entry, golden, engine, measurement);
  std::vector<std::string> functions = {"train_step", "gradient"};
  if (entry.parts > 1)
    functions.push_back("update");
  if (!session.start(planCase(entry, golden), functions))
    return;
  session.setPersistent({"param"});
  std::vector<std::string> parameters = parametersOf(golden, "");
  // Averages begin as the parameters do.
  for (const std::string &parameter : parameters) {
    std::string ours = placementOf(entry, parameter).ours;
    if (auto average = session.arguments.find(averageOf(ours)); average != session.arguments.end())
      average->second = session.arguments.at({"parameter", ours});
  }
  auto steps = golden.find("loss")->size();
  std::vector<double> losses, rates, norms;
  for (int64_t step = 0; step < steps; ++step) {
    session.setStep(step, steps);
    Tensors before, results;
    if (!stepInParts(session, golden, before, results))
      return;
    if (step == 0)
      compareParameterGradients(session, before, parameters);
    norms.push_back(gradientNorm(before));
    const Array *loss = session.result(results, {"output", "loss"});
    const Array *rate = session.result(results, {"output", "learning_rate"});
    if (!loss || !rate)
      return;
    losses.push_back(loss->values[0]);
    rates.push_back(rate->values[0]);
    session.keep(results);
    std::string name = fmt::format("step{}", step + 1);
    if (golden.find(name + "." + parameters.front()))
      compareParameters(session, name, parameters);
  }
  auto compare = [&](const char *name, const std::vector<double> &values, Scale scale) {
    session.markCompared(name);
    measurement.check(name, listed(values), *golden.find(name), Aspect::Value, scale);
  };
  compare("loss", losses, Scale::Largest);
  compare("grad_norm", norms, Scale::Largest);
  compare("lr", rates, Scale::Exact);
  session.requireAllCompared();
}

void checkSchedule(const Case &entry, const GoldenCase &golden, Engine engine,
                   Measurement &measurement) {
  Session session(entry, golden, engine, measurement);
  if (!session.start(planCase(entry, golden), {"train_step"}))
    return;
  session.arguments[{"input", "nothing"}] = filled({1}, 0);
  const Array &expected = *golden.find("lr");
  const Array *losses = golden.find("val_loss"); // known after each epoch, which is one step
  std::vector<double> rates;
  for (int64_t step = 0; step < expected.size(); ++step) {
    session.setStep(step, entry.steps ? entry.steps : expected.size());
    session.arguments[{"scalar", "validation_loss"}] =
        filled({}, losses && step > 0 ? losses->values[static_cast<size_t>(step) - 1] : INFINITY);
    Tensors results;
    if (!session.call("train_step", results))
      return;
    session.keep(results);
    const Array *rate = session.result(results, {"output", "learning_rate"});
    if (!rate)
      return;
    rates.push_back(rate->values[0]);
  }
  session.markCompared("lr");
  session.markCompared("val_loss");
  measurement.check("lr", listed(rates), expected, Aspect::Value, Scale::Exact);
  session.requireAllCompared();
}

void checkTraining(const Case &entry, const GoldenCase &golden, Engine engine,
                   Measurement &measurement) {
  Session session(entry, golden, engine, measurement);
  if (!session.start(planCase(entry, golden), {"train_step", "gradient", "predict"}))
    return;
  session.setPersistent({"param", "buffer"}, "init.");
  TrainingData data;
  std::string error;
  if (!readTrainingData(golden, data, error))
    return measurement.fail(error);
  const Array &batches = trainingBatches(golden);
  int64_t steps = batches.shape[0], batch = batches.shape[1];
  std::vector<std::string> parameters = parametersOf(golden, "init.");
  auto setRows = [&](const std::vector<int64_t> &numbers) {
    session.arguments[{"input", "x"}] = gather(data.inputs, numbers);
    session.arguments[{"input", "target"}] = gather(data.labels, numbers);
  };
  std::vector<double> losses;
  for (int64_t step = 0; step < steps; ++step) {
    auto begin = batches.values.begin() + step * batch;
    setRows({begin, begin + batch});
    session.setStep(step, steps);
    Tensors results;
    if (step == 0) {
      Tensors derivatives;
      if (!session.call("gradient", derivatives))
        return;
      compareParameterGradients(session, derivatives, parameters);
    }
    if (!session.call("train_step", results))
      return;
    const Array *loss = session.result(results, {"output", "loss"});
    if (!loss)
      return;
    losses.push_back(loss->values[0]);
    session.keep(results);
  }
  // An f32 run is compared with the f64 run as well: the bound is far above the rounding of either.
  session.markCompared("loss");
  session.markCompared("loss_f32");
  measurement.check("loss of any step", listed(losses), *golden.find("loss"), Aspect::Value,
                    Scale::Largest, trajectoryBound(measurement.precision));
  compareParameters(session, "final", parameters);
  for (const std::string &name : golden.named("buffer")) {
    std::string statistic = name.substr(std::string("init.").size());
    session.compare(session.arguments, {"state", placementOf(entry, statistic).ours},
                    "final." + statistic, Aspect::Value, Scale::Largest, statistic);
  }

  const Array &expected = *golden.find("eval.output");
  std::vector<int64_t> first(static_cast<size_t>(batch), 0);
  for (int64_t row = 0; row < expected.shape[0]; ++row)
    first[static_cast<size_t>(row)] = row;
  setRows(first);
  Tensors predictions;
  if (!session.call("predict", predictions))
    return;
  session.markCompared("eval.output");
  if (const Array *output = session.result(predictions, {"example_output", "output"}))
    measurement.check("eval.output", resized(*output, expected.shape[0]), expected, Aspect::Value,
                      Scale::Largest);
  session.requireAllCompared();
}

ProgramPlan planCase(const Case &entry, const GoldenCase &golden) {
  if (golden.kind == "schedule")
    return planSchedule(entry);
  if (golden.kind == "optimizer") {
    const Array &x = *golden.find("x");
    return planTraining(entry,
                        {typeText("float", {x.shape[1]}),
                         fmt::format("class[{}]", golden.find("fc2.bias")->size())},
                        x.shape[0] / entry.parts);
  }
  if (golden.kind == "training")
    return planTraining(entry, trainingTypes(golden), trainingBatches(golden).shape[1]);
  return planValues(entry, golden);
}

void checkCase(const Case &entry, const GoldenCase &golden, Engine engine,
               Measurement &measurement) {
  if (golden.kind == "optimizer")
    return checkOptimizer(entry, golden, engine, measurement);
  if (golden.kind == "schedule")
    return checkSchedule(entry, golden, engine, measurement);
  if (golden.kind == "training")
    return checkTraining(entry, golden, engine, measurement);
  if (golden.find("running_mean.1"))
    return checkTrainingMode(entry, golden, engine, measurement);
  checkValues(entry, golden, engine, measurement);
}

} // namespace nnc::parity
