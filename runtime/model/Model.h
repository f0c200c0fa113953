// A compiled model in this process: its description and its functions.
#pragma once

#include "runtime/Abi.h"
#include "runtime/model/Description.h"

namespace nnc::runtime {

struct Model {
  Description description;
  nnc_step_function *generateBegin = nullptr, *generateStep = nullptr, *generateChunk = nullptr,
                    *generateRows = nullptr;
};

} // namespace nnc::runtime
