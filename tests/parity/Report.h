// The table that nn-parity prints: one line for each case, and a count at the end.
#pragma once

#include "tests/parity/Comparison.h"

#include <array>
#include <string>
#include <vector>

namespace nnc::parity {

enum class Status { Ok, Fail, Unsupported, Skipped };

class Report {
public:
  void addChecked(const std::string &name, const std::vector<Measurement> &measurements);
  void addUnsupported(const std::string &name, const std::string &reason);
  void addSkipped(const std::string &name, const std::string &reason);
  void addFailure(const std::string &name, const std::string &reason);
  /// Prints `N WHAT: ...`, the counts since the last call.
  void printCounts(const std::string &what);

  bool failed() const { return anyFailed; }

private:
  void line(const std::string &name, Status status, const std::string &rest);

  std::array<int, 4> counts = {};
  bool anyFailed = false;
};

} // namespace nnc::parity
