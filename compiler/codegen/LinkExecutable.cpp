// Builds the command line of the link driver, runs it, and extracts an error message from its
// output.
#include "compiler/codegen/LinkExecutable.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

#include <fcntl.h>
#include <optional>
#include <system_error>

namespace nnc {
namespace {

std::optional<std::string> findProgram(std::initializer_list<llvm::StringRef> names) {
  for (llvm::StringRef name : names)
    if (llvm::ErrorOr<std::string> path = llvm::sys::findProgramByName(name))
      return *path;
  return std::nullopt;
}

/// An argument that begins with a slash: neither an option nor `@FILE`, from which the link driver
/// would read further arguments.
std::string absolutePath(llvm::StringRef path) {
  llvm::SmallString<256> absolute(path);
  llvm::sys::fs::make_absolute(absolute);
  return std::string(absolute);
}

/// The line of the link programs' output that names an error.
std::string firstError(llvm::StringRef messages) {
  llvm::SmallVector<llvm::StringRef> lines;
  messages.split(lines, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (llvm::StringRef line : lines)
    if (line.contains_insensitive("error"))
      return line.trim().str();
  return lines.empty() ? std::string() : lines.front().trim().str();
}

/// Whether the file can be as large as its inputs together. The linker writes to it through
/// memory, and dies of a signal where the disk is full.
std::error_code reserve(const std::string &output, const std::vector<std::string> &inputs) {
  uint64_t total = 0;
  for (const std::string &input : inputs) {
    uint64_t bytes = 0;
    (void)llvm::sys::fs::file_size(input, bytes);
    total += bytes;
  }
  int descriptor;
  if (std::error_code code = llvm::sys::fs::openFileForWrite(output, descriptor))
    return code;
  int status = ::posix_fallocate(descriptor, 0, total);
  llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  return std::error_code(status, std::generic_category());
}

} // namespace

bool linkExecutable(const std::vector<std::string> &objects,
                    const std::vector<std::string> &archives, const std::vector<std::string> &parts,
                    const std::string &output, const std::string &messages, std::string &error) {
  for (const std::string &archive : archives)
    if (!llvm::sys::fs::exists(archive)) {
      error = "the runtime library `" + archive + "` is missing";
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
  std::vector<std::string> files;
  for (const std::string &object : objects)
    files.push_back(absolutePath(object));
  for (const std::string &archive : archives)
    files.push_back(absolutePath(archive));
  const std::string linked = absolutePath(output);
  llvm::SmallVector<llvm::StringRef> command = {*driver};
  std::vector<std::string> options;
  for (const std::string &part : parts)
    options.push_back("-Wl,-u," + part);
  command.append(options.begin(), options.end());
  command.append(files.begin(), files.end());
  command.append({"-o", linked, "-static-libstdc++", "-static-libgcc", "-s", "-Wl,--gc-sections",
                  "-pthread", "-lm"});
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
        // Equal functions, such as those of templates, become one unless their addresses are taken.
        // Relative relocations take a bit rather than 24 bytes; glibc reads that from 2.36 on.
        command.append(
            {"-fuse-ld=lld", linkerFolder, "-Wl,--icf=safe", "-Wl,-z,pack-relative-relocs"});
      }
    }
  }
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, std::nullopt,
                                                llvm::StringRef(messages)};
  int status = llvm::sys::ExecuteAndWait(*driver, command, std::nullopt, redirects, 0, 0, &error);
  if (status == 0)
    return true;
  if (std::error_code code = reserve(linked, files)) {
    error = "linking failed: " + code.message();
    return false;
  }
  std::string reason;
  if (auto text = llvm::MemoryBuffer::getFile(messages))
    reason = firstError((*text)->getBuffer());
  if (reason.empty())
    reason = error.empty() ? "`" + *driver + "` ends with " + std::to_string(status) : error;
  error = "linking failed: " + reason;
  return false;
}

} // namespace nnc
