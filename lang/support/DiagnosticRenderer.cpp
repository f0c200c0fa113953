// Draws diagnostics as text: the message, the source lines with carets under the primary place and
// dashes under the others, and the remarks.
#include "lang/support/Diagnostics.h"

#include <algorithm>
#include <map>
#include <utility>

namespace nnc::lang {

namespace {

constexpr size_t widestLine = 140; // longer source lines are shown in part

/// The number of characters of a text, each one column wide.
size_t columns(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count)
    i += std::max<size_t>(1, utf8Length(text.substr(i)));
  return count;
}

} // namespace

std::string printable(std::string_view text, size_t first, size_t last) {
  std::string result;
  size_t column = 0;
  for (size_t i = 0; i < text.size() && column < last; ++column) {
    size_t length = utf8Length(text.substr(i));
    std::string_view character = text.substr(i, std::max<size_t>(1, length));
    i += character.size();
    if (column < first)
      continue;
    unsigned char lead = (unsigned char)character[0];
    bool control = lead < 0x20 || lead == 0x7F ||
                   (lead == 0xC2 && length == 2 && (unsigned char)character[1] < 0xA0);
    if (lead == '\t')
      result += ' '; // so that every character is one column
    else
      result += length == 0 || control ? std::string_view("\xEF\xBF\xBD") : character;
  }
  return result;
}

namespace {

/// A mark under one source line, in columns from 0.
struct Mark {
  size_t begin, end;
  bool primary;
  std::string text;
};

enum class Style { Plain, Bold, Error, Warning, Gutter, Note };

class Renderer {
public:
  Renderer(const Diagnostic &diagnostic, bool colour) : diagnostic(diagnostic), colour(colour) {}

  std::string run() {
    measureGutter();
    bool error = diagnostic.info->severity == Severity::Error;
    severity = error ? Style::Error : Style::Warning;
    output +=
        paint(severity, fmt::format("{}[{}]", error ? "error" : "warning", diagnostic.info->id));
    output += paint(Style::Bold, fmt::format(": {}", printable(diagnostic.message))) + "\n";
    if (diagnostic.primary.range.valid()) {
      std::vector<Label> others;
      snippet(diagnostic.primary, diagnostic.labels, others);
      while (!others.empty()) {
        std::vector<Label> rest;
        otherFile(others, rest);
        others = std::move(rest);
      }
    }
    for (const Remark &item : diagnostic.remarks)
      remark(item);
    // The innermost first: from the place of the error outwards.
    for (auto context = diagnostic.context.rbegin(); context != diagnostic.context.rend();
         ++context)
      remark(*context);
    return std::move(output);
  }

private:
  std::string paint(Style style, std::string text) const {
    if (!colour || style == Style::Plain || text.empty())
      return text;
    const char *code = style == Style::Bold      ? "\033[1m"
                       : style == Style::Error   ? "\033[1;31m"
                       : style == Style::Warning ? "\033[1;33m"
                       : style == Style::Gutter  ? "\033[1;34m"
                                                 : "\033[1;32m";
    return fmt::format("{}{}\033[0m", code, text);
  }

  void measureGutter() {
    uint32_t largest = 1;
    auto consider = [&](const SourceRange &range) {
      if (range.valid())
        largest = std::max(largest, range.start().line);
    };
    consider(diagnostic.primary.range);
    for (const Label &label : diagnostic.labels)
      consider(label.range);
    for (const Remark &item : diagnostic.remarks)
      consider(item.range);
    for (const Remark &item : diagnostic.context)
      consider(item.range);
    gutter = std::to_string(largest).size();
  }

  void margin(std::string_view number = "") {
    output += paint(Style::Gutter, fmt::format("{:>{}} |", number, gutter));
  }

  void place(const char *arrow, const SourceRange &range) {
    LineColumn start = range.start();
    output += paint(Style::Gutter, fmt::format("{:>{}}{}", "", gutter, arrow));
    output += fmt::format(" {}:{}:{}\n", printable(range.file->name()), start.line, start.column);
  }

  /// The lines of the primary label's file; labels of other files go to `others`.
  void snippet(const Label &primary, const std::vector<Label> &labels, std::vector<Label> &others) {
    place("-->", primary.range);
    std::map<uint32_t, std::vector<Mark>> lines;
    addMark(lines, primary, true);
    for (const Label &label : labels) {
      if (label.range.file == primary.range.file)
        addMark(lines, label, false);
      else
        others.push_back(label);
    }
    drawLines(*primary.range.file, lines);
  }

  void otherFile(const std::vector<Label> &labels, std::vector<Label> &others) {
    const SourceFile *file = labels.front().range.file;
    place(":::", labels.front().range);
    std::map<uint32_t, std::vector<Mark>> lines;
    for (const Label &label : labels) {
      if (label.range.file == file)
        addMark(lines, label, false);
      else
        others.push_back(label);
    }
    drawLines(*file, lines);
  }

  /// A range of several lines is marked on its first.
  static void addMark(std::map<uint32_t, std::vector<Mark>> &lines, const Label &label,
                      bool primary) {
    const SourceFile &file = *label.range.file;
    LineColumn start = file.lineColumn(label.range.begin), end = file.lineColumn(label.range.end);
    size_t begin = start.column - 1;
    size_t stop = end.line == start.line ? end.column - 1 : columns(file.lineText(start.line));
    lines[start.line].push_back({begin, std::max(stop, begin + 1), primary, printable(label.text)});
  }

  void drawLines(const SourceFile &file, std::map<uint32_t, std::vector<Mark>> &lines) {
    margin();
    output += "\n";
    uint32_t previous = 0;
    for (auto &[line, marks] : lines) {
      if (previous && line == previous + 2) {
        std::vector<Mark> none;
        drawLine(file, line - 1, none);
      } else if (previous && line > previous + 2) {
        output += paint(Style::Gutter, "...") + "\n";
      }
      drawLine(file, line, marks);
      previous = line;
    }
  }

  void drawLine(const SourceFile &file, uint32_t line, std::vector<Mark> &marks) {
    std::string shown = shorten(file.lineText(line), marks);
    while (!shown.empty() && shown.back() == ' ')
      shown.pop_back();
    margin(std::to_string(line));
    output += shown.empty() ? "\n" : fmt::format(" {}\n", shown);
    if (!marks.empty())
      drawMarks(marks);
  }

  /// A line as it is shown: a long one is cut down to the part around its first primary mark, or
  /// its first mark, and the marks are moved with it.
  static std::string shorten(std::string_view text, std::vector<Mark> &marks) {
    size_t size = columns(text);
    if (size <= widestLine)
      return printable(text);
    size_t centre = 0;
    if (!marks.empty()) {
      auto primary = std::ranges::find(marks, true, &Mark::primary);
      centre = primary == marks.end() ? marks.front().begin : primary->begin;
    }
    size_t first = centre > widestLine / 2 ? centre - widestLine / 2 : 0;
    first = std::min(first, size - widestLine);
    size_t last = first + widestLine;
    size_t lead = first > 0 ? 3 : 0;
    for (Mark &mark : marks) {
      mark.begin = std::clamp(mark.begin, first, last - 1) - first + lead;
      mark.end = std::max(std::clamp(mark.end, first, last) - first + lead, mark.begin + 1);
    }
    return fmt::format("{}{}{}", lead ? "..." : "", printable(text, first, last),
                       last < size ? "..." : "");
  }

  /// A row of columns that is painted cell by cell.
  struct Row {
    std::vector<std::pair<std::string, Style>> cells;
    void put(size_t column, std::string text, Style style) {
      if (cells.size() <= column)
        cells.resize(column + 1, {" ", Style::Plain});
      cells[column] = {std::move(text), style};
    }
  };

  void drawRow(const Row &row) {
    margin();
    output += " ";
    for (size_t i = 0; i < row.cells.size();) { // runs of one style are painted together
      size_t end = i;
      std::string run;
      while (end < row.cells.size() && row.cells[end].second == row.cells[i].second)
        run += row.cells[end++].first;
      output += paint(row.cells[i].second, run);
      i = end;
    }
    output += "\n";
  }

  Style styleOf(const Mark &mark) const { return mark.primary ? severity : Style::Gutter; }

  void drawMarks(std::vector<Mark> &marks) {
    std::ranges::stable_sort(marks, [](const Mark &a, const Mark &b) {
      return a.begin != b.begin ? a.begin < b.begin : a.primary < b.primary;
    });
    Row row;
    size_t right = 0;
    for (bool primary : {false, true}) // primary marks cover the others
      for (const Mark &mark : marks)
        if (mark.primary == primary) {
          for (size_t column = mark.begin; column < mark.end; ++column)
            row.put(column, primary ? "^" : "-", styleOf(mark));
          right = std::max(right, mark.end);
        }
    // The rightmost mark's text stands in the same row, where no other mark reaches beyond it.
    std::vector<const Mark *> hanging;
    for (const Mark &mark : marks)
      if (!mark.text.empty())
        hanging.push_back(&mark);
    if (!hanging.empty() && hanging.back() == &marks.back() && marks.back().end == right) {
      row.put(right + 1, marks.back().text, styleOf(marks.back()));
      hanging.pop_back();
    }
    drawRow(row);
    bool first = true;
    while (!hanging.empty()) {
      if (first)
        drawRow(stems(hanging, hanging.size()));
      first = false;
      const Mark &mark = *hanging.back();
      Row below = stems(hanging, hanging.size() - 1);
      below.put(mark.begin, mark.text, styleOf(mark));
      drawRow(below);
      hanging.pop_back();
    }
  }

  Row stems(const std::vector<const Mark *> &marks, size_t count) const {
    Row row;
    for (size_t i = 0; i < count; ++i)
      row.put(marks[i]->begin, "|", styleOf(*marks[i]));
    return row;
  }

  void remark(const Remark &item) {
    const char *kind = item.kind == Remark::Kind::Note ? "note" : "help";
    if (!item.range.valid()) {
      if (diagnostic.primary.range.valid() && !afterSnippet) {
        margin();
        output += "\n";
        afterSnippet = true;
      }
      output += paint(Style::Gutter, fmt::format("{:>{}} =", "", gutter));
      output += paint(Style::Bold, fmt::format(" {}:", kind)) +
                fmt::format(" {}\n", printable(item.text));
      return;
    }
    output += paint(Style::Note, kind) +
              paint(Style::Bold, fmt::format(": {}", printable(item.text))) + "\n";
    std::vector<Label> others;
    Style previous = std::exchange(severity, Style::Note);
    snippet({item.range, ""}, {}, others);
    severity = previous;
    afterSnippet = false;
  }

  const Diagnostic &diagnostic;
  bool colour;
  size_t gutter = 1;
  Style severity = Style::Error;
  bool afterSnippet = false; // the empty line between a snippet and its remarks has been drawn
  std::string output;
};

} // namespace

std::string render(const Diagnostic &diagnostic, bool colour) {
  return Renderer(diagnostic, colour).run();
}

std::string Diagnostics::render(bool colour) const {
  std::string output;
  for (const Diagnostic *diagnostic : sorted())
    output += lang::render(*diagnostic, colour) + "\n";
  if (errors > errorLimit)
    output += fmt::format("{} more errors are not shown\n", errors - errorLimit);
  return output;
}

} // namespace nnc::lang
