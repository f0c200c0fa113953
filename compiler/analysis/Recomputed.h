// The mark of operations that are computed a second time to save memory: equal to others on
// purpose, so no stage may merge them with these. CSE compares attributes; passes that replace
// marked operations hand the mark on by the listener here.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace nnc {

inline constexpr llvm::StringLiteral recomputedAttrName = "nn.recomputed";
/// On a function: the decisions of nn-recompute, which RecomputationReport reads.
inline constexpr llvm::StringLiteral recomputationAttrName = "nn.recompute";

/// Marks the replacement of a marked operation: the operations inserted since the last replacement
/// that occupy memory. For rewriters that build, then replace, one operation after the other.
class RecomputedListener : public mlir::RewriterBase::Listener {
public:
  void notifyOperationInserted(mlir::Operation *operation, mlir::OpBuilder::InsertPoint) override {
    inserted.push_back(operation);
  }
  void notifyOperationErased(mlir::Operation *operation) override {
    llvm::erase(inserted, operation);
  }
  void notifyOperationReplaced(mlir::Operation *operation, mlir::Operation *) override {
    notifyOperationReplaced(operation, mlir::ValueRange());
  }
  void notifyOperationReplaced(mlir::Operation *operation, mlir::ValueRange) override;

private:
  llvm::SmallVector<mlir::Operation *> inserted;
};

/// The decisions of nn-recompute for a function; read from its attribute.
struct RecomputationReport {
  struct Value {
    std::string name; // the user's; may be empty
    int64_t line = 0; // 0 if unknown
    int64_t bytes = 0;
  };
  int64_t bytes = 0;         // that the forward pass saves less
  int64_t operations = 0;    // that recomputation takes
  std::vector<Value> values; // that were saved, and no longer are; the largest first

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  /// Nothing if the function recomputes nothing.
  static std::optional<RecomputationReport> of(mlir::Operation *function);
};

} // namespace nnc
