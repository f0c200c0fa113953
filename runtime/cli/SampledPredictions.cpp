// Implements SampledPredictions: running means and counts of each element.
#include "runtime/cli/SampledPredictions.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

SampledPredictions::SampledPredictions(const std::vector<Prediction> &outputs)
    : last(outputs), elements(outputs.size()) {}

void SampledPredictions::add(const std::vector<Prediction> &sample) {
  last = sample;
  ++samples;
  for (size_t i = 0; i < sample.size(); ++i) {
    const Prediction &output = sample[i];
    elements[i].resize(output.bytes.size() / sizeOf(output.dtype));
    for (size_t at = 0; at < elements[i].size(); ++at) {
      Element &element = elements[i][at];
      const double number =
          loadElement(output.bytes.data(), output.dtype, static_cast<int64_t>(at));
      if (!isFloat(output.dtype)) {
        ++element.counts[static_cast<int64_t>(number)];
        continue;
      }
      // Welford's update.
      const double difference = number - element.mean;
      element.mean += difference / static_cast<double>(samples);
      element.squares += difference * (number - element.mean);
    }
  }
}

/// An output like another one, with numbers of this type.
static Prediction numbersLike(const Prediction &output, const std::string &name, DType dtype,
                              const std::vector<double> &numbers) {
  Prediction result = output;
  result.name = name;
  result.dtype = dtype;
  result.bytes.resize(numbers.size() * sizeOf(dtype));
  convertElements(reinterpret_cast<const char *>(numbers.data()), DType::F64, result.bytes.data(),
                  dtype, static_cast<int64_t>(numbers.size()));
  return result;
}

std::vector<Prediction> SampledPredictions::results() const {
  std::vector<Prediction> results;
  const double count = static_cast<double>(samples);
  for (size_t i = 0; i < last.size(); ++i) {
    const bool isNumber = isFloat(last[i].dtype);
    std::vector<double> centres, spreads;
    for (const Element &element : elements[i]) {
      if (isNumber) {
        centres.push_back(element.mean);
        spreads.push_back(samples > 1 ? std::sqrt(element.squares / (count - 1)) : 0);
        continue;
      }
      auto most =
          std::ranges::max_element(element.counts, {}, [](auto &one) { return one.second; });
      double entropy = 0;
      for (const auto &[number, times] : element.counts)
        entropy -=
            static_cast<double>(times) / count * std::log(static_cast<double>(times) / count);
      centres.push_back(static_cast<double>(most->first));
      spreads.push_back(entropy);
    }
    const DType spreadType = isNumber ? last[i].dtype : DType::F32;
    results.push_back(numbersLike(last[i], last[i].name, last[i].dtype, centres));
    results.push_back(numbersLike(last[i], last[i].name + (isNumber ? "_deviation" : "_entropy"),
                                  spreadType, spreads));
    if (!isNumber)
      results.back().classNames.clear();
  }
  return results;
}

} // namespace nnc::runtime
