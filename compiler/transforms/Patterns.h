// Groups of patterns that nn-simplify applies, one file each.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace nnc::nn {

/// Windows that do not overlap become views, overlaps of products convolutions.
void populateWindowPatterns(mlir::RewritePatternSet &patterns);

/// Products of looked up rows become lookups in products where a table has few rows.
void populateLookupPatterns(mlir::RewritePatternSet &patterns);

} // namespace nnc::nn
