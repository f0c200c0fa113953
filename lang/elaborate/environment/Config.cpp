// Implements Config: reads overrides as the kind of value that the entry has.
#include "lang/elaborate/environment/Config.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace nnc::lang {

ConfigOverrides readOverrides(std::span<const std::pair<std::string, std::string>> given,
                              const Globals &globals, Diagnostics &diagnostics) {
  ConfigOverrides overrides;
  for (const auto &[name, value] : given) {
    if (globals.findConfig(name)) {
      overrides[name] = value;
      continue;
    }
    std::vector<std::string> names = globals.configs();
    DiagnosticBuilder builder = diagnostics.report(Diag::UnknownConfig, {}, name);
    if (names.empty())
      builder.note("the program has no `config`");
    else if (!builder.suggest(NameKind::Other, name, names))
      builder.note(fmt::format("the config has: {}", fmt::join(names, ", ")));
  }
  return overrides;
}

namespace {

/// The value that `-D name=text` means for an entry whose default is `initial`; nothing when it is
/// of another kind.
std::optional<Entity> parseOverride(const std::string &text, const Entity &initial,
                                    const OriginPtr &origin) {
  const char *end = text.data() + text.size();
  if (initial.is<std::string>())
    return Entity(text);
  if (initial.is<bool>())
    return text == "true"    ? std::optional<Entity>(true)
           : text == "false" ? std::optional<Entity>(false)
                             : std::nullopt;
  if (auto *list = initial.get<Group>()) {
    // As many numbers as one likes, of the kind of the first.
    Group numbers;
    for (size_t begin = 0; begin <= text.size();) {
      size_t comma = std::min(text.find(',', begin), text.size());
      std::optional<Entity> number =
          parseOverride(text.substr(begin, comma - begin), *list->members[0].value, origin);
      if (!number)
        return std::nullopt;
      numbers.members.push_back({"", {}, std::make_shared<Entity>(*number)});
      begin = comma + 1;
    }
    return Entity(numbers);
  }
  int64_t integer = 0;
  if (auto [rest, error] = std::from_chars(text.data(), end, integer);
      error == std::errc() && rest == end)
    return initial.is<double>() ? Entity(double(integer))
                                : Entity(IntegerConstant{integer, origin});
  double real = 0;
  if (initial.is<double>())
    if (auto [rest, error] = std::from_chars(text.data(), end, real);
        error == std::errc() && rest == end && std::isfinite(real))
      return Entity(real);
  return std::nullopt;
}

std::string_view kindOfConstant(const Entity &value) {
  return value.is<IntegerConstant>() ? "a whole number"
         : value.is<double>()        ? "a number"
         : value.is<bool>()          ? "true or false"
         : value.is<Group>()         ? "a list, as 1,2,3"
                                     : "a text";
}

bool isConstant(const Entity &value) {
  if (auto *list = value.get<Group>())
    return !list->members.empty() &&
           std::all_of(list->members.begin(), list->members.end(),
                       [](const NamedEntity &member) { return isConstant(*member.value); });
  return value.isNumber() || value.is<bool>() || value.is<std::string>();
}

} // namespace

Entity Config::value(const std::string &name, const Global &global) {
  if (auto found = known.find(name); found != known.end())
    return found->second;
  if (!inProgress.insert(name).second) {
    environment.report(Diag::ConfigCycle, global.range, name);
    return Poison{};
  }
  Entity value;
  {
    EnterFrame enter(environment);
    value = evaluator.evaluate(*global.entry->value);
  }
  inProgress.erase(name);
  if (!isConstant(value) && !value.poisoned()) {
    environment.report(Diag::NotConstant, global.entry->value->range, fmt::format("`{}`", name));
    value = Poison{};
  }
  if (auto override = overrides.find(name); override != overrides.end() && !value.poisoned()) {
    OriginPtr origin = makeOrigin(
        {}, fmt::format("`{}` is {} by -D {}={}", name, override->second, name, override->second));
    std::optional<Entity> parsed = parseOverride(override->second, value, origin);
    if (!parsed)
      environment.report(Diag::BadConfigValue, global.range, name, override->second)
          .here(fmt::format("declared with {}", kindOfConstant(value)));
    value = parsed ? *parsed : Entity(Poison{});
  } else if (auto *integer = value.get<IntegerConstant>()) {
    integer->origin = makeOrigin(global.entry->value->range,
                                 fmt::format("`{}` is {} in the config", name, integer->value));
  }
  return known[name] = value;
}

} // namespace nnc::lang
