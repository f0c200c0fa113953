// Implements the commands about runs.
#include "compiler/driver/Reports.h"

#include "compiler/driver/Output.h"
#include "compiler/driver/Pictures.h"
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
    if (llvm::sys::fs::exists(folder) && !llvm::sys::fs::is_directory(folder)) {
      fail(llvm::formatv("`{0}` is a file, not the folder of a run", folder));
      return std::nullopt;
    }
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

static bool write(const std::string &path, const std::string &content) {
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
  if (output != "-" && llvm::sys::path::extension(output).lower() != ".html")
    return fail(llvm::formatv("-o {0}: the name must end with .html", output));
  std::string error;
  std::optional<std::string> page = formatReport(*runs, error);
  return page ? write(output, *page) : fail(error);
}

//===----------------------------------------------------------------------===//
// Plots
//===----------------------------------------------------------------------===//

/// Writes an element that draw() made.
static bool writeChart(const std::string &path, const std::string &element) {
  std::string error;
  std::optional<std::string> picture = renderChart(standalone(element), path, error);
  return picture ? write(path, *picture) : fail(error);
}

/// Appends the logs of files and of runs, and their names.
static bool readLogs(const PlotOptions &options, std::vector<Log> &logs,
                     std::vector<std::string> &names) {
  std::string error;
  for (const std::string &input : options.inputs) {
    if (llvm::sys::fs::is_directory(input)) {
      if (!options.axis.empty())
        return fail("--x is for tables; the logs of runs are drawn by their steps");
      std::optional<std::vector<Run>> runs = readRuns({input});
      if (!runs)
        return false;
      for (Run &run : *runs) {
        names.push_back(run.name);
        logs.push_back(std::move(run.log));
      }
      continue;
    }
    std::optional<Log> log = readLog(input, error, options.axis);
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
    // Deviations are the bands of what they belong to.
    llvm::erase_if(columns, [&](llvm::StringRef column) {
      return column.consume_back("_deviation") && llvm::is_contained(known, column);
    });
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
  return writeChart(options.output, draw(chart));
}

/// The paths of two columns of the logs of runs.
static bool addPaths(const std::vector<Run> &runs, const std::vector<std::string> &columns,
                     Regions &regions) {
  if (columns.size() != 2)
    return fail("--what predictions takes two --columns, whose path is drawn over the plane");
  regions.points.clear();
  for (size_t i = 0; i < runs.size(); ++i) {
    Line path{runs[i].name, {}, {}};
    for (bool isX : {true, false}) {
      const Series *series = runs[i].log.find(columns[isX ? 0 : 1]);
      if (!series)
        return fail(llvm::formatv("--columns: the log of `{0}` has no column `{1}`", runs[i].path,
                                  columns[isX ? 0 : 1]));
      (isX ? path.x : path.y) = series->values;
    }
    path.colour = unsigned(i + 1); // the shades have the first one
    regions.paths.push_back(std::move(path));
  }
  return true;
}

/// Several runs are drawn side by side.
static bool plotPlanes(const PlotOptions &options, const std::vector<Run> &runs) {
  constexpr size_t mostFrames = 9;
  std::vector<Regions> charts;
  for (const Run &run : runs) {
    std::optional<Regions> regions =
        options.what == "landscape" ? landscapeOf(run) : regionsOf(run);
    if (!regions)
      return fail(llvm::formatv(
          "`{0}` has no {1}", run.path,
          options.what == "landscape"
              ? "loss around its weights: `EXE eval --run DIR --landscape` computes it"
              : "predictions to draw: the inputs of a `predict` block must be one or two numbers, "
                "and the run must have ended"));
    charts.push_back(std::move(*regions));
    if (!options.columns.empty())
      break; // one plane with the paths of all
  }
  if (!options.columns.empty() && !addPaths(runs, options.columns, charts[0]))
    return false;
  if (options.what == "epochs") {
    if (runs.size() > 1)
      return fail("--what epochs draws one run");
    charts = framesOf(charts[0], mostFrames);
    if (charts.empty())
      return fail(llvm::formatv("`{0}` has no predictions of epochs", runs[0].path));
  } else {
    for (size_t i = 0; i < charts.size(); ++i) {
      charts[i].frames.clear();
      if (charts.size() == 1)
        continue;
      charts[i].title = runs[i].name;
      charts[i].side = 300;
    }
  }
  if (charts.size() == 1 && !options.title.empty())
    charts[0].title = options.title;
  std::vector<std::string> elements;
  for (const Regions &chart : charts)
    elements.push_back(draw(chart));
  return writeChart(options.output,
                    charts.size() == 1 ? elements[0] : panels(options.title, elements));
}

/// Refuses options that mean nothing to a kind of picture.
static bool checkOptions(const PlotOptions &options) {
  constexpr llvm::StringLiteral selective[] = {"predictions", "landscape", "gradients", "norms",
                                               "histogram"};
  for (auto [option, given] : {std::pair("--x", !options.axis.empty()),
                               {"--log-x", options.logX},
                               {"--log-y", options.logY},
                               {"--dots", options.dots}})
    if (given)
      return fail(llvm::formatv("--what {0} takes no {1}", options.what, option));
  if (!options.columns.empty() && !llvm::is_contained(selective, options.what))
    return fail(llvm::formatv("--what {0} takes no --columns", options.what));
  if (options.columns.size() > 1 && options.what == "norms")
    return fail("--what norms takes one of --columns");
  return true;
}

bool writePlot(const PlotOptions &options) {
  if (!isChartFile(options.output))
    return fail(llvm::formatv("-o {0}: the name must end with .svg, .png or .pdf", options.output));
  if (options.what == "curves")
    return plotCurves(options);
  if (!checkOptions(options))
    return false;
  std::string error;
  std::vector<Run> runs;
  for (const std::string &input : options.inputs) {
    std::optional<Run> run = readRun(input, error);
    if (!run)
      return fail(error);
    runs.push_back(std::move(*run));
  }
  const Run *run = &runs[0];
  const bool isCurve = runs.size() == 1 && curveOf(*run);
  if (isCurve && options.what == "predictions" && !options.columns.empty())
    return fail("--what predictions of one input takes no --columns");
  if (options.what == "landscape" ||
      ((options.what == "predictions" || options.what == "epochs") && !isCurve))
    return plotPlanes(options, runs);
  if (runs.size() != 1)
    return fail(llvm::formatv("--what {0} draws one run", options.what));
  constexpr int64_t mostDrawnUnits = 200;
  auto draw = [&](auto chart, const char *missing) {
    if (!chart)
      return fail(llvm::formatv("`{0}` has no {1}", run->path, missing));
    if (!options.title.empty())
      chart->title = options.title;
    return writeChart(options.output, report::draw(*chart));
  };
  // Several charts of one run.
  auto drawAll = [&](std::vector<std::string> elements, const char *missing) {
    if (elements.empty())
      return fail(llvm::formatv("`{0}` has no {1}", run->path, missing));
    if (elements.size() == 1 && options.title.empty())
      return writeChart(options.output, elements[0]);
    return writeChart(options.output, panels(options.title, elements));
  };
  if (options.what == "confusion")
    return draw(confusionOf(*run), "confusion matrix: the program needs a `predict` block with a "
                                   "class of the data, and the run must have ended");
  if (options.what == "predictions")
    return draw(curveOf(*run), "");
  if (options.what == "norms")
    return draw(
        normsOf(run->log, options.columns.empty() ? "gradient" : options.columns[0]),
        "such norms: a program that is built with --watch logs its gradient, weight, update "
        "and unused units");
  if (options.what == "gradients") {
    const std::vector<Histogram> gradients = gradientsOf(run->log);
    std::vector<std::string> elements, known, tensors = options.columns;
    for (const Histogram &histogram : gradients)
      known.push_back(histogram.title); // as the column of its norm
    if (tensors.empty() || gradients.empty())
      tensors = known;
    for (const std::string &tensor : tensors) {
      const size_t place = size_t(llvm::find(known, tensor) - known.begin());
      if (place == known.size())
        return fail(llvm::formatv("--columns: the log has no histogram `{0}`, but {1}", tensor,
                                  llvm::join(known, ", ")));
      elements.push_back(report::draw(gradients[place]));
    }
    return drawAll(std::move(elements),
                   "gradients: a program that is built with --watch logs them");
  }
  if (options.what == "epochs")
    return draw(curveOfEpochs(*run), "predictions of epochs");
  if (options.what == "calibration")
    return draw(calibrationOf(*run),
                "probabilities: a `predict` block needs those of all classes, or a number called "
                "`confidence` or `probability` beside the class, and the run must have ended");
  if (options.what == "maps")
    return drawAll(mapsOf(*run), "maps: no output of a `predict` block has two or more dimensions, "
                                 "or the run has not ended");
  std::optional<WeightFile> weights = WeightFile::read(run->file("last.safetensors"), error);
  if (!weights)
    return fail(error);
  if (options.what == "weights")
    return draw(firstWeightsOf(*run, *weights, mostDrawnUnits),
                "weights that are images: filters, or a dense layer "
                "on an image");
  if (options.what == "embeddings") {
    std::vector<std::string> elements;
    for (const Scatter &scatter : embeddingsOf(*run, *weights))
      elements.push_back(report::draw(scatter));
    return drawAll(std::move(elements),
                   "embeddings: neither a layer `embed` nor a `predict` block with a vector");
  }
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
