// Reads the JSON of a description: typed access to its members, with the place of a wrong one in the
// message. Shared by the files that implement parseDescription().
#pragma once

#include "runtime/model/Description.h"
#include "runtime/support/Json.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc::runtime {

/// Reads members of a JSON object and says where a wrong one is.
class DescriptionReader {
public:
  DescriptionReader(const Json &object, std::string where)
      : object(object), where(std::move(where)) {
    if (!object.is_object())
      wrong("is not an object");
  }

  bool has(const char *key) const { return object.contains(key) && !object[key].is_null(); }

  const Json &member(const char *key) const {
    auto found = object.find(key);
    if (found == object.end())
      wrong(text("has no \"%s\"", key));
    return *found;
  }

  std::string string(const char *key) const {
    const Json &value = member(key);
    if (!value.is_string())
      wrong(text("\"%s\" is not text", key));
    return value.get<std::string>();
  }
  std::string string(const char *key, const char *otherwise) const {
    return has(key) ? string(key) : otherwise;
  }

  int64_t count(const char *key) const { return asCount(member(key), key); }
  int64_t count(const char *key, int64_t otherwise) const {
    return has(key) ? count(key) : otherwise;
  }
  size_t bytes(const char *key) const { return static_cast<size_t>(count(key)); }

  double number(const char *key, double otherwise) const {
    if (!has(key))
      return otherwise;
    if (!object[key].is_number())
      wrong(text("\"%s\" is not a number", key));
    return object[key].get<double>();
  }

  bool boolean(const char *key, bool otherwise) const {
    if (!has(key))
      return otherwise;
    if (!object[key].is_boolean())
      wrong(text("\"%s\" is not true or false", key));
    return object[key].get<bool>();
  }

  DType dtype(const char *key) const {
    std::string name = string(key);
    std::optional<DType> result = parseDType(name);
    if (!result)
      wrong(text("unknown dtype \"%s\"", name.c_str()));
    return *result;
  }

  Shape shape(const char *key) const {
    Shape result;
    int64_t product = 1;
    for (const Json &size : array(key)) {
      result.push_back(asCount(size, key));
      if (__builtin_mul_overflow(product, result.back(), &product))
        wrong(text("\"%s\" is too large", key));
    }
    return result;
  }

  const Json &array(const char *key) const {
    const Json &value = member(key);
    if (!value.is_array())
      wrong(text("\"%s\" is not an array", key));
    return value;
  }

  /// Calls `visit(DescriptionReader)` for each element of an array of objects.
  template <typename Visitor> void forEach(const char *key, Visitor visit) const {
    size_t index = 0;
    for (const Json &element : array(key))
      visit(DescriptionReader(element, text("%s.%s[%zu]", where.c_str(), key, index++)));
  }
  template <typename Visitor> void forEachIfAny(const char *key, Visitor visit) const {
    if (has(key))
      forEach(key, visit);
  }

  DescriptionReader inside(const char *key) const {
    return DescriptionReader(member(key), where + "." + key);
  }

  /// The value with this name among the alternatives, by position.
  size_t choice(const char *key, std::initializer_list<const char *> alternatives) const {
    std::string name = string(key);
    size_t index = 0;
    for (const char *alternative : alternatives) {
      if (name == alternative)
        return index;
      ++index;
    }
    wrong(text("unknown %s \"%s\"", key, name.c_str()));
  }

  [[noreturn]] void wrong(const std::string &what) const {
    fail("the model's description is damaged: %s %s", where.c_str(), what.c_str());
  }

  std::vector<std::string> strings(const char *key) const {
    std::vector<std::string> result;
    for (const Json &element : array(key)) {
      if (!element.is_string())
        wrong(text("\"%s\" holds something other than text", key));
      result.push_back(element.get<std::string>());
    }
    return result;
  }

private:
  int64_t asCount(const Json &value, const char *key) const {
    if (!value.is_number_integer() || value.get<int64_t>() < 0)
      wrong(text("\"%s\" is not an integer >= 0", key));
    return value.get<int64_t>();
  }

  const Json &object;
  std::string where;
};

/// In ParseRecipes.cpp. Throws Error if the recipe does not fit the functions and the data that
/// `description` has already.
Recipe readRecipe(const DescriptionReader &reader, const Description &description);

} // namespace nnc::runtime
