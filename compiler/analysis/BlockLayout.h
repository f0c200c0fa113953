// Where every tensor lies in the blocks of memory that a compiled function is given: the part of
// the ABI that `assign-arena` decides. Kept as attributes on the module and its functions.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc {

/// Every tensor in a block starts at a multiple of this, and owns memory up to the next one.
inline constexpr int64_t blockAlignment = 64;

inline int64_t alignToBlock(int64_t bytes) {
  return (bytes + blockAlignment - 1) / blockAlignment * blockAlignment;
}

/// Bytes of a tensor in memory. Truth values take a byte each.
int64_t bytesOf(mlir::RankedTensorType type);

/// A tensor of a block.
struct BlockTensor {
  std::string name;
  /// As in the attribute `nn.kind` of arguments and results: parameter, slot, state, input,
  /// example_weight, scalar, output, example_output, token, cache.
  std::string kind;
  int64_t offset = 0; // bytes
  mlir::RankedTensorType type;

  int64_t bytes() const { return bytesOf(type); }
};

struct BlockLayout {
  std::vector<BlockTensor> tensors; // other than by append, to be read only
  int64_t bytes = 0;

  /// Adds a tensor behind the others, at a multiple of `alignment`, and returns its number.
  unsigned append(std::string name, std::string kind, mlir::RankedTensorType type,
                  int64_t alignment);
  std::optional<unsigned> find(llvm::StringRef kind, llvm::StringRef name) const;

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  static BlockLayout fromAttribute(mlir::Attribute attribute);

private:
  void add(BlockTensor tensor);
  std::map<std::pair<std::string, std::string>, unsigned> numbers; // by kind and name
};

/// A buffer of the arena.
struct ArenaBuffer {
  std::string name; // the user's; may be empty
  int64_t line = 0; // of the source that computes it; 0 if unknown
  int64_t offset = 0, bytes = 0;
  int64_t first = 0, last = 0; // positions of the kernels that touch it first and last
  /// The forward pass writes it (what the loss is computed from), and the backward pass or the
  /// optimizer reads it.
  bool saved = false;
};

/// Kernels that run as one, at one position of the schedule, as a profile shows them.
struct KernelRegion {
  int64_t line = 0; // of the source; 0 if unknown
  std::string kind; // contraction, reduction, element-wise, copy, scatter
  bool backward = false;
  int64_t flop = 0, bytes = 0; // bytes of the tensors read and written
};

/// The blocks of one compiled function.
struct FunctionBlocks {
  std::string symbol; // nnc_train_step, ...
  BlockLayout inputs, outputs;
  int64_t arenaBytes = 0; // with the panels, from lower-to-loops on
  /// The end of the arena, for operands that are packed in front of loops.
  int64_t panelBytes = 0;
  /// Memory behind the arena for each thread on its own: packed operands.
  int64_t threadBytes = 0;
  /// The most bytes of buffers alive at one time: a bound below which arenaBytes cannot be.
  int64_t largestLiveBytes = 0;
  /// Floating-point operations of one call.
  int64_t flop = 0;
  /// Of a step function: the most positions of a sequence; 0 means unlimited.
  int64_t limit = 0;
  std::vector<ArenaBuffer> buffers;
  /// By position in the schedule; only in profiled code.
  std::vector<KernelRegion> regions;
};

struct ModuleBlocks {
  BlockLayout persistent, scalars;
  BlockLayout cache; // of the step functions
  std::vector<FunctionBlocks> functions;
};

/// Reads the attributes of `assign-arena` on a module; works at every later stage.
ModuleBlocks readBlocks(mlir::ModuleOp module);

/// Names of the attributes.
inline constexpr llvm::StringLiteral persistentAttrName = "nn.persistent";
inline constexpr llvm::StringLiteral scalarsAttrName = "nn.scalars";
inline constexpr llvm::StringLiteral cacheAttrName = "nn.cache";
inline constexpr llvm::StringLiteral blocksAttrName = "nn.blocks";
inline constexpr llvm::StringLiteral threadedAttrName = "nn.threaded";
/// On a kernel of profiled code: the number of its region.
inline constexpr llvm::StringLiteral regionAttrName = "nn.region";
/// On a loop that each thread runs for its own part, by the thread's number and that of all
/// threads: the number of its operations.
inline constexpr llvm::StringLiteral sharedOperationsAttrName = "nn.shared";
inline constexpr llvm::StringLiteral paddedAttrName = "nn.padded";

/// The value of a function's attribute `nn.blocks`.
mlir::DictionaryAttr toAttribute(const FunctionBlocks &blocks, mlir::MLIRContext *context);

} // namespace nnc
