// The whole way from a `.nn` file to an executable, stopping at any stage. See Compile.cpp for the
// table of stages.
#pragma once

#include "compiler/driver/Vocabularies.h"
#include "compiler/import/ImportProgram.h"

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc {

/// Memory is not a stage but a report on the memory that `loops` has assigned.
enum class Stage { Ast, Nn, Grad, Opt, Linalg, Loops, Llvm, Asm, Obj, Exe, Memory };

/// The stage that `--emit=` calls by this name.
std::optional<Stage> parseStage(llvm::StringRef name);

/// A picture in place of a program.
struct GraphOptions {
  std::string what = "network"; ///< network, gradient or step
  std::string function;         ///< empty: the first training step, else the first prediction
  bool expand = false;
  std::string link = "{file}#L{line}";
};

struct CompileOptions {
  std::string input;
  /// Where the result goes; `-` is standard output.
  std::string output;
  Stage emit = Stage::Exe;
  std::optional<GraphOptions> graph; ///< draw this, and build nothing
  FloatPrecision precision = FloatPrecision::F32;
  std::string targetCpu = "native";
  unsigned targetThreads = 0; ///< as in LoweringOptions
  /// `-D name=value`: settings of `config`.
  std::vector<std::pair<std::string, std::string>> defines;
  DataFolders folders; ///< `--data NAME=FOLDER`
  /// Pass after which to write the module, `all`, or empty.
  std::string dumpAfter;
  std::string dumpFolder = "dump";
  /// Compile code that a profile can be made of.
  bool profile = false;
  /// Compile code in which the operation that makes the first nan can be found.
  bool trapNan = false;
  /// Training steps give numbers of each parameter's gradient and update.
  bool watch = false;
  /// Recompute activations until the training step needs no more bytes.
  std::optional<int64_t> memoryLimit;
  /// Print remarks of the categories that this regular expression matches; none if it is empty.
  std::string remarks;
  /// Compile programs of any size.
  bool anySize = false;
  bool timing = false;
  bool colour = false;
  /// The folder that holds the runtime library to link with.
  std::string libraryFolder;
};

/// Compiles and writes the result of `options.emit`. Reports every error on standard error; returns
/// whether all went well. Nothing is written to the output when it did not.
bool compile(const CompileOptions &options);

/// Parses and type-checks only.
bool check(const CompileOptions &options);

/// Prints the vocabularies of a program's texts, each piece with its id and its count in the text
/// of the train split; or, given a sample, the pieces of the sample.
bool showTokenizers(const CompileOptions &options, const std::optional<std::string> &sample);

/// Compares the derivatives of the model's loss by every parameter and float input with finite
/// differences in f64, and prints a table; returns whether all agree. At most `elements` elements
/// of each tensor are perturbed.
bool checkGradients(const CompileOptions &options, int64_t elements);

} // namespace nnc
