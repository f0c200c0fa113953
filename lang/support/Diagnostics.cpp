// Implements the collection of diagnostics: the registry, repetitions, limits and order.
#include "lang/support/Diagnostics.h"

#include <algorithm>
#include <cctype>

namespace nnc::lang {

namespace {

// The compiler checks each message against the types of its arguments.
template <typename Signature> struct FormatOf;
template <typename... Arguments> struct FormatOf<void(Arguments...)> {
  using type = fmt::format_string<Arguments...>;
};
using Text = Diag::Text;
using Integer = Diag::Integer;
#define NNC_DIAGNOSTIC(NAME, ID, SEVERITY, ARGUMENTS, MESSAGE, EXPLANATION)                        \
  [[maybe_unused]] constexpr FormatOf<void ARGUMENTS>::type NAME##Format{MESSAGE};
#include "lang/support/Diagnostics.def"

constexpr DiagnosticInfo registry[] = {
#define NNC_DIAGNOSTIC(NAME, ID, SEVERITY, ARGUMENTS, MESSAGE, EXPLANATION)                        \
  {#NAME, #ID, Severity::SEVERITY, MESSAGE, EXPLANATION},
#include "lang/support/Diagnostics.def"
};

constexpr DiagnosticExample examples[] = {
#define NNC_EXAMPLE(ID, KIND, WRONG, RIGHT) {#ID, KIND, WRONG, RIGHT},
#include "lang/support/DiagnosticExamples.def"
};

/// Where the lines of an example stand.
std::string_view placeOf(std::string_view kind) {
  return kind == "model"                     ? ", in a model"
         : kind == "train" || kind == "keys" ? ", in a train block"
                                             : "";
}

std::string indented(std::string_view lines) {
  std::string result = "    ";
  for (char c : lines) {
    result += c;
    if (c == '\n')
      result += "    ";
  }
  return result;
}

} // namespace

std::span<const DiagnosticInfo> allDiagnostics() { return registry; }

const DiagnosticExample *findExample(std::string_view id) {
  auto found = std::ranges::find(examples, id, &DiagnosticExample::id);
  return found == std::ranges::end(examples) ? nullptr : found;
}

std::string explanationOf(const DiagnosticInfo &info) {
  std::string message(info.message);
  for (size_t place = 0; (place = message.find('{', place)) != std::string::npos;)
    message.replace(place, 3, "..."); // an argument
  std::string result = fmt::format("{}: {}\n\n{}\n", info.id, message, info.explanation);
  if (const DiagnosticExample *example = findExample(info.id))
    result += fmt::format("\nwrong{}:\n{}\nright:\n{}\n", placeOf(example->kind),
                          indented(example->wrong), indented(example->right));
  return result;
}

const DiagnosticInfo *findDiagnostic(std::string_view id) {
  auto found = std::ranges::find(registry, id, &DiagnosticInfo::id);
  return found == std::ranges::end(registry) ? nullptr : found;
}

DiagnosticBuilder &DiagnosticBuilder::here(std::string text) {
  if (diagnostic)
    diagnostic->primary.text = std::move(text);
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::label(SourceRange range, std::string text) {
  if (diagnostic && range.valid())
    diagnostic->labels.push_back({range, std::move(text)});
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::note(std::string text) { return note({}, std::move(text)); }

DiagnosticBuilder &DiagnosticBuilder::note(SourceRange range, std::string text) {
  if (diagnostic)
    diagnostic->remarks.push_back({Remark::Kind::Note, std::move(text), range});
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::help(std::string text) {
  if (diagnostic)
    diagnostic->remarks.push_back({Remark::Kind::Help, std::move(text), {}});
  return *this;
}

bool DiagnosticBuilder::suggest(NameKind kind, std::string_view name,
                                std::span<const std::string_view> known,
                                std::span<const std::string_view> arguments, char quote) {
  std::string suggestion = suggestionFor(kind, name, known, arguments, quote);
  if (suggestion.empty())
    return false;
  help(std::move(suggestion));
  return true;
}

bool DiagnosticBuilder::suggest(NameKind kind, std::string_view name,
                                std::span<const std::string> known,
                                std::span<const std::string_view> arguments) {
  return suggest(kind, name, std::vector<std::string_view>(known.begin(), known.end()), arguments);
}

DiagnosticBuilder Diagnostics::add(const DiagnosticInfo &info, SourceRange range,
                                   std::string message) {
  if (range.valid() || !message.empty())
    for (const Diagnostic &other : kept)
      if (other.info == &info && other.primary.range == range &&
          (range.valid() || other.message == message))
        return DiagnosticBuilder(nullptr);
  if (info.severity == Severity::Error && errors++ >= errorLimit)
    return DiagnosticBuilder(nullptr);
  if (info.severity == Severity::Warning && warnings++ >= errorLimit)
    return DiagnosticBuilder(nullptr);
  Diagnostic diagnostic;
  diagnostic.info = &info;
  diagnostic.primary.range = range;
  diagnostic.message = std::move(message);
  diagnostic.context = contexts;
  kept.push_back(std::move(diagnostic));
  return DiagnosticBuilder(&kept.back());
}

Diagnostics::Context::Context(Diagnostics &diagnostics, SourceRange range, std::string text)
    : diagnostics(diagnostics) {
  diagnostics.contexts.push_back({Remark::Kind::Note, std::move(text), range});
}

Diagnostics::Context::~Context() { diagnostics.contexts.pop_back(); }

std::vector<const Diagnostic *> Diagnostics::sorted() const {
  std::vector<const Diagnostic *> result;
  for (const Diagnostic &diagnostic : kept)
    result.push_back(&diagnostic);
  auto place = [](const Diagnostic *diagnostic) {
    SourceRange range = diagnostic->primary.range;
    for (auto context = diagnostic->context.rbegin(); context != diagnostic->context.rend();
         ++context)
      if (context->range.valid())
        range = context->range;
    // Without a place first: such an error concerns everything.
    return std::pair(range.valid() ? int64_t(range.file->index()) : int64_t(-1), range.begin);
  };
  std::ranges::stable_sort(result, {}, place);
  return result;
}

} // namespace nnc::lang
