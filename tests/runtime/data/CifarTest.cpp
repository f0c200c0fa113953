#include "runtime/data/Dataset.h"
#include "tests/runtime/Support.h"

namespace nnc::runtime {
using namespace test;

/// A record whose byte for pixel p and colour c is p + 85 c + seed, modulo 256.
static std::string record(int label, int seed = 0) {
  std::string bytes(1, static_cast<char>(label));
  for (int channel = 0; channel < 3; ++channel)
    for (int pixel = 0; pixel < 1024; ++pixel)
      bytes += static_cast<char>(pixel + 85 * channel + seed);
  return bytes;
}

class CifarTest : public ::testing::Test {
protected:
  TemporaryFolder folder;
  DataBlock block{
      "cifar", {{"image", DType::F32, {32, 32, 3}, 0, {}}, {"label", DType::I32, {}, 10, {}}}, {}};
  DataSplit split;

  CifarTest() {
    split.name = "train";
    split.reader = "cifar";
    split.files = {"batch.bin"};
  }
  Dataset read() {
    DataConventions conventions;
    return readSplit(block, split, folder.name(), conventions);
  }
  Dataset read(const std::string &content) {
    writeFile(folder.path("batch.bin"), content);
    return read();
  }
  std::string error(const std::string &content) {
    std::string message = errorOf([&] { read(content); });
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message;
  }
  static std::string labels(const Dataset &data) {
    std::string result;
    for (char label : data.field("label")->bytes)
      result += static_cast<char>('0' + label);
    return result;
  }
  static int element(const Dataset &data, size_t example, size_t row, size_t column,
                     size_t channel) {
    size_t place = ((example * 32 + row) * 32 + column) * 3 + channel;
    return static_cast<unsigned char>(data.field("image")->bytes[place]);
  }
};

TEST_F(CifarTest, ReadsChannelsLast) {
  std::string records = record(9) + record(0, 7);
  for (const std::string &content : {records, gzip(records)}) {
    Dataset data = read(content);
    ASSERT_EQ(data.examples, 2);
    EXPECT_EQ(labels(data), "90");
    EXPECT_EQ(data.field("image")->storage, DType::U8);
    EXPECT_EQ(data.field("image")->bytes.size(), 2u * 3072);
    EXPECT_EQ(element(data, 0, 0, 0, 0), 0);
    EXPECT_EQ(element(data, 0, 0, 0, 2), 170);
    EXPECT_EQ(element(data, 0, 3, 5, 1), 3 * 32 + 5 + 85);
    EXPECT_EQ(element(data, 1, 31, 31, 2), (1023 + 170 + 7) % 256);
  }
}

TEST_F(CifarTest, FieldsMayComeInEitherOrder) {
  std::swap(block.fields[0], block.fields[1]);
  Dataset data = read(record(4));
  EXPECT_EQ(data.fields[0].name, "label");
  EXPECT_EQ(labels(data), "4");
  EXPECT_EQ(element(data, 0, 0, 1, 0), 1);
}

TEST_F(CifarTest, AppendsFiles) {
  writeFile(folder.path("second.bin"), record(3, 1) + record(4));
  split.files = {"batch.bin", "second.bin"};
  Dataset data = read(record(1) + record(2));
  EXPECT_EQ(labels(data), "1234");
  EXPECT_EQ(element(data, 2, 0, 0, 0), 1);
  split.dropLast = 3;
  EXPECT_EQ(labels(read()), "1");
}

TEST_F(CifarTest, DropsAndKeepsTheLast) {
  std::string content = record(1) + record(2) + record(3, 9);
  split.dropLast = 1;
  Dataset data = read(content);
  EXPECT_EQ(labels(data), "12");
  EXPECT_EQ(data.examples, 2);
  EXPECT_EQ(data.field("image")->bytes.size(), 2u * 3072);
  split.dropLast = 0;
  split.onlyLast = 1;
  data = read(content);
  EXPECT_EQ(labels(data), "3");
  EXPECT_EQ(element(data, 0, 0, 0, 0), 9);
  split.onlyLast = 3;
  EXPECT_EQ(labels(read(content)), "123");
}

TEST_F(CifarTest, RejectsRangesBeyondTheFile) {
  split.dropLast = 2;
  EXPECT_EQ(error(record(1) + record(2)),
            "data 'cifar': its train split has drop_last = 2, but batch.bin holds 2 examples");
  split.dropLast = 0;
  split.onlyLast = 3;
  EXPECT_EQ(error(record(1) + record(2)),
            "data 'cifar': its train split has only_last = 3, but batch.bin holds 2 examples");
}

TEST_F(CifarTest, RejectsWhatIsNoBatch) {
  EXPECT_EQ(errorOf([&] { read(); }),
            folder.path("batch.bin") +
                ": no such file or directory (--data cifar=FOLDER says where the data is)");
  for (const std::string &content : {record(1).substr(1), record(1) + "x", std::string()})
    EXPECT_EQ(error(content), folder.path("batch.bin") + ": not a CIFAR-10 batch: its size, " +
                                  std::to_string(content.size()) +
                                  " bytes, is not a positive multiple of 3073");
  EXPECT_EQ(error(record(9) + record(10)),
            folder.path("batch.bin") + ": label of example 1 is 10, which is outside 0..9");
}

TEST_F(CifarTest, RejectsOtherFields) {
  block.fields[0].shape = {3, 32, 32};
  EXPECT_TRUE(contains(error(record(1)), "data 'cifar': CIFAR files hold an image, float[32, 32, "
                                         "3], and a label, class[10]"));
}

} // namespace nnc::runtime
