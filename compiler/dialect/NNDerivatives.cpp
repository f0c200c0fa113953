// The derivative of every differentiable operation: each rule builds the cotangents of the operands
// from those of the result. In the rules d is the cotangent of the result, y the result.
// nn-differentiate removes the parts of a rule that no requested derivative needs.
#include "compiler/dialect/NNBuilders.h"

using namespace mlir;
using namespace nnc::nn;

//===----------------------------------------------------------------------===//
// Element-wise operations
//===----------------------------------------------------------------------===//

static constexpr double twoBySqrtPi = 1.1283791670955126;

#define NN_UNARY_RULE(OP, COTANGENT)                                                               \
  void OP::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,                        \
                           SmallVectorImpl<Value> &operandCotangents) {                            \
    Location location = withoutName(getLoc());                                                     \
    [[maybe_unused]] Term d(builder, location, resultCotangents.front());                          \
    [[maybe_unused]] Term x(builder, location, getOperand());                                      \
    [[maybe_unused]] Term y(builder, location, getResult());                                       \
    operandCotangents.push_back(COTANGENT);                                                        \
  }
NN_UNARY_RULE(NegOp, -d)
NN_UNARY_RULE(AbsOp, (d * x.apply<SignOp>()))
NN_UNARY_RULE(ExpOp, (d * y))
NN_UNARY_RULE(Expm1Op, (d * x.apply<ExpOp>()))
NN_UNARY_RULE(LogOp, d / x)
NN_UNARY_RULE(Log1pOp, d / (x + 1.0))
NN_UNARY_RULE(SqrtOp, d / (y * 2.0))
NN_UNARY_RULE(RsqrtOp, (d * (y * y * y * -0.5)))
NN_UNARY_RULE(TanhOp, (d * (1.0 - y * y)))
NN_UNARY_RULE(LogisticOp, (d * (y * (1.0 - y))))
NN_UNARY_RULE(ErfOp, (d * ((-(x * x)).apply<ExpOp>() * twoBySqrtPi)))
NN_UNARY_RULE(SinOp, (d * x.apply<CosOp>()))
NN_UNARY_RULE(CosOp, (d * -x.apply<SinOp>()))
// Steps: 0 everywhere, also at the jumps.
NN_UNARY_RULE(SignOp, Value())
NN_UNARY_RULE(FloorOp, Value())
NN_UNARY_RULE(CeilOp, Value())
NN_UNARY_RULE(RoundOp, Value())
#undef NN_UNARY_RULE

#define NN_BINARY_RULE(OP, LHS_COTANGENT, RHS_COTANGENT)                                           \
  void OP::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,                        \
                           SmallVectorImpl<Value> &operandCotangents) {                            \
    Location location = withoutName(getLoc());                                                     \
    Term d(builder, location, resultCotangents.front());                                           \
    [[maybe_unused]] Term a(builder, location, getLhs());                                          \
    [[maybe_unused]] Term b(builder, location, getRhs());                                          \
    [[maybe_unused]] Term y(builder, location, getResult());                                       \
    operandCotangents.push_back(LHS_COTANGENT);                                                    \
    operandCotangents.push_back(RHS_COTANGENT);                                                    \
  }
NN_BINARY_RULE(AddOp, d, d)
NN_BINARY_RULE(SubOp, d, -d)
NN_BINARY_RULE(MulOp, (d * b), (d * a))
NN_BINARY_RULE(DivOp, d / b, -(d *y / b))
// a - y is the multiple of b that was taken away, so (a - y) / b is how often it was.
NN_BINARY_RULE(RemOp, d, -(d *((a - y) / b)))
NN_BINARY_RULE(MaxOp, d.where(a.compare(ComparePredicate::gt, b), d.number(0)),
               d.number(0).where(a.compare(ComparePredicate::gt, b), d))
NN_BINARY_RULE(MinOp, d.where(a.compare(ComparePredicate::lt, b), d.number(0)),
               d.number(0).where(a.compare(ComparePredicate::lt, b), d))
// The conditions keep 0 * inf out: the exponent's zero and the base's have derivative 0.
NN_BINARY_RULE(PowOp,
               d.number(0).where(b.compare(ComparePredicate::eq, b.number(0)),
                                 (d * (b * a.apply<PowOp>(b - 1.0)))),
               d.number(0).where(a.compare(ComparePredicate::eq, a.number(0)),
                                 (d * (y * a.apply<LogOp>()))))

/// d where the operation is differentiable: not at the origin.
static Term awayFromOrigin(Term d, Term square) {
  return d.number(0).where(square.compare(ComparePredicate::eq, d.number(0)), d / square);
}
NN_BINARY_RULE(Atan2Op, awayFromOrigin(d *b, a *a + b * b), awayFromOrigin(-(d *a), a *a + b * b))
#undef NN_BINARY_RULE

void SelectOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                               SmallVectorImpl<Value> &operandCotangents) {
  Term d(builder, withoutName(getLoc()), resultCotangents.front());
  Term zero = d.number(0);
  operandCotangents.append({Value(), d.where(getCondition(), zero), zero.where(getCondition(), d)});
}

void ConvertOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                SmallVectorImpl<Value> &operandCotangents) {
  bool fromFloat = isa<FloatType>(getOperand().getType().getElementType());
  operandCotangents.push_back(fromFloat ? ConvertOp::create(builder, withoutName(getLoc()),
                                                            getOperand().getType(),
                                                            resultCotangents.front())
                                        : Value());
}

//===----------------------------------------------------------------------===//
// The batch
//===----------------------------------------------------------------------===//

// In a function of one example cotangents are those of the loss's sum over the batch. All examples
// have equal shares in the result, and the result reaches the losses of all, so each rule is the
// operation itself. It is for values of each example; nn-differentiate refuses others.
void BatchMeanOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(
      BatchMeanOp::create(builder, withoutName(getLoc()), resultCotangents.front()));
}

// The example that reads a value is the one before.
void BatchNextOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(BatchNextOp::create(builder, withoutName(getLoc()),
                                                  resultCotangents.front(), !getPrevious()));
}

void BatchSumOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                 SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(
      BatchSumOp::create(builder, withoutName(getLoc()), resultCotangents.front()));
}

//===----------------------------------------------------------------------===//
// Operations on shapes
//===----------------------------------------------------------------------===//

void BroadcastOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(ReduceSumOp::create(builder, withoutName(getLoc()),
                                                  resultCotangents.front(),
                                                  otherDims(getDims(), getType().getRank())));
}

void ReshapeOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(ReshapeOp::create(builder, withoutName(getLoc()),
                                                getOperand().getType(), resultCotangents.front()));
}

void TransposeOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  SmallVector<int64_t> inverse(getPermutation().size());
  for (auto [i, dim] : llvm::enumerate(getPermutation()))
    inverse[dim] = i;
  operandCotangents.push_back(
      TransposeOp::create(builder, withoutName(getLoc()), resultCotangents.front(), inverse));
}

/// Puts the elements of `value` at offsets[d], offsets[d] + strides[d], ... of a tensor of zeros:
/// a stride becomes a dimension of its own, padded with zeros and merged again.
static Value buildStridedPlacement(OpBuilder &builder, Location location, Value value,
                                   RankedTensorType into, ArrayRef<int64_t> offsets,
                                   ArrayRef<int64_t> strides) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t rank = type.getRank();
  if (llvm::any_of(strides, [](int64_t stride) { return stride != 1; })) {
    SmallVector<int64_t> split, merged, spanned, low(2 * rank, 0), high(2 * rank, 0);
    for (int64_t dim = 0; dim < rank; ++dim) {
      split.append({type.getDimSize(dim), 1});
      high[2 * dim + 1] = strides[dim] - 1;
      merged.push_back(type.getDimSize(dim) * strides[dim]);
      spanned.push_back((type.getDimSize(dim) - 1) * strides[dim] + 1);
    }
    value = ReshapeOp::create(builder, location, type.clone(split), value);
    value = PadOp::create(builder, location, value, low, high, APFloat(0.0));
    value = ReshapeOp::create(builder, location, type.clone(merged), value);
    value = SliceOp::create(builder, location, value, SmallVector<int64_t>(rank, 0), spanned,
                            SmallVector<int64_t>(rank, 1));
    type = cast<RankedTensorType>(value.getType());
  }
  SmallVector<int64_t> high;
  for (int64_t dim = 0; dim < rank; ++dim)
    high.push_back(into.getDimSize(dim) - offsets[dim] - type.getDimSize(dim));
  return PadOp::create(builder, location, value, offsets, high, APFloat(0.0));
}

void SliceOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                              SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(
      buildStridedPlacement(builder, withoutName(getLoc()), resultCotangents.front(),
                            getOperand().getType(), getOffsets(), getStrides()));
}

void PadOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                            SmallVectorImpl<Value> &operandCotangents) {
  RankedTensorType type = getOperand().getType();
  operandCotangents.push_back(SliceOp::create(builder, withoutName(getLoc()),
                                              resultCotangents.front(), getLow(), type.getShape(),
                                              SmallVector<int64_t>(type.getRank(), 1)));
}

void ConcatOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                               SmallVectorImpl<Value> &operandCotangents) {
  int64_t dim = getDim();
  SmallVector<int64_t> offsets(getType().getRank(), 0), strides(getType().getRank(), 1);
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    operandCotangents.push_back(SliceOp::create(builder, withoutName(getLoc()),
                                                resultCotangents.front(), offsets, type.getShape(),
                                                strides));
    offsets[dim] += type.getDimSize(dim);
  }
}

void ReverseOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(
      ReverseOp::create(builder, withoutName(getLoc()), resultCotangents.front(), getDims()));
}

void GatherOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                               SmallVectorImpl<Value> &operandCotangents) {
  int64_t size = getOperand().getType().getDimSize(getBatchDims());
  operandCotangents.push_back(ScatterAddOp::create(builder, withoutName(getLoc()),
                                                   resultCotangents.front(), getIndices(),
                                                   getBatchDims(), size));
  operandCotangents.push_back(Value());
}

void ScatterAddOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                   SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(GatherOp::create(
      builder, withoutName(getLoc()), resultCotangents.front(), getIndices(), getBatchDims()));
  operandCotangents.push_back(Value());
}

void WindowsOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                SmallVectorImpl<Value> &operandCotangents) {
  SmallVector<int64_t> extents;
  for (int64_t dim : getDims())
    extents.push_back(getOperand().getType().getDimSize(dim));
  operandCotangents.push_back(OverlapAddOp::create(builder, withoutName(getLoc()),
                                                   resultCotangents.front(), getDims(), extents,
                                                   getStrides(), getDilations()));
}

void OverlapAddOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                   SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(WindowsOp::create(builder, withoutName(getLoc()),
                                                resultCotangents.front(), getDims(), getSizes(),
                                                getStrides(), getDilations()));
}

//===----------------------------------------------------------------------===//
// Reductions and contractions
//===----------------------------------------------------------------------===//

void ReduceSumOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(buildUnreduced(
      builder, withoutName(getLoc()), resultCotangents.front(), getDims(), getOperand().getType()));
}

// y (d - sum(d y)). A result of 0 passes nothing on.
void SoftmaxOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                SmallVectorImpl<Value> &operandCotangents) {
  Location location = withoutName(getLoc());
  Term d(builder, location, resultCotangents.front()), y(builder, location, getResult());
  Value sum = ReduceSumOp::create(builder, location, d * y, getDims());
  Term mean(builder, location, buildUnreduced(builder, location, sum, getDims(), getType()));
  operandCotangents.push_back(y * (d - mean));
}

// Element i takes part in the sums i to the last.
void CumulativeSumOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                      SmallVectorImpl<Value> &operandCotangents) {
  Location location = withoutName(getLoc());
  Value reversed =
      ReverseOp::create(builder, location, resultCotangents.front(), int64_t(getDim()));
  Value sums = CumulativeSumOp::create(builder, location, reversed, getDim());
  operandCotangents.push_back(ReverseOp::create(builder, location, sums, int64_t(getDim())));
}

/// The cotangent of a maximum or minimum: all of it for the first element that equals the result.
static Value buildExtremumCotangent(OpBuilder &builder, Location location, Value operand,
                                    Value result, ArrayRef<int64_t> dims, Value cotangent) {
  auto type = cast<RankedTensorType>(operand.getType());
  auto unreduce = [&](Value value) {
    return buildUnreduced(builder, location, value, dims,
                          type.clone(cast<RankedTensorType>(value.getType()).getElementType()));
  };
  // The row-major position of each element among those that are reduced into one.
  RankedTensorType positionType = type.clone(builder.getI32Type());
  Term position(builder, location, buildSplat(builder, location, positionType, 0));
  int64_t count = 1;
  for (int64_t dim : llvm::reverse(dims)) {
    Term index(builder, location, IotaOp::create(builder, location, positionType, dim));
    position = position + index * static_cast<double>(count);
    count *= type.getDimSize(dim);
  }
  Value isExtremum =
      CompareOp::create(builder, location, ComparePredicate::eq, operand, unreduce(result));
  Term candidate = position.where(isExtremum, position.number(static_cast<double>(count)));
  Term first(builder, location,
             unreduce(ReduceMinOp::create(builder, location, Value(candidate), dims)));
  Term share(builder, location, unreduce(cotangent));
  return share.where(position.compare(ComparePredicate::eq, first), share.number(0));
}

void ReduceMaxOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(buildExtremumCotangent(builder, withoutName(getLoc()), getOperand(),
                                                     getResult(), getDims(),
                                                     resultCotangents.front()));
}

void ReduceMinOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                  SmallVectorImpl<Value> &operandCotangents) {
  operandCotangents.push_back(buildExtremumCotangent(builder, withoutName(getLoc()), getOperand(),
                                                     getResult(), getDims(),
                                                     resultCotangents.front()));
}

/// Of each element the product of those before it along a dimension, in steps that double.
static Value buildProductsBefore(OpBuilder &builder, Location location, Value value, int64_t dim) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t rank = type.getRank(), size = type.getDimSize(dim);
  SmallVector<int64_t> none(rank, 0), ones(rank, 1);
  auto delayed = [&](Value x, int64_t distance) -> Value {
    SmallVector<int64_t> sizes(type.getShape()), low(rank, 0);
    sizes[dim] -= distance;
    low[dim] = distance;
    if (sizes[dim] == 0)
      return buildSplat(builder, location, type, 1);
    x = SliceOp::create(builder, location, x, none, sizes, ones);
    return PadOp::create(builder, location, x, low, none, APFloat(1.0));
  };
  Term product(builder, location, delayed(value, 1));
  for (int64_t distance = 1; distance < size; distance *= 2)
    product = product * Term(builder, location, delayed(product, distance));
  return product;
}

/// Of each element the product of all others, without a division, so that it has derivatives of any
/// order also where elements are 0.
static Term buildProductsOfOthers(OpBuilder &builder, Location location, Value value,
                                  ArrayRef<int64_t> dims) {
  int64_t dim = dims.back();
  auto reversed = [&](Value x) -> Value { return ReverseOp::create(builder, location, x, dim); };
  Term before(builder, location, buildProductsBefore(builder, location, value, dim));
  Term behind(builder, location,
              reversed(buildProductsBefore(builder, location, reversed(value), dim)));
  Term others = before * behind;
  if (dims.size() == 1)
    return others;
  Value products = ReduceProdOp::create(builder, location, value, dim);
  Value otherProducts = buildProductsOfOthers(builder, location, products, dims.drop_back());
  return others * Term(builder, location,
                       buildUnreduced(builder, location, otherProducts, dim, value.getType()));
}

void ReduceProdOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                   SmallVectorImpl<Value> &operandCotangents) {
  Location location = withoutName(getLoc());
  Term d(builder, location,
         buildUnreduced(builder, location, resultCotangents.front(), getDims(),
                        getOperand().getType()));
  Term product =
      getDims().empty() ? d : d * buildProductsOfOthers(builder, location, getOperand(), getDims());
  // Where nothing depends on the product, the others need not be finite.
  Value isZero = d.compare(ComparePredicate::eq, d.number(0));
  Value isNan = product.compare(ComparePredicate::ne, product);
  Value isKept = AndOp::create(builder, location, isZero, isNan);
  operandCotangents.push_back(d.number(0).where(isKept, product));
}

/// The cotangent of one operand of a contraction: the result's contracted with the other operand;
/// then spread over the labels that only this operand has.
static Value buildContractCotangent(OpBuilder &builder, Location location, Value cotangent,
                                    ArrayRef<int64_t> resultLabels, Value other,
                                    ArrayRef<int64_t> otherLabels, RankedTensorType type,
                                    ArrayRef<int64_t> labels) {
  SmallVector<int64_t> known, dims;
  for (auto [dim, label] : llvm::enumerate(labels))
    if (llvm::is_contained(resultLabels, label) || llvm::is_contained(otherLabels, label)) {
      known.push_back(label);
      dims.push_back(dim);
    }
  Value product =
      ContractOp::create(builder, location, cotangent, other, resultLabels, otherLabels, known);
  return buildBroadcast(builder, location, product, dims, type);
}

void ContractOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                                 SmallVectorImpl<Value> &operandCotangents) {
  Location location = withoutName(getLoc());
  Value d = resultCotangents.front();
  operandCotangents.push_back(buildContractCotangent(builder, location, d, getResultLabels(),
                                                     getRhs(), getRhsLabels(), getLhs().getType(),
                                                     getLhsLabels()));
  operandCotangents.push_back(buildContractCotangent(builder, location, d, getResultLabels(),
                                                     getLhs(), getLhsLabels(), getRhs().getType(),
                                                     getRhsLabels()));
}
