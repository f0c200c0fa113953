// Weight files with metadata, as eval, predict and --resume read them.
// RUN: rm -rf %t && mkdir %t && fuzz-checkpoint %{fuzz} %t %S/corpus/checkpoint
#include "tests/fuzz/JsonMutator.h"
#include "tests/fuzz/Support.h"

#include "runtime/train/Checkpoint.h"

using namespace nnc;
using namespace nnc::runtime;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  return fuzz::mutateSafetensors(data, size, maxSize, seed);
}

/// A model of one weight, its momentum and a state.
static const char *const model = R"({
  "abi": 5, "compiler": "0.0.0", "model": "m", "source": "m.nn", "float": "f32", "target": "test",
  "persistent": {"bytes": 192, "tensors": [
    {"name": "w", "kind": "parameter", "dtype": "f32", "shape": [2], "offset": 0},
    {"name": "w.mu", "kind": "slot", "owner": "w", "dtype": "f32", "shape": [2], "offset": 64},
    {"name": "seen", "kind": "state", "dtype": "i32", "shape": [], "offset": 128}]},
  "functions": [],
  "scalars": {"bytes": 0, "values": []},
  "data": [{"name": "d", "folder": "/", "splits": [], "fields": [
    {"name": "kind", "dtype": "i32", "shape": [], "classes": 3}]}]
})";

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const Description description = parseDescription(model);
  std::string path = fuzz::placeFile("w.safetensors", data, size);
  alignas(64) char persistent[192] = {}, best[192] = {};
  fuzz::callReader(path, [&] {
    Safetensors file = Safetensors::read(path);
    loadWeights(file, description, persistent);
    DataConventions conventions = loadConventions(file, description);
    for (const auto &[field, names] : conventions.classes)
      fuzz::require(field != "kind" || names.size() <= 3, "more names than classes");
  });
  fuzz::callReader(path, [&] {
    Safetensors file = Safetensors::read(path);
    TrainingState state = loadForResume(file, description, persistent, best).state;
    checkPlace(state, path, 1);
    fuzz::require(state.position >= 0 && state.position < state.examples && state.batch > 0,
                  "a run goes on outside its data");
    int64_t stepsPerEpoch = (state.examples - 1) / state.batch + 1;
    fuzz::require(state.step == state.epoch * stepsPerEpoch + state.position / state.batch,
                  "a run goes on at another step than it paused");
  });
  return 0;
}
