// Names that are unique in one place: the second `dense` there becomes `dense_2`, the third
// `dense_3`.
#pragma once

#include <string>
#include <unordered_map>

namespace nnc::lang {

class UniqueNames {
public:
  /// `name`, or `name_N` with the smallest N from 2 that is free; it is taken from now on.
  std::string claim(const std::string &name) {
    auto [found, isNew] = next.try_emplace(name, 2);
    if (isNew)
      return name;
    // Elements stay where they are when the map grows. A name such as `dense_2` may have been
    // claimed on its own.
    int &number = found->second;
    for (;;) {
      std::string candidate = name + "_" + std::to_string(number++);
      if (next.try_emplace(candidate, 2).second)
        return candidate;
    }
  }
  void clear() { next.clear(); }

private:
  std::unordered_map<std::string, int> next; // by taken name: the first number that may be free
};

} // namespace nnc::lang
