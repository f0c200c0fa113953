#include "tests/parity/Case.h"

#include <iterator>

namespace nnc::parity {

std::vector<Placement> densePlacements(const std::string &golden, const std::string &layer) {
  std::string prefix = golden.empty() ? "" : golden + ".";
  return {{.golden = prefix + "weight", .ours = layer + ".weight", .permutation = {1, 0}},
          {.golden = prefix + "bias", .ours = layer + ".bias"}};
}

std::vector<Case> allCases() {
  std::vector<Case> result;
  for (auto part : {elementwiseCases, opCases, layerCases, attentionCases, imageCases,
                    recurrentCases, lossCases, optimizerCases, scheduleCases, trainingCases}) {
    std::vector<Case> cases = part();
    std::move(cases.begin(), cases.end(), std::back_inserter(result));
  }
  return result;
}

} // namespace nnc::parity
