// Implements the calls of programs that make pictures.
#include "compiler/driver/Pictures.h"

#include "compiler/driver/Output.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

namespace nnc {

static bool isText(llvm::StringRef path) {
  llvm::StringRef extension = llvm::sys::path::extension(path);
  return path == "-" || extension == ".dot" || extension == ".gv";
}

bool isGraphFile(llvm::StringRef path) {
  return isText(path) ||
         llvm::is_contained({".svg", ".png", ".pdf"}, llvm::sys::path::extension(path));
}

/// The output of a program for a text. `missing` is the error if it is not installed.
static std::optional<std::string> convert(llvm::StringRef name, const std::string &missing,
                                          const std::vector<std::string> &options,
                                          const std::string &text, std::string &error) {
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName(name);
  if (!program) {
    error = missing;
    return std::nullopt;
  }
  llvm::SmallString<128> temporary;
  llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, temporary);
  std::optional<WorkFolder> folder = WorkFolder::create(temporary, error);
  const std::string input = folder ? folder->file("input") : "";
  if (!folder || !writeFile(input, [&](llvm::raw_ostream &stream) { stream << text; }, error))
    return std::nullopt;
  const std::string result = folder->file("picture"), messages = folder->file("messages");
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, std::nullopt,
                                                llvm::StringRef(messages)};
  std::vector<llvm::StringRef> arguments = {*program};
  arguments.insert(arguments.end(), options.begin(), options.end());
  for (const std::string *argument : {&result, &input}) {
    if (argument == &result)
      arguments.push_back("-o");
    arguments.push_back(*argument);
  }
  const int status =
      llvm::sys::ExecuteAndWait(*program, arguments, std::nullopt, redirects, 0, 0, &error);
  auto picture = llvm::MemoryBuffer::getFile(result);
  if (status != 0 || !picture) {
    if (auto said = llvm::MemoryBuffer::getFile(messages); said && error.empty())
      error = (*said)->getBuffer().split('\n').first.str();
    error = llvm::formatv("`{0}` fails: {1}", name, error);
    return std::nullopt;
  }
  return (*picture)->getBuffer().str();
}

static std::string formatOf(llvm::StringRef path) {
  return llvm::sys::path::extension(path).drop_front().lower();
}

std::optional<std::string> renderGraph(const std::string &dot, llvm::StringRef path,
                                       std::string &error) {
  if (isText(path))
    return dot;
  return convert("dot",
                 llvm::formatv("the program `dot`, which draws graphs, is missing: install the "
                               "package `graphviz`, or write its input, -o {0}.dot",
                               llvm::sys::path::stem(path)),
                 {"-T" + formatOf(path)}, dot, error);
}

bool isChartFile(llvm::StringRef path) {
  return path == "-" ||
         llvm::is_contained({".svg", ".png", ".pdf"}, llvm::sys::path::extension(path).lower());
}

std::optional<std::string> renderChart(const std::string &svg, llvm::StringRef path,
                                       std::string &error) {
  if (path == "-" || formatOf(path) == "svg")
    return svg;
  return convert("rsvg-convert",
                 llvm::formatv("the program `rsvg-convert`, which makes .png and .pdf files, is "
                               "missing: install the package `librsvg2-bin`, or write -o {0}.svg",
                               llvm::sys::path::stem(path)),
                 {"-z", "2", "-f", formatOf(path)}, svg, error);
}

} // namespace nnc
