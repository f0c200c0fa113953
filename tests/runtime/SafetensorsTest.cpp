#include "runtime/Safetensors.h"
#include "tests/runtime/Support.h"

#include <cstring>

namespace nnc::runtime {
using namespace test;

static std::string raw(const std::string &header, const std::string &data) {
  uint64_t size = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &size, 8);
  return file + header + data;
}

class SafetensorsTest : public ::testing::Test {
protected:
  TemporaryFolder folder;
  std::string path = folder.path("w.safetensors");

  std::string error(const std::string &content) {
    writeFile(path, content);
    std::string message = errorOf([&] { Safetensors::read(path); });
    EXPECT_TRUE(message.starts_with(path)) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message;
  }
};

TEST_F(SafetensorsTest, RoundTrip) {
  const float floats[6] = {1, 2, 3, -4, 5e-40f, 6};
  const double real = 0.1;
  const int32_t ints[2] = {-7, 8};
  const int64_t wide = int64_t(1) << 40;
  const uint8_t bytes[3] = {0, 1, 255};
  auto bytesOf = [](const auto *data) { return reinterpret_cast<const char *>(data); };
  writeSafetensors(path,
                   {{"dense.weight", DType::F32, {2, 3}, bytesOf(floats)},
                    {"scale \"é\"", DType::F64, {}, bytesOf(&real)},
                    {"ids", DType::I32, {2}, bytesOf(ints)},
                    {"step", DType::I64, {1}, bytesOf(&wide)},
                    {"mask", DType::U8, {3}, bytesOf(bytes)}},
                   {{"model", "digit"}});
  std::string content = readText(path);
  uint64_t headerSize;
  std::memcpy(&headerSize, content.data(), 8);
  EXPECT_EQ((8 + headerSize) % 64, 0u);
  Safetensors file = Safetensors::read(path);
  ASSERT_EQ(file.tensors().size(), 5u);
  EXPECT_EQ(file.metadata("model"), "digit");
  EXPECT_FALSE(file.hasMetadata("other"));
  EXPECT_EQ(file.find("dense.weight")->shape, (Shape{2, 3}));
  EXPECT_EQ(std::memcmp(file.find("dense.weight")->data, floats, sizeof floats), 0);
  EXPECT_EQ(loadElement(file.find("scale \"é\"")->data, DType::F64, 0), 0.1);
  EXPECT_EQ(loadElement(file.find("ids")->data, DType::I32, 0), -7);
  EXPECT_EQ(loadElement(file.find("step")->data, DType::I64, 0), 0x1p40);
  EXPECT_EQ(loadElement(file.find("mask")->data, DType::U8, 2), 255);
  EXPECT_EQ(file.find("nothing"), nullptr);
}

TEST_F(SafetensorsTest, LeavesOutUnknownTypes) {
  writeFile(path, raw(R"({"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},)"
                      R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                      "abc"));
  Safetensors file = Safetensors::read(path);
  EXPECT_EQ(file.find("a"), nullptr);
  EXPECT_EQ(*file.find("b")->data, 'c');
}

TEST_F(SafetensorsTest, RejectsDamage) {
  EXPECT_TRUE(contains(error("short"), "not a safetensors file"));
  EXPECT_TRUE(contains(error("this is some text file\n"), "not a safetensors file"));
  EXPECT_TRUE(
      contains(error(raw("{\"a\":1}   ", "").substr(0, 12)), "truncated within its header"));
  EXPECT_TRUE(contains(error(raw("{nonsense", "")), "not valid JSON"));
  EXPECT_TRUE(contains(error(raw("{\"a\":7}", "")), "the entry 'a'"));
  EXPECT_TRUE(
      contains(error(raw(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "abcd")),
               "truncated or damaged: tensor 'a': its data lies outside the file"));
  EXPECT_TRUE(
      contains(error(raw(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "abcd")),
               "its shape and its data disagree"));
  EXPECT_TRUE(contains(
      error(
          raw(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", "")),
      "its shape is impossible"));
  EXPECT_TRUE(
      contains(error(raw(R"({"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}})", "abcd")),
               "not made of counts"));
  EXPECT_TRUE(
      contains(error(raw(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "abcd")),
               "not made of counts"));
  std::string deep(100000, '[');
  deep.front() = '{';
  EXPECT_TRUE(contains(error(raw(deep, "")), "nests too deeply"));
}

TEST_F(SafetensorsTest, EveryTruncationIsAnError) {
  const double value = 1;
  writeSafetensors(path, {{"a", DType::F64, {1}, reinterpret_cast<const char *>(&value)}}, {});
  std::string content = readText(path);
  for (size_t size = 0; size < content.size(); ++size)
    error(content.substr(0, size));
}

} // namespace nnc::runtime
