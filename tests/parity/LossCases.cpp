// Losses. PyTorch's mean over the examples is what training does with a loss of one example. Those
// that divide by something else than the number of examples say so with batch_sum.
#include "tests/parity/Case.h"

namespace nnc::parity {
namespace {

/// A loss of the file's `input` and `target`, floats of `size` elements each.
Case elementwiseLoss(const std::string &name, const std::string &function, int64_t size) {
  std::string type = "float[" + std::to_string(size) + "]";
  return {.name = name,
          .source = "model network(input: " + type + ") -> " + type + " { input }",
          .training = "loss = " + function + "(network(input), target)"};
}

/// A loss of the scores `input` of five classes and the number `target` of one of them.
Case classLoss(const std::string &name, const std::string &statement,
               const std::string &element = "class[5]") {
  return {.name = name,
          .source = "model network(input: float[5]) -> float[5] { input }",
          .training = statement,
          .placements = {{.golden = "target", .ours = "", .element = element}}};
}

/// Cross entropy of a small network with a penalty on its weights.
Case penalty(const std::string &name, const std::string &term) {
  Case result = {.name = name,
                 .source = R"(
model network(x: float[4]) -> float[3] {
  fc1 = dense(6)
  fc2 = dense(3)
  x |> fc1 |> tanh |> fc2
})",
                 .training = "loss = cross_entropy(network(x), target) + " + term,
                 .placements = densePlacements("fc1", "fc1")};
  for (Placement &placement : densePlacements("fc2", "fc2"))
    result.placements.push_back(std::move(placement));
  result.placements.push_back({.golden = "target", .ours = "", .element = "class[3]"});
  return result;
}

} // namespace

std::vector<Case> lossCases() {
  std::vector<Case> result = {
      elementwiseLoss("loss_bce", "bce", 3),
      elementwiseLoss("loss_bce_logits", "bce_with_logits", 3),
      {.name = "loss_bce_logits_pos_weight",
       .source = "model network(input: float[3]) -> float[3] { input }",
       .training = "loss = weighted_bce_with_logits(network(input), target, pos_weight)",
       .placements = {{.golden = "pos_weight", .ours = "", .shared = true}}},
      {.name = "loss_cosine_embedding",
       .source = R"(
fn cosine_embedding(margin: float = 0)(a: float[n], b: float[n], target: float) -> float {
  similarity = sum(a * b) / sqrt(sum(a^2) * sum(b^2))
  select(target > 0, 1 - similarity, max(similarity - margin, 0))
}
model network(a: float[5], b: float[5]) -> (a: float[5], b: float[5]) { (a = a, b = b) })",
       .training = "pair = network(a, b)\n  loss = cosine_embedding(0)(pair.a, pair.b, target)"},
      classLoss("loss_cross_entropy", "loss = cross_entropy(network(input), target)"),
      classLoss("loss_cross_entropy_ignore", R"(kept = float(target != -100)
  label = select(target == -100, 0, target)
  loss = batch_sum(kept * cross_entropy(network(input), label)) / batch_sum(kept))",
                "int"),
      classLoss("loss_cross_entropy_large", "loss = cross_entropy(network(input), target)"),
      {.name = "loss_cross_entropy_sequence",
       .source = "model network(input: float[4, 5]) -> float[4, 5] { input }",
       .training = "loss = mean(cross_entropy(network(input), target))",
       .placements = {{.golden = "target", .ours = "", .element = "class[5]"}}},
      classLoss("loss_cross_entropy_smooth",
                "loss = smooth_cross_entropy(0.1)(network(input), target)"),
      elementwiseLoss("loss_cross_entropy_soft", "soft_cross_entropy", 5),
      classLoss("loss_cross_entropy_weighted", R"(own = weight[target]
  loss = batch_sum(own * cross_entropy(network(input), target)) / batch_sum(own))"),
      penalty("loss_elastic_net", "elastic(0.01, 0.02)(weights(network))"),
      elementwiseLoss("loss_hinge", "hinge", 3),
      elementwiseLoss("loss_huber", "huber(1)", 4),
      elementwiseLoss("loss_kl_div", "kl_div", 5),
      elementwiseLoss("loss_kl_div_mean", "1 / 5 * kl_div", 5),
      elementwiseLoss("loss_l1", "l1_loss", 4),
      penalty("loss_l1_penalty", "0.01 * l1(weights(network))"),
      penalty("loss_l2_penalty", "0.02 * l2(weights(network))"),
      elementwiseLoss("loss_mse", "mse", 4),
      classLoss("loss_multi_margin", "loss = multi_margin(1)(network(input), target)"),
      classLoss("loss_nll", "loss = nll(network(input), target)"),
      elementwiseLoss("loss_smooth_l1", "smooth_l1(1)", 4),
      elementwiseLoss("loss_squared_hinge", "squared_hinge", 3),
  };
  for (Case &entry : result)
    if (entry.name == "loss_cross_entropy_weighted")
      entry.placements.push_back({.golden = "weight", .ours = "", .shared = true});
  return result;
}

} // namespace nnc::parity
