#include "runtime/data/CsvFields.h"
#include "tests/runtime/Support.h"

#include <bit>
#include <cstdlib>
#include <cstring>

namespace nnc::runtime {
using namespace test;

static std::vector<std::vector<std::string>> rows(const std::string &content,
                                                  std::optional<char> separator = {}) {
  CsvReader reader(Bytes(content.begin(), content.end()), "table.csv", {separator});
  std::vector<std::vector<std::string>> result;
  while (reader.next())
    result.emplace_back(reader.cells().begin(), reader.cells().end());
  return result;
}

using Table = std::vector<std::vector<std::string>>;

TEST(CsvReaderTest, SplitsRows) {
  EXPECT_EQ(rows("a,b\n1, 2 \r\n\r\n  \n3,"), (Table{{"a", "b"}, {"1", "2"}, {"3", ""}}));
  EXPECT_EQ(rows("a;b,c;d\n1;2,5;3"), (Table{{"a", "b,c", "d"}, {"1", "2,5", "3"}}));
  EXPECT_EQ(rows("a\tb c\n"), (Table{{"a", "b c"}}));
  EXPECT_EQ(rows("1,5;2,5\n"), (Table{{"1,5", "2,5"}}));
  EXPECT_EQ(rows("1,2,a;b\n"), (Table{{"1", "2", "a;b"}}));
  EXPECT_EQ(rows("\xEF\xBB\xBF"
                 "a,b"),
            (Table{{"a", "b"}}));
  EXPECT_EQ(rows("single\n1\n"), (Table{{"single"}, {"1"}}));
  EXPECT_EQ(rows(""), Table{});
  EXPECT_EQ(rows("a|b", '|'), (Table{{"a", "b"}}));
}

TEST(CsvReaderTest, Quotes) {
  EXPECT_EQ(rows("\"a, \"\"b\"\"\",c\n\"two\nlines\" ,d"),
            (Table{{"a, \"b\"", "c"}, {"two\nlines", "d"}}));
  EXPECT_EQ(errorOf([] { rows("a,b\n1,\"2\n3,4\n"); }), "table.csv:2: a quote is not closed");
  EXPECT_EQ(errorOf([] { rows("a,b\n1,\"2\"3\n"); }),
            "table.csv:2: something follows a closing quote");
  EXPECT_EQ(errorOf([] { rows("a,b\n5\"6,2\n"); }),
            "table.csv:2: a quote within a cell that does not begin with one");
}

TEST(CsvNumberTest, NumbersAreRoundedAsByStrtod) {
  // Random digits with a point and an exponent anywhere: short ones, those at the edge of what a
  // double holds exactly, and long ones.
  uint64_t state = 1;
  auto random = [&](uint64_t count) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % count;
  };
  for (int i = 0; i < 200'000; ++i) {
    std::string cell(random(3) == 0, '-');
    const size_t digits = 1 + random(random(2) ? 6 : 24), point = random(digits + 2);
    for (size_t place = 0; place < digits; ++place)
      cell += std::string(place == point, '.') + static_cast<char>('0' + random(10));
    if (random(3) == 0)
      cell += text("e%d", static_cast<int>(random(80)) - 40);
    const std::optional<double> value = parseNumber(cell);
    ASSERT_TRUE(value.has_value()) << cell;
    const double expected = std::strtod(cell.c_str(), nullptr);
    ASSERT_EQ(std::bit_cast<uint64_t>(*value), std::bit_cast<uint64_t>(expected)) << cell;
  }
  for (const char *word : {"9007199254740993", "9007199254740992", "-0", "0e5", "1e22", "1e23",
                           "123456789012345678e-22", "1e-99999999999999999999",
                           "18446744073709551617", "1.", ".5", "00012"})
    EXPECT_EQ(std::bit_cast<uint64_t>(*parseNumber(word)),
              std::bit_cast<uint64_t>(std::strtod(word, nullptr)))
        << word;
  for (const char *word :
       {"", "-", ".", "1e", "1e+", "e5", "1.2.3", "1e5.", "--1", "+-1", "1 ", "0x1"})
    EXPECT_EQ(parseNumber(word), std::nullopt) << word;
}

TEST(CsvReaderTest, CommentsEndWithAnyLineEnd) {
  for (const char *end : {"\n", "\r", "\r\n"}) {
    const std::string content = std::string("# a \"") + end + "1;2" + end + "#" + end + "3;4" + end;
    CsvReader reader(Bytes(content.begin(), content.end()), "t.csv", {{}, "#", ""});
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.cells()[1], "2");
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.cells()[0], "3");
    EXPECT_EQ(reader.line(), 4u);
    EXPECT_FALSE(reader.next());
  }
}

TEST(CsvReaderTest, Numbers) {
  EXPECT_EQ(parseNumber("+1.5e2"), 150.0);
  EXPECT_EQ(parseNumber("-.5"), -0.5);
  EXPECT_EQ(parseNumber("1e-400"), 0.0);
  for (const char *word :
       {"", "+", "1e999", "nan", "inf", "1,5", "1 ", "0x10", "1.2.3", "+-1", "++1", "-+1"})
    EXPECT_EQ(parseNumber(word), std::nullopt) << word;
  EXPECT_EQ(parseInteger("+7"), 7);
  EXPECT_EQ(parseInteger("+-7"), std::nullopt);
}

TEST(CsvReaderTest, TextIsUtf8) {
  TemporaryFolder folder;
  std::string path = folder.path("t.csv");
  auto error = [&](const std::string &content) {
    writeFile(path, content);
    return errorOf([&] { readUtf8(path); });
  };
  EXPECT_EQ(error("\xff\xfe" + std::string("1\0,\0", 4)),
            path + ": it is in UTF-16: save it as UTF-8");
  EXPECT_EQ(error("\xfe\xff"), path + ": it is in UTF-16: save it as UTF-8");
  EXPECT_EQ(error(std::string("1\0,\0", 4)),
            path + ": byte 2 is zero: it is not text, or it is text in UTF-16: save it as UTF-8");
}

class CsvFieldsTest : public ::testing::Test {
protected:
  DataBlock block;
  DataSplit split;
  DataConventions conventions;
  TemporaryFolder folder;

  CsvFieldsTest() {
    block.name = "flowers";
    block.fields = {{"size", DType::F32, {2}, 0, {}}, {"kind", DType::I32, {}, 3, {}}};
    split.name = "train";
    split.reader = "csv";
    split.files = {"t.csv"};
  }
  Dataset read(const std::string &content) {
    writeFile(folder.path("t.csv"), content);
    return readSplit(block, split, folder.name(), conventions);
  }
  std::string error(const std::string &content) {
    conventions = {};
    std::string message = errorOf([&] { read(content); });
    EXPECT_TRUE(message.starts_with(folder.path("t.csv"))) << message;
    return message.substr(std::min(message.size(), folder.path("t.csv").size()));
  }
  static std::vector<double> values(const Dataset &data, const char *name) {
    const FieldData &field = *data.field(name);
    std::vector<double> result;
    for (size_t i = 0; i < field.bytes.size() / sizeOf(field.storage); ++i)
      result.push_back(loadElement(field.bytes.data(), field.storage, static_cast<int64_t>(i)));
    return result;
  }
  using Doubles = std::vector<double>;
};

TEST_F(CsvFieldsTest, LeftToRightWithoutHeader) {
  Dataset data = read("1,2,0\n3,4.5,2\n");
  EXPECT_EQ(data.examples, 2);
  EXPECT_EQ(values(data, "size"), (Doubles{1, 2, 3, 4.5}));
  EXPECT_EQ(values(data, "kind"), (Doubles{0, 2}));
  EXPECT_TRUE(conventions.classes.at("kind").empty());
}

TEST_F(CsvFieldsTest, ColumnsByNameAndNumber) {
  split.columns = {{"size", {std::string("b"), int64_t(0)}}, {"kind", {std::string("k")}}};
  Dataset data = read("a,b,k,more\n1,2,0,x\n3,4,1,y\n");
  EXPECT_EQ(values(data, "size"), (Doubles{2, 1, 4, 3}));
  EXPECT_EQ(values(data, "kind"), (Doubles{0, 1}));
}

TEST_F(CsvFieldsTest, ClassNamesAreSortedAndSharedWithTheTestSplit) {
  Dataset train = read("1,2,rose\n1,2,aster\n1,2,tulip\n1,2,aster\n");
  EXPECT_EQ(conventions.classes["kind"], (std::vector<std::string>{"aster", "rose", "tulip"}));
  EXPECT_EQ(values(train, "kind"), (Doubles{1, 0, 2, 0}));
  EXPECT_EQ(values(read("1,2,tulip\n"), "kind"), Doubles{2});
  writeFile(folder.path("t.csv"), "1,2,tulip\n1,2,roze\n");
  EXPECT_TRUE(contains(errorOf([&] { readSplit(block, split, folder.name(), conventions); }),
                       "t.csv:2: 'roze' is not a class of field 'kind', did you mean 'rose'?"));
}

TEST_F(CsvFieldsTest, DeclaredClassNamesKeepTheirOrder) {
  block.fields[1].classNames = {"tulip", "rose", "aster"};
  EXPECT_EQ(values(read("1,2,aster\n1,2,tulip\n1,2,rose\n"), "kind"), (Doubles{2, 0, 1}));
}

TEST_F(CsvFieldsTest, OnlyNamesCountOnceClassesHaveThem) {
  block.fields[1].classNames = {"tulip", "rose", "aster"};
  EXPECT_EQ(error("1,2,aster\n1,2,1\n"),
            ":2: '1' is not a class of field 'kind', they are tulip, rose, aster");
  block.fields[1].classNames = {"3", "5", "7"};
  conventions = {};
  EXPECT_EQ(values(read("1,2,5\n1,2,7.0\n"), "kind"), (Doubles{1, 2}));
  EXPECT_EQ(error("1,2,5\n1,2,1\n"), ":2: '1' is not a class of field 'kind', they are 3, 5, 7");
  block.fields[1].classNames.clear();
  conventions = {};
  read("1,2,1\n1,2,unknown\n1,2,2\n");
  EXPECT_EQ(conventions.classes["kind"], (std::vector<std::string>{"1", "2", "unknown"}));
  split.name = "test";
  writeFile(folder.path("t.csv"), "1,2,2\n1,2,0\n");
  EXPECT_TRUE(contains(errorOf([&] { readSplit(block, split, folder.name(), conventions); }),
                       "t.csv:2: '0' is not a class of field 'kind', they are 1, 2, unknown"));
}

TEST_F(CsvFieldsTest, TextIsUtf8) {
  for (const char *wrong :
       {"1,2,S\xFC"
        "d\n",
        "1,2,\xC0\xAF\n", "1,2,\xED\xA0\x80\n", "1,2,\xF4\x90\x80\x80\n", "1,2,\xE2\x82"})
    EXPECT_TRUE(contains(error(std::string("1,2,a\n") + wrong), ":2: byte 0x")) << wrong;
  conventions = {};
  read("1,2,S\xC3\xBC"
       "d\n1,2,\xE2\x82\xAC\n1,2,\xF0\x9F\x8C\xB7\n");
  EXPECT_EQ(conventions.classes["kind"].size(), 3u);
}

TEST_F(CsvFieldsTest, NumbersOfClassesAreWhole) {
  EXPECT_EQ(values(read("1,2,1.0\n1,2,2\n1,2,1\n1,2,+0e0\n"), "kind"), (Doubles{1, 2, 1, 0}));
  EXPECT_TRUE(conventions.classes.at("kind").empty());
  writeFile(folder.path("t.csv"), "1,2,1\n1,2,rose\n");
  split.name = "test";
  EXPECT_TRUE(contains(errorOf([&] { readSplit(block, split, folder.name(), conventions); }),
                       "t.csv:2: 'rose' is not a class of field 'kind': in the training data its "
                       "classes are numbers"));
  split.name = "train";
  EXPECT_EQ(
      error("1,2,1\n1,2,0.5\n1,2,0\n"),
      ":2: '0.5' is not a class of field 'kind': labels that are numbers are whole, from 0 on");
  EXPECT_EQ(
      error("1,2,1\n1,2,nan\n"),
      ":2: 'nan' is not a class of field 'kind': labels that are numbers are whole, from 0 on");
  EXPECT_EQ(error("1,2,1\n1,2,3000000000\n"), ":2: kind 3000000000 is outside 0..2");
  EXPECT_EQ(error("1,2,1\n1,2,99999999999999999999\n"),
            ":2: kind 99999999999999999999 is outside 0..2");
  block.fields[1].classes = int64_t(1) << 32;
  EXPECT_EQ(error("1,2,1\n1,2,3000000000\n"), ":2: kind 3000000000 is outside 0..2147483647");
}

TEST_F(CsvFieldsTest, FirstLinesOfValuesAreNoHeaders) {
  const char *hint = " (a header is announced by header = true)";
  EXPECT_EQ(error("nan,nan,nan\n1,2,0\n"),
            std::string(":1: 'nan' in column 0 is not a number") + hint);
  EXPECT_EQ(error("-Inf,x,y\n1,2,0\n"),
            std::string(":1: '-Inf' in column 0 is not a number") + hint);
  EXPECT_EQ(error("2020-01-01,x,y\n1,2,0\n"),
            std::string(":1: '2020-01-01' in column 0 is not a number") + hint);
  EXPECT_EQ(error("1,5;2,5;a\n"), std::string(":1: '1,5' in column 0 has a decimal comma, where a "
                                              "point is expected (csv takes decimal = \",\")") +
                                      hint);
  EXPECT_EQ(error("a;b;c\n1;2,5;0\n"), ":2: '2,5' in column 'b' has a decimal comma, where a point "
                                       "is expected (csv takes decimal = \",\")");
  EXPECT_EQ(error(",,\n1,2,0\n"), ":1: column 0 is empty");
  EXPECT_EQ(error("NA,NA,c\n1,2,0\n"), ":1: if this line is a header, two columns are named 'NA': "
                                       "say header = true or header = false");
  block.fields = {{"colour", DType::I32, {}, 2, {}}, {"size", DType::I32, {}, 2, {}}};
  EXPECT_EQ(error("red,small\nblue,large\n"),
            ":1: this line is a header or the first example: say header = true or header = false");
  EXPECT_EQ(read("size,colour\nblue,large\n").examples, 1);
  conventions = {};
  split.header = false;
  EXPECT_EQ(read("red,small\nblue,large\n").examples, 2);
}

// Such a row would vanish as a header.
TEST_F(CsvFieldsTest, AnExampleWithoutAValueIsNotAHeader) {
  for (const char *missing : {"", "NA", "?", "-", "null"})
    EXPECT_EQ(error(missing + std::string(",w,aster\n1,2,rose\n")),
              std::string(":1: this line is a header, or an example without a value for 'size' "
                          "(column 0 is '") +
                  missing + "'): say header = true or header = false");
  EXPECT_EQ(read("n.a,w,k\n1,2,0\n").examples, 1);
  split.columns = {{"size", {int64_t(1), int64_t(2)}}, {"kind", {int64_t(3)}}};
  EXPECT_EQ(read(",w,l,k\n7,1,2,0\n").examples, 1) << "the numbers of rows have no name";
  split.columns.clear();
  split.header = true;
  conventions = {};
  EXPECT_EQ(read("NA,w,k\n1,2,0\n").examples, 1);
}

TEST_F(CsvFieldsTest, HeadersAgreeWithTheTrainingData) {
  read("w,l,k\n1,2,0\n");
  EXPECT_EQ(conventions.columns["size"], (std::vector<std::string>{"w", "l"}));
  split.name = "test";
  EXPECT_EQ(read("1,2,0\n").examples, 1);
  EXPECT_EQ(read("w,l,k\n1,2,0\n").examples, 1);
  writeFile(folder.path("t.csv"), "l,w,k\n1,2,0\n");
  EXPECT_TRUE(
      contains(errorOf([&] { readSplit(block, split, folder.name(), conventions); }),
               "t.csv:1: column 0, for field 'size', is 'l', but 'w' in the training data"));
  split.columns = {{"size", {std::string("w"), std::string("l")}}, {"kind", {std::string("k")}}};
  EXPECT_EQ(values(read("l,w,k\n1,2,0\n"), "size"), (Doubles{2, 1}));
}

TEST_F(CsvFieldsTest, HeaderIsFoundOrSaid) {
  EXPECT_EQ(read("a,b,c\n1,2,0\n").examples, 1);
  split.header = true;
  EXPECT_EQ(read("1,2,0\n3,4,0\n").examples, 1);
  split.header = false;
  EXPECT_EQ(error("a,b,c\n1,2,0\n"), ":1: 'a' in column 0 is not a number");
}

TEST_F(CsvFieldsTest, SeveralFilesAreAppended) {
  split.files = {"t.csv", "u.csv"};
  writeFile(folder.path("u.csv"), gzip("a;b;c\n5;6;1\n"));
  EXPECT_EQ(values(read("1,2,0\n"), "size"), (Doubles{1, 2, 5, 6}));
}

TEST_F(CsvFieldsTest, ErrorsNameTheLine) {
  EXPECT_EQ(error("width,length,kind\n1,2,0\n\n1,many,0\n"),
            ":4: 'many' in column 'length' is not a number");
  EXPECT_EQ(error("1,2,0\n1,,0\n"), ":2: column 1 is empty");
  EXPECT_EQ(error("1,2,0\n1,nan,0\n"), ":2: 'nan' in column 1 is not a number");
  EXPECT_EQ(error("1,2,0\n1,2\n"), ":2: this line has 2 cells, the first one has 3");
  EXPECT_EQ(error("1,2,0\n1,2,3\n"), ":2: kind 3 is outside 0..2 (numbers of classes begin with 0, "
                                     "others are declared by class_names)");
  EXPECT_EQ(error("1,2,0\n1,2,4\n"), ":2: kind 4 is outside 0..2");
  EXPECT_EQ(error("1,2,0\n1,1e39,1\n"), ":2: '1e39' in column 1 is too large for f32");
  EXPECT_EQ(error("1,2,0\n1,+-2,1\n"), ":2: '+-2' in column 1 is not a number");
  EXPECT_EQ(error("a,b,c\n"), ": the train split of data 'flowers' has no examples");
  EXPECT_EQ(error("1,2,0\n1,2,-1\n"), ":2: kind -1 is outside 0..2");
  EXPECT_EQ(error("1,2,a\n1,2,b\n1,2,c\n1,2,d\n"),
            ":4: 'd' is one class too many: field 'kind' has 3, and there are 4 different names");
  EXPECT_EQ(error("1,2,3,0\n"),
            ": it has 4 columns, but the fields take 3: say which ones are meant");
  EXPECT_EQ(error(""), ": it is empty");
  split.columns = {{"size", {std::string("width"), int64_t(9)}}, {"kind", {int64_t(0)}}};
  EXPECT_EQ(error("with,length\n1,2\n"), ": there is no column 'width', did you mean 'with'?");
  EXPECT_EQ(error("\"wid\nth\",length\n1,2\n"),
            ": there is no column 'width', did you mean 'wid?th'?");
  EXPECT_EQ(error("width,length\n1,2\n"), ": there is no column 9, it has columns 0 to 1");
  split.columns = {{"size", {std::string("a"), std::string("b")}}, {"kind", {std::string("c")}}};
  EXPECT_EQ(error("a,b,c,a\n1,2,0,3\n"), ":1: there are two columns 'a'");
  EXPECT_EQ(read("a,b,c,d,d\n1,2,0,3,4\n").examples, 1);
}

TEST_F(CsvFieldsTest, IntegerFields) {
  block.fields = {{"size", DType::I32, {}, 0, {}}};
  EXPECT_EQ(values(read("x\n-3\n+4\n"), "size"), (Doubles{-3, 4}));
  EXPECT_EQ(error("1\n1.5\n"), ":2: '1.5' in column 0 is not an integer");
  EXPECT_EQ(error("1\n3000000000\n"),
            ":2: '3000000000' in column 0 is out of the range of an integer");
}

TEST(CsvCellTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(csvCell("plain"), "plain");
  EXPECT_EQ(csvCell("a \"b\", c"), "\"a \"\"b\"\", c\"");
}

} // namespace nnc::runtime
