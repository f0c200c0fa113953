// Finds the loops of a schedule, and compares the rows that their kernels read and write.
#include "compiler/memory/LoopLifetimes.h"

#include "compiler/analysis/StepLoops.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace nnc {

namespace {

/// The slice of a storage that a tensor is in the first step of a loop, which moves it along the
/// first dimension.
struct Part {
  SmallVector<int64_t> offsets, sizes; // by dimension of the storage
  Advance advance;

  /// Whether both are in the same row of each step.
  bool isInRowOf(const Part &other) const {
    return advance == other.advance && advance.distance != 0 && offsets[0] == other.offsets[0] &&
           sizes[0] == 1 && other.sizes[0] == 1;
  }
  bool equals(const Part &other) const { return offsets == other.offsets && sizes == other.sizes; }
  bool isDisjointFrom(const Part &other) const {
    for (size_t i = 0; i < offsets.size(); ++i)
      if (offsets[i] + sizes[i] <= other.offsets[i] ||
          other.offsets[i] + other.sizes[i] <= offsets[i])
        return true;
    return false;
  }
};

/// A kernel that reads or writes a part, by an operand or a result.
struct PartUse {
  Operation *kernel;
  int64_t position = 0;
  OpOperand *operand = nullptr; // read
  OpResult result;              // written
  Part part;
};

struct SequenceUses {
  SmallVector<PartUse> reads, writes;
  bool isKnown = true; // every use in the loop is a part
};

/// A loop of a schedule: the groups [begin, end), and the loops that it is in, outermost first,
/// with itself as the last.
struct LoopRange {
  StepLoops loops;
  int64_t begin = 0, end = 0;
};

class Takeover {
public:
  Takeover(BufferAnalysis &analysis, ArrayRef<KernelGroup> order, const LoopRange &range)
      : analysis(analysis), order(order), range(range) {}

  void run();

private:
  void collect();
  bool mayTakeOver(unsigned emitted, unsigned dying) const;

  BufferAnalysis &analysis;
  ArrayRef<KernelGroup> order;
  const LoopRange &range;
  llvm::MapVector<unsigned, SequenceUses> uses; // by resolved storage
};

} // namespace

/// Follows a tensor through slices to the whole storage; std::nullopt if it is reshaped on the way.
static std::optional<Part> partOf(const BufferAnalysis &analysis, Value tensor) {
  SmallVector<tensor::ExtractSliceOp> slices;
  while (!analysis.memory(tensor).whole) {
    Operation *definition = tensor.getDefiningOp();
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(definition)) {
      if (!slice.hasUnitStride())
        return std::nullopt;
      slices.push_back(slice);
      tensor = slice.getSource();
    } else if (auto op = dyn_cast<linalg::LinalgOp>(definition)) {
      tensor = op.getTiedOpOperand(cast<OpResult>(tensor))->get();
    } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(definition)) {
      tensor = insert.getDest();
    } else {
      return std::nullopt;
    }
  }
  auto type = cast<RankedTensorType>(tensor.getType());
  Part part;
  part.offsets.assign(type.getRank(), 0);
  part.sizes = llvm::to_vector(type.getShape());
  // Dimensions of the storage that the slices so far have.
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(type.getRank()));
  for (tensor::ExtractSliceOp slice : llvm::reverse(slices)) {
    if (Advance advance = advanceOf(slice); advance.distance != 0) {
      if (part.advance.distance != 0 || dims.empty() || dims.front() != 0)
        return std::nullopt;
      part.advance = advance;
    }
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    SmallVector<int64_t> kept;
    for (auto [i, dim] : llvm::enumerate(dims)) {
      part.offsets[dim] += slice.getStaticOffsets()[i];
      part.sizes[dim] = slice.getStaticSizes()[i];
      if (!dropped.test(i))
        kept.push_back(dim);
    }
    dims = std::move(kept);
  }
  return part;
}

void Takeover::collect() {
  auto add = [&](PartUse use, Value tensor) {
    unsigned storage = analysis.resolve(analysis.memory(tensor).storage);
    SequenceUses &all = uses[storage];
    std::optional<Part> part = partOf(analysis, tensor);
    if (!part || part->advance.loop != range.loops.back().number) {
      all.isKnown = false;
      return;
    }
    use.part = std::move(*part);
    (use.operand ? all.reads : all.writes).push_back(std::move(use));
  };
  for (int64_t position = range.begin; position < range.end; ++position)
    for (Operation *kernel : order[position]) {
      auto insert = dyn_cast<tensor::InsertSliceOp>(kernel);
      if (insert && isWrittenInPlace(insert))
        continue;
      auto op = dyn_cast<linalg::LinalgOp>(kernel);
      llvm::SmallPtrSet<Value, 8> direct;
      for (OpOperand &operand : kernel->getOpOperands()) {
        if (!op || op.isDpsInit(&operand) || !isa<RankedTensorType>(operand.get().getType()))
          continue;
        direct.insert(operand.get());
        add({kernel, position, &operand, {}, {}}, operand.get());
      }
      for (Value tensor : tensorsRead(kernel))
        if (!direct.contains(tensor) && analysis.contains(tensor))
          uses[analysis.resolve(analysis.memory(tensor).storage)].isKnown = false;
      for (OpResult result : kernel->getResults())
        if (op)
          add({kernel, position, nullptr, result, {}}, result);
        else
          uses[analysis.resolve(analysis.memory(result).storage)].isKnown = false;
    }
}

bool Takeover::mayTakeOver(unsigned emitted, unsigned dying) const {
  const Storage &target = analysis.storages[emitted], &source = analysis.storages[dying];
  const SequenceUses &ofTarget = uses.find(emitted)->second, &ofSource = uses.find(dying)->second;
  if (emitted == dying || target.kind != Storage::Arena || source.kind != Storage::Arena ||
      target.type != source.type || !ofTarget.isKnown || !ofSource.isKnown ||
      ofTarget.writes.empty() || !ofSource.writes.empty() || target.first < range.begin ||
      source.first >= range.begin || source.last >= range.end)
    return false;
  for (const PartUse &write : ofTarget.writes)
    for (const PartUse &read : ofSource.reads) {
      if (!read.part.isInRowOf(write.part))
        return false;
      if (read.position < write.position || read.part.isDisjointFrom(write.part))
        continue;
      if (read.kernel != write.kernel || !read.part.equals(write.part) ||
          !readsInPlace(write.kernel, *read.operand, write.result))
        return false;
    }
  return true;
}

void Takeover::run() {
  collect();
  for (auto &[emitted, ofEmitted] : uses) {
    if (ofEmitted.writes.empty())
      continue;
    for (auto &[dying, ofDying] : uses) {
      if (!mayTakeOver(emitted, dying))
        continue;
      analysis.storages[emitted].replacedBy = dying;
      analysis.storages[dying].last =
          std::max(analysis.storages[dying].last, analysis.storages[emitted].last);
      // A second sequence must not take over the same memory.
      ofDying.isKnown = ofEmitted.isKnown = false;
      break;
    }
  }
}

static void extendThrough(BufferAnalysis &analysis, ArrayRef<KernelGroup> order,
                          const LoopRange &range) {
  auto extend = [&](Value tensor) {
    Storage &storage = analysis.storages[analysis.resolve(analysis.memory(tensor).storage)];
    if (storage.first < range.begin)
      storage.last = std::max(storage.last, range.end);
    if (storage.last >= range.end)
      storage.first = std::min(storage.first, range.begin);
  };
  for (const KernelGroup &group : order.slice(range.begin, range.end - range.begin))
    for (Operation *kernel : group) {
      llvm::for_each(tensorsRead(kernel), extend);
      llvm::for_each(kernel->getResults(), extend);
    }
}

static llvm::MapVector<int64_t, LoopRange> findLoops(ArrayRef<KernelGroup> order) {
  llvm::MapVector<int64_t, LoopRange> ranges; // by the number of the loop
  for (auto [position, group] : llvm::enumerate(order)) {
    StepLoops loops = loopsOf(group.front());
    for (size_t depth = 1; depth <= loops.size(); ++depth) {
      auto [found, isNew] = ranges.try_emplace(loops[depth - 1].number);
      if (isNew) {
        found->second.loops.assign(loops.begin(), loops.begin() + depth);
        found->second.begin = position;
      }
      found->second.end = position + 1;
    }
  }
  return ranges;
}

void separateTemporaries(BufferAnalysis &analysis, ArrayRef<KernelGroup> order) {
  for (auto &[number, range] : findLoops(order)) {
    if (range.loops.size() != 1)
      continue;
    for (Storage &storage : analysis.storages)
      if (storage.first >= range.begin && storage.last < range.end) {
        storage.first = range.begin;
        storage.last = range.end - 1;
      }
  }
}

void extendThroughLoops(BufferAnalysis &analysis, ArrayRef<KernelGroup> order) {
  for (auto &[number, range] : findLoops(order)) {
    if (range.loops.size() == 1)
      Takeover(analysis, order, range).run();
    extendThrough(analysis, order, range);
  }
}

} // namespace nnc
