// What the front end asks of whoever reads texts: the size of a vocabulary is known when compiling.
#pragma once

#include "lang/Program.h"

#include <optional>
#include <string>

namespace nnc::lang {

class VocabularyReader {
public:
  virtual ~VocabularyReader() = default;

  /// The number of pieces of a field's vocabulary, made of the train split of the data block; the
  /// field has a tokenizer. Nothing, with one line in `error`, where that cannot be made.
  virtual std::optional<int64_t> vocabularySize(const DataInfo &data, const DataField &field,
                                                std::string &error) = 0;
};

} // namespace nnc::lang
