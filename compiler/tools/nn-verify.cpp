// nn-verify compares the machine code of nn functions with the reference evaluator, on random
// arguments: how the lowering of every operation is tested.
//
//   nn-verify FILE.mlir [--float=f32|f64] [--threads=N] [--seed=N] [--target-cpu=CPU]
//
// A float argument is drawn from [-2, 2), an integer from [0, 8), unless the argument has
// attributes nn.low and nn.high; with nn.special its first elements are zeros, infinities, NaN,
// subnormal and extreme numbers. Results may differ by the function's attribute nn.ulp, in units of
// the last place, or else by a part of the root mean square of the result (1e-5 in f32, 1e-13 in
// f64, times nn.factor). Runs on one thread and on `threads` must agree in every bit.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/reference/Evaluate.h"
#include "compiler/codegen/Jit.h"

#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <regex>

using namespace mlir;
using nnc::reference::Tensor;

namespace {

struct Options {
  std::string input, floatType = "f32", targetCpu = "native", loopThreads = "choose";
  int64_t threads = 2;
  bool digest = false; // print a number for the bits of each result
  uint64_t seed = 1;
};

/// By hand: options of LLVM's own libraries have taken names like `threads`.
bool parseArguments(ArrayRef<const char *> arguments, Options &options) {
  for (StringRef argument : arguments) {
    bool good = true;
    if (argument.consume_front("--float="))
      good = (options.floatType = argument.str()) == "f32" || argument == "f64";
    else if (argument.consume_front("--threads="))
      good = !argument.getAsInteger(10, options.threads) && options.threads > 0;
    else if (argument.consume_front("--seed="))
      good = !argument.getAsInteger(10, options.seed);
    else if (argument.consume_front("--target-cpu="))
      options.targetCpu = argument.str();
    else if (argument == "--digest")
      options.digest = true;
    else if (argument.consume_front("--loop-threads="))
      options.loopThreads = argument.str();
    else if (!argument.starts_with("-") && options.input.empty())
      options.input = argument.str();
    else
      good = false;
    if (!good)
      return false;
  }
  return !options.input.empty();
}

double number(DictionaryAttr attributes, StringRef name, double otherwise) {
  Attribute attribute = attributes ? attributes.get(name) : Attribute();
  if (auto value = dyn_cast_or_null<FloatAttr>(attribute))
    return value.getValueAsDouble();
  if (auto value = dyn_cast_or_null<IntegerAttr>(attribute))
    return double(value.getInt());
  return otherwise;
}

Tensor makeArgument(RankedTensorType type, DictionaryAttr attributes, std::mt19937_64 &random) {
  Tensor tensor(type);
  bool isFloat = tensor.isFloat(), isTruth = type.getElementType().isInteger(1);
  double low = number(attributes, "nn.low", isFloat ? -2 : 0);
  double high = number(attributes, "nn.high", isFloat ? 2 : isTruth ? 2 : 8);
  std::uniform_real_distribution<double> distribution(low, high);
  bool isDouble = type.getElementType().isF64();
  using Single = std::numeric_limits<float>;
  using Double = std::numeric_limits<double>;
  const double special[] = {0.0,
                            -0.0,
                            Double::infinity(),
                            -Double::infinity(),
                            Double::quiet_NaN(),
                            isDouble ? Double::denorm_min() : Single::denorm_min(),
                            isDouble ? Double::max() : Single::max(),
                            isDouble ? Double::lowest() : Single::lowest(),
                            isDouble ? Double::min() : Single::min(),
                            1.0,
                            -1.0};
  bool withSpecial = attributes && attributes.contains("nn.special");
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double value = distribution(random);
    if (isFloat)
      tensor.setReal(i, withSpecial && i < int64_t(std::size(special)) ? special[i] : value);
    else
      tensor.setInteger(i, int64_t(std::floor(value)));
  }
  return tensor;
}

template <typename T> void store(char *place, T value) { std::memcpy(place, &value, sizeof value); }
template <typename T> T load(const char *place) {
  T value;
  std::memcpy(&value, place, sizeof value);
  return value;
}

void writeTensor(const Tensor &tensor, char *place) {
  Type element = tensor.type.getElementType();
  unsigned bits = element.getIntOrFloatBitWidth();
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (element.isF32())
      store(place + 4 * i, float(tensor.reals[i]));
    else if (element.isF64())
      store(place + 8 * i, tensor.reals[i]);
    else if (bits == 64)
      store(place + 8 * i, tensor.integers[i]);
    else if (bits == 32)
      store(place + 4 * i, int32_t(tensor.integers[i]));
    else
      store(place + i, char(tensor.integers[i] & 1));
  }
}

double readElement(Type element, const char *place, int64_t i) {
  if (element.isF32())
    return load<float>(place + 4 * i);
  if (element.isF64())
    return load<double>(place + 8 * i);
  if (element.isInteger(64))
    return double(load<int64_t>(place + 8 * i));
  if (element.isInteger(32))
    return load<int32_t>(place + 4 * i);
  return place[i];
}

/// The distance of neighbouring floats at this magnitude.
double unitInLastPlace(Type element, double value) {
  int digits = element.isF32() ? 24 : 53, least = element.isF32() ? -126 : -1022;
  int exponent = value == 0 ? least : std::max(std::ilogb(value), least);
  return std::ldexp(1.0, exponent - digits + 1);
}

class Verifier {
public:
  Verifier(ModuleOp module, const Options &options) : module(module), options(options) {}
  bool run();

private:
  struct Case {
    std::string name;
    SmallVector<Tensor> arguments, results;
    DictionaryAttr attributes;
    SmallVector<std::pair<std::string, std::string>> argumentNames, resultNames; // kind, name
  };
  bool prepare(func::FuncOp function);
  bool check(nnc::Jit &jit, const Case &test);
  bool compare(const Case &test, unsigned result, const char *place);

  ModuleOp module;
  const Options &options;
  std::vector<Case> cases;
};

std::pair<std::string, std::string> kindAndName(DictionaryAttr attributes, StringRef kind,
                                                StringRef name, unsigned number) {
  std::optional<nnc::nn::Kind> ownKind = nnc::nn::kindIn(attributes);
  auto ownName = attributes ? attributes.getAs<StringAttr>(nnc::nn::nameAttrName) : StringAttr();
  return {(ownKind ? stringifyKind(*ownKind) : kind).str(),
          ownName ? ownName.str() : (name + Twine(number)).str()};
}

bool Verifier::prepare(func::FuncOp function) {
  Case test;
  test.name = function.getSymName().str();
  test.attributes = function->getDiscardableAttrDictionary();
  std::mt19937_64 random(options.seed);
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    DictionaryAttr attributes = function.getArgAttrDict(i);
    test.arguments.push_back(makeArgument(cast<RankedTensorType>(type), attributes, random));
    test.argumentNames.push_back(kindAndName(attributes, "input", "argument", i));
  }
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    test.resultNames.push_back(kindAndName(function.getResultAttrDict(i), "output", "result", i));
  FailureOr<SmallVector<Tensor>> results = nnc::reference::evaluate(function, test.arguments);
  if (failed(results))
    return false;
  test.results = std::move(*results);
  cases.push_back(std::move(test));
  return true;
}

bool Verifier::compare(const Case &test, unsigned result, const char *place) {
  const Tensor &expected = test.results[result];
  Type element = expected.type.getElementType();
  double squares = 0;
  int64_t finite = 0;
  for (double value : expected.reals)
    if (std::isfinite(value)) {
      squares += value * value;
      ++finite;
    }
  double scale = std::max(finite ? std::sqrt(squares / finite) : 0.0, 1e-30);
  double ulps = number(test.attributes, "nn.ulp", -1);
  double allowed =
      ulps >= 0 ? ulps : (element.isF32() ? 1e-5 : 1e-13) * number(test.attributes, "nn.factor", 1);
  double worst = 0;
  int64_t worstIndex = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    double actual = readElement(element, place, i);
    double wanted = expected.isFloat() ? expected.reals[i] : double(expected.integers[i]);
    double error = 0;
    if (actual == wanted || (std::isnan(actual) && std::isnan(wanted)))
      error = 0;
    else if (!expected.isFloat() || !std::isfinite(actual) || !std::isfinite(wanted))
      error = std::numeric_limits<double>::infinity();
    else if (ulps >= 0)
      error = std::abs(actual - wanted) / unitInLastPlace(element, wanted);
    else
      error = std::abs(actual - wanted) / scale;
    if (error > worst) {
      worst = error;
      worstIndex = i;
    }
  }
  bool good = worst <= allowed;
  llvm::outs() << (good ? "ok   " : "FAIL ") << test.name << " " << test.resultNames[result].second
               << ": largest error " << llvm::format("%.3g", worst) << (ulps >= 0 ? " ulp" : "");
  if (!good)
    llvm::outs() << " at " << worstIndex << " of " << expected.type << ": "
                 << llvm::format("%.9g", readElement(element, place, worstIndex)) << " instead of "
                 << llvm::format("%.9g", expected.isFloat()
                                             ? expected.reals[worstIndex]
                                             : double(expected.integers[worstIndex]));
  llvm::outs() << "\n";
  return good;
}

bool Verifier::check(nnc::Jit &jit, const Case &test) {
  const nnc::FunctionBlocks *function = jit.function("nnc_" + test.name);
  const nnc::ModuleBlocks &blocks = jit.blocks();
  nnc::Block persistent(blocks.persistent.bytes), inputs(function->inputs.bytes);
  nnc::Block scalars(blocks.scalars.bytes), outputs(function->outputs.bytes);
  for (auto [argument, id] : llvm::zip(test.arguments, test.argumentNames)) {
    const auto &[kind, name] = id;
    if (auto index = function->inputs.find(kind, name))
      writeTensor(argument, inputs.data() + function->inputs.tensors[*index].offset);
    else if (auto index = blocks.scalars.find(kind, name))
      writeTensor(argument, scalars.data() + blocks.scalars.tensors[*index].offset);
    else if (auto index = blocks.persistent.find(kind, name))
      writeTensor(argument, persistent.data() + blocks.persistent.tensors[*index].offset);
  }
  nnc::Block persistentAgain(blocks.persistent.bytes), outputsAgain(function->outputs.bytes);
  std::memcpy(persistentAgain.data(), persistent.data(), persistent.size());
  jit.run(*function, persistent, inputs, outputs, scalars, 1);
  jit.run(*function, persistentAgain, inputs, outputsAgain, scalars, options.threads);

  bool good = true;
  for (auto [i, id] : llvm::enumerate(test.resultNames)) {
    const auto &[kind, name] = id;
    const char *first, *second;
    if (auto index = blocks.persistent.find(kind, name)) {
      int64_t offset = blocks.persistent.tensors[*index].offset;
      first = persistent.data() + offset;
      second = persistentAgain.data() + offset;
    } else {
      int64_t offset = function->outputs.tensors[*function->outputs.find(kind, name)].offset;
      first = outputs.data() + offset;
      second = outputsAgain.data() + offset;
    }
    good &= compare(test, i, first);
    nnc::BlockTensor extent;
    extent.type = test.results[i].type;
    if (options.digest)
      llvm::outs() << test.name << " " << name << " "
                   << llvm::xxh3_64bits(StringRef(first, extent.bytes())) << "\n";
    if (std::memcmp(first, second, extent.bytes()) != 0) {
      llvm::outs() << "FAIL " << test.name << " " << name << ": differs between 1 and "
                   << options.threads << " threads\n";
      good = false;
    }
  }
  return good;
}

bool Verifier::run() {
  for (auto function : module.getOps<func::FuncOp>())
    if (!prepare(function))
      return false;
  std::string error;
  std::optional<nnc::TargetDescription> target = nnc::describeTarget(options.targetCpu, "", error);
  std::unique_ptr<nnc::Jit> jit;
  if (target)
    jit = nnc::Jit::compile(module, *target, options.targetCpu, error, options.loopThreads);
  if (!jit) {
    llvm::errs() << "nn-verify: " << error << "\n";
    return false;
  }
  bool good = true;
  for (const Case &test : cases)
    good &= check(*jit, test);
  return good;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  if (!parseArguments(ArrayRef<const char *>(argv + 1, argc - 1), options)) {
    llvm::errs() << "usage: nn-verify FILE.mlir [--float=f32|f64] [--threads=N] [--seed=N] "
                    "[--target-cpu=CPU] [--loop-threads=rows|kernels|one|choose] [--digest]\n";
    return 2;
  }
  auto file = llvm::MemoryBuffer::getFile(options.input, /*IsText=*/true);
  if (!file) {
    llvm::errs() << "nn-verify: cannot read " << options.input << ": " << file.getError().message()
                 << "\n";
    return 1;
  }
  std::string text = (*file)->getBuffer().str();
  if (options.floatType == "f64")
    text = std::regex_replace(text, std::regex("f32"), "f64");
  DialectRegistry registry;
  registerAllDialects(registry);
  registry.insert<nnc::nn::NNDialect>();
  MLIRContext context(registry);
  context.disableMultithreading();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return 1;
  return Verifier(*module, options).run() ? 0 : 1;
}
