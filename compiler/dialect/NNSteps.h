// How a program over a whole sequence becomes the program of one step, which computes what one more
// token adds: the types of the interface Steppable.
#pragma once

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

/// What a step has of a value of the program over the whole sequence.
struct StepForm {
  enum Class {
    Timeless, // depends on no token: the whole value
    Rows,     // has a dimension of positions: its rows of the positions at hand
    Newest    // has none and is computed from the last position: its value if that one is at hand
  };
  Class kind = Timeless;
  int64_t dim = 0; // of positions
  /// At position t the rows up to t + shift are known, of which t + shift is the one at hand. Never
  /// negative: that would be a value that looks at later positions.
  int64_t shift = 0;
  int64_t positions = 0; // of the whole sequence: row positions - 1 is that of the last one
  mlir::Value value; // in the step; of `Rows`, one row in dimension `dim` for each position at hand
  mlir::Value before; // in the beginning: the rows 0 to shift - 1; null if there are none
};

/// A value that the steps hand on: the beginning computes the first, each step the next.
struct StepCache {
  std::string name; // its class (carry, ring, sum, timeless), with a dot and a name behind it
  mlir::Value initial;
  mlir::Value argument; // of the step
  mlir::Value next;     // null if it does not change
};

/// Builds the two functions: `begin`, once for each sequence, and `step`, at each position. A step
/// computes one position; its forms keep the dimension of positions, of one element.
class StepBuilder {
public:
  StepBuilder(mlir::OpBuilder begin, mlir::OpBuilder step) : begin(begin), step(step) {}

  /// Of a value of the original program.
  StepForm formOf(mlir::Value value) const { return forms.lookup(value); }
  bool isTimeless(mlir::Value value) const { return formOf(value).kind == StepForm::Timeless; }
  void set(mlir::Value value, StepForm form) { forms[value] = form; }
  /// Of a parameter, a state or a scalar: the arguments of the two functions.
  void addArgument(mlir::Value value, mlir::Value inBegin, mlir::Value inStep);
  /// The scalar of the step that counts the positions before this one.
  void setPosition(mlir::Value scalar) { position = scalar; }

  /// A timeless value in the beginning.
  mlir::Value inBegin(mlir::Value value);
  /// A timeless value, or one computed from the last position, in the step. A timeless one that
  /// costs work is computed in the beginning and cached.
  mlir::Value inStep(mlir::Value value);
  /// The row of the position at hand: row t at position t, along dimension `dim`, which is that of
  /// the positions unless the value is timeless.
  mlir::Value rows(mlir::Value value, int64_t dim);
  /// The newest row that is known of a value of class Rows, and `count` rows in front of it, at most
  /// `shift`: from a ring of these in the cache.
  mlir::Value newestRows(mlir::Value value, int64_t count);

  /// A new entry of the cache, whose argument the step reads; `next` is set later.
  StepCache &addCache(llvm::StringRef kind, mlir::Value named, mlir::Value initial);

  /// The error that `op` stands in the way of steps.
  llvm::LogicalResult refuse(mlir::Operation *op, const llvm::Twine &reason);

  llvm::ArrayRef<std::unique_ptr<StepCache>> caches() const { return cacheList; }
  /// The number of positions after which rows of a parameter are used up; 0 if there is no limit.
  int64_t limit() const { return fewestRows; }

  mlir::OpBuilder begin, step;

private:
  mlir::Value rowsOfTimeless(mlir::Value value, int64_t dim);
  /// The number of the position at hand, as i32 in a tensor of the shape of `like`.
  mlir::Value buildPosition(mlir::RankedTensorType like);

  llvm::DenseMap<mlir::Value, StepForm> forms;
  llvm::DenseMap<mlir::Value, mlir::Value> begun, stepped; // timeless values
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> rowsTaken, rings;
  llvm::SmallVector<std::unique_ptr<StepCache>> cacheList;
  mlir::Value position;
  int64_t fewestRows = 0;
};

namespace detail {

/// The rule of an operation whose dimensions correspond as Permutable says: the operation on rows.
llvm::LogicalResult buildStepByRows(mlir::Operation *op, StepBuilder &step);

} // namespace detail
} // namespace nnc::nn
