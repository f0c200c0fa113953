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

} // namespace

std::span<const DiagnosticInfo> allDiagnostics() { return registry; }

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

namespace {

/// The number of single-character edits (insertion, deletion, replacement, swap of neighbours)
/// between two names.
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> distance(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      bool same = std::tolower((unsigned char)a[i - 1]) == std::tolower((unsigned char)b[j - 1]);
      size_t best = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1,
                              distance[i - 1][j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, distance[i - 2][j - 2] + 1);
      distance[i][j] = best;
    }
  return distance[a.size()][b.size()];
}

template <typename Name>
std::string_view nearest(std::string_view name, std::span<const Name> candidates) {
  constexpr size_t longest = 80; // a name longer than this is not a slip of the finger
  std::string_view best;
  size_t allowed = name.size() <= 2 ? name.size() - 1 : (name.size() + 1) / 3;
  size_t bestDistance = allowed + 1;
  if (name.empty() || name.size() > longest)
    return best;
  for (std::string_view candidate : candidates) {
    size_t difference =
        std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
    if (candidate.empty() || difference >= bestDistance)
      continue;
    size_t distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

} // namespace

std::string_view nearestName(std::string_view name, std::span<const std::string_view> candidates) {
  return nearest(name, candidates);
}

std::string_view nearestName(std::string_view name, std::span<const std::string> candidates) {
  return nearest(name, candidates);
}

} // namespace nnc::lang
