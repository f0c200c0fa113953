#include "lang/support/Source.h"
#include "lang/StandardLibrary.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace nnc::lang {
namespace {

TEST(SourceFile, CountsLinesAndCharacters) {
  SourceFile file("f",
                  "ab\nc\xC3\xA4"
                  "d\r\n\nlast",
                  0);
  EXPECT_EQ(file.lineCount(), 4u);
  EXPECT_EQ(file.lineText(1), "ab");
  EXPECT_EQ(file.lineText(2), "c\xC3\xA4"
                              "d");
  EXPECT_EQ(file.lineText(3), "");
  EXPECT_EQ(file.lineText(4), "last");
  EXPECT_EQ(file.lineColumn(0).line, 1u);
  EXPECT_EQ(file.lineColumn(2).column, 3u);
  // The letter after the umlaut is the third character of its line, though its fourth byte.
  EXPECT_EQ(file.lineColumn(6).line, 2u);
  EXPECT_EQ(file.lineColumn(6).column, 3u);
  EXPECT_EQ(file.lineColumn(1000).line, 4u);
  EXPECT_EQ(file.lineColumn(1000).column, 5u);
}

TEST(SourceFile, AnEmptyTextHasOneLine) {
  SourceFile file("f", "", 0);
  EXPECT_EQ(file.lineCount(), 1u);
  EXPECT_EQ(file.lineText(1), "");
  EXPECT_EQ(file.lineColumn(0).column, 1u);
}

TEST(SourceRange, JoinsWithinOneFile) {
  SourceManager sources;
  const SourceFile &a = sources.add("a", "one two three"), &b = sources.add("b", "four");
  SourceRange one{&a, 0, 3}, three{&a, 8, 13}, four{&b, 0, 4};
  EXPECT_EQ(one.to(three).text(), "one two three");
  EXPECT_EQ(one.to(four), one);
  EXPECT_EQ(b.index(), 1u);
  EXPECT_FALSE(SourceRange().valid());
}

TEST(SourceManager, SaysWhyAFileCannotBeRead) {
  SourceManager sources;
  std::string error;
  EXPECT_EQ(sources.load("there/is/no/such/file.nn", error), nullptr);
  EXPECT_EQ(error, "No such file or directory");
  std::string folder = std::filesystem::temp_directory_path().string();
  EXPECT_EQ(sources.load(folder, error), nullptr);
  EXPECT_EQ(error, "Is a directory");
  EXPECT_TRUE(sources.files().empty());
}

TEST(StandardLibrary, IsEmbeddedByteForByte) {
  std::filesystem::path folder = NNC_STANDARD_LIBRARY;
  size_t files = 0;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    files += entry.path().extension() == ".nn";
  EXPECT_EQ(standardSources().size(), files);
  for (const StandardSource &source : standardSources()) {
    std::ifstream stream(folder / source.name.substr(sizeof("std/") - 1), std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    EXPECT_EQ(text.str(), source.text) << source.name;
  }
}

} // namespace
} // namespace nnc::lang
