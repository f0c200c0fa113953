// Implements the words of `nnc tune`.
#include "compiler/tools/TuneWords.h"

#include "llvm/ADT/STLExtras.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nnc {

/// Whether the value of a `-D` is a list or a range of values, for `tune`.
static bool isTuned(llvm::StringRef value) { return value.contains(',') || value.contains(".."); }

std::vector<std::string> compileCommand(const char *program, const CompileOptions &options,
                                        const std::vector<std::string> &defines,
                                        const std::vector<std::string> &folders,
                                        const std::string &precision,
                                        const std::string &memoryLimit) {
  std::vector<std::string> words = {program, "build", options.input};
  auto add = [&](const char *option, const std::string &value, llvm::StringRef usual) {
    if (value != usual)
      words.insert(words.end(), {option, value});
  };
  for (const std::string &define : defines)
    if (!isTuned(define))
      add("-D", define, "");
  for (const std::string &folder : folders)
    add("--data", folder, "");
  const CompileOptions usual;
  add("--float", precision, "f32");
  add("--target-cpu", options.targetCpu, usual.targetCpu);
  add("--target-threads", std::to_string(options.targetThreads),
      std::to_string(usual.targetThreads));
  add("--memory-limit", memoryLimit, "");
  if (options.anySize)
    words.push_back("--no-size-limit");
  return words;
}

/// Whether the program is correct, without a message if it is not.
static bool isCorrect(const CompileOptions &options) {
  const pid_t process = ::fork();
  if (process == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::_exit(check(options) ? 0 : 1);
  }
  int status = 1;
  while (process > 0 && ::waitpid(process, &status, 0) < 0 && errno == EINTR)
    ;
  return process > 0 && status == 0;
}

CompileOptions untuned(const CompileOptions &options) {
  CompileOptions first = options;
  std::vector<std::pair<size_t, std::string>> others;
  for (size_t i = 0; i < options.defines.size(); ++i)
    if (isTuned(options.defines[i].second)) {
      llvm::SmallVector<llvm::StringRef> values;
      llvm::StringRef(options.defines[i].second).split("..").first.split(values, ',');
      first.defines[i].second = values[0].str();
      for (llvm::StringRef value : llvm::drop_begin(values))
        others.emplace_back(i, value.str());
    }
  if (others.empty() || isCorrect(first))
    return first;
  for (const auto &[i, value] : others) {
    CompileOptions changed = first;
    changed.defines[i].second = value;
    if (isCorrect(changed))
      return changed;
  }
  return first;
}

std::vector<std::string> tuneWords(const CompileOptions &options,
                                   const std::vector<std::string> &given) {
  std::vector<std::string> words = {"tune"};
  for (const auto &[name, value] : options.defines)
    if (isTuned(value))
      words.insert(words.end(), {"--config", name + "=" + value});
  if (words.size() > 1)
    for (const std::string &word : given)
      words.insert(words.end(), {"--compile", word});
  return words;
}

} // namespace nnc
