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

static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1] ? 1 : 0)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::string_view word, const std::vector<std::string> &candidates) {
  std::string_view best;
  size_t bestDistance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string &candidate : candidates) {
    size_t distance = editDistance(word, candidate);
    // `rate` for `optimizer.rate`: the end of a dotted name is as good as one slip.
    if (candidate.size() > word.size() + 1 && std::string_view(candidate).ends_with(word) &&
        candidate[candidate.size() - word.size() - 1] == '.')
      distance = 1;
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string> &candidates) {
  std::string_view found = nearest(word, candidates);
  return found.empty() ? std::string() : ", did you mean '" + printable(found) + "'?";
}

std::string suggestionOrAll(std::string_view word, const std::vector<std::string> &candidates) {
  std::string found = suggestion(word, candidates);
  return found.empty() ? ", they are " + list(candidates) : found;
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
