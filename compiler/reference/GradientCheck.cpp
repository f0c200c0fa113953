// Computes finite differences of several step sizes, recognises kinks, and compares the
// differences with the derivatives.
#include "compiler/reference/GradientCheck.h"
#include "compiler/dialect/NN.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/DenseMap.h"
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

/// A parameter and an input may have one name: the results are in the order of the arguments.
std::optional<unsigned> findArgument(func::FuncOp function, StringRef name, Type type,
                                     unsigned first) {
  for (unsigned i = first; i < function.getNumArguments(); ++i) {
    auto argument = function.getArgAttrOfType<StringAttr>(i, nnc::nn::nameAttrName);
    if (argument && argument.getValue() == name && function.getArgumentTypes()[i] == type)
      return i;
  }
  return std::nullopt;
}

/// Finite differences of a loss by single elements of the arguments. Only the
/// operations between the argument and the loss are evaluated again.
class LossDifferences {
public:
  /// `loss` is a result of an operation of `function`, or an argument.
  LossDifferences(func::FuncOp function, Value loss, ArrayRef<Tensor> arguments) : loss(loss) {
    for (auto [argument, tensor] : llvm::zip_equal(function.getArguments(), arguments))
      values.try_emplace(argument, tensor);
    SetVector<Operation *> slice;
    BackwardSliceOptions options;
    options.inclusive = options.omitBlockArguments = true;
    if (Operation *last = loss.getDefiningOp())
      (void)getBackwardSlice(last, &slice, options); // fails on nested regions only
    operations = slice.takeVector();
  }

  /// Evaluates the operations that the loss depends on.
  LogicalResult prepare() {
    for (Operation *op : operations) {
      FailureOr<SmallVector<Tensor>> results = evaluateOp(
          *op, [&](Value operand) -> const Tensor & { return values.find(operand)->second; },
          &stopped[op]);
      if (failed(results))
        return failure();
      for (auto [result, tensor] : llvm::zip_equal(op->getResults(), *results))
        values.try_emplace(result, std::move(tensor));
    }
    return success();
  }

  /// From now on differences are by the elements of this argument.
  void select(BlockArgument by) {
    argument = by;
    SetVector<Operation *> slice;
    ForwardSliceOptions options;
    options.filter = [](Operation *op) { return !isa<nnc::nn::StopGradientOp>(op); };
    getForwardSlice(by, &slice, options);
    dependents.clear();
    llvm::copy_if(operations, std::back_inserter(dependents),
                  [&](Operation *op) { return slice.contains(op); });
  }

  /// Central differences of two step sizes, extrapolated; the best of several pairs. The difference
  /// of the two estimates says how far they can be trusted: near a kink they disagree.
  FailureOr<Difference> differentiate(int64_t element, double derivative) {
    double at = base(element);
    Difference best;
    for (double relativeStep : {1e-3, 1e-4, 1e-5}) {
      double step = relativeStep * std::max(1.0, std::fabs(at));
      FailureOr<double> wide = centralDifference(element, step);
      FailureOr<double> narrow = centralDifference(element, step / 2);
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
  FailureOr<bool> isKink(int64_t element, double tolerance) {
    double at = base(element);
    double step = 1e-4 * std::max(1.0, std::fabs(at));
    double values[5];
    for (int i = 0; i < 5; ++i) {
      FailureOr<double> value = evaluateAt(element, at + (i - 2) * step);
      if (failed(value))
        return failure();
      values[i] = *value;
    }
    // Of second order, so that the curvature of a smooth loss does not count as a kink.
    double before = (values[0] - 4 * values[1] + 3 * values[2]) / (2 * step);
    double after = (-3 * values[2] + 4 * values[3] - values[4]) / (2 * step);
    // What rounding the loss may make of equal slopes.
    double rounding = 16 * std::numeric_limits<double>::epsilon() * std::fabs(values[2]) / step;
    return std::fabs(after - before) >
           std::max(tolerance * std::max(std::fabs(after), std::fabs(before)), rounding);
  }

private:
  double &base(int64_t element) { return values.find(argument)->second.reals[element]; }

  FailureOr<double> centralDifference(int64_t element, double step) {
    double at = base(element);
    FailureOr<double> above = evaluateAt(element, at + step);
    FailureOr<double> below = evaluateAt(element, at - step);
    if (failed(above) || failed(below))
      return failure();
    return (*above - *below) / ((at + step) - (at - step));
  }

  FailureOr<double> evaluateAt(int64_t element, double value) {
    llvm::DenseMap<Value, Tensor> moved;
    auto valueOf = [&](Value operand) -> const Tensor & {
      auto found = moved.find(operand);
      return found == moved.end() ? values.find(operand)->second : found->second;
    };
    double previous = std::exchange(base(element), value);
    bool good = true;
    for (Operation *op : dependents) {
      StoppedValues &constants = stopped[op];
      constants.next = 0;
      FailureOr<SmallVector<Tensor>> results = evaluateOp(*op, valueOf, &constants);
      good = succeeded(results);
      if (!good)
        break;
      for (auto [result, tensor] : llvm::zip_equal(op->getResults(), *results))
        moved.try_emplace(result, std::move(tensor));
    }
    FailureOr<double> result = failure();
    if (good)
      result = valueOf(loss).reals.front();
    base(element) = previous;
    return result;
  }

  Value loss;
  BlockArgument argument;
  SmallVector<Operation *> operations, dependents; // each after those that it depends on
  llvm::DenseMap<Value, Tensor> values;
  llvm::DenseMap<Operation *, StoppedValues> stopped; // in the scans among them
};

FailureOr<GradientReport> checkValue(LossDifferences &differences, StringRef name,
                                     const Tensor &gradient, double loss,
                                     const nnc::reference::GradientCheckOptions &options) {
  GradientReport report;
  report.name = name.str();
  double largest = 0;
  for (double derivative : gradient.reals)
    if (std::isfinite(derivative))
      largest = std::max(largest, std::fabs(derivative));

  // Differences have the rounding errors of the loss: derivatives that are as small beside it, such
  // as that of a shift of all scores of a softmax, count as 0.
  const double smallest = std::max({1e-3 * largest, 1e-6, 1e-6 * std::fabs(loss)});
  int64_t size = gradient.size();
  int64_t count = options.samplesPerValue > 0 ? std::min(options.samplesPerValue, size) : size;
  for (int64_t i = 0; i < count; ++i) {
    int64_t element = i * size / count;
    double derivative = gradient.reals[element];
    FailureOr<Difference> difference = differences.differentiate(element, derivative);
    if (failed(difference))
      return failure();
    double scale = std::max({std::fabs(derivative), std::fabs(difference->value), smallest});
    double error = std::fabs(derivative - difference->value) / scale;
    ++report.checkedElements;
    if (!(difference->error / scale <= options.tolerance)) {
      // A NaN or an infinity in the derivative is wrong for all differences.
      ++report.unsettledElements;
      if (std::isfinite(derivative))
        continue;
    }
    if (std::isfinite(error) && error > options.tolerance) {
      FailureOr<bool> kink = differences.isKink(element, 1e-3);
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

FailureOr<GradientCheck> nnc::reference::checkGradients(func::FuncOp function,
                                                        ArrayRef<Tensor> arguments,
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
  GradientCheck check;
  check.loss = (*results)[*lossIndex].reals.front();
  if (!std::isfinite(check.loss))
    return check;
  Value loss = function.getBody().front().getTerminator()->getOperand(*lossIndex);
  LossDifferences differences(function, loss, arguments);
  if (failed(differences.prepare()))
    return failure();
  llvm::StringMap<unsigned> nextArgument;
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    StringRef name = resultName(function, i);
    if (!name.consume_front("grad."))
      continue;
    std::optional<unsigned> argument =
        findArgument(function, name, function.getResultTypes()[i], nextArgument[name]);
    if (!argument || !getElementTypeOrSelf(function.getResultTypes()[i]).isF64())
      return function.emitOpError("has no f64 argument `")
                 << name << "` of type " << function.getResultTypes()[i],
             failure();
    nextArgument[name] = *argument + 1;
    differences.select(function.getArgument(*argument));
    FailureOr<GradientReport> report =
        checkValue(differences, name, (*results)[i], check.loss, options);
    if (failed(report))
      return failure();
    check.reports.push_back(*report);
  }
  if (check.reports.empty())
    return function.emitOpError("has no result `grad.NAME` to check"), failure();
  return check;
}
