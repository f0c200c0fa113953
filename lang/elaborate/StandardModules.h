// The standard library as syntax trees, ready for elaborate().
#pragma once

#include "lang/AST.h"
#include "lang/Diagnostics.h"

#include <memory>
#include <vector>

namespace nnc::lang {

/// Parses the embedded standard library. Its files are added to `sources`, which must outlive the modules.
std::vector<std::unique_ptr<Module>> parseStandardLibrary(SourceManager &sources, Diagnostics &diagnostics);

} // namespace nnc::lang
