// The vocabularies of a program's texts: made when compiling, of the files of the train splits, by
// the library that the runtime is linked with too. `lang` asks for their sizes, the description of
// the model holds all of them.
#pragma once

#include "lang/Vocabularies.h"
#include "runtime/text/Content.h"
#include "runtime/text/Tokenizer.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc {

/// `--data NAME=FOLDER`: folders of data blocks, by name; an empty name is that of every block.
using DataFolders = std::vector<std::pair<std::string, std::string>>;

class Vocabularies final : public lang::VocabularyReader {
public:
  /// File names of data blocks that have no folder of their own are relative to `programFolder`.
  Vocabularies(std::string programFolder, DataFolders folders)
      : programFolder(std::move(programFolder)), folders(std::move(folders)) {}

  std::optional<int64_t> vocabularySize(const lang::DataInfo &data, const lang::DataField &field,
                                        std::string &error) override;

  /// The folder of a data block's files.
  std::string folderOf(const std::string &data) const;
  /// The tokenizer of a field of texts whose size was asked for.
  const text::Tokenizer &tokenizer(const std::string &data, const std::string &field) const {
    return tokenizers.at({data, field});
  }
  /// How often each piece of the field's vocabulary stands in the texts that it was made of.
  std::optional<std::vector<int64_t>>
  countPieces(const lang::DataInfo &data, const lang::DataField &field, std::string &error) const;

private:
  std::optional<std::string> readFile(const lang::DataInfo &data, const std::string &name,
                                      std::string &path, std::string &error) const;
  /// The parts of the files that the vocabulary is made of; views into `contents`.
  std::optional<std::vector<std::string_view>> textsOf(const lang::DataInfo &data,
                                                       const lang::DataField &field,
                                                       std::vector<std::string> &contents,
                                                       std::string &error) const;
  std::optional<text::Tokenizer> make(const lang::DataInfo &data, const lang::DataField &field,
                                      std::string &error) const;

  std::string programFolder;
  DataFolders folders;
  std::map<std::pair<std::string, std::string>, text::Tokenizer> tokenizers; ///< by block and field
};

} // namespace nnc
