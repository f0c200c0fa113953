// Implements printMetricTables(): a vector is a column, a matrix a table.
#include "runtime/cli/MetricTables.h"

#include "runtime/support/Error.h"
#include "runtime/support/Table.h"

#include <cmath>
#include <cstdio>

namespace nnc::runtime {

/// The names of the positions along a dimension; numbers where no field, or more than one, has so
/// many classes.
static std::vector<std::string> positions(int64_t size, const DataBlock &block,
                                          const DataConventions &conventions) {
  const DataField *field = nullptr;
  int64_t fields = 0;
  for (const DataField &candidate : block.fields)
    if (candidate.classes == size) {
      field = &candidate;
      ++fields;
    }
  std::vector<std::string> names;
  if (fields == 1) {
    auto found = conventions.classes.find(field->name);
    names = !field->classNames.empty() || found == conventions.classes.end() ? field->classNames
                                                                             : found->second;
  }
  for (int64_t i = static_cast<int64_t>(names.size()); i < size; ++i)
    names.push_back(std::to_string(i));
  return names;
}

static std::string numberOf(double value) {
  bool whole = std::fabs(value) < 1e15 && value == std::floor(value);
  return whole ? text("%.0f", value) : numberText(4, value);
}

void printMetricTables(const Measures &measures, const DataBlock &block,
                       const DataConventions &conventions) {
  for (const Metric &metric : measures.metrics) {
    const size_t rank = metric.shape.size();
    if (rank == 0)
      continue;
    std::printf("%s\n", metric.name.c_str());
    if (rank > 2) {
      std::printf("  %s\n", metric.json(numberOf).c_str());
      continue;
    }
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> names = positions(metric.shape[0], block, conventions);
    size_t columns = rank == 2 ? static_cast<size_t>(metric.shape[1]) : 1;
    if (rank == 2) {
      rows.push_back({""});
      for (std::string &name : positions(metric.shape[1], block, conventions))
        rows.back().push_back(std::move(name));
    }
    for (size_t row = 0; row < names.size(); ++row) {
      rows.push_back({"  " + names[row]});
      for (size_t column = 0; column < columns; ++column)
        rows.back().push_back(numberOf(metric.values[row * columns + column]));
    }
    printTable(rows, 1, columns + 1);
  }
}

Json toJson(const Measures &measures) {
  auto number = [](double value) { return dumpJson(value); };
  Json json = {{"loss", measures.loss}};
  for (const Metric &metric : measures.metrics)
    json[metric.name] = parseJson(metric.json(number), metric.name);
  return json;
}

} // namespace nnc::runtime
