// Calls functions as machine code, made by the stages that an executable is made by. Each call runs
// on one thread and on two, which must leave the same bits.
#include "compiler/passes/Pipelines.h"
#include "compiler/codegen/Jit.h"
#include "tests/parity/Executable.h"

#include "mlir/Pass/PassManager.h"

#include <fmt/format.h>

#include <cstring>

using namespace mlir;

namespace nnc::parity {
namespace {

template <typename T> void writeElements(const Array &array, char *place) {
  for (double value : array.values) {
    T element = static_cast<T>(value);
    std::memcpy(place, &element, sizeof(T));
    place += sizeof(T);
  }
}

template <typename T> void readElements(Array &array, const char *place) {
  for (double &value : array.values) {
    T element;
    std::memcpy(&element, place, sizeof(T));
    value = static_cast<double>(element);
    place += sizeof(T);
  }
}

/// Calls `visit` with a value of the C++ type that holds an element in memory.
template <typename Visit> void withElementType(Type type, Visit visit) {
  if (type.isF64())
    visit(double());
  else if (type.isF32())
    visit(float());
  else if (type.isInteger(64))
    visit(int64_t());
  else if (type.isInteger(32))
    visit(int32_t());
  else
    visit(int8_t()); // truth values take a byte each
}

bool persists(const std::string &kind) {
  return kind == "parameter" || kind == "slot" || kind == "state";
}

bool sameBytes(const Block &a, const Block &b) {
  return std::memcmp(a.data(), b.data(), static_cast<size_t>(a.size())) == 0;
}

class CodeBackend : public Backend {
public:
  explicit CodeBackend(std::unique_ptr<Jit> jit) : jit(std::move(jit)) {}

  bool call(const std::string &function, const Signature &signature,
            const std::vector<Array> &arguments, std::vector<Array> &results,
            std::string &error) override {
    const FunctionBlocks *blocks = jit->function("nnc_" + function);
    if (!blocks) {
      error = "no code was generated for " + function;
      return false;
    }
    Memory one(*jit, *blocks), two(*jit, *blocks);
    for (Memory *memory : {&one, &two}) {
      for (auto [port, array] : llvm::zip_equal(signature.arguments, arguments))
        if (!memory->write(port, array, error))
          return false;
      jit->run(*blocks, memory->persistent, memory->inputs, memory->outputs, memory->scalars,
               memory == &one ? 1 : 2);
    }
    if (!sameBytes(one.persistent, two.persistent) || !sameBytes(one.outputs, two.outputs)) {
      error = function + " computes other bits with two threads than with one";
      return false;
    }
    for (const TypedPort &port : signature.results)
      if (!one.read(port, results.emplace_back(), error))
        return false;
    return true;
  }

private:
  /// The blocks of one call.
  struct Memory {
    Memory(const Jit &jit, const FunctionBlocks &blocks)
        : jit(jit), blocks(blocks), persistent(jit.blocks().persistent.bytes),
          inputs(blocks.inputs.bytes), outputs(blocks.outputs.bytes),
          scalars(jit.blocks().scalars.bytes) {}

    /// Where a tensor lies; null, with an error, if the block does not have it.
    char *place(const BlockLayout &layout, Block &block, const TypedPort &port,
                std::string &error) {
      std::optional<unsigned> found = layout.find(port.kind, port.name);
      if (found && layout.tensors[*found].type == port.type)
        return block.data() + layout.tensors[*found].offset;
      error = fmt::format("no place in memory for the {} {}", port.kind, port.name);
      return nullptr;
    }

    bool write(const TypedPort &port, const Array &array, std::string &error) {
      char *to = persists(port.kind)     ? place(jit.blocks().persistent, persistent, port, error)
                 : port.kind == "scalar" ? place(jit.blocks().scalars, scalars, port, error)
                                         : place(blocks.inputs, inputs, port, error);
      if (to)
        withElementType(port.type.getElementType(),
                        [&](auto zero) { writeElements<decltype(zero)>(array, to); });
      return to;
    }

    bool read(const TypedPort &port, Array &array, std::string &error) {
      const char *from = persists(port.kind)
                             ? place(jit.blocks().persistent, persistent, port, error)
                             : place(blocks.outputs, outputs, port, error);
      array = filled(port.type.getShape().vec(), 0);
      if (from)
        withElementType(port.type.getElementType(),
                        [&](auto zero) { readElements<decltype(zero)>(array, from); });
      return from;
    }

    const Jit &jit;
    const FunctionBlocks &blocks;
    Block persistent, inputs, outputs, scalars;
  };

  std::unique_ptr<Jit> jit;
};

} // namespace

std::unique_ptr<Backend> createCodeBackend(ModuleOp module, std::string &error) {
  constexpr const char *cpu = "native";
  std::optional<TargetDescription> target = describeTarget(cpu, "", error);
  if (!target)
    return nullptr;
  PassManager passes(module.getContext());
  buildGradPipeline(passes);
  buildOptPipeline(passes);
  if (failed(passes.run(module)))
    return nullptr;
  std::unique_ptr<Jit> jit = Jit::compile(module, *target, cpu, error);
  return jit ? std::make_unique<CodeBackend>(std::move(jit)) : nullptr;
}

} // namespace nnc::parity
