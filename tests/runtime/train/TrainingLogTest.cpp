#include "runtime/train/TrainingLog.h"
#include "runtime/support/Json.h"
#include "tests/runtime/Support.h"

#include <cmath>
#include <sys/stat.h>

namespace nnc::runtime {
using namespace test;

/// A log whose warnings are test failures.
class SoundLog : public TrainingLog {
public:
  SoundLog(const std::string &path, std::optional<int64_t> resumedAfter = std::nullopt)
      : TrainingLog(path, resumedAfter, 9, [](const std::string &line) { ADD_FAILURE() << line; }) {
  }
};

static const std::string firstSteps = "{\"step\":1,\"epoch\":1,\"loss\":1,\"lr\":0.1}\n"
                                      "{\"step\":2,\"epoch\":1,\"loss\":0.5,\"lr\":0.1}\n"
                                      "{\"epoch\":1,\"steps\":2,\"train_loss\":0.5}\n",
                         thirdStep = "{\"step\":3,\"epoch\":2,\"loss\":0.25,\"lr\":0.1}\n";

TEST(TrainingLogTest, WritesOneObjectALine) {
  TemporaryFolder folder;
  std::string path = folder.path("log.jsonl");
  {
    SoundLog log(path);
    log.step(1, 1, std::log(2.0), 0.1);
    log.step(2, 1, NAN, std::nullopt);
    Measures training{0.5, {{"accuracy", 0.75}}}, validation{0.25, {}};
    log.epoch(1, 2, training, validation, "validation");
  }
  EXPECT_EQ(readText(path), "{\"step\":1,\"epoch\":1,\"loss\":0.693147181,\"lr\":0.1}\n"
                            "{\"step\":2,\"epoch\":1,\"loss\":null,\"lr\":null}\n"
                            "{\"epoch\":1,\"steps\":2,\"train_loss\":0.5,\"train_accuracy\":0.75,"
                            "\"validation_loss\":0.25}\n");
  SoundLog(path).step(1, 1, 1, 1);
  EXPECT_EQ(readText(path), "{\"step\":1,\"epoch\":1,\"loss\":1,\"lr\":1}\n");
}

// What a killed run may have left: nothing, what the checkpoint has, more, parts of lines.
TEST(TrainingLogTest, ResumedRunsCutBackToTheirStep) {
  TemporaryFolder folder;
  std::string path = folder.path("log.jsonl");
  auto resumed = [&](const std::string &left, int64_t steps) {
    writeFile(path, left);
    SoundLog(path, steps).step(3, 2, 0.25, 0.1);
    return readText(path);
  };
  EXPECT_EQ(resumed("", 2), thirdStep);
  EXPECT_EQ(resumed(firstSteps, 2), firstSteps + thirdStep);
  for (size_t kept = 0; kept <= thirdStep.size(); ++kept)
    EXPECT_EQ(resumed(firstSteps + thirdStep.substr(0, kept), 2), firstSteps + thirdStep) << kept;
  EXPECT_EQ(resumed(firstSteps + thirdStep + "{\"step\":4,\"ep", 2), firstSteps + thirdStep);
  // A file system may have left zeros behind the last line that was on the disk.
  EXPECT_EQ(resumed(firstSteps + std::string(99, '\0'), 2), firstSteps + thirdStep);
}

TEST(TrainingLogTest, LeavesOtherFilesAlone) {
  TemporaryFolder folder;
  std::string path = folder.path("notes");
  for (const std::string content : {"width,length\n1,2\n", "{\"step\":1}\nnotes\n", "notes"}) {
    writeFile(path, content);
    EXPECT_TRUE(
        contains(errorOf([&] { SoundLog log(path, 5); }), "this is not a line of a training"));
    EXPECT_EQ(readText(path), content);
  }
  EXPECT_TRUE(contains(errorOf([&] { SoundLog log(path); }), "exists and is not a training log"));
  EXPECT_EQ(readText(path), "notes");
}

TEST(TrainingLogTest, ReportsWriteErrorsOnce) {
  EXPECT_TRUE(contains(errorOf([] { SoundLog log("/nonexistent/log"); }), "cannot write"));
  TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_TRUE(
      contains(errorOf([&] { SoundLog log(folder.path("fifo")); }), "nothing reads from it"));
  std::vector<std::string> warnings;
  TrainingLog log("/dev/full", std::nullopt, 9,
                  [&](const std::string &line) { warnings.push_back(line); });
  for (int i = 0; i < 2; ++i) {
    log.step(1, 1, 1, 1);
    log.flush();
  }
  EXPECT_EQ(warnings, std::vector<std::string>{"cannot write /dev/full: no space left on device; "
                                               "training goes on without the log"});
}

} // namespace nnc::runtime
