#include "tests/fuzz/JsonMutator.h"

#include "tests/fuzz/Support.h"

#include <cstring>
#include <optional>
#include <vector>

namespace nnc::fuzz {

using runtime::Json;
using Members = std::vector<Json::object_t::value_type>;

static size_t below(Random &random, size_t bound) { return random() % bound; }

static std::optional<Json> parse(std::string_view source) {
  try {
    return runtime::parseJson(source, "input");
  } catch (const runtime::Error &) {
    return std::nullopt;
  }
}

static Json interestingValue(Random &random) {
  static const Json values[] = {0,
                                1,
                                2,
                                3,
                                -1,
                                255,
                                256,
                                1e300,
                                -0.0,
                                0.5,
                                true,
                                false,
                                nullptr,
                                "",
                                "F32",
                                "F16",
                                "F8_E4M3",
                                INT32_MAX,
                                INT32_MIN,
                                INT64_MAX,
                                INT64_MIN,
                                UINT64_MAX,
                                int64_t(1) << 32,
                                int64_t(1) << 53,
                                Json::array(),
                                Json::object(),
                                Json::array({0, 4}),
                                "__metadata__",
                                "\xC3\xA9"};
  return values[below(random, std::size(values))];
}

/// All values within a value, itself first.
static void collect(Json &json, std::vector<Json *> &places) {
  places.push_back(&json);
  if (json.is_structured())
    for (Json &element : json)
      collect(element, places);
}

static void mutateNumber(Json &json, Random &random) {
  // Small changes matter most: offsets and counts that are off by one.
  if (json.is_number_float())
    json = json.get<double>() * (below(random, 2) ? -1 : 2);
  else
    json = static_cast<int64_t>(json.get<uint64_t>() + below(random, 17) - 8);
}

static void mutateText(Json &json, Random &random) {
  std::string text = json.get<std::string>();
  std::optional<Json> inner = parse(text);
  if (inner && !inner->is_number() && below(random, 8)) {
    mutate(*inner, random);
    json = runtime::dumpJson(*inner);
    return;
  }
  size_t size = text.size();
  text.resize(size + 8);
  size = LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(text.data()), size, text.size());
  text.resize(size);
  json = text;
}

/// Removes, repeats, exchanges or adds a member or an element.
template <typename Elements, typename MakeElement>
static void mutateElements(Elements &elements, Random &random, MakeElement make) {
  // Rebuilt, because names of members cannot be assigned.
  std::vector<size_t> order;
  for (size_t i = 0; i < elements.size(); ++i)
    order.push_back(i);
  size_t choice = order.empty() ? 3 : below(random, 4);
  if (choice == 0)
    order.erase(order.begin() + static_cast<std::ptrdiff_t>(below(random, order.size())));
  else if (choice == 1)
    order.push_back(order[below(random, order.size())]);
  else if (choice == 2)
    std::swap(order[below(random, order.size())], order[below(random, order.size())]);
  Elements changed;
  for (size_t i : order)
    changed.push_back(elements[i]);
  if (choice == 3)
    changed.push_back(make());
  elements.swap(changed);
}

void mutate(Json &json, Random &random) {
  std::vector<Json *> places;
  collect(json, places);
  Json &place = *places[below(random, places.size())];
  if (below(random, 6) == 0) {
    place = interestingValue(random);
  } else if (place.is_number()) {
    mutateNumber(place, random);
  } else if (place.is_string()) {
    mutateText(place, random);
  } else if (place.is_object()) {
    Members &members = place.get_ref<Json::object_t &>();
    mutateElements(members, random, [&] {
      Json name = members.empty() ? Json("a") : Json(members[below(random, members.size())].first);
      if (below(random, 2))
        mutateText(name, random);
      Json value = members.empty() ? interestingValue(random)
                                   : members[below(random, members.size())].second;
      return Members::value_type(name.get<std::string>(), value);
    });
  } else if (place.is_array()) {
    mutateElements(place.get_ref<Json::array_t &>(), random,
                   [&] { return interestingValue(random); });
  } else {
    place = interestingValue(random);
  }
}

static size_t put(const std::string &content, uint8_t *data, size_t maxSize) {
  size_t size = std::min(content.size(), maxSize);
  std::memcpy(data, content.data(), size);
  return size;
}

size_t mutateJson(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  Random random(seed);
  std::optional<Json> json = parse({reinterpret_cast<const char *>(data), size});
  if (!json || below(random, 8) == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  mutate(*json, random);
  return put(runtime::dumpJson(*json), data, maxSize);
}

size_t mutateSafetensors(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  Random random(seed);
  uint64_t headerSize = 0;
  if (size >= sizeof headerSize)
    std::memcpy(&headerSize, data, sizeof headerSize);
  if (size < sizeof headerSize || headerSize > size - sizeof headerSize || below(random, 16) == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  const char *header = reinterpret_cast<const char *>(data) + sizeof headerSize;
  std::string text(header, headerSize), rest(header + headerSize, size - 8 - headerSize);
  std::optional<Json> json = parse(text);
  if (size_t choice = below(random, 8); choice == 0) {
    size_t before = rest.size();
    rest.resize(before + 16);
    rest.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(rest.data()), before, rest.size()));
  } else if (json && choice > 1) {
    mutate(*json, random);
    text = runtime::dumpJson(*json);
  } else {
    text.resize(headerSize + 16);
    text.resize(
        LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(text.data()), headerSize, text.size()));
  }
  headerSize = text.size();
  std::string prefix(sizeof headerSize, '\0');
  std::memcpy(prefix.data(), &headerSize, sizeof headerSize);
  return put(prefix + text + rest, data, maxSize);
}

} // namespace nnc::fuzz
