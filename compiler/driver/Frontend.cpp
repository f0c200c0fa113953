// Reads, parses and elaborates a program, and converts diagnostics and locations of MLIR to those
// of the front end.
#include "compiler/driver/Frontend.h"

#include "compiler/dialect/NN.h"
#include "lang/syntax/Parser.h"
#include "lang/StandardLibrary.h"
#include "lang/elaborate/Elaborate.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace nnc {

bool Frontend::parse(const std::string &path) {
  std::string error;
  const lang::SourceFile *file = sources.load(path, error);
  if (!file) {
    diagnostics.report(lang::Diag::CannotRead, {}, path, error);
    return false;
  }
  syntax = lang::parse(*file, diagnostics);
  return !diagnostics.hasErrors();
}

bool Frontend::elaborate(const std::vector<std::pair<std::string, std::string>> &defines,
                         const DataFolders &folders, bool watch) {
  std::vector<const lang::Module *> modules;
  for (const lang::StandardSource &source : lang::standardSources()) {
    const lang::SourceFile &file = sources.add(std::string(source.name), std::string(source.text));
    standard.push_back(lang::parse(file, diagnostics));
    modules.push_back(standard.back().get());
  }
  llvm::SmallString<256> folder(source().name());
  llvm::sys::fs::make_absolute(folder);
  llvm::sys::path::remove_dots(folder, /*remove_dot_dot=*/true);
  texts.emplace(llvm::sys::path::parent_path(folder).str(), folders);
  elaborated = lang::elaborate(*syntax, modules, diagnostics, {defines, &*texts, watch});
  return elaborated && !diagnostics.hasErrors();
}

/// The first place in a source file that a location leads to; values carry their names and fusions
/// around it.
static FileLineColLoc findFile(Location location) {
  FileLineColLoc found;
  location->walk([&](Location inner) {
    found = dyn_cast<FileLineColLoc>(inner);
    return found ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found;
}

lang::SourceRange Frontend::range(Location location) const {
  FileLineColLoc place = findFile(location);
  if (!place)
    return {};
  for (const auto &file : sources.files()) {
    if (file->name() != place.getFilename().getValue() || place.getLine() > file->lineCount() ||
        place.getLine() == 0)
      continue;
    // Columns count characters; continuation bytes of UTF-8 belong to the character before them.
    uint32_t offset = file->lineStart(place.getLine());
    std::string_view text = file->text();
    for (unsigned column = 1; column < place.getColumn() && offset < text.size(); ++column)
      do
        ++offset;
      while (offset < text.size() && (text[offset] & 0xC0) == 0x80);
    return {file.get(), offset, offset + 1};
  }
  return {};
}

/// Without the dialect of the operation that MLIR puts in front: `'nn.sort' op has ...`.
static std::string inWordsOfTheLanguage(llvm::StringRef message) {
  llvm::StringRef rest = message;
  if (!rest.consume_front("'nn."))
    return message.str();
  auto [name, text] = rest.split("' op ");
  return text.empty() ? message.str() : ("`" + name + "` " + text).str();
}

void Frontend::report(Diagnostic &diagnostic) {
  std::string message = inWordsOfTheLanguage(diagnostic.str());
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return;
  llvm::StringRef reason = message;
  auto built = reason.consume_front(nn::stepErrorPrefix)
                   ? diagnostics.report(lang::Diag::CannotGenerate, range(diagnostic.getLocation()),
                                        reason.str())
                   : diagnostics.report(lang::Diag::CompilationFailed,
                                        range(diagnostic.getLocation()), message);
  for (Diagnostic &note : diagnostic.getNotes())
    built.note(range(note.getLocation()), note.str());
}

void Frontend::reportMemoryLimit(const std::string &smallest, const std::string &limit) {
  diagnostics.report(lang::Diag::MemoryLimit, {}, smallest, limit);
}

void Frontend::reportSize(int64_t operations, const std::string &where, int64_t limit) {
  diagnostics.report(lang::Diag::ProgramTooLarge, {}, operations, where, limit);
}

void Frontend::reportCache(Location location, const std::string &bytes, const std::string &source,
                           const std::string &limit, const std::string &formula) {
  diagnostics.report(lang::Diag::CacheTooLarge, range(location), bytes, source, limit, formula);
}

void Frontend::reportEmptyMask(Location location) {
  diagnostics.report(lang::Diag::EmptyMask, range(location));
}

void Frontend::printDiagnostics(bool colour) { llvm::errs() << diagnostics.render(colour); }

} // namespace nnc
