// Runs compiled functions in this process, for checks: the same passes and the same machine code as
// in an executable, with threads and barriers of its own.
#pragma once

#include "compiler/analysis/BlockLayout.h"
#include "compiler/target/TargetDescription.h"

#include <cstdint>
#include <memory>
#include <string>

namespace nnc {

/// Bytes that start at a multiple of 64, all zero at first.
class Block {
public:
  explicit Block(int64_t bytes);
  char *data() { return memory.get(); }
  const char *data() const { return memory.get(); }
  int64_t size() const { return bytes; }

private:
  struct Free {
    void operator()(char *pointer) const;
  };
  std::unique_ptr<char, Free> memory;
  int64_t bytes;
};

class Jit {
public:
  /// Compiles a module of nn functions, without gradients and batch reductions. Consumes the
  /// module's contents. `loopThreads` is the option of lower-to-loops. Null, with diagnostics and a
  /// message in `error`, on failure.
  static std::unique_ptr<Jit> compile(mlir::ModuleOp module, const TargetDescription &target,
                                      const std::string &targetCpu, std::string &error,
                                      const std::string &loopThreads = "choose");
  ~Jit();

  const ModuleBlocks &blocks() const { return layouts; }
  /// The blocks of a function by its symbol (nnc_train_step); null if there is none.
  const FunctionBlocks *function(llvm::StringRef symbol) const;

  /// Calls a function on `threads` threads, `calls` times in a row. The arena is filled with a
  /// pattern that makes reads of uninitialised memory visible. Returns the seconds of a call.
  double run(const FunctionBlocks &function, Block &persistent, const Block &inputs, Block &outputs,
             const Block &scalars, int64_t threads, int64_t calls = 1);

private:
  Jit();
  struct Code;
  std::unique_ptr<Code> code;
  ModuleBlocks layouts;
};

} // namespace nnc
