// Implements Watcher.
#include "runtime/train/Watch.h"

#include "runtime/support/Error.h"

#include <cmath>

namespace nnc::runtime {

std::vector<double> watchedNumbers(const BoundFunction &function) {
  std::vector<double> numbers;
  for (const OutputValue *value : function.description().valuesOf(OutputKind::Watch))
    numbers.push_back(function.scalar(*value));
  return numbers;
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
