// `data`: what is in a split, and a picture of examples before and after augmentation.
#include "runtime/cli/Commands.h"
#include "runtime/cli/ExampleImages.h"
#include "runtime/data/Transforms.h"
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
  const RowSet rows = examplesInOrder(dataset, recipe.batch);
  const int64_t examples =
      std::min<int64_t>(arguments.integer("--examples", 1, 1000).value_or(8), rows.size());
  std::vector<Image> originals;
  const FieldData &source = *dataset.field(field.name);
  for (int64_t i = 0; i < examples; ++i)
    originals.push_back(imageOf(source.data(rows[i]), source.storage, field, 0));
  ContactSheet sheet(field, examples, output ? 1 + drawnSteps : 1, originals, /*gap=*/2);
  for (int64_t i = 0; i < examples; ++i)
    sheet.draw(originals[static_cast<size_t>(i)], i, 0);
  if (output) {
    Execution execution(model, threadCount(arguments));
    BoundFunction augment(execution, *function, dataset);
    execution.setScalar("seed", arguments.integer("--seed", 0, INT64_MAX).value_or(0));
    Rows buffer;
    for (int64_t step = 0; step < drawnSteps; ++step) {
      execution.setScalar("step", step);
      for (int64_t first = 0; first < examples; first += augment.batch()) {
        const int64_t count = std::min(augment.batch(), examples - first);
        augment.run(rows.part(first, count, buffer), count);
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

/// At most so many classes of a field are listed.
constexpr size_t listedClasses = 20;

class FieldSummary {
public:
  FieldSummary(const DataField &field, const Dataset &dataset, const DataConventions &conventions)
      : field(field), data(*dataset.field(field.name)), dataset(dataset), conventions(conventions) {
  }

  /// A line for each field: its type, then the range of its numbers or the balance of its classes.
  std::string line() const {
    std::string result = text("  %s %s: ", field.name.c_str(), kind().c_str());
    result += field.classCount() > 0 && !field.tokenizer ? balance() : range();
    if (auto gaps = dataset.gaps.find(field.name); gaps != dataset.gaps.end())
      result += text("; %lld missing", static_cast<long long>(gaps->second));
    if (auto unknown = dataset.unknown.find(field.name); unknown != dataset.unknown.end())
      result += text("; %lld not in the rows that are trained on",
                     static_cast<long long>(unknown->second));
    return result + learnt() + "\n";
  }

private:
  std::string kind() const {
    if (field.categories)
      return "category";
    if (!field.shape.empty())
      return describe(field.shape);
    return field.classes ? "class" : "number";
  }

  template <typename Use> void forEach(Use use) const {
    const bool isByte = data.storage == DType::U8 && isFloat(field.dtype);
    for (int64_t example = 0; example < dataset.examples; ++example) {
      for (int64_t i = 0; i < data.elements(example); ++i)
        use(loadElement(data.data(example), data.storage, i) / (isByte ? 255 : 1), i);
      if (dataset.memory && example % 1024 == 0)
        MappedFile::keepBound();
    }
  }

  /// In the units of the files, where transforms can be undone.
  std::string range() const {
    const int64_t columns = elementCount(field.shape);
    const bool undo = canUndo(field, conventions);
    double low = INFINITY, high = -INFINITY, sum = 0;
    int64_t count = 0;
    forEach([&](double number, int64_t element) {
      if (undo)
        number = undoTransforms(field, conventions, number, element % columns).value_or(number);
      low = std::min(low, number);
      high = std::max(high, number);
      sum += number;
      ++count;
    });
    // Rounding errors around 0 become 0.
    for (double *end : {&low, &high})
      if (std::abs(*end) < 1e-6 * std::max(std::abs(low), std::abs(high)))
        *end = 0;
    return text("%g to %g, mean %.4g", low, high,
                sum / static_cast<double>(std::max<int64_t>(1, count)));
  }

  /// How many examples have each class, the most frequent first.
  std::string balance() const {
    std::vector<int64_t> counts(static_cast<size_t>(field.classCount()));
    int64_t count = 0;
    forEach([&](double number, int64_t element) {
      if (field.oneHot && number == 0)
        return;
      ++counts[static_cast<size_t>(field.oneHot ? element : static_cast<int64_t>(number))];
      ++count;
    });
    std::vector<size_t> order;
    for (size_t i = 0; i < counts.size(); ++i)
      if (counts[i] > 0)
        order.push_back(i);
    std::sort(order.begin(), order.end(), [&](size_t one, size_t other) {
      return counts[one] != counts[other] ? counts[one] > counts[other] : one < other;
    });
    auto known = conventions.classes.find(field.name);
    std::string result = text("%zu of %zu: ", order.size(), counts.size());
    for (size_t i = 0; i < std::min(order.size(), listedClasses); ++i) {
      const bool named = known != conventions.classes.end() && order[i] < known->second.size();
      result += text("%s%s %lld (%.3g %%)", i ? ", " : "",
                     named ? printable(known->second[order[i]]).c_str()
                           : std::to_string(order[i]).c_str(),
                     static_cast<long long>(counts[order[i]]),
                     100 * static_cast<double>(counts[order[i]]) /
                         static_cast<double>(std::max<int64_t>(1, count)));
    }
    if (order.size() > listedClasses)
      result += text(", %zu more", order.size() - listedClasses);
    return result;
  }

  /// The statistics that the transforms have learnt of the first column.
  std::string learnt() const {
    auto known = conventions.statistics.find(field.name);
    if (known == conventions.statistics.end() || field.classCount() > 0)
      return "";
    std::string result;
    for (size_t i = 0; i < std::min(known->second.size(), field.transforms.size()); ++i) {
      const std::vector<double> &numbers = known->second[i];
      const char *name = field.transforms[i].kind == Transform::Kind::Standardize ? "standardize"
                         : field.transforms[i].kind == Transform::Kind::MinMax    ? "min_max"
                                                                                  : "missing";
      if (numbers.size() == 1)
        result += text("; %s %.4g", name, numbers[0]);
      else if (numbers.size() == 2)
        result += text("; %s %.4g, %.4g", name, numbers[0], numbers[1]);
      else if (!numbers.empty())
        result += text("; %s by column", name);
    }
    return result;
  }

  const DataField &field;
  const FieldData &data;
  const Dataset &dataset;
  const DataConventions &conventions;
};

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
  // Transforms learn from the training data alone, also for the other splits.
  const bool needsTraining =
      !split->isTraining() && block.split("train") &&
      std::ranges::any_of(block.fields, [](const DataField &one) { return one.isTransformed(); });
  if (needsTraining)
    readSplit(block, *block.split("train"), folder, conventions, &recipe);
  Dataset dataset = readSplit(block, *split, folder, conventions, &recipe);
  if (arguments.has("--preview")) {
    preview(model, recipe, dataset, arguments);
    return 0;
  }
  std::string result = text("%s: %lld examples", name.c_str(),
                            static_cast<long long>(examplesInOrder(dataset, 1).size()));
  if (dataset.split && !dataset.split->validation.empty())
    result += text(", of which %lld are held out",
                   static_cast<long long>(dataset.split->validation.size()));
  if (dataset.dropped)
    result += text("; %lld rows left out because of a missing value",
                   static_cast<long long>(dataset.dropped));
  result += "\n";
  for (const DataField &field : block.fields)
    result += FieldSummary(field, dataset, conventions).line();
  print(result);
  return 0;
}

} // namespace nnc::runtime
