// Attention, blocks of transformers, and a training run of a GPT.
#include "tests/parity/Case.h"

namespace nnc::parity {

namespace {

void append(std::vector<Placement> &placements, const std::vector<Placement> &more) {
  placements.insert(placements.end(), more.begin(), more.end());
}

/// The weight [3 * width, width] and the bias of the product that makes queries, keys and values.
std::vector<Placement> inputPlacements(const std::string &weight, const std::string &bias,
                                       const std::string &layer) {
  return {{.golden = weight, .ours = layer + ".input.weight", .permutation = {1, 0}},
          {.golden = bias, .ours = layer + ".input.bias"}};
}

std::vector<Placement> normPlacements(const std::string &golden, const std::string &ours) {
  return {{.golden = golden + ".weight", .ours = ours + ".scale"},
          {.golden = golden + ".bias", .ours = ours + ".shift"}};
}

/// Attention without parameters. The file's heads stand in front of the positions.
Case withoutParameters(const std::string &name, const std::string &source) {
  Case result = {.name = name, .source = source};
  for (const char *tensor : {"q", "k", "v", "output", "loss_weight.output"})
    result.placements.push_back({.golden = tensor, .ours = "", .permutation = {0, 2, 1, 3}});
  return result;
}

Case multihead(const std::string &name, const std::string &causal) {
  Case result = {.name = name,
                 .source = R"(
model network(x: float[5, 8]) -> (output: float[5, 8], attention: float[2, 5, 5]) {
  heads = attention_and_weights(2, causal = )" +
                           causal + R"()
  result = heads(x)
  (output = result.values, attention = result.weights)
})",
                 .placements = inputPlacements("in_proj_weight", "in_proj_bias", "heads")};
  append(result.placements, densePlacements("out_proj", "heads.output"));
  return result;
}

Case block(const std::string &name, const std::string &settings) {
  return {.name = name,
          .source = R"(
model network(x: float[5, 8]) -> float[5, 8] {
  block = transformer_block(2, )" +
                    settings + R"()
  block(x)
})"};
}

Case encoderBlock() {
  Case result = block("transformer_encoder_postln",
                      "norm_first = false, feed = feed_forward(12, activation = relu)");
  append(result.placements,
         inputPlacements("self_attn.in_proj_weight", "self_attn.in_proj_bias", "block.attention"));
  append(result.placements, densePlacements("self_attn.out_proj", "block.attention.output"));
  append(result.placements, densePlacements("linear1", "block.feed.dense"));
  append(result.placements, densePlacements("linear2", "block.feed.dense_2"));
  append(result.placements, normPlacements("norm1", "block.attention_norm"));
  append(result.placements, normPlacements("norm2", "block.feed_norm"));
  return result;
}

/// The parameters of a causal block with the norms in front.
std::vector<Placement> causalPlacements(const std::string &golden, const std::string &ours) {
  std::vector<Placement> result =
      inputPlacements(golden + "qkv.weight", golden + "qkv.bias", ours + "attention");
  append(result, densePlacements(golden + "proj", ours + "attention.output"));
  append(result, densePlacements(golden + "fc1", ours + "feed.dense"));
  append(result, densePlacements(golden + "fc2", ours + "feed.dense_2"));
  append(result, normPlacements(golden + "ln1", ours + "attention_norm"));
  append(result, normPlacements(golden + "ln2", ours + "feed_norm"));
  return result;
}

Case decoderBlock() {
  Case result = block("transformer_decoder_preln", "causal = true, feed = feed_forward(12)");
  result.placements = causalPlacements("", "block.");
  return result;
}

Case gpt() {
  constexpr int64_t width = 32;
  Case result = {
      .name = "train_gpt",
      .source = R"(
model network(x: class[58][32]) -> float[32, 58] {
  table = embed(58, 32)
  place = learned_positions()
  stack = encoder(2, heads = 2, causal = true)
  head = dense(58, bias = false)
  x |> table |> place |> stack |> head
})",
      .training = "optimizer = adamw(3e-3, beta2 = 0.95, decay = 0.1 except bias, "
                  "scale, shift)",
      .placements = {{.golden = "wte.weight", .ours = "table.weight"},
                     {.golden = "wpe.weight", .ours = "place.weight"},
                     {.golden = "head.weight", .ours = "head.weight", .permutation = {1, 0}}}};
  append(result.placements, normPlacements("lnf", "stack.last"));
  append(result.placements, causalPlacements("blocks.0.", "stack.block."));
  append(result.placements, causalPlacements("blocks.1.", "stack.block_2."));
  // The gradient of the bias of the keys is rounding noise, by which Adam divides it.
  for (Placement &placement : result.placements)
    if (placement.golden.ends_with("qkv.bias"))
      placement.noise = {width, 2 * width};
  return result;
}

} // namespace

std::vector<Case> attentionCases() {
  return {
      withoutParameters("attention", R"(
model network(k: float[7, 2, 4], q: float[5, 2, 4], v: float[7, 2, 3]) -> float[5, 2, 3] {
  attend(q, k, v).values
})"),
      withoutParameters("attention_causal", R"(
model network(k: float[5, 2, 4], q: float[5, 2, 4], v: float[5, 2, 4]) -> float[5, 2, 4] {
  attend(causal = true)(q, k, v).values
})"),
      multihead("multihead_attention", "false"),
      multihead("multihead_attention_causal", "true"),
      {.name = "position_encoding",
       .source = "model network(nothing: float) -> float[50, 16] { zeros(50, 16) |> "
                 "sinusoidal_positions }",
       .single = true},
      encoderBlock(),
      decoderBlock(),
      gpt(),
  };
}

} // namespace nnc::parity
