// States of which each row of the batch has one: arguments and results of kind `state` that carry the
// unit attribute `nn.per_example`. nn-add-batch gives them the batch as their first dimension.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"

namespace nnc::nn {

inline constexpr llvm::StringLiteral perExampleAttrName = "nn.per_example";

/// Of the attributes of an argument or a result.
inline bool isExampleState(mlir::DictionaryAttr attributes) {
  return attributes && attributes.contains(perExampleAttrName);
}

} // namespace nnc::nn
