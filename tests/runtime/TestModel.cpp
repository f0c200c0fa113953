// A compiled model written by hand: softmax regression from two features to three classes, trained
// by gradient descent with momentum. It stands in for what nnc emits, so that the runtime is tested
// as a real process. TEST_FLOAT is float or double, TEST_FLOAT_NAME its name in the description.
#include "runtime/Abi.h"

#include <cmath>
#include <cstddef>
#include <cstring>

namespace {

using Float = TEST_FLOAT;
constexpr int64_t batch = 8, features = 2, classes = 3;

struct Persistent {
  alignas(64) Float weight[features * classes];
  alignas(64) Float bias[classes];
  alignas(64) Float weightMomentum[features * classes];
  alignas(64) Float biasMomentum[classes];
  alignas(64) Float seen[1];
};

struct Inputs {
  alignas(64)
      Float features[128 / sizeof(Float)]; ///< [batch, 2], padded to the same place in both types
  alignas(64) int32_t label[batch];
  alignas(64) Float weight[batch];
};

struct Scalars {
  int64_t seed, step, steps;
  double rate, mu;
};

struct StepOutputs {
  alignas(64) Float loss;
  alignas(64) Float accuracy;
  alignas(64) Float rate;
};

struct Predictions {
  alignas(64) int32_t species[batch];
  alignas(64) Float confidence[batch];
  alignas(64) Float scores[batch * classes];
};

/// Class probabilities of one example; the weights are stored features first.
void forward(const Persistent &model, const Float *x, Float *probability) {
  Float largest = -INFINITY, sum = 0;
  for (int64_t c = 0; c < classes; ++c) {
    probability[c] = model.bias[c];
    for (int64_t f = 0; f < features; ++f)
      probability[c] += x[f] * model.weight[f * classes + c];
    largest = std::fmax(largest, probability[c]);
  }
  for (int64_t c = 0; c < classes; ++c)
    sum += probability[c] = std::exp(probability[c] - largest);
  for (int64_t c = 0; c < classes; ++c)
    probability[c] /= sum;
}

int32_t best(const Float *probability) {
  int32_t result = 0;
  for (int32_t c = 1; c < classes; ++c)
    if (probability[c] > probability[result])
      result = c;
  return result;
}

/// Probabilities of the batch into the arena, shared out by example; ends with a barrier.
void forwardBatch(const char *persistent, char *arena, const Float *x, int64_t thread,
                  int64_t threads) {
  for (int64_t i = batch * thread / threads; i < batch * (thread + 1) / threads; ++i)
    forward(*reinterpret_cast<const Persistent *>(persistent), x + i * features,
            reinterpret_cast<Float *>(arena) + i * classes);
  nnc_barrier();
}

void measure(const Inputs &inputs, const Float *probability, Float &loss, Float &accuracy) {
  loss = accuracy = 0;
  for (int64_t i = 0; i < batch; ++i) {
    const Float *row = probability + i * classes;
    loss -= inputs.weight[i] * std::log(row[inputs.label[i]]);
    accuracy += inputs.weight[i] * static_cast<Float>(best(row) == inputs.label[i]);
  }
}

void update(Float *parameter, Float *momentum, Float gradient, Float rate, Float mu) {
  *momentum = mu * *momentum + gradient;
  *parameter -= rate * *momentum;
}

} // namespace

extern "C" void nnc_initialize(char *persistent, char *, const char *, char *, const char *scalars,
                               int64_t thread, int64_t) {
  if (thread != 0)
    return;
  Persistent &model = *reinterpret_cast<Persistent *>(persistent);
  std::memset(persistent, 0, sizeof model);
  uint64_t state = static_cast<uint64_t>(reinterpret_cast<const Scalars *>(scalars)->seed);
  for (Float &weight : model.weight) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    weight = static_cast<Float>(static_cast<double>(state >> 40) * 0x1p-24 - 0.5);
  }
}

extern "C" void nnc_train_step(char *persistent, char *arena, const char *inputBlock, char *outputs,
                               const char *scalarBlock, int64_t thread, int64_t threads) {
  const Inputs &inputs = *reinterpret_cast<const Inputs *>(inputBlock);
  nnc_profile(0, thread);
  forwardBatch(persistent, arena, inputs.features, thread, threads);
  if (thread != 0)
    return;
  nnc_profile(1, thread);
  Persistent &model = *reinterpret_cast<Persistent *>(persistent);
  const Scalars &scalars = *reinterpret_cast<const Scalars *>(scalarBlock);
  StepOutputs &out = *reinterpret_cast<StepOutputs *>(outputs);
  Float *probability = reinterpret_cast<Float *>(arena);
  measure(inputs, probability, out.loss, out.accuracy);
  nnc_profile(2, thread);
  Float weightGradient[features * classes] = {}, biasGradient[classes] = {};
  for (int64_t i = 0; i < batch; ++i) {
    for (int64_t c = 0; c < classes; ++c) {
      Float error = inputs.weight[i] * (probability[i * classes + c] - Float(c == inputs.label[i]));
      biasGradient[c] += error;
      for (int64_t f = 0; f < features; ++f)
        weightGradient[f * classes + c] += error * inputs.features[i * features + f];
    }
    model.seen[0] += Float(inputs.weight[i] > 0);
  }
  nnc_profile(3, thread);
  // The rate falls to half over the run, so that a wrong number of planned steps shows.
  double fraction = static_cast<double>(scalars.step) / static_cast<double>(scalars.steps);
  out.rate = static_cast<Float>(scalars.rate * (1 - 0.5 * fraction));
  Float mu = static_cast<Float>(scalars.mu);
  for (int64_t i = 0; i < features * classes; ++i)
    update(&model.weight[i], &model.weightMomentum[i], weightGradient[i], out.rate, mu);
  for (int64_t i = 0; i < classes; ++i)
    update(&model.bias[i], &model.biasMomentum[i], biasGradient[i], out.rate, mu);
}

extern "C" void nnc_evaluate(char *persistent, char *arena, const char *inputBlock, char *outputs,
                             const char *, int64_t thread, int64_t threads) {
  const Inputs &inputs = *reinterpret_cast<const Inputs *>(inputBlock);
  forwardBatch(persistent, arena, inputs.features, thread, threads);
  StepOutputs &out = *reinterpret_cast<StepOutputs *>(outputs);
  if (thread == 0)
    measure(inputs, reinterpret_cast<Float *>(arena), out.loss, out.accuracy);
}

extern "C" void nnc_predict(char *persistent, char *arena, const char *inputs, char *outputs,
                            const char *, int64_t thread, int64_t threads) {
  forwardBatch(persistent, arena, reinterpret_cast<const Float *>(inputs), thread, threads);
  if (thread != 0)
    return;
  Predictions &out = *reinterpret_cast<Predictions *>(outputs);
  std::memcpy(out.scores, arena, sizeof out.scores);
  for (int64_t i = 0; i < batch; ++i) {
    out.species[i] = best(out.scores + i * classes);
    out.confidence[i] = out.scores[i * classes + out.species[i]];
  }
}

nnc_function *const nnc_functions[] = {nnc_initialize, nnc_train_step, nnc_evaluate, nnc_predict};

static_assert(sizeof(Persistent) == 320 && offsetof(Inputs, label) == 128 && sizeof(Inputs) == 256);
static_assert(offsetof(Predictions, scores) == 128 && sizeof(Predictions) <= 320);

// The parts of the description that occur twice; each raw string stays on one line because of the
// macros.
// clang-format off
#define FLOAT R"("dtype": ")" TEST_FLOAT_NAME R"(")"
#define INPUTS                                                                                      \
  R"("inputs": {"bytes": 256, "fields": [)"                                                         \
  R"({"name": "features", "kind": "field", )" FLOAT R"(, "shape": [8, 2], "offset": 0}, )"          \
  R"({"name": "label", "kind": "field", "dtype": "i32", "shape": [8], "offset": 128}, )"            \
  R"({"name": "weight", "kind": "example_weight", )" FLOAT R"(, "shape": [8], "offset": 192}]})"
#define MEASURES                                                                                    \
  R"({"name": "loss", "kind": "loss", )" FLOAT R"(, "shape": [], "offset": 0}, )"                   \
  R"({"name": "accuracy", "kind": "metric", )" FLOAT R"(, "shape": [], "offset": 64})"

extern "C" const char nnc_description[] =
    R"({
  "abi": 5, "compiler": "0.0.0", "model": "flower", "source": "flower.nn", "float": ")" TEST_FLOAT_NAME
    R"(",
  "target": "test", "something new": {"is": "ignored"},
  "persistent": {"bytes": 320, "tensors": [
    {"name": "dense.weight", "kind": "parameter", )" FLOAT
    R"(, "shape": [2, 3], "offset": 0, "line": 4},
    {"name": "dense.bias", "kind": "parameter", )" FLOAT
    R"(, "shape": [3], "offset": 64, "line": 4},
    {"name": "dense.weight.momentum", "kind": "slot", "owner": "dense.weight", )" FLOAT
    R"(, "shape": [2, 3], "offset": 128},
    {"name": "dense.bias.momentum", "kind": "slot", "owner": "dense.bias", )" FLOAT
    R"(, "shape": [3], "offset": 192},
    {"name": "counter.seen", "kind": "state", )" FLOAT R"(, "shape": [], "offset": 256}]},
  "functions": [
    {"symbol": "nnc_initialize", "batch": 0, "arena": 0, "inputs": {"bytes": 0, "fields": []},
     "outputs": {"bytes": 0, "values": []}},
    {"symbol": "nnc_train_step", "batch": 8, "arena": 192, "flop": 500, )" INPUTS R"(,
     "memory": {"largest_live": 160, "scratch": 60, "saved": [{"name": "probability", "line": 4, "bytes": 96}]},
     "regions": [{"line": 4, "pass": "forward", "kind": "contraction", "flop": 200, "bytes": 300},
                 {"line": 7, "pass": "forward", "kind": "reduction", "flop": 100, "bytes": 96},
                 {"line": 4, "pass": "backward", "kind": "contraction", "flop": 150, "bytes": 300},
                 {"line": 7, "pass": "backward", "kind": "element-wise", "flop": 50, "bytes": 200}],
     "outputs": {"bytes": 192, "values": [)" MEASURES R"(,
      {"name": "learning_rate", "kind": "learning_rate", )" FLOAT
    R"(, "shape": [], "offset": 128}]}},
    {"symbol": "nnc_evaluate", "batch": 8, "arena": 192, )" INPUTS R"(,
     "outputs": {"bytes": 192, "values": [)" MEASURES R"(]}},
    {"symbol": "nnc_predict", "block": "flower", "data": "flowers", "batch": 8, "arena": 192, "inputs": {"bytes": 128, "fields": [
      {"name": "features", "kind": "field", )" FLOAT R"(, "shape": [8, 2], "offset": 0}]},
     "outputs": {"bytes": 320, "values": [
      {"name": "species", "kind": "prediction", "dtype": "i32", "shape": [8], "offset": 0, "field": "label"},
      {"name": "confidence", "kind": "prediction", )" FLOAT R"(, "shape": [8], "offset": 64},
      {"name": "scores", "kind": "prediction", )" FLOAT
    R"(, "shape": [8, 3], "offset": 128, "field": "label"}]}}],
  "source_lines": {"4": "x |> dense"},
  "scalars": {"bytes": 40, "values": [
    {"name": "seed", "dtype": "i64", "offset": 0}, {"name": "step", "dtype": "i64", "offset": 8},
    {"name": "steps", "dtype": "i64", "offset": 16},
    {"name": "optimizer.rate", "dtype": "f64", "offset": 24, "settable": true, "default": 0.1,
     "description": "learning rate at the beginning"},
    {"name": "optimizer.mu", "dtype": "f64", "offset": 32, "settable": true, "default": 0.9}]},
  "data": [{"name": "flowers", "folder": "/nonexistent",
    "fields": [{"name": "features", )" FLOAT R"(, "shape": [2]},
               {"name": "label", "dtype": "i32", "shape": [], "classes": 3}],
    "splits": [{"name": "train", "reader": "csv", "files": ["train.csv"],
                "columns": {"features": ["width", "length"], "label": ["species"]}},
               {"name": "test", "reader": "csv", "files": ["test.csv"],
                "columns": {"features": ["width", "length"], "label": ["species"]}}]}],
  "recipes": [{"name": "flower", "data": "flowers", "batch": 8, "validate": 0.2, "phases": [
    {"epochs": 4, "evaluate": "nnc_evaluate", "training_steps": [{"function": "nnc_train_step"}], "patience": )" TEST_PATIENCE
    R"(}]}],
  "layers": [{"path": "dense", "kind": "dense", "line": 4, "input": [2], "output": [3], "parameters": 9,
              "bytes": 36, "flop": 15}]
})";
// clang-format on
