// Layers of convolutional networks. The files have channels first, [N, C, H, W] and [N, C, L]; here
// they are last.
#include "tests/parity/Case.h"

namespace nnc::parity {
namespace {

const std::vector<int64_t> imageLayout = {0, 2, 3, 1}, sequenceLayout = {0, 2, 1};
/// [out, in / groups, height, width] as [height, width, in / groups, out].
const std::vector<int64_t> kernelLayout = {2, 3, 1, 0};

Placement kernel(const std::string &golden, const std::string &ours = "") {
  return {.golden = golden, .ours = ours, .permutation = kernelLayout};
}

/// A model of one input, an image of `shape`, whose value is that of `body`.
Case ofImage(const std::string &name, const std::string &shape, const std::string &result,
             const std::string &body, std::vector<Placement> placements = {}) {
  for (const char *tensor : {"x", "loss_weight.output", "output"})
    if (tensor[0] == 'x' || result.find(',') != std::string::npos)
      placements.push_back({.golden = tensor, .ours = "", .permutation = imageLayout});
  return {.name = name,
          .source =
              "model network(x: float[" + shape + "]) -> float[" + result + "] { " + body + " }",
          .placements = std::move(placements)};
}

/// `arguments`: those of `layer` behind the number of channels.
Case convolution(const std::string &name, const std::string &shape, int channels,
                 const std::string &arguments) {
  std::string count = std::to_string(channels);
  return ofImage(name, shape, "_, _, " + count,
                 "layer = conv(" + count + ", " + arguments + "); layer(x)",
                 {kernel("weight", "layer.weight"), {.golden = "bias", .ours = "layer.bias"}});
}

Case transposedConvolution(const std::string &name, const std::string &shape, int channels,
                           const std::string &arguments) {
  std::string count = std::to_string(channels);
  // The file has [in, out / groups, height, width].
  return ofImage(name, shape, "_, _, " + count,
                 "layer = conv_transpose(" + count + ", " + arguments + "); layer(x)",
                 {{.golden = "weight", .ours = "layer.weight", .permutation = {2, 3, 0, 1}},
                  {.golden = "bias", .ours = "layer.bias"}});
}

Case sequenceConvolution(const std::string &name, const std::string &shape, int channels,
                         const std::string &arguments) {
  std::string count = std::to_string(channels);
  Case result = {
      .name = name,
      .source = "model network(x: float[" + shape + "]) -> float[_, " + count +
                "] { layer = conv1d(" + count + ", " + arguments + "); layer(x) }",
      .placements = {{.golden = "weight", .ours = "layer.weight", .permutation = {2, 1, 0}},
                     {.golden = "bias", .ours = "layer.bias"}}};
  for (const char *tensor : {"x", "loss_weight.output", "output"})
    result.placements.push_back({.golden = tensor, .ours = "", .permutation = sequenceLayout});
  return result;
}

Case pooling(const std::string &name, const std::string &shape, const std::string &function) {
  return ofImage(name, shape, "_, _, _", "x |> " + function);
}

Case normalisation(const std::string &name, const std::string &shape, const std::string &layer) {
  return ofImage(
      name, shape, shape, "norm = " + layer + "; norm(x)",
      {{.golden = "weight", .ours = "norm.scale"}, {.golden = "bias", .ours = "norm.shift"}});
}

/// The values of the file are those of training: the batch norms use the statistics of the batch.
Case residualBlock(const std::string &name, const std::string &shape, int stride,
                   const std::string &skip) {
  std::vector<Placement> placements = {kernel("conv1.weight"),
                                       kernel("conv2.weight"),
                                       kernel("skip.0.weight", "skip.weight"),
                                       {.golden = "skip.1.weight", .ours = "skip_norm.scale"},
                                       {.golden = "skip.1.bias", .ours = "skip_norm.shift"}};
  for (const char *norm : {"bn1", "bn2"}) {
    placements.push_back(
        {.golden = std::string(norm) + ".weight", .ours = std::string(norm) + ".scale"});
    placements.push_back(
        {.golden = std::string(norm) + ".bias", .ours = std::string(norm) + ".shift"});
  }
  Case result = ofImage(name, shape, "_, _, 5", R"(
  conv1 = conv(5, 3, )" + std::to_string(stride) + R"(, bias = false)
  bn1 = batch_norm()
  conv2 = conv(5, 3, bias = false)
  bn2 = batch_norm()
  )" + skip + R"(
  relu((x |> conv1 |> bn1 |> relu |> conv2 |> bn2) + around)
)",
                        placements);
  result.trainingMode = true;
  return result;
}

} // namespace

std::vector<Case> imageCases() {
  return {
      pooling("adaptive_avg_pool2d", "7, 8, 3", "adaptive_average_pool((3, 2))"),
      pooling("avg_pool2d_2x2_s2", "6, 8, 3", "average_pool(2)"),
      pooling("avg_pool2d_3x3_s2_p1", "7, 8, 3", "average_pool(3, stride = 2, padding = 1)"),
      pooling("avg_pool2d_3x3_s2_p1_nopad", "7, 8, 3",
              "average_pool(3, stride = 2, padding = 1, count_padding = false)"),
      sequenceConvolution("conv1d_causal_kernel", "8, 3", 4,
                          "2, padding = \"valid\", bias = false"),
      sequenceConvolution("conv1d_same", "9, 4", 5, "3"),
      sequenceConvolution("conv1d_stride2_dilation2", "13, 3", 4,
                          "3, stride = 2, dilation = 2, padding = 2"),
      convolution("conv2d_1x1", "4, 6, 5", 7, "1"),
      convolution("conv2d_3x3_same", "6, 6, 3", 4, "3, padding = 1"),
      convolution("conv2d_3x3_same_nobias", "5, 7, 3", 4, "3, bias = false"),
      convolution("conv2d_5x5_valid", "8, 9, 2", 3, "5, padding = \"valid\""),
      convolution("conv2d_depthwise", "6, 7, 5", 5, "3, groups = 5"),
      convolution("conv2d_dilation2", "9, 8, 3", 4, "3, dilation = 2, padding = 0"),
      convolution("conv2d_even_kernel", "7, 7, 3", 4, "(2, 4), padding = \"valid\""),
      convolution("conv2d_even_same", "6, 7, 2", 3, "(2, 4)"),
      convolution("conv2d_groups2", "6, 5, 4", 6, "3, groups = 2"),
      convolution("conv2d_nonsquare", "7, 10, 3", 4, "(3, 5), stride = (2, 1), padding = (1, 2)"),
      convolution("conv2d_stride2", "8, 8, 3", 4, "3, stride = 2"),
      convolution("conv2d_stride2_1x1", "6, 6, 4", 5, "1, 2, bias = false"),
      convolution("conv2d_uneven_stride", "10, 11, 2", 3, "3, 3, padding = \"valid\""),
      transposedConvolution("conv_transpose2d_2x2_s2", "4, 5, 3", 4, "2, stride = 2"),
      transposedConvolution("conv_transpose2d_3x3_groups", "4, 3, 4", 6, "3, groups = 2"),
      transposedConvolution("conv_transpose2d_3x3_s2_p1_op1", "4, 4, 3", 2,
                            "3, stride = 2, padding = \"same\", extra = 1"),
      transposedConvolution("conv_transpose2d_4x4_s2_p1", "3, 4, 2", 3,
                            "4, stride = 2, padding = 1"),
      ofImage("global_avg_pool", "7, 8, 3", "3", "x |> global_average_pool"),
      ofImage("global_max_pool", "7, 8, 3", "3", "x |> global_max_pool"),
      normalisation("group_norm", "4, 3, 6", "group_norm(2)"),
      ofImage("inception_block", "6, 5, 4", "6, 5, 12", R"(
  b1 = conv(3, 1)
  b2a = conv(2, 1)
  b2b = conv(4, 3)
  b3a = conv(2, 1)
  b3b = conv(3, 5)
  b4 = conv(2, 1)
  concat(x |> b1 |> relu, x |> b2a |> relu |> b2b |> relu, x |> b3a |> relu |> b3b |> relu,
         x |> max_pool(3, stride = 1, padding = "same") |> b4 |> relu)
)",
              {kernel("b1.weight"), kernel("b2a.weight"), kernel("b2b.weight"),
               kernel("b3a.weight"), kernel("b3b.weight"), kernel("b4.weight")}),
      normalisation("instance_norm", "4, 5, 3", "instance_norm()"),
      pooling("max_pool2d_2x2_s2", "6, 8, 3", "max_pool(2)"),
      pooling("max_pool2d_2x2_s2_odd", "7, 5, 3", "max_pool(2)"),
      pooling("max_pool2d_3x3_s2_p1", "7, 8, 3", "max_pool(3, stride = 2, padding = 1)"),
      pooling("max_pool2d_overlap", "7, 8, 3", "max_pool((3, 2), stride = 1)"),
      pooling("max_pool2d_ties", "6, 6, 2", "max_pool(2)"),
      residualBlock("residual_block_identity", "6, 6, 5", 1, "around = x"),
      residualBlock("residual_block_projection", "6, 6, 3", 2, R"(
  skip = conv(5, 1, 2, bias = false)
  skip_norm = batch_norm()
  around = x |> skip |> skip_norm)"),
  };
}

} // namespace nnc::parity
