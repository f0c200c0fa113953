// Layers; those of convolutional networks are in ImageCases.cpp, recurrent ones in
// RecurrentCases.cpp, attention in AttentionCases.cpp.
#include "tests/parity/Case.h"

namespace nnc::parity {
namespace {

Case linear(const std::string &name, const std::string &leading, bool bias) {
  Case result = {.name = name,
                 .source = "model network(x: float[" + leading + "7]) -> float[" + leading +
                           "4] { fc = dense(4, bias = " + (bias ? "true" : "false") + "); fc(x) }",
                 .placements = densePlacements("", "fc")};
  if (!bias)
    result.placements.pop_back();
  return result;
}

/// Batch normalisation over the last dimension of ours; `permutation` takes the file's [N, C, ...]
/// there.
Case batchNorm(const std::string &name, const std::string &type,
               const std::vector<int64_t> &permutation) {
  Case result = {.name = name,
                 .source =
                     "model network(x: " + type + ") -> " + type + " { bn = batch_norm(); bn(x) }",
                 .placements = {{.golden = "weight", .ours = "bn.scale"},
                                {.golden = "bias", .ours = "bn.shift"},
                                {.golden = "running_mean", .ours = "bn.mean"},
                                {.golden = "running_var", .ours = "bn.variance"}}};
  for (const char *tensor :
       {"x", "loss_weight.output", "output", "x.1", "x.2", "output.1", "output.2"})
    result.placements.push_back({.golden = tensor, .ours = "", .permutation = permutation});
  for (const char *count : {"1", "2", "3"}) {
    result.placements.push_back(
        {.golden = std::string("running_mean.") + count, .ours = "bn.mean"});
    result.placements.push_back(
        {.golden = std::string("running_var.") + count, .ours = "bn.variance"});
  }
  return result;
}

} // namespace

std::vector<Case> layerCases() {
  return {
      batchNorm("batch_norm1d_eval", "float[5]", {}),
      batchNorm("batch_norm1d_sequence_eval", "float[6, 3]", {0, 2, 1}),
      batchNorm("batch_norm1d_sequence_train", "float[6, 3]", {0, 2, 1}),
      batchNorm("batch_norm1d_train", "float[5]", {}),
      batchNorm("batch_norm2d_eval", "float[5, 4, 3]", {0, 2, 3, 1}),
      batchNorm("batch_norm2d_train", "float[5, 4, 3]", {0, 2, 3, 1}),
      // The formula of the dropout layer with the file's mask in the place of random numbers.
      {.name = "dropout_mask", .source = R"(
model network(mask: float[6], x: float[6]) -> float[6] { select(mask == 0, 0, x / (1 - 0.25)) })"},
      {.name = "layer_norm",
       .source = "model network(x: float[4, 6]) -> float[4, 6] { norm = layer_norm(); norm(x) }",
       .placements = {{.golden = "weight", .ours = "norm.scale"},
                      {.golden = "bias", .ours = "norm.shift"}}},
      {.name = "layer_norm_2dims",
       .source = R"(
layer plane_norm(eps: float = 1e-5)(x: float[H, W]) -> float[H, W] {
  param scale: float[H, W] = 1
  param shift: float[H, W] = 0
  centred = x - mean[H, W](x)
  scale * centred / sqrt(mean[H, W](centred^2) + eps) + shift
}
model network(x: float[4, 6]) -> float[4, 6] { norm = plane_norm(); norm(x) })",
       .placements = {{.golden = "weight", .ours = "norm.scale"},
                      {.golden = "bias", .ours = "norm.shift"}}},
      // The initial values of scale and shift are 1 and 0.
      {.name = "layer_norm_plain",
       .source = "model network(x: float[6]) -> float[6] { layer_norm()(x) }"},
      linear("linear", "", true),
      linear("linear_nobias", "", false),
      linear("linear_sequence", "4, ", true),
      {.name = "rms_norm",
       .source = "model network(x: float[4, 6]) -> float[4, 6] { norm = rms_norm(); norm(x) }",
       .placements = {{.golden = "weight", .ours = "norm.scale"}}},
  };
}

} // namespace nnc::parity
