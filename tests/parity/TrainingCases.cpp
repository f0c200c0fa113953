// Whole training runs, and initial values of parameters.
#include "tests/parity/Case.h"

namespace nnc::parity {

namespace {

/// [out, in, height, width] as [height, width, in, out].
Placement kernel(const std::string &golden, const std::string &ours) {
  return {.golden = golden, .ours = ours, .permutation = {2, 3, 1, 0}};
}

void append(std::vector<Placement> &placements, std::vector<Placement> more) {
  placements.insert(placements.end(), more.begin(), more.end());
}

Case lenet() {
  // The file's images are flattened in the order channel, row, column.
  Case result = {.name = "train_lenet",
                 .source = R"(
model network(x: float[28, 28, 1]) -> float[10] {
  conv1 = conv(6, 5, padding = 2)
  conv2 = conv(16, 5, padding = "valid")
  fc1 = dense(40)
  fc2 = dense(10)
  x |> conv1 |> relu |> max_pool(2) |> conv2 |> relu |> max_pool(2)
    |> transpose(2, 0, 1) |> flatten |> fc1 |> relu |> fc2
})",
                 .training = "optimizer = momentum(0.01, mu = 0.9)",
                 .placements = {kernel("conv1.weight", "conv1.weight"),
                                kernel("conv2.weight", "conv2.weight"),
                                {.golden = "conv1.bias", .ours = "conv1.bias"},
                                {.golden = "conv2.bias", .ours = "conv2.bias"}}};
  append(result.placements, densePlacements("fc1", "fc1"));
  append(result.placements, densePlacements("fc2", "fc2"));
  return result;
}

std::vector<Placement> normPlacements(const std::string &golden, const std::string &ours) {
  return {{.golden = golden + ".weight", .ours = ours + ".scale"},
          {.golden = golden + ".bias", .ours = ours + ".shift"},
          {.golden = golden + ".running_mean", .ours = ours + ".mean"},
          {.golden = golden + ".running_var", .ours = ours + ".variance"}};
}

/// `drift`: a rounding error can push an activation over the kink of ReLU.
Case resnet(const std::string &name, const std::string &activation, double drift) {
  Case result = {.name = name,
                 .source = R"(
layer block(channels: int, stride: int)(x: float[H, W, C]) -> float[H / stride, W / stride, channels] {
  conv1 = conv(channels, 3, stride, bias = false)
  bn1 = batch_norm()
  conv2 = conv(channels, 3, bias = false)
  bn2 = batch_norm()
  around = if stride == 1 and C == channels { x } else {
    skip = conv(channels, 1, stride, bias = false)
    skip_norm = batch_norm()
    x |> skip |> skip_norm
  }
  act((x |> conv1 |> bn1 |> act |> conv2 |> bn2) + around)
}
model network(x: float[32, 32, 3]) -> float[10] {
  stem = conv(6, 3, bias = false)
  bn = batch_norm()
  block1 = block(6, 1)
  block2 = block(12, 2)
  block3 = block(24, 2)
  fc = dense(10)
  x |> stem |> bn |> act |> block1 |> block2 |> block3 |> global_average_pool |> fc
})",
                 .training = "optimizer = momentum(0.02, mu = 0.9, decay = 5e-4)",
                 .placements = {kernel("conv.weight", "stem.weight")}};
  result.drift = drift;
  result.source = "fn act(x: float[...]) -> float[...] { " + activation + "(x) }" + result.source;
  append(result.placements, normPlacements("bn", "bn"));
  append(result.placements, densePlacements("fc", "fc"));
  for (std::string block : {"block1.", "block2.", "block3."}) {
    append(result.placements, {kernel(block + "conv1.weight", block + "conv1.weight"),
                               kernel(block + "conv2.weight", block + "conv2.weight"),
                               kernel(block + "skip.0.weight", block + "skip.weight")});
    append(result.placements, normPlacements(block + "bn1", block + "bn1"));
    append(result.placements, normPlacements(block + "bn2", block + "bn2"));
    append(result.placements, normPlacements(block + "skip.1", block + "skip_norm"));
  }
  return result;
}

} // namespace

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
      lenet(),
      std::move(mlp),
      resnet("train_resnet", "relu", 5e-2),
      resnet("train_resnet_smooth", "silu", 0),
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
      {.name = "orthogonal", .initialiser = "orthogonal"},
      {.name = "truncated_normal", .initialiser = "truncated_normal(0, 0.02, -0.04, 0.04)"},
      {.name = "xavier_normal", .initialiser = "xavier_normal"},
      {.name = "xavier_uniform", .initialiser = "xavier"},
      {.name = "xavier_uniform_tanh", .initialiser = "xavier(5 / 3)"},
  };
}

} // namespace nnc::parity
