#include "runtime/TrainingLog.h"
#include "runtime/Json.h"
#include "tests/runtime/Support.h"

#include <cmath>

namespace nnc::runtime {
using namespace test;

TEST(TrainingLogTest, WritesOneObjectALine) {
  TemporaryFolder folder;
  std::string path = folder.path("log.jsonl");
  {
    TrainingLog log(path, false, 9);
    log.step(1, 1, std::log(2.0), 0.1);
    log.step(2, 1, NAN, std::nullopt);
    Measures training{0.5, {{"accuracy", 0.75}}}, validation{0.25, {}};
    log.epoch(1, 2, training, validation, "validation");
  }
  EXPECT_EQ(readText(path), "{\"step\":1,\"epoch\":1,\"loss\":0.693147181,\"lr\":0.1}\n"
                            "{\"step\":2,\"epoch\":1,\"loss\":null,\"lr\":null}\n"
                            "{\"epoch\":1,\"steps\":2,\"train_loss\":0.5,\"train_accuracy\":0.75,"
                            "\"validation_loss\":0.25}\n");
}

TEST(TrainingLogTest, AppendsOrStartsAnew) {
  TemporaryFolder folder;
  std::string path = folder.path("log.jsonl");
  for (bool append : {false, true}) {
    TrainingLog log(path, append, 17);
    log.step(1, 1, 0.1, 1.0);
  }
  std::string line = "{\"step\":1,\"epoch\":1,\"loss\":0.10000000000000001,\"lr\":1}\n";
  EXPECT_EQ(readText(path), line + line);
  TrainingLog(path, false, 9).step(1, 1, 1, 1);
  EXPECT_EQ(readText(path), "{\"step\":1,\"epoch\":1,\"loss\":1,\"lr\":1}\n");
}

TEST(TrainingLogTest, ReportsWriteErrors) {
  EXPECT_TRUE(
      contains(errorOf([] { TrainingLog log("/nonexistent/log", false, 9); }), "cannot write"));
  TrainingLog log("/dev/full", false, 9);
  log.step(1, 1, 1, 1);
  EXPECT_EQ(errorOf([&] { log.flush(); }), "cannot write /dev/full: no space left on device");
}

} // namespace nnc::runtime
