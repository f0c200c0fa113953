// Optimizers and learning rates. An optimizer's case is 20 compiled steps from given parameters; a
// schedule's is the learning rate that compiled steps report.
#include "tests/parity/Case.h"

namespace nnc::parity {
namespace {

Case optimizer(const std::string &name, const std::string &recipe,
               const std::string &declarations = "") {
  Case result = {.name = name,
                 .source = declarations + R"(
model network(x: float[6]) -> float[3] {
  fc1 = dense(8)
  fc2 = dense(3)
  x |> fc1 |> tanh |> fc2
})",
                 .training = recipe,
                 .placements = densePlacements("fc1", "fc1")};
  for (Placement &placement : densePlacements("fc2", "fc2"))
    result.placements.push_back(std::move(placement));
  result.placements.push_back({.golden = "target", .ours = "", .element = "class[3]"});
  return result;
}

Case inParts(Case whole, int64_t parts) {
  whole.parts = parts;
  return whole;
}

/// `drift`: how far f32 may end from f64 where an optimizer subtracts numbers of similar size.
Case drifting(Case exact, double drift) {
  exact.drift = drift;
  return exact;
}

Case schedule(const std::string &name, const std::string &rate, int64_t steps = 0) {
  return {
      .name = name,
      .source =
          "model network(nothing: float) -> float { param weight: float = 1; weight * nothing }",
      .training = "optimizer = sgd(rate = " + rate + ")",
      .steps = steps};
}

/// PyTorch keeps the product of the momenta in f32, also when all else is f64.
Case nadam() {
  Case result = optimizer("opt_nadam", "optimizer = nadam(0.01)");
  result.exactness = 1e-8;
  return result;
}

} // namespace

std::vector<Case> optimizerCases() {
  return {
      optimizer("opt_adadelta", "optimizer = adadelta(1)"),
      optimizer("opt_adagrad", "optimizer = adagrad(0.1)"),
      optimizer("opt_adam", "optimizer = adam(0.01)"),
      optimizer("opt_adam_weight_decay", "optimizer = adam(0.01, decay = 0.05)"),
      optimizer("opt_adamax", "optimizer = adamax(0.01)"),
      optimizer("opt_adamw", "optimizer = adamw(0.01, decay = 0.1)"),
      optimizer("opt_adamw_cosine", "optimizer = adamw(rate = cosine(0.05), decay = 0.1)"),
      optimizer("opt_adamw_decay_weights_only", "optimizer = adamw(0.01, decay = 0.1 except bias)"),
      optimizer("opt_amsgrad", "optimizer = adam(0.01, beta2 = 0.9, amsgrad = true)"),
      optimizer("opt_average", "optimizer = momentum(0.2, mu = 0.9)\n"
                               "  average = swa(by_epoch = false)"),
      optimizer("opt_clip_adam", "optimizer = adam(0.02)\n  clip = global_norm(0.2)"),
      optimizer("opt_clip_global_norm", "optimizer = sgd(0.5)\n  clip = global_norm(0.2)"),
      optimizer("opt_clip_value", "optimizer = sgd(0.5)\n  clip = value(0.03)"),
      optimizer("opt_ema", "optimizer = momentum(0.2, mu = 0.9)\n  average = ema(0.9)"),
      inParts(optimizer("opt_gradient_accumulation", "optimizer = momentum(0.5, mu = 0.9)"), 2),
      optimizer("opt_max_norm", "optimizer = sgd(0.5)\n  constrain = max_norm(0.9)"),
      nadam(),
      optimizer("opt_radam", "optimizer = radam(0.01, beta2 = 0.99)"),
      optimizer("opt_rmsprop", "optimizer = rmsprop(0.01)"),
      drifting(optimizer("opt_rmsprop_centered", "optimizer = rmsprop(0.01, centered = true)"),
               3e-5),
      optimizer("opt_rmsprop_momentum", "optimizer = rmsprop_momentum(0.01, mu = 0.9)"),
      optimizer("opt_sgd", "optimizer = sgd(0.1)"),
      optimizer("opt_sgd_dampening", "optimizer = momentum(0.1, mu = 0.9, dampening = 0.1)"),
      optimizer("opt_sgd_momentum", "optimizer = momentum(0.1, mu = 0.9)"),
      optimizer("opt_sgd_momentum_weight_decay",
                "optimizer = momentum(0.1, mu = 0.9, decay = 0.01)"),
      optimizer("opt_sgd_nesterov", "optimizer = momentum(0.1, mu = 0.9, nesterov = true)"),
      optimizer("opt_sgd_step_schedule", "optimizer = momentum(step_decay(0.4, every = 5, factor = "
                                         "0.5, by_epoch = false), mu = 0.5)"),
      optimizer("opt_sgd_weight_decay", "optimizer = sgd(0.1, decay = 0.05)"),
  };
}

std::vector<Case> scheduleCases() {
  return {
      schedule("schedule_cosine", "cosine(0.1)"),
      // Cycles of 5, 10 and 20 epochs, the last one cut off.
      schedule("schedule_cosine_restarts", "cosine_restarts(0.1, 5, multiply = 2)"),
      schedule("schedule_exponential", "exponential(0.1, 0.95)"),
      schedule("schedule_multistep", "multi_step(0.1, at = (5, 12, 20), factor = 0.5)"),
      schedule("schedule_one_cycle", "one_cycle(0.1)", 31),
      schedule("schedule_polynomial", "polynomial(0.1)", 25),
      schedule("schedule_reduce_on_plateau", "plateau(0.1, factor = 0.5, patience = 2)"),
      schedule("schedule_step", "step_decay(0.1, every = 7, factor = 0.5)"),
      schedule("schedule_warmup_cosine", "cosine(0.1, warmup = 5)"),
      schedule("schedule_warmup_linear", "linear_warmup(0.1, warmup = 5)"),
  };
}

} // namespace nnc::parity
