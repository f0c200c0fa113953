// Helpers to build and to look through nn operations: locations and names, constants, broadcasts,
// and `Term`, with which derivative rules read like formulas.
#pragma once

#include "compiler/dialect/NN.h"
#include "llvm/Support/ErrorHandling.h"

namespace nnc::nn {

/// The location without the name of a value: for operations built on behalf of a named one.
mlir::Location withoutName(mlir::Location location);

/// The name that a NameLoc gives a value, or else the `nn.name` of the function argument it is;
/// empty if it has none.
llvm::StringRef nameOf(mlir::Value value);

/// The `nn.kind` among the attributes of an argument or a result; nothing if they have none.
std::optional<Kind> kindIn(mlir::DictionaryAttr attributes);

/// The `nn.kind` of the function argument that the value is; nothing for other values.
std::optional<Kind> kindOf(mlir::Value value);

/// How many sequences a function takes a step of: the value of `nn.rows` on a function that nn-step has
/// derived, otherwise 1.
int64_t rowsOfSteps(mlir::Operation *function);

bool isFloat(mlir::Value value);

/// `type` with a leading dimension of `batch` elements.
mlir::RankedTensorType withBatchDim(mlir::Type type, int64_t batch);

/// `type` with `size` elements in dimension `dim`.
mlir::RankedTensorType withDimSize(mlir::RankedTensorType type, int64_t dim, int64_t size);

/// 0, 1, ..., rank - 1, each plus `offset`.
llvm::SmallVector<int64_t> consecutiveDims(int64_t rank, int64_t offset = 0);

/// The dimensions of [0, rank) that are not in `dims`, in order.
llvm::SmallVector<int64_t> otherDims(llvm::ArrayRef<int64_t> dims, int64_t rank);

/// Where dimension `dim` goes in the result of a reshape that leaves it alone: as many elements,
/// and as many of them before it. None for a dimension that is split, joined or of one element.
std::optional<int64_t> keptByReshape(ReshapeOp op, int64_t dim);

/// A constant of `type` (numbers or i1) whose elements are all `value`.
mlir::Value buildSplat(mlir::OpBuilder &builder, mlir::Location location, mlir::Type type,
                       double value);

/// The value of all elements, if it is a constant with equal elements or a broadcast of one.
std::optional<double> matchSplat(mlir::Value value);

/// Broadcasts a value into `type`; `dims` as in nn.broadcast. The value itself if it has the type.
mlir::Value buildBroadcast(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                           llvm::ArrayRef<int64_t> dims, mlir::Type type);

/// Broadcasts the result of a reduction over `reducedDims` back to the reduced type.
mlir::Value buildUnreduced(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                           llvm::ArrayRef<int64_t> reducedDims, mlir::Type type);

/// Adds a leading dimension by repetition unless the value is `batched` already.
mlir::Value buildWithBatchDim(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                              bool batched, int64_t batch);

/// `count` rows, elements of the first dimension, from `first` on.
mlir::Value buildRows(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                      int64_t first, int64_t count);

/// One row, without the first dimension.
mlir::Value buildRow(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                     int64_t row);

/// `count` elements of dimension `dim` from `first` on.
mlir::Value buildPart(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                      int64_t dim, int64_t first, int64_t count);

/// Builds the definition of nn.random_normal from nn.random_uniform and arithmetic.
mlir::Value expandRandomNormal(mlir::OpBuilder &builder, RandomNormalOp op);

/// Whether the comparison of two numbers is true.
template <typename T> bool holds(ComparePredicate predicate, T a, T b) {
  switch (predicate) {
  case ComparePredicate::eq:
    return a == b;
  case ComparePredicate::ne:
    return a != b;
  case ComparePredicate::lt:
    return a < b;
  case ComparePredicate::le:
    return a <= b;
  case ComparePredicate::gt:
    return a > b;
  case ComparePredicate::ge:
    return a >= b;
  }
  llvm_unreachable("all predicates are handled");
}

/// Element-wise arithmetic on values of one type. Every operator builds one nn operation; numbers
/// become splats of the other operand's type.
class Term {
public:
  Term(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value)
      : builder(&builder), location(location), value(value) {}

  operator mlir::Value() const { return value; }

  Term number(double x) const { return with(buildSplat(*builder, location, value.getType(), x)); }

  /// Applies a unary operation.
  template <typename Op> Term apply() const { return with(Op::create(*builder, location, value)); }
  /// Applies a binary operation.
  template <typename Op> Term apply(Term other) const {
    return with(Op::create(*builder, location, value, other.value));
  }
  /// Compares with a number or another term; the result is i1.
  mlir::Value compare(ComparePredicate predicate, Term other) const {
    return CompareOp::create(*builder, location, predicate, value, other.value);
  }
  /// This where the condition holds, `other` elsewhere.
  Term where(mlir::Value condition, Term other) const {
    return with(SelectOp::create(*builder, location, condition, value, other.value));
  }

  friend Term operator+(Term a, Term b) { return a.apply<AddOp>(b); }
  friend Term operator-(Term a, Term b) { return a.apply<SubOp>(b); }
  friend Term operator*(Term a, Term b) { return a.apply<MulOp>(b); }
  friend Term operator/(Term a, Term b) { return a.apply<DivOp>(b); }
  friend Term operator+(Term a, double b) { return a + a.number(b); }
  friend Term operator-(Term a, double b) { return a - a.number(b); }
  friend Term operator-(double a, Term b) { return b.number(a) - b; }
  friend Term operator*(Term a, double b) { return a * a.number(b); }
  Term operator-() const { return apply<NegOp>(); }

private:
  Term with(mlir::Value other) const { return Term(*builder, location, other); }

  mlir::OpBuilder *builder;
  mlir::Location location;
  mlir::Value value;
};

} // namespace nnc::nn
