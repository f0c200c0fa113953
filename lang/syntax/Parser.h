// The parser's entry: text in, tree out. It recovers from errors, so that one run reports several,
// and it accepts any bytes whatever: nesting is bounded and every error is a diagnostic.
#pragma once

#include "lang/syntax/AST.h"
#include "lang/support/Diagnostics.h"

#include <memory>

namespace nnc::lang {

/// Parses one file. Never null: after errors the module holds what could be read, with
/// ErrorExpression in the gaps.
std::unique_ptr<Module> parse(const SourceFile &file, Diagnostics &diagnostics);

} // namespace nnc::lang
