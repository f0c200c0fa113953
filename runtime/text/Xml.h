// Text within XML and HTML: in pictures of predictions, charts and pages.
#pragma once

#include <string>
#include <string_view>

namespace nnc::text {

/// With entities for the characters that mean something, and U+FFFD for control characters, which XML
/// cannot hold.
std::string escapeXml(std::string_view text);

} // namespace nnc::text
