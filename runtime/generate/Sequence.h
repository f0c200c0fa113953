// A sequence of classes or of numbers that grows element by element.
#pragma once

#include "runtime/exec/Steps.h"
#include "runtime/generate/Sampler.h"

#include <span>
#include <vector>

namespace nnc::runtime {

/// The elements of a sequence, in the type of the model's field, one behind the other.
class Sequence {
public:
  Sequence(BoundSteps &steps, int64_t limit) : steps(steps), limit(limit) {}

  int64_t size() const { return static_cast<int64_t>(bytes.size() / steps.elementBytes()); }
  const char *element(int64_t number) const {
    return bytes.data() + static_cast<size_t>(number) * steps.elementBytes();
  }

  std::span<const char> elements() const { return bytes; }

  /// Removes all elements, and begins a sequence of the model.
  void begin();
  /// Adds an element, which is not one of the sequence's own, and runs the step function. After
  /// `limit` positions the model starts again from the last `limit` / 2 elements.
  void add(const char *element);
  /// Adds the elements of a prompt with the same result as `add` for each, but runs the model only
  /// for the elements after its last restart.
  void addPrompt(std::span<const char> elements);

  /// Adds the element that `sampler` chooses by the logits, and returns it.
  int32_t addSampled(Sampler &sampler, int64_t sample);
  /// Adds the model's output. Throws Error if a number in it is not finite.
  void addOutput();

  /// A copy of the sequence at a position.
  struct State {
    BoundSteps::State steps;
    std::vector<char> bytes;
    std::vector<int32_t> ids;
  };
  State save() const { return {steps.save(), bytes, ids}; }
  void restore(const State &state);
  /// Exchanges the sequence with another one, without copying it.
  void exchange(State &state);

  /// The logits behind the last element.
  const std::vector<double> &readLogits();

private:
  void append(const char *element);

  BoundSteps &steps;
  int64_t limit;
  std::vector<char> bytes;
  std::vector<double> logits;
  std::vector<int32_t> ids; ///< the elements, where they are classes
};

} // namespace nnc::runtime
