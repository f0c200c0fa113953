// Entry point of compiled models. In an object of its own, so that the rest can be linked with a
// test's main().
#include "runtime/cli/Commands.h"
#include "runtime/exec/MadeData.h"
#include "runtime/support/Error.h"

#include <cstdio>

// A function that the model does not have is a null pointer here.
extern "C" {
#pragma weak nnc_initialize
#pragma weak nnc_train_step
#pragma weak nnc_evaluate
#pragma weak nnc_metrics
#pragma weak nnc_generate_begin
#pragma weak nnc_generate_step
#pragma weak nnc_generate_chunk
#pragma weak nnc_buckets
#pragma weak nnc_made
#pragma weak nnc_samples
#pragma weak nnc_augment
}

int main(int argc, char **argv) {
  using namespace nnc::runtime;
  Model model;
  try {
    model.description = parseDescription(nnc_description);
    bindMadeData(model.description, nnc_made);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  model.initialize = nnc_initialize;
  model.trainStep = nnc_train_step;
  model.evaluate = nnc_evaluate;
  model.metrics = nnc_metrics;
  model.generateBegin = nnc_generate_begin;
  model.generateStep = nnc_generate_step;
  model.generateChunk = nnc_generate_chunk;
  model.predictions = nnc_predictions;
  model.buckets = nnc_buckets;
  model.samples = nnc_samples;
  model.augment = nnc_augment;
  return runCommandLine(model, argc, argv);
}
