// `nnc grad-check`: the derivatives of a user's own model against finite differences.
//
// Both sides come from the reference evaluator in f64, so that code generation has no part in it:
// what is tested is the program's mathematics and the differentiation pass. Parameters are near
// their initial values; the examples are made up.
#include "compiler/Driver/Compile.h"
#include "compiler/Driver/Frontend.h"
#include "compiler/Driver/Pipelines.h"
#include "compiler/Reference/GradientCheck.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"

#include <random>

using namespace mlir;

namespace nnc {
namespace {

/// Enough for examples to differ and for batch statistics to have a derivative, few enough to be
/// fast.
constexpr int64_t batch = 4;

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
  bool fail(const std::string &message) {
    mlir::emitError(UnknownLoc::get(&context)) << message;
    return false;
  }
  std::optional<SmallVector<reference::Tensor>> argumentsOf(func::FuncOp function);
  reference::Tensor scalar(StringRef name, RankedTensorType type);
  reference::Tensor input(StringRef name, RankedTensorType type);
  reference::Tensor moved(reference::Tensor tensor);
  int64_t classesOf(StringRef input);

  const CompileOptions &options;
  MLIRContext context;
  Frontend frontend;
  OwningOpRef<ModuleOp> module;
  std::mt19937_64 random{1};
};

bool GradientChecker::prepare() {
  if (!frontend.parse(options.input) || !frontend.elaborate(options.defines))
    return false;
  module = importProgram(frontend.program(), FloatPrecision::F64, context);
  if (!module)
    return false;
  if (!module->lookupSymbol("gradient"))
    return fail("`" + options.input +
                "` has no `train` block, so there is no loss to differentiate");
  for (func::FuncOp function : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    if (function.getName() != "gradient" && function.getName() != "initialize")
      function.erase();
  PassManager passes(&context);
  buildNnPipeline(passes, batch);
  buildGradPipeline(passes);
  buildOptPipeline(passes);
  return succeeded(passes.run(*module));
}

int64_t GradientChecker::classesOf(StringRef input) {
  for (const lang::Function &function : frontend.program().functions)
    if (function.name == "gradient")
      for (const lang::FunctionArgument &argument : function.arguments)
        if (argument.name == input)
          return function.values[argument.value].type.classes;
  return 0;
}

/// Floats are normal, integers any of the classes (or of 0 ... 9 where there is no bound).
reference::Tensor GradientChecker::input(StringRef name, RankedTensorType type) {
  reference::Tensor tensor(type);
  std::normal_distribution<double> normal;
  int64_t classes = classesOf(name);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (tensor.isFloat())
      tensor.setReal(i, normal(random));
    else
      tensor.setInteger(i, static_cast<int64_t>(random() % (classes ? classes : 10)));
  }
  return tensor;
}

/// A little off the initial value: zeros, the usual start of biases, put many losses on a kink.
reference::Tensor GradientChecker::moved(reference::Tensor tensor) {
  std::normal_distribution<double> normal(0, 0.05);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setReal(i, tensor.reals[i] + normal(random));
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

std::optional<SmallVector<reference::Tensor>> GradientChecker::argumentsOf(func::FuncOp function) {
  auto initialize = module->lookupSymbol<func::FuncOp>("initialize");
  SmallVector<reference::Tensor> scalars;
  for (auto [index, type] : llvm::enumerate(initialize.getArgumentTypes()))
    scalars.push_back(scalar(initialize.getArgAttrOfType<StringAttr>(index, "nn.name").getValue(),
                             cast<RankedTensorType>(type)));
  FailureOr<SmallVector<reference::Tensor>> initial = reference::evaluate(initialize, scalars);
  if (failed(initial))
    return std::nullopt;

  SmallVector<reference::Tensor> arguments;
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    StringRef kind = function.getArgAttrOfType<StringAttr>(index, "nn.kind").getValue();
    StringRef name = function.getArgAttrOfType<StringAttr>(index, "nn.name").getValue();
    auto tensorType = cast<RankedTensorType>(type);
    if (kind == "input") {
      arguments.push_back(input(name, tensorType));
    } else if (kind == "scalar") {
      arguments.push_back(scalar(name, tensorType));
    } else if (kind == "example_weight") {
      arguments.emplace_back(tensorType);
      for (int64_t i = 0; i < batch; ++i)
        arguments.back().setReal(i, 1.0 / batch);
    } else {
      for (auto [result, value] : llvm::enumerate(*initial))
        if (initialize.getResultAttrOfType<StringAttr>(result, "nn.name").getValue() == name)
          arguments.push_back(kind == "parameter" ? moved(value) : value);
    }
  }
  if (arguments.size() != function.getNumArguments()) {
    fail("the program initialises fewer tensors than its loss uses");
    return std::nullopt;
  }
  return arguments;
}

bool GradientChecker::run(int64_t elements) {
  if (!prepare())
    return false;
  auto gradient = module->lookupSymbol<func::FuncOp>("gradient");
  std::optional<SmallVector<reference::Tensor>> arguments = argumentsOf(gradient);
  if (!arguments)
    return false;
  reference::GradientCheckOptions checkOptions;
  checkOptions.samplesPerValue = elements;
  auto reports = reference::checkGradients(gradient, *arguments, checkOptions);
  if (failed(reports))
    return false;
  size_t width = 4;
  for (const reference::GradientReport &report : *reports)
    width = std::max(width, report.name.size());
  bool good = true;
  for (const reference::GradientReport &report : *reports) {
    good &= report.passed;
    llvm::outs() << llvm::left_justify(report.name, width) << "  "
                 << llvm::format("%5lld elements  largest relative error %.1e  ",
                                 static_cast<long long>(report.checkedElements),
                                 report.maxRelativeError)
                 << (report.passed ? "ok" : "WRONG");
    if (!report.passed)
      llvm::outs() << llvm::format(
          ": element %lld has derivative %.9g, finite differences give %.9g",
          static_cast<long long>(report.worstElement), report.derivative, report.difference);
    if (report.unsettledElements)
      llvm::outs() << llvm::format(" (%lld elements at a kink left out)",
                                   static_cast<long long>(report.unsettledElements));
    llvm::outs() << "\n";
  }
  llvm::outs() << (good ? "all derivatives agree with finite differences\n"
                        : "some derivatives do not agree with finite differences\n");
  return good;
}

} // namespace

bool checkGradients(const CompileOptions &options, int64_t elements) {
  return GradientChecker(options).run(elements);
}

} // namespace nnc
