// Names of classes and the numbers that stand for them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nnc::runtime {

/// Names of the classes in the order of their numbers, by class field. The list is empty where the
/// training data has numbers instead, and missing where nothing is known yet.
using ClassNames = std::map<std::string, std::vector<std::string>>;

/// Finds the classes of a field by their names.
class ClassIndex {
public:
  explicit ClassIndex(const std::vector<std::string> &names);

  /// The number of the class that `word` names. Where all names are numbers, 1.0 is the same name
  /// as 1.
  std::optional<int32_t> find(const std::string &word) const;

private:
  std::unordered_map<std::string, int32_t> byName;
  std::map<double, int32_t> byValue; ///< empty unless all names are numbers
};

} // namespace nnc::runtime
