// train, eval, bench, info and the help of a real executable.
#include "runtime/support/Json.h"
#include "runtime/support/Safetensors.h"
#include "tests/runtime/Support.h"

#include <sstream>

namespace nnc::runtime {
using namespace test;

class CommandTest : public ::testing::Test {
protected:
  TemporaryFolder folder;

  CommandTest() {
    writeFile(folder.path("train.csv"), flowers(20));
    writeFile(folder.path("test.csv"), flowers(5, 60));
  }
  ProcessResult model(std::vector<std::string> words, const char *executable = TEST_MODEL) {
    words.insert(words.begin(), executable);
    return run(words, {.folder = folder.name()});
  }
  ProcessResult train(std::vector<std::string> words, const char *executable = TEST_MODEL) {
    words.insert(words.begin(), {"train", "--data", "flowers=."});
    return model(words, executable);
  }
  std::vector<Json> logLines(const std::string &name) {
    std::vector<Json> lines;
    std::istringstream stream(readText(folder.path(name)));
    for (std::string line; std::getline(stream, line);)
      lines.push_back(parseJson(line, "log"));
    return lines;
  }
};

TEST_F(CommandTest, TrainsAndEvaluates) {
  ProcessResult result = train({"--epochs", "10", "--log", "log"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(contains(result.out, "epoch 10/10: loss "));
  EXPECT_TRUE(contains(result.out, "; validation loss "));
  EXPECT_TRUE(contains(result.out, "examples/s"));
  EXPECT_TRUE(contains(result.out, " left\n"));
  EXPECT_TRUE(contains(result.out, "saved flower.safetensors after 60 steps\n"));
  EXPECT_TRUE(contains(result.out, "test loss "));
  EXPECT_EQ(result.out.find('\r'), std::string::npos) << "redrawn without a terminal";

  ProcessResult evaluation = model({"eval", "--data", "flowers=.", "--json"});
  ASSERT_EQ(evaluation.status, 0) << evaluation.err;
  Json json = parseJson(evaluation.out, "eval");
  EXPECT_GE(json["accuracy"].get<double>(), 0.9);
  EXPECT_EQ(json["examples"], 15);
  EXPECT_EQ(json["split"], "test");
  EXPECT_TRUE(
      contains(model({"eval", "--data", ".", "--split", "validation"}).out, "(12 examples)"));
  EXPECT_TRUE(contains(model({"eval", "--data", ".", "--split=train"}).out, "(48 examples)"));
}

// 60 rows, 12 held out, 6 steps of 8 an epoch.
TEST_F(CommandTest, LogsStepsAndEpochs) {
  ASSERT_EQ(train({"--epochs", "2", "--log", "log", "--quiet"}).status, 0);
  std::vector<Json> lines = logLines("log");
  ASSERT_EQ(lines.size(), 14u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(lines[i]["step"], i + 1);
    EXPECT_EQ(lines[i]["epoch"], 1);
    // The test model's rate falls to half over the run.
    EXPECT_NEAR(lines[i]["lr"].get<double>(), 0.1 * (1 - 0.5 * static_cast<double>(i) / 12), 1e-7);
  }
  EXPECT_LT(lines[12]["loss"].get<double>(), lines[0]["loss"].get<double>());
  EXPECT_EQ(lines[6]["steps"], 6);
  for (const char *key : {"train_loss", "train_accuracy", "validation_loss", "validation_accuracy"})
    EXPECT_TRUE(lines[6].contains(key)) << key;
  EXPECT_EQ(lines[7]["epoch"], 2);
}

TEST_F(CommandTest, LogsToTheStandardOutputAlone) {
  ASSERT_EQ(train({"--epochs", "2", "--log", "log", "--quiet"}).status, 0);
  ProcessResult result = train({"--epochs", "2", "--log", "-"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, readText(folder.path("log")));
  EXPECT_EQ(result.err, "");
  for (const std::string &entry : folder.entries())
    EXPECT_NE(entry, "-");
}

TEST_F(CommandTest, QuietPrintsNothing) {
  ProcessResult result = train({"--epochs", "1", "--quiet"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(CommandTest, RunsAreFunctionsOfTheSeed) {
  auto weights = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--quiet", "--save", "w"});
    EXPECT_EQ(train(words).status, 0);
    return readText(folder.path("w"));
  };
  std::string reference = weights({"--seed", "3", "--threads", "1", "--log", "log1"});
  EXPECT_EQ(weights({"--seed", "3", "--threads", "1"}), reference);
  EXPECT_EQ(weights({"--seed", "3", "--threads", "2", "--log", "log2"}), reference);
  EXPECT_EQ(weights({"--seed", "3", "--threads", "5"}), reference);
  EXPECT_EQ(readText(folder.path("log1")), readText(folder.path("log2")));
  EXPECT_NE(weights({"--seed", "4"}), reference);
  EXPECT_NE(weights({"--seed", "3", "--no-shuffle"}), reference);
  EXPECT_NE(weights({"--seed", "3", "--set", "optimizer.rate=0.2"}), reference);
}

TEST_F(CommandTest, StepsBoundTheRun) {
  ProcessResult result = train({"--steps", "4"});
  EXPECT_TRUE(contains(result.out, "after 4 steps"));
  EXPECT_TRUE(contains(train({"--steps", "100", "--epochs", "2"}).out, "after 12 steps"));
  EXPECT_TRUE(contains(train({"--steps", "9", "--epochs", "2"}).out, "after 9 steps"));
}

TEST_F(CommandTest, SavesNamedTensors) {
  ASSERT_EQ(train({"--epochs", "1", "--quiet", "--save", "w.safetensors"}).status, 0);
  Safetensors file = Safetensors::read(folder.path("w.safetensors"));
  ASSERT_NE(file.find("dense.weight"), nullptr);
  EXPECT_EQ(file.find("dense.weight")->shape, (Shape{2, 3}));
  ASSERT_NE(file.find("counter.seen"), nullptr);
  EXPECT_EQ(loadElement(file.find("counter.seen")->data, DType::F32, 0), 48) << "each example once";
  EXPECT_NE(file.find("resume/dense.weight.momentum"), nullptr);
  EXPECT_EQ(file.find("dense.weight.momentum"), nullptr);
  EXPECT_EQ(file.metadata("model"), "flower");
  EXPECT_EQ(file.metadata("classes"), R"({"label":["aster","rose","tulip"]})");

  ASSERT_EQ(train({"--epochs", "1", "--quiet", "--weights-only", "--save", "v.safetensors"}).status,
            0);
  EXPECT_EQ(Safetensors::read(folder.path("v.safetensors")).tensors().size(), 3u);
}

TEST_F(CommandTest, FloatTypesLoadIntoEachOther) {
  ASSERT_EQ(train({"--epochs", "8", "--quiet", "--save", "w32"}).status, 0);
  ASSERT_EQ(train({"--epochs", "8", "--quiet", "--save", "w64"}, TEST_MODEL_F64).status, 0);
  auto loss = [&](const char *executable, const char *weights) {
    ProcessResult result =
        model({"eval", "--data", ".", "--weights", weights, "--json"}, executable);
    EXPECT_EQ(result.status, 0) << result.err;
    return parseJson(result.out, "eval")["loss"].get<double>();
  };
  EXPECT_NEAR(loss(TEST_MODEL, "w64"), loss(TEST_MODEL_F64, "w64"), 1e-6);
  EXPECT_NEAR(loss(TEST_MODEL_F64, "w32"), loss(TEST_MODEL, "w32"), 1e-6);
}

TEST_F(CommandTest, InitStartsFromWeights) {
  ASSERT_EQ(train({"--epochs", "8", "--quiet", "--save", "w"}).status, 0);
  ASSERT_EQ(
      train({"--epochs", "1", "--quiet", "--init", "w", "--save", "v", "--log", "log"}).status, 0);
  EXPECT_LT(logLines("log")[0]["loss"].get<double>(), 0.5);
  EXPECT_EQ(logLines("log")[0]["step"], 1);
}

TEST_F(CommandTest, Bench) {
  ProcessResult result = model({"bench", "--json", "--steps", "20", "--threads", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  Json json = parseJson(result.out, "bench");
  EXPECT_LE(json["step_ms_min"].get<double>(), json["step_ms_median"].get<double>());
  EXPECT_LE(json["step_ms_median"].get<double>(), json["step_ms_max"].get<double>());
  EXPECT_NEAR(json["examples_per_s"].get<double>(), 8000 / json["step_ms_median"].get<double>(), 1);
  EXPECT_EQ(json["arena_bytes"], 192);
  EXPECT_EQ(json["parameter_bytes"], 36);
  EXPECT_EQ(json["flop_per_step"], 500);
  EXPECT_EQ(json["threads"], 2);
  EXPECT_EQ(json["batch"], 8);
  EXPECT_EQ(json["steps"], 20);
  EXPECT_TRUE(contains(model({"bench", "--steps", "5"}).out, "examples/s"));
  EXPECT_FALSE(json.contains("profile"));
}

TEST_F(CommandTest, BenchProfile) {
  ProcessResult result = model({"bench", "--profile", "--json", "--steps", "20", "--threads", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  Json json = parseJson(result.out, "bench");
  EXPECT_GT(json["peak_gflops"].get<double>(), 0.5);
  double shares = 0, last = 1e30;
  std::map<std::pair<int64_t, std::string>, Json> lines;
  for (const Json &line : json["profile"]) {
    shares += line["share"].get<double>();
    EXPECT_LE(line["us"].get<double>(), last);
    last = line["us"];
    lines[{line["line"], line["pass"]}] = line;
  }
  EXPECT_NEAR(shares, 1, 1e-9);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ((lines[{4, "forward"}]["flop"]), 200);
  EXPECT_EQ((lines[{4, "backward"}]["bytes"]), 300);
  EXPECT_EQ((lines[{7, "backward"}]["kernels"]), Json({"element-wise"}));
  EXPECT_EQ((lines[{4, "forward"}]["source"]), "x |> dense");
  EXPECT_EQ((lines[{0, "batch"}]["flop"]), 0);
  EXPECT_GT((lines[{4, "forward"}]["us"].get<double>()), 0);
  std::string table = model({"bench", "--profile", "--steps", "5"}).out;
  EXPECT_TRUE(contains(table, "of peak"));
  EXPECT_TRUE(contains(table, "x |> dense\n"));
  EXPECT_TRUE(contains(table, "100.0 %"));
}

TEST_F(CommandTest, Info) {
  ProcessResult result = model({"info"});
  EXPECT_TRUE(contains(result.out, "model flower from flower.nn, f32"));
  EXPECT_TRUE(contains(result.out, "dense  dense  4     2      3                9     36    15\n"));
  EXPECT_TRUE(contains(result.out, "setting optimizer.rate = 0.1\n"));
  EXPECT_TRUE(contains(result.out, "predict flower: features 2 -> species scalar, "));
  Json json = parseJson(model({"info", "--json"}).out, "info");
  EXPECT_EQ(json["parameters"], 9);
  EXPECT_EQ(json["layers"][0]["line"], 4);
  EXPECT_EQ(json["layers"][0]["output"], Json({3}));
  EXPECT_EQ(json["settings"]["optimizer.mu"], 0.9);
  EXPECT_TRUE(contains(result.out, "optimizer state                36\n"));
  EXPECT_TRUE(contains(result.out, "160 are alive at once, it is 20.0 % larger"));
  EXPECT_TRUE(contains(result.out, "line  bytes  saved for backward\n   4     96  probability\n"));
  EXPECT_EQ(json["memory"]["statistics"], 4);
  EXPECT_EQ(json["memory"]["saved_bytes"], 96);
  EXPECT_EQ(json["memory"]["scratch"], 60);
  EXPECT_EQ(json["memory"]["saved"][0]["line"], 4);
}

TEST_F(CommandTest, Help) {
  EXPECT_TRUE(contains(model({"--help"}).out, "train the model and save its weights"));
  EXPECT_EQ(model({"--help"}).status, 0);
  EXPECT_TRUE(contains(model({"--version"}).out,
                       "flower (flower.nn), f32 for test, compiled by nnc 0.0.0"));
  ProcessResult help = model({"train", "--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_TRUE(contains(help.out, "--resume CKPT"));
  EXPECT_TRUE(contains(help.out, "optimizer.rate = 0.1  learning rate at the beginning"));
  for (const char *command : {"eval", "predict", "bench", "info"})
    EXPECT_TRUE(contains(model({command, "--help"}).out, "usage: "));
  EXPECT_EQ(model({}).status, 2);
}

} // namespace nnc::runtime
