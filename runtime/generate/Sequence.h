// A sequence of classes or of numbers that grows element by element.
#pragma once

#include "runtime/exec/Steps.h"
#include "runtime/generate/Sampler.h"

#include <functional>
#include <vector>

namespace nnc::runtime {

/// The elements of a sequence, in the type of the model's field, one behind the other.
class Sequence {
public:
  explicit Sequence(BoundSteps &steps, int64_t limit) : steps(steps), limit(limit) {}

  int64_t size() const { return static_cast<int64_t>(bytes.size() / steps.elementBytes()); }
  const char *element(int64_t number) const {
    return bytes.data() + static_cast<size_t>(number) * steps.elementBytes();
  }

  /// Goes to the beginning.
  void begin();
  /// Adds an element, and computes what follows from it. Where positions are used up, the last half
  /// of the positions before it begins a sequence of its own, which goes on.
  void add(const char *element);

  /// Adds the element that `sampler` chooses by the logits, and returns it.
  int32_t addSampled(Sampler &sampler, int64_t sample);
  /// Adds the model's output. Throws Error if a number in it is not finite.
  void addOutput();

  /// The state at a position, and back to it.
  struct State {
    BoundSteps::State steps;
    std::vector<char> bytes;
  };
  State save() const { return {steps.save(), bytes}; }
  void restore(const State &state);

private:
  BoundSteps &steps;
  int64_t limit;
  std::vector<char> bytes;
  std::vector<double> logits;
  std::vector<int32_t> ids; ///< the elements, where they are classes
};

} // namespace nnc::runtime
