// The log of a training run, or any table of numbers: columns over the steps.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <vector>

namespace nnc::report {

/// The numbers of one column, with the steps at which it has them.
struct Series {
  std::string name;
  std::vector<double> steps, values;
};

/// The elements of the gradient of a parameter, counted in equally wide bins.
struct GradientCounts {
  std::string parameter;
  double low = 0, high = 0; ///< the least and the largest one
  std::vector<int64_t> counts;
};

struct Log {
  std::vector<Series> series;            ///< in the order in which they appear
  std::vector<GradientCounts> gradients; ///< of the last epoch that has them
  std::string axis;                      ///< what the steps are: `step`, the first column, or `row`

  /// Returns null for an unknown name.
  const Series *find(llvm::StringRef name) const;
};

/// Reads JSON lines or a CSV file by their content. The steps are in `step`, those of epochs in
/// `steps`; in another CSV file, the first column has them if its numbers rise, else the rows are
/// counted. `axis` names another column of a CSV file, by which the rows are sorted; empty: none.
/// Numbers that are missing are left out. Returns nothing and sets `error`, with file and
/// line, if a line is neither.
std::optional<Log> readLog(llvm::StringRef path, std::string &error, llvm::StringRef axis = "");

} // namespace nnc::report
