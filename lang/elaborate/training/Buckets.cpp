// Implements addBuckets: it takes the training step out of each program for shorter examples.
#include "lang/elaborate/training/Buckets.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

namespace {

Function *findFunction(Program &program, const std::string &name) {
  auto found = std::ranges::find(program.functions, name, &Function::name);
  return found == program.functions.end() ? nullptr : &*found;
}

/// The first argument that is kept from step to step and has another size; empty if none has.
std::string findOtherSize(const Function &step, const Function &shorter) {
  for (const FunctionArgument &argument : step.arguments) {
    if (argument.kind == ArgumentKind::Input)
      continue;
    auto same = std::ranges::find_if(shorter.arguments, [&](const FunctionArgument &other) {
      return other.kind == argument.kind && other.name == argument.name;
    });
    if (same == shorter.arguments.end() ||
        shorter.values[same->value].type.shape != step.values[argument.value].type.shape)
      return argument.name;
  }
  return {};
}

std::vector<std::vector<int64_t>> inputShapes(const Function &function) {
  std::vector<std::vector<int64_t>> shapes;
  for (const FunctionArgument &argument : function.arguments)
    if (argument.kind == ArgumentKind::Input)
      shapes.push_back(function.values[argument.value].type.shape);
  return shapes;
}

std::string firstError(const Diagnostics &diagnostics) {
  for (const Diagnostic *diagnostic : diagnostics.sorted())
    if (diagnostic->info->severity == Severity::Error)
      return diagnostic->message;
  return {};
}

} // namespace

/// The training step of this name, elaborated for each bucket, the shortest first; nothing, with an
/// error, if one fails.
static std::vector<Function> stepsOfBuckets(std::vector<std::optional<Program>> &shorter,
                                            const Function &step, const DataField &padded,
                                            const std::vector<Diagnostics> &found,
                                            SourceRange range, Diagnostics &diagnostics) {
  std::vector<Function> steps;
  for (size_t i = 0; i < shorter.size(); ++i) {
    std::string reason;
    Function *function = shorter[i] ? findFunction(*shorter[i], step.name) : nullptr;
    if (!function)
      reason = firstError(found[i]);
    else if (std::string name = findOtherSize(step, *function); !name.empty())
      reason = fmt::format("`{}` has another size there", name);
    if (!reason.empty()) {
      int64_t size = padded.type.shape[size_t(*padded.padded)];
      diagnostics.report(Diag::BucketFails, range, padded.name, bucketSize(size, int64_t(i) + 1),
                         reason);
      return {};
    }
    steps.push_back(std::move(*function));
  }
  // Buckets of a small dimension may have the same size after rounding.
  std::vector<std::vector<int64_t>> longer = inputShapes(step);
  for (size_t i = steps.size(); i-- > 0;) {
    if (inputShapes(steps[i]) == longer)
      steps.erase(steps.begin() + int64_t(i));
    else
      longer = inputShapes(steps[i]);
  }
  return steps;
}

void addBuckets(Program &program, const ElaborateBucket &elaborate, Diagnostics &diagnostics) {
  if (std::ranges::none_of(program.recipes, &Recipe::bucket))
    return;
  std::vector<std::optional<Program>> shorter;
  std::vector<Diagnostics> found(bucketCount - 1);
  for (Recipe &recipe : program.recipes) {
    if (!recipe.bucket)
      continue;
    const std::vector<DataField> &fields = program.findData(recipe.data)->fields;
    auto padded = std::ranges::find_if(
        fields, [](const DataField &field) { return field.padded.has_value(); });
    if (padded == fields.end()) {
      diagnostics
          .report(Diag::KeyValue, recipe.bucketRange, "bucket",
                  "left out where no field has a padded dimension", "true")
          .help("a field whose length differs from example to example is `float[up to 29, 12]`");
      return;
    }
    if (shorter.empty())
      for (int64_t bucket = 1; bucket < bucketCount; ++bucket)
        shorter.push_back(elaborate(bucket, found[size_t(bucket) - 1]));
    for (Phase &phase : recipe.phases)
      for (TrainingStep &step : phase.trainingSteps) {
        std::vector<Function> steps =
            stepsOfBuckets(shorter, *findFunction(program, step.function), *padded, found,
                           recipe.bucketRange, diagnostics);
        if (diagnostics.hasErrors())
          return;
        for (size_t i = 0; i < steps.size(); ++i) {
          steps[i].name = fmt::format("{}_bucket_{}", step.function, i + 1);
          step.buckets.push_back(steps[i].name);
          program.functions.push_back(std::move(steps[i]));
        }
      }
  }
}

} // namespace nnc::lang
