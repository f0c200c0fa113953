// Finds the needed operations from the last to the first, and clones them into a new block.
#include "compiler/scans/RebuildScan.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace nnc {
namespace {

/// The values of the block that each step needs, those from outside among them.
llvm::DenseSet<Value> findNeeded(nn::ScanOp scan, ValueRange emits, const ValuesOutside &outside) {
  llvm::DenseSet<Value> needed(emits.begin(), emits.end());
  needed.insert_range(scan.getYield().getCarries());
  for (Operation &op : llvm::reverse(scan.getBlock()->without_terminator()))
    if (llvm::any_of(op.getResults(), [&](Value result) {
          return needed.contains(result) && !outside.contains(result);
        }))
      needed.insert_range(op.getOperands());
  return needed;
}

} // namespace

nn::ScanOp rebuildScan(OpBuilder &builder, nn::ScanOp scan, ValueRange emits,
                       const ValuesOutside &outside) {
  llvm::DenseSet<Value> needed = findNeeded(scan, emits, outside);
  SmallVector<std::pair<Value, Value>> sequences, invariants; // in the block, outside
  auto take = [&](SmallVectorImpl<std::pair<Value, Value>> &list, const auto &values) {
    for (auto [inside, value] : values)
      if (needed.contains(inside))
        list.push_back({inside, value});
  };
  auto takeArguments = [&](auto &list, ArrayRef<BlockArgument> arguments, ValueRange operands) {
    for (auto [argument, operand] : llvm::zip_equal(arguments, operands))
      if (needed.contains(argument) && !outside.contains(argument))
        list.push_back({argument, operand});
  };
  takeArguments(sequences, scan.getSequenceArguments(), scan.getSequences());
  take(sequences, outside.rows);
  takeArguments(invariants, scan.getInvariantArguments(), scan.getInvariants());
  take(invariants, outside.invariants);

  auto operands = [](ArrayRef<std::pair<Value, Value>> list) {
    return llvm::map_to_vector(list, [](auto &entry) { return entry.second; });
  };
  auto copy = nn::ScanOp::create(
      builder, scan.getLoc(), scan.getSteps(), scan.getReverse(), operands(sequences),
      scan.getInits(), operands(invariants),
      [&](OpBuilder &inner, Location, ArrayRef<BlockArgument> rows, ArrayRef<BlockArgument> carries,
          ArrayRef<BlockArgument> same) {
        IRMapping mapping;
        mapping.map(scan.getCarryArguments(), carries);
        for (auto [entry, argument] : llvm::zip_equal(sequences, rows))
          mapping.map(entry.first, argument);
        for (auto [entry, argument] : llvm::zip_equal(invariants, same))
          mapping.map(entry.first, argument);
        for (Operation &op : scan.getBlock()->without_terminator())
          if (llvm::any_of(op.getResults(), [&](Value result) {
                return needed.contains(result) && !mapping.contains(result);
              })) {
            // A clone through the mapping would replace the results that come from outside.
            Operation *clone = inner.clone(op);
            for (OpOperand &operand : clone->getOpOperands())
              operand.set(mapping.lookup(operand.get()));
            for (auto [result, cloned] : llvm::zip_equal(op.getResults(), clone->getResults()))
              if (!mapping.contains(result))
                mapping.map(result, cloned);
          }
        auto mapped = [&](ValueRange values) {
          return llvm::map_to_vector(values, [&](Value value) { return mapping.lookup(value); });
        };
        nn::YieldOp yield = scan.getYield();
        nn::YieldOp::create(inner, yield.getLoc(), mapped(yield.getCarries()), mapped(emits));
      });
  copy->setDiscardableAttrs(scan->getDiscardableAttrDictionary());
  return copy;
}

} // namespace nnc
