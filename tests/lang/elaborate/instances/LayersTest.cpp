// Paths of parameters, sharing, states, training and evaluation.
#include "tests/lang/elaborate/Elaborating.h"

#include <set>

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

std::vector<std::string> paths(const std::string &program) {
  Elaborated elaborated(program);
  std::vector<std::string> result;
  for (const ParameterInfo &parameter : elaborated.good().parameters)
    result.push_back(parameter.path);
  return result;
}

TEST(Layers, PathsComeFromBindingsAndDeclarations) {
  EXPECT_EQ(paths("layer block(x: float[n]) -> float[n] { inner = dense(n, bias = false); x |> "
                  "inner |> dense(n, bias = false) }\n"
                  "model m(x: float[4]) -> float[4] {\n"
                  "  first = block\n"
                  "  encoder = dense(4, bias = false)\n"
                  "  x = x |> encoder |> dense(4, bias = false) |> dense(4, bias = false)\n"
                  "  for i in 0..2 { x = x |> block }\n"
                  "  x\n}"),
            (std::vector<std::string>{"encoder.weight", "dense.weight", "dense_2.weight",
                                      "block.inner.weight", "block.dense.weight",
                                      "block_2.inner.weight", "block_2.dense.weight"}));
}

TEST(Layers, LayersOfAListHaveItsName) {
  EXPECT_EQ(paths("model m(x: float[4]) -> float[4] {\n"
                  "  blocks = (dense(4, bias = false) for i in 0..2)\n"
                  "  for block in blocks { x = block(x) }\n"
                  "  ends = ((dense(4, bias = false), relu), (dense(4, bias = false), tanh))\n"
                  "  for layer, activation in ends { x = x |> layer |> activation }\n"
                  "  x\n}"),
            (std::vector<std::string>{"blocks.weight", "blocks_2.weight", "ends.weight",
                                      "ends_2.weight"}));
}

TEST(Layers, PlacesThatOnlyOneModeMeetsHavePathsOfTheirOwn) {
  auto pathsOf = [](const std::string &body) {
    return paths(trained("fn project(x: float[n]) -> float[3] { x |> dense(3, bias = false) }\n"
                         "model m(x: float[4]) -> float[3] { " +
                         body + " }"));
  };
  using Paths = std::vector<std::string>;
  const Paths two{"dense.weight", "dense_2.weight"};
  EXPECT_EQ(pathsOf("if training { x |> dense(3, bias = false) } "
                    "else { x |> dense(3, bias = false) }"),
            two);
  EXPECT_EQ(pathsOf("if training { project(x) } else { project(x) }"), two);
  EXPECT_EQ(pathsOf("h = if training { dense(3, bias = false) } else { dense(3, bias = false) }\n"
                    "h(x)"),
            (Paths{"h.weight", "h_2.weight"}));
  EXPECT_EQ(pathsOf("if training { x = x |> dense(4, bias = false) }\n"
                    "x |> dense(3, bias = false)"),
            two);
  EXPECT_EQ(pathsOf("h = x |> dense(3, bias = false)\n"
                    "if training { param w: float[3] = 1; h * w } "
                    "else { param w: float[3] = 1; h * w }"),
            (Paths{"dense.weight", "w", "w_2"}));
  // One place, met by both modes, has one path.
  EXPECT_EQ(pathsOf("for i in 0..2 { x = x |> dense(4, bias = false) }\n"
                    "project(if training { x } else { 2 * x })"),
            (Paths{"dense.weight", "dense_2.weight", "dense_3.weight"}));
}

TEST(Layers, ALayerGivenAsASettingHasItsName) {
  EXPECT_EQ(paths("layer residual(body: layer)(x: float[...]) -> float[...] { x + body(x) }\n"
                  "model m(x: float[4]) -> float[4] { x |> residual(dense(4, bias = false)) |> "
                  "residual(dense(4, bias = false)) }"),
            (std::vector<std::string>{"residual.body.weight", "residual_2.body.weight"}));
}

TEST(Layers, BoundLayersShareTheirParameters) {
  EXPECT_EQ(
      paths("model m(x: float[4], y: float[4]) -> float[4] { enc = dense(4); enc(x) + enc(y) }"),
      (std::vector<std::string>{"enc.weight", "enc.bias"}));
  EXPECT_EQ(paths("model m(x: float[4], y: float[4]) -> float[4] { dense(4, bias = false)(x) + "
                  "dense(4, bias = false)(y) }"),
            (std::vector<std::string>{"dense.weight", "dense_2.weight"}));
}

TEST(Layers, ParametersAndStatesOfALoopAreOthersInEachTurn) {
  Elaborated elaborated(trained("model m(x: float[4]) -> float[3] {\n"
                                "  for i in 0..2 {\n"
                                "    param w: float[4] = i\n    state s: float = i\n"
                                "    s <- s + 1\n    x = w * x + s\n  }\n"
                                "  param w: float[4] = 7\n  (w * x) |> dense(3, bias = false)\n}",
                                "optimizer = o\n}\noptimizer o(rate: schedule = 0.1) {\n"
                                "  for i in 0..2 { state v = i; v <- v + grad }\n"
                                "  param <- param - rate * grad"));
  std::vector<std::string> names;
  for (const ParameterInfo &parameter : elaborated.good().parameters)
    names.push_back(parameter.path);
  for (const StateInfo &state : elaborated.good().states)
    names.push_back(state.path);
  for (size_t slot = 0; slot < 2; ++slot)
    names.push_back(elaborated.good().slots[slot].path);
  EXPECT_EQ(names, (std::vector<std::string>{"w", "w_2", "w_3", "dense.weight", "s", "s_2", "w.v",
                                             "w.v_2"}));
  // Each state has an update of its own.
  std::set<ValueId> updates;
  for (const FunctionResult &result : elaborated.function("train_step").results)
    if (result.kind == ResultKind::State || result.kind == ResultKind::Slot)
      updates.insert(result.value);
  EXPECT_EQ(updates.size(), 2 + 2 * 4u);
}

TEST(Layers, FunctionsAddNothingToPaths) {
  EXPECT_EQ(paths("fn twice(x: float[n]) -> float[n] { x |> dense(n, bias = false) |> dense(n, "
                  "bias = false) }\n"
                  "layer wrap(x: float[n]) -> float[n] { twice(x) }\nmodel m(x: float[4]) -> "
                  "float[4] { x |> wrap }"),
            (std::vector<std::string>{"wrap.dense.weight", "wrap.dense_2.weight"}));
}

TEST(Layers, AModelInAModelHasItsName) {
  EXPECT_EQ(paths("model trunk(x: float[4]) -> float[5] { x |> dense(5, bias = false) }\n"
                  "model m(x: float[4]) -> float[3] { x |> trunk |> dense(3, bias = false) }"),
            (std::vector<std::string>{"trunk.dense.weight", "dense.weight"}));
}

TEST(Layers, DropoutIsForTrainingOnly) {
  Elaborated elaborated(
      trained("model m(x: float[4]) -> float[3] { x |> dropout(0.5) |> dense(3) |> dropout(0) }"));
  EXPECT_EQ(elaborated.count("train_step", "random_uniform"), 1);
  EXPECT_EQ(elaborated.count("gradient", "random_uniform"), 1);
  EXPECT_EQ(elaborated.count("evaluate", "random_uniform"), 0);
  EXPECT_EQ(elaborated.count("predict", "random_uniform"), 0);
}

TEST(Layers, StatesChangeInTrainingOnly) {
  Elaborated elaborated(trained("layer count(x: float[n]) -> float[n] {\n  state seen: float = 5\n "
                                " seen <- seen + 1\n  x * seen\n}\n"
                                "model m(x: float[4]) -> float[3] { x |> count |> dense(3) }"));
  ASSERT_EQ(elaborated.good().states.size(), 1u);
  EXPECT_EQ(elaborated.good().states[0].path, "count.seen");
  const Function &step = elaborated.function("train_step");
  for (const FunctionResult &result : step.results)
    if (result.kind == ResultKind::State) {
      for (const FunctionArgument &argument : step.arguments)
        EXPECT_NE(argument.value, result.value);
    }
  EXPECT_EQ(elaborated.operations("evaluate").find("constant value=1 "), std::string::npos);
}

TEST(Layers, BatchNormalisation) {
  Elaborated elaborated(
      trained("model m(x: float[4]) -> float[3] { x |> batch_norm() |> dense(3) }"));
  // Mean, variance and the loss; the running statistics are used when evaluating.
  EXPECT_EQ(elaborated.count("train_step", "batch_mean"), 3);
  EXPECT_EQ(elaborated.count("evaluate", "batch_mean"), 1);
  EXPECT_EQ(elaborated.good().states.size(), 2u);
}

TEST(Layers, FrozenParametersAreNotTrained) {
  Elaborated elaborated(trained("model m(x: float[4]) -> float[3] { features = x |> dense(8) |> "
                                "tanh; freeze(features) |> dense(3) }",
                                "  optimizer = momentum(0.1)"));
  const Program &program = elaborated.good();
  ASSERT_EQ(program.parameters.size(), 4u);
  EXPECT_FALSE(program.parameters[0].trained);
  EXPECT_FALSE(program.parameters[1].trained);
  EXPECT_TRUE(program.parameters[2].trained);
  EXPECT_EQ(program.slots.size(), 2u);
  // Every parameter is a result all the same, the frozen ones unchanged.
  const Function &step = elaborated.function("train_step");
  EXPECT_EQ(step.results[0].value, step.arguments[0].value);
  EXPECT_NE(step.results[2].value, step.arguments[2].value);
}

TEST(Layers, WeightsAreTrainedMatrices) {
  Elaborated elaborated(
      "data points { x: float[4], label: class[3], train = csv(\"points.csv\") }\n"
      "model m(x: float[4]) -> float[3] { freeze(x |> dense(8)) |> dense(5) |> dense(3) }\n"
      "train m on points { loss = cross_entropy(m(x), label) + 0.1 * l2(weights(m)); optimizer = "
      "sgd(0.1); epochs = 1 }");
  EXPECT_EQ(elaborated.count("train_step", "pow"), 2);
  EXPECT_FALSE(elaborated.good().parameters[0].trained);
}

TEST(Layers, WeightsByPattern) {
  auto squares = [](const std::string &patterns) {
    Elaborated elaborated(
        "data points { x: float[4], label: class[3], train = csv(\"points.csv\") }\n"
        "model m(x: float[4]) -> float[3] { x |> dense(8) |> dense(5) |> dense(3) }\n"
        "train m on points { loss = cross_entropy(m(x), label) + l2(weights(m, " +
        patterns + ")); optimizer = sgd(0.1); epochs = 1 }");
    return elaborated.count("train_step", "pow");
  };
  EXPECT_EQ(squares("\"dense.*\""), 2);
  EXPECT_EQ(squares("\"bias\""), 3);
  EXPECT_EQ(squares("(\"dense_2.weight\", \"*_3.*\")"), 3);
  EXPECT_EQ(squares("(\"dense_2.weight\", \"weight\")"), 3);
}

TEST(Layers, TheTableOfLayers) {
  Elaborated elaborated("layer block(units: int)(x: float[n]) -> float[units] { x |> dense(units) "
                        "|> relu |> dense(units) }\n"
                        "model m(x: float[4]) -> float[3] { x |> block(5) |> dense(3) }");
  const std::vector<LayerInfo> &layers = elaborated.good().layers;
  ASSERT_EQ(layers.size(), 4u);
  EXPECT_EQ(layers[0].path, "block");
  EXPECT_EQ(layers[0].parameters, 0);
  EXPECT_EQ(layers[1].path, "block.dense");
  EXPECT_EQ(layers[1].kind, "dense");
  EXPECT_EQ(layers[1].input, std::vector<int64_t>{4});
  EXPECT_EQ(layers[1].output, std::vector<int64_t>{5});
  EXPECT_EQ(layers[1].parameters, 25);
  EXPECT_EQ(layers[3].path, "dense");
}

TEST(Layers, UserDefinitionsHideTheLibrarys) {
  Elaborated elaborated("fn relu(x: float[...]) -> float[...] { exp(x) }\nmodel m(x: float[4]) -> "
                        "float[4] { relu(x) }");
  EXPECT_EQ(elaborated.operations("predict"), "%output = exp %x : float[4]\n");
}

TEST(Layers, PlacesAreTheUsers) {
  Elaborated elaborated("model m(x: float[4]) -> float[4] {\n  x |> softmax\n}");
  for (const Operation &operation : elaborated.function("predict").operations) {
    EXPECT_EQ(operation.range.file->name(), "test.nn");
    EXPECT_EQ(operation.range.start().line, 2u);
  }
}

} // namespace
