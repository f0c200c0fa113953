// The scale of an axis: its range, where a number lies on it, and which numbers are written there.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nnc::report {

class Scale {
public:
  /// From `low` to `high` in the data, `begin` to `end` on the paper. Logarithmic, both ends are
  /// positive.
  Scale(double low, double high, double begin, double end, bool isLog);
  /// The same for the finite numbers (logarithmic: the positive ones) of several columns, with a
  /// margin.
  static Scale of(const std::vector<const std::vector<double> *> &columns, double begin, double end,
                  bool isLog, double margin);

  /// Whether a number has a place on the axis: not one that is infinite, or beyond 1e150.
  bool has(double value) const;
  double place(double value) const;
  /// Numbers to write, with their text.
  std::vector<std::pair<double, std::string>> ticks(int about) const;

  double low() const { return least; }
  double high() const { return most; }
  bool isLog() const { return logarithmic; }

private:
  double least, most, begin, end;
  bool logarithmic;
};

/// A number for the eye: "0.05", "1e-4", "12000".
std::string shortNumber(double value);

} // namespace nnc::report
