// Predictions over a line or a plane of inputs, for pictures: between the least and the largest of the
// data, of a predict block whose inputs are one or two numbers.
#pragma once

#include "runtime/cli/Classification.h"
#include "runtime/support/Json.h"

#include <optional>
#include <vector>

namespace nnc::runtime {

constexpr int64_t mostClasses = 100; ///< in a picture

/// Predict blocks of which the dataset has all inputs.
std::vector<const Function *> predictionsOf(const Description &description, const Dataset &dataset);

/// A number for a picture, with so many digits; null if it is not finite.
Json rounded(double value, int digits = 6);

/// At most `count` of `rows`, at equal distances.
Rows sampleOf(const RowSet &rows, int64_t count);

class PredictionPlane {
public:
  /// Of the first predict block that has such inputs; with `linePoints` predictions over a line, or
  /// `side` by `side` over a plane. The arguments must live as long.
  PredictionPlane(Execution &execution, const DataBlock &block, const Dataset &dataset,
                  const RowSet &rows, const DataConventions &conventions, int64_t linePoints,
                  int64_t side);

  /// Whether there is such a predict block.
  bool exists() const { return bound.has_value(); }
  /// The number of floating-point operations of values().
  double work() const;
  /// The axes, with some of the data as points.
  Json axes() const;
  /// The predictions with the present weights, from the top to the bottom.
  Json values(int digits = 6);

private:
  bool choose(const Function &function);
  void makeGrid();

  const DataBlock &block;
  const Dataset &dataset;
  const DataConventions &conventions;
  const Rows shown;
  const int64_t linePoints, side;
  Classification classes;
  bool classified = false;
  std::vector<const DataField *> inputs;
  const OutputValue *output = nullptr;
  const DataField *target = nullptr; ///< what the output predicts; null: nothing of the data
  struct Axis {
    std::string name;
    double low, high;
    std::vector<double> shown; ///< of the data
  };
  std::vector<Axis> ends;
  int64_t size = 0;
  Dataset grid;
  std::optional<BoundFunction> bound;
};

} // namespace nnc::runtime
