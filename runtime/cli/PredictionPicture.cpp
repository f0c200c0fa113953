// Implements predictions as a picture: the matrices of each example, with labels.
#include "runtime/cli/Predictions.h"
#include "runtime/support/Error.h"
#include "runtime/text/Xml.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

namespace {

constexpr int64_t cell = 16, letter = 8, margin = 12; // in pixels; the widest usual letter

/// A label as text of XML. A blank is drawn as a sign, since a piece may begin or end with one.
std::string escaped(const std::string &words) {
  std::string result;
  for (char letter : text::escapeXml(words))
    result += letter == ' '                      ? std::string("\u2423")
              : letter == '\n' || letter == '\t' ? std::string("\ufffd")
                                                 : std::string(1, letter);
  return result;
}

/// The number of characters of the longest label.
int64_t longest(const std::vector<std::string> &labels) {
  int64_t most = 0;
  for (const std::string &label : labels)
    most = std::max<int64_t>(most, std::ranges::count_if(label, [](char byte) {
                               return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
                             }));
  return most;
}

/// Draws the matrices of all examples, from the top to the bottom.
class Picture {
public:
  std::string draw(const std::vector<Prediction> &predictions, int64_t examples) {
    for (int64_t example = 0; example < examples; ++example) {
      int64_t left = margin, bottom = top;
      for (const Prediction &prediction : predictions) {
        const size_t rank = prediction.shape.size();
        if (rank == 0)
          fail("an .svg file draws outputs that have dimensions, and '%s' is one number; --select "
               "another one",
               prediction.name.c_str());
        std::vector<int64_t> place(rank > 2 ? rank - 2 : 0);
        drawOuter(prediction, example, 0, place, left, bottom);
      }
      top = bottom + 2 * margin;
    }
    return text("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%lld\" height=\"%lld\" "
                "font-family=\"sans-serif\" font-size=\"12\">\n"
                "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                static_cast<long long>(width), static_cast<long long>(top)) +
           body + "</svg>\n";
  }

private:
  /// Draws a matrix for each index of the dimensions in front of the last two.
  void drawOuter(const Prediction &prediction, int64_t example, size_t dimension,
                 std::vector<int64_t> &place, int64_t &left, int64_t &bottom) {
    if (dimension == place.size()) {
      drawMatrix(prediction, example, place, left, bottom);
      return;
    }
    for (int64_t i = 0; i < prediction.size(dimension, example); ++i) {
      place[dimension] = i;
      drawOuter(prediction, example, dimension + 1, place, left, bottom);
    }
  }

  void drawMatrix(const Prediction &prediction, int64_t example, const std::vector<int64_t> &place,
                  int64_t &left, int64_t &bottom) {
    const size_t rank = prediction.shape.size();
    const int64_t rows = rank == 1 ? 1 : prediction.size(rank - 2, example),
                  columns = prediction.size(rank - 1, example), stride = prediction.shape[rank - 1];
    int64_t first = example;
    std::string title = prediction.name;
    for (size_t i = 0; i < place.size(); ++i) {
      first = first * prediction.shape[i] + place[i];
      title += "[" + std::to_string(place[i]) + "]";
    }
    first *= (rank == 1 ? 1 : prediction.shape[rank - 2]) * stride;
    const std::vector<std::string> rowLabels =
        rank == 1 ? std::vector<std::string>(1) : labelsOf(prediction, rank - 2, example, rows);
    const std::vector<std::string> columnLabels = labelsOf(prediction, rank - 1, example, columns);
    const int64_t x = left + longest(rowLabels) * letter + 4,
                  y = top + 2 * cell + longest(columnLabels) * letter;

    words(left, top + cell, "start", false, title);
    for (int64_t column = 0; column < columns; ++column)
      words(x + column * cell + 12, y - 4, "start", true,
            columnLabels[static_cast<size_t>(column)]);
    for (int64_t row = 0; row < rows; ++row)
      words(x - 4, y + row * cell + 12, "end", false, rowLabels[static_cast<size_t>(row)]);
    body += text("<rect x=\"%lld\" y=\"%lld\" width=\"%lld\" height=\"%lld\" fill=\"none\" "
                 "stroke=\"gray\"/>\n",
                 static_cast<long long>(x), static_cast<long long>(y),
                 static_cast<long long>(columns * cell), static_cast<long long>(rows * cell));

    auto number = [&](int64_t row, int64_t column) {
      return loadElement(prediction.bytes.data(), prediction.dtype, first + row * stride + column);
    };
    double largest = 0;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        if (std::isfinite(number(row, column)))
          largest = std::max(largest, std::abs(number(row, column)));
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        const double value = number(row, column);
        const double share = largest > 0 ? std::abs(value) / largest : 0;
        if (!std::isfinite(value) || share < 0.005)
          continue;
        body += text("<rect x=\"%lld\" y=\"%lld\" width=\"%lld\" height=\"%lld\" fill=\"%s\" "
                     "fill-opacity=\"%.2f\"><title>%.4g</title></rect>\n",
                     static_cast<long long>(x + column * cell),
                     static_cast<long long>(y + row * cell), static_cast<long long>(cell),
                     static_cast<long long>(cell), value < 0 ? "darkred" : "navy", share, value);
      }
    left = std::max(x + columns * cell, left + static_cast<int64_t>(title.size()) * letter) +
           2 * margin;
    width = std::max(width, left);
    bottom = std::max(bottom, y + rows * cell);
  }

  /// The labels of a dimension; its numbers where it has none.
  static std::vector<std::string> labelsOf(const Prediction &prediction, size_t dimension,
                                           int64_t example, int64_t size) {
    std::vector<std::string> labels;
    auto found = prediction.labels.find(dimension);
    for (int64_t i = 0; i < size; ++i) {
      const std::vector<std::string> *known =
          found == prediction.labels.end() ? nullptr : &found->second[static_cast<size_t>(example)];
      bool isClass = dimension + 1 == prediction.shape.size() &&
                     static_cast<int64_t>(prediction.classNames.size()) == size;
      labels.push_back(known && i < static_cast<int64_t>(known->size())
                           ? (*known)[static_cast<size_t>(i)]
                       : isClass ? prediction.classNames[static_cast<size_t>(i)]
                                 : std::to_string(i));
    }
    return labels;
  }

  void words(int64_t x, int64_t y, const char *anchor, bool turned, const std::string &label) {
    if (label.empty())
      return;
    std::string place =
        text("x=\"%lld\" y=\"%lld\"", static_cast<long long>(x), static_cast<long long>(y));
    if (turned)
      place += text(" transform=\"rotate(-90 %lld %lld)\"", static_cast<long long>(x),
                    static_cast<long long>(y));
    body += "<text " + place + " text-anchor=\"" + anchor + "\">" + escaped(label) + "</text>\n";
  }

  std::string body;
  int64_t top = margin, width = 0;
};

} // namespace

std::string formatSvg(const std::vector<Prediction> &predictions, int64_t examples) {
  return Picture().draw(predictions, examples);
}

} // namespace nnc::runtime
