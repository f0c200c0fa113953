#include "runtime/support/AtomicFile.h"
#include "tests/runtime/Support.h"

#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nnc::runtime {
using namespace test;

using Names = std::vector<std::string>;

static void replace(const std::string &path, const std::string &content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

static mode_t modeOf(const std::string &path) {
  struct stat status = {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST(AtomicFileTest, ReplacesOnlyWhenCommitted) {
  TemporaryFolder folder;
  std::string path = folder.path("f");
  writeFile(path, "old");
  {
    AtomicFile file(path);
    file.write("new content");
    EXPECT_EQ(readText(path), "old");
  }
  EXPECT_EQ(readText(path), "old");
  EXPECT_EQ(folder.entries(), Names{"f"});
  AtomicFile file(path);
  file.write("new ");
  file.write("content");
  file.commit();
  EXPECT_EQ(readText(path), "new content");
  EXPECT_EQ(folder.entries(), Names{"f"});
}

TEST(AtomicFileTest, KeepsPermissionsWithoutSpecialBits) {
  TemporaryFolder folder;
  std::string path = folder.path("f");
  mode_t mask = umask(027);
  replace(path, "new");
  umask(mask);
  EXPECT_EQ(modeOf(path), 0640u);
  for (mode_t mode : {0604u, 06755u, 01700u}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    replace(path, "newer");
    EXPECT_EQ(modeOf(path), mode & 0777);
  }
}

TEST(AtomicFileTest, KeepsSymbolicLinks) {
  TemporaryFolder folder;
  writeFile(folder.path("target"), "old");
  ASSERT_EQ(symlink("target", folder.path("link").c_str()), 0);
  replace(folder.path("link"), "new");
  EXPECT_EQ(readText(folder.path("target")), "new");

  ASSERT_EQ(mkdir(folder.path("models").c_str(), 0700), 0);
  ASSERT_EQ(symlink("models/first", folder.path("latest").c_str()), 0);
  ASSERT_EQ(symlink(folder.path("latest").c_str(), folder.path("best").c_str()), 0);
  replace(folder.path("best"), "made");
  EXPECT_EQ(readText(folder.path("models/first")), "made");
  EXPECT_EQ(folder.entries(), (Names{"best", "latest", "link", "models", "target"}));
}

TEST(AtomicFileTest, RemovesWhatAKilledProcessLeft) {
  TemporaryFolder folder;
  std::string path = folder.path("f");
  pid_t child = fork();
  if (child == 0) {
    AtomicFile file(path);
    file.write("half");
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(folder.entries().size(), 1u);
  ASSERT_NE(folder.entries(), Names{"f"});
  replace(path, "new");
  EXPECT_EQ(folder.entries(), Names{"f"});
}

TEST(AtomicFileTest, TwoAtATimeDoNotDisturbEachOther) {
  TemporaryFolder folder;
  std::string path = folder.path("f");
  AtomicFile first(path), second(path);
  second.write("second");
  first.write("first");
  second.commit();
  EXPECT_EQ(readText(path), "second");
  first.commit();
  EXPECT_EQ(readText(path), "first");
  EXPECT_EQ(folder.entries(), Names{"f"});
}

TEST(AtomicFileTest, TakesTheLongestNames) {
  TemporaryFolder folder;
  std::string name(255, 'n');
  replace(folder.path(name), "new");
  EXPECT_EQ(folder.entries(), Names{name});
}

TEST(AtomicFileTest, ReportsWhatCannotBeWritten) {
  TemporaryFolder folder;
  EXPECT_TRUE(contains(errorOf([&] { AtomicFile file(folder.path("missing/f")); }),
                       "no such file or directory"));
  EXPECT_TRUE(contains(errorOf([&] { AtomicFile file(folder.name()); }), "it is a folder"));
  ASSERT_EQ(mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_TRUE(contains(errorOf([&] { AtomicFile file(folder.path("fifo")); }), "it is a FIFO"));
  ASSERT_EQ(symlink("loop", folder.path("loop").c_str()), 0);
  EXPECT_TRUE(contains(errorOf([&] { AtomicFile file(folder.path("loop")); }), "symbolic links"));
  EXPECT_EQ(errorOf([] {
              AtomicFile file("/dev/full");
              file.write("content");
              file.commit();
            }),
            "cannot write /dev/full: no space left on device");
}

} // namespace nnc::runtime
