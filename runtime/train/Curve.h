// A curve of braille characters for terminals, of a series that goes on.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nnc::runtime {

class Curve {
public:
  /// Numbers that are not finite are left out.
  void add(double value);
  bool isEmpty() const { return points.size() < 2; }
  /// Lines of so many characters, each with a newline; with the largest and the least number in front
  /// where there is room.
  std::string draw(size_t columns, size_t lines) const;

private:
  static constexpr size_t mostPoints = 512;
  std::vector<double> points; ///< each the mean of `stride` numbers
  size_t stride = 1, pending = 0;
  double sum = 0; ///< of the pending ones
};

} // namespace nnc::runtime
