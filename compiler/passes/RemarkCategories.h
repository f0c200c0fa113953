// The categories of remarks, by which users select them: `nnc build --remarks=REGEX`,
// `nn-opt --remarks-filter=REGEX`.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace nnc {

inline constexpr llvm::StringLiteral layoutCategory = "layout";               // nn-assign-layout
inline constexpr llvm::StringLiteral scanCategory = "scan";                   // nn-scan-*
inline constexpr llvm::StringLiteral attentionCategory = "attention";         // nn-form-attention
inline constexpr llvm::StringLiteral recomputationCategory = "recomputation"; // nn-recompute
inline constexpr llvm::StringLiteral fusionCategory = "fusion"; // fuse-elementwise, assign-arena
inline constexpr llvm::StringLiteral contractionCategory = "contraction"; // lower-to-loops

inline constexpr llvm::StringLiteral threadsCategory = "threads"; // lower-to-loops

inline constexpr llvm::StringLiteral remarkCategories[] = {
    layoutCategory, scanCategory,        attentionCategory, recomputationCategory,
    fusionCategory, contractionCategory, threadsCategory};

} // namespace nnc
