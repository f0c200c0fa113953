// Appends operations of the nn dialect to the function that is being built, one method for each
// kind. Shapes are right when these are called.
#pragma once

#include "lang/elaborate/environment/Environment.h"
#include "lang/elaborate/graph/Pass.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

class Emitter {
public:
  explicit Emitter(Environment &environment) : environment(environment) {}

  Tensor emit(const std::string &operation, const std::vector<Tensor> &operands, Element element,
              Shape shape, Graph::Attributes attributes, SourceRange range);
  /// A number known when compiling; a whole one where the element type is.
  Tensor constant(const Entity &number, Element element, SourceRange range);
  /// A list of numbers, or of equally long lists, as the tensor that it stands for: of `int` where
  /// all of them are whole. Any other value as it is.
  Entity listed(const Entity &value, SourceRange range);
  Tensor broadcast(const Tensor &value, const Shape &shape, std::vector<int64_t> axes,
                   SourceRange range);
  /// To a shape whose last dimensions are those of the value.
  Tensor broadcastTo(const Tensor &value, const Shape &shape, SourceRange range);
  Tensor convert(const Tensor &value, Element element, SourceRange range);
  Tensor reduce(const std::string &operation, const Tensor &value, std::vector<int64_t> axes,
                SourceRange range);
  Tensor reshape(const Tensor &value, Shape shape, SourceRange range);
  Tensor transpose(const Tensor &value, std::vector<int64_t> permutation, SourceRange range);
  /// `extent` elements along `axis` from `begin` on, `stride` apart.
  Tensor slice(const Tensor &value, int64_t axis, Extent extent, int64_t begin, SourceRange range,
               int64_t stride = 1);
  /// Takes along `axis` what stands at the indices, whose first `batch` dimensions are also those
  /// of the value.
  Tensor gather(const Tensor &base, int64_t axis, const Tensor &indices, int64_t batch,
                SourceRange range);
  Tensor contract(const Tensor &left, const std::vector<int64_t> &leftLabels, const Tensor &right,
                  const std::vector<int64_t> &rightLabels, const std::vector<int64_t> &resultLabels,
                  SourceRange range);
  /// seed, step, ... as an i64 argument of the function
  Tensor scalar(const std::string &counter);
  /// A number that each example has for itself, whatever its value; nothing where no function of
  /// examples is built.
  std::optional<Tensor> numberOfExample(SourceRange range);
  /// The argument for a parameter, slot or state.
  Tensor persistent(ArgumentKind kind, const std::string &path, Element element, const Shape &shape,
                    SourceRange range);
  /// The initial value of a state; std::nullopt if it is not constant, as random numbers are not.
  std::optional<Tensor> initialState(const std::string &path, Element element, const Shape &shape);
  /// A number or tensor as a tensor; nothing, with an error, when it is neither.
  std::optional<Tensor> tensor(const Entity &value, Element preferred, std::string_view what,
                               SourceRange range);
  /// Whether a value belongs to the function that is being built; if not, an error.
  bool usable(const Tensor &value, SourceRange range);

  bool initializing() const { return pass && pass == initialize.get(); }

  Pass *pass = nullptr;             // the function that is being built
  std::unique_ptr<Pass> initialize; // gives parameters, slots and states their initial values
  /// Of the contractions of the layer at hand so far, without those of layers inside it.
  int64_t layerFlop = 0;
  int64_t repetitions = 1; // of what is being built: the steps of the scans around it

private:
  Environment &environment;
};

/// Makes another function the one that is built, for its life time.
class EnterPass {
public:
  EnterPass(Emitter &emitter, Pass *pass) : emitter(emitter), previous(emitter.pass) {
    emitter.pass = pass;
  }
  ~EnterPass() { emitter.pass = previous; }
  EnterPass(const EnterPass &) = delete;

private:
  Emitter &emitter;
  Pass *previous;
};

} // namespace nnc::lang
