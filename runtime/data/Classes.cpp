// Implements ClassIndex: names are compared as text, or as numbers where all are numbers.
#include "runtime/data/Classes.h"

#include "runtime/data/Csv.h"

namespace nnc::runtime {

ClassIndex::ClassIndex(const std::vector<std::string> &names) {
  bool allNumbers = true;
  int32_t number = 0;
  for (const std::string &name : names) {
    byName.try_emplace(name, number);
    if (std::optional<double> value = parseNumber(name))
      byValue.try_emplace(*value, number);
    else
      allNumbers = false;
    ++number;
  }
  if (!allNumbers)
    byValue.clear();
}

std::optional<int32_t> ClassIndex::find(const std::string &word) const {
  if (auto found = byName.find(word); found != byName.end())
    return found->second;
  if (std::optional<double> value = parseNumber(word); value && byValue.count(*value))
    return byValue.at(*value);
  return std::nullopt;
}

} // namespace nnc::runtime
