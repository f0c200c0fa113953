// nn-check evaluates functions of the nn dialect with the reference evaluator and compares their
// derivatives with finite differences. The tests of the dialect are written with it.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/reference/BatchCheck.h"
#include "compiler/reference/GradientCheck.h"
#include "compiler/reference/StepCheck.h"
#include "compiler/transforms/Transforms.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include <random>
#include <set>

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;
using namespace nnc::reference;

namespace cl = llvm::cl;

enum class Mode {
  Evaluate,
  Gradient,
  Batch,
  Steps,
  ListOperations,
  ListDifferentiable,
  MissingEvaluations,
  MissingGradients
};

static cl::opt<Mode> mode(
    cl::desc("What to do:"), cl::Required,
    cl::values(clEnumValN(Mode::Evaluate, "evaluate", "print the results of every function"),
               clEnumValN(Mode::Gradient, "gradient",
                          "compare derivatives with finite differences: of the result `loss` by "
                          "each value for which there is a result `grad.NAME`; if there is no "
                          "such result, of a random sum of the results by each float argument"),
               clEnumValN(Mode::Batch, "batch",
                          "compare every function with what nn-add-batch makes of it, for each "
                          "choice of arguments that belong to the example"),
               clEnumValN(Mode::Steps, "steps",
                          "compare every function, which has an argument of kind token, with the "
                          "step function that nn-step derives from it, at each position"),
               clEnumValN(Mode::ListOperations, "list-operations", "print all nn operations"),
               clEnumValN(Mode::ListDifferentiable, "list-differentiable",
                          "print the nn operations that have a derivative"),
               clEnumValN(Mode::MissingEvaluations, "missing-evaluations",
                          "fail if an nn operation occurs in none of the files"),
               clEnumValN(Mode::MissingGradients, "missing-gradients",
                          "fail if a differentiable operation with float results occurs in none "
                          "of the files")));
static cl::list<std::string> fileNames(cl::Positional, cl::desc("FILE..."));
static cl::opt<double> tolerance("tolerance", cl::init(1e-6),
                                 cl::desc("largest relative error of a derivative"));
static cl::opt<int64_t> samples("samples", cl::init(0),
                                cl::desc("elements checked of each value; 0: all"));
static cl::opt<unsigned> order("order", cl::init(1),
                               cl::desc("of the derivatives that are compared: with 2 those of a "
                                        "random sum of the results and their derivatives"));
static cl::opt<uint64_t> seed("seed", cl::init(1), cl::desc("seed of the random arguments"));

/// Random arguments. An argument's attribute `nn.range = [low, high]` bounds its floats (default
/// -1.5 to 1.5) or integers (default 0 to 3); `nn.values = dense<...>` gives all its elements. The
/// random floats of a function are distinct multiples of an odd fraction of the range, in random
/// order: no two are close, none is close to 0, so that kinks such as those of max and abs are kept
/// away from.
class ArgumentMaker {
public:
  explicit ArgumentMaker(func::FuncOp function, uint64_t example = 0)
      : function(function), generator(seed + example) {
    size_t count = 0;
    for (Type type : function.getArgumentTypes())
      count += cast<RankedTensorType>(type).getNumElements();
    for (size_t i = 0; i < count; ++i)
      fractions.push_back((2.0 * static_cast<double>(i) + 1.1) /
                          (2.0 * static_cast<double>(count)));
    std::shuffle(fractions.begin(), fractions.end(), generator);
  }

  SmallVector<Tensor> make() {
    SmallVector<Tensor> arguments;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      arguments.push_back(makeArgument(i, cast<RankedTensorType>(type)));
    return arguments;
  }

private:
  Tensor makeArgument(unsigned index, RankedTensorType type) {
    if (auto values = function.getArgAttrOfType<ElementsAttr>(index, "nn.values"))
      return Tensor::fromAttribute(values);
    Tensor tensor(type);
    double low = tensor.isFloat() ? -1.5 : 0, high = tensor.isFloat() ? 1.5 : 3;
    if (type.getElementType().isInteger(1))
      high = 1;
    if (auto range = function.getArgAttrOfType<ArrayAttr>(index, "nn.range")) {
      low = cast<FloatAttr>(range[0]).getValueAsDouble();
      high = cast<FloatAttr>(range[1]).getValueAsDouble();
    }
    for (int64_t i = 0; i < tensor.size(); ++i) {
      double fraction = fractions[next++];
      if (tensor.isFloat())
        tensor.setReal(i, low + (high - low) * fraction);
      else
        tensor.setInteger(i, static_cast<int64_t>(low + (high - low + 1) * fraction));
    }
    return tensor;
  }

  func::FuncOp function;
  std::mt19937_64 generator;
  std::vector<double> fractions;
  size_t next = 0;
};

static std::string argumentName(func::FuncOp function, unsigned index) {
  if (auto name = function.getArgAttrOfType<StringAttr>(index, nameAttrName))
    return name.str();
  return "arg" + std::to_string(index);
}

static bool hasNamedLoss(func::FuncOp function) {
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (auto name = function.getResultAttrOfType<StringAttr>(i, nameAttrName))
      if (name.getValue() == "loss")
        return true;
  return false;
}

/// Makes the function return the loss, a sum of its float results with random weights, and the
/// gradient of that by every f64 argument.
static void appendGradient(func::FuncOp function) {
  auto terminator = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  OpBuilder builder(terminator);
  Location location = function.getLoc();
  auto scalar = RankedTensorType::get({}, builder.getF64Type());
  std::mt19937_64 generator(seed + 1);
  std::uniform_real_distribution<double> distribution(0.5, 1.5);
  Term loss(builder, location, buildSplat(builder, location, scalar, 0));
  for (Value result : terminator.getOperands()) {
    auto type = cast<RankedTensorType>(result.getType());
    if (!type.getElementType().isF64())
      continue;
    SmallVector<double> weights;
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      weights.push_back(distribution(generator) * (i % 3 == 1 ? -1 : 1));
    Value weight = ConstantOp::create(builder, location,
                                      DenseElementsAttr::get(type, ArrayRef<double>(weights)));
    Term product = Term(builder, location, result) * Term(builder, location, weight);
    Value sum =
        ReduceSumOp::create(builder, location, Value(product), consecutiveDims(type.getRank()));
    loss = loss + Term(builder, location, sum);
  }

  SmallVector<Value> wanted, results{loss};
  SmallVector<std::string> names{"loss"};
  for (BlockArgument argument : function.getArguments()) {
    std::string name = argumentName(function, argument.getArgNumber());
    function.setArgAttr(argument.getArgNumber(), nameAttrName, builder.getStringAttr(name));
    if (getElementTypeOrSelf(argument.getType()).isF64()) {
      wanted.push_back(argument);
      names.push_back("grad." + name);
    }
  }
  auto gradient = GradientOp::create(builder, location, Value(loss), wanted);
  llvm::append_range(results, gradient.getResults());
  terminator->setOperands(results);
  function.removeResAttrsAttr();
  function.setType(builder.getFunctionType(function.getArgumentTypes(), TypeRange(results)));
  for (auto [i, name] : llvm::enumerate(names))
    function.setResultAttr(i, nameAttrName, builder.getStringAttr(name));
}

static LogicalResult checkFunction(func::FuncOp function) {
  // Gradients in the function itself are part of what is checked.
  if (!hasNamedLoss(function))
    for (unsigned count = 0; count < order; ++count)
      appendGradient(function);
  if (failed(differentiate(function)) || failed(function.verify()))
    return failure();
  SmallVector<Tensor> arguments = ArgumentMaker(function).make();
  GradientCheckOptions options;
  options.tolerance = tolerance;
  options.samplesPerValue = samples;
  FailureOr<GradientCheck> check = checkGradients(function, arguments, options);
  if (failed(check))
    return failure();
  if (!std::isfinite(check->loss))
    llvm::outs() << "FAILED " << function.getName() << ": the loss is " << check->loss << '\n';
  bool passed = std::isfinite(check->loss);
  for (const GradientReport &report : check->reports) {
    // Values made here stay away from kinks, so differences that do not settle are a failure too.
    bool good = report.passed && report.unsettledElements == 0 && report.hiddenElements == 0;
    passed &= good;
    llvm::outs() << (good ? "passed" : "FAILED") << ' ' << function.getName() << ' ' << report.name
                 << ": " << report.checkedElements << " elements, relative error at most "
                 << llvm::format("%.1e", report.maxRelativeError);
    if (!good)
      llvm::outs() << "; element " << report.worstElement << " has derivative "
                   << llvm::format("%.12g, difference %.12g; ", report.derivative,
                                   report.difference)
                   << report.unsettledElements << " elements unsettled, " << report.hiddenElements
                   << " hidden by rounding";
    llvm::outs() << '\n';
  }
  return success(passed);
}

static LogicalResult evaluateFunction(func::FuncOp function) {
  FailureOr<SmallVector<Tensor>> results = evaluate(function, ArgumentMaker(function).make());
  if (failed(results))
    return failure();
  for (const Tensor &result : *results) {
    llvm::outs() << function.getName() << ": ";
    print(llvm::outs(), result);
    llvm::outs() << '\n';
  }
  return success();
}

static LogicalResult checkFunctionBatching(func::FuncOp function) {
  constexpr uint64_t batch = 3;
  SmallVector<SmallVector<Tensor>> examples;
  for (uint64_t example = 0; example < batch; ++example)
    examples.push_back(ArgumentMaker(function, example).make());
  if (failed(differentiate(function)) || failed(checkBatching(function, examples)))
    return failure();
  llvm::outs() << "passed " << function.getName() << '\n';
  return success();
}

static LogicalResult checkFunctionSteps(func::FuncOp function) {
  if (failed(checkSteps(function, ArgumentMaker(function).make())))
    return failure();
  llvm::outs() << "passed " << function.getName() << '\n';
  return success();
}

/// The names of the nn operations; only differentiable ones if asked for.
static std::set<StringRef> listOperations(MLIRContext &context, bool onlyDifferentiable) {
  std::set<StringRef> names;
  for (RegisteredOperationName name : context.getRegisteredOperations())
    if (name.getDialectNamespace() == NNDialect::getDialectNamespace() &&
        (!onlyDifferentiable || name.hasInterface<Differentiable>()))
      names.insert(name.getStringRef());
  return names;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "evaluates and checks functions of the nn dialect\n");
  DialectRegistry registry;
  registry.insert<NNDialect, func::FuncDialect>();
  MLIRContext context(registry);
  context.loadAllAvailableDialects();

  bool onlyDifferentiable = mode == Mode::ListDifferentiable || mode == Mode::MissingGradients;
  std::set<StringRef> missing = listOperations(context, onlyDifferentiable);
  if (mode == Mode::ListOperations || mode == Mode::ListDifferentiable) {
    for (StringRef name : missing)
      llvm::outs() << name << '\n';
    return 0;
  }

  bool passed = true;
  for (const std::string &fileName : fileNames) {
    llvm::SourceMgr sources;
    SourceMgrDiagnosticHandler handler(sources, &context);
    OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(fileName, sources, &context);
    if (!module)
      return 1;
    for (func::FuncOp function : module->getOps<func::FuncOp>()) {
      if (mode == Mode::Evaluate)
        passed &= succeeded(evaluateFunction(function));
      else if (mode == Mode::Gradient)
        passed &= succeeded(checkFunction(function));
      else if (mode == Mode::Steps)
        passed &= succeeded(checkFunctionSteps(function));
      else if (mode == Mode::Batch)
        passed &= succeeded(checkFunctionBatching(function));
      else
        function.walk([&](Operation *op) {
          bool hasFloat = llvm::any_of(op->getResultTypes(), [](Type type) {
            return isa<FloatType>(getElementTypeOrSelf(type));
          });
          if (hasFloat || !onlyDifferentiable)
            missing.erase(op->getName().getStringRef());
        });
    }
  }
  if (mode == Mode::MissingEvaluations || mode == Mode::MissingGradients) {
    // Gradients are not evaluated but replaced.
    missing.erase(GradientOp::getOperationName());
    for (StringRef name : missing)
      llvm::errs() << name << " occurs in none of the files\n";
    passed = missing.empty();
  }
  return passed ? 0 : 1;
}
