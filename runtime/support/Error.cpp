// Implements Error and the formatting of numbers and messages.
#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace nnc::runtime {

static std::string formatArguments(const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = std::vsnprintf(nullptr, 0, format, arguments);
  std::string result(static_cast<size_t>(std::max(length, 0)), '\0');
  std::vsnprintf(result.data(), result.size() + 1, format, again);
  va_end(again);
  return result;
}

std::string text(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string result = formatArguments(format, arguments);
  va_end(arguments);
  return result;
}

std::string numberText(int digits, double value) {
  return std::isnan(value) ? "nan" : text("%.*g", digits, value);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string message = formatArguments(format, arguments);
  va_end(arguments);
  throw Error(message);
}

std::string systemMessage(int errnoValue) {
  std::string message = std::strerror(errnoValue);
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z' &&
      (message.size() < 2 || message[1] < 'A' || message[1] > 'Z'))
    message[0] = static_cast<char>(message[0] - 'A' + 'a');
  return message;
}

std::string list(const std::vector<std::string> &words) {
  std::string result;
  for (const std::string &word : words)
    result += (result.empty() ? "" : ", ") + word;
  return printable(result);
}

std::string printable(std::string_view text) {
  constexpr size_t limit = 60;
  std::string result;
  for (char c : text.substr(0, limit))
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (text.size() > limit)
    result += "...";
  return result;
}

} // namespace nnc::runtime
