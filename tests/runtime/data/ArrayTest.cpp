#include "runtime/data/Dataset.h"
#include "runtime/data/Idx.h"
#include "runtime/data/Npy.h"
#include "runtime/data/Readers.h"
#include "tests/runtime/Support.h"

#include <cstring>
#include <limits>

namespace nnc::runtime {
using namespace test;

static std::string bigEndian(uint32_t value) {
  std::string result;
  for (int shift = 24; shift >= 0; shift -= 8)
    result += static_cast<char>(value >> shift & 255);
  return result;
}

static std::string idx(unsigned char type, const std::vector<uint32_t> &shape,
                       const std::string &data) {
  std::string file{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (uint32_t size : shape)
    file += bigEndian(size);
  return file + data;
}

static const std::string images =
    idx(8, {3, 2, 2}, std::string("\x00\x01\x02\x03\xff\x80\x05\x06\x07\x08\x09\x0a", 12));
static const std::string labels = idx(8, {3}, std::string("\x00\x01\x02", 3));

class ArrayTest : public ::testing::Test {
protected:
  TemporaryFolder folder;

  std::string file(const std::string &name, const std::string &content) {
    writeFile(folder.path(name), content);
    return folder.path(name);
  }
  std::string idxError(const std::string &content) {
    std::string path = file("a", content);
    std::string message = errorOf([&] { readIdx(path); });
    EXPECT_TRUE(message.starts_with(path)) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message;
  }
  static DataBlock digits() {
    DataBlock block;
    block.name = "digits";
    block.fields = {{"image", DType::F32, {2, 2}, 0, {}}, {"label", DType::I32, {}, 3, {}}};
    return block;
  }
  Dataset readDigits(const std::string &imageFile, const std::string &labelFile) {
    file("images", imageFile);
    file("labels", labelFile);
    DataSplit split;
    split.name = "train";
    split.reader = "idx";
    split.files = {"images", "labels"};
    DataConventions conventions;
    return readSplit(digits(), split, folder.name(), conventions);
  }
};

TEST_F(ArrayTest, ReadsIdxPlainAndCompressed) {
  for (const std::string &content : {images, gzip(images)}) {
    Array array = readIdx(file("images", content));
    EXPECT_EQ(array.dtype, DType::U8);
    EXPECT_EQ(array.shape, (Shape{3, 2, 2}));
    EXPECT_EQ(loadElement(array.bytes.data(), array.dtype, 4), 255);
  }
}

TEST_F(ArrayTest, ReadsConcatenatedGzMembers) {
  Array array = readIdx(file("images", gzip(images.substr(0, 10)) + gzip(images.substr(10))));
  EXPECT_EQ(array.bytes.size(), 12u);
}

TEST_F(ArrayTest, ReadsEveryIdxType) {
  auto values = [&](unsigned char type, const std::string &data) {
    Array array = readIdx(file("a", idx(type, {2}, data)));
    return std::make_pair(loadElement(array.bytes.data(), array.dtype, 0),
                          loadElement(array.bytes.data(), array.dtype, 1));
  };
  EXPECT_EQ(values(0x09, std::string("\xff\x02", 2)), std::make_pair(-1.0, 2.0));
  EXPECT_EQ(values(0x0B, std::string("\xff\xfe\x01\x00", 4)), std::make_pair(-2.0, 256.0));
  EXPECT_EQ(values(0x0C, bigEndian(7) + bigEndian(0xffffffff)), std::make_pair(7.0, -1.0));
  EXPECT_EQ(values(0x0D, bigEndian(0x3f800000) + bigEndian(0xc0000000)), std::make_pair(1.0, -2.0));
  EXPECT_EQ(
      values(0x0E, bigEndian(0x3ff00000) + bigEndian(0) + bigEndian(0xc0000000) + bigEndian(0)),
      std::make_pair(1.0, -2.0));
}

TEST_F(ArrayTest, RejectsDamagedIdx) {
  EXPECT_TRUE(contains(idxError(""), "not an IDX file"));
  EXPECT_TRUE(contains(idxError("\x89PNG\r\n"), "wrong magic number 0x89504e47"));
  EXPECT_TRUE(contains(idxError(idx(0x0A, {2}, "ab")), "wrong magic number 0x00000a01"));
  EXPECT_TRUE(contains(idxError(images.substr(0, 9)), "truncated within its header"));
  EXPECT_TRUE(contains(idxError(images.substr(0, images.size() - 1)),
                       "promises 12 bytes of data (3x2x2) and it has 11"));
  EXPECT_TRUE(contains(idxError(images + "x"), "1 bytes more"));
  EXPECT_TRUE(contains(idxError(idx(8, {0xffffffff, 0xffffffff, 0xffffffff}, "")), "too large"));
}

TEST_F(ArrayTest, RejectsDamagedGz) {
  std::string good = gzip(images), bad = good;
  EXPECT_TRUE(contains(idxError(good.substr(0, good.size() - 9)), "the gz file is truncated"));
  bad[bad.size() - 6] = static_cast<char>(bad[bad.size() - 6] ^ 1);
  EXPECT_TRUE(contains(idxError(bad), "the gz file is damaged (incorrect data check)"));
  EXPECT_TRUE(contains(idxError(good + "more"), "the gz file is damaged"));
  EXPECT_TRUE(contains(idxError(good + std::string(9, '\0') + "more"), "the gz file is damaged"));
  EXPECT_EQ(readIdx(file("padded", good + std::string(512, '\0'))).bytes.size(), 12u);
  EXPECT_TRUE(contains(errorOf([&] { readIdx(file("plain.gz", images)); }), "not a gz file"));
}

TEST_F(ArrayTest, ReadsSplitAndKeepsBytes) {
  Dataset data = readDigits(images, labels);
  EXPECT_EQ(data.examples, 3);
  EXPECT_EQ(data.field("image")->storage, DType::U8);
  EXPECT_EQ(data.field("label")->storage, DType::U8);
}

TEST_F(ArrayTest, RejectsWhatDoesNotFit) {
  EXPECT_TRUE(contains(errorOf([&] { readDigits(images, idx(8, {2}, std::string(2, 0))); }),
                       "labels holds 2 examples, but " + folder.path("images") + " holds 3"));
  EXPECT_TRUE(contains(errorOf([&] { readDigits(images, idx(8, {3}, std::string("\0\3\1", 3))); }),
                       "label of example 1 is 3, which is outside 0..2"));
  EXPECT_TRUE(
      contains(errorOf([&] { readDigits(images, idx(9, {3}, std::string("\0\1\xff", 3))); }),
               "label of example 2 is -1"));
  EXPECT_TRUE(contains(errorOf([&] { readDigits(idx(8, {3, 3}, std::string(9, 0)), labels); }),
                       "each example is 3, but field 'image' is 2x2"));
  EXPECT_TRUE(contains(errorOf([&] { readDigits(images, idx(13, {3}, std::string(12, 0))); }),
                       "holds floats"));
  EXPECT_TRUE(contains(errorOf([&] { readDigits(idx(8, {0, 2, 2}, ""), idx(8, {0}, "")); }),
                       "no examples"));
}

/// An NPY file with this element type and shape, as in its header.
static std::string npy(const std::string &type, const std::string &shape, const std::string &data) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  std::string content("\x93NUMPY\x01\x00", 8);
  content += static_cast<char>(header.size());
  content += '\0';
  return content + header + data;
}

TEST_F(ArrayTest, ExamplesAgreeWithTheShapeOfTheField) {
  DataConventions conventions;
  auto field = [&](Shape declared, Shape given) {
    Array array{DType::F32, given, {}, "a.npy"};
    array.bytes.resize(static_cast<size_t>(array.count()) * 4);
    return fieldFromArray({"x", DType::F32, declared, 0, {}}, std::move(array), conventions, true);
  };
  EXPECT_EQ(errorOf([&] { field({2, 3}, {5, 3, 2}); }),
            "a.npy: each example is 3x2, but field 'x' is 2x3");
  EXPECT_EQ(errorOf([&] { field({32, 32, 3}, {5, 3, 32, 32}); }),
            "a.npy: each example is 3x32x32, but field 'x' is 32x32x3");
  EXPECT_EQ(field({2, 3}, {5, 2, 3}).shape, (Shape{2, 3}));
  EXPECT_EQ(field({2, 3}, {5, 1, 2, 3}).shape, (Shape{2, 3}));
  EXPECT_EQ(field({2, 3, 1}, {5, 2, 3}).shape, (Shape{2, 3, 1}));
  EXPECT_EQ(field({2, 3}, {5, 6}).shape, (Shape{2, 3}));
  EXPECT_EQ(field({6}, {5, 2, 3}).shape, (Shape{6}));
  EXPECT_EQ(field({}, {5, 1}).shape, Shape{});
}

TEST_F(ArrayTest, BoolsAreZeroAndOne) {
  Array array = readNpy(file("b.npy", npy("|b1", "(2, 2)", std::string("\0\1\1\0", 4))));
  DataConventions conventions;
  FieldData data =
      fieldFromArray({"x", DType::F32, {2}, 0, {}}, std::move(array), conventions, true);
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(loadElement(data.bytes.data(), data.storage, i), i == 1 || i == 2);
  EXPECT_EQ(data.storage, DType::F32);
}

TEST_F(ArrayTest, ReadsHalfPrecision) {
  Array array = readNpy(file("h.npy", npy("<f2", "(2,)", std::string("\x00\x3c\x00\xc0", 4))));
  EXPECT_EQ(loadElement(array.bytes.data(), array.dtype, 0), 1);
  EXPECT_EQ(loadElement(array.bytes.data(), array.dtype, 1), -2);
}

TEST_F(ArrayTest, BytesAreScaledAsInTraining) {
  DataConventions conventions;
  auto field = [&](DType type, bool training) {
    Array array{type, {2}, {}, "a.npy"};
    array.bytes.resize(2 * sizeOf(type));
    return fieldFromArray({"x", DType::F32, {}, 0, {}}, std::move(array), conventions, training);
  };
  EXPECT_EQ(field(DType::U8, false).storage, DType::U8) << "nothing is known";
  field(DType::U8, true);
  EXPECT_EQ(field(DType::U8, false).storage, DType::U8);
  field(DType::F32, true);
  EXPECT_EQ(errorOf([&] { field(DType::U8, false); }),
            "a.npy: it holds bytes, which would be divided by 255, but field 'x' was trained on "
            "other numbers: save it as float32");
}

TEST_F(ArrayTest, NumbersFitTheFloatType) {
  const double values[] = {1, std::numeric_limits<double>::infinity(), -1e39};
  auto field = [&](DType type) {
    Array array{DType::F64, {3}, {}, "a.npy"};
    array.bytes.resize(sizeof values);
    std::memcpy(array.bytes.data(), values, sizeof values);
    DataConventions conventions;
    return fieldFromArray({"x", type, {}, 0, {}}, std::move(array), conventions, true);
  };
  EXPECT_EQ(errorOf([&] { field(DType::F32); }),
            "a.npy: x of example 2 is -1e+39, which is too large for f32");
  EXPECT_EQ(field(DType::F64).bytes.size(), sizeof values);
}

TEST_F(ArrayTest, MissingFileSuggestsDataOption) {
  DataSplit split;
  split.name = "test";
  split.reader = "idx";
  split.files = {"nowhere", "labels"};
  DataConventions conventions;
  EXPECT_EQ(errorOf([&] { readSplit(digits(), split, folder.name(), conventions); }),
            folder.path("nowhere") +
                ": no such file or directory (--data digits=FOLDER says where the data is)");
}

TEST_F(ArrayTest, NpyRoundTrip) {
  const float values[6] = {1, -2, 3.5f, 0, 1e30f, -0.25f};
  std::string content = formatNpy(DType::F32, {2, 3}, reinterpret_cast<const char *>(values));
  EXPECT_EQ((content.size() - sizeof values) % 64, 0u);
  Array array = readNpy(file("a.npy", content));
  EXPECT_EQ(array.dtype, DType::F32);
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(std::memcmp(array.bytes.data(), values, sizeof values), 0);
}

TEST_F(ArrayTest, RejectsDamagedNpy) {
  auto error = [&](std::string header, const std::string &data) {
    std::string content("\x93NUMPY\x01\x00", 8);
    content += static_cast<char>(header.size());
    content += '\0';
    return errorOf([&] { readNpy(file("a.npy", content + header + data)); });
  };
  EXPECT_TRUE(
      contains(errorOf([&] { readNpy(file("a.npy", "hello, numpy")); }), "not an NPY file"));
  EXPECT_TRUE(
      contains(error("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }", "abcd"), "damaged"));
  EXPECT_TRUE(contains(
      error("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "abcdefgh"), "'<c8'"));
  EXPECT_TRUE(contains(error("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "abcd"),
                       "truncated"));
  EXPECT_TRUE(contains(error("{'descr': '<f4', 'fortran_order': False, }", "abcd"), "damaged"));
  EXPECT_TRUE(
      contains(error("{'descr': '|u1', 'fortran_order': False, 'shape': (1 2,), }", "abcdefghijkl"),
               "damaged"));
  std::string huge = "(0, 1099511627776, 1099511627776)";
  EXPECT_TRUE(
      contains(error("{'descr': '|u1', 'fortran_order': False, 'shape': " + huge + ", }", ""),
               "its dimensions are too large"));
  EXPECT_TRUE(contains(error("{'descr': '<f4', 'fortran_order': False, 'shape': (x,), }", "abcd"),
                       "damaged"));
}

TEST_F(ArrayTest, AFileOfAnotherKindIsNamed) {
  file("images", formatNpy(DType::U8, {1, 2}, "ab"));
  file("labels", labels);
  DataSplit split;
  split.name = "train";
  split.files = {"images", "labels"};
  auto error = [&](const char *reader) {
    split.reader = reader;
    DataConventions conventions;
    return errorOf([&] { readSplit(digits(), split, folder.name(), conventions); });
  };
  EXPECT_TRUE(contains(error("idx"), "images: not an IDX file"));
  EXPECT_TRUE(contains(error("idx"), ": it looks like a file for npy(...)"));
  file("images", gzip(images));
  EXPECT_TRUE(contains(error("npy"), ": it looks like a file for idx(...)"));
  EXPECT_TRUE(contains(error("csv"), ": it looks like a file for idx(...)"));
  file("images", images.substr(0, 12));
  EXPECT_EQ(error("idx").find("it looks like"), std::string::npos) << "it is only damaged";
}

TEST(ReadersTest, AreKnownByNameAndByTheNamesOfFiles) {
  for (const char *name : {"idx", "npy", "csv", "cifar"})
    EXPECT_EQ(findReader(name)->name, std::string(name));
  EXPECT_EQ(findReader("png"), nullptr);
  auto reader = [](const char *path) {
    const Reader *found = readerOf(path);
    return std::string(found ? found->name : "");
  };
  EXPECT_EQ(reader("a/train-images-idx3-ubyte.gz"), "idx");
  EXPECT_EQ(reader("a.IDX"), "idx");
  EXPECT_EQ(reader("labels-idx.csv"), "csv");
  EXPECT_EQ(reader("a.tsv.gz"), "csv");
  EXPECT_EQ(reader("a.npy"), "npy");
  EXPECT_EQ(reader("batch.bin"), "");
}

} // namespace nnc::runtime
