// Files around `predict`: examples read from CSV, arrays or JSON, predictions written as CSV, NPY,
// JSON or a picture.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/model/Description.h"

#include <map>
#include <string>
#include <vector>

namespace nnc::runtime {

/// The fields that a prediction reads, as fields of data: classes are looked up in `block` (may be
/// null).
DataBlock predictFields(const Function &predict, const DataBlock *block);

/// Reads the examples of one file by its extension (also before .gz); "-" is CSV from the standard
/// input. `block` (may be null) and the conventions of the training data say what the columns of a
/// CSV file are, and whether it has a header. Throws Error.
Dataset readExamples(const std::string &path, const DataBlock &fields, const DataBlock *block,
                     const DataConventions &conventions);

/// Whether a file's name says that it holds one array without a name (NPY, IDX).
bool holdsOneArray(const std::string &path);
/// Reads examples from such files, one for each input in the order of `fields`. Throws Error.
Dataset readInputFiles(const std::vector<std::string> &paths, const DataBlock &fields,
                       const DataBlock *block, const DataConventions &conventions);

/// One output of all examples.
struct Prediction {
  std::string name;
  DType dtype = DType::F32;
  Shape shape; ///< of one example
  Bytes bytes;
  /// By padded dimension: its length in each example. Padding is left out; in CSV its cells are
  /// empty.
  std::map<size_t, std::vector<int32_t>> lengths = {};
  /// Of the classes that it numbers (integers) or scores (floats).
  std::vector<std::string> classNames;
  /// For pictures, by dimension: the labels of its positions in each example.
  std::map<size_t, std::vector<std::vector<std::string>>> labels = {};

  /// The size of a dimension in an example, without the padding.
  int64_t size(size_t dimension, int64_t example) const {
    auto found = lengths.find(dimension);
    return found == lengths.end() ? shape[dimension] : found->second[static_cast<size_t>(example)];
  }
};

/// One line per example: the outputs' elements, named in a header.
std::string formatCsv(const std::vector<Prediction> &predictions, int64_t examples);

/// An array with one object per example.
std::string formatJson(const std::vector<Prediction> &predictions, int64_t examples);

/// A picture in SVG: each example is a row of matrices, the last two dimensions of an output. A cell
/// is as dark as its number is large beside the largest of the matrix; negative ones are red. Throws
/// Error if an output has no dimensions.
std::string formatSvg(const std::vector<Prediction> &predictions, int64_t examples);

/// A picture in PNG of the outputs that are images: ten examples in a row, the outputs of each below
/// one another. Throws Error if no output is an image, or if they differ in shape.
std::string formatPng(const std::vector<Prediction> &predictions, int64_t examples);

} // namespace nnc::runtime
