// The interface through which the front end obtains vocabulary sizes, which types may depend on.
#pragma once

#include "lang/Program.h"

#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

/// The number of different values of a field, with those for missing and unknown ones.
struct CategoryCount {
  int64_t count = 0; ///< 0: `error` says in one line why they cannot be counted
  std::string error;
};

class VocabularyReader {
public:
  virtual ~VocabularyReader() = default;

  /// The number of pieces of a field's vocabulary, built from the train split of the data block;
  /// the field has a tokenizer. std::nullopt, with a message of one line in `error`, if that fails.
  virtual std::optional<int64_t> vocabularySize(const DataInfo &data, const DataField &field,
                                                std::string &error) = 0;
  /// For each field of the data block that has categories, in their order: how many the train split
  /// has. Reads its tables once.
  virtual std::vector<CategoryCount> categoryCounts(const DataInfo &data) = 0;
};

} // namespace nnc::lang
