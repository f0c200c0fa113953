// The JSON library as the runtime uses it: members keep their order, no iostreams. Parsing errors
// become an Error that names what was parsed.
#pragma once

#include "runtime/support/Error.h"

#ifndef JSON_NO_IO
#define JSON_NO_IO
#endif
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace nnc::runtime {

using Json = nlohmann::ordered_json;

/// `origin` names the text in the error, e.g. a file.
Json parseJson(std::string_view source, const std::string &origin);

/// One line; bytes that are not UTF-8 are replaced.
std::string dumpJson(const Json &value);

} // namespace nnc::runtime
