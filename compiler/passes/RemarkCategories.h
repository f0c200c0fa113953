// The categories of remarks, by which users select them: `nnc build --remarks=REGEX`,
// `nn-opt --remarks-filter=REGEX`.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace nnc {

/// nn-assign-layout
inline constexpr llvm::StringLiteral layoutCategory = "layout";
/// nn-scan-hoist, nn-scan-merge, nn-scan-residuals
inline constexpr llvm::StringLiteral scanCategory = "scan";
/// nn-form-attention
inline constexpr llvm::StringLiteral attentionCategory = "attention";
/// nn-recompute, nn-strip-mine
inline constexpr llvm::StringLiteral recomputationCategory = "recomputation";
/// fuse-elementwise, split-prologues, update-rows, assign-arena
inline constexpr llvm::StringLiteral fusionCategory = "fusion";
/// lower-to-loops
inline constexpr llvm::StringLiteral contractionCategory = "contraction";
inline constexpr llvm::StringLiteral threadsCategory = "threads";

inline constexpr llvm::StringLiteral remarkCategories[] = {
    layoutCategory, scanCategory,        attentionCategory, recomputationCategory,
    fusionCategory, contractionCategory, threadsCategory};

} // namespace nnc
