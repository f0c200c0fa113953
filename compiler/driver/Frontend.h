// Reads and elaborates a program for the driver, and shows errors of later stages the way the front
// end shows its own.
#pragma once

#include "compiler/driver/Vocabularies.h"
#include "lang/syntax/AST.h"
#include "lang/support/Diagnostics.h"
#include "lang/Program.h"

#include "mlir/IR/Diagnostics.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc {

/// One `.nn` file on its way to a Program. Everything it found wrong is in `diagnostics`.
class Frontend {
public:
  /// Reads and parses; false if the file cannot be read (reported) or has errors.
  bool parse(const std::string &path);
  /// Elaborates the parsed program, together with the standard library. Vocabularies are made from
  /// the texts in `folders`. `watch` is that of lang::ElaborateOptions.
  bool elaborate(const std::vector<std::pair<std::string, std::string>> &defines,
                 const DataFolders &folders, bool watch = false);

  const lang::Module &module() const { return *syntax; }
  const lang::Program &program() const { return *elaborated; }
  Vocabularies &vocabularies() { return *texts; }
  /// The program's file, once it has been parsed.
  const lang::SourceFile &source() const { return *sources.files().front(); }
  /// Where in the source a location leads to; invalid if nowhere.
  lang::SourceRange range(mlir::Location location) const;

  /// Reports an error of a later stage at the source line of `location`; used as the MLIR context's
  /// handler.
  void report(mlir::Diagnostic &diagnostic);
  /// Reports that no recomputation brings the training step below `smallest`, both as text.
  void reportMemoryLimit(const std::string &smallest, const std::string &limit);
  /// Reports that the program is larger than `limit`; `where` names the counted operations.
  void reportSize(int64_t operations, const std::string &where, int64_t limit);
  /// Reports that the cache of a sequence is larger than the memory that `source` names, with its
  /// formula.
  void reportCache(mlir::Location location, const std::string &bytes, const std::string &source,
                   const std::string &limit, const std::string &formula);
  /// Reports a mask that keeps nothing.
  void reportEmptyMask(mlir::Location location);
  /// Writes all that was reported to standard error, once.
  void printDiagnostics(bool colour);
  bool hasErrors() const { return diagnostics.hasErrors(); }

private:
  lang::SourceManager sources;
  lang::Diagnostics diagnostics;
  std::unique_ptr<lang::Module> syntax;
  std::vector<std::unique_ptr<lang::Module>> standard;
  std::optional<Vocabularies> texts;
  std::optional<lang::Program> elaborated;
};

} // namespace nnc
