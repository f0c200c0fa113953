// Numbers that a program built with --watch computes of its parameters in each step: norms of
// gradients and updates, units that do not learn, and histograms of gradients.
#pragma once

#include "runtime/exec/Execution.h"

#include <set>
#include <string>
#include <vector>

namespace nnc::runtime {

/// The numbers of a parameter in the last step.
struct Watched {
  std::string parameter;
  double gradient = 0, weight = 0, update = 0; ///< Euclidean norms
  double unused = 0; ///< fraction of the columns, units of a layer, whose gradient was 0
  /// How many elements of the gradient are in each of equally wide bins; empty for a single number.
  std::vector<int64_t> histogram = {};
  double low = 0, high = 0; ///< the least and the largest element

  /// How far the step moved the parameter, in parts of its norm.
  double ratio() const { return weight > 0 ? update / weight : 0; }
};

/// The numbers of a function that has run, in the order of its outputs; of a histogram the least and
/// the largest element and the counts.
std::vector<double> watchedNumbers(const BoundFunction &function);
/// How many numbers that are.
size_t countOfWatched(const Function &function);
/// The parameters to which numbers of such a function belong.
std::vector<Watched> watchedBy(const Function &function, const std::vector<double> &numbers);

/// Finds what slows a training down, and names each kind of it once.
class Watcher {
public:
  explicit Watcher(const Description &description) : description(description) {}

  /// Sentences on gradients of matrices that are much smaller or larger in early layers than in late
  /// ones, on updates as large as the parameter, and on layers most of whose units have no gradient.
  std::vector<std::string> problems(const std::vector<Watched> &watched);

private:
  const Description &description;
  std::set<std::string> told;
};

} // namespace nnc::runtime
