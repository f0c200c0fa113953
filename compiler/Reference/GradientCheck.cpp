#include "compiler/Reference/GradientCheck.h"
#include "compiler/Dialect/NN.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace nnc::reference;

namespace {

/// A finite difference and an estimate of its own error.
struct Difference {
  double value = std::numeric_limits<double>::quiet_NaN();
  double error = std::numeric_limits<double>::infinity();
};

StringRef resultName(func::FuncOp function, unsigned index) {
  auto name = function.getResultAttrOfType<StringAttr>(index, nnc::nn::nameAttrName);
  return name ? name.getValue() : StringRef();
}

std::optional<unsigned> findArgument(func::FuncOp function, StringRef name) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto argument = function.getArgAttrOfType<StringAttr>(i, nnc::nn::nameAttrName);
    if (argument && argument.getValue() == name)
      return i;
  }
  return std::nullopt;
}

/// A copy of the function that computes the loss alone.
OwningOpRef<func::FuncOp> cloneForLoss(func::FuncOp function, unsigned lossIndex) {
  OwningOpRef<func::FuncOp> copy = function.clone();
  Block &block = copy->getBody().front();
  Operation *terminator = block.getTerminator();
  Value loss = terminator->getOperand(lossIndex);
  terminator->setOperands(loss);
  copy->removeResAttrsAttr();
  copy->setFunctionType(
      FunctionType::get(function.getContext(), function.getArgumentTypes(), loss.getType()));
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
  return copy;
}

/// Finite differences of a loss by single elements of the arguments.
class LossDifferences {
public:
  LossDifferences(func::FuncOp loss, ArrayRef<Tensor> arguments)
      : loss(loss), arguments(arguments.begin(), arguments.end()) {}

  /// Central differences of two step sizes, extrapolated; the best of several pairs. The difference
  /// of the two estimates says how far they can be trusted: near a kink they disagree.
  FailureOr<Difference> differentiate(unsigned argument, int64_t element, double derivative) {
    double at = arguments[argument].reals[element];
    Difference best;
    for (double relativeStep : {1e-3, 1e-4, 1e-5}) {
      double step = relativeStep * std::max(1.0, std::fabs(at));
      FailureOr<double> wide = centralDifference(argument, element, step);
      FailureOr<double> narrow = centralDifference(argument, element, step / 2);
      if (failed(wide) || failed(narrow))
        return failure();
      double extrapolated = (4 * *narrow - *wide) / 3;
      double error = std::fabs(extrapolated - *narrow);
      if (std::isfinite(extrapolated) && error < best.error)
        best = {extrapolated, error};
      if (best.error < 1e-9 * std::max(1.0, std::fabs(derivative)))
        break;
    }
    return best;
  }

  /// Whether the loss has different slopes on both sides: the element lies on a kink, and a central
  /// difference is the mean of the two slopes, of which the derivative is either.
  FailureOr<bool> isKink(unsigned argument, int64_t element, double tolerance) {
    double at = arguments[argument].reals[element];
    double step = 1e-4 * std::max(1.0, std::fabs(at));
    double values[5];
    for (int i = 0; i < 5; ++i) {
      FailureOr<double> value = evaluateAt(argument, element, at + (i - 2) * step);
      if (failed(value))
        return failure();
      values[i] = *value;
    }
    // Of second order, so that the curvature of a smooth loss does not count as a kink.
    double before = (values[0] - 4 * values[1] + 3 * values[2]) / (2 * step);
    double after = (-3 * values[2] + 4 * values[3] - values[4]) / (2 * step);
    return std::fabs(after - before) > tolerance * std::max(std::fabs(after), std::fabs(before));
  }

private:
  FailureOr<double> centralDifference(unsigned argument, int64_t element, double step) {
    double at = arguments[argument].reals[element];
    FailureOr<double> above = evaluateAt(argument, element, at + step);
    FailureOr<double> below = evaluateAt(argument, element, at - step);
    if (failed(above) || failed(below))
      return failure();
    return (*above - *below) / ((at + step) - (at - step));
  }

  FailureOr<double> evaluateAt(unsigned argument, int64_t element, double value) {
    double &slot = arguments[argument].reals[element];
    double previous = std::exchange(slot, value);
    FailureOr<SmallVector<Tensor>> results = evaluate(loss, arguments);
    slot = previous;
    if (failed(results))
      return failure();
    return results->front().reals.front();
  }

  func::FuncOp loss;
  SmallVector<Tensor> arguments;
};

FailureOr<GradientReport> checkValue(LossDifferences &differences, StringRef name,
                                     unsigned argument, const Tensor &gradient,
                                     const nnc::reference::GradientCheckOptions &options) {
  GradientReport report;
  report.name = name.str();
  double largest = 0;
  for (double derivative : gradient.reals)
    if (std::isfinite(derivative))
      largest = std::max(largest, std::fabs(derivative));

  int64_t size = gradient.size();
  int64_t count = options.samplesPerValue > 0 ? std::min(options.samplesPerValue, size) : size;
  for (int64_t i = 0; i < count; ++i) {
    int64_t element = i * size / count;
    double derivative = gradient.reals[element];
    FailureOr<Difference> difference = differences.differentiate(argument, element, derivative);
    if (failed(difference))
      return failure();
    double scale =
        std::max({std::fabs(derivative), std::fabs(difference->value), 1e-3 * largest, 1e-6});
    double error = std::fabs(derivative - difference->value) / scale;
    ++report.checkedElements;
    if (!(difference->error / scale <= options.tolerance)) {
      // A NaN or an infinity in the derivative is wrong whatever the differences do.
      ++report.unsettledElements;
      if (std::isfinite(derivative))
        continue;
    }
    if (std::isfinite(error) && error > options.tolerance) {
      FailureOr<bool> kink = differences.isKink(argument, element, 1e-3);
      if (failed(kink))
        return failure();
      if (*kink) {
        ++report.unsettledElements;
        continue;
      }
    }
    if (std::isnan(error))
      error = std::numeric_limits<double>::infinity();
    if (error >= report.maxRelativeError) {
      report.maxRelativeError = error;
      report.worstElement = element;
      report.derivative = derivative;
      report.difference = difference->value;
    }
  }
  report.passed = report.maxRelativeError <= options.tolerance;
  return report;
}

} // namespace

FailureOr<SmallVector<GradientReport>>
nnc::reference::checkGradients(func::FuncOp function, ArrayRef<Tensor> arguments,
                               const GradientCheckOptions &options) {
  std::optional<unsigned> lossIndex;
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (resultName(function, i) == "loss")
      lossIndex = i;
  if (!lossIndex || function.getResultTypes()[*lossIndex] !=
                        RankedTensorType::get({}, Float64Type::get(function.getContext())))
    return function.emitOpError("has no result `loss` of type tensor<f64> to differentiate"),
           failure();

  FailureOr<SmallVector<Tensor>> results = evaluate(function, arguments);
  if (failed(results))
    return failure();
  OwningOpRef<func::FuncOp> loss = cloneForLoss(function, *lossIndex);
  LossDifferences differences(*loss, arguments);
  SmallVector<GradientReport> reports;
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    StringRef name = resultName(function, i);
    if (!name.consume_front("grad."))
      continue;
    std::optional<unsigned> argument = findArgument(function, name);
    if (!argument || function.getArgumentTypes()[*argument] != function.getResultTypes()[i] ||
        !getElementTypeOrSelf(function.getResultTypes()[i]).isF64())
      return function.emitOpError("has no f64 argument `")
                 << name << "` of type " << function.getResultTypes()[i],
             failure();
    FailureOr<GradientReport> report =
        checkValue(differences, name, *argument, (*results)[i], options);
    if (failed(report))
      return failure();
    reports.push_back(*report);
  }
  if (reports.empty())
    return function.emitOpError("has no result `grad.NAME` to check"), failure();
  return reports;
}
