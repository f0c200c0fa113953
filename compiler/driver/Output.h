// The destinations of results. A file appears under its name only when it is complete; text may
// also go to a stream.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

namespace nnc {

/// A private temporary folder with an unpredictable name. The destructor removes it and its
/// contents. Each process locks its folders; creating one removes unlocked ones beside it, which
/// killed processes have left.
class WorkFolder {
public:
  /// Returns nothing and sets `error` if `parent` cannot hold a folder.
  static std::optional<WorkFolder> create(llvm::StringRef parent, std::string &error);
  WorkFolder(WorkFolder &&other);
  WorkFolder &operator=(WorkFolder &&) = delete;
  ~WorkFolder();

  /// The absolute path of a file in the folder. It begins with a slash, so a program that is given
  /// it as an argument cannot read it as an option or a response file.
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

  /// The destination that `path` names; `-` names standard output. A regular file is replaced; a
  /// symbolic link is followed and stays a link. Text may also go to a device or a pipe. Returns
  /// nothing and sets `error` if the result cannot go there, for instance because `path` is
  /// `source`.
  static std::optional<Output> at(llvm::StringRef path, Kind kind, llvm::StringRef source,
                                  std::string &error);

  /// Writes the whole text. Returns false and sets `error` on failure.
  bool write(llvm::function_ref<void(llvm::raw_ostream &)> print, std::string &error) const;

  /// A temporary folder on the file system of the destination, which must be a file.
  std::optional<WorkFolder> makeFolder(std::string &error) const;
  /// Moves `made`, a file in such a folder, to the destination. A replaced file's permissions are
  /// kept, without set-user-ID, set-group-ID and sticky bits; an executable can be executed.
  bool install(const std::string &made, std::string &error) const;

private:
  std::string describe(const std::string &reason) const;

  std::string name;                // as the user gave it
  std::optional<std::string> file; // the regular file to replace; nothing if a stream is written
  Kind kind = Text;
};

/// Writes a file, a device or a pipe. Returns false and sets `error` on failure.
bool writeFile(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print,
               std::string &error);

} // namespace nnc
