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
  SoundLog(const std::string &path, std::optional<LoggedStep> resumedAfter = std::nullopt)
      : TrainingLog(path, resumedAfter, 9, [](const std::string &line) { ADD_FAILURE() << line; },
                    {"train_loss", "train_accuracy", "validation_loss"}) {}
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
    log.step({1, 1, std::log(2.0), 0.1});
    log.step({2, 1, NAN, NAN});
    Measures training{0.5, {{"accuracy", {0.75}}}}, validation{0.25, {}};
    log.epoch(1, 2, training, validation, "validation", {});
  }
  EXPECT_EQ(readText(path), "{\"step\":1,\"epoch\":1,\"loss\":0.693147181,\"lr\":0.1}\n"
                            "{\"step\":2,\"epoch\":1,\"loss\":null,\"lr\":null}\n"
                            "{\"epoch\":1,\"steps\":2,\"train_loss\":0.5,\"train_accuracy\":0.75,"
                            "\"validation_loss\":0.25}\n");
  SoundLog(path).step({1, 1, 1, 1});
  EXPECT_EQ(readText(path), "{\"step\":1,\"epoch\":1,\"loss\":1,\"lr\":1}\n");
}

// A killed run may leave no log, the lines up to the checkpoint, more lines, or parts of lines.
TEST(TrainingLogTest, ResumedRunsCutBackToTheirStep) {
  TemporaryFolder folder;
  std::string path = folder.path("log.jsonl");
  const LoggedStep second{2, 1, 0.5, 0.1};
  auto resumed = [&](const std::string &left, const LoggedStep &last) {
    writeFile(path, left);
    SoundLog(path, last).step({3, 2, 0.25, 0.1});
    return readText(path);
  };
  EXPECT_EQ(resumed(firstSteps, second), firstSteps + thirdStep);
  for (size_t kept = 0; kept <= thirdStep.size(); ++kept)
    EXPECT_EQ(resumed(firstSteps + thirdStep.substr(0, kept), second), firstSteps + thirdStep)
        << kept;
  EXPECT_EQ(resumed(firstSteps + thirdStep + "{\"step\":4,\"ep", second), firstSteps + thirdStep);
  // A file system may have left zeros behind the last line that was on the disk.
  EXPECT_EQ(resumed(firstSteps + std::string(99, '\0'), second), firstSteps + thirdStep);
}

static const std::string header = "step,epoch,loss,lr,train_loss,train_accuracy,validation_loss\n",
                         firstRows = header + "1,1,1,0.1,,,\n2,1,0.5,0.1,,,\n2,1,,,0.5,0.75,0.25\n",
                         thirdRow = "3,2,0.25,0.1,,,\n";

TEST(TrainingLogTest, WritesRowsIntoTables) {
  TemporaryFolder folder;
  std::string path = folder.path("log.csv");
  {
    SoundLog log(path);
    log.step({1, 1, 1, 0.1});
    log.step({2, 1, 0.5, 0.1});
    Measures training{0.5, {{"accuracy", {0.75}}, {"confusion", {1, 2}, {2}}}},
        validation{0.25, {}};
    log.epoch(1, 2, training, validation, "validation", {});
  }
  EXPECT_EQ(readText(path), firstRows);
  SoundLog(path).step({1, 1, NAN, NAN});
  EXPECT_EQ(readText(path), header + "1,1,,,,,\n");
}

TEST(TrainingLogTest, TablesOfResumedRunsGoOn) {
  TemporaryFolder folder;
  std::string path = folder.path("log.csv");
  const LoggedStep second{2, 1, 0.5, 0.1};
  auto resumed = [&](const std::string &left) {
    writeFile(path, left);
    SoundLog(path, second).step({3, 2, 0.25, 0.1});
    return readText(path);
  };
  for (size_t kept = 0; kept <= thirdRow.size(); ++kept)
    EXPECT_EQ(resumed(firstRows + thirdRow.substr(0, kept)), firstRows + thirdRow) << kept;
  EXPECT_EQ(resumed(firstRows + "20,2,0.1,0.1,,,\n"), firstRows + thirdRow);
  EXPECT_TRUE(contains(errorOf([&] { resumed(header + "1,1,1,0.1,,,\n"); }), "ends at step 1"));
  EXPECT_TRUE(contains(errorOf([&] { resumed("step,epoch,loss,lr\n1,1,1,0.1\n2,1,0.5,0.1\n"); }),
                       "its columns are not those of this run"));
  EXPECT_TRUE(contains(errorOf([&] { resumed(header + "1,1,1,0.1,,,\n2,1,0.75,0.1,,,\n"); }),
                       "the log of another run"));
  writeFile(path, "name,price\n");
  EXPECT_TRUE(contains(errorOf([&] { SoundLog log(path); }), "not a training log"));
}

TEST(TrainingLogTest, BelongsToTheResumedRun) {
  TemporaryFolder folder;
  std::string path = folder.path("log.jsonl");
  auto error = [&](const std::string &found, const LoggedStep &last) {
    writeFile(path, found);
    std::string message = errorOf([&] { SoundLog log(path, last); });
    EXPECT_EQ(readText(path), found);
    return message;
  };
  EXPECT_TRUE(contains(error(firstSteps, {3, 2, 0.25, 0.1}), "it ends at step 2, but the resumed"));
  EXPECT_TRUE(contains(error(firstSteps, {2, 1, 0.625, 0.1}), "it is the log of another run"));
  EXPECT_TRUE(contains(error(firstSteps + thirdStep, {2, 1, 0.5, 0.2}), "the log of another run"));
  std::vector<std::string> warnings;
  writeFile(path, "");
  TrainingLog log(path, LoggedStep{2, 1, 0.5, 0.1}, 9,
                  [&](const std::string &line) { warnings.push_back(line); });
  EXPECT_EQ(warnings, std::vector<std::string>{path + " is empty: the log begins at step 3"});
}

TEST(TrainingLogTest, LeavesOtherFilesAlone) {
  TemporaryFolder folder;
  std::string path = folder.path("notes");
  for (const std::string content : {"width,length\n1,2\n", "{\"step\":1}\nnotes\n", "notes"}) {
    writeFile(path, content);
    EXPECT_TRUE(contains(errorOf([&] { SoundLog log(path, LoggedStep{5, 1, 1, 1}); }),
                         "this is not a line of a training"));
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
    log.step({1, 1, 1, 1});
    log.flush();
  }
  EXPECT_EQ(warnings, std::vector<std::string>{"cannot write /dev/full: no space left on device; "
                                               "training goes on without the log"});
}

} // namespace nnc::runtime
