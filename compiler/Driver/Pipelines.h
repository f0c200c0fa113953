// The compiler's stages as pass pipelines. `nn-opt` knows each by the name `nn-stage-` and the
// stage's name, so that a stage can be run alone on the output of the one before.
#pragma once

#include "compiler/Conversion/Pipelines.h"

namespace nnc {

/// One example -> a batch of `batch` examples.
void buildNnPipeline(mlir::OpPassManager &passes, int64_t batch);
/// The derivative requests of the training step become operations.
void buildGradPipeline(mlir::OpPassManager &passes);
/// The whole step, simplified, with the batch where its contractions want it.
void buildOptPipeline(mlir::OpPassManager &passes, const LoweringOptions &options = {});
/// The end of that pipeline alone: what is computed again instead of being saved.
void buildRecomputation(mlir::OpPassManager &passes, const RecomputationLevel &level);

/// Registers nn-stage-nn, nn-stage-grad and nn-stage-opt. The stages from linalg on are in
/// compiler/Conversion/Pipelines.h.
void registerStagePipelines();

} // namespace nnc
