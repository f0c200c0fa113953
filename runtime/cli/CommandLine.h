// Options of the compiled model's commands: a table per command, parsed into values, printed as
// help.
#pragma once

#include "runtime/support/Error.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nnc::runtime {

/// The command line is wrong; ends the process with status 2.
class UsageError : public Error {
public:
  using Error::Error;
};

struct Option {
  const char *name;     ///< with its dashes: "--steps" or "-o"
  const char *argument; ///< "N"; null for a flag
  const char *help;
  bool repeatable = false;
  /// The argument may be left out, at the end or in front of another option; it is empty then.
  bool argumentOptional = false;
};

struct Command {
  const char *name;
  const char *summary;
  std::span<const Option> options;
  const char *operands = nullptr; ///< "INPUT..." if it takes operands
};

class Arguments {
public:
  /// `words` follow the command's name. Accepts `--name value` and `--name=value`; `--` ends the
  /// options.
  Arguments(const Command &command, std::span<char *const> words);

  bool has(const char *option) const { return values.count(option) != 0; }
  std::string value(const char *option, const std::string &otherwise = "") const;
  /// As if the option had been given so, and not otherwise.
  void set(const char *option, const std::string &value) { values[option] = {value}; }
  std::vector<std::string> all(const char *option) const;
  const std::vector<std::string> &operands() const { return rest; }
  /// All options that are given, each with its arguments; that of a flag is empty.
  const std::map<std::string, std::vector<std::string>> &options() const { return values; }

  /// Throws UsageError if it is not an integer from `least` to `most`.
  std::optional<int64_t> integer(const char *option, int64_t least, int64_t most) const;

private:
  std::map<std::string, std::vector<std::string>> values;
  std::vector<std::string> rest;
};

/// Usage line and table of options.
std::string helpText(const std::string &program, const Command &command);

/// "KEY=VALUE" split at the first '='. Throws UsageError if there is none.
std::pair<std::string, std::string> splitAssignment(const char *option,
                                                    const std::string &assignment);

} // namespace nnc::runtime
