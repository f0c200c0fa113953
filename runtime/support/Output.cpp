// Implements writing to descriptors.
#include "runtime/support/Output.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace nnc::runtime {

void openStandardDescriptors() {
  for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
      // The lowest free descriptor is this one.
      (void)!open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int writeAll(int descriptor, std::string_view data, size_t &written) {
  written = 0;
  while (written < data.size()) {
    size_t size = std::min<size_t>(data.size() - written, size_t(1) << 30);
    ssize_t count = write(descriptor, data.data() + written, size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno;
    written += static_cast<size_t>(count);
  }
  return 0;
}

int writeAll(int descriptor, std::string_view data) {
  size_t written;
  return writeAll(descriptor, data, written);
}

void print(std::string_view data) {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    fail("cannot write the standard output: %s", systemMessage(errno ? errno : EIO).c_str());
  if (int problem = writeAll(STDOUT_FILENO, data))
    fail("cannot write the standard output: %s", systemMessage(problem).c_str());
}

} // namespace nnc::runtime
