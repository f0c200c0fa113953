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
  /// not have. The function may take shorter examples of padded fields than there are.
  InputBlock(const Function &function, const Dataset &dataset);

  /// Assembles this thread's part of a batch from `count` rows of the dataset (1 <= count <=
  /// batch); copies of them with weight 0 fill up the batch. Padding is 0. No example may be longer
  /// than the function takes. No allocation.
  void assemble(const int64_t *rows, int64_t count, int64_t thread, int64_t threads);

  char *data() { return inputs.data(); }

private:
  struct Copy {
    const FieldData *source;
    DType target;
    int64_t elements; ///< per example
    int64_t length;   ///< of a padded field: the positions of an example in the batch
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
