// Implements parseJson() and dumpJson(): bounded nesting, errors with line and byte.
#include "runtime/support/Json.h"

#include <algorithm>

namespace nnc::runtime {

[[noreturn]] static void reject(std::string_view source, const std::string &origin,
                                const char *problem, size_t position) {
  size_t line = 1;
  for (size_t i = 0; i + 1 < position && i < source.size(); ++i)
    line += source[i] == '\n';
  fail("%s: %s (line %zu, byte %zu)", origin.c_str(), problem, line, position);
}

namespace {

/// Receives what the library's parser reads and builds the value. Members are appended without a
/// search for others of the same name, which would take quadratic time in all; repeated names are
/// found when their object ends. Nesting is bounded because the destructor and the copy of a value
/// recurse.
class Builder : public nlohmann::json_sax<Json> {
public:
  Builder(std::string_view source, const std::string &origin) : source(source), origin(origin) {}

  Json take() { return std::move(root); }

  bool null() override { return append(nullptr); }
  bool boolean(bool value) override { return append(value); }
  bool number_integer(number_integer_t value) override { return append(value); }
  bool number_unsigned(number_unsigned_t value) override { return append(value); }
  bool number_float(number_float_t value, const string_t &) override { return append(value); }
  bool string(string_t &value) override { return append(std::move(value)); }
  bool binary(binary_t &) override { return false; }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool key(string_t &value) override {
    name = std::move(value);
    return true;
  }
  bool end_object() override {
    rejectRepeatedNames();
    return end_array();
  }
  bool end_array() override {
    parents.pop_back();
    return true;
  }
  bool parse_error(size_t position, const std::string &, const Json::exception &error) override {
    constexpr int outOfRange = 406; // a number that no double holds
    reject(source, origin,
           error.id == outOfRange ? "a number in the JSON is out of range" : "not valid JSON",
           position);
  }

private:
  using Members = std::vector<Json::object_t::value_type>;

  /// Puts a value where it belongs; a pointer to it for as long as nothing follows it.
  Json *append(Json value) {
    if (parents.empty())
      return &(root = std::move(value));
    if (parents.back()->is_array()) {
      parents.back()->push_back(std::move(value));
      return &parents.back()->back();
    }
    Members &members = parents.back()->get_ref<Json::object_t &>();
    members.emplace_back(std::move(name), std::move(value));
    return &members.back().second;
  }

  bool open(Json container) {
    constexpr size_t limit = 512;
    if (parents.size() == limit)
      fail("%s: JSON that nests too deeply", origin.c_str());
    parents.push_back(append(std::move(container)));
    return true;
  }

  void rejectRepeatedNames() const {
    std::vector<std::string_view> names;
    for (const auto &[member, value] : parents.back()->items())
      names.push_back(member);
    std::sort(names.begin(), names.end());
    auto repeated = std::adjacent_find(names.begin(), names.end());
    if (repeated != names.end())
      fail("%s: an object in the JSON has two members '%s'", origin.c_str(),
           printable(*repeated).c_str());
  }

  std::string_view source;
  const std::string &origin;
  Json root;
  std::string name;            ///< of the member whose value comes next
  std::vector<Json *> parents; ///< open arrays and objects
};

} // namespace

Json parseJson(std::string_view source, const std::string &origin) {
  // The library would take a zero byte for the end of the text.
  if (size_t zero = source.find('\0'); zero != std::string_view::npos)
    reject(source, origin, "not valid JSON", zero + 1);
  Builder builder(source, origin);
  Json::sax_parse(source.begin(), source.end(), &builder);
  return builder.take();
}

std::string dumpJson(const Json &value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace nnc::runtime
