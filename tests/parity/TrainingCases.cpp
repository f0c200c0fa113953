// Whole training runs, and initial values of parameters.
#include "tests/parity/Case.h"

namespace nnc::parity {

std::vector<Case> trainingCases() {
  Case mlp = {.name = "train_mlp",
              .source = R"(
model network(x: float[64]) -> float[10] {
  fc1 = dense(32)
  fc2 = dense(10)
  x |> fc1 |> relu |> fc2
})",
              .training = "optimizer = sgd(0.1)",
              .placements = densePlacements("fc1", "fc1")};
  for (Placement &placement : densePlacements("fc2", "fc2"))
    mlp.placements.push_back(std::move(placement));
  return {
      {.name = "train_char_lstm", .unsupported = "no recurrence (scan) yet"},
      {.name = "train_gpt", .unsupported = "no attention yet"},
      {.name = "train_lenet", .unsupported = "no convolution yet"},
      std::move(mlp),
      {.name = "train_resnet", .unsupported = "no convolution yet"},
      {.name = "train_resnet_smooth", .unsupported = "no convolution yet"},
  };
}

std::vector<InitialiserCase> initialiserCases() {
  return {
      {.name = "kaiming_normal_fan_in", .initialiser = "he"},
      {.name = "kaiming_normal_fan_out",
       .initialiser = "he_out",
       .source = "init he_out(shape) { normal(0, sqrt(2 / fan_out(shape))) }"},
      {.name = "kaiming_normal_leaky",
       .initialiser = "he_leaky(0.01)",
       .source = "init he_leaky(shape, slope: float) { normal(0, sqrt(2 / (1 + slope^2) / "
                 "fan_in(shape))) }"},
      {.name = "kaiming_uniform_fan_in", .initialiser = "he_uniform"},
      {.name = "kaiming_uniform_fan_out", .initialiser = "he_uniform_out", .source = R"(
init he_uniform_out(shape) {
  bound = sqrt(6 / fan_out(shape))
  uniform(-bound, bound)
})"},
      {.name = "lecun_normal", .initialiser = "lecun"},
      {.name = "linear_default", .initialiser = "fan_in_uniform"},
      {.name = "orthogonal",
       .initialiser = "",
       .unsupported = "the standard library has no orthogonal initialiser yet"},
      {.name = "truncated_normal",
       .initialiser = "",
       .unsupported = "the standard library has no truncated normal yet"},
      {.name = "xavier_normal", .initialiser = "xavier_normal"},
      {.name = "xavier_uniform", .initialiser = "xavier"},
      {.name = "xavier_uniform_tanh", .initialiser = "xavier(5 / 3)"},
  };
}

} // namespace nnc::parity
