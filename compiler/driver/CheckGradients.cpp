// `nnc grad-check`: the derivatives of a user's own model against finite differences.
//
// Both sides come from the reference evaluator in f64, so that code generation has no part in it:
// the check covers the program's mathematics and the differentiation pass. Parameters are near
// their initial values; the examples are random, from where the loss is defined.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/driver/Compile.h"
#include "compiler/driver/Frontend.h"
#include "compiler/passes/Pipelines.h"
#include "compiler/reference/GradientCheck.h"
#include "compiler/passes/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"

#include <cmath>
#include <map>
#include <random>

using namespace mlir;

namespace nnc {
namespace {

/// Enough for examples to differ and for batch statistics to have a derivative, few enough to be
/// fast.
constexpr int64_t batch = 4;

/// How often other numbers are tried where all elements of a tensor lie at kinks.
constexpr unsigned attempts = 3;

/// The distribution of the floats of one input field, and of the differences of the parameters from
/// their initial values.
enum class Numbers { Normal, Positive, Fractions };
constexpr Numbers allNumbers[] = {Numbers::Normal, Numbers::Positive, Numbers::Fractions};

StringRef describe(Numbers numbers) {
  switch (numbers) {
  case Numbers::Normal:
    return "normally distributed";
  case Numbers::Positive:
    return "from 0.2 to 2";
  case Numbers::Fractions:
    return "from 0.05 to 0.95";
  }
  llvm_unreachable("all kinds are handled");
}

/// Where the derivatives are compared: kinds of numbers by field, and for the parameters.
struct Place {
  std::map<std::string, Numbers> fields;
  Numbers parameters = Numbers::Normal;
};

class GradientChecker {
public:
  explicit GradientChecker(const CompileOptions &options)
      : options(options), context(MLIRContext::Threading::DISABLED) {
    context.printOpOnDiagnostic(false);
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      frontend.report(diagnostic);
      return success();
    });
  }
  ~GradientChecker() { frontend.printDiagnostics(options.colour); }

  bool run(int64_t elements);

private:
  bool prepare();
  bool checkFunction(int64_t elements);
  bool fail(const std::string &message) {
    mlir::emitError(UnknownLoc::get(&context)) << message;
    return false;
  }
  SmallVector<Place> places(func::FuncOp function);
  std::optional<SmallVector<reference::Tensor>> argumentsOf(func::FuncOp function,
                                                            const Place &place);
  reference::Tensor scalar(StringRef name, RankedTensorType type);
  reference::Tensor input(StringRef name, RankedTensorType type, Numbers numbers);
  reference::Tensor moved(reference::Tensor tensor, Numbers numbers);
  int64_t classesOf(StringRef input);
  int64_t maximumLength(StringRef input);
  bool print(const reference::GradientCheck &check, const Place &place);

  const CompileOptions &options;
  MLIRContext context;
  Frontend frontend;
  OwningOpRef<ModuleOp> module;
  const lang::Function *checked = nullptr; ///< of one loss
  std::mt19937_64 random;
};

bool GradientChecker::prepare() {
  if (!frontend.parse(options.input) || !frontend.elaborate(options.defines, options.folders))
    return false;
  module = importProgram(frontend.program(), FloatPrecision::F64, context);
  if (!module)
    return false;
  if (!module->lookupSymbol("gradient"))
    return fail("`" + options.input +
                "` has no `train` block, so there is no loss to differentiate");
  for (func::FuncOp function : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    if (!function.getName().starts_with("gradient") && function.getName() != "initialize")
      function.erase();
  PassManager passes(&context);
  // nn-simplify runs first because nn-differentiate removes nn.stop_gradient, which marks the
  // values that the finite differences must hold constant.
  buildNnPipeline(passes, batch);
  passes.addNestedPass<func::FuncOp>(createSimplify());
  buildGradPipeline(passes);
  return succeeded(passes.run(*module));
}

int64_t GradientChecker::classesOf(StringRef input) {
  for (const lang::FunctionArgument &argument : checked->arguments)
    if (argument.name == input)
      return checked->values[argument.value].type.classes;
  return 0;
}

/// The largest length of a padded field, if the input holds its lengths; else 0.
int64_t GradientChecker::maximumLength(StringRef input) {
  if (const lang::DataInfo *data = frontend.program().findData(checked->data))
    for (const lang::DataField &field : data->fields)
      if (field.padded && lang::lengthInput(field.name) == input)
        return field.type.shape[static_cast<size_t>(*field.padded)];
  return 0;
}

/// A random tensor. Integers are uniform over the field's classes, or over 0 to 9 if the field has
/// no classes; lengths are uniform from 1 to the largest.
reference::Tensor GradientChecker::input(StringRef name, RankedTensorType type, Numbers numbers) {
  reference::Tensor tensor(type);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> positive(0.2, 2), fraction(0.05, 0.95);
  int64_t classes = classesOf(name), most = maximumLength(name);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (most)
      tensor.setInteger(i, 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(most)));
    else if (!tensor.isFloat())
      tensor.setInteger(i, static_cast<int64_t>(random() % (classes ? classes : 10)));
    else
      tensor.setReal(i, numbers == Numbers::Normal     ? normal(random)
                        : numbers == Numbers::Positive ? positive(random)
                                                       : fraction(random));
  }
  return tensor;
}

/// A little off the initial value: zeros, the usual start of biases, put many losses on a kink.
reference::Tensor GradientChecker::moved(reference::Tensor tensor, Numbers numbers) {
  std::normal_distribution<double> normal(0, 0.05);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double distance = normal(random);
    tensor.setReal(i,
                   tensor.reals[i] + (numbers == Numbers::Normal ? distance : std::fabs(distance)));
  }
  return tensor;
}

/// Settings have their defaults; the counters are those of the first step of a run of one epoch of
/// 100 steps.
reference::Tensor GradientChecker::scalar(StringRef name, RankedTensorType type) {
  reference::Tensor tensor(type);
  double value = name == "seed" || name == "epochs"             ? 1
                 : name == "steps" || name == "steps_per_epoch" ? 100
                                                                : 0;
  for (const lang::Setting &setting : frontend.program().settings)
    if (setting.key == name)
      value = setting.value;
  if (tensor.isFloat())
    tensor.setReal(0, value);
  else
    tensor.setInteger(0, static_cast<int64_t>(value));
  return tensor;
}

/// The places to try, one after the other, until the loss is defined: all fields alike, then each
/// field as any other.
SmallVector<Place> GradientChecker::places(func::FuncOp function) {
  constexpr size_t mostCombined = 4;
  SmallVector<StringRef> fields;
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
    if (nn::kindIn(function.getArgAttrDict(index)) == nn::Kind::Input &&
        isa<FloatType>(getElementTypeOrSelf(type)))
      fields.push_back(function.getArgAttrOfType<StringAttr>(index, nn::nameAttrName).getValue());
  SmallVector<Place> result;
  for (Numbers parameters : {Numbers::Normal, Numbers::Positive}) {
    for (Numbers numbers : allNumbers) {
      Place &place = result.emplace_back();
      place.parameters = parameters;
      for (StringRef field : fields)
        place.fields[field.str()] = numbers;
    }
    if (fields.size() < 2 || fields.size() > mostCombined)
      continue;
    unsigned combinations = 1;
    for (size_t i = 0; i < fields.size(); ++i)
      combinations *= std::size(allNumbers);
    for (unsigned combination = 0; combination < combinations; ++combination) {
      Place &place = result.emplace_back();
      place.parameters = parameters;
      unsigned rest = combination;
      for (StringRef field : fields) {
        place.fields[field.str()] = allNumbers[rest % std::size(allNumbers)];
        rest /= std::size(allNumbers);
      }
    }
  }
  return result;
}

std::optional<SmallVector<reference::Tensor>> GradientChecker::argumentsOf(func::FuncOp function,
                                                                           const Place &place) {
  auto initialize = module->lookupSymbol<func::FuncOp>("initialize");
  SmallVector<reference::Tensor> scalars;
  for (auto [index, type] : llvm::enumerate(initialize.getArgumentTypes()))
    scalars.push_back(
        scalar(initialize.getArgAttrOfType<StringAttr>(index, nn::nameAttrName).getValue(),
               cast<RankedTensorType>(type)));
  FailureOr<SmallVector<reference::Tensor>> initial = reference::evaluate(initialize, scalars);
  if (failed(initial))
    return std::nullopt;

  auto numbersOf = [&](StringRef field) {
    auto found = place.fields.find(field.str());
    return found == place.fields.end() ? Numbers::Normal : found->second;
  };
  SmallVector<reference::Tensor> arguments;
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    std::optional<nn::Kind> kind = nn::kindIn(function.getArgAttrDict(index));
    StringRef name = function.getArgAttrOfType<StringAttr>(index, nn::nameAttrName).getValue();
    auto tensorType = cast<RankedTensorType>(type);
    if (kind == nn::Kind::Input) {
      arguments.push_back(input(name, tensorType, numbersOf(name)));
    } else if (kind == nn::Kind::Scalar) {
      arguments.push_back(scalar(name, tensorType));
    } else if (kind == nn::Kind::ExampleWeight) {
      arguments.emplace_back(tensorType);
      for (int64_t i = 0; i < batch; ++i)
        arguments.back().setReal(i, 1.0 / batch);
    } else {
      for (auto [result, value] : llvm::enumerate(*initial))
        if (initialize.getResultAttrOfType<StringAttr>(result, nn::nameAttrName).getValue() == name)
          arguments.push_back(kind == nn::Kind::Parameter ? moved(value, place.parameters) : value);
    }
  }
  if (arguments.size() != function.getNumArguments()) {
    fail("the program initialises fewer tensors than its loss uses");
    return std::nullopt;
  }
  return arguments;
}

/// Prints a table and a verdict, which is returned.
bool GradientChecker::print(const reference::GradientCheck &check, const Place &place) {
  for (const auto &[name, numbers] : place.fields)
    if (numbers != Numbers::Normal)
      llvm::outs() << "the examples' `" << name << "` is " << describe(numbers)
                   << ", since the loss is not defined for others\n";
  size_t width = 4;
  for (const reference::GradientReport &report : check.reports)
    width = std::max(width, report.name.size());
  auto printNumber = [](double value) {
    if (std::isnan(value))
      llvm::outs() << "nan"; // whatever its sign
    else
      llvm::outs() << llvm::format("%.9g", value);
  };
  int64_t wrong = 0, unchecked = 0;
  for (const reference::GradientReport &report : check.reports) {
    bool saysNothing = report.saysNothing();
    wrong += !report.passed;
    unchecked += saysNothing;
    llvm::outs() << llvm::left_justify(report.name, width) << "  "
                 << llvm::format("%5lld elements  ",
                                 static_cast<long long>(report.checkedElements));
    if (saysNothing) {
      if (report.hiddenElements == 0)
        llvm::outs() << "not checked: all of them lie at a kink\n";
      else
        llvm::outs() << llvm::format("not checked: the loss, %.1e, is too large to compare them",
                                     check.loss)
                     << (report.unsettledElements ? ", or they lie at a kink\n" : "\n");
      continue;
    }
    llvm::outs() << llvm::format("largest relative error %.1e  ", report.maxRelativeError)
                 << (report.passed ? "ok" : "WRONG");
    if (!report.passed) {
      llvm::outs() << ": element " << report.worstElement << " has derivative ";
      printNumber(report.derivative);
      llvm::outs() << ", finite differences give ";
      printNumber(report.difference);
    }
    if (report.unsettledElements)
      llvm::outs() << llvm::format(" (%lld elements at a kink left out)",
                                   static_cast<long long>(report.unsettledElements));
    if (report.hiddenElements)
      llvm::outs() << llvm::format(
          " (%lld elements left out, for which the loss, %.1e, is too large)",
          static_cast<long long>(report.hiddenElements), check.loss);
    llvm::outs() << "\n";
  }
  if (wrong)
    llvm::outs() << "some derivatives do not agree with finite differences\n";
  else if (unchecked)
    llvm::outs() << "the derivatives of " << unchecked << " of " << check.reports.size()
                 << " tensors could not be checked\n";
  else
    llvm::outs() << "all derivatives agree with finite differences\n";
  return !wrong && !unchecked;
}

bool GradientChecker::run(int64_t elements) {
  if (!prepare())
    return false;
  bool right = true;
  for (const lang::Function &function : frontend.program().functions) {
    if (!StringRef(function.name).starts_with("gradient"))
      continue;
    checked = &function;
    if (!function.block.empty())
      llvm::outs() << function.block << ":\n";
    right &= checkFunction(elements);
  }
  return right;
}

bool GradientChecker::checkFunction(int64_t elements) {
  auto gradient = module->lookupSymbol<func::FuncOp>(checked->name);
  reference::GradientCheckOptions checkOptions;
  checkOptions.samplesPerValue = elements;
  SmallVector<Place> candidates = places(gradient);
  std::optional<reference::GradientCheck> best;
  size_t found = 0;
  for (unsigned attempt = 1; attempt <= attempts; ++attempt) {
    random.seed(attempt);
    for (size_t index = found; index < candidates.size(); ++index) {
      std::optional<SmallVector<reference::Tensor>> arguments =
          argumentsOf(gradient, candidates[index]);
      if (!arguments)
        return false;
      auto check = reference::checkGradients(gradient, *arguments, checkOptions);
      if (failed(check))
        return false;
      if (!std::isfinite(check->loss))
        continue;
      found = index;
      best = std::move(*check);
      break;
    }
    if (best && llvm::none_of(best->reports, [](auto &report) { return report.saysNothing(); }))
      break;
  }
  if (!best)
    return fail("the loss is infinite or nan for all random examples, so that its "
                "derivatives cannot be checked");
  return print(*best, candidates[found]);
}

} // namespace

bool checkGradients(const CompileOptions &options, int64_t elements) {
  return GradientChecker(options).run(elements);
}

} // namespace nnc
