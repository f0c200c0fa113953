// Divides a module of LLVM IR into parts of about equal size, whose code threads can generate side
// by side: a context of LLVM belongs to one thread.
#pragma once

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"

#include <string>
#include <vector>

namespace nnc {

/// The parts as bitcode, each to be read into a context of its own; linked together they are the
/// module, all of whose functions must have external linkage. How many there are, and what is in
/// each, follows from the module alone, so that executables do not depend on the machine that
/// compiles them.
std::vector<llvm::SmallString<0>> splitModule(llvm::Module &module);

} // namespace nnc
