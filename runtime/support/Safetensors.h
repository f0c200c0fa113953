// The safetensors file format: named tensors and text metadata, readable by PyTorch, NumPy and
// others.
#pragma once

#include "runtime/support/File.h"
#include "runtime/support/Tensor.h"

#include <map>
#include <string>
#include <vector>

namespace nnc::runtime {

/// A tensor in a file that was read, or one to be written. The data belongs to someone else.
struct StoredTensor {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  const char *data = nullptr; ///< not aligned when read

  int64_t count() const { return elementCount(shape); }
  size_t bytes() const { return static_cast<size_t>(count()) * sizeOf(dtype); }
};

using Metadata = std::map<std::string, std::string>;

/// A tensor as the header of a file describes it.
struct TensorEntry {
  std::string name, type; ///< as "BF16"
  Shape shape;
  uint64_t begin = 0, end = 0; ///< bytes of the file
};

/// The contents of the header of a safetensors file, and checks against the size of the file. Throws
/// Error, naming the file, as Safetensors::read() does.
std::vector<TensorEntry> readTensorEntries(const std::string &path);

/// A safetensors file in memory. Holds tensors of types F32, F64, I32, I64, U8 and BOOL, and those
/// of F16 and BF16 as F32.
class Safetensors {
public:
  /// Throws Error, naming the file, if it is missing, truncated or damaged. A file of another kind
  /// is refused before it is read whole.
  static Safetensors read(const std::string &path);

  /// Null if there is none of this name. Throws Error if it has a type that is not supported.
  const StoredTensor *find(const std::string &name) const;
  const std::vector<StoredTensor> &tensors() const { return list; }
  /// Empty if there is none of this name.
  std::string metadata(const std::string &key) const;
  bool hasMetadata(const std::string &key) const { return entries.count(key) != 0; }
  const std::string &origin() const { return path; }

private:
  std::string path;
  Bytes content;
  std::vector<StoredTensor> list;
  std::vector<Bytes> widened; ///< data of tensors that have another type in the file
  std::map<std::string, size_t> places;
  std::map<std::string, std::string> otherTypes; ///< of tensors that are not in the list
  Metadata entries;
};

/// Replaces `path` atomically; the old file survives any failure. Throws Error.
void writeSafetensors(const std::string &path, const std::vector<StoredTensor> &tensors,
                      const Metadata &metadata);

} // namespace nnc::runtime
