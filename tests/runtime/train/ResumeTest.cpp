// Interrupted, resumed and early stopped runs of a real executable.
#include "runtime/support/Json.h"
#include "runtime/support/Safetensors.h"
#include "tests/runtime/Support.h"

#include <algorithm>
#include <sstream>

namespace nnc::runtime {
using namespace test;

class ResumeTest : public ::testing::Test {
protected:
  TemporaryFolder folder;

  ResumeTest() {
    writeFile(folder.path("train.csv"), flowers(20));
    writeFile(folder.path("test.csv"), flowers(5, 60));
  }
  ProcessResult train(std::vector<std::string> words, const std::string &executable = TEST_MODEL,
                      ProcessOptions options = {}) {
    words.insert(words.begin(), {executable, "train", "--data", ".", "--quiet"});
    options.folder = folder.name();
    return run(words, options);
  }
  std::string content(const std::string &name) { return readText(folder.path(name)); }
};

// The test model's rate depends on the planned steps and has momentum, 31 steps end within the
// sixth epoch, and the pauses lie within and at the ends of epochs.
TEST_F(ResumeTest, PausedRunContinuesBitForBit) {
  const std::vector<std::string> run{"--seed",  "5", "--set", "optimizer.rate=0.05",
                                     "--steps", "31"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), run.begin(), run.end());
    return more;
  };
  ASSERT_EQ(train(with({"--save", "whole", "--log", "whole-log"})).status, 0);
  for (const char *pause : {"1", "3", "6", "10", "30"}) {
    ASSERT_EQ(train(with({"--save", "part", "--log", "log", "--stop-after", pause})).status, 0);
    ASSERT_NE(content("part"), content("whole"));
    ASSERT_EQ(train({"--resume", "part", "--save", "resumed", "--log", "log"}).status, 0);
    EXPECT_EQ(content("resumed"), content("whole")) << pause;
    EXPECT_EQ(content("log"), content("whole-log")) << pause;
  }
}

TEST_F(ResumeTest, SeveralPausesAreOneRun) {
  ASSERT_EQ(train({"--steps", "20", "--save", "whole"}).status, 0);
  ASSERT_EQ(train({"--steps", "20", "--save", "part", "--stop-after", "7"}).status, 0);
  ASSERT_EQ(train({"--resume", "part", "--save", "part", "--stop-after", "7"}).status, 0);
  ASSERT_EQ(train({"--resume", "part", "--save", "part", "--threads", "3"}).status, 0);
  EXPECT_EQ(content("part"), content("whole"));
  ProcessResult again = train({"--resume", "part", "--save", "part"});
  EXPECT_EQ(again.status, 0) << "a finished run has nothing left to do";
  EXPECT_EQ(content("part"), content("whole"));
  ProcessResult loud =
      run({TEST_MODEL, "train", "--data", ".", "--resume", "part", "--save", "other"},
          {.folder = folder.name()});
  EXPECT_EQ(loud.status, 0);
  EXPECT_EQ(loud.out, "nothing to do: all 20 steps of the run are done\n");
  for (const std::string &entry : folder.entries())
    EXPECT_NE(entry, "other");
  ProcessResult shorter = train({"--resume", "part", "--save", "part", "--steps", "10"});
  EXPECT_EQ(shorter.status, 2);
  EXPECT_TRUE(contains(shorter.err, "the run is already at step 20, later than the 10 steps that "
                                    "--steps asks for"));
  EXPECT_TRUE(contains(train({"--resume", "part", "--epochs", "2"}).err,
                       "the run is already at step 20, later than the 12 steps that --epochs asks "
                       "for"));
  EXPECT_EQ(content("part"), content("whole"));
}

TEST_F(ResumeTest, CanBeExtended) {
  ASSERT_EQ(train({"--epochs", "2", "--save", "part"}).status, 0);
  ASSERT_EQ(train({"--resume", "part", "--epochs", "3", "--save", "longer", "--log", "log"}).status,
            0);
  EXPECT_TRUE(contains(content("log"), "\"step\":13,"));
  EXPECT_TRUE(contains(content("log"), "\"step\":18,"));
  EXPECT_EQ(content("log").find("\"step\":12,"), std::string::npos);
}

TEST_F(ResumeTest, AppendsOnlyToItsOwnLog) {
  ASSERT_EQ(train({"--steps", "20", "--stop-after", "8", "--save", "w", "--log", "log"}).status, 0);
  const std::string log = content("log");
  auto resume = [&](const std::string &found) {
    writeFile(folder.path("other"), found);
    ProcessResult result = train({"--resume", "w", "--save", "v", "--log", "other"});
    if (result.status)
      EXPECT_EQ(content("other"), found);
    return result;
  };
  EXPECT_EQ(resume(log).err, "");
  EXPECT_EQ(
      resume(log.substr(0, log.find("{\"step\":5"))).err,
      "runtime-test-model: error: other: it ends at step 4, but the resumed run is at step 8: "
      "it is not the log of this run; name another file\n");
  ASSERT_EQ(train({"--steps", "20", "--seed", "1", "--save", "v", "--log", "second"}).status, 0);
  EXPECT_TRUE(contains(resume(content("second")).err,
                       "other: it is the log of another run: its step 8 had another loss or rate"));
  ProcessResult empty = resume("");
  EXPECT_EQ(empty.status, 0);
  EXPECT_EQ(empty.err, "warning: other is empty: the log begins at step 9\n");
}

TEST_F(ResumeTest, InterruptedRunIsSaved) {
  ProcessResult result =
      train({"--steps", "2000000000", "--save", "w"}, TEST_MODEL, {.signalAfterMilliseconds = 300});
  ASSERT_EQ(result.status, 130) << result.err;
  Json state = parseJson(Safetensors::read(folder.path("w")).metadata("training"), "state");
  EXPECT_GT(state["step"].get<int64_t>(), 0);
  EXPECT_EQ(state["steps"], Json::array({2000000000}));
  ASSERT_EQ(train({"--resume", "w", "--save", "w", "--stop-after", "5"}).status, 0);
  Json later = parseJson(Safetensors::read(folder.path("w")).metadata("training"), "state");
  EXPECT_EQ(later["step"].get<int64_t>(), state["step"].get<int64_t>() + 5);
}

TEST_F(ResumeTest, RefusesWhatIsNoCheckpoint) {
  ASSERT_EQ(train({"--epochs", "1", "--weights-only", "--save", "w"}).status, 0);
  ProcessResult result = train({"--resume", "w"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.err, "w: training cannot be resumed from it, it holds only weights"));
  ASSERT_EQ(train({"--epochs", "1", "--save", "w"}).status, 0);
  writeFile(folder.path("train.csv"), flowers(21));
  EXPECT_TRUE(
      contains(train({"--resume", "w"}).err, "that run had 48 training examples, this one has 50"));
  EXPECT_EQ(train({"--resume", "w", "--seed", "1"}).status, 2);
  EXPECT_EQ(train({"--resume", "w", "--init", "w"}).status, 2);
}

TEST_F(ResumeTest, ChecksEveryNumberOfTheState) {
  ASSERT_EQ(train({"--steps", "20", "--stop-after", "8", "--save", "w"}).status, 0);
  Safetensors good = Safetensors::read(folder.path("w"));
  auto errorWith = [&](const std::string &key, const Json &value) {
    Json state = parseJson(good.metadata("training"), "state");
    state[key] = value;
    writeSafetensors(folder.path("damaged"), good.tensors(),
                     {{"training", dumpJson(state)}, {"classes", good.metadata("classes")}});
    ProcessResult result = train({"--resume", "damaged", "--save", "v"});
    EXPECT_EQ(result.status, 1) << key << " = " << dumpJson(value);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_TRUE(contains(result.err, "damaged: "));
    return result.err;
  };
  const std::string noExample = ", not an integer from 0 to 47";
  EXPECT_TRUE(contains(errorWith("position", -50), "\"position\" is -50" + noExample));
  EXPECT_TRUE(contains(errorWith("position", 950), "\"position\" is 950" + noExample));
  EXPECT_TRUE(contains(errorWith("position", 1e12), "\"position\" is 1000000000000.0" + noExample));
  EXPECT_TRUE(contains(errorWith("position", 1e300), "\"position\" is 1e+300" + noExample));
  EXPECT_TRUE(contains(errorWith("position", uint64_t{1} << 63), noExample));
  EXPECT_TRUE(contains(errorWith("position", 12), "12, where no batch of 8 examples begins"));
  EXPECT_TRUE(contains(errorWith("position", 24), "\"step\" is 8, but it is at example 24 after"));
  EXPECT_TRUE(contains(errorWith("epoch", -1), "\"epoch\" is -1"));
  EXPECT_TRUE(contains(errorWith("epoch", 3), "after 3 epochs of 6 steps"));
  EXPECT_TRUE(contains(errorWith("steps", Json::array({-3})), "\"steps\" is -3"));
  EXPECT_TRUE(contains(errorWith("steps", 20), "\"steps\" is not an array"));
  EXPECT_TRUE(contains(errorWith("phase", 1), "\"phase\" is 1, not an integer from 0 to 0"));
  EXPECT_TRUE(contains(errorWith("steps_before", -1), "\"steps_before\" is -1"));
  EXPECT_TRUE(contains(errorWith("recipe", 1), "\"recipe\" is not a text"));
  EXPECT_TRUE(contains(errorWith("step", 0), "\"step\" is 0"));
  EXPECT_TRUE(contains(errorWith("step", "8"), "\"step\" is \"8\""));
  EXPECT_TRUE(contains(errorWith("batch", 0), "\"batch\" is 0"));
  EXPECT_TRUE(contains(errorWith("batch", 16), "that run had batches of 16 examples"));
  EXPECT_TRUE(
      contains(errorWith("bad_epochs", 5), "\"bad_epochs\" is 5, not an integer from 0 to 1"));
  EXPECT_TRUE(
      contains(errorWith("best_loss", true), "\"best_loss\" holds true instead of a number"));
  EXPECT_TRUE(contains(errorWith("validation_loss", nullptr),
                       "\"validation_loss\" holds null instead of a number"));
  EXPECT_TRUE(contains(errorWith("shuffled", 1), "\"shuffled\" is neither true nor false"));
  EXPECT_TRUE(contains(errorWith("sums", {99, 1, 1}), "\"sums\" are not those of the epoch"));
  EXPECT_TRUE(contains(errorWith("sums", Json::array()), "\"sums\" are not those of the epoch"));
  EXPECT_TRUE(
      contains(errorWith("sums", {nullptr, 1, 1}), "\"sums\" holds null instead of a number"));
  EXPECT_TRUE(contains(errorWith("settings", {{"optimizer.rate", "inf"}}), "is not finite"));
  EXPECT_TRUE(contains(errorWith("settings", {{"momentum", 1}}), "unknown setting 'momentum'"));
  EXPECT_TRUE(contains(errorWith("seed", nullptr), "\"seed\" is null"));
}

TEST_F(ResumeTest, RefusesDataThatHasChanged) {
  ASSERT_EQ(train({"--steps", "20", "--stop-after", "8", "--save", "w"}).status, 0);
  std::string data = content("train.csv");
  data[data.find(",7,") - 1] ^= 1; // the last digit of the first length
  writeFile(folder.path("train.csv"), data);
  ProcessResult result = train({"--resume", "w"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.err,
                       "w: the train split of data 'flowers' has changed since that run; "
                       "--changed-data goes on with what it is now"));
  EXPECT_EQ(train({"--resume", "w", "--changed-data", "--save", "v"}).status, 0);
  EXPECT_EQ(train({"--resume", "v", "--save", "v"}).status, 0);
  EXPECT_EQ(train({"--changed-data"}).status, 2);
}

// A rate this high makes the loss go up and down, so that the patience of 2 epochs ends soon.
TEST_F(ResumeTest, StopsEarlyWithTheBestWeights) {
  std::vector<std::string> words{"--epochs", "200", "--set", "optimizer.rate=30",
                                 "--save",   "w",   "--log", "log"};
  ASSERT_EQ(train(words, TEST_MODEL_PATIENT).status, 0);
  double best = 1e30;
  int64_t bestEpoch = 0, epochs = 0;
  std::istringstream lines(content("log"));
  for (std::string line; std::getline(lines, line);) {
    Json json = parseJson(line, "log");
    if (!json.contains("validation_loss"))
      continue;
    epochs = json["epoch"];
    if (double loss = json["validation_loss"]; loss < best) {
      best = loss;
      bestEpoch = epochs;
    }
  }
  EXPECT_LT(epochs, 200);
  EXPECT_EQ(epochs, bestEpoch + 2);
  ProcessResult result = run({TEST_MODEL_PATIENT, "eval", "--data", ".", "--split", "validation",
                              "--weights", "w", "--json"},
                             {.folder = folder.name()});
  EXPECT_NEAR(parseJson(result.out, "eval")["loss"].get<double>(), best, 1e-6 * (1 + best));
}

TEST_F(ResumeTest, EarlyStoppingSurvivesAPause) {
  std::vector<std::string> words{"--epochs", "200", "--set", "optimizer.rate=30"}, whole = words,
                                                                                   part = words;
  whole.insert(whole.end(), {"--save", "whole", "--log", "whole-log"});
  part.insert(part.end(), {"--save", "part", "--log", "log", "--stop-after", "7"});
  ASSERT_EQ(train(whole, TEST_MODEL_PATIENT).status, 0);
  ASSERT_EQ(train(part, TEST_MODEL_PATIENT).status, 0);
  ASSERT_NE(content("log"), content("whole-log"));
  ASSERT_EQ(
      train({"--resume", "part", "--save", "part", "--log", "log"}, TEST_MODEL_PATIENT).status, 0);
  EXPECT_EQ(content("part"), content("whole"));
  EXPECT_EQ(content("log"), content("whole-log"));
}

} // namespace nnc::runtime
