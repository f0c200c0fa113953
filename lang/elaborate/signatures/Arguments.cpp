// Implements the matching of arguments with parameters.
#include "lang/elaborate/signatures/Arguments.h"

#include "lang/syntax/ASTPrinter.h"

#include <algorithm>

namespace nnc::lang {

static std::string joinedNames(std::span<const Parameter> parameters) {
  std::string names;
  for (const Parameter &parameter : parameters)
    names += (names.empty() ? "" : ", ") + parameter.name.text;
  return names;
}

bool matchArguments(Environment &environment, std::string_view callable, std::string_view what,
                    std::span<const Parameter> parameters, const std::vector<GivenArgument> &given,
                    bool defaults, SourceRange range, std::vector<const GivenArgument *> &matched) {
  matched.assign(parameters.size(), nullptr);
  bool good = true;
  size_t next = 0;
  for (const GivenArgument &argument : given) {
    size_t index = next;
    if (argument.name.empty()) {
      ++next;
      if (index >= parameters.size()) {
        size_t positional = size_t(
            std::count_if(given.begin(), given.end(), [](auto &one) { return one.name.empty(); }));
        DiagnosticBuilder builder = environment.report(
            Diag::TooManyArguments, argument.range, callable,
            fmt::format("{} {}{}", parameters.size(), what, parameters.size() == 1 ? "" : "s"),
            int64_t(positional));
        if (what == "setting" && argument.value.is<Tensor>())
          builder.help(fmt::format("settings and inputs are two lists: `{}(...)(...)`", callable));
        return false;
      }
    } else {
      auto found =
          std::find_if(parameters.begin(), parameters.end(), [&](const Parameter &parameter) {
            return parameter.name.text == argument.name;
          });
      if (found == parameters.end()) {
        std::vector<std::string> names;
        for (const Parameter &parameter : parameters)
          names.push_back(parameter.name.text);
        SourceRange where = argument.nameRange.valid() ? argument.nameRange : argument.range;
        DiagnosticBuilder builder =
            environment.report(Diag::UnknownArgument, where, callable, what, argument.name);
        if (!builder.suggest(NameKind::Argument, argument.name, names) && !names.empty())
          builder.note(fmt::format("it has {}", fmt::join(names, ", ")));
        good = false;
        continue;
      }
      index = size_t(found - parameters.begin());
    }
    if (matched[index]) {
      environment.report(Diag::RepeatedArgument, argument.range, parameters[index].name.text)
          .label(matched[index]->range, "given here already");
      good = false;
    }
    matched[index] = &argument;
  }
  if (!good) // the one that is missing may be the one that has a wrong name
    return false;
  for (size_t index = 0; index < parameters.size(); ++index) {
    if (matched[index] || (defaults && parameters[index].defaultValue))
      continue;
    DiagnosticBuilder builder = environment.report(Diag::MissingArgument, range, callable, what,
                                                   parameters[index].name.text);
    if (parameters[index].type)
      builder.note(fmt::format("it is declared `{}: {}`", parameters[index].name.text,
                               toSource(*parameters[index].type)));
    if (what == "setting")
      builder.help(fmt::format("give it: `{}({} = ...)`", callable, parameters[index].name.text));
    else if (parameters.size() > 1)
      builder.help(fmt::format("write `{}({})`", callable, joinedNames(parameters)));
    return false;
  }
  return good;
}

void reportInputAmongSettings(Environment &environment, std::string_view callable, bool defaults,
                              const std::vector<GivenArgument> &given, const GivenArgument &input) {
  DiagnosticBuilder builder =
      environment.report(Diag::InputAmongSettings, input.range, callable, describe(input.value));
  if (environment.inStandard(input.range))
    return;
  // A list of dimensions may stand for them.
  auto written = [](const GivenArgument &argument) {
    std::string_view text = argument.range.text();
    auto *group = argument.value.get<Group>();
    bool list = group && text.starts_with('(') && text.ends_with(')');
    return list ? text.substr(1, text.size() - 2) : text;
  };
  std::string settings, inputs;
  size_t inputCount = 0;
  for (const GivenArgument &argument : given) {
    auto *tensor = argument.value.get<Tensor>();
    bool isInput = tensor && !tensor->shape.empty() && argument.name.empty();
    std::string &list = isInput || &argument == &input ? inputs : settings;
    inputCount += &list == &inputs;
    list += fmt::format(
        "{}{}{}{}", list.empty() ? "" : ", ", argument.name, argument.name.empty() ? "" : " = ",
        given.size() == 2 && argument.name.empty() ? written(argument) : argument.range.text());
  }
  bool bare = settings.empty() && defaults;
  if (settings.empty() || settings.find('\n') != std::string::npos)
    settings = "...";
  std::string with = bare ? std::string() : "(" + settings + ")";
  std::string applied = fmt::format("`{}{}({})`", callable, bare ? "()" : with, inputs);
  std::string help = "settings have brackets of their own: write ";
  if (inputCount == 1)
    help += fmt::format("`{} |> {}{}` or ", inputs, callable, with);
  builder.help(help + applied);
}

} // namespace nnc::lang
