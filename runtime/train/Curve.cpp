// Implements Curve: a dot for each of 2 by 4 places in a character.
#include "runtime/train/Curve.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

void Curve::add(double value) {
  if (!std::isfinite(value))
    return;
  sum += value;
  if (++pending < stride)
    return;
  points.push_back(sum / static_cast<double>(stride));
  sum = 0;
  pending = 0;
  if (points.size() < mostPoints)
    return;
  for (size_t i = 0; i < mostPoints / 2; ++i)
    points[i] = (points[2 * i] + points[2 * i + 1]) / 2;
  points.resize(mostPoints / 2);
  stride *= 2;
}

std::string Curve::draw(size_t columns, size_t lines) const {
  constexpr size_t labelWidth = 10;
  const bool labelled = columns >= 3 * labelWidth;
  const size_t width = labelled ? columns - labelWidth : columns;
  if (isEmpty() || width == 0 || lines == 0)
    return "";
  const auto [least, most] = std::ranges::minmax(points);
  const size_t across = 2 * width, down = 4 * lines;
  const double range = most > least ? most - least : 1;
  static constexpr unsigned char dots[4][2] = {
      {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  std::vector<unsigned char> cells(width * lines);
  size_t before = 0;
  for (size_t x = 0; x < across; ++x) {
    const double place = static_cast<double>(x) * static_cast<double>(points.size() - 1) /
                         static_cast<double>(across - 1);
    const size_t left = std::min(static_cast<size_t>(place), points.size() - 2);
    const double value =
        points[left] + (points[left + 1] - points[left]) * (place - static_cast<double>(left));
    const auto y =
        std::min(static_cast<size_t>((most - value) / range * static_cast<double>(down - 1) + 0.5),
                 down - 1);
    if (x == 0)
      before = y;
    // Without gaps where it is steep.
    const auto [top, bottom] = std::minmax(y, before);
    for (size_t row = top; row <= bottom; ++row)
      if (row == y || row != before)
        cells[row / 4 * width + x / 2] |= dots[row % 4][x % 2];
    before = y;
  }
  std::string result;
  for (size_t line = 0; line < lines; ++line) {
    if (labelled)
      result += line == 0           ? text("%9.4g ", most)
                : line + 1 == lines ? text("%9.4g ", least)
                                    : std::string(labelWidth, ' ');
    for (size_t column = 0; column < width; ++column) {
      const unsigned char bits = cells[line * width + column];
      result +=
          {'\xe2', static_cast<char>(0xa0 | bits >> 6), static_cast<char>(0x80 | (bits & 63))};
    }
    result += "\n";
  }
  return result;
}

} // namespace nnc::runtime
