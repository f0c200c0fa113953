// `predict` of a real executable, in every format.
#include "runtime/cli/Predictions.h"
#include "runtime/data/Npy.h"
#include "runtime/support/Json.h"
#include "tests/runtime/Support.h"

#include <cstring>
#include <sstream>

namespace nnc::runtime {
using namespace test;

class PredictTest : public ::testing::Test {
protected:
  TemporaryFolder folder;

  PredictTest() {
    writeFile(folder.path("train.csv"), flowers(20));
    writeFile(folder.path("test.csv"), flowers(5, 60));
    EXPECT_EQ(run({TEST_MODEL, "train", "--data", ".", "--epochs", "10", "--quiet"},
                  {.folder = folder.name()})
                  .status,
              0);
  }
  ProcessResult predict(std::vector<std::string> words, const std::string &input = "") {
    words.insert(words.begin(), {TEST_MODEL, "predict"});
    return run(words, {.folder = folder.name(), .input = input});
  }
  std::string error(const std::string &file, const std::string &content) {
    writeFile(folder.path(file), content);
    ProcessResult result = predict({file});
    EXPECT_NE(result.status, 0);
    EXPECT_EQ(result.out, "");
    return result.err;
  }
};

// The centres of the three clusters.
static const std::string centres = "0,1\n1,0\n-1,-1\n";

TEST_F(PredictTest, CsvToStandardOutput) {
  ProcessResult result = predict({"-"}, centres);
  ASSERT_EQ(result.status, 0) << result.err;
  std::istringstream lines(result.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "species,confidence,scores.aster,scores.rose,scores.tulip");
  for (const char *name : {"tulip,0.", "aster,0.", "rose,0."}) {
    std::getline(lines, line);
    EXPECT_TRUE(line.starts_with(name)) << line;
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(PredictTest, AMinusIsAStreamAlsoBesideAFileOfThatName) {
  std::string reference = predict({"-"}, centres).out;
  writeFile(folder.path("-"), "no table");
  EXPECT_EQ(predict({"-"}, centres).out, reference);
  EXPECT_EQ(predict({"-", "-o", "-"}, centres).out, reference);
  EXPECT_EQ(readText(folder.path("-")), "no table");
}

TEST_F(PredictTest, FindsColumnsAsInTraining) {
  std::string reference = predict({"-", "--select", "species"}, centres).out;
  EXPECT_EQ(reference, "species\ntulip\naster\nrose\n");
  writeFile(folder.path("named.csv"), "length,height,width\n1,9,0\n0,9,1\n-1,9,-1\n");
  EXPECT_EQ(predict({"named.csv", "--select", "species"}).out, reference);
  writeFile(folder.path("whole.csv"), "width,length,height,species\n0,1,9,?\n1,0,9,?\n-1,-1,9,?\n");
  EXPECT_EQ(predict({"whole.csv", "--select", "species"}).out, reference);
}

TEST_F(PredictTest, HeadersHaveTheNamesOfTheTrainingData) {
  EXPECT_TRUE(contains(error("a.csv", "width,lenght\n1,2\n"),
                       "a.csv:1: its header (width, lenght) has no column 'length' of the training "
                       "data (width, length)"));
  EXPECT_TRUE(contains(error("a.csv", "width,length,width\n1,2,3\n"),
                       "a.csv:1: there are two columns 'width'"));
}

TEST_F(PredictTest, AllFormatsAgree) {
  std::string reference = predict({"-"}, centres).out;
  const float values[6] = {0, 1, 1, 0, -1, -1};
  writeFile(folder.path("a.npy"),
            formatNpy(DType::F32, {3, 2}, reinterpret_cast<const char *>(values)));
  writeFile(folder.path("a.json"),
            R"([{"features": [0, 1]}, [1, 0], {"features": [-1, -1], "more": 1}])");
  writeFile(folder.path("a.csv.gz"), gzip(centres));
  writeFile(folder.path("one.npy"),
            formatNpy(DType::F32, {2}, reinterpret_cast<const char *>(values)));
  writeFile(folder.path("rest.csv"), "1,0\n-1,-1\n");
  EXPECT_EQ(predict({"a.npy"}).out, reference);
  EXPECT_EQ(predict({"a.json"}).out, reference);
  EXPECT_EQ(predict({"a.csv.gz"}).out, reference);
  EXPECT_EQ(predict({"one.npy", "rest.csv", "--threads", "2"}).out, reference);
}

TEST_F(PredictTest, WritesJson) {
  ASSERT_EQ(predict({"-", "-o", "out.json"}, centres).status, 0);
  Json json = parseJson(readText(folder.path("out.json")), "out");
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[1]["species"], "aster");
  EXPECT_EQ(json[1]["scores"][0], json[1]["confidence"]);
}

TEST_F(PredictTest, DrawsSvg) {
  ASSERT_EQ(predict({"-", "-o", "out.svg", "--select", "scores"}, centres).status, 0);
  const std::string picture = readText(folder.path("out.svg"));
  EXPECT_TRUE(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\""));
  EXPECT_TRUE(picture.ends_with("</svg>\n"));
  EXPECT_TRUE(contains(picture, ">aster</text>"));
  ASSERT_EQ(predict({"-", "-o", "out.json", "--select", "scores"}, centres).status, 0);
  const Json json = parseJson(readText(folder.path("out.json")), "out");
  for (const Json &example : json)
    for (const Json &score : example["scores"])
      if (score > 0.01)
        EXPECT_TRUE(contains(picture, text("<title>%.4g</title>", score.get<double>())));
  EXPECT_TRUE(contains(predict({"-", "-o", "out.svg"}, centres).err,
                       "an .svg file draws outputs that have dimensions, and 'species' is one "
                       "number; --select another one"));
}

TEST(PictureTest, LeavesPaddingOutAndEscapesLabels) {
  const float numbers[2 * 2 * 3] = {1, -0.5, 9, 0.25, 0, 9, 0.125, 9, 9, 9, 9, 9};
  Prediction weights;
  weights.name = "w";
  weights.shape = {2, 3};
  weights.bytes.assign(reinterpret_cast<const char *>(numbers),
                       reinterpret_cast<const char *>(numbers) + sizeof numbers);
  weights.lengths = {{0, {2, 1}}, {1, {2, 1}}};
  weights.labels = {{1, {{"<start>", "a\t&"}, {" b"}}}};
  const std::string picture = formatSvg({weights}, 2);
  auto count = [&](const std::string &word) {
    size_t found = 0;
    for (size_t at = picture.find(word); at != std::string::npos; at = picture.find(word, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("<title>"), 4u) << "neither the 0 nor the padding";
  EXPECT_EQ(count("fill=\"darkred\" fill-opacity=\"0.50\"><title>-0.5</title>"), 1u);
  EXPECT_EQ(count("fill=\"navy\" fill-opacity=\"1.00\"><title>0.125</title>"), 1u)
      << "beside the largest of its own matrix";
  EXPECT_EQ(count(">&lt;start&gt;</text>"), 1u);
  EXPECT_EQ(count(">a\ufffd&amp;</text>"), 1u);
  EXPECT_EQ(count(">\u2423b</text>"), 1u);
  EXPECT_EQ(count(">1</text>"), 1u) << "rows without labels have their numbers";
}

TEST_F(PredictTest, WritesNpy) {
  ASSERT_EQ(predict({"-", "-o", "out.npy", "--select", "species"}, centres).status, 0);
  Array species = readNpy(folder.path("out.npy"));
  EXPECT_EQ(species.shape, Shape{3});
  EXPECT_EQ(loadElement(species.bytes.data(), species.dtype, 0), 2);
  ASSERT_EQ(predict({"test.csv", "-o", "out.npy", "--select", "scores"}).status, 0);
  Array scores = readNpy(folder.path("out.npy"));
  EXPECT_EQ(scores.shape, (Shape{15, 3})) << "two batches, the last one partial";
  for (int64_t i = 0; i < 15; ++i) {
    double sum = 0;
    for (int64_t c = 0; c < 3; ++c)
      sum += loadElement(scores.bytes.data(), scores.dtype, i * 3 + c);
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  EXPECT_TRUE(contains(predict({"-", "-o", "out.npy"}, centres).err, "--select one"));
}

TEST_F(PredictTest, RejectsBadInput) {
  EXPECT_TRUE(
      contains(error("a.csv", "1,2,3\n"), "a.csv: it has 3 columns, but the fields take 2"));
  EXPECT_TRUE(contains(error("a.csv", "1,2\n1,x\n"), "a.csv:2: 'x' in column 1 is not a number"));
  EXPECT_TRUE(contains(error("a.csv", ""), "a.csv: it is empty"));
  EXPECT_TRUE(contains(error("a.csv", "width,length\n"), "a.csv: it holds no examples"));
  EXPECT_TRUE(contains(error("a.json", "[[1,2,3]]"),
                       "example 0: \"features\" has the shape 3, the model takes 2"));
  EXPECT_TRUE(contains(error("a.json", "[{\"x\":1}]"), "example 0 has no \"features\""));
  EXPECT_TRUE(contains(error("a.json", "[[1,\"b\"]]"), "something other than numbers"));
  EXPECT_TRUE(contains(error("a.json", "[[1,2]\n,"), "a.json: not valid JSON (line 2"));
  EXPECT_TRUE(contains(error("a.json", "[[1,[2]]]"), "arrays of different lengths or depths"));
  EXPECT_TRUE(contains(error("a.json", "[[[1],2]]"), "arrays of different lengths or depths"));
  EXPECT_TRUE(contains(error("a.json", "[[1,1e39]]"), "holds 1e+39, which is too large for f32"));
  EXPECT_TRUE(contains(error("a.json", "[[1,\n1e999]]"),
                       "a.json: a number in the JSON is out of range (line 2, byte 10)"));
  EXPECT_TRUE(contains(error("a.json", "\xff\xfe[\0"), "a.json: it is in UTF-16"));
  EXPECT_TRUE(contains(error("a.npy", "nonsense"), "a.npy: not an NPY file"));
  const unsigned char bytes[2] = {0, 255};
  EXPECT_TRUE(contains(
      error("a.npy", formatNpy(DType::U8, {1, 2}, reinterpret_cast<const char *>(bytes))),
      "a.npy: it holds bytes, which would be divided by 255, but field 'features' was trained on "
      "other numbers"));
  EXPECT_TRUE(contains(error("a.gif", "x"), "unknown kind of file"));
  EXPECT_TRUE(contains(error("a.png", "x"), "a.png: an image is one input, float[rows, columns]"));
  EXPECT_TRUE(
      contains(predict({"-", "--select", "specie"}, centres).err, "did you mean 'species'?"));
  EXPECT_TRUE(contains(predict({"-", "-o", "x.txt"}, centres).err, "unknown kind of file"));
  EXPECT_EQ(predict({}).status, 2);
}

} // namespace nnc::runtime
