#include "runtime/data/Dataset.h"
#include "tests/runtime/Support.h"

namespace nnc::runtime {
using namespace test;

/// Series of two channels, of up to three positions, and a class.
class SequencesTest : public ::testing::Test {
protected:
  TemporaryFolder folder;
  DataBlock block{
      "words", {{"x", DType::F32, {3, 2}, 0, {}, 0, ""}, {"kind", DType::I32, {}, 2, {}}}, {}};
  DataSplit split;
  DataConventions conventions;

  Dataset read(const std::string &name, const std::string &content) {
    writeFile(folder.path(name), content);
    split.name = "train";
    split.files = {name};
    split.reader = name.substr(name.find('.') + 1);
    return readSplit(block, split, folder.name(), conventions);
  }
  /// The message without the folder.
  std::string error(const std::string &name, const std::string &content) {
    conventions = {};
    std::string message = errorOf([&] { read(name, content); });
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message.substr(std::min(message.size(), folder.path("").size()));
  }
  static std::vector<double> numbers(const FieldData &field, int64_t example) {
    std::vector<double> result;
    for (int64_t i = 0; i < field.elements(example); ++i)
      result.push_back(loadElement(field.data(example), field.storage, i));
    return result;
  }
};

using Numbers = std::vector<double>;

TEST_F(SequencesTest, ReadsTimeSeries) {
  Dataset data = read("a.ts", "# words\n@problemName a\n@classLabel true yes no\n@data\n"
                              "1,2,3:4,5,6:no\r\n\n7:8:yes\n");
  ASSERT_EQ(data.examples, 2);
  const FieldData &x = *data.field("x");
  EXPECT_EQ(x.starts, (std::vector<int64_t>{0, 3, 4}));
  EXPECT_EQ(numbers(x, 0), (Numbers{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(numbers(x, 1), (Numbers{7, 8}));
  EXPECT_EQ(numbers(*data.field("kind"), 0), Numbers{1});
  EXPECT_EQ(conventions.classes["kind"], (std::vector<std::string>{"yes", "no"}));
}

TEST_F(SequencesTest, SaysWhatIsWrongWithTimeSeries) {
  const std::string header = "@classLabel true yes no\n@data\n";
  EXPECT_EQ(error("a.ts", header + "1,2,3,4:5,6,7,8:no"),
            "a.ts:3: 'x' has 4 positions, and the program takes up to 3");
  EXPECT_EQ(error("a.ts", header + "::no"),
            "a.ts:3: 'x' is empty: a sequence has at least one position");
  EXPECT_EQ(error("a.ts", header + "1,2:3:no"), "a.ts:3: channel 1 has 1 numbers, channel 0 has 2");
  EXPECT_EQ(error("a.ts", header + "1:2:3:no"), "a.ts:3: 3 channels, and field 'x' has 2");
  EXPECT_EQ(error("a.ts", header + "1:?:no"), "a.ts:3: a number is missing ('?')");
  EXPECT_EQ(error("a.ts", header + "1:a:no"), "a.ts:3: 'a' is not a number");
  EXPECT_EQ(error("a.ts", header + "1:1e99:no"), "a.ts:3: '1e99' is too large for f32");
  EXPECT_EQ(error("a.ts", header + "1:2:nno"),
            "a.ts:3: 'nno' is not a class of field 'kind', did you mean 'no'?");
  EXPECT_EQ(error("a.ts", "@classLabel false\n@data\n1:2\n"),
            "a.ts:2: the file has neither classes nor targets, for field 'kind'");
  EXPECT_EQ(error("a.ts", "@classLabel true a b c\n@data\n1:2:a\n"),
            "a.ts:2: field 'kind' has 2 classes, and the header names 3");
  EXPECT_EQ(
      error("a.ts", "1:2:a\n"),
      "a.ts:1: a line of numbers in front of the line @data: it looks like a file for csv(...)");
  EXPECT_EQ(error("a.ts", "@classLabel true yes no\n"),
            "a.ts: it has no line @data: it looks like a file for csv(...)");
}

TEST_F(SequencesTest, ReadsCsvWithEmptyCells) {
  Dataset data = read("a.csv", "1,2,3,4,,,1\n1,2,3,4,5,6,0\n7,8,,,,,1\n");
  const FieldData &x = *data.field("x");
  EXPECT_EQ(x.starts, (std::vector<int64_t>{0, 2, 5, 6}));
  EXPECT_EQ(numbers(x, 2), (Numbers{7, 8}));
  EXPECT_EQ(error("a.csv", "1,2,3,4,5,6,0\n1,2,3,,,,1\n"),
            "a.csv:2: 'x' has 3 cells in this line, which are not whole positions of 2");
  EXPECT_EQ(error("a.csv", "1,2,3,4,5,6,0\n,,,,,,1\n"),
            "a.csv:2: 'x' is empty: a sequence has at least one position");
  EXPECT_EQ(error("a.csv", "1,2,3,4,5,6,0\n1,,3,4,,,1\n"), "a.csv:2: column 1 is empty");
}

TEST_F(SequencesTest, KeepsTheLastExamples) {
  split.onlyLast = 2;
  Dataset data = read("a.csv", "1,2,3,4,,,1\n1,2,3,4,5,6,0\n7,8,,,,,1\n");
  ASSERT_EQ(data.examples, 2);
  EXPECT_EQ(data.field("x")->starts, (std::vector<int64_t>{0, 3, 4}));
  EXPECT_EQ(numbers(*data.field("x"), 1), (Numbers{7, 8}));
}

TEST_F(SequencesTest, ComparesLengths) {
  block.fields = {{"x", DType::F32, {3}, 0, {}, 0, ""}, {"y", DType::I32, {3}, 0, {}, 0, "x"}};
  EXPECT_EQ(read("a.csv", "1,2,,5,6,\n1,,,2,,\n").examples, 2);
  EXPECT_EQ(error("a.csv", "1,2,,5,6,\n1,2,,2,,\n"),
            "a.csv: in example 1 'y' has 1 positions, and 'x', of the same length, has 2");
}

TEST_F(SequencesTest, ArraysHaveOneLength) {
  Array array{DType::F32, {2, 2, 2}, Bytes(32), "a.npy"};
  FieldData data = fieldFromArray(block.fields[0], array, conventions, true);
  EXPECT_EQ(data.starts, (std::vector<int64_t>{0, 2, 4}));
  array.shape = {1, 4, 2};
  EXPECT_EQ(errorOf([&] { fieldFromArray(block.fields[0], array, conventions, true); }),
            "a.npy: 'x' has 4 positions, and the program takes up to 3");
  array.shape = {2, 4, 1};
  EXPECT_NE(errorOf([&] { fieldFromArray(block.fields[0], array, conventions, true); }), "");
}

} // namespace nnc::runtime
