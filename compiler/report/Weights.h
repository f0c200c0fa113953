// The tensors of a weight file (safetensors), as numbers for pictures.
#pragma once

#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nnc::report {

struct WeightTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<double> values;
};

class WeightFile {
public:
  /// Returns nothing and sets `error` if the file cannot be read or is damaged.
  static std::optional<WeightFile> read(llvm::StringRef path, std::string &error);

  /// The parameters and states of f32 and f64, in the order of the file; not what only a resumed run
  /// needs.
  const std::vector<std::string> &names() const { return order; }
  /// Nothing for an unknown name.
  std::optional<WeightTensor> tensor(llvm::StringRef name) const;

private:
  struct Place {
    bool isDouble = false;
    std::vector<int64_t> shape;
    size_t begin = 0, end = 0;
  };
  std::unique_ptr<llvm::MemoryBuffer> file;
  std::vector<std::string> order;
  std::vector<Place> places;
};

} // namespace nnc::report
