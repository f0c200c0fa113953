// The values of config entries: those of the file, or what `-D name=value` puts in their place.
#pragma once

#include "lang/elaborate/environment/Environment.h"
#include "lang/elaborate/environment/Evaluator.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

namespace nnc::lang {

/// By the names of entries: the texts that `-D` gives for them.
using ConfigOverrides = std::map<std::string, std::string>;

/// Reports names that no entry has.
ConfigOverrides readOverrides(std::span<const std::pair<std::string, std::string>> given,
                              const Globals &globals, Diagnostics &diagnostics);

class Config {
public:
  Config(Environment &environment, Evaluator &evaluator, const ConfigOverrides &overrides)
      : environment(environment), evaluator(evaluator), overrides(overrides) {}

  /// The value of the entry, evaluated when it is first asked for.
  Entity value(const std::string &name, const Global &global);

private:
  Environment &environment;
  Evaluator &evaluator;
  const ConfigOverrides &overrides;
  std::map<std::string, Entity> known;
  std::set<std::string> inProgress;
};

} // namespace nnc::lang
