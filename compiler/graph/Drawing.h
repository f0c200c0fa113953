// A picture of a function before it is laid out: what computes something, what flows between, and to
// which layers it belongs. Both the program's operations and compiled kernels become one.
#pragma once

#include "lang/Program.h"

#include <string>
#include <vector>

namespace nnc::graph {

enum class Part { Forward, Backward, Update };

/// An operation, a kernel, an input or an output.
struct Item {
  enum Kind { Operation, Plumbing, Input, Output };
  Kind kind = Operation; ///< Plumbing, such as a change of shape, is drawn only within a layer
  std::string name;      ///< "add", "contraction"
  std::string detail;    ///< a second line
  std::string shape;     ///< of its result
  uint32_t scope = 0;
  Part part = Part::Forward; ///< Forward or Backward; the grouping finds the updates
  int64_t line = 0;
  std::vector<size_t> parameters; ///< that it reads, by their numbers in the drawing
};

struct Link {
  size_t from = 0, to = 0; ///< items
  std::string shape;
  bool isSaved = false; ///< the forward pass keeps it for the backward pass
};

struct Drawing {
  std::string title;
  std::vector<lang::Scope> scopes;
  std::vector<Item> items; ///< in an order in which results precede their uses
  std::vector<Link> links;
  std::vector<int64_t> parameterSizes;
  bool areKernels = false;  ///< the operations
  bool mergesLayers = true; ///< whether the items of a layer are one box
};

struct DotOptions {
  bool expand = false; ///< draw each repeated layer
  std::string link;    ///< the target of boxes: {file} and {line} are replaced; empty: none
};

/// The text of a graph in the language of Graphviz. `source` is the program.
std::string formatDot(const Drawing &drawing, const lang::SourceFile &source,
                      const DotOptions &options);

/// "64 x 28 x 28"
std::string shapeText(const std::vector<int64_t> &shape);
/// The same with the kind of the elements, which is empty for floats: "20 int", "number".
std::string typeText(const std::vector<int64_t> &shape, llvm::StringRef element);

} // namespace nnc::graph
