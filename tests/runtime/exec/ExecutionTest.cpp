#include "runtime/exec/Execution.h"
#include "runtime/train/Evaluation.h"
#include "runtime/exec/Machine.h"
#include "tests/runtime/Support.h"

#include <cstring>

namespace nnc::runtime {
using namespace test;

namespace {

constexpr int64_t batch = 4, pixels = 3;

struct Inputs {
  alignas(64) float image[batch * pixels];
  alignas(64) int32_t label[batch];
  alignas(64) float weight[batch];
};

/// The batch as the last call saw it.
Inputs lastInputs;
int64_t calls = 0;

/// Loss: mean of the labels. Writes each thread's share so that a missing part of the batch would
/// show.
void observe(char *, char *, const char *inputs, char *outputs, const char *, int64_t thread,
             int64_t) {
  if (thread != 0)
    return;
  std::memcpy(&lastInputs, inputs, sizeof lastInputs);
  ++calls;
  float loss = 0;
  for (int64_t i = 0; i < batch; ++i)
    loss += lastInputs.weight[i] * static_cast<float>(lastInputs.label[i]);
  std::memcpy(outputs, &loss, sizeof loss);
}

Model observingModel() {
  Model model;
  Description &description = model.description;
  Function function;
  function.symbol = "nnc_evaluate";
  function.batch = batch;
  function.inputBytes = sizeof(Inputs);
  function.outputBytes = 64;
  function.fields = {
      {"image", InputKind::Field, DType::F32, {batch, pixels}, offsetof(Inputs, image)},
      {"label", InputKind::Field, DType::I32, {batch}, offsetof(Inputs, label)},
      {"weight", InputKind::ExampleWeight, DType::F32, {batch}, offsetof(Inputs, weight)}};
  function.values = {{"loss", OutputKind::Loss, DType::F32, {}, 0, false, ""}};
  description.functions.push_back(function);
  description.scalars = {{"seed", true, 0, false, 0, ""}, {"rate", false, 8, true, 0.5, ""}};
  description.scalarBytes = 16;
  model.description.functions[0].code = observe;
  return model;
}

Dataset pictures(int64_t examples) {
  Dataset data;
  data.examples = examples;
  data.fields.resize(2);
  data.fields[0].name = "image";
  data.fields[0].storage = DType::U8;
  data.fields[0].shape = {pixels};
  data.fields[1].name = "label";
  data.fields[1].storage = DType::U8;
  for (int64_t i = 0; i < examples; ++i) {
    for (int64_t p = 0; p < pixels; ++p)
      data.fields[0].bytes.push_back(static_cast<char>(i * pixels + p + 200));
    data.fields[1].bytes.push_back(static_cast<char>(i));
  }
  return data;
}

} // namespace

TEST(ExecutionTest, AssemblesScaledBatch) {
  Model model = observingModel();
  Dataset data = pictures(10);
  for (int threads : {1, 3}) {
    Execution execution(model, threads);
    BoundFunction function(execution, model.description.functions[0], data);
    const int64_t rows[] = {9, 0, 5, 2};
    function.run(rows, 4);
    for (int64_t i = 0; i < batch; ++i) {
      EXPECT_EQ(lastInputs.label[i], rows[i]);
      EXPECT_EQ(lastInputs.weight[i], 0.25f);
      for (int64_t p = 0; p < pixels; ++p)
        EXPECT_EQ(lastInputs.image[i * pixels + p],
                  static_cast<float>(static_cast<uint8_t>(rows[i] * pixels + p + 200)) / 255.0f);
    }
    EXPECT_EQ(function.scalar(model.description.functions[0].values[0]), 4.0);
  }
}

TEST(ExecutionTest, PadsWithCopiesThatWeighNothing) {
  Model model = observingModel();
  Dataset data = pictures(10);
  Execution execution(model, 2);
  BoundFunction function(execution, model.description.functions[0], data);
  const int64_t rows[] = {7, 3, 1};
  function.run(rows, 3);
  const int64_t expected[] = {7, 3, 1, 7};
  const float weights[] = {1 / 3.0f, 1 / 3.0f, 1 / 3.0f, 0};
  for (int64_t i = 0; i < batch; ++i) {
    EXPECT_EQ(lastInputs.label[i], expected[i]);
    EXPECT_EQ(lastInputs.weight[i], weights[i]);
  }
}

TEST(ExecutionTest, EvaluationWeighsTheLastBatchByItsExamples) {
  Model model = observingModel();
  Dataset data = pictures(10);
  Execution execution(model, 1);
  Phase phase;
  phase.evaluate = "nnc_evaluate";
  Evaluator evaluator(execution, phase, data, inOrder(10));
  calls = 0;
  EXPECT_NEAR(evaluator.evaluate().loss, 4.5, 1e-6);
  EXPECT_EQ(calls, 3);
}

TEST(ExecutionTest, RejectsDataThatDoesNotFit) {
  Model model = observingModel();
  Execution execution(model, 1);
  Dataset data = pictures(2);
  data.fields[0].shape = {4};
  EXPECT_EQ(errorOf([&] { BoundFunction(execution, model.description.functions[0], data); }),
            "field 'image' of the data is 4, the model takes 3");
  data.fields.erase(data.fields.begin());
  EXPECT_EQ(errorOf([&] { BoundFunction(execution, model.description.functions[0], data); }),
            "the data has no field 'image'");
}

TEST(ExecutionTest, WantsNoMoreMemoryThanTheMachineHas) {
  Model model = observingModel();
  model.description.functions[0].arenaBytes = size_t(1) << 50;
  EXPECT_TRUE(contains(errorOf([&] { Execution execution(model, 1); }),
                       "not enough memory: 1125899906.8 MB needed (0.0 MB for parameters and the "
                       "optimizer's state, 1125899906.8 MB for activations, 0.0 MB for batches), "
                       "this machine has "));
  model.description.functions[0].threadBytes = SIZE_MAX / 2;
  EXPECT_TRUE(contains(errorOf([&] { Execution execution(model, 3); }), "not enough memory"));
  model.description.functions[0].arenaBytes = model.description.functions[0].threadBytes = 0;
  model.description.persistentBytes = usableMemory() / 2;
  EXPECT_TRUE(contains(errorOf([&] { Execution execution(model, 1, 3); }), "not enough memory"));
}

TEST(ExecutionTest, NamesFeaturesThatTheProcessorLacks) {
  Model model = observingModel();
  model.description.target = "deloreanlake";
  model.description.features = {"flux-capacitor", "time-circuits"};
  EXPECT_EQ(errorOf([&] { Execution execution(model, 1); }),
            "this program is compiled for deloreanlake, and this processor has no flux-capacitor, "
            "time-circuits: compile it here, or with --target-cpu for this processor");
}

#if defined(__x86_64__)
TEST(MachineTest, FindsFeatures) {
  auto has = [](const char *name) { return missingFeatures({name}).empty(); };
#define EXPECT_FEATURE(NAME) EXPECT_EQ(has(NAME), __builtin_cpu_supports(NAME) != 0) << NAME
  EXPECT_FEATURE("sse3");
  EXPECT_FEATURE("sse4.2");
  EXPECT_FEATURE("popcnt");
  EXPECT_FEATURE("bmi2");
  EXPECT_FEATURE("gfni");
  EXPECT_FEATURE("avx");
  EXPECT_FEATURE("avx2");
  EXPECT_FEATURE("fma");
  EXPECT_FEATURE("fma4");
  EXPECT_FEATURE("avx512f");
  EXPECT_FEATURE("avx512vl");
  EXPECT_FEATURE("avx512vnni");
  EXPECT_FEATURE("avx512bf16");
#undef EXPECT_FEATURE
}
#endif

TEST(ExecutionTest, MeasureSumsSurviveASave) {
  Model model = observingModel();
  Dataset data = pictures(10);
  Execution execution(model, 1);
  BoundFunction function(execution, model.description.functions[0], data);
  const int64_t rows[] = {0, 1, 2, 3};
  MeasureSum sum(execution, model.description.functions[0], nullptr, 10),
      restored(execution, model.description.functions[0], nullptr, 10);
  function.run(rows, 4);
  sum.add(function, 4);
  EXPECT_TRUE(restored.restore(sum.state()));
  EXPECT_EQ(restored.result().loss, 1.5);
  EXPECT_FALSE(restored.restore({1, 2, 3}));
}

} // namespace nnc::runtime
