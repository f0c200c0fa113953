// The settings of images in files, and what their fields must be.
#include "lang/elaborate/training/SplitReader.h"

#include <algorithm>
#include <string>
#include <vector>

namespace nnc::lang {

bool SplitReader::readImagesSetting(const CallArgument &argument) {
  const std::string &name = argument.name.text;
  if (name == "cache")
    return readCache(*argument.value);
  if (name != "resize" && name != "crop") {
    readsTable = true;
    return readCsvSetting(argument);
  }
  auto *given = as<BoolLiteral>(argument.value);
  if (!given) {
    diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                       fmt::format("`{}` is true or false", name));
    return false;
  }
  split.arguments.push_back({name, given->value});
  return true;
}

bool SplitReader::readCache(const Expression &value) {
  Entity given = evaluator.evaluate(value);
  auto *file = given.get<std::string>();
  if (given.poisoned())
    return false;
  std::string problem;
  if (!file || file->empty())
    problem = "`cache` is the name of a file in quotes";
  for (const DataSplit &other : info.splits)
    for (const ReaderArgument &argument : other.arguments)
      if (file && argument.name == "cache" && std::get<std::string>(argument.value) == *file)
        problem = fmt::format("`{}` has the images of `{}`: each split has a cache of its own",
                              *file, other.name);
  if (problem.empty())
    split.arguments.push_back({"cache", *file});
  else
    diagnostics.report(Diag::ReaderArgument, value.range, split.reader, problem);
  return problem.empty();
}

bool SplitReader::isImage(const DataField &field) {
  const std::vector<int64_t> &shape = field.type.shape;
  return field.type.element == Element::Float && !field.padded &&
         (shape.size() == 2 || (shape.size() == 3 && (shape[2] == 1 || shape[2] == 3)));
}

bool SplitReader::checkImageFiles(const CallExpression &call) {
  size_t files = 0, tables = 0;
  for (const ReaderArgument &argument : split.arguments)
    if (argument.name.empty()) {
      const std::string &file = std::get<std::string>(argument.value);
      ++files;
      tables += file.ends_with(".csv") || file.ends_with(".tsv") || file.ends_with(".txt");
    }
  // The size that only `train` states holds for the other splits, too.
  if (auto train = std::ranges::find(info.splits, "train", &DataSplit::name);
      train != info.splits.end())
    for (const ReaderArgument &argument : train->arguments)
      if ((argument.name == "resize" || argument.name == "crop") &&
          std::ranges::find(split.arguments, argument.name, &ReaderArgument::name) ==
              split.arguments.end())
        split.arguments.push_back(argument);
  if (tables == 0 && !readsTable)
    return checkImageFolders(call);
  std::string problem;
  if (tables != files)
    problem = tables ? "either folders of images or tables of their names, not both"
                     : "columns are those of a table with the names of files, \"train.csv\"";
  else if (std::ranges::count_if(info.fields, isImage) != 1)
    problem = "one field is an image, as float[64, 64, 3] or float[64, 64]; the others are columns "
              "of the table";
  if (!problem.empty()) {
    diagnostics.report(Diag::ReaderArgument, call.range, split.reader, problem);
    return false;
  }
  readsTable = true;
  return checkColumns(call);
}

bool SplitReader::checkImageFolders(const CallExpression &call) {
  int64_t images = 0, labels = 0;
  for (const DataField &field : info.fields) {
    images += isImage(field);
    labels += field.type.classes > 0 && field.type.shape.empty();
  }
  if (images == 1 && labels <= 1 && images + labels == int64_t(info.fields.size()))
    return true;
  diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                     "the fields are an image, as float[64, 64, 3] or float[64, 64], and "
                     "optionally a class");
  return false;
}

} // namespace nnc::lang
