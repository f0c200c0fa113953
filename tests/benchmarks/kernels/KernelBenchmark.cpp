// kernel-benchmark [--rounds=N] [--ms=N] [--thread-count=N] [--target-cpu=CPU] [--f64]
//                  [--tiling=...] [MxNxK:LAYOUT]...
// Speed of matrix products, each beside the multiply-add peak measured in the same rounds. LAYOUT
// is NN, NT or TN (A, B stored as is or transposed). Without shapes: the table of
// docs/performance.md.
// --tiling=rows,vectors[,a][,b][,k=STEPS][,n=COLUMNS][,u=UNROLL][,s] replaces the tiling that is
// chosen (a, b: pack; s: exchange the roles of A and B).
#include "runtime/support/Tensor.h"
#include "tests/benchmarks/kernels/Measure.h"
#include "tests/kernels/contraction/ProblemRunner.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <cstdlib>
#include <list>

using namespace mlir;
using namespace nnc;
using namespace nnc::test;

namespace {

llvm::cl::opt<int> rounds("rounds", llvm::cl::init(15), llvm::cl::desc("rounds of measurement"));
llvm::cl::opt<double> milliseconds("ms", llvm::cl::init(2), llvm::cl::desc("time of one round"));
llvm::cl::opt<int> threads("thread-count", llvm::cl::init(1), llvm::cl::desc("threads"));
llvm::cl::opt<std::string> cpu("target-cpu", llvm::cl::init("native"),
                               llvm::cl::desc("target cpu"));
llvm::cl::opt<bool> f64("f64", llvm::cl::desc("double precision"));
llvm::cl::list<std::string> tilings("tiling", llvm::cl::desc("tilings instead of the chosen one"),
                                    llvm::cl::ZeroOrMore);
llvm::cl::list<std::string> shapes(llvm::cl::Positional, llvm::cl::desc("MxNxK:LAYOUT"));

const char *const table[] = {
    "64x256x784:NN",     "64x200x784:NN",     "128x1024x1024:NN",  "512x512x512:NN",
    "512x512x512:NT",    "512x512x512:TN",    "1024x1024x1024:NN", "1024x1024x1024:NT",
    "1024x1024x1024:TN", "2048x2048x2048:NN", "4x256x784:NN",      "64x784x256:NT",
    "784x256x64:TN",     "256x64x784:NN",     "784x64x256:TN",     "256x784x64:NT",
    "64x10x256:NN",      "256x10x64:TN",      "64x256x10:NT",      "4x10x256:NN",
    "256x10x4:TN",       "4x256x10:NT",       "784x256x4:TN",      "1x1024x1024:NN",
    "1x1024x1024:NT",    "1024x1024x1:NN"};

ContractionTiling parseTiling(llvm::StringRef text, const ContractionProblem &problem,
                              const TargetDescription &machine) {
  ContractionTiling tiling;
  SmallVector<llvm::StringRef> parts;
  text.split(parts, ',');
  tiling.lanes = machine.lanes(problem.elementBits());
  tiling.rowTile = std::atoi(parts[0].str().c_str());
  tiling.columnVectors = std::atoi(parts[1].str().c_str());
  tiling.unroll = 2;
  tiling.split = ThreadSplit::Columns;
  for (llvm::StringRef part : llvm::ArrayRef(parts).drop_front(2)) {
    const int64_t value = part.size() > 2 ? std::atoll(part.drop_front(2).str().c_str()) : 0;
    switch (part[0]) {
    case 'a':
      tiling.packA = true;
      break;
    case 'b':
      tiling.packB = true;
      break;
    case 's':
      tiling.swapped = true;
      break;
    case 'k':
      tiling.reductionBlock = value;
      break;
    case 'n':
      tiling.columnBlock = value;
      break;
    case 'u':
      tiling.unroll = value;
      break;
    case 'c':
      tiling.chains = value;
      break;
    case 'r':
      tiling.split = ThreadSplit::Rows;
      break;
    case 'd':
      tiling.form = LaneForm::Reduction;
      break;
    case 't':
      tiling.transposeResult = true;
      break;
    case 'g':
      tiling.dotProducts = value;
      break;
    default:
      llvm::errs() << "unknown part of a tiling: " << part << "\n";
      std::exit(1);
    }
  }
  tiling.scratchBytes = 64 << 20;
  tiling.reason = text.str();
  return tiling;
}

template <typename T> void fill(char *memory, int64_t elements) {
  for (int64_t i = 0; i < elements; ++i)
    reinterpret_cast<T *>(memory)[i] = static_cast<T>((i * 7919) % 127 - 63) / 64;
}

void benchmark(MLIRContext &context, const TargetDescription &machine, llvm::StringRef shape) {
  const FloatType type = f64 ? FloatType(Float64Type::get(&context)) : Float32Type::get(&context);
  auto [extents, layout] = shape.split(':');
  SmallVector<llvm::StringRef> parts;
  extents.split(parts, 'x');
  int64_t mnk[3] = {0, 0, 0};
  if (parts.size() != 3 || layout.size() != 2 || layout.find_first_not_of("NT") != layout.npos ||
      parts[0].getAsInteger(10, mnk[0]) || parts[1].getAsInteger(10, mnk[1]) ||
      parts[2].getAsInteger(10, mnk[2])) {
    llvm::errs() << "not a shape: " << shape << "\n";
    std::exit(1);
  }
  const ContractionProblem problem =
      matrixProduct(type, mnk[0], mnk[1], mnk[2], layout[0], layout[1]);
  std::vector<ContractionTiling> variants;
  for (const std::string &text : tilings)
    variants.push_back(parseTiling(text, problem, machine));
  if (variants.empty())
    variants.push_back(chooseTiling(problem, machine, threads));

  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  const double peakFlops = addPeakKernel(*module, type, machine);
  for (auto [i, tiling] : llvm::enumerate(variants))
    addKernel(*module, kernelName(i), problem, machine, tiling);
  Jit jit(*module, machine);

  const int64_t bytes = problem.elementBits() / 8;
  const Spans size = spans(problem);
  // The runtime's memory, so that address translation costs what it costs there.
  std::list<runtime::AlignedBuffer> buffers;
  auto allocate = [&](int64_t size) { return buffers.emplace_back(size).data(); };
  char *a = allocate(size.a * bytes), *b = allocate(size.b * bytes), *c = allocate(size.c * bytes);
  for (auto [memory, elements] : {std::pair(a, size.a), {b, size.b}})
    f64 ? fill<double>(memory, elements) : fill<float>(memory, elements);
  char *peakMemory = allocate(4096 * threads);
  auto *peak = jit.function<void(void *, int64_t)>("peak");
  constexpr int64_t peakIterations = 2000;
  Subject limit;
  limit.run = [&](int64_t thread, int64_t) { peak(peakMemory + 4096 * thread, peakIterations); };
  limit.flops = peakFlops * peakIterations * threads;
  limit.threads = threads;
  std::vector<Subject> subjects(variants.size());
  std::vector<Subject *> all{&limit};
  for (auto [i, tiling] : llvm::enumerate(variants)) {
    auto *kernel = jit.function<KernelFunction>(kernelName(i));
    const int64_t scratchBytes = tiling.scratchBytes + 64;
    char *scratch = allocate(scratchBytes * threads);
    subjects[i].run = [=](int64_t thread, int64_t count) {
      kernel(a, b, c, scratch + thread * (scratchBytes / 64 * 64), thread, count);
    };
    subjects[i].flops = problem.flops();
    subjects[i].threads = threads;
    all.push_back(&subjects[i]);
  }
  measure(all, rounds, milliseconds);
  const double peakBest = limit.flops / limit.best(), peakMedian = limit.flops / limit.median();
  for (auto [i, tiling] : llvm::enumerate(variants)) {
    const Subject &s = subjects[i];
    std::printf("%-20s %8.1f GF/s  %5.1f %% of peak (medians %5.1f %%)  %10.2f us  %s\n",
                shape.str().c_str(), s.flops / s.best() * 1e-9, 100 * s.flops / s.best() / peakBest,
                100 * s.flops / s.median() / peakMedian, s.best() * 1e6, tiling.reason.c_str());
    std::fflush(stdout);
  }
}

} // namespace

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "speed of emitted matrix products\n");
  std::unique_ptr<MLIRContext> context = makeContext();
  const TargetDescription machine = target(cpu);
  std::vector<std::string> wanted(shapes.begin(), shapes.end());
  if (wanted.empty())
    wanted.assign(std::begin(table), std::end(table));
  for (const std::string &shape : wanted)
    benchmark(*context, machine, shape);
  return 0;
}
