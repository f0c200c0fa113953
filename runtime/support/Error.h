// How the runtime reports trouble: an Error carries one line for the user, main() prints it and
// exits with status 1. Text formatting without iostreams keeps compiled models small.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

/// A failure, as one line without a newline at its end.
class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char *format, ...);

/// A number with so many significant digits; "nan" whatever its sign.
std::string numberText(int digits, double value);

/// Throws an Error with this message.
[[noreturn, gnu::format(printf, 1, 2)]] void fail(const char *format, ...);

/// `prefix` + the operating system's message for `errnoValue`, e.g. "no such file".
std::string systemMessage(int errnoValue);

/// The words with commas between them, cut to a length fit for an error line.
std::string list(const std::vector<std::string> &words);

/// `text` with control characters replaced and cut to a length fit for an error line.
std::string printable(std::string_view text);

} // namespace nnc::runtime
