// Walks over the syntax tree: the children of a node, whatever its kind.
#pragma once

#include "lang/syntax/AST.h"

#include <functional>

namespace nnc::lang {

using ExpressionVisitor = std::function<void(const Expression &)>;

/// Calls `visit` with each expression directly below the node, in source order. A block's are those
/// of its statements.
void forEachChild(const Expression &node, const ExpressionVisitor &visit);
/// Calls `visit` with each expression directly below the statement; a type's dimensions and a
/// nested block are among them.
void forEachChild(const Statement &node, const ExpressionVisitor &visit);
void forEachChild(const TypeExpression &type, const ExpressionVisitor &visit);

} // namespace nnc::lang
