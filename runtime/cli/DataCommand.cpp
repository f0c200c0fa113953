// `data`: what is in a split, and a picture of examples before and after augmentation.
#include "runtime/cli/Commands.h"
#include "runtime/cli/ExampleImages.h"
#include "runtime/support/AtomicFile.h"
#include "runtime/support/Output.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

static const Option dataOptions[] = {
    {"--split", "NAME", "train (default), validation or test"},
    {"--data", "NAME=FOLDER", "folder of a data block's files (default: that of the program)",
     true},
    {"--recipe", "NAME", "the train block whose data is meant, of a program with several"},
    {"--preview", "OUT.png",
     "draw images: a column for each example, as it is and as the training step sees it"},
    {"--field", "NAME", "the field to draw (default: the first image)"},
    {"--examples", "N", "how many to draw (default: 8)"},
    {"--seed", "N", "seed of the augmentation (default: 0)"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
};
const Command dataCommandTable = {"data", "what is in the data, and a preview of its augmentation",
                                  dataOptions};

namespace {

/// How many steps are drawn below the examples.
constexpr int64_t drawnSteps = 4;

const DataField &chooseField(const DataBlock &block, const std::string &name) {
  std::vector<std::string> images;
  for (const DataField &field : block.fields) {
    if (!isImage(field))
      continue;
    if (name.empty() || field.name == name)
      return field;
    images.push_back(field.name);
  }
  if (!name.empty())
    throw UsageError(text("--field: data '%s' has no image '%s'%s", block.name.c_str(),
                          printable(name).c_str(), suggestion(name, images).c_str()));
  throw UsageError(text("--preview: data '%s' has no images: fields float[rows, columns] or "
                        "float[rows, columns, 3]",
                        block.name.c_str()));
}

/// The function of the augmented fields; null if there is none.
const Function *findAugmentation(const Description &description, const DataBlock &block) {
  for (const Function &function : description.functions)
    if (function.symbol.starts_with("nnc_augment") && function.data == block.name)
      return &function;
  return nullptr;
}

void preview(const Model &model, const Recipe &recipe, const Dataset &dataset,
             const Arguments &arguments) {
  const DataBlock &block = *model.description.block(recipe.data);
  const DataField &field = chooseField(block, arguments.value("--field"));
  const Function *function = findAugmentation(model.description, block);
  const OutputValue *output =
      function ? function->value(OutputKind::Prediction, field.name) : nullptr;
  const Rows rows = examplesInOrder(dataset, recipe.batch);
  const int64_t examples = std::min<int64_t>(arguments.integer("--examples", 1, 1000).value_or(8),
                                             static_cast<int64_t>(rows.size()));
  std::vector<Image> originals;
  const FieldData &source = *dataset.field(field.name);
  for (int64_t i = 0; i < examples; ++i)
    originals.push_back(
        imageOf(source.data(rows[static_cast<size_t>(i)]), source.storage, field, 0));
  ContactSheet sheet(field, examples, output ? 1 + drawnSteps : 1, originals, /*gap=*/2);
  for (int64_t i = 0; i < examples; ++i)
    sheet.draw(originals[static_cast<size_t>(i)], i, 0);
  if (output) {
    Execution execution(model, threadCount(arguments));
    BoundFunction augment(execution, *function, dataset);
    execution.setScalar("seed", arguments.integer("--seed", 0, INT64_MAX).value_or(0));
    for (int64_t step = 0; step < drawnSteps; ++step) {
      execution.setScalar("step", step);
      for (int64_t first = 0; first < examples; first += augment.batch()) {
        const int64_t count = std::min(augment.batch(), examples - first);
        augment.run(rows.data() + first, count);
        for (int64_t i = 0; i < count; ++i)
          sheet.draw(imageOf(augment.output(*output), output->dtype, field, i), first + i,
                     1 + step);
      }
    }
  }
  AtomicFile file(arguments.value("--preview"));
  file.write(sheet.png());
  file.commit();
}

/// A line for each field: its type and the range of its numbers.
std::string describeField(const DataField &field, const FieldData &data, int64_t examples) {
  double low = INFINITY, high = -INFINITY, sum = 0;
  int64_t count = 0;
  for (int64_t example = 0; example < examples; ++example)
    for (int64_t i = 0; i < data.elements(example); ++i) {
      double number = loadElement(data.data(example), data.storage, i);
      if (data.storage == DType::U8 && isFloat(field.dtype))
        number /= 255;
      low = std::min(low, number);
      high = std::max(high, number);
      sum += number;
      ++count;
    }
  return text("  %s %s: %g to %g, mean %.4g\n", field.name.c_str(),
              field.shape.empty() ? (field.classes ? "class" : "number")
                                  : describe(field.shape).c_str(),
              low, high, sum / static_cast<double>(std::max<int64_t>(1, count)));
}

} // namespace

int dataCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  const Recipe &recipe = chooseRecipe(description, arguments);
  const DataBlock &block = *description.block(recipe.data);
  std::string name = arguments.value("--split", "train");
  const DataSplit *split = block.split(name);
  if (!split)
    throw UsageError(
        text("--split: data '%s' has no split '%s'", block.name.c_str(), printable(name).c_str()));
  DataConventions conventions;
  const std::string folder = dataFolders(description, arguments)[block.name];
  Dataset dataset = readSplit(block, *split, folder, conventions);
  if (arguments.has("--preview")) {
    preview(model, recipe, dataset, arguments);
    return 0;
  }
  std::string result = text("%s: %zu examples\n", name.c_str(), examplesInOrder(dataset, 1).size());
  for (size_t i = 0; i < block.fields.size(); ++i)
    result +=
        describeField(block.fields[i], *dataset.field(block.fields[i].name), dataset.examples);
  print(result);
  return 0;
}

} // namespace nnc::runtime
