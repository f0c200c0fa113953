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

/// A finite difference, an estimate of the error of its step size, and a bound of what rounding the
/// loss may make of it.
struct Difference {
  double value = std::numeric_limits<double>::quiet_NaN();
  double error = std::numeric_limits<double>::infinity();
  double rounding = 0;
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
  /// of the two estimates says how far they can be trusted: near a kink they disagree. The smaller
  /// the step, the larger the rounding: two estimates that agree by chance are not the best.
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
      double error = std::fabs(extrapolated - *narrow), rounded = rounding(step);
      if (std::isfinite(extrapolated) && error + rounded < best.error + best.rounding)
        best = {extrapolated, error, rounded};
      if (best.error < std::max(1e-9 * std::max(1.0, std::fabs(derivative)), best.rounding))
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
    return std::fabs(after - before) >
           std::max(tolerance * std::max(std::fabs(after), std::fabs(before)), rounding(step));
  }

private:
  /// The part of a difference of this step that the rounding of the loss may be.
  double rounding(double step) {
    if (dependents.empty() && loss != argument)
      return 0; // the loss is the same everywhere
    return 16 * std::numeric_limits<double>::epsilon() *
           std::fabs(values.find(loss)->second.reals.front()) / step;
  }

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

/// The largest finite absolute value.
double largestOf(const Tensor &tensor) {
  double largest = 0;
  for (double value : tensor.reals)
    if (std::isfinite(value))
      largest = std::max(largest, std::fabs(value));
  return largest;
}

/// `largestOfAll` is the largest derivative of all values.
FailureOr<GradientReport> checkValue(LossDifferences &differences, StringRef name,
                                     const Tensor &gradient, double largestOfAll,
                                     const nnc::reference::GradientCheckOptions &options) {
  GradientReport report;
  report.name = name.str();
  const double smallest = std::max(1e-3 * largestOf(gradient), 1e-6);
  // Rounding below this hides nothing: a derivative as small counts as 0, such as that of a shift
  // of all scores of a softmax.
  const double negligible = 1e-6 * std::max(1.0, largestOfAll);
  int64_t size = gradient.size();
  int64_t count = options.samplesPerValue > 0 ? std::min(options.samplesPerValue, size) : size;
  for (int64_t i = 0; i < count; ++i) {
    int64_t element = i * size / count;
    double derivative = gradient.reals[element];
    FailureOr<Difference> difference = differences.differentiate(element, derivative);
    if (failed(difference))
      return failure();
    const double larger = std::max(std::fabs(derivative), std::fabs(difference->value));
    const double scale = std::max(larger, smallest);
    double error = std::fabs(derivative - difference->value) / scale;
    const double allowed = options.tolerance + difference->rounding / scale;
    ++report.checkedElements;
    if (!(difference->error / scale <= allowed)) {
      // A NaN or an infinity in the derivative is wrong for all differences.
      ++report.unsettledElements;
      if (std::isfinite(derivative))
        continue;
    }
    if (std::isfinite(error) && error > allowed) {
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
    const bool right = std::isfinite(derivative) && error <= allowed;
    if (right && difference->rounding > std::max(larger / 10, negligible)) {
      ++report.hiddenElements;
      continue;
    }
    // The worst element is a wrong one, if there are any.
    if (right != report.passed ? report.passed : error >= report.maxRelativeError) {
      report.maxRelativeError = error;
      report.worstElement = element;
      report.derivative = derivative;
      report.difference = difference->value;
    }
    report.passed &= right;
  }
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
  double largest = 0;
  for (auto [i, result] : llvm::enumerate(*results))
    if (resultName(function, i).starts_with("grad."))
      largest = std::max(largest, largestOf(result));
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
        checkValue(differences, name, (*results)[i], largest, options);
    if (failed(report))
      return failure();
    check.reports.push_back(*report);
  }
  if (check.reports.empty())
    return function.emitOpError("has no result `grad.NAME` to check"), failure();
  return check;
}
