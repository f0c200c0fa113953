// Receives the remarks of an MLIR context, merges equal ones, and prints them in the order of the
// source.
#include "compiler/driver/RemarkReport.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace nnc {

/// Receives every remark of the context.
class RemarkReport::Streamer final : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit Streamer(RemarkReport &report) : report(report) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    if (report.suspended)
      return;
    std::string text;
    for (const remark::detail::Remark::Arg &argument : remark.getArgs())
      text += argument.val;
    report.add(report.frontend.range(remark.getLocation()), remark.getCategoryName(),
               remark.getFunction(), std::move(text));
  }

private:
  RemarkReport &report;
};

void RemarkReport::collect(MLIRContext &context, llvm::StringRef pattern) {
  std::string filter = ("(" + pattern + ")").str();
  remark::RemarkCategories categories{std::nullopt, filter, filter, filter, filter};
  (void)remark::enableOptimizationRemarks(context, std::make_unique<Streamer>(*this),
                                          std::make_unique<remark::RemarkEmittingPolicyAll>(),
                                          categories);
}

void RemarkReport::add(lang::SourceRange range, llvm::StringRef category, llvm::StringRef function,
                       std::string text) {
  function.consume_front("nnc_"); // as compiled functions are called
  auto same = llvm::find_if(entries, [&](const Entry &entry) {
    return entry.range == range && entry.category == category && entry.text == text;
  });
  if (same == entries.end()) {
    entries.push_back({range, category.str(), std::move(text), {}});
    same = std::prev(entries.end());
  }
  auto known = llvm::find_if(same->functions, [&](auto &entry) { return entry.first == function; });
  if (known == same->functions.end())
    same->functions.emplace_back(function.str(), 1);
  else
    ++known->second;
}

static auto place(const lang::SourceRange &range) {
  return std::pair(range.valid() ? int64_t(range.file->index()) : int64_t(-1), range.begin);
}

void RemarkReport::print(llvm::raw_ostream &stream, bool colour) const {
  std::vector<const Entry *> sorted;
  for (const Entry &entry : entries)
    sorted.push_back(&entry);
  llvm::stable_sort(sorted, [](const Entry *left, const Entry *right) {
    return place(left->range) < place(right->range);
  });
  auto paint = [&](llvm::raw_ostream::Colors hue, llvm::StringRef text) {
    if (colour)
      stream.changeColor(hue, /*Bold=*/true);
    stream << text;
    if (colour)
      stream.resetColor();
  };
  std::pair<const lang::SourceFile *, uint32_t> shown{nullptr, 0};
  for (const Entry *entry : sorted) {
    if (const lang::SourceFile *file = entry->range.file) {
      lang::LineColumn start = entry->range.start();
      if (shown != std::pair(file, start.line)) {
        shown = {file, start.line};
        paint(llvm::raw_ostream::BLUE, std::to_string(start.line) + " |");
        stream << " " << lang::printable(file->lineText(start.line)) << "\n";
      }
      stream << lang::printable(file->name()) << ":" << start.line << ":" << start.column << ": ";
    }
    paint(llvm::raw_ostream::CYAN, "remark:");
    stream << " [" << entry->category << "] " << entry->text << " (";
    llvm::interleave(
        entry->functions, stream,
        [&](const auto &function) {
          stream << function.first;
          if (function.second > 1)
            stream << " " << function.second << " times";
        },
        ", ");
    stream << ")\n";
  }
}

} // namespace nnc
