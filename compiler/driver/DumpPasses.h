// `--dump-after`: the module after passes, in files that are numbered through the whole
// compilation.
#pragma once

#include "mlir/Pass/PassManager.h"

#include <set>
#include <string>

namespace nnc {

class PassDumps {
public:
  /// Writes the module after every run of the pass called `pass`, or of any for "all", to a
  /// numbered file in `folder`, which is made when needed; nowhere over `source`. Nothing if `pass`
  /// is empty.
  PassDumps(std::string pass, std::string folder, std::string source)
      : wanted(std::move(pass)), folder(std::move(folder)), source(std::move(source)) {}

  /// Has the passes of `passes` dumped, as long as this object lives. Failures are reported as
  /// errors at the operation.
  void attach(mlir::PassManager &passes);

  bool isOn() const { return !wanted.empty(); }
  /// The passes that have run, if the one that was asked for is none of them; else nothing.
  std::vector<std::string> passesInstead() const;

private:
  class Instrumentation;

  std::string wanted, folder, source;
  unsigned count = 0; // of all passes that have run
  std::set<std::string> seen;
};

} // namespace nnc
