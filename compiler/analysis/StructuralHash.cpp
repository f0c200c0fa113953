// Numbers the values of nested regions in order, so that equal bodies have equal hashes.
#include "compiler/analysis/StructuralHash.h"

#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace nnc {
namespace {

/// Hashes operations from the outside to the inside, and numbers the values of their regions.
class StructuralHasher {
public:
  void add(Operation *op) {
    hash = llvm::hash_combine(hash, OperationEquivalence::computeHash(
                                        op, [this](Value value) { return hashOf(value); },
                                        OperationEquivalence::ignoreHashValue,
                                        OperationEquivalence::IgnoreLocations));
    for (Region &region : op->getRegions())
      add(region);
  }

  void add(Region &region) {
    for (Block &block : region) {
      for (BlockArgument argument : block.getArguments())
        number(argument);
      for (Operation &op : block) {
        add(&op);
        for (Value result : op.getResults())
          number(result);
      }
    }
  }

  llvm::hash_code hash = llvm::hash_value(0);

private:
  void number(Value value) { numbers.try_emplace(value, numbers.size()); }
  llvm::hash_code hashOf(Value value) const {
    auto found = numbers.find(value);
    return found == numbers.end() ? hash_value(value) : llvm::hash_value(found->second);
  }

  DenseMap<Value, unsigned> numbers;
};

} // namespace

llvm::hash_code structuralHash(Operation *op) {
  StructuralHasher hasher;
  hasher.add(op);
  return hasher.hash;
}

llvm::hash_code structuralHash(Region &region) {
  StructuralHasher hasher;
  hasher.add(region);
  return hasher.hash;
}

} // namespace nnc
