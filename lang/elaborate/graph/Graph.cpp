// Implements Graph: which values differ between examples, derivatives that reach a value, and the
// removal of unused operations. The blocks of scans are in ScanBlocks.cpp.
#include "lang/elaborate/graph/Graph.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace nnc::lang {

namespace {

/// Operations on floats whose derivative is 0 everywhere.
constexpr std::string_view withoutDerivative[] = {"stop_gradient", "sign", "floor", "ceil",
                                                  "round"};
/// Operations whose result is the same for all examples of a batch, and computed from all.
constexpr std::string_view overBatch[] = {"batch_mean", "batch_sum", "batch_count"};

bool combinesBatch(const Operation &operation) {
  return contains(overBatch, operation.name) || operation.name == "batch_next";
}

} // namespace

ValueId Graph::addArgument(ArgumentKind kind, const std::string &name, Type type,
                           SourceRange range) {
  ValueId value = ValueId(function.values.size());
  function.values.push_back({std::move(type), range, name,
                             kind == ArgumentKind::Input || kind == ArgumentKind::ExampleState});
  argumentValues[{kind, name}] = value;
  function.arguments.push_back({kind, name, value});
  return value;
}

std::optional<ValueId> Graph::findArgument(ArgumentKind kind, const std::string &name) const {
  auto found = argumentValues.find({kind, name});
  return found == argumentValues.end() ? std::nullopt : std::optional(found->second);
}

ValueId Graph::add(const std::string &operation, std::vector<ValueId> operands, Type type,
                   Attributes attributes, SourceRange range) {
  return addMany(operation, std::move(operands), {std::move(type)}, std::move(attributes),
                 range)[0];
}

std::vector<ValueId> Graph::addMany(const std::string &operation, std::vector<ValueId> operands,
                                    const std::vector<Type> &types, Attributes attributes,
                                    SourceRange range) {
  std::vector<ValueId> results;
  bool perExample = !contains(overBatch, operation) &&
                    std::any_of(operands.begin(), operands.end(), [&](ValueId operand) {
                      return function.values[operand].perExample;
                    });
  for (const Type &type : types)
    results.push_back(addValue(type, range, perExample));
  this->operations().push_back(
      {operation, std::move(operands), results, std::move(attributes), range, {}, scope});
  return results;
}

ValueId Graph::addValue(Type type, SourceRange range, bool perExample) {
  function.values.push_back({std::move(type), range, "", perExample});
  return ValueId(function.values.size() - 1);
}

void Graph::makeExampleState(const std::string &name) {
  for (FunctionArgument &argument : function.arguments)
    if (argument.kind == ArgumentKind::State && argument.name == name) {
      argument.kind = ArgumentKind::ExampleState;
      argumentValues[{argument.kind, name}] = argument.value;
      function.values[argument.value].perExample = true;
    }
  argumentValues.erase({ArgumentKind::State, name});
  for (const Operation &operation : function.operations) {
    if (contains(overBatch, operation.name))
      continue;
    bool differs = std::any_of(operation.operands.begin(), operation.operands.end(),
                               [&](ValueId operand) { return differsBetweenExamples(operand); });
    if (!operation.body.empty())
      findDifferingResults(operation, function.values);
    else if (differs)
      for (ValueId result : operation.results)
        function.values[result].perExample = true;
  }
}

std::optional<ValueId> Graph::copyConstant(const Graph &from, ValueId value) {
  std::vector<bool> sources = from.sourcesOf(value);
  auto blocks = [&](const Operation &operation) {
    return sources[operation.results.front()] && operation.results.size() > 1;
  };
  if (std::any_of(from.function.arguments.begin(), from.function.arguments.end(),
                  [&](const FunctionArgument &argument) { return sources[argument.value]; }) ||
      std::any_of(from.function.operations.begin(), from.function.operations.end(), blocks))
    return std::nullopt;
  LeaveScans leave(*this);
  std::map<ValueId, ValueId> copies;
  for (const Operation &operation : from.function.operations) {
    if (!sources[operation.results.front()])
      continue;
    std::vector<ValueId> operands;
    for (ValueId operand : operation.operands)
      operands.push_back(copies.at(operand));
    copies[operation.results.front()] =
        add(operation.name, std::move(operands), from.type(operation.results.front()),
            operation.attributes, operation.range);
  }
  return copies.at(value);
}

/// The operation of a list that gives a value.
static const Operation *producerAmong(const std::vector<Operation> &operations, ValueId value) {
  // Results have rising numbers.
  auto behind = std::ranges::upper_bound(operations, value, {},
                                         [](const Operation &one) { return one.results.front(); });
  if (behind == operations.begin())
    return nullptr;
  const Operation &operation = *std::prev(behind);
  return value <= operation.results.back() ? &operation : nullptr;
}

const Operation *Graph::producer(ValueId value) const {
  for (auto scan = scans.rbegin(); scan != scans.rend(); ++scan)
    if (const Operation *found = producerAmong(scan->body.operations, value))
      return found;
  return producerAmong(function.operations, value);
}

void Graph::name(ValueId value, const std::string &text) {
  if (function.values[value].name.empty())
    function.values[value].name = text;
}

std::vector<bool> Graph::sourcesOf(ValueId value) const {
  std::vector<bool> sources(function.values.size());
  sources[value] = true;
  for (auto operation = function.operations.rbegin(); operation != function.operations.rend();
       ++operation)
    if (std::any_of(operation->results.begin(), operation->results.end(),
                    [&](ValueId result) { return sources[result]; }))
      for (ValueId operand : operation->operands)
        sources[operand] = true;
  return sources;
}

bool Graph::dependsOnBatch(ValueId value) const {
  std::vector<bool> sources = sourcesOf(value);
  return std::any_of(function.operations.begin(), function.operations.end(),
                     [&](const Operation &operation) {
                       return combinesBatch(operation) && sources[operation.results[0]];
                     });
}

bool Graph::followsFrom(const std::vector<ValueId> &known, ValueId value) const {
  std::vector<bool> sources(function.values.size());
  sources[value] = true;
  auto isSource = [&](ValueId one) { return bool(sources[one]); };
  for (ValueId one : known)
    if (one == value)
      return true;
  for (auto operation = function.operations.rbegin(); operation != function.operations.rend();
       ++operation) {
    if (std::ranges::none_of(operation->results, isSource) ||
        std::ranges::find(known, operation->results[0]) != known.end())
      continue;
    if (contains(overBatch, operation->name) || operation->name == "gradient")
      return false;
    for (ValueId operand : operation->operands)
      sources[operand] = true;
  }
  return std::ranges::none_of(function.arguments, [&](const FunctionArgument &argument) {
    return sources[argument.value] && differsBetweenExamples(argument.value);
  });
}

Graph::Path Graph::path(ValueId source, ValueId value) const {
  std::vector<bool> sources = sourcesOf(value), reached(function.values.size());
  reached[source] = true;
  Path path;
  for (const Operation &operation : function.operations) {
    if (std::none_of(operation.operands.begin(), operation.operands.end(),
                     [&](ValueId operand) { return reached[operand]; }))
      continue;
    for (ValueId result : operation.results)
      reached[result] = true;
    if (!std::any_of(operation.results.begin(), operation.results.end(),
                     [&](ValueId result) { return sources[result]; }))
      continue;
    // A derivative goes back by the ways on which its operand was computed.
    path.combinesExamples |= combinesBatch(operation) || (operation.name == "gradient" &&
                                                          dependsOnBatch(operation.operands[0]));
  }
  path.exists = reached[value];
  return path;
}

/// Adds to `reached` the floats from which those in it are computed, in a way that a derivative can
/// pass or, with `any`, in any way.
static void reachBack(const std::vector<Operation> &operations, const std::vector<Value> &values,
                      std::vector<bool> &reached, bool any) {
  auto isReached = [&](ValueId value) { return bool(reached[value]); };
  auto reach = [&](ValueId value) {
    bool isNew = !reached[value] && values[value].type.element == Element::Float;
    reached[value] = reached[value] || isNew;
    return isNew;
  };
  for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) {
    for (const Body &body : operation->body) {
      for (size_t i = 0; i < operation->results.size(); ++i)
        if (isReached(operation->results[i]))
          reach(i < body.carries.size() ? body.carries[i] : body.emits[i - body.carries.size()]);
      for (bool grew = true; grew;) {
        reachBack(body.operations, values, reached, any);
        grew = false;
        for (size_t i = 0; i < body.carries.size(); ++i)
          if (isReached(body.arguments[body.sequences + i]))
            grew |= reach(body.carries[i]);
      }
      for (size_t i = 0; i < body.arguments.size(); ++i)
        if (isReached(body.arguments[i]))
          reach(operation->operands[i]);
    }
    if (operation->body.empty() && (any || !contains(withoutDerivative, operation->name)) &&
        std::any_of(operation->results.begin(), operation->results.end(), isReached))
      std::for_each(operation->operands.begin(), operation->operands.end(), reach);
  }
}

std::set<std::string> Graph::differentiableArguments(ValueId value, ArgumentKind kind) const {
  return argumentsBehind(value, kind, false);
}

std::set<std::string> Graph::argumentsBehind(ValueId value, ArgumentKind kind, bool any) const {
  std::vector<bool> reached(function.values.size());
  reached[value] = true;
  for (auto scan = scans.rbegin(); scan != scans.rend(); ++scan)
    reachBack(scan->body.operations, function.values, reached, any);
  reachBack(function.operations, function.values, reached, any);
  std::set<std::string> names;
  for (const FunctionArgument &argument : function.arguments)
    if (argument.kind == kind && reached[argument.value] &&
        type(argument.value).element == Element::Float)
      names.insert(argument.name);
  return names;
}

std::set<std::string> Graph::changesBehind(ValueId value) const {
  const std::vector<bool> sources = sourcesOf(value);
  std::set<std::string> names;
  for (const FunctionArgument &argument : function.arguments)
    if (sources[argument.value] &&
        (argument.kind == ArgumentKind::State || argument.kind == ArgumentKind::ExampleState))
      names.insert(argument.name);
  for (const Operation &operation : function.operations)
    if (operation.name.starts_with("random") && sources[operation.results[0]])
      names.insert(operation.name);
  return names;
}

void Graph::replaceUses(ValueId value, ValueId by) {
  for (Operation &operation : function.operations)
    std::ranges::replace(operation.operands, value, by);
  for (FunctionResult &result : function.results)
    if (result.value == value)
      result.value = by;
}

const Operation *Graph::stepBefore(ValueId value, ArgumentKind kind) const {
  std::vector<bool> depends(function.values.size()), reached(function.values.size());
  for (const FunctionArgument &argument : function.arguments)
    depends[argument.value] = argument.kind == kind;
  for (const Operation &operation : function.operations)
    if (std::ranges::any_of(operation.operands, [&](ValueId one) { return depends[one]; }))
      for (ValueId result : operation.results)
        depends[result] = true;
  reached[value] = true;
  for (auto operation = function.operations.rbegin(); operation != function.operations.rend();
       ++operation) {
    bool used = std::ranges::any_of(operation->results, [&](ValueId one) { return reached[one]; });
    if (!used || !depends[operation->results[0]])
      continue;
    bool whole = type(operation->results[0]).element != Element::Float;
    if (contains(withoutDerivative, operation->name) ||
        (whole && std::ranges::any_of(operation->operands, [&](ValueId one) {
           return depends[one] && type(one).element == Element::Float;
         })))
      return &*operation;
    for (ValueId operand : operation->operands)
      reached[operand] = true;
  }
  return nullptr;
}

void keepUsed(std::vector<Operation> &operations, std::vector<bool> &used) {
  std::vector<Operation> kept;
  for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) {
    if (std::none_of(operation->results.begin(), operation->results.end(),
                     [&](ValueId result) { return used[result]; }))
      continue;
    for (ValueId operand : operation->operands)
      used[operand] = true;
    kept.push_back(std::move(*operation));
  }
  std::reverse(kept.begin(), kept.end());
  operations = std::move(kept);
}

void Graph::finish(const std::function<bool(const FunctionArgument &)> &droppable) {
  std::vector<bool> used(function.values.size());
  for (const FunctionResult &result : function.results)
    used[result.value] = true;
  keepUsed(function.operations, used);
  std::erase_if(function.arguments, [&](const FunctionArgument &argument) {
    return !used[argument.value] && droppable(argument);
  });

  std::vector<ValueId> renumbered(function.values.size());
  std::vector<Value> values;
  auto keep = [&](ValueId &value) {
    renumbered[value] = ValueId(values.size());
    values.push_back(std::move(function.values[value]));
    value = renumbered[value];
  };
  for (FunctionArgument &argument : function.arguments)
    keep(argument.value);
  std::function<void(Operation &)> renumber = [&](Operation &operation) {
    for (ValueId &operand : operation.operands)
      operand = renumbered[operand];
    for (Body &body : operation.body) {
      std::for_each(body.arguments.begin(), body.arguments.end(), keep);
      std::for_each(body.operations.begin(), body.operations.end(), renumber);
      for (std::vector<ValueId> *list : {&body.carries, &body.emits})
        for (ValueId &value : *list)
          value = renumbered[value];
    }
    std::for_each(operation.results.begin(), operation.results.end(), keep);
  };
  std::for_each(function.operations.begin(), function.operations.end(), renumber);
  for (FunctionResult &result : function.results)
    result.value = renumbered[result.value];
  function.values = std::move(values);
  argumentValues.clear();
}

} // namespace nnc::lang
