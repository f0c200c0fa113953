// Implements the tables of `nnc tokenizer`.
#include "compiler/driver/TokenizerReport.h"

#include "runtime/text/Utf8.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace nnc {

/// A piece between quotes, with escapes for control characters and invalid UTF-8; special pieces as
/// they are.
static std::string quoted(const text::Tokenizer &tokenizer, int32_t id) {
  const std::string &piece = tokenizer.piece(id);
  if (tokenizer.isSpecial(id))
    return piece;
  std::string result = "\"";
  for (size_t position = 0; position < piece.size();) {
    text::Character character = text::characterAt(piece, position);
    size_t bytes = std::max<size_t>(character.bytes, 1);
    if (character.bytes == 0 || character.code < 0x20 || character.code == 0x7F)
      result += character.code == '\n'   ? "\\n"
                : character.code == '\t' ? "\\t"
                                         : "\\x" + llvm::toHex(piece.substr(position, 1));
    else if (character.code == '"' || character.code == '\\')
      result += "\\" + piece.substr(position, 1);
    else
      result += piece.substr(position, bytes);
    position += bytes;
  }
  return result + "\"";
}

static bool printVocabulary(const lang::DataInfo &data, const lang::DataField &field,
                            const Vocabularies &vocabularies) {
  std::string error;
  std::optional<std::vector<int64_t>> counts = vocabularies.countPieces(data, field, error);
  if (!counts) {
    llvm::errs() << "nnc: " << error << "\n";
    return false;
  }
  const text::Tokenizer &tokenizer = vocabularies.tokenizer(data.name, field.name);
  int64_t total = 0;
  for (int64_t count : *counts)
    total += count;
  llvm::outs() << data.name << "." << field.name << ": " << tokenizer.kindName() << ", "
               << tokenizer.size() << " pieces, " << total << " in the text of `train`, hash "
               << tokenizer.hash() << "\n    id      count  piece\n";
  for (int32_t id = 0; id < tokenizer.size(); ++id)
    llvm::outs() << llvm::format("%6d %10lld  ", id,
                                 static_cast<long long>((*counts)[static_cast<size_t>(id)]))
                 << quoted(tokenizer, id) << "\n";
  return true;
}

static bool printPieces(const lang::DataInfo &data, const lang::DataField &field,
                        const text::Tokenizer &tokenizer, const std::string &sample) {
  std::vector<int32_t> ids;
  if (std::optional<text::UnknownPiece> unknown = tokenizer.encode(sample, ids)) {
    llvm::errs() << "nnc: --text: column " << text::placeOf(sample, unknown->position).column
                 << ": the vocabulary has no " << text::shown(unknown->piece) << "\n";
    return false;
  }
  llvm::outs() << data.name << "." << field.name << ": " << ids.size() << " pieces\n";
  for (int32_t id : ids)
    llvm::outs() << llvm::format("%6d  ", id) << quoted(tokenizer, id) << "\n";
  return true;
}

bool printTokenizers(const lang::Program &program, const Vocabularies &vocabularies,
                     const std::optional<std::string> &sample) {
  bool any = false;
  for (const lang::DataInfo &data : program.data)
    for (const lang::DataField &field : data.fields) {
      if (!field.tokenizer)
        continue;
      any = true;
      const text::Tokenizer &tokenizer = vocabularies.tokenizer(data.name, field.name);
      if (!(sample ? printPieces(data, field, tokenizer, *sample)
                   : printVocabulary(data, field, vocabularies)))
        return false;
    }
  if (!any)
    llvm::errs() << "nnc: the data that this program trains on has no texts\n";
  return any;
}

} // namespace nnc
