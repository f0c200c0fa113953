// Reads the texts of train splits, and trains or loads the tokenizers of their fields.
#include "compiler/driver/Vocabularies.h"

#include "runtime/text/Utf8.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

namespace nnc {

using text::TokenizerSpec;

static const lang::DataSplit &trainSplit(const lang::DataInfo &data) {
  for (const lang::DataSplit &split : data.splits)
    if (split.name == "train")
      return split;
  llvm_unreachable("a data block has a train split");
}

/// The reader's argument of this name, or `otherwise`.
template <typename T>
static T argumentOf(const lang::DataSplit &split, llvm::StringRef name, T otherwise) {
  for (const lang::ReaderArgument &argument : split.arguments)
    if (argument.name == name)
      if (auto *value = std::get_if<T>(&argument.value))
        return *value;
  return otherwise;
}

std::string Vocabularies::folderOf(const std::string &data) const {
  for (const auto &[name, folder] : folders)
    if (name.empty() || name == data)
      return folder;
  return programFolder;
}

std::optional<std::string> Vocabularies::readFile(const lang::DataInfo &data,
                                                  const std::string &name, std::string &path,
                                                  std::string &error) const {
  auto buffer = openFile(data, name, path, error);
  return buffer ? std::optional(buffer->getBuffer().str()) : std::nullopt;
}

std::unique_ptr<llvm::MemoryBuffer> Vocabularies::openFile(const lang::DataInfo &data,
                                                           const std::string &name,
                                                           std::string &path,
                                                           std::string &error) const {
  llvm::SmallString<256> joined(name);
  if (!llvm::sys::path::is_absolute(name)) {
    joined = folderOf(data.name);
    llvm::sys::path::append(joined, name);
  }
  path = std::string(joined);
  // Without a null at its end a large file is mapped, of whatever size it is.
  auto buffer = llvm::MemoryBuffer::getFile(path, false, false);
  if (buffer)
    return std::move(*buffer);
  error = path + ": " + llvm::StringRef(buffer.getError().message()).lower();
  return nullptr;
}

std::optional<std::vector<std::string_view>>
Vocabularies::textsOf(const lang::DataInfo &data, const lang::DataField &field,
                      std::vector<std::string> &contents, std::string &error) const {
  const lang::DataSplit &split = trainSplit(data);
  const text::Part part{0, argumentOf(split, "part_end", 1.0)};
  const std::string encoding = argumentOf<std::string>(split, "encoding", "utf-8");
  const std::string byFile = argumentOf<std::string>(split, "class_by_file", "");
  size_t columns = 0, column = 0;
  for (const lang::DataField &one : data.fields) {
    if (one.name == field.name)
      column = columns;
    columns += one.name != byFile;
  }
  const bool isBytes = split.reader == "text" && field.tokenizer->kind == "bytes";
  std::vector<std::string> paths;
  for (const lang::ReaderArgument &argument : split.arguments) {
    if (!argument.name.empty())
      continue;
    std::optional<std::string> content =
        readFile(data, std::get<std::string>(argument.value), paths.emplace_back(), error);
    if (content && !isBytes)
      content = text::toText(*content, *text::parseEncoding(encoding), paths.back(), error);
    if (!content)
      return std::nullopt;
    contents.push_back(std::move(*content));
  }
  std::vector<std::string_view> texts;
  int64_t index = 0;
  for (size_t file = 0; file < contents.size(); ++file) {
    if (split.reader == "text") {
      texts.push_back(text::partOf(contents[file], part));
      continue;
    }
    size_t number = 0;
    for (std::string_view line : text::linesOf(contents[file])) {
      ++number;
      if (!text::isInPart(index++, part))
        continue;
      std::vector<std::string_view> cells = {line};
      if (columns > 1)
        cells = text::columnsOf(line);
      if (cells.size() != columns) {
        error = paths[file] + ":" + std::to_string(number) + ": the line has " +
                std::to_string(cells.size()) + " columns between tabs, the fields are " +
                std::to_string(columns);
        return std::nullopt;
      }
      texts.push_back(cells[column]);
    }
  }
  for (std::string_view one : texts)
    if (!one.empty())
      return texts;
  error = paths[0] + ": it holds no text";
  return std::nullopt;
}

std::optional<text::Tokenizer> Vocabularies::make(const lang::DataInfo &data,
                                                  const lang::DataField &field,
                                                  std::string &error) const {
  const lang::TokenizerInfo &info = *field.tokenizer;
  if (info.kind == "file") {
    std::string path;
    std::optional<std::string> json = readFile(data, info.file, path, error);
    if (!json)
      return std::nullopt;
    std::optional<text::Tokenizer> read = text::Tokenizer::fromHuggingFace(*json, error);
    if (!read)
      error = path + ": " + error;
    return read;
  }
  TokenizerSpec spec;
  spec.kind = llvm::StringSwitch<TokenizerSpec::Kind>(info.kind)
                  .Case("bytes", TokenizerSpec::Kind::Bytes)
                  .Case("words", TokenizerSpec::Kind::Words)
                  .Case("bpe", TokenizerSpec::Kind::BytePairs)
                  .Default(TokenizerSpec::Kind::Characters);
  spec.size = info.size;
  spec.lower = info.lower;
  spec.special = info.special;
  std::vector<std::string> contents;
  std::vector<std::string_view> texts;
  // A vocabulary of bytes does not depend on the file, which need not exist yet.
  if (spec.kind != TokenizerSpec::Kind::Bytes) {
    std::optional<std::vector<std::string_view>> read = textsOf(data, field, contents, error);
    if (!read)
      return std::nullopt;
    texts = std::move(*read);
  }
  return text::Tokenizer::train(spec, texts);
}

std::optional<int64_t> Vocabularies::vocabularySize(const lang::DataInfo &data,
                                                    const lang::DataField &field,
                                                    std::string &error) {
  std::optional<text::Tokenizer> made = make(data, field, error);
  if (!made)
    return std::nullopt;
  int64_t size = made->size();
  tokenizers.insert_or_assign({data.name, field.name}, std::move(*made));
  return size;
}

std::optional<std::vector<int64_t>> Vocabularies::countPieces(const lang::DataInfo &data,
                                                              const lang::DataField &field,
                                                              std::string &error) const {
  const text::Tokenizer &made = tokenizer(data.name, field.name);
  std::vector<std::string> contents;
  std::optional<std::vector<std::string_view>> texts = textsOf(data, field, contents, error);
  if (!texts)
    return std::nullopt;
  std::vector<int64_t> counts(static_cast<size_t>(made.size()), 0);
  std::vector<int32_t> ids;
  for (std::string_view text : *texts) {
    ids.clear();
    if (std::optional<text::UnknownPiece> unknown = made.encode(text, ids)) {
      error = "the vocabulary has no " + text::shown(unknown->piece);
      return std::nullopt;
    }
    for (int32_t id : ids)
      ++counts[static_cast<size_t>(id)];
  }
  return counts;
}

} // namespace nnc
