// The end of a run whose loss, learning rate, parameters or state stop being finite: the message
// and the weights that are kept.
#include "runtime/train/Trainer.h"

#include "runtime/exec/NanSearch.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace nnc::runtime {

/// "dense.weight of layer dense"; "w of the model"; "the optimizer's dense.weight.v"
static std::string nameWithPlace(const PersistentTensor &tensor) {
  if (tensor.kind == TensorKind::Slot)
    return "the optimizer's " + tensor.name;
  if (tensor.kind == TensorKind::Average)
    return "the average of " + tensor.owner;
  size_t dot = tensor.name.rfind('.');
  return dot == std::string::npos ? tensor.name + " of the model"
                                  : tensor.name + " of layer " + tensor.name.substr(0, dot);
}

/// "; the first nan is in the kernel of line 7, in the backward pass: log(x)"
static std::string describeNan(const Region &region, const Description &description,
                               bool infinite) {
  std::string result = text("; the first %s is ", infinite ? "infinite number" : "nan");
  result += region.line ? text("in the kernel of line %lld", static_cast<long long>(region.line))
                        : std::string("in no line of the program");
  if (region.backward)
    result += ", in the backward pass or the update";
  auto source = description.sourceLines.find(region.line);
  return source == description.sourceLines.end() ? result : result + ": " + source->second;
}

const PersistentTensor *Trainer::firstNotFinite(const char *block) {
  for (const PersistentTensor *tensor : finiteTensors)
    if (!allFinite(block + tensor->offset, tensor->dtype, tensor->count()))
      return tensor;
  return nullptr;
}

void Trainer::checkFinite() {
  if (firstNotFinite(execution.persistent()))
    reportDivergence(std::nullopt);
}

void Trainer::remember() {
  checkFinite();
  std::memcpy(rememberedBlock.data(), execution.persistent(), rememberedBlock.size());
  rememberedStep = now.step;
  rememberedEpoch = now.epoch;
  rememberedPosition = now.position;
  rememberedLoss = now.validationLoss;
  lossesSince.clear();
}

/// Ends the run. The best weights are worth keeping, but to go on from them would only repeat the
/// divergence, so the file is not one to resume from.
void Trainer::failAndKeepBest(const std::string &message) {
  const bool fileHasBest = !plan.bestPath.empty() && now.bestLoss < INFINITY;
  try {
    saveBest();
  } catch (const Error &error) {
    fail("%s; the best weights so far were lost: %s", message.c_str(), error.what());
  }
  if (!endsWithBest || plan.savePath.empty())
    fail("%s; %s", message.c_str(),
         fileHasBest     ? (plan.bestPath + " has the best weights so far").c_str()
         : savedStep < 0 ? "nothing was saved"
                         : text("%s keeps the weights after step %lld", plan.savePath.c_str(),
                                static_cast<long long>(savedStep))
                               .c_str());
  try {
    saveCheckpoint(plan.savePath,
                   {execution.description(), conventions, best.data(), best.data(), nullptr});
  } catch (const Error &error) {
    fail("%s; the best weights so far were lost: %s", message.c_str(), error.what());
  }
  fail("%s; the weights of epoch %lld, the best so far with a %s of %.4g, were saved to %s",
       message.c_str(), static_cast<long long>(now.epoch - now.badEpochs), decisive().c_str(),
       bestValue(), plan.savePath.c_str());
}

void Trainer::reportRate(double value) {
  log.flush();
  std::string message = text(
      "the learning rate is %s at step %lld (epoch %lld)", std::isnan(value) ? "nan" : "infinite",
      static_cast<long long>(now.step), static_cast<long long>(now.epoch + 1));
  const Description &description = execution.description();
  const TrainingStep &step = trainingSteps.lastStep();
  if (!step.schedule.empty()) {
    message += ": schedule '" + step.schedule + "'";
    const char *separator = " with ";
    for (const Scalar &scalar : description.scalars) {
      if (!scalar.settable || !scalar.name.starts_with(step.scope + "rate."))
        continue;
      message += text("%s%s = %g", separator, scalar.name.c_str(), execution.scalar(scalar));
      separator = ", ";
    }
  }
  failAndKeepBest(message);
}

/// `lossValue` is the loss of the last step if it is not finite. Else something that the step has
/// left is not.
void Trainer::reportDivergence(std::optional<double> lossValue) {
  log.flush();
  const TrainingState detected = now;
  std::string culprit = findCulprit(lossValue ? detected.step - 1 : detected.step,
                                    lossValue && std::isinf(*lossValue));
  now = detected;
  if (!lossValue)
    failAndKeepBest(culprit);
  failAndKeepBest(text(
      "the loss is %s at step %lld (epoch %lld): %s", std::isnan(*lossValue) ? "nan" : "infinite",
      static_cast<long long>(now.step), static_cast<long long>(now.epoch + 1), culprit.c_str()));
}

/// Repeats the run from the remembered block until something is not finite or `steps` are done,
/// with whose end the step that is to blame begins.
std::string Trainer::findCulprit(int64_t steps, bool infinite) {
  if (rememberedStep < 0)
    return nameWithPlace(*firstNotFinite(execution.persistent())) +
           " is infinite or nan before the first step";
  std::memcpy(execution.persistent(), rememberedBlock.data(), rememberedBlock.size());
  now.step = rememberedStep;
  now.epoch = rememberedEpoch;
  now.position = rememberedPosition;
  setValidationLoss(rememberedLoss);
  while (now.step < steps) {
    beginEpoch();
    step();
    if (const PersistentTensor *tensor = firstNotFinite(execution.persistent()))
      return text("%s became infinite or nan in step %lld (epoch %lld)",
                  nameWithPlace(*tensor).c_str(), static_cast<long long>(now.step),
                  static_cast<long long>(now.epoch + 1));
    if (now.position == now.examples) {
      if (auto ended = static_cast<size_t>(now.epoch - rememberedEpoch); ended < lossesSince.size())
        setValidationLoss(lossesSince[ended]);
      ++now.epoch;
      now.position = 0;
    }
  }
  beginEpoch();
  return findCulpritOfStep(infinite);
}

/// The reason why the loss of the next step is not finite although all persistent tensors are: an
/// input that is not finite, else an operation of the step: the line of the first one if the code is
/// profiled; the largest parameter is a hint.
std::string Trainer::findCulpritOfStep(bool infinite) {
  const int64_t end = std::min(now.examples, now.position + trainingSteps.batch());
  const int64_t *rowsOfStep = order.batch(now.position, end - now.position);
  for (const FieldData &field : dataset.fields) {
    for (int64_t i = 0; i < end - now.position; ++i) {
      const int64_t row = rowsOfStep[i];
      if (!allFinite(field.data(row), field.storage, field.elements(row)))
        return text("field '%s' of example %lld of the data is infinite or nan", field.name.c_str(),
                    static_cast<long long>(row));
    }
  }
  const PersistentTensor *largest = nullptr;
  double largestValue = -1;
  for (const PersistentTensor &tensor : execution.description().tensors) {
    if (tensor.kind != TensorKind::Parameter)
      continue;
    for (int64_t i = 0; i < tensor.count(); ++i) {
      double magnitude = std::fabs(loadElement(execution.tensor(tensor), tensor.dtype, i));
      if (magnitude > largestValue) {
        largestValue = magnitude;
        largest = &tensor;
      }
    }
  }
  std::string culprit =
      "parameters and inputs were finite before it, so an operation of the step overflowed or was "
      "undefined";
  if (largest)
    culprit += text("; the largest parameter is in %s (%.3g)", nameWithPlace(*largest).c_str(),
                    largestValue);
  if (trainingSteps.function().regions.empty())
    return culprit + "; in a program that was built with --trap-nan this message names its line";
  const Region *region = nullptr;
  trainingSteps.forEach(now.step, rowsOfStep, end - now.position,
                        [&](BoundFunction &step, const int64_t *rows, int64_t count) {
                          if (!region)
                            region = findFirstNan(execution, step, rows, count, infinite);
                        });
  if (region)
    culprit += describeNan(*region, execution.description(), infinite);
  return culprit;
}

} // namespace nnc::runtime
