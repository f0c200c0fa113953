// Implements the escaping of text for XML.
#include "runtime/text/Xml.h"

namespace nnc::text {

std::string escapeXml(std::string_view text) {
  std::string result;
  for (char letter : text)
    switch (letter) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      if (static_cast<unsigned char>(letter) < 0x20 && letter != '\n' && letter != '\t')
        result += "\ufffd";
      else
        result += letter;
    }
  return result;
}

} // namespace nnc::text
