// Links a compiled model's objects with the runtime into an executable.
#pragma once

#include <string>
#include <vector>

namespace nnc {

/// Runs the system's C++ compiler as link driver, with lld where it is installed. `parts` are symbols of
/// parts of the archives to which nothing refers; `messages` is a file for the output of the link
/// programs. False, and a message of one line in `error`, on failure.
bool linkExecutable(const std::vector<std::string> &objects,
                    const std::vector<std::string> &archives, const std::vector<std::string> &parts,
                    const std::string &output, const std::string &messages, std::string &error);

} // namespace nnc
