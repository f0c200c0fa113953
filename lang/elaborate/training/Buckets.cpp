// Implements addBuckets: it takes the training step out of each program for shorter examples.
#include "lang/elaborate/training/Buckets.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

namespace {

constexpr std::string_view stepName = "train_step";

Function *findStep(Program &program) {
  auto found = std::ranges::find(program.functions, stepName, &Function::name);
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

void addBuckets(Program &program, const ElaborateBucket &elaborate, Diagnostics &diagnostics) {
  const Recipe &recipe = program.recipe;
  Function *step = findStep(program);
  if (!recipe.bucket || !step)
    return;
  auto padded = std::ranges::find_if(
      program.data->fields, [](const DataField &field) { return field.padded.has_value(); });
  if (padded == program.data->fields.end()) {
    diagnostics
        .report(Diag::KeyValue, recipe.bucketRange, "bucket",
                "left out where no field has a padded dimension", "true")
        .help("a field whose length differs from example to example is `float[up to 29, 12]`");
    return;
  }
  std::vector<Function> steps;
  for (int64_t bucket = 1; bucket < bucketCount; ++bucket) {
    Diagnostics found;
    std::optional<Program> shorter = elaborate(bucket, found);
    std::string reason;
    if (!shorter)
      reason = firstError(found);
    else if (std::string name = findOtherSize(*step, *findStep(*shorter)); !name.empty())
      reason = fmt::format("`{}` has another size there", name);
    if (!reason.empty()) {
      int64_t size = padded->type.shape[size_t(*padded->padded)];
      diagnostics.report(Diag::BucketFails, recipe.bucketRange, padded->name,
                         bucketSize(size, bucket), reason);
      return;
    }
    steps.push_back(std::move(*findStep(*shorter)));
  }
  // Buckets of a small dimension may have the same size after rounding.
  std::vector<std::vector<int64_t>> longer = inputShapes(*step);
  for (size_t i = steps.size(); i-- > 0;) {
    if (inputShapes(steps[i]) == longer)
      steps.erase(steps.begin() + int64_t(i));
    else
      longer = inputShapes(steps[i]);
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    steps[i].name = fmt::format("{}_{}", stepName, i + 1);
    program.functions.push_back(std::move(steps[i]));
  }
}

} // namespace nnc::lang
