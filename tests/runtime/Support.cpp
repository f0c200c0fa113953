#include "tests/runtime/Support.h"

#include "runtime/support/Philox.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <zlib.h>

namespace nnc::runtime::test {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "nnc-runtime-XXXXXX").string();
  if (!mkdtemp(pattern.data()))
    std::abort();
  folder = pattern;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(folder); }

std::vector<std::string> TemporaryFolder::entries() const {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void writeFile(const std::string &path, const std::string &content) {
  std::ofstream(path, std::ios::binary)
      .write(content.data(), static_cast<std::streamsize>(content.size()));
}

std::string readText(const std::string &path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

std::string gzip(const std::string &content) { return compressed(content, 15 + 16); }

std::string compressed(const std::string &content, int windowBits) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, content.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef *>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

ProcessResult run(const std::vector<std::string> &command, const ProcessOptions &options) {
  TemporaryFolder scratch;
  writeFile(scratch.path("in"), options.input);
  pid_t child = fork();
  if (child == 0) {
    auto redirect = [&](const char *name, const char *mode, FILE *stream) {
      if (!freopen(scratch.path(name).c_str(), mode, stream))
        _exit(126);
    };
    redirect("in", "r", stdin);
    redirect("out", "w", stdout);
    redirect("err", "w", stderr);
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0)
      _exit(126);
    if (options.fileSizeLimit != SIZE_MAX) {
      rlimit limit{options.fileSizeLimit, options.fileSizeLimit};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    // A shell, or nohup, may have let the tests ignore these.
    for (int signal : {options.signal, SIGHUP, SIGINT, SIGTERM, SIGPIPE})
      std::signal(signal, SIG_DFL);
    std::vector<char *> words;
    for (const std::string &word : command)
      words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    execv(words[0], words.data());
    _exit(127);
  }
  if (options.signalAfterMilliseconds > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(options.signalAfterMilliseconds));
    kill(child, options.signal);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ProcessResult result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = readText(scratch.path("out"));
  result.err = readText(scratch.path("err"));
  return result;
}

std::string errorOf(const std::function<void()> &action) {
  try {
    action();
  } catch (const Error &error) {
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return "";
}

double growth(const std::function<void(int)> &action) {
  auto seconds = [&](int count) {
    std::clock_t begin = std::clock();
    action(count);
    return static_cast<double>(std::clock() - begin);
  };
  double few = seconds(20000);
  return seconds(80000) / few;
}

std::string flowers(int perClass, int first) {
  static const char *const names[] = {"tulip", "aster", "rose"};
  static const double centres[][2] = {{0.0, 1.0}, {1.0, 0.0}, {-1.0, -1.0}};
  std::string result = "width,length,height,species\n";
  for (int i = first; i < first + 3 * perClass; ++i) {
    auto noise = [&](uint64_t which) {
      uint64_t word =
          randomWord(99, RandomStream::MadeData, 7, static_cast<uint64_t>(i) * 2 + which);
      return static_cast<double>(word >> 40) * 0x1p-24 - 0.5;
    };
    const double *centre = centres[i % 3];
    result += text("%.4f,%.4f,7,%s\n", centre[0] + noise(0), centre[1] + noise(1), names[i % 3]);
  }
  return result;
}

::testing::AssertionResult contains(const std::string &text, const std::string &part) {
  if (text.find(part) != std::string::npos)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << text << "\" does not contain \"" << part << "\"";
}

} // namespace nnc::runtime::test
