// Per-example states: arguments and results of kind `state` with the unit attribute
// `nn.per_example`. Each row of the batch has a state of its own; nn-add-batch adds the batch as
// the first dimension.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"

namespace nnc::nn {

inline constexpr llvm::StringLiteral perExampleAttrName = "nn.per_example";

/// Whether an argument or a result with these attributes is a per-example state.
inline bool isExampleState(mlir::DictionaryAttr attributes) {
  return attributes && attributes.contains(perExampleAttrName);
}

} // namespace nnc::nn
