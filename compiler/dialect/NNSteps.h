// The types of the interface Steppable, by which nn-step derives the function of one step, which
// processes one more token, from a function of a whole sequence.
#pragma once

#include "compiler/dialect/CausalMask.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <optional>
#include <string>

namespace nnc::nn {

/// Begins the message of an error of nn-step.
inline constexpr llvm::StringLiteral stepErrorPrefix = "cannot generate: ";

/// The `nn.name` of the scalar of a step function that counts the positions before the current one.
inline constexpr llvm::StringLiteral positionName = "position";

/// The form in the step function of a value of the original function, which is of the whole
/// sequence.
struct StepForm {
  enum Class {
    Timeless, // depends on no token: the whole value
    Rows,     // has a dimension of positions: the rows of the step
    Pairs, // has two such dimensions, `dim` and `otherDim`: built only for a sum over one of them
    Newest // lacks one, and is computed from the last position: correct in the last step
  };
  Class kind = Timeless;
  int64_t dim = 0; // of positions
  int64_t otherDim = 0;
  /// At position t the rows up to t + shift are known; row t + shift is the current one. Never
  /// negative: such a value would depend on later positions.
  int64_t shift = 0;
  int64_t positions = 0; // of the whole sequence: row positions - 1 belongs to the last one
  mlir::Value value;     // in the step function; for `Rows` the rows of its positions
  mlir::Value before;    // in the begin function: the rows 0 to shift - 1, or null

  /// All dimensions of positions.
  llvm::SmallVector<int64_t, 2> dims() const {
    if (kind == Pairs)
      return {dim, otherDim};
    return kind == Rows ? llvm::SmallVector<int64_t, 2>{dim} : llvm::SmallVector<int64_t, 2>{};
  }
};

/// A value that is carried from step to step: the begin function computes the first, each step the
/// next.
struct StepCache {
  /// Its kind (carry, ring, rows, sum or timeless), or the kind, a dot and the name of a value.
  std::string name;
  mlir::Value initial;
  mlir::Value argument; // of the step
  mlir::Value next;     // null if it does not change
};

/// Builds two functions: `begin`, which runs once for each sequence, and `step`, which runs at each
/// position. A step computes one position, or `count` consecutive ones; its values keep the
/// dimension of positions, with as many elements.
class StepBuilder {
public:
  StepBuilder(mlir::OpBuilder begin, mlir::OpBuilder step, int64_t count)
      : begin(begin), step(step), count(count) {}

  /// The positions of one step.
  int64_t positionsOfStep() const { return count; }
  /// Whether steps of several positions can be built: nothing is carried from each position to the
  /// next.
  bool canTakeSeveral() const { return !isSequential; }
  /// Records that a value is carried from each position to the next.
  void setSequential() { isSequential = true; }

  /// The form of a value of the original function.
  StepForm formOf(mlir::Value value) const { return forms.lookup(value); }
  bool isTimeless(mlir::Value value) const { return formOf(value).kind == StepForm::Timeless; }
  void set(mlir::Value value, StepForm form) { forms[value] = form; }
  /// Maps an argument to those of the two functions; the step function has none for an input.
  void addArgument(mlir::Value value, mlir::Value inBegin, mlir::Value inStep);
  /// Sets the scalar that counts the positions before the current one, an argument of the step
  /// function.
  void setPosition(mlir::Value scalar) { position = scalar; }

  /// A timeless value in the begin function.
  mlir::Value inBegin(mlir::Value value);
  /// A timeless value, or one computed from the last position, in the step function. A timeless
  /// value that costs work is computed in the begin function and cached.
  mlir::Value inStep(mlir::Value value);
  /// The row of the current position: row t at position t, along dimension `dim`, which is that of
  /// the positions unless the value is timeless.
  mlir::Value rows(mlir::Value value, int64_t dim);
  /// The newest known row of a value of form Rows and the `count` rows before it, from a ring
  /// buffer in the cache; `count` is at most `shift`.
  mlir::Value newestRows(mlir::Value value, int64_t count);
  /// A value of form Rows as a whole, from the cache: the rows of the positions up to the current
  /// one, with any finite numbers behind.
  mlir::Value allRows(mlir::Value value);
  /// The row of the current position along dimension `t` of a value, against all positions along
  /// dimension `s` as of `allRows`; a dimension that the value does not have is left out. Null if
  /// it cannot be built.
  mlir::Value against(mlir::Value value, std::optional<int64_t> t, std::optional<int64_t> s);

  /// Adds an entry to the cache. The step function reads its argument; the caller sets `next`.
  StepCache &addCache(llvm::StringRef kind, mlir::Value named, mlir::Value initial);

  /// Emits the error that `op` cannot be computed step by step; always fails.
  llvm::LogicalResult refuse(mlir::Operation *op, const llvm::Twine &reason);

  llvm::ArrayRef<std::unique_ptr<StepCache>> caches() const { return cacheList; }
  /// The most positions of a sequence, by the parameters with a dimension of positions and by the
  /// stored rows; 0 means unlimited.
  int64_t limit() const { return fewestRows; }

  mlir::OpBuilder begin, step;
  CausalMask mask;

private:
  /// Whether it costs less to compute a timeless value in each step than to cache it: constants,
  /// and views of constants and of arguments that the step function has.
  bool isCheap(mlir::Value value) const;
  mlir::Value rowsOfTimeless(mlir::Value value, int64_t dim);
  /// Whether a timeless value is computed element by element from numbers and indices alone.
  bool isOfIndices(mlir::Value value);
  /// The number of the first position of the step, as i32 in a tensor of the shape of `like`.
  mlir::Value buildPosition(mlir::RankedTensorType like);
  /// The number of the position of each row, along dimension `dim`.
  mlir::Value buildPositions(mlir::RankedTensorType like, int64_t dim);

  llvm::DenseMap<mlir::Value, StepForm> forms;
  llvm::DenseMap<mlir::Value, mlir::Value> begun, stepped; // timeless values
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> rowsTaken, rings;
  llvm::DenseMap<mlir::Value, mlir::Value> rowCaches;
  llvm::DenseMap<mlir::Value, bool> ofIndices;
  llvm::DenseMap<std::pair<mlir::Value, std::pair<int64_t, int64_t>>, mlir::Value> pairs;
  llvm::SmallVector<std::unique_ptr<StepCache>> cacheList;
  mlir::Value position;
  int64_t count, fewestRows = 0;
  bool isSequential = false;
};

namespace detail {

inline constexpr llvm::StringLiteral looksAhead = "looks at positions after t";
/// The same of a sum over positions.
inline constexpr llvm::StringLiteral sumsAhead =
    "looks at positions after t, which a condition such as `where s <= t` leaves out";

/// The operation on other operands, with `count` elements in dimension `dim` of its result.
mlir::Value rebuild(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange operands,
                    int64_t dim, int64_t count);

/// Whether the operation can be computed for pairs of positions, values of form Pairs.
bool isPairwise(mlir::Operation *op);

/// The rule of operations that sum over a dimension of positions.
llvm::LogicalResult buildStepOverPositions(mlir::Operation *op, StepBuilder &step);

/// The rule of operations whose dimensions correspond (Permutable): applies the operation to rows.
llvm::LogicalResult buildStepByRows(mlir::Operation *op, StepBuilder &step);

} // namespace detail
} // namespace nnc::nn
