// Implements the part of Graph that builds the blocks of scans. The values of a block are numbered
// with those of the function; when it ends, those that it reads from outside become its arguments.
#include "lang/elaborate/graph/Graph.h"

#include <algorithm>

namespace nnc::lang {

ValueId Graph::addSequence(ValueId sequence, Type row) {
  OpenScan &scan = scans.back();
  ValueId argument =
      addValue(std::move(row), function.values[sequence].range, differsBetweenExamples(sequence));
  scan.sequences.push_back(sequence);
  // In front of the carries.
  scan.body.arguments.insert(scan.body.arguments.begin() + int64_t(scan.body.sequences++),
                             argument);
  return argument;
}

ValueId Graph::addCarry(ValueId initial, Type type) {
  // It may get to differ between the examples; closeScan finds out.
  bool hasExamples = std::any_of(
      function.arguments.begin(), function.arguments.end(),
      [](const FunctionArgument &argument) { return argument.kind == ArgumentKind::Input; });
  ValueId argument = addValue(std::move(type), function.values[initial].range, hasExamples);
  scans.back().initial.push_back(initial);
  scans.back().body.arguments.push_back(argument);
  return argument;
}

Graph::OpenScan Graph::leaveScan() {
  OpenScan scan = std::move(scans.back());
  scans.pop_back();
  return scan;
}

/// Drops the operations of a block that nothing needs.
static void dropUnused(Body &body, size_t values) {
  std::vector<bool> used(values);
  for (const std::vector<ValueId> *list : {&body.carries, &body.emits})
    for (ValueId value : *list)
      used[value] = true;
  keepUsed(body.operations, used);
}

/// Finds which values of a block differ between examples; those of its arguments but the carries
/// are known.
static void findDiffering(const Body &body, const std::vector<ValueId> &initial,
                          std::vector<Value> &values) {
  for (size_t i = 0; i < initial.size(); ++i)
    values[body.arguments[body.sequences + i]].perExample = values[initial[i]].perExample;
  for (bool changed = true; changed;) {
    changed = false;
    for (const Operation &operation : body.operations) {
      if (!operation.body.empty()) {
        findDifferingResults(operation, values);
        continue;
      }
      bool differs = std::any_of(operation.operands.begin(), operation.operands.end(),
                                 [&](ValueId operand) { return values[operand].perExample; });
      for (ValueId result : operation.results)
        values[result].perExample = differs;
    }
    for (size_t i = 0; i < initial.size(); ++i) {
      Value &carry = values[body.arguments[body.sequences + i]];
      changed |= !carry.perExample && values[body.carries[i]].perExample;
      carry.perExample |= values[body.carries[i]].perExample;
    }
  }
}

void findDifferingResults(const Operation &scan, std::vector<Value> &values) {
  const Body &body = scan.body.front();
  for (size_t i = 0; i < scan.operands.size(); ++i)
    values[body.arguments[i]].perExample = values[scan.operands[i]].perExample;
  auto initial = scan.operands.begin() + int64_t(body.sequences);
  findDiffering(body, {initial, initial + int64_t(body.carries.size())}, values);
  for (size_t i = 0; i < scan.results.size(); ++i) {
    ValueId row = i < body.carries.size() ? body.arguments[body.sequences + i]
                                          : body.emits[i - body.carries.size()];
    values[scan.results[i]].perExample = values[row].perExample;
  }
}

std::vector<ValueId> Graph::closeScan(std::vector<ValueId> carries, std::vector<ValueId> emits,
                                      SourceRange range) {
  auto [steps, operands, initial, body] = leaveScan();
  body.carries = std::move(carries);
  body.emits = std::move(emits);
  dropUnused(body, function.values.size());

  operands.insert(operands.end(), initial.begin(), initial.end());
  std::map<ValueId, ValueId> inside; // by value outside, and of each value of the block itself
  for (ValueId argument : body.arguments)
    inside[argument] = argument;
  auto replace = [&](ValueId &value) {
    auto [found, isOutside] = inside.try_emplace(value, value);
    if (isOutside) {
      operands.push_back(value);
      found->second =
          addValue(type(value), function.values[value].range, differsBetweenExamples(value));
      body.arguments.push_back(found->second);
    }
    value = found->second;
  };
  for (Operation &operation : body.operations) {
    std::for_each(operation.operands.begin(), operation.operands.end(), replace);
    for (ValueId result : operation.results)
      inside[result] = result;
  }
  std::for_each(body.carries.begin(), body.carries.end(), replace);
  std::for_each(body.emits.begin(), body.emits.end(), replace);
  findDiffering(body, initial, function.values);

  Operation operation{"scan", std::move(operands), {}, {{"steps", steps}}, range, {}, scope};
  auto addResult = [&](ValueId row, int64_t rows, bool perExample) {
    Type all = type(row);
    all.shape.insert(all.shape.begin(), rows);
    operation.results.push_back(addValue(std::move(all), range, perExample));
  };
  for (size_t i = 0; i < body.carries.size(); ++i)
    addResult(body.carries[i], steps + 1,
              differsBetweenExamples(body.arguments[body.sequences + i]));
  for (ValueId emit : body.emits)
    addResult(emit, steps, differsBetweenExamples(emit));
  std::vector<ValueId> results = operation.results;
  operation.body.push_back(std::move(body));
  operations().push_back(std::move(operation));
  return results;
}

} // namespace nnc::lang
