// Implements loss landscapes.
#include "runtime/cli/LossLandscape.h"

#include "runtime/cli/PredictionPlane.h"
#include "runtime/support/Philox.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nnc::runtime {

constexpr int64_t landscapeSide = 25;
/// Of examples, and of floating-point operations altogether.
constexpr int64_t landscapeExamples = 1000;
constexpr double landscapeWork = 2e11;

namespace {

/// A tensor of weights with its two directions.
struct Moved {
  const PersistentTensor *tensor;
  std::vector<double> weights;
  std::vector<double> directions[2];
};

double normal(uint32_t direction, uint64_t index) {
  const uint64_t word = randomWord(0, RandomStream::Landscape, direction, index);
  const double radius = (static_cast<double>(word >> 32) + 1) / 4294967296.0,
               angle = static_cast<double>(word & 0xffffffff) / 4294967296.0;
  return std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * angle);
}

/// The units of a tensor are its last dimension.
std::vector<Moved> movedTensors(Execution &execution) {
  std::vector<Moved> result;
  uint64_t index = 0;
  for (const PersistentTensor &tensor : execution.description().tensors) {
    if (tensor.kind != TensorKind::Parameter || tensor.shape.size() < 2)
      continue;
    Moved moved{&tensor, {}, {}};
    const int64_t count = tensor.count(), units = tensor.shape.back();
    for (int64_t i = 0; i < count; ++i)
      moved.weights.push_back(loadElement(execution.tensor(tensor), tensor.dtype, i));
    for (uint32_t direction = 0; direction < 2; ++direction) {
      std::vector<double> &values = moved.directions[direction];
      for (int64_t i = 0; i < count; ++i)
        values.push_back(normal(direction, index + static_cast<uint64_t>(i)));
      for (int64_t unit = 0; unit < units; ++unit) {
        double squares = 0, length = 0;
        for (int64_t i = unit; i < count; i += units) {
          squares += std::pow(moved.weights[static_cast<size_t>(i)], 2);
          length += std::pow(values[static_cast<size_t>(i)], 2);
        }
        const double scale = length > 0 ? std::sqrt(squares / length) : 0;
        for (int64_t i = unit; i < count; i += units)
          values[static_cast<size_t>(i)] *= scale;
      }
    }
    index += static_cast<uint64_t>(count);
    result.push_back(std::move(moved));
  }
  return result;
}

void place(Execution &execution, const std::vector<Moved> &tensors, double x, double y) {
  for (const Moved &moved : tensors)
    for (size_t i = 0; i < moved.weights.size(); ++i) {
      const double value =
          moved.weights[i] + x * moved.directions[0][i] + y * moved.directions[1][i];
      const DType type = moved.tensor->dtype;
      convertElements(reinterpret_cast<const char *>(&value), DType::F64,
                      execution.tensor(*moved.tensor) + i * sizeOf(type), type, 1);
    }
}

} // namespace

Json lossLandscape(Execution &execution, const Phase &phase, const Dataset &dataset,
                   const RowSet &rows) {
  const Function &evaluate = *execution.description().function(phase.evaluate);
  BoundFunction bound(execution, evaluate, dataset);
  const double perBatch = std::max(1.0, static_cast<double>(evaluate.flop));
  const int64_t batches = std::max<int64_t>(
      1, static_cast<int64_t>(landscapeWork / (landscapeSide * landscapeSide) / perBatch));
  const Rows chosen = sampleOf(rows, std::min(landscapeExamples, batches * bound.batch()));
  const int64_t count = static_cast<int64_t>(chosen.size());
  execution.exchangeAverages(); // the weights that an evaluation takes
  const std::vector<Moved> tensors = movedTensors(execution);
  Json losses = Json::array();
  for (int64_t row = 0; row < landscapeSide; ++row)
    for (int64_t column = 0; column < landscapeSide; ++column) {
      static_assert(landscapeSide % 2 == 1, "the weights themselves are in the middle");
      constexpr double half = landscapeSide / 2.0 - 0.5;
      place(execution, tensors, (static_cast<double>(column) - half) / half,
            (half - static_cast<double>(row)) / half);
      double sum = 0;
      for (int64_t first = 0; first < count; first += bound.batch()) {
        const int64_t examples = std::min(bound.batch(), count - first);
        bound.run(chosen.data() + first, examples);
        sum += bound.scalar(*evaluate.loss()) * static_cast<double>(examples);
      }
      losses.push_back(rounded(sum / static_cast<double>(count), 5));
    }
  place(execution, tensors, 0, 0);
  execution.exchangeAverages();
  return {{"size", landscapeSide}, {"examples", count}, {"losses", std::move(losses)}};
}

} // namespace nnc::runtime
