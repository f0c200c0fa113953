// The list of runs that `nnc runs` prints: state, length, results, and what they differ in.
#pragma once

#include "compiler/report/Run.h"

#include "llvm/Support/raw_ostream.h"

namespace nnc::report {

/// A line for each run.
void printRuns(const std::vector<Run> &runs, llvm::raw_ostream &stream);
/// An array with an object for each run.
void printRunsJson(const std::vector<Run> &runs, llvm::raw_ostream &stream);

/// The cells of the table, its header first. Empty columns are left out.
std::vector<std::vector<std::string>> tableOf(const std::vector<Run> &runs);

} // namespace nnc::report
