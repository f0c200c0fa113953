#include "runtime/support/File.h"
#include "runtime/support/Suggestion.h"
#include "tests/runtime/Support.h"

namespace nnc::runtime {
using namespace test;

TEST(FileTest, ReadErrors) {
  TemporaryFolder folder;
  EXPECT_EQ(errorOf([&] { readFile(folder.path("no")); }),
            folder.path("no") + ": no such file or directory");
  EXPECT_EQ(errorOf([&] { readFile(folder.name()); }), folder.name() + ": is a directory");
}

TEST(FileTest, DecompressesLargeFiles) {
  TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 300000; ++i)
    content += std::to_string(i);
  writeFile(folder.path("f"), gzip(content));
  Bytes bytes = readFileOrGz(folder.path("f"));
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), content);
}

TEST(FileTest, Names) {
  EXPECT_EQ(joinPath("a/b", "c"), "a/b/c");
  EXPECT_EQ(joinPath("a/", "c"), "a/c");
  EXPECT_EQ(joinPath("a", "/c"), "/c");
  EXPECT_EQ(joinPath("", "c"), "c");
  EXPECT_EQ(extensionOf("a.b/c.CSV"), ".csv");
  EXPECT_EQ(extensionOf("a.b/c"), "");
}

TEST(ErrorTest, SuggestsOnlyWhatIsNear) {
  std::vector<std::string> known{"optimizer.rate", "optimizer.mu", "batch"};
  EXPECT_EQ(suggestion("optimizer.rat", known), ", did you mean 'optimizer.rate'?");
  EXPECT_EQ(suggestion("rate", known), ", did you mean 'optimizer.rate'?");
  EXPECT_EQ(suggestion("colour", known), "");
  EXPECT_EQ(suggestion("mu", known), ", did you mean 'optimizer.mu'?");
  known = {"a", "b", "xy"};
  EXPECT_EQ(suggestion("c", known), "");
  EXPECT_EQ(suggestion("A", known), ", did you mean 'a'?");
  EXPECT_EQ(suggestion("zw", known), "");
  EXPECT_EQ(suggestion("xz", known), ", did you mean 'xy'?");
}

} // namespace nnc::runtime
