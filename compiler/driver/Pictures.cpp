// Implements the call of `dot`.
#include "compiler/driver/Graphviz.h"

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

std::optional<std::string> renderGraph(const std::string &dot, llvm::StringRef path,
                                       std::string &error) {
  if (isText(path))
    return dot;
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName("dot");
  if (!program) {
    error = llvm::formatv("the program `dot`, which draws graphs, is missing: install the package "
                          "`graphviz`, or write its input, -o {0}.dot",
                          llvm::sys::path::stem(path));
    return std::nullopt;
  }
  llvm::SmallString<128> temporary;
  llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, temporary);
  std::optional<WorkFolder> folder = WorkFolder::create(temporary, error);
  const std::string input = folder ? folder->file("graph.dot") : "";
  if (!folder || !writeFile(input, [&](llvm::raw_ostream &stream) { stream << dot; }, error))
    return std::nullopt;
  const std::string result = folder->file("picture"), messages = folder->file("messages");
  const std::string format = "-T" + llvm::sys::path::extension(path).drop_front().str();
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, std::nullopt,
                                                llvm::StringRef(messages)};
  const int status = llvm::sys::ExecuteAndWait(*program, {*program, format, "-o", result, input},
                                               std::nullopt, redirects, 0, 0, &error);
  auto picture = llvm::MemoryBuffer::getFile(result);
  if (status != 0 || !picture) {
    if (auto text = llvm::MemoryBuffer::getFile(messages); text && error.empty())
      error = (*text)->getBuffer().split('\n').first.str();
    error = "`dot` fails: " + error;
    return std::nullopt;
  }
  return (*picture)->getBuffer().str();
}

} // namespace nnc
