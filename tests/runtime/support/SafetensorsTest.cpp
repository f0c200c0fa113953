#include "runtime/support/Safetensors.h"
#include "tests/runtime/Support.h"

#include <cmath>
#include <cstring>
#include <limits>

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

/// A header with tensors a, b, ... of bytes at these places, and as many bytes of data.
static std::string places(std::vector<std::pair<int, int>> offsets, size_t dataSize) {
  std::string header = "{";
  char name = 'a';
  for (auto [begin, end] : offsets)
    header += text("%s\"%c\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}",
                   header.size() > 1 ? "," : "", name++, end - begin, begin, end);
  return raw(header + "}", std::string(dataSize, 'x'));
}

TEST_F(SafetensorsTest, HalfPrecisionIsWidened) {
  const uint16_t half[8] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x3555, 0x03ff};
  const uint16_t brain[3] = {0x3f80, 0xc040, 0xff80};
  std::string data(reinterpret_cast<const char *>(half), sizeof half);
  data.append(reinterpret_cast<const char *>(brain), sizeof brain);
  writeFile(path, raw(R"({"h":{"dtype":"F16","shape":[2,4],"data_offsets":[0,16]},)"
                      R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}})",
                      data));
  Safetensors file = Safetensors::read(path);
  const StoredTensor &h = *file.find("h"), &b = *file.find("b");
  ASSERT_EQ(h.dtype, DType::F32);
  EXPECT_EQ(h.shape, (Shape{2, 4}));
  const double halves[] = {
      1, -2, 65504, 0x1p-24, -0.0, std::numeric_limits<double>::infinity(), 0x1.554p-2, 0x3ffp-24};
  for (int64_t i = 0; i < 8; ++i)
    EXPECT_EQ(loadElement(h.data, h.dtype, i), halves[i]) << i;
  EXPECT_TRUE(std::signbit(loadElement(h.data, h.dtype, 4)));
  ASSERT_EQ(b.dtype, DType::F32);
  EXPECT_EQ(loadElement(b.data, b.dtype, 0), 1);
  EXPECT_EQ(loadElement(b.data, b.dtype, 1), -3);
  EXPECT_EQ(loadElement(b.data, b.dtype, 2), -std::numeric_limits<double>::infinity());
}

TEST_F(SafetensorsTest, OtherTypesAreNamedWhenWanted) {
  writeFile(path, raw(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},)"
                      R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                      "abc"));
  Safetensors file = Safetensors::read(path);
  EXPECT_EQ(*file.find("b")->data, 'c');
  EXPECT_EQ(errorOf([&] { file.find("a"); }),
            path + ": tensor 'a' holds F8_E4M3, which is not supported");
}

TEST_F(SafetensorsTest, TensorsTakeUpTheDataExactly) {
  writeFile(path, places({{2, 5}, {0, 2}, {2, 2}}, 5));
  EXPECT_EQ(Safetensors::read(path).find("a")->count(), 3);
  EXPECT_TRUE(contains(error(places({{0, 3}, {2, 5}}, 5)),
                       "damaged: the data of tensor 'a' and of tensor 'b' overlap"));
  EXPECT_TRUE(contains(error(places({{0, 2}, {0, 2}}, 2)),
                       "damaged: the data of tensor 'a' and of tensor 'b' overlap"));
  EXPECT_TRUE(contains(error(places({{3, 5}, {0, 2}}, 5)),
                       "damaged: 1 bytes between tensor 'b' and tensor 'a' belong to no tensor"));
  EXPECT_TRUE(contains(error(places({{1, 2}}, 2)),
                       "damaged: 1 bytes between its header and tensor 'a' belong to no tensor"));
  EXPECT_TRUE(contains(error(places({{0, 2}}, 6)),
                       "damaged: 4 bytes behind tensor 'a' belong to no tensor"));
  EXPECT_TRUE(contains(error(raw("{}", "x")), "1 bytes behind its header belong to no tensor"));
}

TEST_F(SafetensorsTest, LargeHeadersTakeLinearTime) {
  EXPECT_LT(growth([&](int count) {
              std::string header = "{";
              for (int i = 0; i < count; ++i)
                header +=
                    text("%s\"t%d\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[%d,%d]}",
                         i ? "," : "", i, 4 * i, 4 * i + 4);
              writeFile(path, raw(header + "}", std::string(static_cast<size_t>(count) * 4, 'x')));
              EXPECT_EQ(Safetensors::read(path).tensors().size(), static_cast<size_t>(count));
            }),
            9);
}

TEST_F(SafetensorsTest, FilesOfOtherKindsAreNotReadWhole) {
  EXPECT_EQ(errorOf([] { Safetensors::read("/dev/zero"); }), "/dev/zero: not a safetensors file");
  EXPECT_TRUE(contains(error(std::string("\xff\xff\xff\xff\x00\x00\x00\x00{}", 10)),
                       "not a safetensors file"));
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
               "truncated or damaged: the data of tensor 'a' lies outside the file"));
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
  EXPECT_TRUE(contains(error(raw(R"({"__metadata__":"x"})", "")), "the entry '__metadata__'"));
  EXPECT_TRUE(contains(error(raw(R"({"__metadata__":{"x":1}})", "")), "the entry '__metadata__'"));
  EXPECT_EQ(error(raw(R"({"a":{"dtype":"U8","shape":[1e999],"data_offsets":[0,4]}})", "abcd")),
            path + ": a number in the JSON is out of range (line 1, byte 33)");
  EXPECT_TRUE(contains(error(raw(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
                                 R"("a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}})",
                                 "ab")),
                       "an object in the JSON has two members 'a'"));
  EXPECT_TRUE(contains(error(raw(std::string("{}\0{", 4), "")), "not valid JSON (line 1, byte 3)"));
  EXPECT_TRUE(contains(error(raw("{\"a\":" + std::string(100000, '['), "")), "nests too deeply"));
}

TEST_F(SafetensorsTest, EveryTruncationIsAnError) {
  const double value = 1;
  writeSafetensors(path, {{"a", DType::F64, {1}, reinterpret_cast<const char *>(&value)}}, {});
  std::string content = readText(path);
  for (size_t size = 0; size < content.size(); ++size)
    error(content.substr(0, size));
}

} // namespace nnc::runtime
