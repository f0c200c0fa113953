// Implements printTable(): columns as wide as their widest cell.
#include "runtime/support/Table.h"

#include <algorithm>
#include <cstdio>

namespace nnc::runtime {

std::string formatTable(const std::vector<std::vector<std::string>> &rows, size_t firstNumber,
                        size_t endNumber) {
  std::string table;
  std::vector<size_t> widths(rows[0].size());
  for (const auto &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  for (const auto &row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string space(widths[i] - row[i].size(), ' ');
      bool number = i >= firstNumber && i < endNumber;
      line += (i ? "  " : "") + (number ? space + row[i] : row[i] + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  }
  return table;
}

void printTable(const std::vector<std::vector<std::string>> &rows, size_t firstNumber,
                size_t endNumber) {
  std::fputs(formatTable(rows, firstNumber, endNumber).c_str(), stdout);
}

} // namespace nnc::runtime
