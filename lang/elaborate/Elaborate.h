// The elaborator's entry: syntax tree in, Program out. It executes the program's compile-time part
// (layers, loops, conditions, shapes) and builds one graph for each function of the result.
#pragma once

#include "lang/syntax/AST.h"
#include "lang/support/Diagnostics.h"
#include "lang/Program.h"
#include "lang/Vocabularies.h"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nnc::lang {

struct ElaborateOptions {
  /// `-D name=value`: values of config entries, as text.
  std::vector<std::pair<std::string, std::string>> settings;
  /// Reads the texts of data blocks; if null, a program with texts is an error.
  VocabularyReader *vocabularies = nullptr;
  /// Training steps also give numbers of each parameter's gradient and update.
  bool watch = false;
};

/// Elaborates one file. Reports everything it finds wrong, also in definitions that nothing uses,
/// and gives a program only when there were no errors. The modules must outlive the call, their
/// files the program.
std::optional<Program> elaborate(const Module &user, std::span<const Module *const> standard,
                                 Diagnostics &diagnostics, const ElaborateOptions &options = {});

/// A program as text, for tests and debugging. Not a stable format.
std::string printProgram(const Program &program);
std::string printFunction(const Function &function);

} // namespace nnc::lang
