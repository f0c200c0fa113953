// The kinds of data files, one row for each reader that the language names. A new kind is a file of
// its own in this folder, a row in Readers.cpp, and a row in the front end's table.
#pragma once

#include "runtime/data/Dataset.h"

#include <span>
#include <string>
#include <string_view>

namespace nnc::runtime {

struct Reader {
  /// As the language spells it: idx, npy, npz, safetensors, csv, ts, cifar, text, lines,
  /// images, random, made.
  const char *name;
  /// Whether a file's name, without .gz, says that it is of this kind.
  bool (*named)(const std::string &path);
  /// Whether a file with this content can be of this kind.
  bool (*check)(std::string_view content);
  /// Reads all files of a split. Throws Error.
  Dataset (*read)(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions);
  /// Reads one file, where that holds one array; else null. Throws Error.
  Array (*readArray)(const std::string &path);
};

/// Readers that only programs are linked with whose data blocks name them; else null.
extern decltype(Reader::read) cifarReader, timeSeriesReader;

std::span<const Reader> readers();
/// Null when no reader has this name.
const Reader *findReader(std::string_view name);
/// The reader that a file's name suggests; null when it suggests none.
const Reader *readerOf(const std::string &path);

/// ": it looks like a file for npy(...)" if the file is not of this kind but of another one, else
/// empty.
std::string otherKind(const Reader &reader, const std::string &path);

} // namespace nnc::runtime
