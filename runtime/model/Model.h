// A compiled model in this process: its description and its functions.
#pragma once

#include "runtime/Abi.h"
#include "runtime/model/Description.h"

namespace nnc::runtime {

struct Model {
  Description description;
  nnc_function *initialize = nullptr, *trainStep = nullptr, *evaluate = nullptr, *metrics = nullptr;
  nnc_step_function *generateBegin = nullptr, *generateStep = nullptr, *generateChunk = nullptr;
  nnc_function *const *predictions = nullptr; ///< in the order of Description::predictions()
  nnc_function *const *buckets = nullptr; ///< in the order of Description::buckets(); may be null
  nnc_function *const *samples = nullptr; ///< in the order of Description::samples(); may be null
  nnc_function *augment = nullptr;
};

} // namespace nnc::runtime
