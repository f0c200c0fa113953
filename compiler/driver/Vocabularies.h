// The vocabularies of a program's texts, made at compile time from the files of the train splits by
// runtime/text, which the runtime is linked with too. `lang` asks for their sizes; the description
// of the model contains them.
#pragma once

#include "lang/Vocabularies.h"
#include "runtime/text/Content.h"
#include "runtime/text/Tokenizer.h"

#include "llvm/Support/MemoryBuffer.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc {

/// `--data NAME=FOLDER`: folders of data blocks, by name; an empty name stands for every block.
using DataFolders = std::vector<std::pair<std::string, std::string>>;

class Vocabularies final : public lang::VocabularyReader {
public:
  /// File names are relative to the folder of their data block in `folders`, else to
  /// `programFolder`.
  Vocabularies(std::string programFolder, DataFolders folders)
      : programFolder(std::move(programFolder)), folders(std::move(folders)) {}

  std::optional<int64_t> vocabularySize(const lang::DataInfo &data, const lang::DataField &field,
                                        std::string &error) override;
  std::vector<lang::CategoryCount> categoryCounts(const lang::DataInfo &data) override;

  /// The folder of a data block's files.
  std::string folderOf(const std::string &data) const;
  /// The tokenizer of a field; vocabularySize must have been called for the field.
  const text::Tokenizer &tokenizer(const std::string &data, const std::string &field) const {
    return tokenizers.at({data, field});
  }
  /// The count of each piece of the field's vocabulary in the texts of the train split, by id; an
  /// empty optional, with a message in `error`, if they cannot be read or encoded.
  std::optional<std::vector<int64_t>>
  countPieces(const lang::DataInfo &data, const lang::DataField &field, std::string &error) const;

private:
  /// Null, with an error in one line, if it cannot be read.
  std::unique_ptr<llvm::MemoryBuffer> openFile(const lang::DataInfo &data, const std::string &name,
                                               std::string &path, std::string &error) const;
  std::optional<std::string> readFile(const lang::DataInfo &data, const std::string &name,
                                      std::string &path, std::string &error) const;
  /// The texts of the field in the train split: views into `contents`, which gets the files.
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
