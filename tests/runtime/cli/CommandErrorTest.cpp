// Bad data, bad files, full disks and diverging runs: one clear line, a non-zero status, nothing
// lost.
#include "runtime/support/Safetensors.h"
#include "tests/runtime/Support.h"

#include <cmath>
#include <sys/stat.h>

namespace nnc::runtime {
using namespace test;

class CommandErrorTest : public ::testing::Test {
protected:
  TemporaryFolder folder;

  CommandErrorTest() {
    writeFile(folder.path("train.csv"), flowers(20));
    writeFile(folder.path("test.csv"), flowers(5, 60));
  }
  ProcessResult model(std::vector<std::string> words, ProcessOptions options = {},
                      const std::string &executable = TEST_MODEL) {
    words.insert(words.begin(), executable);
    options.folder = folder.name();
    return run(words, options);
  }
  /// The error line of a command that must fail with this status.
  std::string error(std::vector<std::string> words, int status = 1, ProcessOptions options = {}) {
    ProcessResult result = model(std::move(words), options);
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_TRUE(result.err.starts_with("runtime-test-model: error: ")) << result.err;
    return result.err;
  }
  std::string trainError(const std::string &file, const std::string &content) {
    std::string good = readText(folder.path(file));
    writeFile(folder.path(file), content);
    std::string message = error({"train", "--data", ".", "--quiet"});
    writeFile(folder.path(file), good);
    return message;
  }
};

TEST_F(CommandErrorTest, UsageErrorsHaveStatusTwo) {
  EXPECT_TRUE(contains(error({"tran"}, 2), "unknown command 'tran', did you mean 'train'?"));
  EXPECT_TRUE(contains(error({"train", "--epoch", "3"}, 2),
                       "unknown option '--epoch', did you mean '--epochs'?"));
  EXPECT_TRUE(contains(error({"train", "--epochs"}, 2), "--epochs needs a value"));
  EXPECT_TRUE(contains(error({"train", "--epochs", "many"}, 2),
                       "--epochs takes an integer from 1 to 9007199254740992, not 'many'"));
  EXPECT_TRUE(contains(error({"train", "--epochs=0"}, 2), "--epochs takes an integer from 1 to"));
  EXPECT_TRUE(contains(error({"train", "--quiet=yes"}, 2), "--quiet takes no value"));
  EXPECT_TRUE(contains(error({"train", "--seed", "1", "--seed", "2"}, 2), "--seed is given twice"));
  EXPECT_TRUE(contains(error({"train", "more"}, 2), "'more' is one word too many"));
  EXPECT_TRUE(contains(error({"train", "--set", "optimizer.rat=1"}, 2),
                       "unknown setting 'optimizer.rat', did you mean 'optimizer.rate'?; there are "
                       "optimizer.rate, optimizer.mu"));
  EXPECT_TRUE(contains(error({"train", "--set", "rat=1"}, 2), "did you mean 'rate'?"));
  EXPECT_TRUE(contains(error({"train", "--set", "lr=1"}, 2), "did you mean 'optimizer.rate'?"));
  EXPECT_TRUE(contains(error({"train", "--set", "optimizer.learning_rate=1"}, 2),
                       "did you mean 'optimizer.rate'?"));
  EXPECT_TRUE(contains(error({"train", "--num-epochs", "3"}, 2), "did you mean '--epochs'?"));
  EXPECT_TRUE(contains(error({"fit"}, 2), "unknown command 'fit', did you mean 'train'?"));
  EXPECT_TRUE(contains(error({"train", "--set", "rate=1", "--set", "optimizer.rate=2"}, 2),
                       "--set: optimizer.rate is given twice"));
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--data", "flowers=."}, 2),
                       "the folder of 'flowers' is given twice"));
  EXPECT_TRUE(contains(error({"train", "--set", "optimizer.rate=fast"}, 2),
                       "'fast' is not a finite number"));
  EXPECT_TRUE(contains(error({"train", "--set", "optimizer.rate"}, 2), "takes NAME=VALUE"));
  EXPECT_TRUE(contains(error({"train", "--data", "flower=."}, 2), "did you mean 'flowers'?"));
  EXPECT_TRUE(contains(error({"train", "--threads", "100000"}, 2), "--threads"));
  EXPECT_TRUE(contains(error({"eval", "--split", "extra"}, 1), "flower.safetensors: no such file"));
}

TEST_F(CommandErrorTest, DataErrorsNameFileAndLine) {
  EXPECT_TRUE(contains(error({"train"}),
                       "/nonexistent/train.csv: no such file or directory (--data flowers=FOLDER"));
  EXPECT_TRUE(contains(trainError("train.csv", flowers(2) + "1,two,3,rose\n"),
                       "train.csv:8: 'two' in column 'length' is not a number"));
  EXPECT_TRUE(contains(trainError("train.csv", flowers(2) + "1,2\n"),
                       "train.csv:8: this line has 2 cells"));
  EXPECT_TRUE(contains(trainError("train.csv", "width,length,species\n"),
                       "./train.csv: the train split of data 'flowers' has no examples"));
  EXPECT_TRUE(contains(trainError("train.csv", "width,length,species\n1,2,rose\n"),
                       "validate = 20%: 1 training example is too few to hold some out"));
  EXPECT_TRUE(contains(trainError("test.csv", flowers(2) + "1,2,3,fern\n"),
                       "test.csv:8: 'fern' is not a class of field 'label'"));
  EXPECT_TRUE(contains(trainError("train.csv", gzip(flowers(20)).substr(0, 200)),
                       "the gz file is truncated"));
}

TEST_F(CommandErrorTest, WeightsOfAnotherModel) {
  const float values[9] = {};
  auto data = reinterpret_cast<const char *>(values);
  auto evaluate = [&](std::vector<StoredTensor> tensors) {
    writeSafetensors(folder.path("w"), tensors, {});
    return error({"eval", "--data", ".", "--weights", "w"});
  };
  EXPECT_TRUE(
      contains(evaluate({{"dense.weight", DType::F32, {2, 3}, data}}),
               "w: these are not weights of model 'flower': there is no tensor 'dense.bias'"));
  EXPECT_TRUE(contains(evaluate({{"dense.weight", DType::F32, {3, 2}, data}}),
                       "tensor 'dense.weight' is 3x2, the model's is 2x3"));
  EXPECT_TRUE(contains(evaluate({{"dense.weight", DType::I32, {2, 3}, data}}),
                       "holds i32, the model's f32"));
  std::vector<StoredTensor> good = {{"dense.weight", DType::F32, {2, 3}, data},
                                    {"dense.bias", DType::F32, {3}, data},
                                    {"counter.seen", DType::F32, {}, data}};
  auto evaluateWith = [&](const Metadata &metadata) {
    writeSafetensors(folder.path("w"), good, metadata);
    return error({"eval", "--data", ".", "--weights", "w"});
  };
  EXPECT_TRUE(contains(evaluateWith({{"classes", R"({"label":["a","b","c","d"]})"}}),
                       "w: its classes of field 'label' are a, b, c, d, which are not those"));
  EXPECT_TRUE(
      contains(evaluateWith({{"classes", R"({"label":1e999})"}}),
               "w: metadata 'classes': a number in the JSON is out of range (line 1, byte"));
  EXPECT_TRUE(contains(evaluateWith({{"columns", R"({"label":[1]})"}}),
                       "w: metadata 'columns': it is damaged"));
  good.push_back({"dense.scale", DType::F32, {3}, data});
  good.push_back({"resume/dense.bias.momentum", DType::F32, {3}, data});
  writeSafetensors(folder.path("w"), good, {});
  ProcessResult result = model({"eval", "--data", ".", "--weights", "w"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "warning: w: model 'flower' has no tensor dense.scale\n");
  const double large[9] = {1e300};
  good[0] = {"dense.weight", DType::F64, {2, 3}, reinterpret_cast<const char *>(large)};
  EXPECT_TRUE(contains(evaluateWith({}),
                       "w: tensor 'dense.weight' holds 1e+300, which is too large for f32"));
  writeFile(folder.path("w"), "text");
  EXPECT_TRUE(
      contains(error({"eval", "--data", ".", "--weights", "w"}), "w: not a safetensors file"));
  EXPECT_TRUE(
      contains(error({"train", "--data", ".", "--init", "no"}), "no: no such file or directory"));
}

TEST_F(CommandErrorTest, FullDiskKeepsTheOldFile) {
  ASSERT_EQ(model({"train", "--data", ".", "--quiet", "--save", "w"}).status, 0);
  std::string old = readText(folder.path("w"));
  std::vector<std::string> before = folder.entries();
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--quiet", "--save", "w", "--seed", "9"}, 1,
                             {.fileSizeLimit = old.size() / 2}),
                       "cannot write w: file too large"));
  EXPECT_EQ(readText(folder.path("w")), old);
  EXPECT_EQ(folder.entries(), before) << "a temporary file was left";
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--quiet", "--save", "/dev/full"}),
                       "cannot write /dev/full: no space left on device"));
}

// The weights are of no use to anybody who has lost the file that they replaced.
TEST_F(CommandErrorTest, OutputsReplaceOnlyWhatTheyAreMeantFor) {
  const std::string data = readText(folder.path("train.csv"));
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--save", "train.csv"}),
                       "cannot write train.csv: it exists and is not a weight file"));
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--log", "train.csv"}),
                       "cannot write train.csv: it exists and is not a training log"));
  EXPECT_EQ(readText(folder.path("train.csv")), data);
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--save", "-"}, 2),
                       "--save -: weights are saved to a file"));
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--log", "w", "--save", "w"}, 2),
                       "--log and --save are the same file"));
  EXPECT_TRUE(
      contains(error({"predict", "train.csv", "-o", "./train.csv"}, 2), "that is an input"));
}

TEST_F(CommandErrorTest, RunsAreNotLongerThanCanBeCounted) {
  const std::string most = "9007199254740992"; // 2^53
  for (const char *option : {"--steps", "--epochs", "--stop-after"})
    for (const char *count : {"9007199254740993", "9223372036854775807", "9223372036854775808"})
      EXPECT_TRUE(contains(error({"train", "--data", ".", option, count}, 2),
                           std::string(option) + " takes an integer from 1 to " + most));
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--epochs", most}, 2),
                       most + " epochs of 6 steps are more than the " + most + " steps"));
  ProcessResult result =
      model({"train", "--data", ".", "--epochs", most, "--steps", "7", "--stop-after", most});
  EXPECT_TRUE(contains(result.out, "epoch 1/2: "));
  EXPECT_TRUE(contains(result.out, "after 7 steps"));
  EXPECT_TRUE(contains(error({"bench", "--steps", most}, 2), "--steps takes an integer from 1 to"));
}

TEST_F(CommandErrorTest, UnwritablePlaceIsKnownBeforeTraining) {
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--save", "missing/w"}),
                       "cannot write missing/w: no such file or directory"));
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--save="}), "cannot write : no such file"));
  ASSERT_EQ(mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--save", "fifo"}),
                       "cannot write fifo: it is a FIFO"));
}

TEST_F(CommandErrorTest, DivergenceNamesStepAndLayerAndSavesNothing) {
  ASSERT_EQ(model({"train", "--data", ".", "--quiet", "--save", "w"}).status, 0);
  std::string old = readText(folder.path("w"));
  std::string message = error({"train", "--data", ".", "--quiet", "--save", "w", "--set",
                               "optimizer.rate=1e38", "--log", "log"});
  EXPECT_TRUE(contains(message, "the loss is "));
  EXPECT_TRUE(contains(message, " at step "));
  EXPECT_TRUE(contains(message, "of layer dense"));
  EXPECT_TRUE(contains(message, "nothing was saved"));
  EXPECT_EQ(readText(folder.path("w")), old);
  EXPECT_TRUE(contains(readText(folder.path("log")), "\"loss\":null"));
}

// With these the momentum grows to 1e40 in step 9, where the loss is still finite.
static const std::vector<std::string> overflow{"train",      "--data", ".",      "--quiet", "--set",
                                               "rate=1e-38", "--set",  "mu=1e5", "--save",  "w"};

TEST_F(CommandErrorTest, WhatIsNotFiniteIsNotSaved) {
  auto with = [](const std::vector<std::string> &more) {
    std::vector<std::string> words = overflow;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  EXPECT_TRUE(contains(error(with({"--steps", "9"})),
                       "dense.weight of layer dense became infinite or nan in step 9 (epoch 2); "
                       "nothing was saved"));
  EXPECT_TRUE(
      contains(error(with({"--steps", "20", "--stop-after", "9"})), "in step 9 (epoch 2); "));
  EXPECT_TRUE(contains(error(with({"--steps", "20"})),
                       "the loss is nan at step 10 (epoch 2): dense.weight of layer dense became "
                       "infinite or nan in step 9 (epoch 2); nothing was saved"));
  EXPECT_EQ(folder.entries(), (std::vector<std::string>{"test.csv", "train.csv"}));
  EXPECT_EQ(model(with({"--steps", "8"})).status, 0);
}

TEST_F(CommandErrorTest, PatienceKeepsTheBestWeightsOfARunThatDiverges) {
  ProcessResult result = model(overflow, {}, TEST_MODEL_PATIENT);
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.err, "dense.weight of layer dense became infinite or nan in step 9 "
                                   "(epoch 2); the weights of epoch 1, the best so far with a loss "
                                   "of "));
  EXPECT_TRUE(contains(result.err, ", were saved to w\n"));
  EXPECT_EQ(model({"train", "--data", ".", "--quiet", "--stop-after", "6", "--set", "rate=1e-38",
                   "--set", "mu=1e5", "--save", "v", "--weights-only"},
                  {}, TEST_MODEL_PATIENT)
                .status,
            0);
  EXPECT_EQ(readText(folder.path("w")), readText(folder.path("v")));
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--resume", "w"}), "it holds only weights"));
}

TEST_F(CommandErrorTest, RatesAndWeightsThatAreNotFinite) {
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--set", "rate=1e39"}),
                       "the learning rate is infinite at step 1 (epoch 1); nothing was saved"));
  const float values[9] = {1, INFINITY};
  auto data = reinterpret_cast<const char *>(values);
  writeSafetensors(folder.path("w"),
                   {{"dense.weight", DType::F32, {2, 3}, data},
                    {"dense.bias", DType::F32, {3}, data + 12},
                    {"counter.seen", DType::F32, {}, data}},
                   {});
  EXPECT_TRUE(contains(error({"train", "--data", ".", "--init", "w"}),
                       "dense.weight of layer dense is infinite or nan before the first step"));
}

TEST_F(CommandErrorTest, FullDiskUnderTheStandardOutput) {
  ASSERT_EQ(model({"train", "--data", ".", "--quiet"}).status, 0);
  for (const char *words : {"--help", "--version", "train --help", "info", "info --json",
                            "eval --data .", "predict test.csv", "bench --steps 1"})
    for (const char *where : {"> /dev/full", ">&-"}) {
      ProcessResult result =
          run({"/bin/sh", "-c", std::string("exec " TEST_MODEL " ") + words + " " + where},
              {.folder = folder.name()});
      EXPECT_EQ(result.status, 1) << words << " " << where;
      EXPECT_EQ(result.err,
                std::string("runtime-test-model: error: cannot write the standard "
                            "output: ") +
                    (where[1] == '&' ? "bad file descriptor\n" : "no space left on device\n"));
    }
}

TEST_F(CommandErrorTest, OutputThatCannotBeWritten) {
  ASSERT_EQ(model({"train", "--data", ".", "--quiet"}).status, 0);
  EXPECT_TRUE(contains(error({"predict", "test.csv", "-o", "missing/out.csv"}),
                       "cannot write missing/out.csv"));
}

} // namespace nnc::runtime
