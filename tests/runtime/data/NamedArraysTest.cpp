// Arrays with names in NPZ and safetensors files, and NPY files of either order and every type.
#include "runtime/data/ArrayFiles.h"
#include "runtime/data/Npy.h"
#include "runtime/cli/Predictions.h"
#include "tests/runtime/Support.h"

#include <cstring>
#include <zlib.h>

namespace nnc::runtime {
using namespace test;

namespace {

template <typename T> std::string bytesOf(T value) {
  return {reinterpret_cast<const char *>(&value), sizeof value};
}

/// An NPY file of one of the element types, with the elements 1, 2, ... of the C++ type.
template <typename T>
std::string npy(const std::string &type, const std::string &shape, int count,
                const char *columnMajor = "False") {
  std::string content("\x93NUMPY\x01\x00", 8);
  const std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + columnMajor + ", 'shape': " + shape + ", }";
  content += bytesOf(static_cast<uint16_t>(header.size())) + header;
  for (int i = 1; i <= count; ++i)
    content += bytesOf(static_cast<T>(i));
  return content;
}

struct Zip {
  bool deflate = false, large = false; ///< large: all sizes stand in fields of 64 bits
  uint16_t flags = 0;
  uint32_t checksumError = 0;
  std::string comment = {};

  /// The layout of zip files as their specification (APPNOTE 6.3) has it.
  std::string of(const std::vector<std::pair<std::string, std::string>> &members) const {
    std::string file, directory;
    const uint32_t mark = 0xffffffff;
    for (const auto &[name, content] : members) {
      const std::string data = deflate ? compressed(content, -15) : content;
      const uint32_t checksum =
          checksumError ^
          static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef *>(content.data()),
                                      static_cast<uInt>(content.size())));
      const std::string common = bytesOf<uint16_t>(45) + bytesOf(flags) +
                                 bytesOf<uint16_t>(deflate ? 8 : 0) + bytesOf<uint32_t>(0) +
                                 bytesOf(checksum);
      const std::string sizes = large ? bytesOf(mark) + bytesOf(mark)
                                      : bytesOf(static_cast<uint32_t>(data.size())) +
                                            bytesOf(static_cast<uint32_t>(content.size()));
      const std::string real = bytesOf<uint64_t>(content.size()) + bytesOf<uint64_t>(data.size());
      const std::string localExtra =
          large ? bytesOf<uint16_t>(1) + bytesOf<uint16_t>(16) + real : "";
      // A field of another kind stands in front.
      const std::string extra = large ? bytesOf<uint16_t>(0x7075) + bytesOf<uint16_t>(2) + "ab" +
                                            bytesOf<uint16_t>(1) + bytesOf<uint16_t>(24) + real +
                                            bytesOf<uint64_t>(file.size())
                                      : "";
      directory += std::string("PK\x01\x02") + bytesOf<uint16_t>(45) + common + sizes +
                   bytesOf(static_cast<uint16_t>(name.size())) +
                   bytesOf(static_cast<uint16_t>(extra.size())) + std::string(10, '\0') +
                   bytesOf(large ? mark : static_cast<uint32_t>(file.size())) + name + extra;
      file += std::string("PK\x03\x04") + common + sizes +
              bytesOf(static_cast<uint16_t>(name.size())) +
              bytesOf(static_cast<uint16_t>(localExtra.size())) + name + localExtra + data;
    }
    const uint64_t begin = file.size(), count = members.size();
    file += directory;
    if (large) {
      const uint64_t end64 = file.size();
      file += std::string("PK\x06\x06") + bytesOf<uint64_t>(44) + bytesOf<uint32_t>(45 << 16 | 45) +
              bytesOf<uint64_t>(0) + bytesOf(count) + bytesOf(count) +
              bytesOf<uint64_t>(directory.size()) + bytesOf(begin);
      file +=
          std::string("PK\x06\x07") + bytesOf<uint32_t>(0) + bytesOf(end64) + bytesOf<uint32_t>(1);
    }
    return file + std::string("PK\x05\x06") + bytesOf<uint32_t>(0) +
           bytesOf(static_cast<uint16_t>(count)) + bytesOf(static_cast<uint16_t>(count)) +
           bytesOf(large ? mark : static_cast<uint32_t>(directory.size())) +
           bytesOf(large ? mark : static_cast<uint32_t>(begin)) +
           bytesOf(static_cast<uint16_t>(comment.size())) + comment;
  }
};

std::vector<double> numbersOf(const Array &array) {
  std::vector<double> result;
  for (int64_t i = 0; i < array.count(); ++i)
    result.push_back(loadElement(array.bytes.data(), array.dtype, i));
  return result;
}

std::string safetensors(const std::string &header, const std::string &data) {
  return bytesOf<uint64_t>(header.size()) + header + data;
}

} // namespace

class NamedArraysTest : public ::testing::Test {
protected:
  TemporaryFolder folder;

  std::string file(const std::string &name, const std::string &content) {
    writeFile(folder.path(name), content);
    return folder.path(name);
  }
  Array array(const std::string &content) { return readNpy(file("a.npy", content)); }
  static DataBlock points() {
    DataBlock block;
    block.name = "points";
    block.fields = {{"x", DType::F32, {2}, 0, {}}, {"label", DType::I32, {}, 7, {}}};
    return block;
  }
  Dataset readPoints(const std::string &reader, const std::string &content,
                     std::map<std::string, std::vector<Column>> columns = {}) {
    DataSplit split;
    split.name = "train";
    split.reader = reader;
    split.files = {"a." + reader};
    split.columns = std::move(columns);
    file(split.files[0], content);
    DataConventions conventions;
    return readSplit(points(), split, folder.name(), conventions);
  }
};

TEST_F(NamedArraysTest, NpyHasEveryNumberType) {
  const std::vector<double> expected = {1, 2, 3};
  EXPECT_EQ(numbersOf(array(npy<uint8_t>("|u1", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<uint16_t>("<u2", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<uint32_t>("<u4", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<uint64_t>("<u8", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<int8_t>("|i1", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<int16_t>("<i2", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<int32_t>("<i4", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<int64_t>("<i8", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<float>("<f4", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<double>("<f8", "(3,)", 3))), expected);
  EXPECT_EQ(numbersOf(array(npy<uint32_t>(">u4", "(1,)", 1))), std::vector<double>{16777216});
}

TEST_F(NamedArraysTest, UnsignedNumbersKeepTheirValue) {
  std::string content = npy<uint32_t>("<u4", "(1,)", 0) + bytesOf<uint32_t>(4'000'000'000);
  EXPECT_EQ(numbersOf(array(content)), std::vector<double>{4e9});
  content = npy<uint64_t>("<u8", "(1,)", 0) + bytesOf<uint64_t>(1ull << 63);
  EXPECT_EQ(errorOf([&] { array(content); }),
            folder.path("a.npy") + ": it holds 9223372036854775808, which is too large");
}

TEST_F(NamedArraysTest, ColumnMajorArraysAreReordered) {
  // Element [i, j, k] of the shape (2, 3, 2) is the one with number i + 2 j + 6 k.
  Array read = array(npy<int16_t>("<i2", "(2, 3, 2)", 12, "True"));
  EXPECT_EQ(read.shape, (Shape{2, 3, 2}));
  EXPECT_EQ(numbersOf(read), (std::vector<double>{1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12}));
  EXPECT_EQ(array(npy<int16_t>("<i2", "(0, 3)", 0, "True")).count(), 0);
}

TEST_F(NamedArraysTest, NpzMembersAreStoredOrDeflated) {
  for (bool deflate : {false, true})
    for (bool large : {false, true}) {
      const Zip zip{deflate, large, 0, 0, large ? "" : "a comment"};
      Dataset data = readPoints("npz", zip.of({{"label.npy", npy<int64_t>("<i8", "(3,)", 3)},
                                               {"other.npy", "not an array"},
                                               {"x.npy", npy<double>("<f8", "(3, 2)", 6)}}));
      EXPECT_EQ(data.examples, 3);
      EXPECT_EQ(loadElement(data.fields[0].data(2), DType::F32, 1), 6);
      EXPECT_EQ(loadElement(data.fields[1].data(1), DType::I32, 0), 2);
    }
}

TEST_F(NamedArraysTest, ASplitNamesTheArrays) {
  const std::string content = Zip{}.of({{"x_train.npy", npy<float>("<f4", "(2, 2)", 4)},
                                        {"y_train.npy", npy<uint8_t>("|u1", "(2,)", 2)}});
  using Columns = std::vector<Column>;
  Dataset data = readPoints(
      "npz", content,
      {{"x", Columns{std::string("x_train")}}, {"label", Columns{std::string("y_train")}}});
  EXPECT_EQ(data.examples, 2);
  EXPECT_EQ(errorOf([&] { readPoints("npz", content); }),
            folder.path("a.npz") + ": it has no array 'x', they are x_train, y_train");
  const std::string end("PK\5\6", 4);
  writeFile(folder.path("none.npz"), end + std::string(18, '\0'));
  EXPECT_EQ(errorOf([&] { NamedArrays(folder.path("none.npz")).read("x"); }),
            folder.path("none.npz") + ": it has no arrays");
  writeFile(folder.path("empty.npz"), "");
  EXPECT_EQ(errorOf([&] { NamedArrays(folder.path("empty.npz")); }),
            folder.path("empty.npz") + ": it is empty");
}

TEST_F(NamedArraysTest, DamagedNpzIsRefused) {
  const std::vector<std::pair<std::string, std::string>> members = {
      {"x.npy", npy<float>("<f4", "(2, 2)", 4)}, {"label.npy", npy<uint8_t>("|u1", "(2,)", 2)}};
  auto error = [&](const std::string &content) {
    const std::string message = errorOf([&] { readPoints("npz", content); });
    EXPECT_TRUE(message.starts_with(folder.path("a.npz"))) << message;
    return message;
  };
  const std::string good = Zip{true}.of(members);
  EXPECT_TRUE(contains(error(good.substr(0, good.size() - 30)), "it is truncated"));
  EXPECT_TRUE(contains(error(Zip{false, false, 1}.of(members)), "'x': it is encrypted"));
  EXPECT_TRUE(contains(error(Zip{true, false, 0, 1}.of(members)), "its checksum is another one"));
  EXPECT_TRUE(contains(error("no zip file"), "neither an NPZ nor a safetensors file"));
  EXPECT_TRUE(contains(error(Zip{}.of({members[0], members[0]})), "two of its members"));
  std::string bad = good;
  bad[40] = static_cast<char>(bad[40] ^ 0x55);
  EXPECT_TRUE(contains(error(bad), "damaged") || contains(error(bad), "checksum"));
  EXPECT_TRUE(contains(error(Zip{}.of({members[0], {"label.npy", npy<uint8_t>("|u1", "(3,)", 3)}})),
                       "holds 3 examples"));
}

TEST_F(NamedArraysTest, SafetensorsAreData) {
  const std::string header = R"({"label":{"dtype":"U16","shape":[2],"data_offsets":[8,12]},)"
                             R"("x":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}})";
  const std::string bfloats("\x80\x3f\x00\xc0\x00\x00\x80\x3f", 8), labels("\x06\x00\x01\x00", 4);
  Dataset data = readPoints("safetensors", safetensors(header, bfloats + labels));
  EXPECT_EQ(loadElement(data.fields[0].data(0), DType::F32, 1), -2);
  EXPECT_EQ(loadElement(data.fields[1].data(0), DType::I32, 0), 6);
  const std::string complexNumbers = R"({"x":{"dtype":"C64","shape":[1,2],"data_offsets":[0,16]}})";
  EXPECT_EQ(errorOf([&] {
              readPoints("safetensors", safetensors(complexNumbers, std::string(16, '\0')));
            }),
            folder.path("a.safetensors") + ": 'x' holds C64, which is not supported");
  EXPECT_TRUE(contains(errorOf([&] { readPoints("safetensors", safetensors(header, bfloats)); }),
                       "truncated"));
}

TEST_F(NamedArraysTest, PredictionsTakeArraysOfSeveralInputs) {
  DataBlock inputs = points();
  inputs.splits.emplace_back();
  inputs.splits[0].name = "train";
  inputs.splits[0].reader = "npz";
  inputs.splits[0].columns = {{"label", {std::string("y_train")}}};
  const std::string x = npy<float>("<f4", "(2, 2)", 4), y = npy<uint8_t>("|u1", "(2,)", 2);
  const std::string npz = file("in.npz", Zip{}.of({{"x.npy", x}, {"y_train.npy", y}}));
  const std::string left = file("left.npy", x), right = file("right.npy", y);
  EXPECT_TRUE(holdsOneArray(left) && !holdsOneArray(npz));
  for (const Dataset &data : {readExamples(npz, inputs, &inputs, {}),
                              readInputFiles({left, right}, inputs, &inputs, {})}) {
    EXPECT_EQ(data.examples, 2);
    EXPECT_EQ(loadElement(data.field("label")->data(1), data.field("label")->storage, 0), 2);
  }
  EXPECT_TRUE(contains(errorOf([&] { readExamples(left, inputs, &inputs, {}); }),
                       "an array holds one input, but the model has 2"));
  const std::string three = file("three.npy", npy<uint8_t>("|u1", "(3,)", 3));
  EXPECT_EQ(errorOf([&] { readInputFiles({left, three}, inputs, &inputs, {}); }),
            three + " holds 3 examples, but " + left + " holds 2");
}

} // namespace nnc::runtime
