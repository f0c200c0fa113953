// A case of the parity folder: the tensors of one safetensors file and what its metadata says of
// them.
#pragma once

#include "tests/parity/Array.h"

#include "llvm/Support/Error.h"

#include <map>
#include <string>
#include <vector>

namespace nnc::parity {

struct GoldenTensor {
  /// As in the file: input, param, buffer, output, loss_weight, loss, grad, trajectory, data.
  std::string role;
  bool integer = false;
  Array array;
};

struct GoldenCase {
  std::string name;
  std::string kind; ///< elementwise, op, layer, loss, optimizer, schedule, training
  std::map<std::string, GoldenTensor> tensors;
  /// Of a training run: where its images are, below the folder data beside that of the cases; empty
  /// when the file holds its rows itself.
  std::string images;

  const Array *find(const std::string &tensor) const;
  /// Names of the tensors with this role, sorted.
  std::vector<std::string> named(const std::string &role) const;
};

llvm::Expected<GoldenCase> readGoldenCase(const std::string &path);

/// The expectations of initialisers.json of one initialiser for one weight.
struct GoldenInitialiser {
  std::string name;
  std::vector<int64_t> shape; ///< PyTorch's layout
  double mean = 0, deviation = 0;
  double meanError = 0, deviationError = 0; ///< standard errors of the two
  bool bounded = false;
  double low = 0, high = 0;
};

llvm::Expected<std::vector<GoldenInitialiser>> readGoldenInitialisers(const std::string &path);

} // namespace nnc::parity
