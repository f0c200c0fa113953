// Splits whose files hold arrays: one for each field (IDX, NPY), or a file with arrays that have
// names (NPZ, safetensors).
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/data/Npz.h"
#include "runtime/support/Safetensors.h"

#include <optional>
#include <string>

namespace nnc::runtime {

/// A file with arrays that have names.
class NamedArrays {
public:
  /// Throws Error, naming the file, if it is missing or damaged.
  explicit NamedArrays(const std::string &path);

  std::vector<std::string> names() const;
  bool has(const std::string &name) const;
  /// Throws Error if there is none of this name, or if it is damaged or of a type that is not
  /// supported.
  Array read(const std::string &name) const;
  ArrayLayout layout(const std::string &name) const;

private:
  const TensorEntry *entry(const std::string &name) const;
  void check(const std::string &name) const;

  std::string path;
  std::optional<NpzFile> npz;
  std::vector<TensorEntry> entries; ///< of a safetensors file
};

/// The name of a field's array, which the split gives or which is that of the field.
std::string arrayOf(const DataField &field, const DataSplit &split);

/// Readers of the table; see Readers.h.
Dataset readIdxSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     DataConventions &conventions);
Dataset readNpySplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     DataConventions &conventions);
Dataset readNamedArraysSplit(const DataBlock &block, const DataSplit &split,
                             const std::string &folder, DataConventions &conventions);

bool isSafetensors(std::string_view content);

} // namespace nnc::runtime
