// Prints a module as an indented tree, one node a line, for `nnc build --emit=ast` and for tests.
#pragma once

#include "lang/syntax/AST.h"

#include <string>

namespace nnc::lang {

/// One node a line: its kind, its names and values, `@line:column` of its start. Children are
/// indented by two.
std::string printAst(const Module &module);

/// A type or an expression in the language's own notation, on one line: for messages. An expression
/// of more than 80 bytes is cut short.
std::string toSource(const TypeExpression &type);
std::string toSource(const Expression &expression);
/// The same in brackets, where it would not be one operand of an operator without them.
std::string asOperand(const Expression &expression);

} // namespace nnc::lang
