// Implements the means of losses and metrics over the batches of a dataset.
#include "runtime/train/Evaluation.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

std::string Metric::json(const std::function<std::string(double)> &text) const {
  std::string result;
  size_t elements = values.size();
  for (size_t i = 0; i < elements; ++i) {
    // A list of each dimension begins or ends where its number of elements divides the place.
    size_t block = 1, closed = 0;
    std::string open;
    for (size_t axis = shape.size(); axis-- > 0;) {
      block *= static_cast<size_t>(shape[axis]);
      open += i % block == 0 ? "[" : "";
      closed += (i + 1) % block == 0;
    }
    result += (i ? "," : "") + open + text(values[i]) + std::string(closed, ']');
  }
  return result;
}

std::string Measures::describe() const {
  std::string result = "loss " + numberText(4, loss);
  for (const Metric &metric : metrics)
    if (metric.shape.empty())
      result += ", " + metric.name + " " + numberText(4, metric.values[0]);
  return result;
}

double Ranking::orderedPairs() const {
  std::vector<std::pair<double, double>> sorted = examples;
  std::sort(sorted.begin(), sorted.end());
  double pairs = 0, negatives = 0; // with lower scores
  for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    double equalNegatives = 0, equalPositives = 0;
    for (; end < sorted.size() && !(sorted[begin].first < sorted[end].first); ++end)
      (sorted[end].second > 0 ? equalPositives : equalNegatives) += 1;
    pairs += equalPositives * (negatives + equalNegatives / 2);
    negatives += equalNegatives;
  }
  return pairs;
}

MeasureSum::MeasureSum(Execution &execution, const Function &function, const Function *metrics,
                       int64_t mostExamples)
    : values{function.loss()} {
  for (const OutputValue *metric : function.valuesOf(OutputKind::Metric))
    values.push_back(metric);
  if (metrics) {
    formulas = std::make_unique<BoundFunction>(execution, *metrics, Dataset());
    for (const InputField &total : metrics->fields) {
      if (const OutputValue *sum = function.value(OutputKind::Total, total.name)) {
        values.push_back(sum);
        continue;
      }
      rankings.push_back({function.value(OutputKind::Prediction, total.name + ".score"),
                          function.value(OutputKind::Prediction, total.name + ".positive"),
                          {}});
      rankings.back().examples.reserve(static_cast<size_t>(mostExamples));
    }
  }
  size_t count = 0;
  for (const OutputValue *value : values)
    count += static_cast<size_t>(elementCount(value->shape));
  sums.resize(count);
}

void MeasureSum::add(const BoundFunction &function, int64_t count) {
  double *sum = sums.data();
  for (const OutputValue *value : values) {
    const char *output = function.output(*value);
    double weight = value->kind == OutputKind::Total ? 1 : static_cast<double>(count);
    for (int64_t i = 0; i < elementCount(value->shape); ++i)
      *sum++ += loadElement(output, value->dtype, i) * weight;
  }
  for (Ranking &ranking : rankings)
    for (int64_t i = 0; i < count; ++i)
      ranking.examples.emplace_back(
          loadElement(function.output(*ranking.score), ranking.score->dtype, i),
          loadElement(function.output(*ranking.positive), ranking.positive->dtype, i));
  examples += static_cast<double>(count);
}

void MeasureSum::clear() {
  std::fill(sums.begin(), sums.end(), 0);
  for (Ranking &ranking : rankings)
    ranking.examples.clear();
  examples = 0;
}

Measures MeasureSum::result() {
  Measures result;
  double divisor = std::max(examples, 1.0);
  result.loss = sums[0] / divisor;
  const double *sum = sums.data() + 1;
  for (const OutputValue *value : values)
    if (value->kind == OutputKind::Metric)
      result.metrics.push_back({value->name, {*sum++ / divisor}});
  if (!formulas)
    return result;
  auto ranking = rankings.begin();
  const Function &function = formulas->description();
  for (const InputField &total : function.fields) {
    if (ranking != rankings.end() && ranking->score->name == total.name + ".score") {
      double pairs = ranking++->orderedPairs();
      std::memcpy(formulas->total(total), &pairs, sizeof pairs);
      continue;
    }
    std::memcpy(formulas->total(total), sum,
                static_cast<size_t>(elementCount(total.shape)) * sizeof *sum);
    sum += elementCount(total.shape);
  }
  formulas->runAgain();
  for (const OutputValue &value : function.values) {
    Metric metric{value.name, {}, value.shape};
    for (int64_t i = 0; i < elementCount(value.shape); ++i)
      metric.values.push_back(loadElement(formulas->output(value), value.dtype, i));
    result.metrics.push_back(std::move(metric));
  }
  return result;
}

std::vector<double> MeasureSum::state() const {
  std::vector<double> result{examples};
  result.insert(result.end(), sums.begin(), sums.end());
  for (const Ranking &ranking : rankings)
    for (auto [score, positive] : ranking.examples)
      result.insert(result.end(), {score, positive});
  return result;
}

bool MeasureSum::restore(const std::vector<double> &state) {
  // In double precision, where a damaged file may have any number of examples.
  double pairs = static_cast<double>(rankings.size()) * 2;
  if (state.size() < sums.size() + 1 ||
      static_cast<double>(state.size() - sums.size() - 1) != pairs * state[0])
    return false;
  examples = state[0];
  auto next = state.begin() + 1;
  for (double &sum : sums)
    sum = *next++;
  for (Ranking &ranking : rankings) {
    ranking.examples.clear();
    for (double i = 0; i < examples; ++i, next += 2)
      ranking.examples.emplace_back(next[0], next[1]);
  }
  return true;
}

Evaluator::Evaluator(Execution &execution, const Phase &phase, const Dataset &dataset, RowSet rows)
    : execution(execution),
      function(execution, *execution.description().function(phase.evaluate), dataset),
      sum(execution, function.description(), execution.description().function(phase.metrics),
          rows.size()),
      rows(std::move(rows)) {}

Measures Evaluator::evaluate() {
  sum.clear();
  execution.exchangeAverages();
  int64_t batch = function.batch(), total = examples();
  for (int64_t first = 0; first < total; first += batch) {
    int64_t count = std::min(batch, total - first);
    function.run(rows.part(first, count, buffer), count);
    sum.add(function, count);
  }
  Measures measures = sum.result();
  execution.exchangeAverages();
  return measures;
}

} // namespace nnc::runtime
