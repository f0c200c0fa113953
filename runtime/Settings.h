// Settings of the recipe by name: what --set takes, and what a checkpoint keeps of it.
#pragma once

#include "runtime/CommandLine.h"
#include "runtime/Description.h"

#include <map>
#include <string>

namespace nnc::runtime {

/// Values of settings by their full keys.
using SettingValues = std::map<std::string, double>;

/// The setting that `name` means: its full key, `optimizer.rate`, or the last part of it if no
/// other setting has the same. Throws Error that says which there are.
const Scalar &findSetting(const Description &description, const std::string &name);

/// What --set gives. Throws UsageError for a name or a value that does not fit.
SettingValues readSettings(const Description &description, const Arguments &arguments);

/// The settings of the model with their defaults, for help.
std::string settingsHelp(const Description &description);

} // namespace nnc::runtime
