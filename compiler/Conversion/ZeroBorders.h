// How it is known that an operand of a contraction lies in a border of zeros, from the operation
// that pads it to the loops that leave the zeros out.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace nnc {

/// On the insertion of an image into what padded it: all elements around it are zero.
inline constexpr llvm::StringLiteral zeroBorderAttrName = "nn.zero_border";
/// On a contraction: for each of its two operands an array of 64-bit integers, empty or with two
/// numbers for each of the operand's dims. Elements whose index in a dim is not in [first, second)
/// are zero.
inline constexpr llvm::StringLiteral interiorsAttrName = "nn.interiors";

} // namespace nnc
