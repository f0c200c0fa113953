// The charts of runs, which reports and `nnc plot` share.
#pragma once

#include "compiler/report/Chart.h"
#include "compiler/report/Run.h"
#include "compiler/report/Weights.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc::report {

/// A log with the name that its lines have in charts.
struct NamedLog {
  std::string name;
  const Log *log;
};

/// The curves of some columns of logs. One log: a colour for each column; several: a colour for each
/// log, and the columns of the training are dashed.
LineChart curvesOf(const std::vector<NamedLog> &logs, const std::vector<std::string> &columns,
                   const std::string &title);

/// The columns of logs by what they measure: (loss: loss, train_loss, validation_loss), (accuracy:
/// train_accuracy, ...), (lr: lr). The loss comes first, norms of parameters last.
std::vector<std::pair<std::string, std::vector<std::string>>>
measuresOf(const std::vector<NamedLog> &logs);

/// The norms of one kind, such as `gradient`, of all parameters over the steps, as a watched run logs
/// them; the darker, the larger by its logarithm.
std::optional<HeatMap> normsOf(const Log &log, llvm::StringRef kind);
/// A histogram of the gradient of each parameter in the last step of an epoch; none if the program
/// was not built to log them.
std::vector<Histogram> gradientsOf(const Log &log);

// These return nothing where a run has no such result.

/// How often each class was taken for each other one.
std::optional<HeatMap> confusionOf(const Run &run);
/// The predictions over a plane of inputs, at the end and after some epochs.
std::optional<Regions> regionsOf(const Run &run);
/// At most `most` of the regions after epochs, each in a chart of its own.
std::vector<Regions> framesOf(const Regions &regions, size_t most);
/// The loss around the weights along two directions.
std::optional<Regions> landscapeOf(const Run &run);
/// How often predictions are right, by their probability.
std::optional<LineChart> calibrationOf(const Run &run);
/// The outputs of some examples that have dimensions, drawn: maps of features, weights of attention.
std::vector<std::string> mapsOf(const Run &run);
/// The predictions over a line of inputs.
std::optional<LineChart> curveOf(const Run &run);
/// The same after some epochs, a line each.
std::optional<LineChart> curveOfEpochs(const Run &run);

/// The first layer's weights as images: one for each unit or filter, at most `most` of them.
std::optional<Tiles> firstWeightsOf(const Run &run, const WeightFile &weights, int64_t most);
/// The tables of embeddings, and vectors of examples that the program predicts, along their principal
/// components.
std::vector<Scatter> embeddingsOf(const Run &run, const WeightFile &weights);
/// A histogram for each tensor, at most `most` of them.
std::vector<Histogram> histogramsOf(const WeightFile &weights, size_t most);

} // namespace nnc::report
