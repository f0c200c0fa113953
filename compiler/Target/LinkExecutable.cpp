#include "compiler/Target/LinkExecutable.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <optional>

namespace nnc {
namespace {

std::optional<std::string> findProgram(std::initializer_list<llvm::StringRef> names) {
  for (llvm::StringRef name : names)
    if (llvm::ErrorOr<std::string> path = llvm::sys::findProgramByName(name))
      return *path;
  return std::nullopt;
}

} // namespace

bool linkExecutable(const std::vector<std::string> &objects, const std::string &runtimeArchive,
                    const std::string &output, std::string &error) {
  if (!llvm::sys::fs::exists(runtimeArchive)) {
    error = "the runtime library `" + runtimeArchive + "` is missing";
    return false;
  }
#ifdef NNC_SANITIZER_DRIVER
  // The runtime beside a sanitized compiler is sanitized too, and needs the libraries of the same
  // compiler.
  std::optional<std::string> driver = NNC_SANITIZER_DRIVER;
#else
  std::optional<std::string> driver = findProgram({"c++", "g++", "clang++", "clang++-22"});
#endif
  if (!driver) {
    error = "no C++ compiler to link with: install the package `g++`";
    return false;
  }
  std::string temporary = output + ".linking";
  llvm::SmallString<128> messages;
  if (llvm::sys::fs::createTemporaryFile("nnc-link", "txt", messages)) {
    error = "cannot create a temporary file";
    return false;
  }
  llvm::SmallVector<llvm::StringRef> command = {*driver};
  command.append(objects.begin(), objects.end());
  command.append({runtimeArchive, "-o", temporary, "-static-libstdc++", "-static-libgcc", "-s",
                  "-Wl,--gc-sections", "-pthread", "-lm"});
#ifdef NNC_SANITIZER_DRIVER
  command.push_back("-fsanitize=address,undefined");
#endif
  // lld links several times as fast as the default linker. gcc looks for a program `ld.lld` in the
  // folders of -B, and Debian has one of that name beside the real file of `ld.lld-22`.
  llvm::SmallString<128> linkerFolder;
  if (std::optional<std::string> lld = findProgram({"ld.lld-22", "ld.lld"})) {
    llvm::SmallString<128> file;
    if (!llvm::sys::fs::real_path(*lld, file)) {
      llvm::StringRef folder = llvm::sys::path::parent_path(file);
      if (llvm::sys::fs::can_execute(folder + "/ld.lld")) {
        linkerFolder = ("-B" + folder).str();
        command.append({"-fuse-ld=lld", linkerFolder});
      }
    }
  }
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, std::nullopt,
                                                llvm::StringRef(messages)};
  int status = llvm::sys::ExecuteAndWait(*driver, command, std::nullopt, redirects, 0, 0, &error);
  if (status != 0) {
    if (auto text = llvm::MemoryBuffer::getFile(messages); text && (*text)->getBufferSize())
      error = "linking failed: " + (*text)->getBuffer().trim().split('\n').first.str();
    else if (error.empty())
      error = "linking failed";
  }
  llvm::sys::fs::remove(messages);
  if (status == 0) {
    if (std::error_code code = llvm::sys::fs::rename(temporary, output)) {
      error = "cannot write `" + output + "`: " + code.message();
      status = 1;
    }
  }
  if (status != 0)
    llvm::sys::fs::remove(temporary);
  return status == 0;
}

} // namespace nnc
