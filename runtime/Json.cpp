#include "runtime/Json.h"

namespace nnc::runtime {

namespace {

/// Counts how deeply arrays and objects nest: the parser keeps its stack on the heap, but the
/// destructor and the copy of a value recurse.
bool nestsTooDeeply(std::string_view source) {
  constexpr int limit = 512;
  int depth = 0;
  bool inString = false;
  for (size_t i = 0; i < source.size(); ++i) {
    char c = source[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit)
        return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

} // namespace

Json parseJson(std::string_view source, const std::string &origin) {
  if (nestsTooDeeply(source))
    fail("%s: JSON that nests too deeply", origin.c_str());
  try {
    return Json::parse(source.begin(), source.end());
  } catch (const Json::parse_error &error) {
    size_t line = 1;
    for (size_t i = 0; i + 1 < error.byte && i < source.size(); ++i)
      line += source[i] == '\n';
    fail("%s: not valid JSON (line %zu, byte %zu)", origin.c_str(), line, error.byte);
  }
}

std::string dumpJson(const Json &value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace nnc::runtime
