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

  /// While it lives, operations belong to an application inside the one at hand.
  class EnterScope {
  public:
    EnterScope(Graph &graph, Scope scope) : graph(graph), outer(graph.scope) {
      scope.parent = outer;
      graph.scope = uint32_t(graph.function.scopes.size());
      graph.function.scopes.push_back(std::move(scope));
    }
    ~EnterScope() { graph.scope = outer; }
    EnterScope(const EnterScope &) = delete;

  private:
    Graph &graph;
    const uint32_t outer;
  };

  /// A scan whose block is being built: operations are appended to it.
  struct OpenScan {
    int64_t steps = 1;
    std::vector<ValueId> sequences, initial;
    Body body;
  };
  void openScan(int64_t steps) { scans.push_back({steps, {}, {}, {}}); }
  bool inScan() const { return !scans.empty(); }
  int64_t scanSteps() const { return scans.back().steps; }
  /// A row of a value from outside of the scan at hand, as the block sees it.
  ValueId addSequence(ValueId sequence, Type row);
  /// A carry; all sequences but those that are added by `addSequence` later come before it.
  ValueId addCarry(ValueId initial, Type type);
  /// Ends the block: the results of the operation.
  std::vector<ValueId> closeScan(std::vector<ValueId> carries, std::vector<ValueId> emits,
                                 SourceRange range);
  void abandonScan() { scans.pop_back(); }
  /// The operations of the block at hand.
  const std::vector<Operation> &scanOperations() const { return scans.back().body.operations; }
  /// Leaves the block of the scan at hand, to build in front of it, until `reenterScan`.
  OpenScan leaveScan();
  void reenterScan(OpenScan scan) { scans.push_back(std::move(scan)); }

  void addResult(ResultKind kind, std::string name, ValueId value) {
    function.results.push_back({kind, std::move(name), value});
  }

  const Type &type(ValueId value) const { return function.values[value].type; }
  /// The operation that gives a value; null for arguments, of blocks too.
  const Operation *producer(ValueId value) const;
  /// Gives a value a name unless it has one.
  void name(ValueId value, const std::string &text);

  bool differsBetweenExamples(ValueId value) const { return function.values[value].perExample; }
  /// Turns a State into an ExampleState; values that are computed from it then differ between
  /// examples.
  void makeExampleState(const std::string &name);
  /// Appends the operations that compute a value of another function, in front of all open scans.
  /// std::nullopt, with nothing appended, if the value depends on arguments of that function.
  std::optional<ValueId> copyConstant(const Graph &from, ValueId value);

  /// The parameters on which `value` depends in a way that a derivative can pass.
  std::set<std::string> differentiableArguments(ValueId value, ArgumentKind kind) const;
  /// The parameters on which `value` depends in a way that a derivative can pass or, with `any`, in
  /// any way.
  std::set<std::string> argumentsBehind(ValueId value, ArgumentKind kind, bool any) const;

  /// The states on which `value` depends in any way, and the random numbers: empty where it is the
  /// same in each step in which the parameters are.
  std::set<std::string> changesBehind(ValueId value) const;
  /// Makes all operations and results read another value of the same type.
  void replaceUses(ValueId value, ValueId by);

  /// Whether the value is computed from numbers of several examples.
  bool dependsOnBatch(ValueId value) const;

  /// Whether `value` is computed from `source`, and whether examples are combined on the way.
  struct Path {
    bool exists = false;
    bool combinesExamples = false;
  };
  Path path(ValueId source, ValueId value) const;

  /// Whether `value` is the same for all examples, whatever they are, once the values of `known` are
  /// given.
  bool followsFrom(const std::vector<ValueId> &known, ValueId value) const;

  /// Of the operations through which `value` depends on arguments of this kind, and whose derivative
  /// is 0, the one nearest to `value`; null if it depends on none.
  const Operation *stepBefore(ValueId value, ArgumentKind kind) const;

  /// Drops operations without a user and, of the arguments for which `droppable` holds, those
  /// without one; then numbers the values anew, in the order of arguments and operations.
  void finish(const std::function<bool(const FunctionArgument &)> &droppable);

  Function function;

private:
  std::vector<Operation> &operations() {
    return scans.empty() ? function.operations : scans.back().body.operations;
  }
  ValueId addValue(Type type, SourceRange range, bool perExample);
  /// Of each value whether `value` is computed from it.
  std::vector<bool> sourcesOf(ValueId value) const;

  uint32_t scope = 0; // of the operations that are added
  std::map<std::pair<ArgumentKind, std::string>, ValueId> argumentValues;
  std::vector<OpenScan> scans; // each in the block of the one before
};

/// While it lives, operations are added in front of all open scans.
class LeaveScans {
public:
  explicit LeaveScans(Graph &graph) : graph(graph) {
    while (graph.inScan())
      scans.push_back(graph.leaveScan());
  }
  ~LeaveScans() {
    for (auto scan = scans.rbegin(); scan != scans.rend(); ++scan)
      graph.reenterScan(std::move(*scan));
  }
  LeaveScans(const LeaveScans &) = delete;

private:
  Graph &graph;
  std::vector<Graph::OpenScan> scans; // the innermost first
};

/// Finds which results of a scan, and values in its block, differ between examples; those of its
/// operands are known.
void findDifferingResults(const Operation &scan, std::vector<Value> &values);

/// Drops the operations of which no result is used. `used` says of each value whether a result of
/// the function or the block is made of it; the operands of what is kept are added.
void keepUsed(std::vector<Operation> &operations, std::vector<bool> &used);

} // namespace nnc::lang
