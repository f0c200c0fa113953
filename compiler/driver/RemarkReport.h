// Collects the remarks of one compilation and prints them by source line, for `nnc --remarks`.
#pragma once

#include "compiler/driver/Frontend.h"

#include "mlir/IR/MLIRContext.h"

#include "llvm/Support/raw_ostream.h"

namespace nnc {

class RemarkReport {
public:
  explicit RemarkReport(const Frontend &frontend) : frontend(frontend) {}

  /// Takes all remarks of categories that `pattern`, a valid regular expression, matches as a
  /// whole, from now on and as long as `context` lives.
  void collect(mlir::MLIRContext &context, llvm::StringRef pattern);
  /// Ignores remarks while `ignored`: those about modules that are only tried out.
  void suspend(bool ignored) { suspended = ignored; }
  /// Prints in the order of the source; equal remarks on one place, of several functions or
  /// repeated in one, are printed once.
  void print(llvm::raw_ostream &stream, bool colour) const;

private:
  class Streamer;

  struct Entry {
    lang::SourceRange range;
    std::string category, text;
    std::vector<std::pair<std::string, unsigned>> functions; // and how often each says it
  };
  void add(lang::SourceRange range, llvm::StringRef category, llvm::StringRef function,
           std::string text);

  const Frontend &frontend;
  bool suspended = false;
  std::vector<Entry> entries;
};

} // namespace nnc
