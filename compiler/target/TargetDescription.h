// The facts of a processor that code generation uses: vector width, registers, caches and the speed
// of its multiply-add. The only source of such numbers.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nnc {

struct TargetDescription {
  /// LLVM triple, cpu name and feature string ("+avx2,-sse4a"), as a TargetMachine takes them.
  std::string triple;
  std::string cpu;
  std::string features;
  /// The features beyond the baseline that the code may use, by their names in runtime/Abi.h. The
  /// runtime checks that the processor has them.
  std::vector<std::string> checkedFeatures;

  /// Width of a vector register in bits; the element's own width where the processor has no
  /// vectors.
  unsigned vectorBits = 128;
  unsigned vectorRegisters = 16;
  /// False: a multiply-add is a product and a sum, since the fused one would be a library call.
  bool hasFma = false;
  /// An instruction multiplies a full vector of f32 by powers of two, which are given as floats
  /// and may be beyond the exponents of normal numbers (vscalefps).
  bool hasScale = false;
  /// Loads, and stores, under a mask run at about the speed of plain ones.
  bool hasMaskedLoads = false;
  bool hasMaskedStores = false;

  /// Bytes of one core's level-one data cache and of its level-two cache, and its share of
  /// the last, shared one.
  int64_t l1Bytes = 32 << 10;
  int64_t l2Bytes = 512 << 10;
  int64_t l3Bytes = 8 << 20;
  /// Addresses that are a multiple of this apart fall into the same set of a level-one cache.
  int64_t l1WayBytes = 4096;
  /// Lines of the level-two cache that fall into one set.
  int64_t l2Ways = 16;
  /// Bytes that one entry of the address translation covers, and how many steps of a loop may each
  /// touch another one before entries are lost.
  int64_t pageBytes = 4096;
  int64_t pagesAtATime = 32;

  /// Hints for the tiling's cost model, for full-width vectors: cycles until a multiply-add's
  /// result can be used; multiply-adds, loads, and broadcasts of an element started per cycle.
  unsigned fmaLatency = 4;
  double issueWidth = 6; // instructions started per cycle
  double fmasPerCycle = 2;
  double loadsPerCycle = 2;
  double broadcastsPerCycle = 2;
  /// Bytes per cycle that stream from the level-two cache, the last one and memory.
  double l2BytesPerCycle = 32;
  double l3BytesPerCycle = 12;
  double memoryBytesPerCycle = 6;
  /// The same from the caches of another core.
  double remoteBytesPerCycle = 8;
  /// Cycles that are lost on a line, or two neighbours, that two cores write in turn, and on a
  /// meeting of all threads.
  double sharedLineCycles = 100;
  double barrierCycles = 1500;
  /// Cycles that a line costs which comes from the last cache and goes back there.
  double farLineCycles = 20;
  /// Cycles that a further pass over memory costs threads that share it, whatever its size: 2 to 3
  /// microseconds were measured on two cores without a common cache.
  double sharedPassCycles = 8000;

  /// Threads that the code is planned for. It runs on any number, with the same results; others may
  /// be slower than if they had been planned for. A plan for another number may add in another
  /// order, so the default does not depend on the machine that compiles.
  unsigned threads = 2;

  /// Cycles that a meeting of the planned threads takes: a message goes through a tree of them.
  double meetingCycles() const;
  /// Work below which another thread costs more than it helps, in cycles. The same everywhere,
  /// since split-reductions divides sums by it, on which results depend.
  static constexpr double leastSharedCycles = 4000;

  /// Elements of `elementBits` bits in one vector register; at least 1.
  unsigned lanes(unsigned elementBits) const {
    return vectorBits > elementBits ? vectorBits / elementBits : 1;
  }
};

/// Describes `cpu` with `features` added ("+f,-g"; may be empty). `native` means this machine, with
/// its own features and cache sizes; an empty cpu the baseline of the architecture. Nothing, and a
/// message in `error`, for a cpu that LLVM does not know or that has no 64-bit mode. `threads`, if
/// it is not 0, is the number of threads to plan for.
std::optional<TargetDescription> describeTarget(llvm::StringRef cpu, llvm::StringRef features,
                                                std::string &error, unsigned threads = 0);

} // namespace nnc
