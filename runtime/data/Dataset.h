// Examples in memory. Values are kept as compactly as their file had them (bytes stay bytes) and
// are converted when a batch is assembled.
#pragma once

#include "runtime/data/Array.h"
#include "runtime/data/Classes.h"
#include "runtime/data/Sampling.h"
#include "runtime/model/Description.h"
#include "runtime/support/MappedFile.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nnc::runtime {

/// A category, and where it is seen first.
struct Word {
  std::string word, place; ///< the place begins a message: FILE:LINE
};

/// One field of all examples, one behind the other. A padded field is stored without its padding,
/// which is added when a batch is assembled.
struct FieldData {
  std::string name;
  DType storage = DType::U8; ///< type in memory; a float field stored as U8 means value / 255
  Shape shape;               ///< of one example; of a padded field with the maximum length
  Bytes bytes;
  /// Of data that is larger than memory: the file that has the examples, in place of `bytes`, and
  /// where they begin in it.
  std::shared_ptr<const MappedFile> file = {};
  size_t fileStart = 0;
  std::optional<size_t> padded = {}; ///< the padded dimension
  /// Of a padded field: the number of positions before each example, and at the end that of all
  /// positions.
  std::vector<int64_t> starts = {};
  /// Elements from the beginning of one example to that of the next, for windows, which overlap.
  /// 0: as many as an example has.
  int64_t step = 0;
  int64_t firstRow = 0; ///< of the table, for errors: that of the first example
  /// Of categories without numbers yet: the words that the codes in `bytes` stand for; -1 is a
  /// missing value.
  std::vector<Word> words = {};

  /// The length of a padded field in an example.
  int64_t length(int64_t example) const {
    return starts[static_cast<size_t>(example) + 1] - starts[static_cast<size_t>(example)];
  }
  /// The number of elements that an example has.
  int64_t elements(int64_t example) const {
    return padded ? length(example) * elementsPerPosition() : elementCount(shape);
  }
  const char *data(int64_t example) const {
    int64_t before = padded ? starts[static_cast<size_t>(example)] * elementsPerPosition()
                            : example * (step ? step : elementCount(shape));
    const char *first = file ? file->data() + fileStart : bytes.data();
    return first + static_cast<size_t>(before) * sizeOf(storage);
  }
  /// Has examples [first, last) of a file read.
  void readAhead(int64_t first, int64_t last) const {
    if (file)
      file->readAhead(static_cast<size_t>(data(first) - file->data()),
                      static_cast<size_t>(data(last) - file->data()));
  }

  /// A field without examples, which stores the values in the type of `field`.
  static FieldData of(const DataField &field);
  /// Ends an example of a padded field, to which `positions` positions were appended.
  void endExample(int64_t positions) { starts.push_back(starts.back() + positions); }

private:
  int64_t elementsPerPosition() const { return elementCount(shape) / shape[*padded]; }
};

/// The values that a field has from now on, part by part: in memory, or in a temporary file where the
/// old ones are in a file.
class NewValues {
public:
  explicit NewValues(const FieldData &old);

  void append(const Bytes &part);
  /// Puts them in the place of the old ones.
  void store(FieldData &data);

private:
  Bytes bytes;
  std::unique_ptr<TemporaryData> file;
};

/// Changes the first `size` bytes of a field, the only ones that it keeps, by change(part): a few at
/// a time in their order.
template <typename Change> void changeValues(FieldData &data, size_t size, Change change) {
  constexpr size_t most = 1 << 20;
  NewValues values(data);
  Bytes part;
  const char *begin = data.data(0);
  for (size_t at = 0; at < size; at += most) {
    part.assign(begin + at, begin + at + std::min(most, size - at));
    change(part);
    values.append(part);
    MappedFile::keepBound();
  }
  values.store(data);
}

/// Windows of one text as examples: example i begins at element i. An epoch takes as many of them
/// as cover the text when each begins with the last element of the one before.
struct Windows {
  int64_t size = 0; ///< elements of a window; 0: the examples are not windows of a text
  /// Each row of the batch reads a part of the text of its own, from step to step.
  bool stream = false;
};

/// Where the rows of tables stand in their files.
struct RowPlaces {
  std::vector<std::pair<int64_t, std::string>> files; ///< each with its first row
  std::vector<uint32_t> lines;                        ///< of each row

  /// "FILE:LINE"
  std::string describe(int64_t row) const;
};

struct Dataset {
  std::vector<FieldData> fields;
  int64_t examples = 0;
  Windows windows;
  RowPlaces places = {}; ///< of tables with transforms; else empty
  int64_t dropped = 0;   ///< rows of tables that are left out because of a missing value
  std::map<std::string, int64_t> gaps = {}; ///< missing values of fields, where there are any
  /// By field: the rows whose category those that are trained on do not have.
  std::map<std::string, int64_t> unknown = {};
  /// Of a train split that is read for a recipe: what is trained on, and what is held out if there is
  /// no validation split.
  std::optional<Split> split = {};
  std::vector<double> weights = {}; ///< by which an epoch draws examples; empty: it takes each once
  /// Of data that is larger than memory: the bound of what is in memory, in bytes.
  int64_t memory = 0;

  const FieldData *field(const std::string &name) const;
  /// Where a row of a field is, as the beginning of a message: FILE:LINE, or its number.
  std::string placeOf(const FieldData &field, int64_t row) const;
};

/// Facts about the training data that the program does not state. They are saved with the weights,
/// so that later files are read in the same way.
struct DataConventions {
  ClassNames classes;
  /// The names of the CSV columns that make up a field, if the files have headers.
  std::map<std::string, std::vector<std::string>> columns;
  /// Of a float field: whether its values were bytes, which stand for value / 255.
  std::map<std::string, bool> bytes;
  /// By field, for each of its transforms: what is learnt from the rows that are trained on, for
  /// each column. standardize: mean and deviation; min_max: least and largest; missing: what stands
  /// for a missing value; unknown: the category that stands for others.
  std::map<std::string, std::vector<std::vector<double>>> statistics = {};
};

/// The largest value of an integer field: the last class, or what 32 bits hold.
int64_t largestInteger(const DataField &field);
/// The smallest value of an integer field.
int64_t smallestInteger(const DataField &field);

/// A part of the training data that is held out: fold `index` of `count`.
struct Fold {
  int64_t index = 0, count = 0; ///< a count of 0: the part is what the recipe says
};

/// Reads one split of a data block; file names are relative to `folder`. The train split sets the
/// conventions, the others keep them; of the names of classes, those that are declared or already
/// known are kept by all, and so are statistics. Of a train split `recipe` says which rows are
/// trained on; statistics and categories are learnt from these, without a recipe from all. Throws
/// Error, naming file and line, for whatever is wrong with the data.
Dataset readSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions, const Recipe *recipe = nullptr, Fold fold = {});

/// The examples of a dataset in the order of an evaluation; of windows, those that cover the text.
/// Throws Error if the text is too short for `batch` streams.
RowSet examplesInOrder(const Dataset &dataset, int64_t batch);
/// Puts rows of a dataset into the order of epoch `epoch` (from 0) of the run with this seed.
/// Windows are drawn anew; streams of windows keep their order.
void shuffleEpoch(Rows &rows, const Dataset &dataset, uint64_t seed, uint32_t epoch);
/// The message if an example of a padded field cannot have this length, else empty.
std::string lengthProblem(const DataField &field, int64_t length);

/// Throws Error, naming `origin`, if two fields that are declared to be equally long are not.
void checkLengths(const DataBlock &block, const Dataset &dataset, const std::string &origin);

/// An array as a field: its first dimension counts the examples, the others agree with the field's
/// shape. If the field is padded, all examples have the length of the array. Throws Error if the
/// shapes do not agree, if a number does not fit the field's type, if a class is out of range, if
/// an integer field meets floats, or if bytes meet a field that was trained on other numbers. If
/// `training`, it is noted whether a float field has bytes.
FieldData fieldFromArray(const DataField &field, Array array, DataConventions &conventions,
                         bool training);

/// The same of an array in a file, which is larger than memory: its elements stay there, or are
/// converted into a temporary file if the runtime does not have their type.
FieldData fieldFromFile(const DataField &field, const std::string &path, const ArrayLayout &layout,
                        DataConventions &conventions, bool training);

} // namespace nnc::runtime
