// Describes x86 and AArch64 processors from LLVM's subtarget features, and this machine's caches
// for `native`.
#include "compiler/target/TargetDescription.h"

#include "runtime/Abi.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <unistd.h>

namespace nnc {
namespace {

/// Features of this machine as a string. Hypervisors hide features that a cpu of this name has, so
/// those that are missing are taken away explicitly.
std::string hostFeatures() {
  llvm::SubtargetFeatures features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    features.AddFeature(feature.getKey(), feature.getValue());
  return features.getString();
}

void readHostCaches(TargetDescription &target) {
  if (long bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE); bytes > 0)
    target.l1Bytes = bytes;
  if (long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE); bytes > 0)
    target.l2Bytes = bytes;
  if (long bytes = sysconf(_SC_LEVEL3_CACHE_SIZE); bytes > 0)
    target.l3Bytes = std::min<int64_t>(bytes / 4, target.l3Bytes);
}

/// Cores whose 512-bit operations pass through 256-bit units: half as many start per cycle.
bool splitsWideVectors(llvm::StringRef cpu) { return cpu == "znver4"; }

void describeX86(TargetDescription &target, const llvm::MCSubtargetInfo &subtarget) {
  auto has = [&](llvm::StringRef feature) {
    return subtarget.checkFeatures((llvm::Twine("+") + feature).str());
  };
  const bool wide = has("avx512f") && has("avx512vl") && has("avx512dq") && has("avx512bw");
#define NNC_CHECK_FEATURE(NAME, LEAF, SUBLEAF, REGISTER, BIT, SAVED)                               \
  if (has(NAME))                                                                                   \
    target.checkedFeatures.push_back(NAME);
  NNC_X86_FEATURES(NNC_CHECK_FEATURE)
#undef NNC_CHECK_FEATURE
  target.hasFma = wide || has("fma");
  target.hasScale = wide;
  if (wide) {
    target.vectorBits = 512;
    target.vectorRegisters = 32;
    target.hasMaskedLoads = target.hasMaskedStores = true;
    target.l2Bytes = 1 << 20;
    if (splitsWideVectors(target.cpu)) {
      target.fmasPerCycle = 1;
      target.loadsPerCycle = 1;
    } else if (target.cpu == "znver5") {
      target.l2BytesPerCycle = 48;
    } else {
      target.l2BytesPerCycle = 24;
      target.l3BytesPerCycle = 10;
    }
  } else if (has("avx")) {
    target.vectorBits = 256;
    // Masked stores exist too, but half of the processors take many cycles for one.
    target.hasMaskedLoads = true;
  }
}

/// The processor whose name differs from `cpu` in one or two letters; empty if none does.
std::string nearestProcessor(const llvm::MCSubtargetInfo &subtarget, llvm::StringRef cpu) {
  std::string nearest;
  unsigned least = 3;
  for (const llvm::SubtargetSubTypeKV &known : subtarget.getAllProcessorDescriptions()) {
    llvm::StringRef name = known.Key;
    unsigned distance = cpu.edit_distance(name, /*AllowReplacements=*/true, least);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

} // namespace

std::optional<TargetDescription> describeTarget(llvm::StringRef cpu, llvm::StringRef features,
                                                std::string &error, unsigned threads) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    return true;
  }();
  (void)initialized;

  TargetDescription target;
  target.triple = llvm::sys::getDefaultTargetTriple();
  const bool native = cpu == "native";
  target.cpu = native ? llvm::sys::getHostCPUName().str() : cpu.str();
  target.features = native ? hostFeatures() : std::string();
  if (!features.empty()) {
    if (!target.features.empty())
      target.features += ',';
    target.features += features;
  }

  llvm::Triple triple(target.triple);
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return std::nullopt;
  if (target.cpu.empty())
    target.cpu = triple.getArch() == llvm::Triple::x86_64 ? "x86-64" : "generic";
  // Asking for the subtarget of an unknown cpu prints a warning of LLVM's own; ask the baseline
  // first.
  std::unique_ptr<llvm::MCSubtargetInfo> baseline(backend->createMCSubtargetInfo(triple, "", ""));
  if (!baseline || !baseline->isCPUStringValid(target.cpu)) {
    error = "unknown processor `" + target.cpu + "`";
    if (std::string name = nearestProcessor(*baseline, target.cpu); !name.empty())
      error += "; did you mean `" + name + "`?";
    return std::nullopt;
  }
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      backend->createMCSubtargetInfo(triple, target.cpu, target.features));
  if (triple.getArch() == llvm::Triple::x86_64) {
    if (!subtarget->checkFeatures("+64bit")) {
      error = "the processor `" + target.cpu + "` has no 64-bit mode, in which programs run";
      return std::nullopt;
    }
    describeX86(target, *subtarget);
  } else if (triple.isAArch64()) {
    target.vectorRegisters = 32;
    target.hasFma = true;
  }
  if (native)
    readHostCaches(target);
  if (threads > 0)
    target.threads = threads;
  return target;
}

double TargetDescription::meetingCycles() const {
  return barrierCycles * std::max(1.0, std::log2(threads));
}

} // namespace nnc
