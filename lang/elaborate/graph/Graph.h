// A function of the program while it is being built: operations are appended, then what no result
// needs is dropped.
#pragma once

#include "lang/Program.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nnc::lang {

class Graph {
public:
  Graph(std::string name, SourceRange range) {
    function.name = std::move(name);
    function.range = range;
  }
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;

  using Attributes = std::vector<std::pair<std::string, Attribute>>;

  ValueId addArgument(ArgumentKind kind, const std::string &name, Type type, SourceRange range);
  /// The value of the argument of this kind and name, or nothing.
  std::optional<ValueId> findArgument(ArgumentKind kind, const std::string &name) const;
  ValueId add(const std::string &operation, std::vector<ValueId> operands, Type type,
              Attributes attributes, SourceRange range);
  /// An operation with several results, one for each type.
  std::vector<ValueId> addMany(const std::string &operation, std::vector<ValueId> operands,
                               const std::vector<Type> &types, Attributes attributes,
                               SourceRange range);
  void addResult(ResultKind kind, std::string name, ValueId value) {
    function.results.push_back({kind, std::move(name), value});
  }

  const Type &type(ValueId value) const { return function.values[value].type; }
  /// The operation that gives a value; null for arguments.
  const Operation *producer(ValueId value) const;
  /// Gives a value a name unless it has one.
  void name(ValueId value, const std::string &text);

  bool differsBetweenExamples(ValueId value) const { return function.values[value].perExample; }

  /// The parameters on which `value` depends in a way that a derivative can pass.
  std::set<std::string> differentiableArguments(ValueId value, ArgumentKind kind) const;

  /// Whether the value is computed from numbers of several examples.
  bool dependsOnBatch(ValueId value) const;

  /// Whether `value` is computed from `source`, and whether examples are combined on the way.
  struct Path {
    bool exists = false;
    bool combinesExamples = false;
  };
  Path path(ValueId source, ValueId value) const;

  /// Of the operations through which `value` depends on arguments of this kind, and whose derivative
  /// is 0, the one nearest to `value`; null if it depends on none.
  const Operation *stepBefore(ValueId value, ArgumentKind kind) const;

  /// Drops operations without a user and, of the arguments for which `droppable` holds, those
  /// without one; then numbers the values anew, in the order of arguments and operations.
  void finish(const std::function<bool(const FunctionArgument &)> &droppable);

  Function function;

private:
  /// Of each value whether `value` is computed from it.
  std::vector<bool> sourcesOf(ValueId value) const;

  std::map<std::pair<ArgumentKind, std::string>, ValueId> argumentValues;
};

} // namespace nnc::lang
