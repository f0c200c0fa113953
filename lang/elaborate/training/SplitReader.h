// The settings of a split, read and checked argument by argument; which ones there are depends on its reader.
#pragma once

#include "lang/elaborate/training/Readers.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace nnc::lang {

class SplitReader;

/// A reader of the language. A new one is a row of the table in Readers.cpp.
struct Reader {
  std::string_view name;
  bool filePerField = false; ///< else any number of files, each with all fields
  /// Settings besides `drop_last` and `only_last`; with them, fields are settings as well.
  std::span<const std::string_view> settings = {};
  bool (SplitReader::*readSetting)(const CallArgument &) = nullptr;
  /// Whether the split as a whole is one for the reader.
  bool (SplitReader::*check)(const CallExpression &) = nullptr;
  /// Its argument is a number of examples, in place of files.
  bool generated = false;
  /// A block behind the call computes the fields.
  bool hasBlock = false;
  /// Examples may stay in the file: the setting `memory`.
  bool takesMemory = false;
};

class SplitReader {
public:
  SplitReader(const DataInfo &info, const Reader &reader, Diagnostics &diagnostics,
              Evaluator &evaluator, bool isBucket)
      : info(info), reader(reader), diagnostics(diagnostics), evaluator(evaluator),
        isBucket(isBucket) {}

  /// Nothing after errors.
  std::optional<DataSplit> read(const Entry &entry, const CallExpression &call);

  // The table of readers refers to these. They return false after an error.
  bool readCsvSetting(const CallArgument &argument);
  bool readImagesSetting(const CallArgument &argument);
  bool readMadeSetting(const CallArgument &argument);
  /// The name of a field's array, `image = "x_train"`.
  bool readArrayName(const CallArgument &argument);
  bool checkColumns(const CallExpression &call);
  /// Folders of images, or tables of their names.
  bool checkImageFiles(const CallExpression &call);
  bool checkImages(const CallExpression &call);
  bool checkNamedArrays(const CallExpression &call);
  bool checkNoPadding(const CallExpression &);
  bool checkRandom(const CallExpression &call);
  bool checkSeries(const CallExpression &call);

private:
  bool readNamed(const CallArgument &argument);
  bool readFile(const CallArgument &argument, size_t &files);
  bool readCount(const CallArgument &argument, size_t &counts);
  /// A number of bytes, "256 MB".
  bool readMemory(const Expression &value);
  /// A split that does not say `memory` has that of `train`.
  bool checkMemory();
  static bool isNamedReader(std::string_view name);

  // TableReaders.cpp
  bool readSeriesSetting(const std::string &name, const Expression &value);
  bool readFieldColumns(const std::string &name, const Expression &value);
  /// The columns of several fields, `columns = (age = 0, work = 1)`.
  bool readColumns(const Expression &value);
  /// Columns of a field in one row: with windows the field has the rows as its first dimension.
  int64_t columnsOf(const DataField &field) const;
  bool checkColumnCounts();
  /// With windows, the first dimension of a field is its number of rows.
  bool checkWindows(const CallExpression &call);
  /// Columns and settings that only `train` has hold for the other splits, too.
  void inherit();
  bool completeColumns(const CallExpression &call);
  /// The column of `rows`: that of a field, or one of this name.
  bool resolveFilter(const CallExpression &call);

  // ImageReaders.cpp
  /// The file that keeps pixels between runs.
  bool readCache(const Expression &value);
  static bool isImage(const DataField &field);
  bool checkImageFolders(const CallExpression &call);

  const DataInfo &info;
  const Reader &reader;
  Diagnostics &diagnostics;
  Evaluator &evaluator;
  const bool isBucket; ///< padded fields are shorter than those of the files
  DataSplit split;
  std::set<std::string> selected;
  std::map<std::string, SourceRange> columnRanges; // by field: where its columns are given
  bool byName = false, byNumber = false, header = false, headerGiven = false;
  int64_t window = 0, horizon = 0; // rows; 0: not given
  bool isSplit = false;
  bool readsTable = false; ///< images: a table of the names of files
};

} // namespace nnc::lang
