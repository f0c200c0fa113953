// The helpers of the runtime's tests: temporary folders, files, processes, and the data of the test
// model.
#pragma once

#include "runtime/support/Error.h"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

namespace nnc::runtime::test {

/// A folder that is removed with all that is in it.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string path(const std::string &name) const { return folder + "/" + name; }
  const std::string &name() const { return folder; }
  std::vector<std::string> entries() const;

private:
  std::string folder;
};

void writeFile(const std::string &path, const std::string &content);
std::string readText(const std::string &path);
std::string gzip(const std::string &content);
/// Compressed by zlib; the bits of the window say in which format, as in deflateInit2.
std::string compressed(const std::string &content, int windowBits);

struct ProcessResult {
  int status = -1; ///< exit status, or 128 + signal
  std::string out, err;
};

struct ProcessOptions {
  std::string folder = {};         ///< working directory
  std::string input = {};          ///< standard input
  size_t fileSizeLimit = SIZE_MAX; ///< bytes that a file may have, as a full disk would say
  int signalAfterMilliseconds = 0; ///< send `signal` then, if positive
  int signal = SIGINT;
};

ProcessResult run(const std::vector<std::string> &command, const ProcessOptions &options = {});

/// The message of the Error that `action` throws; a test failure if it throws none.
std::string errorOf(const std::function<void()> &action);

/// How many times as long `action` takes the processor for 80,000 as for 20,000: 4 if the time is
/// linear, 16 if it is quadratic.
double growth(const std::function<void(int)> &action);

/// Three well separated clusters of `perClass` rows each: width, length, species, the classes in
/// turns.
std::string flowers(int perClass, int first = 0);

/// True if `text` holds `part`, with both in the message otherwise.
::testing::AssertionResult contains(const std::string &text, const std::string &part);

} // namespace nnc::runtime::test
