// Data that is larger than memory: the same examples as in memory, an order that is a function of
// its place, and a bound of what the process keeps.
#include "runtime/data/DataHash.h"
#include "runtime/data/Npy.h"
#include "runtime/data/Order.h"
#include "tests/runtime/Support.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <sstream>

namespace nnc::runtime {
using namespace test;

namespace {

/// Bytes of files that the process has in memory.
int64_t residentBytes() {
  std::istringstream numbers(readText("/proc/self/statm"));
  int64_t size, resident, shared;
  numbers >> size >> resident >> shared;
  return shared * 4096;
}

Transform transformOf(Transform::Kind kind, Transform::Policy policy = Transform::Policy::None) {
  Transform transform;
  transform.kind = kind;
  transform.policy = policy;
  return transform;
}

} // namespace

class LargeDataTest : public ::testing::Test {
protected:
  TemporaryFolder folder;
  DataBlock block;
  DataSplit split;
  Recipe recipe;

  LargeDataTest() {
    block.name = "d";
    block.fields = {{"x", DType::F32, {2}, 0, {}}, {"label", DType::I32, {}, 3, {}}};
    split.name = "train";
    recipe.data = "d";
    recipe.batch = 4;
  }
  Dataset read(int64_t memory, DataConventions &conventions) {
    split.memory = memory;
    return readSplit(block, split, folder.name(), conventions, &recipe);
  }
  Dataset read(int64_t memory) {
    DataConventions conventions;
    return read(memory, conventions);
  }
  /// The message of a refusal in both modes, which is the same.
  std::string error() {
    const std::string message = errorOf([&] { read(0); });
    EXPECT_EQ(errorOf([&] { read(1'000'000); }), message);
    return message;
  }
  static void expectSame(const Dataset &one, const Dataset &other) {
    ASSERT_EQ(one.examples, other.examples);
    ASSERT_EQ(one.fields.size(), other.fields.size());
    for (size_t field = 0; field < one.fields.size(); ++field)
      for (int64_t row = 0; row < one.examples; ++row)
        for (int64_t i = 0; i < elementCount(one.fields[field].shape); ++i)
          ASSERT_EQ(loadElement(one.fields[field].data(row), one.fields[field].storage, i),
                    loadElement(other.fields[field].data(row), other.fields[field].storage, i))
              << one.fields[field].name << " of " << row;
  }
  void writeNpy(const std::string &name, DType dtype, const Shape &shape) {
    const int64_t count = elementCount(shape);
    std::vector<double> numbers;
    for (int64_t i = 0; i < count; ++i)
      numbers.push_back(static_cast<double>(i % 3));
    Bytes bytes(static_cast<size_t>(count) * sizeOf(dtype));
    convertElements(reinterpret_cast<const char *>(numbers.data()), DType::F64, bytes.data(), dtype,
                    count);
    writeFile(folder.path(name), formatNpy(dtype, shape, bytes.data()));
  }
};

TEST_F(LargeDataTest, ArraysHaveTheSameExamples) {
  split.reader = "npy";
  split.files = {"x.npy", "label.npy"};
  split.dropLast = 3;
  for (DType x : {DType::F32, DType::F64, DType::U8, DType::I32})
    for (DType label : {DType::U8, DType::I32, DType::I64}) {
      writeNpy("x.npy", x, {50, 2});
      writeNpy("label.npy", label, {50});
      expectSame(read(0), read(1'000'000));
    }
  // Types that are converted.
  std::string halves = readText(folder.path("x.npy"));
  halves.replace(halves.find("<i4"), 3, ">i4");
  for (size_t i = halves.size() - 400; i < halves.size(); i += 4)
    std::reverse(halves.begin() + static_cast<std::ptrdiff_t>(i),
                 halves.begin() + static_cast<std::ptrdiff_t>(i + 4));
  writeFile(folder.path("x.npy"), halves);
  const Dataset memory = read(0), large = read(1'000'000);
  expectSame(memory, large);
  EXPECT_EQ(loadElement(large.fields[0].data(1), large.fields[0].storage, 0), 2);
}

TEST_F(LargeDataTest, ArraysAreRefusedInTheSameWords) {
  split.reader = "npy";
  split.files = {"x.npy", "label.npy"};
  writeNpy("x.npy", DType::F32, {50, 2});
  writeNpy("label.npy", DType::F32, {50});
  EXPECT_TRUE(contains(error(), "it holds floats"));
  writeNpy("label.npy", DType::U8, {49});
  EXPECT_TRUE(contains(error(), "holds 49 examples"));
  writeNpy("label.npy", DType::U8, {50, 2});
  EXPECT_TRUE(contains(error(), "each example is 2"));
  std::string wrong = readText(folder.path("x.npy"));
  writeNpy("label.npy", DType::U8, {50});
  std::string label = readText(folder.path("label.npy"));
  label[label.size() - 5] = 7;
  writeFile(folder.path("label.npy"), label);
  EXPECT_TRUE(contains(error(), "label of example 45 is 7, which is outside 0..2"));
  writeFile(folder.path("label.npy"), gzip(label));
  EXPECT_TRUE(contains(errorOf([&] { read(1'000'000); }), "label.npy: it is compressed"));
  label.replace(label.find("False"), 5, "True ");
  label.replace(label.find("(50, )"), 6, "(25,2)");
  writeFile(folder.path("label.npy"), label);
  EXPECT_TRUE(contains(errorOf([&] { read(1'000'000); }), "holds 25 examples"));
}

TEST_F(LargeDataTest, TablesHaveTheSameExamples) {
  // Names of classes, gaps, quotes with line ends, comments with quotes, rows that are dropped; the
  // parts are of 64 KB.
  std::string table = "a,size,kind,when\n";
  for (int i = 0; i < 20000; ++i)
    table += text("%s%g,%s,%s,2024-01-%02d\n", i % 50 ? "" : "# it's \" a comment\n", i * 0.37,
                  i % 7 ? std::to_string(i + 1).c_str() : "?",
                  i % 3 == 0   ? "\"rose, \n\"\"red\"\"\""
                  : i % 3 == 1 ? "aster"
                               : "tulip",
                  1 + i % 28);
  writeFile(folder.path("t.csv"), table);
  split.reader = "csv";
  split.files = {"t.csv"};
  split.header = true;
  split.comment = "#";
  recipe.validate = 0.2;
  block.fields = {{"a", DType::F32, {}, 0, {}},
                  {"size", DType::F32, {}, 0, {}},
                  {"kind", DType::I32, {}, 3, {}},
                  {"when", DType::F64, {}, 0, {}}};
  for (const DataField &field : block.fields)
    split.columns[field.name] = {field.name};
  using Kind = Transform::Kind;
  Transform missing = transformOf(Kind::Missing, Transform::Policy::Mean);
  missing.marks = {"?"};
  block.fields[1].transforms = {missing, transformOf(Kind::Log1p), transformOf(Kind::Standardize)};
  block.fields[3].transforms = {transformOf(Kind::Date), transformOf(Kind::MinMax)};
  block.splits = {split};
  block.splits.emplace_back(split).name = "validation"; // all rows are trained on
  DataConventions conventions, largeConventions;
  const Dataset memory = read(0, conventions), large = read(1'000'000, largeConventions);
  expectSame(memory, large);
  EXPECT_EQ(largeConventions.classes, conventions.classes);
  EXPECT_EQ(largeConventions.statistics, conventions.statistics);
  EXPECT_EQ(large.gaps, memory.gaps);
  block.fields[1].transforms[0].policy = Transform::Policy::Drop;
  expectSame(read(0), read(1'000'000));
  EXPECT_EQ(read(1'000'000).dropped, 2858);
  block.fields[1].transforms[0].policy = Transform::Policy::Mean;
  // Statistics are learnt from the rows that are trained on.
  block.splits.pop_back();
  DataConventions ofPart;
  const Dataset part = read(1'000'000, ofPart);
  EXPECT_EQ(part.split->train.size(), 16000);
  EXPECT_NE(ofPart.statistics, conventions.statistics);
}

TEST_F(LargeDataTest, TransformsLearnTheSame) {
  // Numbers that are all different, few, and negative; categories with gaps, some of which the rows
  // that are trained on lack; gaps at the beginning and at the end.
  std::string table = "many,few,kind,colour,part\n";
  for (int i = 0; i < 30000; ++i) {
    const bool isGap = i < 3 || i % 11 == 5 || i > 29995;
    table += isGap ? "?,?,?,?"
                   : text("%.17g,%d,k%d,c%d", std::sin(i) * std::pow(10, i % 40 - 20),
                          i * i % 17 - 8, i % 83 == 7 ? 5 : i % 4, i * i % 6);
    table += text(",%d\n", i / 300);
  }
  writeFile(folder.path("t.csv"), table);
  split.reader = "csv";
  split.files = {"t.csv"};
  split.header = true;
  split.missing = {"?"};
  recipe.validate = 0.25;
  recipe.validateBy = {Selection::Manner::Grouped, "part"};
  block.fields = {{"many", DType::F32, {}, 0, {}},
                  {"few", DType::F64, {}, 0, {}},
                  {"kind", DType::I32, {}, 7, {}},
                  {"colour", DType::F32, {9}, 0, {}},
                  {"part", DType::I32, {}, 0, {}}};
  block.fields[2].categories = block.fields[3].categories = block.fields[3].oneHot = true;
  for (const DataField &field : block.fields)
    split.columns[field.name] = {field.name};
  block.splits = {split};
  using Kind = Transform::Kind;
  using Policy = Transform::Policy;
  for (Policy policy : {Policy::Median, Policy::MostFrequent, Policy::Previous}) {
    const bool isMedian = policy == Policy::Median;
    block.fields[0].transforms = {transformOf(Kind::Missing, policy),
                                  transformOf(Kind::Standardize)};
    block.fields[1].transforms = {transformOf(Kind::Missing, policy), transformOf(Kind::MinMax)};
    block.fields[2].transforms = {
        transformOf(Kind::Missing, isMedian ? Policy::Category : policy),
        transformOf(Kind::Unknown, isMedian ? Policy::Category : Policy::MostFrequent)};
    block.fields[3].transforms = {transformOf(Kind::Missing, isMedian ? Policy::Zeros : policy),
                                  transformOf(Kind::Unknown, Policy::Zeros)};
    DataConventions conventions, largeConventions;
    const Dataset memory = read(0, conventions), large = read(1'000'000, largeConventions);
    ASSERT_TRUE(large.fields[0].file && large.fields[2].file && large.fields[3].file);
    expectSame(memory, large);
    EXPECT_EQ(largeConventions.classes, conventions.classes);
    EXPECT_EQ(largeConventions.statistics, conventions.statistics);
    EXPECT_EQ(large.unknown, memory.unknown);
    EXPECT_EQ(large.split->validation.toList(), memory.split->validation.toList());
    if (policy == Policy::Previous)
      continue;
    // By sorting.
    std::vector<std::vector<double>> values(2);
    memory.split->train.forEach([&](int64_t i) {
      if (i < 3 || i % 11 == 5 || i > 29995)
        return;
      values[0].push_back(std::sin(static_cast<double>(i)) *
                          std::pow(10, static_cast<double>(i % 40 - 20)));
      values[1].push_back(static_cast<double>(i * i % 17 - 8));
    });
    std::map<double, int64_t> counts;
    for (double value : values[1])
      ++counts[value];
    for (std::vector<double> &one : values)
      std::ranges::sort(one);
    const size_t count = values[0].size();
    const double few =
        std::ranges::max_element(counts, {}, [](auto one) { return one.second; })->first;
    for (size_t i = 0; i < 2; ++i)
      EXPECT_EQ(conventions.statistics[i ? "few" : "many"][0][0],
                isMedian ? values[i][(count - 1) / 2] / 2 + values[i][count / 2] / 2
                : i      ? few
                         : values[0][0]);
  }
  EXPECT_EQ(errorOf([&] {
              recipe.validateBy.field = "none";
              read(1'000'000);
            }),
            "data 'd' has no field 'none'");
}

TEST_F(LargeDataTest, HeldOutExamplesAreThoseOfDataInMemory) {
  split.reader = "npy";
  split.files = {"x.npy", "label.npy", "when.npy"};
  block.fields.push_back({"when", DType::F32, {}, 0, {}});
  writeNpy("x.npy", DType::F32, {6000, 2});
  writeNpy("label.npy", DType::U8, {6000});
  writeNpy("when.npy", DType::F32, {6000});
  recipe.validate = 0.1;
  using Manner = Selection::Manner;
  for (const Selection &selection :
       {Selection{Manner::Random, ""}, Selection{Manner::Stratified, "label"},
        Selection{Manner::Grouped, "label"}, Selection{Manner::Latest, "when"},
        Selection{Manner::Latest, ""}})
    for (const Fold &fold : {Fold{}, Fold{1, 3}}) {
      recipe.validateBy = selection;
      auto choose = [&](int64_t memory) {
        split.memory = memory;
        DataConventions conventions;
        return *readSplit(block, split, folder.name(), conventions, &recipe, fold).split;
      };
      const Split memory = choose(0), large = choose(1'000'000);
      EXPECT_EQ(large.validation.size(), memory.validation.size());
      if (fold.count || selection.manner != Manner::Random) {
        EXPECT_EQ(large.validation.toList(), memory.validation.toList());
        EXPECT_EQ(large.train.toList(), memory.train.toList());
      }
    }
}

TEST_F(LargeDataTest, DrawsAreByWeightsWithinGroups) {
  split.reader = "npy";
  split.files = {"x.npy", "label.npy"};
  constexpr int64_t count = 90'001;
  block.fields[1] = {"weight", DType::F32, {}, 0, {}};
  recipe.sample = {Selection::Manner::Weighted, "weight"};
  writeNpy("x.npy", DType::F32, {count, 2});
  writeNpy("label.npy", DType::F32, {count}); // weights of 0, 1 and 2
  const Dataset data = read(1'000'000);
  ASSERT_EQ(data.weights.size(), size_t{count});
  Order order(data, RowSet::all(count));
  auto take = [&](uint32_t epoch, int64_t batch) {
    order.begin(true, 5, epoch);
    Rows rows;
    for (int64_t at = 0; at < count; at += batch) {
      const int64_t *part = order.batch(at, std::min(batch, count - at));
      rows.insert(rows.end(), part, part + std::min(batch, count - at));
    }
    return rows;
  };
  const Rows first = take(0, 64);
  EXPECT_EQ(take(0, 50'000), first);
  EXPECT_NE(take(1, 64), first);
  order.begin(true, 5, 0);
  EXPECT_TRUE(std::equal(first.begin() + 77'777, first.begin() + 77'800, order.batch(77'777, 23)));
  std::vector<int64_t> counts(3), parts(9);
  std::set<int64_t> blocks;
  for (int64_t row : first) {
    ++counts[static_cast<size_t>(row % 3)];
    ++parts[static_cast<size_t>(row / 10'001)];
  }
  EXPECT_EQ(counts[0], 0);
  EXPECT_NEAR(static_cast<double>(counts[2]), count / 3.0 * 2, 4 * std::sqrt(count * 2 / 9.0));
  for (int64_t part : parts)
    EXPECT_NEAR(static_cast<double>(part), count / 9.0, 450);
  // The first group is from four blocks.
  for (size_t i = 0; i < 12'000; ++i)
    blocks.insert(first[i] / 3348);
  EXPECT_EQ(blocks.size(), 4u);
  // Data within the bound is drawn as in memory.
  writeNpy("x.npy", DType::F32, {1000, 2});
  writeNpy("label.npy", DType::F32, {1000});
  const Dataset memory = read(0), large = read(1'000'000);
  Order one(memory, RowSet::all(1000)), other(large, RowSet::all(1000));
  one.begin(true, 3, 2);
  other.begin(true, 3, 2);
  EXPECT_TRUE(std::equal(one.batch(0, 1000), one.batch(0, 1000) + 1000, other.batch(0, 1000)));
}

TEST_F(LargeDataTest, ErrorsOfTablesNameTheLine) {
  split.reader = "csv";
  split.files = {"t.csv"};
  block.fields = {{"a", DType::F32, {}, 0, {}}, {"b", DType::F32, {}, 0, {}}};
  std::string table;
  for (int i = 0; i < 30000; ++i)
    table += "1,2\r\n";
  for (const char *wrong : {"3,x\r\n", "3\r\n", "\"3,4\n\n", "3,\xff\n"}) {
    writeFile(folder.path("t.csv"), table + wrong);
    EXPECT_TRUE(contains(error(), "t.csv:30001"));
  }
  writeFile(folder.path("t.csv"), "\n\n");
  EXPECT_TRUE(contains(error(), "it is empty"));
  // A byte order mark is one at the beginning of the file alone, not of a part.
  writeFile(folder.path("t.csv"), table + "\xEF\xBB\xBF"
                                          "3,4\r\n");
  EXPECT_TRUE(contains(error(), "t.csv:30001"));
  std::ranges::replace(table, '\n', ' '); // lines that end with a carriage return alone
  std::erase(table, ' ');
  writeFile(folder.path("t.csv"), table);
  EXPECT_EQ(read(1'000'000).examples, 30000);
}

TEST_F(LargeDataTest, TheOrderIsAFunctionOfItsPlace) {
  split.reader = "npy";
  split.files = {"x.npy", "label.npy"};
  // 2 floats, a byte and 16 bytes for its number: a group of 3/8 of a bound of 1 MB has 15,000.
  constexpr int64_t count = 90'001;
  writeNpy("x.npy", DType::F32, {count, 2});
  writeNpy("label.npy", DType::U8, {count});
  const Dataset data = read(1'000'000);
  Order order(data, RowSet::all(count));
  auto take = [&](uint32_t epoch, int64_t batch) {
    order.begin(true, 5, epoch);
    Rows rows;
    for (int64_t at = 0; at < count; at += batch) {
      const int64_t *part = order.batch(at, std::min(batch, count - at));
      rows.insert(rows.end(), part, part + std::min(batch, count - at));
    }
    return rows;
  };
  const Rows first = take(0, 64), second = take(1, 64);
  EXPECT_NE(first, second);
  EXPECT_EQ(take(0, 64), first);
  EXPECT_EQ(take(0, 50'000), first) << "batches that are larger than a group";
  Rows sorted = first;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, inOrder(count));
  // A resumed run begins anywhere.
  order.begin(true, 5, 0);
  EXPECT_TRUE(std::equal(first.begin() + 77'777, first.begin() + 77'800, order.batch(77'777, 23)));
  EXPECT_TRUE(std::equal(first.begin() + 10, first.begin() + 20, order.batch(10, 10)));
  // A group comes from several places of the file, and its examples are mixed.
  std::set<int64_t> blocks;
  for (size_t i = 0; i < 64; ++i)
    blocks.insert(first[i] / 3750);
  EXPECT_EQ(blocks.size(), 4u);
  // The first group is whole blocks of 3750 examples, but for the last of them.
  std::map<int64_t, int64_t> counts;
  for (size_t i = 0; i < 15'000; ++i)
    ++counts[first[i] / 3750];
  EXPECT_LE(std::ranges::count_if(counts, [](auto one) { return one.second != 3750; }), 2);
  order.begin(false, 5, 0);
  EXPECT_EQ(order.batch(44'444, 1)[0], 44'444);
}

TEST_F(LargeDataTest, DataBelowItsBoundIsShuffledAsInMemory) {
  split.reader = "npy";
  split.files = {"x.npy", "label.npy"};
  writeNpy("x.npy", DType::F32, {1000, 2});
  writeNpy("label.npy", DType::U8, {1000});
  const Dataset memory = read(0), large = read(1'000'000);
  Order one(memory, RowSet::all(1000)), other(large, RowSet::all(1000));
  one.begin(true, 3, 2);
  other.begin(true, 3, 2);
  EXPECT_TRUE(std::equal(one.batch(0, 1000), one.batch(0, 1000) + 1000, other.batch(0, 1000)));
  EXPECT_EQ(hashOf(memory), hashOf(large)) << "a run may go on with another bound";
}

TEST_F(LargeDataTest, ThePagesOfAFileAreGivenBack) {
  constexpr size_t size = 64 << 20;
  TemporaryData data;
  const std::string zeros(1 << 20, 'a');
  for (size_t i = 0; i < size; i += zeros.size())
    data.append(zeros.data(), zeros.size());
  const std::shared_ptr<const MappedFile> file = data.map();
  ASSERT_EQ(file->size(), size);
  const int64_t before = residentBytes();
  MappedFile::limit(static_cast<size_t>(before) + (4 << 20));
  int64_t most = 0, sum = 0;
  for (size_t i = 0; i < size; i += 4096) {
    sum += file->data()[i];
    if (i % (1 << 18) == 0)
      MappedFile::keepBound();
    most = std::max(most, residentBytes() - before);
  }
  EXPECT_EQ(sum, 'a' * int64_t{size / 4096});
  EXPECT_LT(most, 6 << 20);
}

TEST_F(LargeDataTest, AFileThatIsCutEndsTheProcessWithAMessage) {
  writeFile(folder.path("f"), std::string(1 << 20, 'a'));
  EXPECT_EXIT(
      {
        const std::shared_ptr<const MappedFile> file = MappedFile::open(folder.path("f"));
        writeFile(folder.path("f"), "");
        volatile char last = file->data()[(1 << 20) - 1];
        (void)last;
      },
      ::testing::ExitedWithCode(1),
      "error: " + folder.path("f") + ": it was cut, or could not be read, while it was used");
}

} // namespace nnc::runtime
