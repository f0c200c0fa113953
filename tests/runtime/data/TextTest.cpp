// Texts as examples: windows, streams, lines, and errors in files.
#include "runtime/cli/Predictions.h"
#include "runtime/data/Dataset.h"
#include "tests/runtime/Support.h"

#include <algorithm>
#include <set>

namespace nnc::runtime {
using namespace test;

namespace {

std::shared_ptr<const text::Tokenizer> tokenizerOf(text::TokenizerSpec spec,
                                                   const std::string &content) {
  return std::make_shared<text::Tokenizer>(text::Tokenizer::train(spec, {content}));
}

class TextTest : public ::testing::Test {
protected:
  TemporaryFolder folder;
  DataBlock block;
  DataSplit train;
  DataConventions conventions;

  TextTest() {
    block.name = "novel";
    train.name = "train";
    train.reader = "text";
    train.files = {"a.txt"};
  }
  void addText(const char *name, int64_t size, text::TokenizerSpec spec,
               const std::string &vocabulary) {
    DataField field{name, DType::I32, {size}, 0, {}};
    field.tokenizer = tokenizerOf(std::move(spec), vocabulary);
    block.fields.push_back(field);
  }
  Dataset read(const std::string &content) {
    writeFile(folder.path("a.txt"), content);
    return readSplit(block, train, folder.name(), conventions);
  }
  std::string error(const std::string &content) {
    std::string message = errorOf([&] { read(content); });
    std::string path = folder.path("");
    EXPECT_TRUE(message.starts_with(path)) << message;
    return message.substr(std::min(path.size(), message.size()));
  }
  /// The ids of one example.
  static std::vector<int> ids(const FieldData &field, int64_t row) {
    std::vector<int> result;
    for (int64_t i = 0; i < field.elements(row); ++i)
      result.push_back(static_cast<int>(loadElement(field.data(row), field.storage, i)));
    return result;
  }
};

using Ids = std::vector<int>;

} // namespace

TEST_F(TextTest, WindowsCoverTheText) {
  addText("tokens", 3, {}, "\nabcdefghi");
  Dataset data = read("\xEF\xBB\xBF"
                      "abcd\r\nefgh");
  EXPECT_EQ(data.examples, 7);
  EXPECT_EQ(data.fields[0].storage, DType::U8);
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{1, 2, 3}));
  EXPECT_EQ(ids(data.fields[0], 3), (Ids{4, 0, 5}));
  EXPECT_EQ(examplesInOrder(data, 4).toList(), (Rows{0, 2, 4, 6}));

  Rows drawn = examplesInOrder(data, 4).toList(), again = drawn;
  drawWindows(drawn, 9, 3, 5, 0);
  drawWindows(again, 9, 3, 5, 0);
  EXPECT_EQ(drawn, again);
  std::set<int64_t> starts;
  for (uint32_t epoch = 0; epoch < 50; ++epoch) {
    drawWindows(drawn, 9, 3, 5, epoch);
    starts.insert(drawn.begin(), drawn.end());
  }
  EXPECT_EQ(starts, (std::set<int64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(TextTest, StreamsGoOnFromBatchToBatch) {
  EXPECT_EQ(windowsInStreams(20, 3, 2), (Rows{0, 10, 2, 12, 4, 14, 6, 16}));
  EXPECT_EQ(windowsInStreams(21, 3, 4), (Rows{0, 5, 10, 15, 2, 7, 12, 17}));
  EXPECT_TRUE(windowsInStreams(8, 3, 4).empty());
  for (int64_t length = 1; length < 60; ++length)
    for (int64_t batch = 1; batch < 6; ++batch) {
      Rows rows = windowsInStreams(length, 4, batch);
      EXPECT_EQ(rows.size() % static_cast<size_t>(batch), 0u);
      for (size_t i = 0; i < rows.size(); ++i) {
        EXPECT_LE(rows[i] + 4, length);
        if (i >= static_cast<size_t>(batch))
          EXPECT_EQ(rows[i], rows[i - static_cast<size_t>(batch)] + 3);
      }
    }
  addText("tokens", 4, {}, "ab");
  train.stream = true;
  Dataset data = read("abababab");
  EXPECT_EQ(errorOf([&] { examplesInOrder(data, 3).toList(); }),
            "field 'tokens': the text has 8 pieces, too few for 3 streams of windows of 4");
}

TEST_F(TextTest, PartsOfATextAreApart) {
  addText("tokens", 2, {}, "abcdefghij");
  train.part = {0, 0.7};
  EXPECT_EQ(read("abcdefghij").examples, 6);
  train.part = {0.7, 1};
  Dataset rest = read("abcdefghij");
  EXPECT_EQ(rest.examples, 2);
  EXPECT_EQ(ids(rest.fields[0], 0), (Ids{7, 8}));
}

TEST_F(TextTest, SaysWhatIsWrongWithATextAndWhere) {
  addText("tokens", 5, {}, "abc\n");
  EXPECT_EQ(error(""), "a.txt: it is empty");
  EXPECT_EQ(error("abc"),
            "a.txt: the train split has 3 pieces of text, fewer than the 5 of a window");
  EXPECT_TRUE(contains(error("ab\nab\xC3\xA9"),
                       "a.txt:2: column 3: `\xC3\xA9` is not in the vocabulary of 'tokens'"));
  EXPECT_TRUE(contains(error("ab\n\xE9"), "a.txt:2: column 1: byte 0xE9 is not UTF-8"));
  EXPECT_TRUE(contains(error("\xFF\xFE"
                             "a"),
                       "a.txt: the text is UTF-16"));
  EXPECT_TRUE(contains(error(gzip("abc")), "a.txt: it is compressed"));
}

TEST_F(TextTest, LinesAreFilledUpOrRefused) {
  train.reader = "lines";
  addText("name", 5,
          {text::TokenizerSpec::Kind::Characters, 0, false, {"<pad>", "<start>", "<end>"}}, "abc");
  Dataset data = read("ab\nc\r\nabc\n");
  EXPECT_EQ(data.examples, 3);
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{1, 3, 4, 2, 0}));
  EXPECT_EQ(ids(data.fields[0], 1), (Ids{1, 5, 2, 0, 0}));
  EXPECT_EQ(ids(data.fields[0], 2), (Ids{1, 3, 4, 5, 2}));
  EXPECT_EQ(error("a\nabca\n"),
            "a.txt:2: the text of 'name' has 6 pieces with its <start> and <end>, it takes 5");
  EXPECT_EQ(error("a\n\nb\n"), "a.txt:2: the line is empty, and each line is an example");
  EXPECT_EQ(error(""), "a.txt: the train split of data 'novel' has no examples");
  train.truncate = true;
  data = read("abcabc");
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{1, 3, 4, 5, 2}));
}

TEST_F(TextTest, LinesHaveLengthsOfTheirOwn) {
  train.reader = "lines";
  addText("name", 5, {text::TokenizerSpec::Kind::Characters, 0, false, {"<end>"}}, "abc");
  block.fields[0].padded = 0;
  Dataset data = read("ab\nc\nabca\n");
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{1, 2, 0}));
  EXPECT_EQ(ids(data.fields[0], 1), (Ids{3, 0}));
  EXPECT_EQ(data.fields[0].length(2), 5);
  EXPECT_TRUE(contains(error("abcab\n"), "a.txt:1: the text of 'name' has 6 pieces"));
}

TEST_F(TextTest, ColumnsAreTextsNumbersAndClasses) {
  train.reader = "lines";
  addText("words", 3, {text::TokenizerSpec::Kind::Words, 0, true, {"<pad>", "<unk>"}}, "good bad");
  block.fields.push_back({"label", DType::I32, {}, 2, {"no", "yes"}});
  block.fields.push_back({"weight", DType::F32, {}, 0, {}});
  Dataset data = read("Good day\tyes\t0.5\nbad\tno\t2\n");
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{3, 1, 0}));
  EXPECT_EQ(ids(data.fields[1], 0), (Ids{1}));
  EXPECT_EQ(ids(data.fields[2], 1), (Ids{2}));
  EXPECT_EQ(error("good\tyes\n"), "a.txt:1: the line has 2 columns between tabs, the fields are 3");
  EXPECT_EQ(error("good\tmaybe\t1\n"), "a.txt:1: 'maybe' is not a class of 'label'");
  EXPECT_EQ(error("good\tyes\tx\n"), "a.txt:1: 'x' is not a number");
  EXPECT_EQ(error(" \tyes\t1\n"), "a.txt:1: the text of 'words' is empty");
}

TEST_F(TextTest, FilesGiveClassesAndPartsAreOfAllLines) {
  train.reader = "lines";
  train.files = {"a.txt", "b.txt"};
  train.classByFile = "label";
  train.encoding = text::Encoding::Windows1252;
  addText("words", 2, {text::TokenizerSpec::Kind::Characters, 0, false, {"<pad>"}}, "ab\xC3\xA9");
  block.fields.push_back({"label", DType::I32, {}, 2, {}});
  writeFile(folder.path("b.txt"), "b\nb\n");
  Dataset data = read("a\n\xE9\n");
  EXPECT_EQ(data.examples, 4);
  EXPECT_EQ(ids(data.fields[0], 1), (Ids{3, 0}));
  EXPECT_EQ(ids(data.fields[1], 1), (Ids{0}));
  EXPECT_EQ(ids(data.fields[1], 2), (Ids{1}));
  train.part = {0.5, 1};
  data = read("a\na\n");
  EXPECT_EQ(data.examples, 2);
  EXPECT_EQ(ids(data.fields[1], 1), (Ids{1}));
}

TEST_F(TextTest, PredictsLinesAndStrings) {
  addText("name", 3, {text::TokenizerSpec::Kind::Characters, 0, false, {"<pad>"}}, "abc");
  auto predict = [&](const char *name, const std::string &content) {
    writeFile(folder.path(name), content);
    return readExamples(folder.path(name), block, nullptr, conventions);
  };
  Dataset data = predict("x.txt", "ab\nc\n");
  EXPECT_EQ(data.examples, 2);
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{1, 2, 0}));
  data = predict("x.json", R"(["abc", [1, 0, 0], {"name": "b"}])");
  EXPECT_EQ(data.examples, 3);
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{1, 2, 3}));
  EXPECT_EQ(ids(data.fields[0], 1), (Ids{1, 0, 0}));
  EXPECT_EQ(ids(data.fields[0], 2), (Ids{2, 0, 0}));
  EXPECT_TRUE(contains(errorOf([&] { predict("x.json", R"(["abz"])"); }),
                       "x.json: example 0: column 3: `z` is not in the vocabulary"));
  EXPECT_TRUE(contains(errorOf([&] { predict("x.json", R"([[1, 4, 0]])"); }), "0..3"));
  EXPECT_TRUE(contains(errorOf([&] { predict("x.txt", "a\nbcz\n"); }), "x.txt:2: column 3: `z`"));
}

TEST_F(TextTest, WindowsOfASeriesStayInTheirPart) {
  block.fields = {{"past", DType::F32, {3}, 0, {}}, {"next", DType::F32, {}, 0, {}}};
  train.reader = "csv";
  train.header = true;
  train.columns = {{"past", {Column("v")}}, {"next", {Column("v")}}};
  train.window = 3;
  train.horizon = 1;
  std::string content = "t,v\n";
  for (int i = 0; i < 10; ++i)
    content += std::to_string(i) + "," + std::to_string(i * i) + "\n";
  Dataset data = read(content);
  EXPECT_EQ(data.examples, 7);
  EXPECT_EQ(ids(data.fields[0], 2), (Ids{4, 9, 16}));
  EXPECT_EQ(ids(data.fields[1], 2), (Ids{25}));
  train.part = {0, 0.6};
  data = read(content);
  EXPECT_EQ(data.examples, 3);
  EXPECT_EQ(ids(data.fields[1], 2), (Ids{25}));
  train.part = {0.6, 1};
  data = read(content);
  EXPECT_EQ(data.examples, 1);
  EXPECT_EQ(ids(data.fields[0], 0), (Ids{36, 49, 64}));
  EXPECT_EQ(ids(data.fields[1], 0), (Ids{81}));
  train.part = {0.7, 1};
  EXPECT_EQ(error(content), "a.txt: 3 rows are too few for a window of 3 and a horizon of 1");

  // Several columns, and several rows behind the window.
  block.fields = {{"past", DType::F32, {3, 2}, 0, {}}, {"next", DType::F32, {2}, 0, {}}};
  train.part = {};
  train.horizon = 2;
  train.columns["past"] = {Column("t"), Column("v")};
  data = read(content);
  EXPECT_EQ(data.examples, 6);
  EXPECT_EQ(ids(data.fields[0], 1), (Ids{1, 1, 2, 4, 3, 9}));
  EXPECT_EQ(ids(data.fields[1], 1), (Ids{16, 25}));

  // A file to predict has windows in all its rows.
  block.splits = {train};
  DataBlock inputs = block;
  inputs.fields.pop_back();
  writeFile(folder.path("later.csv"), content);
  data = readExamples(folder.path("later.csv"), inputs, &block, conventions);
  EXPECT_EQ(data.examples, 8);
  EXPECT_EQ(ids(data.fields[0], 7), (Ids{7, 49, 8, 64, 9, 81}));
}

} // namespace nnc::runtime
