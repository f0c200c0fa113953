// Where results go: whole files that appear under their name when they are complete, or a stream.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

namespace nnc {

/// A new folder of this process alone, of an unpredictable name, which goes with everything in it
/// when the object goes. One that a killed process has left is removed when the next is made beside
/// it: the lock on it tells which are in use.
class WorkFolder {
public:
  /// Nothing, and the reason in `error`, if there can be none in `parent`.
  static std::optional<WorkFolder> create(llvm::StringRef parent, std::string &error);
  WorkFolder(WorkFolder &&other);
  WorkFolder &operator=(WorkFolder &&) = delete;
  ~WorkFolder();

  /// The absolute path of a file in it. It begins with a slash, and so is nothing but a path to
  /// whatever program it is an argument of.
  std::string file(llvm::StringRef name) const { return path + "/" + name.str(); }

private:
  WorkFolder(std::string path, int descriptor) : path(std::move(path)), descriptor(descriptor) {}

  std::string path;
  int descriptor;
};

/// The file or the stream that a result goes to.
class Output {
public:
  enum Kind { Text, Executable };

  /// What `path` stands for; `-` is standard output. Only regular files are replaced, where links
  /// lead to; text also goes into devices, pipes and the like. Nothing, and a message in `error`,
  /// if the result cannot go there: because it would replace `source`, say.
  static std::optional<Output> at(llvm::StringRef path, Kind kind, llvm::StringRef source,
                                  std::string &error);

  /// Writes text as a whole; false, and a message in `error`, if that fails.
  bool write(llvm::function_ref<void(llvm::raw_ostream &)> print, std::string &error) const;

  /// A folder on the same file system as the file; for files alone.
  std::optional<WorkFolder> makeFolder(std::string &error) const;
  /// Moves `made`, a file in such a folder, to its place. It keeps the permissions of a file that
  /// it replaces, without special bits, and can be executed if it is an executable.
  bool install(const std::string &made, std::string &error) const;

private:
  std::string describe(const std::string &reason) const;

  std::string name;                // as it was asked for
  std::optional<std::string> file; // the regular file to make; else a stream
  Kind kind = Text;
};

/// Writes a file, which may be a stream; false, and the reason in `error`, if that fails.
bool writeFile(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print,
               std::string &error);

} // namespace nnc
