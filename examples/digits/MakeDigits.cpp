// Draws handwritten-looking digits and writes them as IDX files: the data of examples/digits.nn.
//
// A digit is a few strokes (line segments and arcs in the unit square). Each image bends, slants,
// turns, scales and shifts the strokes, draws them with a soft pen of random width and adds noise.
// The generator depends on nothing but the image's number, so that the files are the same on every
// machine.
//
//     make-digits FOLDER [TRAIN [TEST]]
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int side = 20;

struct Point {
  double x, y;
};
using Stroke = std::vector<Point>;

/// splitmix64 (Steele, Lea, Flood 2014), started from the image's number.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15ull + 0x632be59bd9b4e019ull) {}

  /// Uniform in [low, high).
  double uniform(double low, double high) {
    state += 0x9e3779b97f4a7c15ull;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    return low + (high - low) * static_cast<double>(z >> 11) * 0x1p-53;
  }

private:
  uint64_t state;
};

/// Points of an elliptic arc; angles in degrees, clockwise from the right because y points down.
Stroke arc(double x, double y, double radiusX, double radiusY, double from, double to) {
  constexpr int pieces = 16;
  constexpr double radian = 3.14159265358979323846 / 180;
  Stroke stroke;
  for (int i = 0; i <= pieces; ++i) {
    double angle = (from + (to - from) * i / pieces) * radian;
    stroke.push_back({x + radiusX * std::cos(angle), y + radiusY * std::sin(angle)});
  }
  return stroke;
}

/// The strokes of a digit; `variant` chooses between the ways in which people write it.
std::vector<Stroke> strokes(int digit, bool variant) {
  switch (digit) {
  case 0:
    return {arc(0.5, 0.5, 0.26, 0.38, 0, 360)};
  case 1:
    if (variant)
      return {{{0.5, 0.12}, {0.5, 0.88}}};
    return {{{0.34, 0.3}, {0.54, 0.12}, {0.54, 0.88}}};
  case 2: {
    Stroke top = arc(0.5, 0.34, 0.24, 0.22, 190, 395);
    top.push_back({0.26, 0.86});
    top.push_back({0.76, 0.86});
    return {top};
  }
  case 3:
    if (variant)
      return {{{0.28, 0.14}, {0.7, 0.14}, {0.48, 0.44}}, arc(0.48, 0.66, 0.24, 0.22, 270, 510)};
    return {arc(0.47, 0.31, 0.22, 0.19, 200, 450), arc(0.47, 0.69, 0.25, 0.2, 270, 520)};
  case 4:
    if (variant)
      return {{{0.3, 0.14}, {0.3, 0.52}, {0.74, 0.52}}, {{0.66, 0.14}, {0.66, 0.88}}};
    return {{{0.62, 0.88}, {0.62, 0.12}, {0.24, 0.62}, {0.8, 0.62}}};
  case 5: {
    Stroke belly = arc(0.48, 0.64, 0.25, 0.23, 230, 510);
    return {{{0.72, 0.14}, {0.34, 0.14}, {0.31, 0.46}}, belly};
  }
  case 6:
    return {{{0.64, 0.12}, {0.42, 0.3}, {0.29, 0.6}}, arc(0.5, 0.66, 0.22, 0.21, 0, 360)};
  case 7:
    if (variant)
      return {{{0.24, 0.14}, {0.76, 0.14}, {0.42, 0.88}}, {{0.36, 0.5}, {0.68, 0.5}}};
    return {{{0.24, 0.14}, {0.76, 0.14}, {0.44, 0.88}}};
  case 8:
    return {arc(0.5, 0.31, 0.2, 0.18, 0, 360), arc(0.5, 0.68, 0.24, 0.2, 0, 360)};
  default:
    return {arc(0.5, 0.34, 0.22, 0.21, 0, 360), {{0.72, 0.36}, {0.68, 0.62}, {0.52, 0.88}}};
  }
}

double distance(Point p, Point a, Point b) {
  double dx = b.x - a.x, dy = b.y - a.y;
  double length = dx * dx + dy * dy;
  double t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

std::array<uint8_t, side * side> draw(int digit, Random random) {
  double turn = random.uniform(-0.25, 0.25), slant = random.uniform(-0.3, 0.3);
  double scaleX = random.uniform(0.75, 1.1), scaleY = random.uniform(0.75, 1.05);
  double shiftX = random.uniform(-0.1, 0.1), shiftY = random.uniform(-0.1, 0.1);
  double bend = random.uniform(-0.12, 0.12), pen = random.uniform(0.03, 0.065);
  double ink = random.uniform(0.75, 1.0), noise = random.uniform(0.0, 0.12);
  bool variant = random.uniform(0, 1) < 0.4;

  auto place = [&](Point p) -> Point {
    double x = (p.x - 0.5) * scaleX, y = (p.y - 0.5) * scaleY;
    x += slant * y + bend * std::cos(6 * y);
    return {0.5 + shiftX + x * std::cos(turn) - y * std::sin(turn),
            0.5 + shiftY + x * std::sin(turn) + y * std::cos(turn)};
  };
  std::vector<Stroke> lines = strokes(digit, variant);
  for (Stroke &line : lines)
    for (Point &p : line)
      p = place({p.x + random.uniform(-0.012, 0.012), p.y + random.uniform(-0.012, 0.012)});

  std::array<uint8_t, side * side> image{};
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      Point p{(column + 0.5) / side, (row + 0.5) / side};
      double nearest = 10;
      for (const Stroke &line : lines)
        for (size_t i = 0; i + 1 < line.size(); ++i)
          nearest = std::min(nearest, distance(p, line[i], line[i + 1]));
      double value = ink * std::clamp(1 - (nearest - pen) / 0.04, 0.0, 1.0);
      value += noise * random.uniform(-1, 1);
      image[row * side + column] =
          static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
    }
  }
  return image;
}

bool writeIdx(const std::string &path, const std::vector<uint32_t> &shape,
              const std::vector<uint8_t> &bytes) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file) {
    std::perror(path.c_str());
    return false;
  }
  auto word = [&](uint32_t w) {
    for (int shift = 24; shift >= 0; shift -= 8)
      std::fputc(static_cast<int>(w >> shift & 255), file);
  };
  word(0x0800 + static_cast<uint32_t>(shape.size()));
  for (uint32_t extent : shape)
    word(extent);
  bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (std::fclose(file) != 0 || !written) {
    std::perror(path.c_str());
    return false;
  }
  return true;
}

/// Writes images `first` to `first + count` of the endless sequence of digits, and their labels.
bool writeSplit(const std::string &folder, const std::string &split, uint32_t first,
                uint32_t count) {
  std::vector<uint8_t> images, labels;
  for (uint32_t i = first; i < first + count; ++i) {
    Random random(i);
    int digit = static_cast<int>(random.uniform(0, 10));
    auto image = draw(digit, random);
    images.insert(images.end(), image.begin(), image.end());
    labels.push_back(static_cast<uint8_t>(digit));
  }
  return writeIdx(folder + "/" + split + "-images.idx", {count, side, side}, images) &&
         writeIdx(folder + "/" + split + "-labels.idx", {count}, labels);
}

} // namespace

int main(int count, char **arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: make-digits FOLDER [TRAIN [TEST]]\n");
    return 2;
  }
  uint32_t train = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 10000;
  uint32_t test = count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 2000;
  if (train < 1 || test < 1 || train > 1000000 || test > 1000000) {
    std::fprintf(stderr, "make-digits: 1 to 1000000 images a split\n");
    return 2;
  }
  bool written =
      writeSplit(arguments[1], "train", 0, train) && writeSplit(arguments[1], "test", train, test);
  return written ? 0 : 1;
}
