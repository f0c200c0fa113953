// The command line by which `nnc tune` starts `tune` of the compiled program: which values of `-D` are
// tuned, with which of them the program is compiled first, and how the others are.
#pragma once

#include "compiler/driver/Compile.h"

#include <string>
#include <vector>

namespace nnc {

/// The words of `nnc build` with the options of this command line, but for values that are tuned.
std::vector<std::string> compileCommand(const char *program, const CompileOptions &options,
                                        const std::vector<std::string> &defines,
                                        const std::vector<std::string> &folders,
                                        const std::string &precision,
                                        const std::string &memoryLimit);

/// With the first value of each config that is tuned. If the program is wrong with these, which is the
/// failure of a trial, another value of one config is taken with which it is not.
CompileOptions untuned(const CompileOptions &options);

/// The words of `tune`: the values of configs, and the command by which the executable has the program
/// compiled with each of them.
std::vector<std::string> tuneWords(const CompileOptions &options,
                                   const std::vector<std::string> &given);

} // namespace nnc
