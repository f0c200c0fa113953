// Settings of the recipe by name: what --set takes, and what a checkpoint keeps of it.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/model/Description.h"

#include <map>
#include <string>

namespace nnc::runtime {

/// Values of settings by their full keys.
using SettingValues = std::map<std::string, double>;

/// The setting with the full key `name`, such as `optimizer.rate`, or the only one whose last part
/// is `name`. Throws Error, which lists the settings, if there is none.
const Scalar &findSetting(const Description &description, const std::string &name);

/// The values given by --set. Throws UsageError for an unknown name or an unfit value.
SettingValues readSettings(const Description &description, const Arguments &arguments);

/// The settings of the model with their defaults, for help.
std::string settingsHelp(const Description &description);

} // namespace nnc::runtime
