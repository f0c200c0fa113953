// Groups of patterns that nn-simplify applies, one file each.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace nnc::nn {

/// Windows that do not overlap become views, overlaps of products convolutions.
void populateWindowPatterns(mlir::RewritePatternSet &patterns);

/// Products of rows that are looked up in a small table become lookups in the product of the table.
void populateLookupPatterns(mlir::RewritePatternSet &patterns);

} // namespace nnc::nn
