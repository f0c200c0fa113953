// The input block of a function, assembled from examples of a dataset.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/model/Description.h"
#include "runtime/support/Tensor.h"

#include <vector>

namespace nnc::runtime {

class InputBlock {
public:
  /// `dataset` must live as long. Throws Error if the function needs a field that the dataset does
  /// not have.
  InputBlock(const Function &function, const Dataset &dataset);

  /// Assembles this thread's part of a batch from `count` rows of the dataset (1 <= count <= batch);
  /// the rest of the batch are copies of them that weigh nothing. Padding is 0. No allocation.
  void assemble(const int64_t *rows, int64_t count, int64_t thread, int64_t threads);

  char *data() { return inputs.data(); }

private:
  struct Copy {
    const FieldData *source;
    DType target;
    int64_t elements; ///< per example
    size_t targetBytes, offset;
  };
  struct LengthCopy {
    const FieldData *source;
    size_t offset;
  };

  int64_t batch;
  std::vector<Copy> copies;
  std::vector<LengthCopy> lengths;
  const InputField *weight = nullptr;
  AlignedBuffer inputs;
};

} // namespace nnc::runtime
