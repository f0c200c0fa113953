// The commands that read what training has written: `runs`, `plot` and `report`.
#pragma once

#include <string>
#include <vector>

namespace nnc {

// These report errors on standard error; the result is whether all went well.

/// Lists the runs in some folders on standard output.
bool showRuns(const std::vector<std::string> &folders, bool json);

/// Writes a page about some runs.
bool writeReport(const std::vector<std::string> &folders, const std::string &output);

struct PlotOptions {
  std::vector<std::string> inputs; ///< logs, tables, or folders of runs
  std::string output;
  std::string what = "curves";
  std::vector<std::string> columns; ///< empty: the losses of a training log, else all
  std::string axis;                 ///< a column of tables; empty: by the steps
  std::string title;
  bool logX = false, logY = false, dots = false;
};

/// Writes a chart.
bool writePlot(const PlotOptions &options);

} // namespace nnc
