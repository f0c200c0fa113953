#include "tests/fuzz/Support.h"

#include <filesystem>
#include <unistd.h>

// Undefined behaviour ends the process also without options in the environment.
extern "C" const char *__ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }

namespace nnc::fuzz {

namespace {

/// A folder that is removed when the process ends in order.
struct Folder {
  std::string path;
  Folder() {
    const char *memory = "/dev/shm";
    path = access(memory, W_OK) == 0 ? memory : std::filesystem::temp_directory_path().string();
    path += "/nnc-fuzz-XXXXXX";
    require(mkdtemp(path.data()) != nullptr, "no temporary folder");
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

} // namespace

std::string placeFile(const char *name, const uint8_t *data, size_t size) {
  static const Folder folder;
  std::string path = folder.path + "/" + name;
  FILE *file = std::fopen(path.c_str(), "wb");
  require(file && std::fwrite(data, 1, size, file) == size && std::fclose(file) == 0,
          "the input cannot be written");
  return path;
}

void touch(const char *data, size_t size) {
  static volatile char sink;
  for (size_t i = 0; i < size; ++i)
    sink = static_cast<char>(sink ^ data[i]);
}

} // namespace nnc::fuzz
