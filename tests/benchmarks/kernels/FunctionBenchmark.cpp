// function-benchmark FILE.mlir [--rounds=N] [--thread-count=N] [--target-cpu=CPU]
// Speed of every function of a file of nn operations, compiled as in an executable, beside the
// multiply-add peak measured in the same rounds. convolutions.mlir is the table of
// docs/performance.md.
#include "compiler/dialect/NN.h"
#include "compiler/codegen/Jit.h"
#include "tests/benchmarks/kernels/Measure.h"
#include "tests/kernels/contraction/Jit.h"

#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace mlir;
using namespace nnc;

namespace {

llvm::cl::opt<int> rounds("rounds", llvm::cl::init(9), llvm::cl::desc("rounds of measurement"));
llvm::cl::opt<int> threads("thread-count", llvm::cl::init(1), llvm::cl::desc("threads"));
llvm::cl::opt<std::string> cpu("target-cpu", llvm::cl::init("native"),
                               llvm::cl::desc("target cpu"));
llvm::cl::opt<std::string> file(llvm::cl::Positional, llvm::cl::Required,
                                llvm::cl::desc("FILE.mlir"));

/// The multiply-add peak of `threads` threads.
class Peak {
public:
  explicit Peak(const TargetDescription &machine) : context(test::makeContext()) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context.get()));
    flops = test::addPeakKernel(*module, Float32Type::get(context.get()), machine) * iterations *
            threads;
    jit = std::make_unique<test::Jit>(*module, machine);
    auto *kernel = jit->function<void(void *, int64_t)>("peak");
    memory = static_cast<char *>(std::aligned_alloc(4096, 4096 * threads));
    std::memset(memory, 0, 4096 * threads);
    subject.run = [this, kernel](int64_t thread, int64_t) {
      kernel(memory + 4096 * thread, iterations);
    };
    subject.threads = threads;
  }
  ~Peak() { std::free(memory); }
  /// Measures once more; flop per second.
  double measure() {
    test::measure({&subject}, 1, 2);
    return flops / subject.seconds.back();
  }

private:
  static constexpr int64_t iterations = 2000;
  std::unique_ptr<MLIRContext> context;
  std::unique_ptr<test::Jit> jit;
  test::Subject subject;
  double flops = 0;
  char *memory = nullptr;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

} // namespace

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "speed of functions of nn operations\n");
  std::string error;
  std::optional<TargetDescription> machine = describeTarget(cpu, "", error);
  DialectRegistry registry;
  registerAllDialects(registry);
  registry.insert<nn::NNDialect>();
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(file, &context);
  std::unique_ptr<nnc::Jit> jit =
      machine && module ? nnc::Jit::compile(*module, *machine, cpu, error) : nullptr;
  if (!jit) {
    std::fprintf(stderr, "%s: %s\n", file.c_str(), error.c_str());
    return 1;
  }
  Peak peak(*machine);
  nnc::Block persistent(jit->blocks().persistent.bytes), scalars(jit->blocks().scalars.bytes);
  for (const FunctionBlocks &function : jit->blocks().functions) {
    nnc::Block inputs(function.inputs.bytes), outputs(function.outputs.bytes);
    for (int64_t i = 0; i < inputs.size() / 4; ++i)
      reinterpret_cast<float *>(inputs.data())[i] = static_cast<float>(i * 7919 % 127 - 63) / 64;
    auto seconds = [&](int64_t calls) {
      return jit->run(function, persistent, inputs, outputs, scalars, threads, calls);
    };
    const int64_t calls = std::max<int64_t>(1, 0.02 / seconds(3));
    std::vector<double> times, shares;
    for (int round = 0; round < rounds; ++round) {
      const double limit = peak.measure();
      times.push_back(seconds(calls));
      shares.push_back(100 * function.flop / times.back() / limit);
    }
    std::printf("%-28s %8.1f GF/s  %5.1f %% of peak  %10.1f us\n", function.symbol.c_str() + 4,
                function.flop / median(times) * 1e-9, median(shares), median(times) * 1e6);
    std::fflush(stdout);
  }
}
