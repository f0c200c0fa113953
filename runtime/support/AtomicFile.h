// Replacing a file so that its old version survives any failure.
#pragma once

#include <string>
#include <string_view>

namespace nnc::runtime {

/// Writes a new version of a file next to it and puts it in place when it is complete and on the
/// disk, so that the old version survives any failure. A symbolic link stays one, also if its
/// target does not exist yet. The permissions of a new file are the umask's; a replaced file keeps
/// its own, without set-user-ID, set-group-ID and sticky bits. A character device is written
/// directly. Several processes may replace the same file at the same time; the last one wins. The
/// temporary file of a killed process is removed by the next one that replaces the same file.
class AtomicFile {
public:
  /// Throws Error if the folder cannot be written to, or if `path` is a folder, a FIFO, a socket or
  /// a block device.
  explicit AtomicFile(const std::string &path);
  AtomicFile(const AtomicFile &) = delete;
  /// Removes the unfinished new version unless commit() has succeeded.
  ~AtomicFile();

  /// Throws Error, e.g. if the disk is full.
  void write(const char *data, size_t size);
  void write(std::string_view data) { write(data.data(), data.size()); }
  void commit();

private:
  [[noreturn]] void failed() const;

  std::string name;              ///< as the user wrote it, for messages
  std::string target, temporary; ///< the file to replace and the new version; empty for a device
  int descriptor = -1;
};

/// Whether both names mean a file that exists, and the same one.
bool isSameFile(const std::string &one, const std::string &other);

} // namespace nnc::runtime
