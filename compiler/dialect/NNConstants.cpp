// Converts between elements of attributes and scalars of C++, and applies functions to them.
#include "compiler/dialect/NNConstants.h"

using namespace mlir;
using namespace nnc::nn;

/// Constants of more elements, unless they are splats, are left to the running program.
static constexpr int64_t maxFoldedElements = 64;

static APFloat toAPFloat(FloatType type, double value) {
  APFloat result(value);
  bool losesInfo;
  result.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  return result;
}

static double toDouble(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToDouble();
}

static APInt toAPInt(Type type, int64_t value) {
  return APInt(type.getIntOrFloatBitWidth(), static_cast<uint64_t>(value), /*isSigned=*/true,
               /*implicitTrunc=*/true);
}

static int64_t toInt64(const APInt &value) {
  return value.getBitWidth() == 1 ? value.getZExtValue() : value.getSExtValue();
}

Scalar nnc::nn::makeScalar(Type elementType, double value) {
  Scalar scalar;
  if (isa<FloatType>(elementType))
    scalar.real = value;
  else
    scalar.integer = static_cast<int64_t>(value);
  return scalar;
}

static DenseElementsAttr makeElements(RankedTensorType type, ArrayRef<Scalar> scalars) {
  Type elementType = type.getElementType();
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    SmallVector<APFloat> values;
    for (Scalar scalar : scalars)
      values.push_back(toAPFloat(floatType, scalar.real));
    return DenseElementsAttr::get(type, values);
  }
  SmallVector<APInt> values;
  for (Scalar scalar : scalars)
    values.push_back(toAPInt(elementType, scalar.integer));
  return DenseElementsAttr::get(type, values);
}

DenseElementsAttr nnc::nn::makeConstant(RankedTensorType type, Scalar splat) {
  return makeElements(type, splat);
}

/// Reads a splat as one scalar and other constants element by element; null if there are too many.
static std::optional<SmallVector<Scalar>> readElements(Attribute constant) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(constant);
  if (!elements || (!elements.isSplat() && elements.getNumElements() > maxFoldedElements))
    return std::nullopt;
  SmallVector<Scalar> scalars;
  bool isFloat = isa<FloatType>(elements.getElementType());
  auto add = [&](auto value) {
    Scalar scalar;
    if constexpr (std::is_same_v<decltype(value), APFloat>)
      scalar.real = toDouble(value);
    else
      scalar.integer = toInt64(value);
    scalars.push_back(scalar);
  };
  if (elements.isSplat()) {
    if (isFloat)
      add(elements.getSplatValue<APFloat>());
    else
      add(elements.getSplatValue<APInt>());
  } else if (isFloat) {
    for (APFloat value : elements.getValues<APFloat>())
      add(value);
  } else {
    for (APInt value : elements.getValues<APInt>())
      add(value);
  }
  return scalars;
}

std::optional<Scalar> nnc::nn::readSplat(Attribute constant) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(constant);
  if (!elements || !elements.isSplat())
    return std::nullopt;
  return readElements(constant)->front();
}

Attribute nnc::nn::foldElementwise(RankedTensorType resultType, ArrayRef<Attribute> operands,
                                   function_ref<Scalar(ArrayRef<Scalar>)> function) {
  SmallVector<SmallVector<Scalar>> inputs;
  size_t count = 1;
  for (Attribute operand : operands) {
    std::optional<SmallVector<Scalar>> scalars = readElements(operand);
    if (!scalars)
      return nullptr;
    count = std::max(count, scalars->size());
    inputs.push_back(std::move(*scalars));
  }
  SmallVector<Scalar> results;
  for (size_t i = 0; i < count; ++i) {
    SmallVector<Scalar> arguments;
    for (ArrayRef<Scalar> input : inputs)
      arguments.push_back(input.size() == 1 ? input.front() : input[i]);
    results.push_back(function(arguments));
  }
  return makeElements(resultType, results);
}

Attribute nnc::nn::foldUnaryFloat(RankedTensorType resultType, Attribute operand,
                                  double (*function)(double)) {
  return foldElementwise(resultType, operand, [&](ArrayRef<Scalar> x) {
    Scalar result;
    result.real = function(x.front().real);
    return result;
  });
}
