#include "runtime/File.h"
#include "tests/runtime/Support.h"

#include <sys/stat.h>
#include <unistd.h>

namespace nnc::runtime {
using namespace test;

TEST(AtomicFileTest, ReplacesOnlyWhenCommitted) {
  TemporaryFolder folder;
  std::string path = folder.path("f");
  writeFile(path, "old");
  chmod(path.c_str(), 0640);
  {
    AtomicFile file(path);
    file.write("new content");
    EXPECT_EQ(readText(path), "old");
  }
  EXPECT_EQ(readText(path), "old");
  EXPECT_EQ(folder.entries(), std::vector<std::string>{"f"});
  AtomicFile file(path);
  file.write("new ");
  file.write("content");
  file.commit();
  EXPECT_EQ(readText(path), "new content");
  EXPECT_EQ(folder.entries(), std::vector<std::string>{"f"});
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(AtomicFileTest, KeepsSymbolicLinks) {
  TemporaryFolder folder;
  writeFile(folder.path("target"), "old");
  ASSERT_EQ(symlink("target", folder.path("link").c_str()), 0);
  AtomicFile file(folder.path("link"));
  file.write("new");
  file.commit();
  EXPECT_EQ(readText(folder.path("target")), "new");
}

TEST(AtomicFileTest, ReportsWhatCannotBeWritten) {
  TemporaryFolder folder;
  EXPECT_TRUE(contains(errorOf([&] { AtomicFile file(folder.path("missing/f")); }),
                       "no such file or directory"));
  EXPECT_TRUE(contains(errorOf([&] { AtomicFile file(folder.name()); }), "it is a folder"));
  EXPECT_EQ(errorOf([] {
              AtomicFile file("/dev/full");
              file.write("content");
              file.commit();
            }),
            "cannot write /dev/full: no space left on device");
}

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
}

} // namespace nnc::runtime
