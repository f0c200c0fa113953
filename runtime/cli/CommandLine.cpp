// Implements the parsing of options and the help texts.
#include "runtime/cli/CommandLine.h"

#include "runtime/data/Csv.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>

namespace nnc::runtime {

Arguments::Arguments(const Command &command, std::span<char *const> words) {
  auto find = [&](const std::string &name) -> const Option & {
    std::vector<std::string> known{"--help"};
    for (const Option &option : command.options) {
      if (name == option.name)
        return option;
      known.push_back(option.name);
    }
    throw UsageError(
        text("unknown option '%s'%s", printable(name).c_str(), suggestion(name, known).c_str()));
  };
  bool optionsEnded = false;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    if (!optionsEnded && word == "--") {
      optionsEnded = true;
    } else if (optionsEnded || word == "-" || !word.starts_with('-')) {
      if (!command.operands)
        throw UsageError(text("'%s' is one word too many", printable(word).c_str()));
      rest.push_back(word);
    } else {
      size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
      const Option &option = find(word.substr(0, equals));
      std::string argument;
      if (!option.argument) {
        if (equals != std::string::npos)
          throw UsageError(text("%s takes no value", option.name));
      } else if (equals != std::string::npos) {
        argument = word.substr(equals + 1);
      } else if (option.argumentOptional &&
                 (i + 1 == words.size() || std::string_view(words[i + 1]).starts_with('-'))) {
        // without it
      } else if (i + 1 < words.size()) {
        argument = words[++i];
      } else {
        throw UsageError(
            text("%s needs a value: %s %s", option.name, option.name, option.argument));
      }
      std::vector<std::string> &list = values[option.name];
      if (!list.empty() && !option.repeatable && option.argument)
        throw UsageError(text("%s is given twice", option.name));
      list.push_back(argument);
    }
  }
}

std::string Arguments::value(const char *option, const std::string &otherwise) const {
  auto found = values.find(option);
  return found == values.end() ? otherwise : found->second.front();
}

std::vector<std::string> Arguments::all(const char *option) const {
  auto found = values.find(option);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

std::optional<int64_t> Arguments::integer(const char *option, int64_t least, int64_t most) const {
  if (!has(option))
    return std::nullopt;
  std::string word = value(option);
  std::optional<int64_t> number = parseInteger(word);
  if (!number || *number < least || *number > most)
    throw UsageError(text("%s takes an integer from %lld to %lld, not '%s'", option,
                          static_cast<long long>(least), static_cast<long long>(most),
                          printable(word).c_str()));
  return number;
}

std::string helpText(const std::string &program, const Command &command) {
  std::string result =
      text("usage: %s %s [options]%s%s\n\n%s\n", program.c_str(), command.name,
           command.operands ? " " : "", command.operands ? command.operands : "", command.summary);
  if (!command.options.empty())
    result += "\n";
  size_t width = 0;
  auto heading = [](const Option &option) {
    return !option.argument
               ? std::string(option.name)
               : text(option.argumentOptional ? "%s [%s]" : "%s %s", option.name, option.argument);
  };
  for (const Option &option : command.options)
    width = std::max(width, heading(option).size());
  for (const Option &option : command.options)
    result += text("  %-*s  %s\n", static_cast<int>(width), heading(option).c_str(), option.help);
  return result;
}

std::pair<std::string, std::string> splitAssignment(const char *option,
                                                    const std::string &assignment) {
  size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError(text("%s takes NAME=VALUE, not '%s'", option, printable(assignment).c_str()));
  return {assignment.substr(0, equals), assignment.substr(equals + 1)};
}

} // namespace nnc::runtime
