// Distributes functions over parts by their number of operations, and declares the functions
// that parts share.
#include "compiler/codegen/SplitModule.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include <algorithm>

using namespace mlir;

namespace nnc {
namespace {

/// Operations that are worth a part of their own.
constexpr unsigned kOperationsPerPart = 6000;
constexpr unsigned kMostParts = 8;

unsigned countOperations(LLVM::LLVMFuncOp function) {
  unsigned count = 0;
  for (mlir::Block &block : function.getBody())
    count += block.getOperations().size();
  return count;
}

/// Declares the functions that `part` calls and does not define; constants are private to a module
/// and are copied.
void addReferences(ModuleOp part, const SymbolTable &symbols) {
  SymbolTable own(part);
  SmallVector<StringAttr> names;
  std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(&part.getBodyRegion());
  for (SymbolTable::SymbolUse use : *uses)
    names.push_back(use.getSymbolRef().getRootReference());
  for (StringAttr name : names) {
    Operation *symbol = own.lookup(name) ? nullptr : symbols.lookup(name);
    if (isa_and_nonnull<LLVM::LLVMFuncOp>(symbol))
      own.insert(symbol->cloneWithoutRegions());
    else if (symbol)
      own.insert(symbol->clone());
  }
}

} // namespace

std::vector<OwningOpRef<ModuleOp>> splitModule(ModuleOp module) {
  std::vector<std::pair<unsigned, LLVM::LLVMFuncOp>> functions;
  unsigned total = 0;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (!function.isExternal()) {
      functions.push_back({countOperations(function), function});
      total += functions.back().first;
    }
  const unsigned count = std::clamp(total / kOperationsPerPart, 1u, kMostParts);
  SymbolTable symbols(module);
  std::vector<OwningOpRef<ModuleOp>> parts;
  for (unsigned part = 0; part < count; ++part)
    parts.push_back(ModuleOp::create(module.getLoc()));

  // The largest first, each to the part that has least so far.
  std::stable_sort(functions.begin(), functions.end(),
                   [](const auto &a, const auto &b) { return a.first > b.first; });
  SmallVector<unsigned> sizes(count);
  for (auto &[size, function] : functions) {
    unsigned part = std::min_element(sizes.begin(), sizes.end()) - sizes.begin();
    sizes[part] += size;
    function->moveBefore(parts[part]->getBody(), parts[part]->getBody()->end());
  }
  for (OwningOpRef<ModuleOp> &part : parts)
    addReferences(*part, symbols);
  return parts;
}

} // namespace nnc
