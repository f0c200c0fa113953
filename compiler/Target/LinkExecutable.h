// Links a compiled model's objects with the runtime into an executable.
#pragma once

#include <string>
#include <vector>

namespace nnc {

/// Runs the system's C++ compiler as link driver, with lld where it is installed. `runtimeArchive`
/// holds the runtime with main(). False and a message in `error` on failure; `output` is replaced
/// only by a complete executable.
bool linkExecutable(const std::vector<std::string> &objects, const std::string &runtimeArchive,
                    const std::string &output, std::string &error);

} // namespace nnc
