// Examples to predict, read as the training data was.
#include "runtime/cli/Predictions.h"
#include "runtime/data/Npy.h"
#include "tests/runtime/Support.h"

namespace nnc::runtime {
using namespace test;

class PredictionInputTest : public ::testing::Test {
protected:
  TemporaryFolder folder;
  DataBlock block, fields;
  DataSplit train;
  DataConventions conventions;

  PredictionInputTest() {
    block.name = "sales";
    block.fields = {{"x", DType::F32, {2}, 0, {}}, {"kind", DType::I32, {}, 2, {}}};
    fields.fields = {block.fields[0]};
    train.name = "train";
    train.reader = "csv";
    train.files = {"train.csv"};
  }
  /// Trains on a file of this content, as far as reading goes.
  void learn(const std::string &content) {
    writeFile(folder.path("train.csv"), content);
    block.splits = {train};
    readSplit(block, train, folder.name(), conventions);
  }
  std::vector<double> read(const std::string &name, const std::string &content) {
    block.splits = {train};
    writeFile(folder.path(name), content);
    Dataset data = readExamples(folder.path(name), fields, &block, conventions);
    std::vector<double> result;
    for (const FieldData &field : data.fields)
      for (size_t i = 0; i < field.bytes.size() / sizeOf(field.storage); ++i)
        result.push_back(loadElement(field.bytes.data(), field.storage, static_cast<int64_t>(i)));
    return result;
  }
  std::string error(const std::string &name, const std::string &content) {
    std::string message = errorOf([&] { read(name, content); });
    EXPECT_TRUE(message.starts_with(folder.path(name) + ":")) << message;
    return message.substr(std::min(message.size(), folder.path(name).size() + 1));
  }
  using Doubles = std::vector<double>;
};

TEST_F(PredictionInputTest, TheProgramsHeaderSeparatorAndColumnsHold) {
  train.header = true;
  train.separator = '|';
  train.columns = {{"x", {int64_t(2), int64_t(1)}}, {"kind", {int64_t(0)}}};
  const std::string header = "kind|1980|1981\n";
  EXPECT_EQ(read("a.csv", header + "?|1|2\n?|3|4\n"), (Doubles{2, 1, 4, 3}));
  learn(header + "0|7|8\n");
  EXPECT_EQ(read("a.csv", header + "?|1|2\n?|3|4\n"), (Doubles{2, 1, 4, 3}));
  EXPECT_EQ(read("a.csv", "1981|more|1980\n1|2|3\n"), (Doubles{1, 3})) << "by the same names";
  EXPECT_EQ(
      error("a.csv", "kind|1980|1982\n?|1|2\n"),
      "1: its header (kind, 1980, 1982) has no column '1981' of the training data (1981, 1980)");
  EXPECT_EQ(error("a.csv", "0|1|2\n0|3|4\n"),
            "1: its header (0, 1, 2) has no column '1981' of the training data (1981, 1980)");
  train.header = false;
  EXPECT_EQ(read("a.csv", "?|1|2\n?|3|4\n"), (Doubles{2, 1, 4, 3}));
}

TEST_F(PredictionInputTest, NamesOfTheTrainingDataHoldWithoutASelection) {
  learn("a,b,kind\n1,2,0\n");
  EXPECT_EQ(read("t.csv", "b,a\n1,2\n"), (Doubles{2, 1}));
  EXPECT_EQ(read("t.csv", "1,2,0\n"), (Doubles{1, 2}));
  EXPECT_EQ(read("t.csv", "1,2\n"), (Doubles{1, 2}));
  EXPECT_EQ(error("t.csv", "a,c\n1,2\n"),
            "1: its header (a, c) has no column 'b' of the training data (a, b)");
}

TEST_F(PredictionInputTest, PositionsAreThoseOfTheTrainingDataIfTheFileIsAsWide) {
  train.columns = {{"x", {int64_t(1), int64_t(0)}}, {"kind", {int64_t(2)}}};
  EXPECT_EQ(read("t.csv", "1,2,0\n"), (Doubles{2, 1}));
  EXPECT_EQ(read("t.csv", "1,2\n"), (Doubles{1, 2})) << "the inputs alone";
  block.fields.pop_back();
  train.columns.erase("kind");
  EXPECT_EQ(read("t.csv", "1,2\n"), (Doubles{2, 1}));
}

TEST_F(PredictionInputTest, ClassesAreGivenByName) {
  block.fields = {{"colour", DType::I32, {2}, 3, {}}, {"size", DType::I32, {}, 2, {}}};
  fields.fields = block.fields;
  conventions.classes = {{"colour", {"red", "green", "blue"}}, {"size", {"10", "20"}}};
  EXPECT_EQ(read("t.csv", "red,blue,20\n"), (Doubles{0, 2, 1})) << "no header";
  EXPECT_EQ(read("t.json", R"([{"colour":["blue","green"],"size":20},)"
                           R"({"colour":["red","red"],"size":"10.0"}])"),
            (Doubles{2, 1, 0, 0, 1, 0}));
  EXPECT_EQ(error("t.json", R"([{"colour":["blue",1],"size":10}])"),
            " example 0: '1' is not a class of \"colour\", they are red, green, blue");
  EXPECT_EQ(error("t.json", R"([{"colour":["blue","rad"],"size":1}])"),
            " example 0: 'rad' is not a class of \"colour\", did you mean 'red'?");
}

TEST_F(PredictionInputTest, NestingAgreesWithTheShape) {
  fields.fields[0].shape = {2, 3};
  EXPECT_EQ(read("t.json", "[[[1,2,3],[4,5,6]]]"), (Doubles{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read("t.json", "[[1,2,3,4,5,6]]"), (Doubles{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read("t.json", "[[[[1,2,3]],[[4,5,6]]]]"), (Doubles{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(error("t.json", "[[[1,2],[3,4],[5,6]]]"),
            " example 0: \"x\" has the shape 3x2, the model takes 2x3");
  EXPECT_EQ(error("t.json", "[[[1,2,3],[4,5,6]],[[1,2,3,4],[5,6]]]"),
            " example 1: \"x\" has arrays of different lengths or depths");
  EXPECT_EQ(error("t.json", "[[[],[]]]"),
            " example 0: \"x\" has the shape 2x0, the model takes 2x3");
}

// Text holds no bytes: what a model trained on it expects in place of 255 is not known.
TEST_F(PredictionInputTest, BytesAreRefusedAfterTrainingOnText) {
  const char bytes[2] = {0, 1};
  EXPECT_TRUE(contains(error("a.npy", formatNpy(DType::U8, {1, 2}, bytes)),
                       " it holds bytes, which would be divided by 255"));
  train.reader = "npy";
  EXPECT_EQ(read("a.npy", formatNpy(DType::U8, {1, 2}, bytes)), (Doubles{0, 1}));
  conventions.bytes["x"] = false;
  error("a.npy", formatNpy(DType::U8, {1, 2}, bytes));
}

} // namespace nnc::runtime
