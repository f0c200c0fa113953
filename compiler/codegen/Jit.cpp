// Compiles a module with LLVM's ORC, provides a barrier in place of the runtime's, and calls
// compiled functions on threads.
#include "compiler/codegen/Jit.h"

#include "compiler/passes/Pipelines.h"
#include "compiler/codegen/EmitObject.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

#include <barrier>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

using namespace mlir;

namespace nnc {

void Block::Free::operator()(char *pointer) const { std::free(pointer); }

Block::Block(int64_t bytes)
    : memory(static_cast<char *>(std::aligned_alloc(64, (bytes + 127) / 64 * 64))), bytes(bytes) {
  std::memset(memory.get(), 0, (bytes + 127) / 64 * 64);
}

/// Where the threads of the running function meet; compiled code has no other way to find it.
static std::barrier<> *currentBarrier = nullptr;

static void waitForAll() { currentBarrier->arrive_and_wait(); }

struct Jit::Code {
  std::unique_ptr<llvm::orc::LLJIT> session;
};

Jit::Jit() : code(std::make_unique<Code>()) {}
Jit::~Jit() = default;

std::unique_ptr<Jit> Jit::compile(ModuleOp module, const TargetDescription &target,
                                  const std::string &targetCpu, std::string &error,
                                  const std::string &loopThreads) {
  PassManager passes(module.getContext());
  LoweringOptions options;
  options.targetCpu = targetCpu;
  options.loopThreads = loopThreads;
  buildLinalgPipeline(passes, options);
  buildLoopsPipeline(passes, options);
  buildLlvmPipeline(passes, options);
  if (failed(passes.run(module))) {
    error = "the passes failed";
    return nullptr;
  }
  std::unique_ptr<Jit> jit(new Jit());
  jit->layouts = readBlocks(module);

  LlvmModule translated = translateToLlvm(module, target, error);
  if (!translated.module)
    return nullptr;
  optimize(*translated.module, target);
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  if (!emitMachineCode(*translated.module, target, MachineCode::Object, stream, error))
    return nullptr;

  llvm::InitializeNativeTarget();
  auto fail = [&](llvm::Error failure) {
    error = llvm::toString(std::move(failure));
    return nullptr;
  };
  auto session = llvm::orc::LLJITBuilder().create();
  if (!session)
    return fail(session.takeError());
  llvm::orc::JITDylib &library = (*session)->getMainJITDylib();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*session)->getDataLayout().getGlobalPrefix());
  if (!process)
    return fail(process.takeError());
  library.addGenerator(std::move(*process));
  llvm::orc::SymbolMap symbols;
  symbols[(*session)->mangleAndIntern("nnc_barrier")] = {
      llvm::orc::ExecutorAddr::fromPtr(&waitForAll), llvm::JITSymbolFlags::Exported};
  if (llvm::Error failure = library.define(llvm::orc::absoluteSymbols(std::move(symbols))))
    return fail(std::move(failure));
  if (llvm::Error failure =
          (*session)->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(object, "nn")))
    return fail(std::move(failure));
  for (const FunctionBlocks &function : jit->layouts.functions) {
    auto address = (*session)->lookup(function.symbol);
    if (!address)
      return fail(address.takeError());
  }
  jit->code->session = std::move(*session);
  return jit;
}

const FunctionBlocks *Jit::function(llvm::StringRef symbol) const {
  for (const FunctionBlocks &function : layouts.functions)
    if (function.symbol == symbol)
      return &function;
  return nullptr;
}

using EntryPoint = void(char *, char *, const char *, char *, const char *, int64_t, int64_t);

// UBSan reads the type of a function in front of its code, where memory that LLVM has not instrumented
// need not exist.
#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
static void enter(EntryPoint *entry, char *persistent, char *arena, const char *inputs,
                  char *outputs, const char *scalars, int64_t thread, int64_t threads) {
  entry(persistent, arena, inputs, outputs, scalars, thread, threads);
}

double Jit::run(const FunctionBlocks &function, Block &persistent, const Block &inputs,
                Block &outputs, const Block &scalars, int64_t threads, int64_t calls) {
  auto *entry = llvm::cantFail(code->session->lookup(function.symbol)).toPtr<EntryPoint *>();
  Block arena(function.arenaBytes + 64 + function.threadBytes * threads);
  // All ones: a NaN in every float type.
  std::memset(arena.data(), 0xff, arena.size());
  std::barrier<> barrier(threads);
  currentBarrier = &barrier;
  std::vector<std::thread> others;
  auto call = [&](int64_t thread) {
    for (int64_t i = 0; i < calls; ++i) {
      enter(entry, persistent.data(), arena.data(), inputs.data(), outputs.data(), scalars.data(),
            thread, threads);
      barrier.arrive_and_wait();
    }
  };
  // One thread is timed by its own processor time, so that others' work counts less.
  auto now = [&] {
    timespec time;
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
  };
  const double start = now();
  for (int64_t thread = 1; thread < threads; ++thread)
    others.emplace_back(call, thread);
  call(0);
  for (std::thread &other : others)
    other.join();
  currentBarrier = nullptr;
  return (now() - start) / calls;
}

} // namespace nnc
