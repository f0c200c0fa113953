// Runs that are killed or told to end, or whose output goes nowhere: what they have saved and
// logged.
#include "runtime/support/Json.h"
#include "runtime/support/Safetensors.h"
#include "tests/runtime/Support.h"

#include <algorithm>
#include <unistd.h>

namespace nnc::runtime {
using namespace test;

class InterruptionTest : public ::testing::Test {
protected:
  TemporaryFolder folder;

  InterruptionTest() {
    writeFile(folder.path("train.csv"), flowers(20));
    writeFile(folder.path("test.csv"), flowers(5, 60));
  }
  ProcessResult train(std::vector<std::string> words, ProcessOptions options = {}) {
    words.insert(words.begin(), {TEST_MODEL, "train", "--data", ".", "--threads", "1"});
    options.folder = folder.name();
    return run(words, options);
  }
  /// `command` may use $train, the same command line as a script's.
  ProcessResult script(const std::string &command, ProcessOptions options = {}) {
    options.folder = folder.name();
    std::string line = "train='" TEST_MODEL " train --data . --threads 1 --save w'; " + command;
    return run({"/bin/sh", "-c", line}, options);
  }
  /// Sends a signal when the file `log` has more than so many bytes.
  ProcessResult signalled(const std::string &options, size_t bytes, const std::string &signal) {
    return script("touch log; $train --log log " + options + " & while [ $(wc -c < log) -le " +
                  std::to_string(bytes) + " ] && kill -0 $!; do sleep 0.01; done; kill -" + signal +
                  " $!; wait $!");
  }
  std::string content(const std::string &name) { return readText(folder.path(name)); }
  int64_t savedStep() {
    Json state = parseJson(Safetensors::read(folder.path("w")).metadata("training"), "state");
    return state["step"].get<int64_t>();
  }
};

// The log of the killed run is ahead of the checkpoint, and ends anywhere.
TEST_F(InterruptionTest, KilledRunContinuesBitForBit) {
  const std::vector<std::string> length{"--steps", "100000", "--quiet"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), length.begin(), length.end());
    return more;
  };
  ASSERT_EQ(train(with({"--save", "whole", "--log", "whole-log"})).status, 0);
  ASSERT_EQ(train(with({"--save", "w", "--log", "log", "--stop-after", "1000"})).status, 0);
  const size_t paused = content("log").size();
  for (size_t more : {1, 100'000, 1'000'000})
    ASSERT_EQ(signalled("--resume w --quiet", paused + more, "KILL").status, 137);
  ASSERT_GT(content("log").size(), paused);
  ASSERT_EQ(train({"--resume", "w", "--save", "w", "--log", "log", "--quiet"}).status, 0);
  EXPECT_EQ(content("w"), content("whole"));
  EXPECT_TRUE(content("log") == content("whole-log"));
}

TEST_F(InterruptionTest, SignalsEndTheRunAndSave) {
  for (auto [name, number] : {std::pair{"HUP", SIGHUP}, {"TERM", SIGTERM}}) {
    for (const char *old : {"log", "w"})
      unlink(folder.path(old).c_str());
    ProcessResult result = signalled("--steps 2000000000", 0, name);
    EXPECT_EQ(result.status, 128 + number) << result.err;
    EXPECT_TRUE(contains(result.out, "; saved w, --resume w goes on\n"));
    EXPECT_GT(savedStep(), 0);
  }
}

// A shell without job control lets what runs in the background ignore SIGINT, nohup SIGHUP.
TEST_F(InterruptionTest, IgnoredSignalsStayIgnored) {
  EXPECT_EQ(signalled("--steps 50000 --quiet", 0, "INT").status, 0);
  EXPECT_EQ(savedStep(), 50000);
}

TEST_F(InterruptionTest, ReaderThatGoesAwayEndsTheRunAndSaves) {
  ProcessResult result = script("($train --epochs 200000; echo $? > status) | head -1");
  EXPECT_TRUE(contains(result.out, "epoch 1/200000: "));
  EXPECT_EQ(content("status"), "141\n");
  EXPECT_TRUE(contains(result.err, "interrupted after step "));
  EXPECT_LT(savedStep(), 1200000);
}

TEST_F(InterruptionTest, ReaderOfTheLogThatGoesAwayEndsTheRunAndSaves) {
  ProcessResult result = script("($train --epochs 200000 --log -; echo $? > status) | head -1");
  EXPECT_TRUE(contains(result.out, "{\"step\":1,"));
  EXPECT_EQ(content("status"), "141\n");
  EXPECT_TRUE(contains(result.err, "interrupted after step ")) << result.err;
  EXPECT_FALSE(contains(result.err, "training goes on")) << result.err;
  EXPECT_LT(savedStep(), 1200000);
}

TEST_F(InterruptionTest, ClosedOutputReceivesNothing) {
  ASSERT_EQ(train({"--epochs", "3", "--save", "whole", "--log", "whole-log"}).status, 0);
  ProcessResult result = script("exec $train --epochs 3 --log log <&- >&- 2>&-");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(content("log"), content("whole-log"));
  EXPECT_EQ(content("w"), content("whole"));
}

TEST_F(InterruptionTest, FullDiskUnderOutputAndLogIsAWarning) {
  ASSERT_EQ(train({"--epochs", "3", "--save", "whole"}).status, 0);
  ProcessResult result = script("exec $train --epochs 3 --log /dev/full > /dev/full");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 2) << result.err;
  EXPECT_TRUE(contains(result.err, "warning: cannot write the standard output: no space left on "
                                   "device; training goes on without it\n"));
  EXPECT_TRUE(contains(result.err, "warning: cannot write /dev/full: no space left on device; "
                                   "training goes on without the log\n"));
  EXPECT_EQ(content("w"), content("whole"));
}

} // namespace nnc::runtime
