// The interface through which the front end obtains vocabulary sizes, which types may depend on.
#pragma once

#include "lang/Program.h"

#include <optional>
#include <string>

namespace nnc::lang {

class VocabularyReader {
public:
  virtual ~VocabularyReader() = default;

  /// The number of pieces of a field's vocabulary, built from the train split of the data block;
  /// the field has a tokenizer. std::nullopt, with a message of one line in `error`, if that fails.
  virtual std::optional<int64_t> vocabularySize(const DataInfo &data, const DataField &field,
                                                std::string &error) = 0;
  /// The number of different categories of a field in the train split of the data block, with those
  /// for missing and unknown ones; nothing as above.
  virtual std::optional<int64_t> categoryCount(const DataInfo &data, const DataField &field,
                                               std::string &error) = 0;
};

} // namespace nnc::lang
