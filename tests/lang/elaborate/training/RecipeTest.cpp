// Train blocks: signatures, settings, optimizers, data, predictions.
#include "tests/lang/elaborate/Elaborating.h"

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

const std::string model = "model m(x: float[4]) -> float[3] { x |> dense(3) }";

std::vector<std::string> keysOf(const std::string &block) {
  Elaborated elaborated(trained(model, block));
  std::vector<std::string> keys;
  for (const Setting &setting : elaborated.good().settings)
    keys.push_back(setting.key);
  return keys;
}

TEST(Recipe, SettingsHaveFullKeys) {
  using Keys = std::vector<std::string>;
  EXPECT_EQ(keysOf("optimizer = sgd(0.1)"), (Keys{"optimizer.rate", "optimizer.decay"}));
  EXPECT_EQ(keysOf("optimizer = sgd(rate = cosine(0.1))"),
            (Keys{"rate.peak", "rate.warmup", "rate.low", "optimizer.decay"}));
  EXPECT_EQ(keysOf("optimizer = sgd(rate = exponential(0.1))\n  clip = value(1.0)"),
            (Keys{"clip.limit", "rate.rate", "rate.factor", "optimizer.decay"}));
  EXPECT_EQ(keysOf("optimizer = sgd(rate = 1e-5 for \"*.bias\", cosine(0.1) for \"*\", 0.2)"),
            (Keys{"optimizer.rate", "optimizer.rate[*.bias]", "rate.peak[*]", "rate.warmup[*]",
                  "rate.low[*]", "optimizer.decay"}));
  EXPECT_EQ(keysOf("optimizer = sgd(0.1) for \"dense.bias\", lookahead(sgd(warmup(3, cosine(1))))"),
            (Keys{"base.rate.over", "base.rate.then.peak", "base.rate.then.warmup",
                  "base.rate.then.low", "base.decay", "optimizer.every", "optimizer.alpha",
                  "optimizer.rate[dense.bias]", "optimizer.decay[dense.bias]"}));
}

TEST(Recipe, SettingsByParameters) {
  auto subtractions = [](const std::string &optimizer) {
    Elaborated elaborated(trained(model, "optimizer = " + optimizer));
    return elaborated.count("train_step", "sub");
  };
  // A rate of 0 leaves nothing to compute.
  EXPECT_EQ(subtractions("sgd(rate = 0.1 except bias)"), subtractions("sgd(0.1)") - 1);
  EXPECT_EQ(subtractions("sgd(rate = 0 for \"*.bias\", 0.1)"), subtractions("sgd(0.1)"));
}

TEST(Recipe, StatesOfSchedulesAreNumbers) {
  Elaborated elaborated(trained(model, "optimizer = sgd(warmup(3, then = plateau(0.1)))"));
  std::vector<std::string> slots;
  for (const SlotInfo &slot : elaborated.good().slots) {
    EXPECT_EQ(slot.owner, "");
    EXPECT_EQ(slot.type.element, Element::Real);
    slots.push_back(slot.path);
  }
  EXPECT_EQ(slots, (std::vector<std::string>{"rate.then.now", "rate.then.best", "rate.then.bad",
                                             "rate.then.resting", "rate.then.seen"}));
}

TEST(Recipe, OptimizersInOthersKeepTheirStates) {
  Elaborated elaborated(
      trained(model, "optimizer = lookahead(adam(rate = 0.1 for \"dense.weight\", 0.2))"));
  std::vector<std::string> slots;
  for (const SlotInfo &slot : elaborated.good().slots)
    if (slot.owner == "dense.weight")
      slots.push_back(slot.path);
  EXPECT_EQ(slots,
            (std::vector<std::string>{"dense.weight.slow", "dense.weight.m", "dense.weight.v"}));
}

TEST(Recipe, NamesTheScheduleOfTheLearningRate) {
  auto schedule = [](const std::string &rate) {
    Elaborated elaborated(trained(model, "optimizer = momentum(" + rate + ")"));
    return elaborated.good().recipes[0].phases[0].trainingSteps[0].schedule;
  };
  EXPECT_EQ(schedule("0.1"), "");
  EXPECT_EQ(schedule("rate = step_decay(0.1, every = 3)"), "step_decay");
}

TEST(Recipe, SettingsAreArgumentsOfTheStep) {
  Elaborated elaborated(trained(model, "optimizer = momentum(0.5, mu = 0.8)"));
  std::vector<std::string> scalars;
  for (const FunctionArgument &argument : elaborated.function("train_step").arguments)
    if (argument.kind == ArgumentKind::Scalar)
      scalars.push_back(argument.name);
  EXPECT_EQ(scalars, (std::vector<std::string>{"optimizer.rate", "rate_override", "optimizer.mu",
                                               "optimizer.dampening", "optimizer.decay", "step"}));
  EXPECT_EQ(elaborated.good().settings[1].value, 0.8);
}

TEST(Recipe, Signatures) {
  Elaborated elaborated(
      trained(model, "  metric accuracy(logits, label)\n  optimizer = momentum(0.1)"));
  auto describe = [&](const std::string &name) {
    std::string text;
    for (const FunctionArgument &argument : elaborated.function(name).arguments)
      text += argument.name + " ";
    text += "->";
    for (const FunctionResult &result : elaborated.function(name).results)
      text += " " + result.name;
    return text;
  };
  EXPECT_EQ(describe("initialize"),
            "seed -> dense.weight dense.bias dense.weight.velocity dense.bias.velocity");
  EXPECT_EQ(
      describe("train_step"),
      "dense.weight dense.bias dense.weight.velocity "
      "dense.bias.velocity x label optimizer.rate rate_override optimizer.mu optimizer.dampening "
      "optimizer.decay step -> "
      "dense.weight dense.bias dense.weight.velocity "
      "dense.bias.velocity loss accuracy learning_rate");
  EXPECT_EQ(describe("evaluate"), "dense.weight dense.bias x label -> loss accuracy");
  EXPECT_EQ(describe("predict"), "dense.weight dense.bias x -> output");
  EXPECT_EQ(describe("gradient"),
            "dense.weight dense.bias x label -> loss grad.dense.weight grad.dense.bias grad.x");
}

TEST(Recipe, SgdIsWhatTheTextSays) {
  Elaborated elaborated(trained("model m(x: float[4]) -> float[3] { x |> dense(3, bias = false) }",
                                "optimizer = plain(0.1)\n}\noptimizer plain(rate: schedule) {\n  "
                                "param <- param - rate * grad"));
  std::string text = elaborated.operations("train_step");
  size_t gradient = text.find(" = gradient ");
  ASSERT_NE(gradient, std::string::npos);
  std::vector<std::string> update = Elaborated::lines(text.substr(gradient));
  // The runtime may set the rate.
  ASSERT_EQ(update.size(), 8u) << text;
  EXPECT_NE(update[3].find(", %rate_override, %optimizer.rate : real"), std::string::npos) << text;
  EXPECT_NE(update[4].find(" = convert "), std::string::npos) << text;
  EXPECT_NE(update[5].find(" = broadcast "), std::string::npos) << text;
  EXPECT_NE(update[6].find(", %grad.dense.weight : float[4, 3]"), std::string::npos) << text;
  EXPECT_NE(update[7].find(" = sub %dense.weight, "), std::string::npos) << text;
  EXPECT_EQ(elaborated.program->settings.size(), 1u);
}

TEST(Recipe, DecayLeavesOutWhatIsExcepted) {
  Elaborated all(trained(model, "optimizer = sgd(0.1, decay = 0.5)"));
  Elaborated some(trained(model, "optimizer = sgd(0.1, decay = 0.5 except bias)"));
  auto decays = [](Elaborated &elaborated) {
    int count = 0;
    const Function &step = elaborated.function("train_step");
    for (const Operation &operation : step.operations)
      for (ValueId operand : operation.operands)
        count += operation.name == "convert" && step.values[operand].name == "optimizer.decay";
    return count;
  };
  EXPECT_EQ(decays(all), 2);
  EXPECT_EQ(decays(some), 1);
}

TEST(Recipe, GlobalNormLooksAtAllGradients) {
  Elaborated elaborated(trained(model, "optimizer = sgd(0.1)\n  clip = global_norm(1.0)"));
  std::string text = elaborated.operations("train_step");
  EXPECT_NE(text.find("%gradient_norm = sqrt"), std::string::npos);
  EXPECT_EQ(elaborated.count("train_step", "sqrt"), 1);
}

TEST(Recipe, EveryOptimizerAndSchedule) {
  for (const char *optimizer : {"sgd", "momentum", "adam", "adamw", "adamax", "nadam", "radam",
                                "rmsprop", "rmsprop_momentum", "adagrad", "adadelta",
                                "adadelta_window", "lars", "lamb", "lion", "rprop"}) {
    Elaborated elaborated(trained(model, std::string("optimizer = ") + optimizer));
    EXPECT_TRUE(elaborated.program) << optimizer << "\n" << elaborated.diagnostics.render();
  }
  for (const char *schedule :
       {"constant_rate(0.1)", "step_decay(0.1, 3)", "exponential(0.1)",
        "exponential(0.1, by_epoch = false)", "cosine(0.1, warmup = 5)", "linear_warmup(0.1, 5)",
        "polynomial(0.1)", "one_cycle(0.1)", "multi_step(0.1, at = (3, 5))",
        "piecewise((0.1, 0.2))", "piecewise((0.1, 0.2), until = (7,))", "cosine_restarts(0.1, 5)",
        "cyclic(0.1, 0.2)", "warmup(5, then = plateau(0.1))"}) {
    Elaborated elaborated(trained(model, std::string("optimizer = sgd(") + schedule + ")"));
    EXPECT_TRUE(elaborated.program) << schedule << "\n" << elaborated.diagnostics.render();
  }
  for (const char *options :
       {"adam(amsgrad = true)", "momentum(nesterov = true)", "rmsprop(centered = true)"}) {
    Elaborated elaborated(trained(model, std::string("optimizer = ") + options));
    EXPECT_TRUE(elaborated.program) << options << "\n" << elaborated.diagnostics.render();
  }
}

TEST(Recipe, EveryLossMetricAndActivation) {
  auto check = [](const std::string &program) {
    Elaborated elaborated(program);
    EXPECT_TRUE(elaborated.program) << program << "\n" << elaborated.diagnostics.render();
  };
  for (const char *loss :
       {"mse(a, b)", "l1_loss(a, b)", "huber()(a, b)", "huber(2)(a, b)", "smooth_l1(0.5)(a, b)",
        "bce(a, b)", "bce_with_logits(a, b)", "weighted_bce_with_logits(a, b, c)", "hinge(a, b)",
        "squared_hinge(a, b)", "kl_div(a, b)", "mean_absolute_error(a, b)",
        "mean_squared_error(a, b)", "soft_cross_entropy(a, b)"})
    check(std::string("model m(a: float[3], b: float[3], c: float[3]) -> float { ") + loss + " }");
  for (const char *loss :
       {"cross_entropy(a, label)", "smooth_cross_entropy(0.1)(a, label)",
        "nll(log_softmax(a), label)", "multi_margin()(a, label)", "accuracy(a, label)",
        "mean(one_hot(label))", "binary_accuracy(a[0], two)", "sign_accuracy(a[0], a[1])"})
    check(std::string("model m(a: float[3], label: class[3], two: class[2]) -> float { ") + loss +
          " }");
  check("model m(a: float[7, 3], label: class[3][7]) -> float { mean(cross_entropy(a, label)) + "
        "accuracy(a, label) }");
  for (const char *activation :
       {"linear",          "step",      "sigmoid",  "tanh", "gaussian", "relu",      "leaky_relu",
        "leaky_relu(0.2)", "hardtanh",  "elu",      "selu", "gelu",     "gelu_tanh", "silu",
        "swish",           "softplus",  "softsign", "mish", "prelu()",  "softmax",   "log_softmax",
        "layer_norm()",    "rms_norm()"})
    check(std::string("model m(x: float[5, 3]) -> float[5, 3] { x |> ") + activation + " }");
  for (const char *init : {"zeros", "ones", "constant(2)", "normal(0, 2)", "uniform(-1, 1)", "he",
                           "he_uniform", "xavier", "xavier(2)", "xavier_normal", "lecun",
                           "lecun_uniform", "fan_in_uniform", "0", "0.5"})
    check(std::string("model m(x: float[5]) -> float[3] { x |> dense(3, init = ") + init + ") }");
}

TEST(Recipe, Predictions) {
  Elaborated elaborated(trained(model, "optimizer = sgd(0.1)\n}\npredict m {\n  p = "
                                       "softmax(logits)\n  kind = argmax(p), sure = max(p)"));
  const Function &predict = elaborated.function("predict");
  ASSERT_EQ(predict.results.size(), 3u);
  EXPECT_EQ(predict.results[1].name, "kind");
  EXPECT_EQ(predict.values[predict.results[1].value].type.classes, 3);
  EXPECT_EQ(predict.results[1].kind, ResultKind::ExampleOutput);
}

TEST(Recipe, Keys) {
  Elaborated elaborated(trained(
      model,
      "optimizer = sgd(0.1)\n  batch = 7\n  steps = 9\n  validate = 10%\n  stop = patience(3)"));
  const Recipe &recipe = elaborated.good().recipes[0];
  const Phase &phase = recipe.phases[0];
  EXPECT_EQ(recipe.batch, 7);
  EXPECT_EQ(phase.steps, 9);
  EXPECT_EQ(phase.epochs, 1);
  EXPECT_DOUBLE_EQ(recipe.validate, 0.1);
  EXPECT_EQ(phase.patience, 3);
}

TEST(Recipe, CsvColumns) {
  Elaborated elaborated("data d {\n  a: float[3]\n  b: float\n  train = csv(\"x.csv\", \"y.csv\", "
                        "a = columns(2..5), b = 0, separator = \";\")\n"
                        "  test = csv(\"z.csv\", a = columns(\"p\", \"q\", \"r\"))\n}\n"
                        "model m(a: float[3]) -> float { a |> dense(1) |> scalar }\n"
                        "train m on d { loss = mse(m(a), b); optimizer = sgd; epochs = 1 }");
  std::string text = printProgram(elaborated.good());
  EXPECT_NE(text.find("train = csv(\"x.csv\", \"y.csv\", a = [2, 3, 4], b = [0], separator = "
                      "\";\") by number\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("test = csv(\"z.csv\", a = [p, q, r], separator = \";\", b = [b])\n"),
            std::string::npos)
      << text;
}

TEST(Recipe, FirstErrorsAreNotRepeatedForEveryFunction) {
  Elaborated elaborated(trained("model m(x: float[4]) -> float[3] { x |> dense(5) }"));
  EXPECT_EQ(elaborated.messages().size(), 1u);
}

} // namespace
