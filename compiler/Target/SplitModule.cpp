#include "compiler/Target/SplitModule.h"

#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <algorithm>

namespace nnc {
namespace {

/// Instructions that are worth a part of their own.
constexpr unsigned kInstructionsPerPart = 6000;
constexpr unsigned kMostParts = 8;

} // namespace

std::vector<llvm::SmallString<0>> splitModule(llvm::Module &module) {
  std::vector<std::pair<unsigned, llvm::Function *>> functions;
  unsigned total = 0;
  for (llvm::Function &function : module)
    if (!function.isDeclaration()) {
      functions.push_back({function.getInstructionCount(), &function});
      total += functions.back().first;
    }
  const unsigned count = std::clamp(total / kInstructionsPerPart, 1u, kMostParts);

  // The largest first, each to the part that has least so far.
  std::stable_sort(functions.begin(), functions.end(),
                   [](const auto &a, const auto &b) { return a.first > b.first; });
  llvm::SmallVector<unsigned> sizes(count);
  llvm::DenseMap<const llvm::GlobalValue *, unsigned> partOf;
  for (auto &[size, function] : functions) {
    unsigned part = std::min_element(sizes.begin(), sizes.end()) - sizes.begin();
    sizes[part] += size;
    partOf[function] = part;
  }

  std::vector<llvm::SmallString<0>> parts(count);
  for (unsigned part = 0; part < count; ++part) {
    llvm::ValueToValueMapTy values;
    // Data goes with the first part.
    std::unique_ptr<llvm::Module> clone =
        llvm::CloneModule(module, values, [&](const llvm::GlobalValue *value) {
          auto found = partOf.find(value);
          return (found == partOf.end() ? 0 : found->second) == part;
        });
    llvm::raw_svector_ostream stream(parts[part]);
    llvm::WriteBitcodeToFile(*clone, stream);
  }
  return parts;
}

} // namespace nnc
