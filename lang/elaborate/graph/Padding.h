// Padded dimensions, whose length differs from example to example: the lengths of the dimensions of
// each value, and how operations mask the padding, the positions beyond the length.
//
// Two invariants keep the padding from affecting results: its values are finite, and their
// cotangents are exactly 0. For the first, fields are 0 in the padding, and operations that give
// infinities or NaN for some finite operands get a harmless operand there. For the second,
// operations that combine the positions of a padded dimension get their neutral element there, by a
// `select`, whose derivative is 0 in the padding.
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
  /// The same, but null where the padding does not occur while a sequence is generated.
  LengthPtr masked(const Tensor &value, int64_t axis) const;
  /// The length of each dimension; empty if none is padded.
  Lengths of(const Tensor &value) const;
  bool isPadded(const Tensor &value) const { return !of(value).empty(); }
  /// Sets the lengths of the dimensions of a value, instead of those that follow from its operands.
  void set(Tensor &value, Lengths lengths);
  void set(Tensor &value, int64_t axis, LengthPtr length);
  /// The value with its lengths in the origins of its shape.
  Tensor withLengths(Tensor value) const;

  /// The length of a field, an input of the function; `most` is the size of its dimension.
  LengthPtr ofField(const std::string &field, int64_t most, SourceRange range);
  /// The field whose length a length is, or follows from; empty if there is none.
  std::string fieldOf(LengthPtr length) const;
  /// The length that follows from another one.
  LengthPtr derived(const LengthPtr &length, LengthStep step, int64_t number);
  /// A length as a value, an int.
  Tensor value(const LengthPtr &length) const;

  /// The value with a number in the padding of one dimension; itself if that is not padded.
  Tensor fill(const Tensor &value, int64_t axis, double number, SourceRange range);
  /// Records that the padding of a result is filled with the number that fills all operands, along
  /// the dimensions where they have it.
  void keepFilled(const Tensor &result, const std::vector<Tensor> &operands);
  /// The value with 0 in the padding of all dimensions.
  Tensor zeroBeyond(Tensor value, SourceRange range);
  /// The value with each example reversed within its length.
  Tensor reverse(const Tensor &value, int64_t axis, SourceRange range);
  /// The element at the first position, and at the last one within the length; 0 for an empty
  /// sequence.
  Tensor first(const Tensor &value, int64_t axis, SourceRange range);
  Tensor last(const Tensor &value, int64_t axis, SourceRange range);
  /// `value` in those steps of the innermost scan that are within the length, else `otherwise`.
  Tensor choose(const Tensor &value, const Tensor &otherwise, SourceRange range);
  /// `choose` with 0 or false as `otherwise`.
  Tensor zeroStep(const Tensor &value, SourceRange range);
  /// Indices along a dimension of this length, clamped to the last position.
  Tensor clamped(const Tensor &indices, const LengthPtr &length, SourceRange range);
  /// The slice at one position of a dimension, -1 for the last one, without that dimension.
  /// std::nullopt, with an error, if some examples have no such position.
  std::optional<Tensor> position(const Tensor &value, int64_t axis, int64_t position,
                                 SourceRange range);
  /// The padding mask of a dimension of `size`: whether each position is within the length.
  Tensor mask(const LengthPtr &length, int64_t size, SourceRange range);
  /// The product of the sizes of dimensions, with the lengths of those that are padded (at least
  /// 1); std::nullopt if none is.
  std::optional<Tensor> count(const Tensor &value, const std::vector<int64_t> &axes,
                              SourceRange range);

  /// The length of a dimension that two values share; an error if their lengths differ.
  LengthPtr meet(const LengthPtr &left, const LengthPtr &right, SourceRange range);
  /// Reports that an operation cannot work along a padded dimension.
  void refuse(std::string_view operation, const LengthPtr &length, SourceRange range,
              std::string_view help);

  /// Masks the operands of an operation so that padding does not affect its result. Returns the
  /// length of each dimension of the result; empty if the function has no padded fields.
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
