// Implements settings: found by their full key or by its last part.
#include "runtime/cli/Settings.h"

#include "runtime/data/Csv.h"
#include "runtime/support/Suggestion.h"

#include <vector>

namespace nnc::runtime {

const Scalar &findSetting(const Description &description, const std::string &name) {
  std::string all;
  std::vector<std::string> known;
  std::vector<const Scalar *> found;
  for (const Scalar &scalar : description.scalars) {
    if (!scalar.settable)
      continue;
    if (scalar.name == name)
      return scalar;
    // A pattern behind a key, `optimizer.rate[trunk.*]`, has dots of its own.
    std::string lastPart = scalar.name.substr(scalar.name.rfind('.', scalar.name.find('[')) + 1);
    if (lastPart == name)
      found.push_back(&scalar);
    all += (all.empty() ? "; there are " : ", ") + scalar.name;
    known.insert(known.end(), {scalar.name, lastPart});
  }
  if (found.size() == 1)
    return *found[0];
  if (found.size() > 1)
    fail("setting '%s' may be '%s' or '%s'", name.c_str(), found[0]->name.c_str(),
         found[1]->name.c_str());
  fail("unknown setting '%s'%s%s", printable(name).c_str(), suggestion(name, known).c_str(),
       all.c_str());
}

SettingValues readSettings(const Description &description, const Arguments &arguments) {
  SettingValues settings;
  for (const std::string &word : arguments.all("--set")) {
    auto [name, valueText] = splitAssignment("--set", word);
    const Scalar *setting = nullptr;
    try {
      setting = &findSetting(description, name);
    } catch (const Error &error) {
      throw UsageError(std::string("--set: ") + error.what());
    }
    std::optional<double> value = parseNumber(valueText);
    if (!value || (setting->whole && !parseInteger(valueText)))
      throw UsageError(text("--set %s: '%s' is not %s", name.c_str(), printable(valueText).c_str(),
                            setting->whole ? "an integer" : "a finite number"));
    if (!settings.emplace(setting->name, *value).second)
      throw UsageError(text("--set: %s is given twice", setting->name.c_str()));
  }
  return settings;
}

std::string settingsHelp(const Description &description) {
  std::string result;
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable)
      result += text("  %s = %g%s%s\n", scalar.name.c_str(), scalar.defaultValue,
                     scalar.description.empty() ? "" : "  ", scalar.description.c_str());
  return result.empty() ? ""
                        : "\nsettings for --set, with their defaults; the last part of a name will "
                          "do where it is the only one:\n" +
                              result;
}

} // namespace nnc::runtime
