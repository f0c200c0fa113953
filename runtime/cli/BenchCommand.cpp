// `bench`: times the training step, or the predictions of a batch, on random examples.
#include "runtime/cli/Commands.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"
#include "runtime/support/Philox.h"
#include "runtime/exec/Profile.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

namespace nnc::runtime {

static const Option benchOptions[] = {
    {"--steps", "N", "measured steps (default: as many as take two seconds, 10 to 1000)"},
    {"--block", "NAME", "time the predictions of this predict block instead"},
    {"--threads", "N", "threads (default: one per core)"},
    {"--recipe", "NAME", "the train block, of a program with several"},
    {"--profile", nullptr,
     "time, work and share of the multiply-add peak by source line (of a program built with "
     "`nnc build --profile`)"},
    {"--json", nullptr, "print one JSON object"},
};
const Command benchCommandTable = {"bench", "time of the training step on random data",
                                   benchOptions};

/// Floats uniform in [0, 1), classes uniform, other integers 0.
static Dataset makeData(const Description &description, const Function &function,
                        int64_t examples) {
  Dataset dataset;
  dataset.examples = examples;
  const DataBlock *block = description.block(function.data);
  uint32_t instance = 0;
  for (const InputField &input : function.fields) {
    if (input.kind != InputKind::Field)
      continue;
    FieldData field;
    field.name = input.name;
    field.storage = input.dtype;
    field.shape.assign(input.shape.begin() + 1, input.shape.end());
    int64_t count = examples * input.elementsPerExample();
    field.bytes.resize(static_cast<size_t>(count) * sizeOf(input.dtype));
    std::memset(field.bytes.data(), 0, field.bytes.size());
    const DataField *declared = block ? block->field(input.name) : nullptr;
    for (int64_t i = 0; i < count; ++i) {
      uint64_t word = randomWord(0, RandomStream::MadeData, instance, static_cast<uint64_t>(i));
      double fraction = static_cast<double>(word >> 40) * 0x1p-24;
      char *place = field.bytes.data() + static_cast<size_t>(i) * sizeOf(input.dtype);
      if (isFloat(input.dtype)) {
        convertElements(reinterpret_cast<const char *>(&fraction), DType::F64, place, input.dtype,
                        1);
      } else if (declared && (declared->classes || declared->tokenizer)) {
        int64_t number =
            static_cast<int64_t>(fraction * (static_cast<double>(largestInteger(*declared)) + 1));
        convertElements(reinterpret_cast<const char *>(&number), DType::I64, place, input.dtype, 1);
      }
    }
    // Sequences have their maximum length.
    if (declared && declared->padded) {
      field.padded = declared->padded;
      field.starts.push_back(0);
      for (int64_t i = 0; i < examples; ++i)
        field.endExample(declared->shape[*declared->padded]);
    }
    ++instance;
    dataset.fields.push_back(std::move(field));
  }
  return dataset;
}

namespace {

/// The functions to time: one, or the first training step of a recipe in all its parts.
struct Timed {
  const Function *function;
  const Function *update = nullptr; ///< null: nothing follows the last part
  int64_t parts = 1;
};

} // namespace

static Timed timedFunctions(const Description &description, const Arguments &arguments) {
  if (arguments.has("--block"))
    return {&choosePrediction(description, arguments)};
  const Recipe &recipe = chooseRecipe(description, arguments);
  const TrainingStep &step = recipe.phases[0].trainingSteps[0];
  return {description.function(step.function), description.function(step.update), recipe.parts};
}

int benchCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  const Timed timed = timedFunctions(description, arguments);
  const Function &function = *timed.function;
  const int64_t batch = function.batch * timed.parts, flop = function.flop * timed.parts;
  bool profiled = arguments.has("--profile");
  if (profiled && (function.regions.empty() || !makeProfile))
    throw Error("--profile needs a program that was built for it: compile it again with "
                "`nnc build --profile`");
  std::optional<int64_t> wanted = arguments.integer("--steps", 1, 10'000'000);

  constexpr int64_t batches = 8;
  Execution execution(model, threadCount(arguments));
  execution.initialize(0);
  Dataset dataset = makeData(description, function, batches * batch);
  BoundFunction step(execution, function, dataset);
  std::optional<BoundFunction> update;
  if (timed.update)
    update.emplace(execution, *timed.update, dataset);
  Rows rows = inOrder(dataset.examples);
  const std::unique_ptr<Profile> profile = profiled ? makeProfile(function) : nullptr;
  using Clock = std::chrono::steady_clock;
  int64_t done = 0;
  bool recording = false;
  execution.setScalar("steps", int64_t(1) << 20);
  execution.setScalar("steps_per_epoch", batches);
  execution.setScalar("epochs", (int64_t(1) << 20) / batches);
  execution.setScalar("part_weight", 1.0 / static_cast<double>(timed.parts));
  // The step with the assembly of its batch, as training runs it; milliseconds.
  auto measure = [&] {
    execution.setScalar("step", done);
    execution.setScalar("epoch", done / batches);
    if (recording)
      profile->begin();
    Clock::time_point start = Clock::now();
    const int64_t *rowsOfStep = rows.data() + done % batches * batch;
    for (int64_t part = 0; part < timed.parts; ++part) {
      execution.setScalar("part", done * timed.parts + part);
      step.run(rowsOfStep + part * function.batch, function.batch);
    }
    if (update)
      update->runAgain();
    double milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (recording)
      profile->end();
    ++done;
    return milliseconds;
  };

  double peak = profiled ? profile->measurePeak(execution.threadPool(), description.floatType) : 0;
  double warmUp = 0;
  for (int i = 0; i < 3 || (warmUp < 300 && i < 1000); ++i)
    warmUp += measure();
  recording = profiled;
  std::vector<double> times;
  double total = 0;
  auto enough = [&] {
    int64_t count = static_cast<int64_t>(times.size());
    return wanted ? count >= *wanted : count >= 1000 || (count >= 10 && total > 2000);
  };
  while (!enough()) {
    times.push_back(measure());
    total += times.back();
  }
  if (profiled)
    peak = std::max(peak, profile->measurePeak(execution.threadPool(), description.floatType));
  std::sort(times.begin(), times.end());
  size_t middle = times.size() / 2;
  double median = times.size() % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  double examplesPerSecond = 1000 * static_cast<double>(batch) / median;

  if (arguments.has("--json")) {
    Json json = {{"model", description.model},
                 {"step_ms_median", median},
                 {"step_ms_min", times.front()},
                 {"step_ms_max", times.back()},
                 {"examples_per_s", examplesPerSecond},
                 {"arena_bytes", function.arenaBytes},
                 {"parameter_bytes", description.parameterBytes()},
                 {"flop_per_step", flop},
                 {"threads", execution.threads()},
                 {"batch", batch},
                 {"steps", times.size()},
                 {"float", nameOf(description.floatType)},
                 {"target", description.target}};
    if (profiled) {
      json["peak_gflops"] = peak;
      json["profile"] = profile->json(description, peak);
    }
    print(dumpJson(json) + "\n");
    return 0;
  }
  std::printf("step        %.4f ms median, %.4f min, %.4f max (%zu steps)\n", median, times.front(),
              times.back(), times.size());
  std::printf("speed       %.0f examples/s, %.2f GFLOP/s\n", examplesPerSecond,
              static_cast<double>(flop) / median / 1e6);
  std::printf("work        %.3f MFLOP per step of %lld examples\n", static_cast<double>(flop) / 1e6,
              static_cast<long long>(batch));
  std::printf("memory      %.3f MB arena, %.3f MB parameters\n",
              static_cast<double>(function.arenaBytes) / 1e6,
              static_cast<double>(description.parameterBytes()) / 1e6);
  std::printf("threads     %d\n", execution.threads());
  if (profiled) {
    std::printf("peak        %.1f GFLOP/s of multiply-adds, measured now\n\n", peak);
    profile->print(description, peak);
  }
  return 0;
}

} // namespace nnc::runtime
