// Implements Watcher.
#include "runtime/train/Watch.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

static constexpr size_t bins = 40;

static bool isHistogram(const OutputValue &value) { return !value.shape.empty(); }

static void addHistogram(const char *elements, const OutputValue &value,
                         std::vector<double> &numbers) {
  const int64_t count = elementCount(value.shape);
  double low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < count; ++i) {
    const double element = loadElement(elements, value.dtype, i);
    low = std::min(low, element);
    high = std::max(high, element);
  }
  numbers.insert(numbers.end(), {low, high});
  numbers.resize(numbers.size() + bins);
  double *counts = &numbers.back() - (bins - 1);
  for (int64_t i = 0; i < count; ++i) {
    const double share = (loadElement(elements, value.dtype, i) - low) / (high - low);
    // Equal elements are in the first bin. Infinities have no place in the range.
    ++counts[share >= 0 ? std::min(bins - 1, static_cast<size_t>(share * double(bins))) : 0];
  }
}

std::vector<double> watchedNumbers(const BoundFunction &function) {
  std::vector<double> numbers;
  for (const OutputValue *value : function.description().valuesOf(OutputKind::Watch))
    if (isHistogram(*value))
      addHistogram(function.output(*value), *value, numbers);
    else
      numbers.push_back(function.scalar(*value));
  return numbers;
}

size_t countOfWatched(const Function &function) {
  size_t count = 0;
  for (const OutputValue *value : function.valuesOf(OutputKind::Watch))
    count += isHistogram(*value) ? 2 + bins : 1;
  return count;
}

std::vector<Watched> watchedBy(const Function &function, const std::vector<double> &numbers) {
  std::vector<Watched> result;
  size_t index = 0;
  for (const OutputValue *value : function.valuesOf(OutputKind::Watch)) {
    const size_t slash = value->name.find('/');
    const std::string what = value->name.substr(0, slash), path = value->name.substr(slash + 1);
    if (result.empty() || result.back().parameter != path)
      result.push_back({.parameter = path});
    Watched &one = result.back();
    if (isHistogram(*value)) {
      one.low = numbers[index++];
      one.high = numbers[index++];
      for (size_t bin = 0; bin < bins; ++bin)
        one.histogram.push_back(static_cast<int64_t>(numbers[index++]));
      continue;
    }
    double &place = what == "gradient" ? one.gradient
                    : what == "weight" ? one.weight
                    : what == "update" ? one.update
                                       : one.unused;
    place = numbers[index++];
  }
  return result;
}

std::vector<std::string> Watcher::problems(const std::vector<Watched> &watched) {
  // Bounds of a training that goes well, with room: gradients differ by less than 10^4 between
  // layers, and a step moves a parameter by about a thousandth of its norm.
  constexpr double mostBetweenLayers = 1e4, mostOfWeight = 0.3, mostUnused = 0.5;
  std::vector<std::string> sentences;
  auto tell = [&](const std::string &kind, const std::string &sentence) {
    if (told.insert(kind).second)
      sentences.push_back(sentence);
  };
  // Parameters are listed from the input on. Sizes are compared as root mean squares.
  const Watched *smallest = nullptr, *largest = nullptr;
  auto size = [&](const Watched &one) {
    return one.gradient /
           std::sqrt(static_cast<double>(description.tensor(one.parameter)->count()));
  };
  for (const Watched &one : watched) {
    const PersistentTensor *tensor = description.tensor(one.parameter);
    if (!tensor || tensor->shape.size() < 2)
      continue;
    if (!smallest || size(one) < size(*smallest))
      smallest = &one;
    if (!largest || size(one) > size(*largest))
      largest = &one;
    if (one.unused > mostUnused)
      tell("unused/" + one.parameter,
           text("%.0f %% of the units of %s have no gradient in a whole batch: they may be dead",
                100 * one.unused, one.parameter.c_str()));
    if (one.ratio() > mostOfWeight)
      tell("ratio/" + one.parameter,
           text("a step moves %s by %.2g of its norm: the learning rate may be too high",
                one.parameter.c_str(), one.ratio()));
  }
  if (smallest && size(*largest) > mostBetweenLayers * size(*smallest)) {
    const bool vanish = smallest < largest;
    tell(vanish ? "vanish" : "explode",
         text("gradients %s towards the input: that of %s is %.1g times as large as that of %s",
              vanish ? "vanish" : "explode",
              vanish ? smallest->parameter.c_str() : largest->parameter.c_str(),
              vanish ? size(*smallest) / size(*largest) : size(*largest) / size(*smallest),
              vanish ? largest->parameter.c_str() : smallest->parameter.c_str()));
  }
  return sentences;
}

} // namespace nnc::runtime
