// `predict`: reads examples, runs a predict block, writes its outputs.
#include "runtime/data/Npy.h"
#include "runtime/data/Transforms.h"
#include "runtime/support/AtomicFile.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/cli/Commands.h"
#include "runtime/support/Output.h"
#include "runtime/cli/OutputLabels.h"
#include "runtime/cli/Predictions.h"
#include "runtime/cli/SampledPredictions.h"
#include "runtime/support/Suggestion.h"
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace nnc::runtime {

static const Option predictOptions[] = {
    {"--weights", "W",
     "trained weights (default: MODEL.safetensors); of several files the predictions are joined as "
     "by --samples",
     true},
    {"-o", "OUT",
     "where the predictions go: .csv, .npy, .json, or a picture, .svg or .png; `-` (default) is "
     "CSV "
     "on the standard output"},
    {"--raw-weights", nullptr,
     "the weights themselves, where the file has averages of them (default: the averages)"},
    {"--block", "NAME", "the predict block, where the program has several"},
    {"--select", "NAME", "write only this output"},
    {"--split", "NAME",
     "predict the examples of this split of the data: train, validation or test"},
    {"--data", "NAME=FOLDER", "folder of a data block's files, for --split", true},
    {"--samples", "N",
     "predict each example so often with random layers such as dropout on: their mean and standard "
     "deviation, of classes the most frequent one and the entropy"},
    {"--seed", "N", "seed of random numbers (default: 0)"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
};
const Command predictCommandTable = {
    "predict",
    "predictions for the examples in .csv, .npy, .npz, .json or IDX files, or lines of text",
    predictOptions, "[INPUT...]"};

/// Examples in a picture.
static constexpr int64_t mostDrawn = 100;

/// The outputs that the user chose, still without examples.
static std::vector<Prediction> chooseOutputs(const Function &function, const DataBlock *block,
                                             const ClassNames &classes, const std::string &only,
                                             std::vector<const OutputValue *> &values) {
  std::vector<Prediction> predictions;
  std::vector<std::string> names;
  for (const OutputValue *value : function.valuesOf(OutputKind::Prediction)) {
    names.push_back(value->name);
    if (!only.empty() && value->name != only)
      continue;
    Prediction prediction;
    prediction.name = value->name;
    prediction.dtype = value->dtype;
    prediction.shape.assign(value->shape.begin() + (value->batched ? 1 : 0), value->shape.end());
    if (const DataField *field = block ? block->field(value->field) : nullptr)
      prediction.classNames = valueNames(*field, classes);
    predictions.push_back(std::move(prediction));
    values.push_back(value);
  }
  if (predictions.empty())
    throw UsageError(text("--select: there is no output '%s'%s", printable(only).c_str(),
                          suggestion(only, names).c_str()));
  return predictions;
}

/// Examples to predict; without rows, all of them in the order of an evaluation.
struct Examples {
  Dataset dataset;
  std::optional<RowSet> rows = {};

  RowSet rowsFor(int64_t batch) const { return rows ? *rows : examplesInOrder(dataset, batch); }
};

/// Runs examples and appends what comes out; returns their number. Each batch is a step of its own to random numbers, from `step` on.
static int64_t predictAll(Execution &execution, const Function &function, const Examples &given,
                          const std::vector<const OutputValue *> &values,
                          std::vector<Prediction> &predictions, int64_t &step) {
  BoundFunction bound(execution, function, given.dataset);
  const RowSet rows = given.rowsFor(bound.batch());
  Rows buffer;
  const int64_t examples = rows.size();
  for (int64_t first = 0; first < examples; first += bound.batch()) {
    int64_t count = std::min(bound.batch(), examples - first);
    execution.setScalar("step", step++);
    bound.run(rows.part(first, count, buffer), count);
    for (size_t i = 0; i < values.size(); ++i) {
      size_t perExample =
          static_cast<size_t>(elementCount(predictions[i].shape)) * sizeOf(values[i]->dtype);
      const char *data = bound.output(*values[i]);
      for (int64_t example = 0; example < count; ++example) {
        const char *begin =
            data + (values[i]->batched ? static_cast<size_t>(example) * perExample : 0);
        predictions[i].bytes.insert(predictions[i].bytes.end(), begin, begin + perExample);
      }
      for (const auto &[dimension, name] : values[i]->lengths) {
        const char *lengths = bound.output(*function.value(OutputKind::Length, name));
        for (int64_t example = 0; example < count; ++example) {
          int32_t length;
          std::memcpy(&length, lengths + example * static_cast<int64_t>(sizeof length),
                      sizeof length);
          predictions[i].lengths[dimension].push_back(length);
        }
      }
    }
  }
  return examples;
}

/// Outputs that are called as a field predict it: they get the units that it has in the files.
static void restoreUnits(std::vector<Prediction> &predictions, const DataBlock *block,
                         const DataConventions &conventions) {
  for (Prediction &prediction : predictions) {
    const DataField *field = block ? block->field(prediction.name) : nullptr;
    if (!field || !isFloat(prediction.dtype) || prediction.shape != field->shape ||
        !canUndo(*field, conventions))
      continue;
    const size_t size = sizeOf(prediction.dtype);
    const int64_t columns = elementCount(prediction.shape),
                  count = static_cast<int64_t>(prediction.bytes.size() / size);
    for (int64_t i = 0; i < count; ++i) {
      char *place = prediction.bytes.data() + static_cast<size_t>(i) * size;
      double value = loadElement(place, prediction.dtype, 0);
      value = undoTransforms(*field, conventions, value, i % columns).value_or(value);
      convertElements(reinterpret_cast<const char *>(&value), DType::F64, place, prediction.dtype,
                      1);
    }
  }
}

/// Labels the last two dimensions of the outputs with the elements of the inputs.
static void addLabels(const Dataset &dataset, const RowSet &rows, const DataBlock &inputs,
                      const ClassNames &classes, const std::vector<const OutputValue *> &values,
                      std::vector<Prediction> &predictions) {
  for (size_t i = 0; i < predictions.size(); ++i) {
    const size_t rank = predictions[i].shape.size();
    for (size_t dimension = rank - std::min<size_t>(rank, 2); dimension < rank; ++dimension)
      rows.forEach([&](int64_t example) {
        if (std::optional<std::vector<std::string>> labels = labelsOf(
                *values[i], predictions[i].shape, dimension, inputs, dataset, classes, example))
          predictions[i].labels[dimension].push_back(std::move(*labels));
      });
  }
}

/// The examples of the split that the user names.
static Examples readNamedSplit(const Description &description, const DataBlock *found,
                               const Arguments &arguments, DataConventions &conventions) {
  if (!found)
    throw Error("this program has no `train` block, so it has no data");
  const DataBlock &block = *found;
  const std::string name = arguments.value("--split");
  const DataSplit *split = block.split(name), *train = block.split("train");
  const std::string folder = dataFolders(description, arguments)[block.name];
  if (split)
    return {readSplit(block, *split, folder, conventions)};
  // A validation split that is not in a file of its own is what training held out.
  auto recipe = std::ranges::find_if(description.recipes, [&](const Recipe &one) {
    return one.data == block.name && one.validate > 0;
  });
  if (name != "validation" || !train || recipe == description.recipes.end())
    throw UsageError(
        text("--split: data '%s' has no split '%s'", block.name.c_str(), printable(name).c_str()));
  Examples held{readSplit(block, *train, folder, conventions, &*recipe)};
  held.rows = held.dataset.split->validation;
  return held;
}

int predictCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  const Function *function = &choosePrediction(description, arguments);
  const int64_t samples = arguments.integer("--samples", 1, 1'000'000).value_or(0);
  if (samples)
    function = description.sampleOf(*function);
  if (!function)
    throw UsageError(
        "--samples: no layer of this prediction is random, so that all samples would be the same");
  if (arguments.operands().empty() && !arguments.has("--split"))
    throw UsageError("predict needs at least one INPUT: a .csv, .npy or .json file, or -");
  std::string output = arguments.value("-o", "-");
  std::string extension = extensionOf(output);
  if (output != "-" && extension != ".csv" && extension != ".npy" && extension != ".json" &&
      extension != ".svg" && extension != ".png")
    throw UsageError(
        text("-o %s: unknown kind of file; predict writes .csv, .npy, .json, .svg and .png",
             output.c_str()));

  for (const std::string &input : arguments.operands())
    if (output != "-" && input != "-" && isSameFile(input, output))
      throw UsageError(text("-o %s: that is an input", output.c_str()));

  const DataBlock *block = description.block(function->data);
  Execution execution(model, threadCount(arguments));
  std::vector<std::string> files = arguments.all("--weights");
  if (files.empty())
    files.push_back(description.weightsFile());
  const bool joined = samples || files.size() > 1;
  const bool raw = arguments.has("--raw-weights");
  DataConventions conventions = loadConventions(readWeights(files[0], execution, raw), description);
  std::vector<const OutputValue *> values;
  std::vector<Prediction> predictions =
      chooseOutputs(*function, block, conventions.classes, arguments.value("--select"), values);
  if (extension == ".npy" && (predictions.size() > 1 || joined))
    throw UsageError(
        text("-o %s: an .npy file holds one output and there are %zu; --select one, or write .csv "
             "or .json",
             output.c_str(), joined ? 2 * predictions.size() : predictions.size()));

  const DataBlock fields = predictFields(*function, block);
  std::vector<Examples> datasets;
  if (arguments.has("--split"))
    datasets.push_back(readNamedSplit(description, block, arguments, conventions));
  const std::vector<std::string> &inputs = arguments.operands();
  if (fields.fields.size() > 1 && inputs.size() > 1 && std::ranges::all_of(inputs, holdsOneArray)) {
    if (inputs.size() != fields.fields.size())
      throw UsageError(
          text("predict: the model has %zu inputs, and there are %zu files with an array",
               fields.fields.size(), inputs.size()));
    datasets.push_back({readInputFiles(inputs, fields, block, conventions)});
  } else {
    for (const std::string &input : inputs)
      datasets.push_back({readExamples(input, fields, block, conventions)});
  }
  execution.setScalar("seed", arguments.integer("--seed", 0, INT64_MAX).value_or(0));
  int64_t examples = 0, step = 0;
  auto predictOnce = [&](std::vector<Prediction> &results) {
    examples = 0;
    for (const Examples &given : datasets) {
      examples += predictAll(execution, *function, given, values, results, step);
      if (extension == ".svg")
        addLabels(given.dataset, given.rowsFor(function->batch), fields, conventions.classes,
                  values, results);
    }
    restoreUnits(results, block, conventions);
  };
  if (joined) {
    SampledPredictions sampled(predictions);
    for (const std::string &file : files) {
      if (&file != &files[0]) // which is loaded already
        checkSameClasses(loadConventions(readWeights(file, execution, raw), description),
                         conventions, file, files[0]);
      for (int64_t sample = 0; sample < std::max<int64_t>(1, samples); ++sample) {
        std::vector<Prediction> once = predictions;
        predictOnce(once);
        sampled.add(once);
      }
    }
    predictions = sampled.results();
  } else {
    predictOnce(predictions);
  }

  std::string content;
  if (extension == ".npy") {
    Shape shape = predictions[0].shape;
    shape.insert(shape.begin(), examples);
    content = formatNpy(predictions[0].dtype, shape, predictions[0].bytes.data());
  } else {
    const bool drawn = extension == ".svg" || extension == ".png";
    if (drawn && examples > mostDrawn) {
      (void)writeAll(STDERR_FILENO,
                     text("%s: draws the first %lld of %lld examples\n", output.c_str(),
                          static_cast<long long>(mostDrawn), static_cast<long long>(examples)));
      examples = mostDrawn;
    }
    content = extension == ".json"  ? formatJson(predictions, examples)
              : extension == ".svg" ? formatSvg(predictions, examples)
              : extension == ".png" ? formatPng(predictions, examples)
                                    : formatCsv(predictions, examples);
  }
  if (output == "-") {
    print(content);
    return 0;
  }
  AtomicFile file(output);
  file.write(content);
  file.commit();
  return 0;
}

} // namespace nnc::runtime
