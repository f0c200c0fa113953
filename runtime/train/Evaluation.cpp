// Implements the means of losses and metrics over the batches of a dataset.
#include "runtime/train/Evaluation.h"

#include "runtime/support/Error.h"

#include <algorithm>

namespace nnc::runtime {

std::string Measures::describe() const {
  std::string result = "loss " + numberText(4, loss);
  for (const auto &[name, value] : metrics)
    result += ", " + name + " " + numberText(4, value);
  return result;
}

MeasureSum::MeasureSum(const Function &function) : values{function.loss()} {
  for (const OutputValue *metric : function.valuesOf(OutputKind::Metric))
    values.push_back(metric);
  sums.resize(values.size());
}

void MeasureSum::add(const BoundFunction &function, int64_t count) {
  for (size_t i = 0; i < values.size(); ++i)
    sums[i] += function.scalar(*values[i]) * static_cast<double>(count);
  examples += static_cast<double>(count);
}

void MeasureSum::clear() {
  std::fill(sums.begin(), sums.end(), 0);
  examples = 0;
}

Measures MeasureSum::mean() const {
  Measures result;
  double divisor = std::max(examples, 1.0);
  result.loss = sums[0] / divisor;
  for (size_t i = 1; i < values.size(); ++i)
    result.metrics.emplace_back(values[i]->name, sums[i] / divisor);
  return result;
}

std::vector<double> MeasureSum::state() const {
  std::vector<double> result{examples};
  result.insert(result.end(), sums.begin(), sums.end());
  return result;
}

bool MeasureSum::restore(const std::vector<double> &state) {
  if (state.size() != sums.size() + 1)
    return false;
  examples = state[0];
  std::copy(state.begin() + 1, state.end(), sums.begin());
  return true;
}

static const Function &evaluateFunction(const Execution &execution) {
  const Function *function = execution.description().function("nnc_evaluate");
  if (!function || !execution.model().evaluate)
    throw Error("this program has no loss to evaluate");
  return *function;
}

Evaluator::Evaluator(Execution &execution, const Dataset &dataset, Rows rows)
    : function(execution, evaluateFunction(execution), execution.model().evaluate, dataset),
      rows(std::move(rows)) {}

Measures Evaluator::evaluate() {
  MeasureSum sum(function.description());
  int64_t batch = function.batch(), total = examples();
  for (int64_t first = 0; first < total; first += batch) {
    int64_t count = std::min(batch, total - first);
    function.run(rows.data() + first, count);
    sum.add(function, count);
  }
  return sum.mean();
}

} // namespace nnc::runtime
