// A .nn program compiled in memory, whose functions can be called with named tensors: by generated
// code, or by the reference evaluator.
#pragma once

#include "compiler/import/ImportProgram.h"
#include "tests/parity/Array.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nnc::parity {

/// A tensor that goes into or comes out of a function: its kind and name are those of the nn
/// dialect's argument and result attributes (`parameter` `fc.weight`, `input` `x`, `scalar` `step`,
/// `output` `loss`).
struct Port {
  std::string kind, name;
  auto operator<=>(const Port &) const = default;
};
using Tensors = std::map<Port, Array>;

struct TypedPort : Port {
  mlir::RankedTensorType type;
};

struct Signature {
  std::vector<TypedPort> arguments, results;
};

enum class Engine { GeneratedCode, Reference };

/// Computes the functions of a module in which the batch has been added.
class Backend {
public:
  virtual ~Backend() = default;
  /// One array for each result of the function, given one for each argument; or false with the
  /// reason in `error`.
  virtual bool call(const std::string &function, const Signature &signature,
                    const std::vector<Array> &arguments, std::vector<Array> &results,
                    std::string &error) = 0;
};

struct ExecutableOptions {
  Engine engine = Engine::GeneratedCode;
  FloatPrecision precision = FloatPrecision::F64;
  int64_t batch = 1;
  /// The functions that will be called; the others are not compiled.
  std::vector<std::string> functions;
};

class Executable {
public:
  ~Executable();

  /// Compiles a program; null, with the diagnostics in `error`, when that fails.
  static std::unique_ptr<Executable> compile(const std::string &text,
                                             const ExecutableOptions &options, std::string &error);

  /// Null when the program has no such function.
  const Signature *signature(const std::string &function) const;

  /// Calls a function. Needs a tensor for each argument but the weights of the examples (all real)
  /// and the settings of the recipe (as in the program); ignores tensors that the function does not
  /// take. False, with a reason, when a tensor is missing or has another number of elements, or the
  /// computation fails.
  bool call(const std::string &function, const Tensors &arguments, Tensors &results,
            std::string &error) const;

private:
  struct State;
  explicit Executable(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// Both take a module of batched functions that still ask for gradients, and change it. Null on
/// failure, with what is not reported to the context in `error`.
std::unique_ptr<Backend> createReferenceBackend(mlir::ModuleOp module, std::string &error);
std::unique_ptr<Backend> createCodeBackend(mlir::ModuleOp module, std::string &error);

} // namespace nnc::parity
