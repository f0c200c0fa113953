// Parts of images in another size.
#pragma once

#include "runtime/images/Decode.h"

namespace nnc::runtime {

/// A part of an image.
struct ImagePart {
  int64_t top = 0, left = 0, rows = 0, columns = 0;
};

/// The part in the middle that has the proportions of `rows` x `columns`.
ImagePart middleOf(const ColourImage &image, int64_t rows, int64_t columns);

/// Keeps what depends on sizes alone from one image to the next. One thread uses it.
class Resizer {
public:
  /// Writes the part in `rows` x `columns` pixels, red, green and blue: each is the mean over the area
  /// that it has in the old image, rounded. The same on all processors.
  void resize(const ColourImage &image, const ImagePart &part, int64_t rows, int64_t columns,
              uint8_t *pixels);

private:
  /// The pixels along one side that each new pixel covers, with their weights.
  struct Covers {
    int64_t from = 0, to = 0; ///< the old and the new number of pixels
    size_t most = 1;          ///< that a new pixel covers
    /// Of each new pixel the first one, and the weights of this one and those behind it. The last ones
    /// may have no weight, and may be beyond the end.
    std::vector<int64_t> first;
    std::vector<float> weights;
  };
  /// The same for groups of numbers in a row of pixels, each with a red, a green or a blue: number i of
  /// a group is the sum of those at base + i, base + i + 3 and so on, by weights of its own.
  struct Groups {
    size_t terms = 0; ///< 0: too many
    std::vector<int64_t> base;
    std::vector<float> weights;
  };
  void plan(int64_t fromRows, int64_t toRows, int64_t fromColumns, int64_t toColumns);
  static Covers coversOf(int64_t from, int64_t to);
  static Groups groupsOf(const Covers &covers);

  Covers down, across;
  Groups groups;
  std::vector<float> sums, line;
};

} // namespace nnc::runtime
