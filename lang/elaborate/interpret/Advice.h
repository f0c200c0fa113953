// Help for errors of application: what is called, how, and by what notation of other languages.
#pragma once

#include "lang/elaborate/environment/Environment.h"

#include <string>
#include <vector>

namespace nnc::lang {

/// The positional arguments as they are written, as operands.
std::vector<std::string> writtenArguments(const std::vector<CallArgument> &arguments);

/// The notation `sum[0](x)` for a call `sum(x, axis = 0)`; empty if the call does not name dimensions.
std::string reductionOver(std::string_view reducer, const std::vector<CallArgument> &arguments);

/// Reports that a value is applied as if it were a function.
void reportNotCallable(Environment &environment, const Expression &callee, const Entity &value,
                       const std::vector<CallArgument> &arguments, SourceRange range);

/// Adds the help for `x.mean()` or `x.shape`, where the value before the dot is not a record.
/// `arguments` are null if the member is not called.
void adviseMember(DiagnosticBuilder &builder, const Globals &globals,
                  const MemberExpression &expression, const std::vector<CallArgument> *arguments);

/// The error that a branch of a condition known only while running changes a name, with the change
/// as a choice of values. False if it changes none.
bool reportConditionalChanges(Environment &environment, const IfExpression &expression);

} // namespace nnc::lang
