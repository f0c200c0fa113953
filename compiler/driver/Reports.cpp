// Implements the commands about runs.
#include "compiler/driver/Reports.h"

#include "compiler/driver/Output.h"
#include "compiler/report/Report.h"
#include "compiler/report/RunCharts.h"
#include "compiler/report/RunsTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <map>

namespace nnc {

using namespace report;

static bool fail(const std::string &message) {
  llvm::errs() << "nnc: " << message << "\n";
  return false;
}

/// The runs in these folders. Returns nothing after an error.
static std::optional<std::vector<Run>> readRuns(const std::vector<std::string> &folders) {
  std::vector<Run> runs;
  std::string error;
  for (const std::string &folder : folders) {
    if (!llvm::sys::fs::is_directory(folder)) {
      fail(llvm::formatv("the folder `{0}` does not exist; `EXE train --run` makes one for a run",
                         folder));
      return std::nullopt;
    }
    const std::vector<std::string> found = findRuns(folder);
    if (found.empty()) {
      fail(llvm::formatv("`{0}` holds no runs; `EXE train --run {0}/NAME` makes one", folder));
      return std::nullopt;
    }
    for (const std::string &path : found) {
      std::optional<Run> run = readRun(path, error);
      if (!run) {
        fail(error);
        return std::nullopt;
      }
      runs.push_back(std::move(*run));
    }
  }
  // Runs of one name are told apart by their paths.
  std::map<std::string, int> names;
  for (const Run &run : runs)
    ++names[run.name];
  for (Run &run : runs)
    if (names[run.name] > 1)
      run.name = run.path;
  return runs;
}

static bool write(const std::string &path, llvm::StringRef extension, const std::string &content) {
  if (path != "-" && llvm::sys::path::extension(path).lower() != extension)
    return fail(llvm::formatv("-o {0}: the name must end with {1}", path, extension));
  std::string error;
  std::optional<Output> output = Output::at(path, Output::Text, "", error);
  return (output && output->write([&](llvm::raw_ostream &stream) { stream << content; }, error)) ||
         fail(error);
}

bool showRuns(const std::vector<std::string> &folders, bool json) {
  std::optional<std::vector<Run>> runs = readRuns(folders);
  if (!runs)
    return false;
  json ? printRunsJson(*runs, llvm::outs()) : printRuns(*runs, llvm::outs());
  return true;
}

bool writeReport(const std::vector<std::string> &folders, const std::string &output) {
  std::optional<std::vector<Run>> runs = readRuns(folders);
  if (!runs)
    return false;
  std::string error;
  std::optional<std::string> page = formatReport(*runs, error);
  return page ? write(output, ".html", *page) : fail(error);
}

//===----------------------------------------------------------------------===//
// Plots
//===----------------------------------------------------------------------===//

/// Appends the logs of files and of runs, and their names.
static bool readLogs(const PlotOptions &options, std::vector<Log> &logs,
                     std::vector<std::string> &names) {
  std::string error;
  for (const std::string &input : options.inputs) {
    if (llvm::sys::fs::is_directory(input)) {
      std::optional<std::vector<Run>> runs = readRuns({input});
      if (!runs)
        return false;
      for (Run &run : *runs) {
        names.push_back(run.name);
        logs.push_back(std::move(run.log));
      }
      continue;
    }
    std::optional<Log> log = readLog(input, error);
    if (!log)
      return fail(error);
    names.push_back(llvm::sys::path::stem(input).str());
    logs.push_back(std::move(*log));
  }
  return true;
}

static bool plotCurves(const PlotOptions &options) {
  std::vector<Log> logs;
  std::vector<std::string> names, known, columns = options.columns;
  if (!readLogs(options, logs, names))
    return false;
  std::vector<NamedLog> named;
  for (size_t i = 0; i < logs.size(); ++i) {
    named.push_back({names[i], &logs[i]});
    for (const Series &series : logs[i].series)
      if (!llvm::is_contained(known, series.name) && series.name != "epoch")
        known.push_back(series.name);
  }
  for (const std::string &column : columns)
    if (!llvm::is_contained(known, column) && column != "epoch")
      return fail(llvm::formatv("--columns: the logs have no column `{0}`, but {1}", column,
                                llvm::join(known, ", ")));
  if (columns.empty()) {
    const auto measures = measuresOf(named);
    // Of a training log the loss, of another table everything.
    const bool isLog = !measures.empty() && measures[0].first == "loss";
    columns = isLog ? measures[0].second : known;
  }
  LineChart chart = curvesOf(named, columns, options.title);
  if (chart.lines.empty())
    return fail("the logs are empty, so that nothing can be drawn");
  if (columns.size() == 1)
    chart.yLabel = columns[0];
  for (Line &line : chart.lines)
    line.dots = options.dots;
  chart.logX = options.logX;
  chart.logY = options.logY;
  for (bool isX : {true, false}) {
    auto isPositive = [](double value) { return value > 0; };
    if ((isX ? chart.logX : chart.logY) && llvm::none_of(chart.lines, [&](const Line &line) {
          return llvm::any_of(isX ? line.x : line.y, isPositive);
        }))
      return fail(llvm::formatv("--log-{0}: no number is positive", isX ? "x" : "y"));
  }
  return write(options.output, ".svg", standalone(draw(chart)));
}

bool writePlot(const PlotOptions &options) {
  if (options.what == "curves")
    return plotCurves(options);
  if (options.inputs.size() != 1)
    return fail(llvm::formatv("--what {0} draws one run", options.what));
  std::string error;
  std::optional<Run> run = readRun(options.inputs[0], error);
  if (!run)
    return fail(error);
  auto draw = [&](auto chart, const char *missing) {
    if (!chart)
      return fail(llvm::formatv("`{0}` has no {1}", run->path, missing));
    if (!options.title.empty())
      chart->title = options.title;
    return write(options.output, ".svg", standalone(report::draw(*chart)));
  };
  if (options.what == "confusion")
    return draw(confusionOf(*run), "confusion matrix: the program needs a `predict` block with a "
                                   "class of the data, and the run must have ended");
  if (options.what == "predictions") {
    if (std::optional<LineChart> curve = curveOf(*run))
      return draw(curve, "");
    return draw(regionsOf(*run), "predictions to draw: the inputs of a `predict` block must be one "
                                 "or two numbers, and the run must have ended");
  }
  std::optional<WeightFile> weights = WeightFile::read(run->file("last.safetensors"), error);
  if (!weights)
    return fail(error);
  if (options.what == "weights")
    return draw(firstWeightsOf(*run, *weights),
                "weights that are images: filters, or a dense layer "
                "on an image");
  if (options.columns.size() != 1)
    return fail("--what histogram needs --columns TENSOR, one of " +
                llvm::join(weights->names(), ", "));
  for (Histogram &histogram : histogramsOf(*weights, SIZE_MAX))
    if (histogram.title == options.columns[0]) {
      histogram.width = 480;
      histogram.height = 260;
      return draw(std::optional(std::move(histogram)), "");
    }
  return fail(llvm::formatv("--columns: the weights have no tensor `{0}`, but {1}",
                            options.columns[0], llvm::join(weights->names(), ", ")));
}

} // namespace nnc
