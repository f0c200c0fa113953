// Implements the reading of logs.
#include "compiler/report/Log.h"

#include "runtime/text/CsvRows.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace nnc::report {

const Series *Log::find(llvm::StringRef name) const {
  auto found = llvm::find_if(series, [&](const Series &one) { return one.name == name; });
  return found == series.end() ? nullptr : &*found;
}

namespace {

/// Adds numbers to the columns of a log.
class LogBuilder {
public:
  void add(llvm::StringRef name, double step, double value) {
    auto [entry, isNew] = places.try_emplace(name, log.series.size());
    if (isNew)
      log.series.push_back({name.str(), {}, {}});
    Series &series = log.series[entry->second];
    series.steps.push_back(step);
    series.values.push_back(value);
  }

  Log log;

private:
  llvm::StringMap<size_t> places;
};

std::optional<double> numberOf(llvm::StringRef cell) {
  double value;
  if (cell.trim().getAsDouble(value) || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// Adds the norms of parameters: a column `gradient of dense.weight` for each.
void addWatched(LogBuilder &builder, double step, const llvm::json::Object &watched) {
  std::map<std::string, double> numbers; // in an order of their own
  for (const auto &[parameter, norms] : watched)
    if (const llvm::json::Object *object = norms.getAsObject())
      for (const auto &[kind, value] : *object)
        if (value.getAsNumber())
          numbers[(llvm::StringRef(kind) + " of " + llvm::StringRef(parameter)).str()] =
              *value.getAsNumber();
  for (const auto &[name, number] : numbers)
    builder.add(name, step, number);
}

std::vector<GradientCounts> gradientsOf(const llvm::json::Object &watched) {
  std::vector<GradientCounts> gradients;
  for (const auto &[parameter, norms] : watched) {
    const llvm::json::Object *numbers = norms.getAsObject();
    const llvm::json::Object *histogram = numbers ? numbers->getObject("histogram") : nullptr;
    const llvm::json::Array *counts = histogram ? histogram->getArray("counts") : nullptr;
    if (!counts)
      continue;
    GradientCounts one{llvm::StringRef(parameter).str(),
                       histogram->getNumber("low").value_or(0),
                       histogram->getNumber("high").value_or(0),
                       {}};
    for (const llvm::json::Value &count : *counts)
      one.counts.push_back(count.getAsInteger().value_or(0));
    gradients.push_back(std::move(one));
  }
  llvm::sort(gradients, [](const GradientCounts &left, const GradientCounts &right) {
    return left.parameter < right.parameter;
  });
  return gradients;
}

bool addObject(LogBuilder &builder, llvm::StringRef line) {
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(line);
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return false;
  }
  const llvm::json::Object *object = parsed->getAsObject();
  if (!object)
    return false;
  std::optional<double> step = object->getNumber("step");
  if (!step)
    step = object->getNumber("steps");
  if (!step)
    return false;
  // The members of an object have no order; that of the text is the one of the columns.
  std::vector<std::pair<size_t, std::pair<llvm::StringRef, double>>> members;
  for (const auto &[key, value] : *object) {
    llvm::StringRef name = key;
    if (const llvm::json::Object *watched = name == "watch" ? value.getAsObject() : nullptr) {
      addWatched(builder, *step, *watched);
      builder.log.gradients = gradientsOf(*watched);
    }
    if (name != "step" && name != "steps" && value.getAsNumber())
      members.push_back({line.find(("\"" + name + "\":").str()), {name, *value.getAsNumber()}});
  }
  llvm::sort(members);
  for (const auto &[place, member] : members)
    if (member.first != "epoch" || object->get("steps"))
      builder.add(member.first, *step, member.second);
  return true;
}

bool isRising(const std::vector<std::vector<std::string>> &rows) {
  double before = -INFINITY;
  for (const std::vector<std::string> &row : rows) {
    std::optional<double> number = numberOf(row[0]);
    if (!number || *number < before)
      return false;
    before = *number;
  }
  return true;
}

void addTable(LogBuilder &builder, const std::vector<std::string> &header,
              std::vector<std::vector<std::string>> rows, llvm::StringRef named) {
  auto found = llvm::find(header, named.empty() ? "step" : named);
  size_t axis = found != header.end()                 ? size_t(found - header.begin())
                : header.size() > 1 && isRising(rows) ? 0
                                                      : header.size();
  builder.log.axis = axis < header.size() ? header[axis] : "row";
  if (!named.empty())
    llvm::stable_sort(rows, [&](const auto &left, const auto &right) {
      return numberOf(left[axis]).value_or(INFINITY) < numberOf(right[axis]).value_or(INFINITY);
    });
  for (size_t row = 0; row < rows.size(); ++row) {
    std::optional<double> step =
        axis < header.size() ? numberOf(rows[row][axis]) : std::optional(double(row + 1));
    const bool isStep =
        named.empty() && found != header.end() && header.size() > 2 && !rows[row][2].empty();
    for (size_t column = 0; step && column < header.size(); ++column)
      if (std::optional<double> number = numberOf(rows[row][column]);
          number && column != axis && (header[column] != "epoch" || !isStep))
        builder.add(header[column], *step, *number);
  }
}

} // namespace

/// Returns false and sets `error` if a line is not one of a log.
static bool readJsonLines(llvm::StringRef content, llvm::StringRef path, LogBuilder &builder,
                          std::string &error) {
  for (int64_t number = 1; !content.empty(); ++number) {
    const bool isWhole = content.contains('\n'); // a killed run may leave a part of a line
    llvm::StringRef line;
    std::tie(line, content) = content.split('\n');
    line = line.trim();
    if (line.empty() || addObject(builder, line) || !isWhole)
      continue;
    error = llvm::formatv("{0}:{1}: this is not a line of a training log", path, number);
    return false;
  }
  return true;
}

static bool readTable(llvm::StringRef content, llvm::StringRef path, llvm::StringRef axis,
                      LogBuilder &builder, std::string &error) {
  const bool isWhole = content.ends_with("\n");
  std::string text = content.str(); // which the rows change
  text::CsvRows csv(text.data(), text.size(), {});
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::optional<std::pair<size_t, size_t>> ragged; // its line, and how many cells it has
  while (csv.next()) {
    if (ragged)
      break;
    std::vector<std::string> cells(csv.cells().begin(), csv.cells().end());
    if (header.empty()) {
      header = std::move(cells);
      if (llvm::any_of(header, [](llvm::StringRef cell) { return numberOf(cell).has_value(); })) {
        error = llvm::formatv("{0}:{1}: the first line must name the columns", path, csv.line());
        return false;
      }
    } else if (cells.size() == header.size()) {
      rows.push_back(std::move(cells));
    } else {
      ragged = {csv.line(), cells.size()};
    }
  }
  const bool hasMore = ragged && csv.line() != ragged->first;
  if (!csv.problem().empty()) {
    error = llvm::formatv("{0}:{1}: {2}", path, csv.problemLine(), csv.problem());
    return false;
  }
  if (ragged && (hasMore || isWhole)) {
    error = llvm::formatv("{0}:{1}: {2} cells, where the header has {3}", path, ragged->first,
                          ragged->second, header.size());
    return false;
  }
  if (!axis.empty() && !llvm::is_contained(header, axis)) {
    error = llvm::formatv("{0}: `{1}` is not a column; the columns are {2}", path, axis,
                          llvm::join(header, ", "));
    return false;
  }
  addTable(builder, header, std::move(rows), axis);
  return true;
}

std::optional<Log> readLog(llvm::StringRef path, std::string &error, llvm::StringRef axis) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!file) {
    error = llvm::formatv("cannot read `{0}`: {1}", path, file.getError().message());
    return std::nullopt;
  }
  LogBuilder builder;
  builder.log.axis = "step";
  const llvm::StringRef content = (*file)->getBuffer();
  const bool isJson = content.ltrim().starts_with("{");
  if (isJson && !axis.empty()) {
    error =
        llvm::formatv("{0}: a log of JSON lines is drawn by its steps, not by `{1}`", path, axis);
    return std::nullopt;
  }
  if (!(isJson ? readJsonLines(content, path, builder, error)
               : readTable(content, path, axis, builder, error)))
    return std::nullopt;
  if (builder.log.series.empty()) {
    error = llvm::formatv("{0}: the file holds no numbers", path);
    return std::nullopt;
  }
  return std::move(builder.log);
}

} // namespace nnc::report
