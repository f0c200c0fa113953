// Padded dimensions, of which each example has a length of its own: which dimensions of a value are
// padded and by which length, and how operations leave out what lies beyond it.
//
// Two invariants keep it from touching anything: values beyond the length are finite, and their
// cotangents are exactly 0. For the first, the data is 0 beyond its length from the beginning, and
// operations that give infinities or nan for some finite operands see a harmless operand there. For
// the second, whatever combines the positions of a padded dimension reads, beyond the length, a
// number that leaves its result as it is, chosen by `select`, whose derivative is 0 there.
#pragma once

#include "lang/elaborate/graph/Emitter.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

using Lengths = std::vector<LengthPtr>;

class Padding {
public:
  Padding(Environment &environment, Emitter &emitter)
      : environment(environment), emitter(emitter) {}

  /// The length of a dimension; null where it is not padded.
  LengthPtr along(const Tensor &value, int64_t axis) const;
  /// The length of each dimension; empty if none is padded.
  Lengths of(const Tensor &value) const;
  bool isPadded(const Tensor &value) const { return !of(value).empty(); }
  /// Sets the lengths of the dimensions of a value, instead of those that follow from its operands.
  void set(Tensor &value, Lengths lengths);
  void set(Tensor &value, int64_t axis, LengthPtr length);
  /// The value with a shape whose dimensions know their lengths.
  Tensor withLengths(Tensor value) const;

  /// The length of a field, an input of the function; `most` is the size of its dimension.
  LengthPtr ofField(const std::string &field, int64_t most, SourceRange range);
  /// The length that follows from another one.
  LengthPtr derived(const LengthPtr &length, LengthStep step, int64_t number);
  /// A length as a value, an int.
  Tensor value(const LengthPtr &length) const;

  /// The value with a number beyond the length of a dimension, if that is padded.
  Tensor fill(const Tensor &value, int64_t axis, double number, SourceRange range);
  /// Notes that a value has the number of all operands beyond its length, along the same dimensions.
  void keepFilled(const Tensor &result, const std::vector<Tensor> &operands);
  /// The value with 0 beyond the lengths of all its dimensions.
  Tensor zeroBeyond(Tensor value, SourceRange range);
  /// Each example's own part the other way round.
  Tensor reverse(const Tensor &value, int64_t axis, SourceRange range);
  /// What stands at the first position, and at the last one before the length; of an empty sequence
  /// 0.
  Tensor first(const Tensor &value, int64_t axis, SourceRange range);
  Tensor last(const Tensor &value, int64_t axis, SourceRange range);
  /// As `value` in the steps of the scan at hand before the length, else as `otherwise`.
  Tensor choose(const Tensor &value, const Tensor &otherwise, SourceRange range);
  /// The same with 0 or false as the other value.
  Tensor zeroStep(const Tensor &value, SourceRange range);
  /// Indices along a dimension of this length, those beyond it as the last one.
  Tensor clamped(const Tensor &indices, const LengthPtr &length, SourceRange range);
  /// The value without a dimension, of which one position is left; it may be -1, the last one.
  /// Nothing, with an error, where some examples have no such position.
  std::optional<Tensor> position(const Tensor &value, int64_t axis, int64_t position,
                                 SourceRange range);
  /// Whether each position of a dimension of `size` is before the length.
  Tensor mask(const LengthPtr &length, int64_t size, SourceRange range);
  /// The product of the sizes of dimensions, with the lengths of those that are padded (at least 1);
  /// nothing where none is.
  std::optional<Tensor> count(const Tensor &value, const std::vector<int64_t> &axes,
                              SourceRange range);

  /// The length of a dimension in which two values meet; an error where they are padded otherwise.
  LengthPtr meet(const LengthPtr &left, const LengthPtr &right, SourceRange range);
  /// The error that an operation cannot work along a padded dimension.
  void refuse(std::string_view operation, const LengthPtr &length, SourceRange range,
              std::string_view help);

  /// Changes the operands of an operation so that nothing beyond a length reaches its result; the
  /// lengths of the result, empty if it has none.
  Lengths prepare(const std::string &operation, std::vector<Tensor> &operands, const Shape &shape,
                  const Graph::Attributes &attributes, SourceRange range);

private:
  PaddingState &state() const { return emitter.pass->padding; }
  Tensor at(const Tensor &value, int64_t axis, int64_t position, SourceRange range);
  Tensor chosen(const Tensor &truths, const Tensor &value, double number, SourceRange range);
  Tensor harmless(const Tensor &value, double number, SourceRange range);
  Lengths follow(const std::string &operation, std::vector<Tensor> &operands, const Shape &shape,
                 const Graph::Attributes &attributes, SourceRange range);
  Lengths followReshape(const Tensor &value, const Shape &shape, SourceRange range);
  Lengths followContract(std::vector<Tensor> &operands, const Graph::Attributes &attributes,
                         SourceRange range);
  Lengths followWindows(const std::string &operation, std::vector<Tensor> &operands,
                        const Shape &shape, const Graph::Attributes &attributes, SourceRange range);
  Lengths followGather(const std::vector<Tensor> &operands, const Graph::Attributes &attributes,
                       SourceRange range);

  Environment &environment;
  Emitter &emitter;
};

} // namespace nnc::lang
