// Diagnostics: what the compiler says about a program. Every kind is registered in Diagnostics.def
// with its number, its message and the types of the message's arguments; a Diagnostics object
// collects what one compilation reports and prints it in source order, with the source lines.
//
//   diagnostics.report(Diag::UnknownName, name.range, name.text)
//       .here("not found in this model")
//       .label(declaration.range, "similar name declared here")
//       .help("did you mean `logits`?");
#pragma once

#include "lang/support/Source.h"
#include "lang/support/Synonyms.h"

#include <fmt/format.h>

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace nnc::lang {

enum class Severity { Error, Warning };

/// One kind of the registry.
struct DiagnosticInfo {
  std::string_view name; // "UnknownName"
  std::string_view id;   // "N0201"
  Severity severity;
  std::string_view message;     // with {0}, {1}, ... for the arguments
  std::string_view explanation; // what `nnc --explain` prints
};

/// A program that causes a diagnostic, and the same as it should be; parts of programs, mostly.
struct DiagnosticExample {
  std::string_view id;
  std::string_view kind; // what the lines are: of a "model", a "file", a "command", ...
  std::string_view wrong, right;
};

/// The example of a kind; there is one for each.
const DiagnosticExample *findExample(std::string_view id);
/// The text that `nnc explain` prints.
std::string explanationOf(const DiagnosticInfo &info);

/// All kinds, in the order of the registry.
std::span<const DiagnosticInfo> allDiagnostics();
/// The kind with this id ("N0201"), or null.
const DiagnosticInfo *findDiagnostic(std::string_view id);

/// A kind with the types of its arguments, so that a wrong argument does not compile.
template <typename... Arguments> struct DiagnosticKind {
  unsigned index;
};

namespace detail {
enum DiagnosticIndex : unsigned {
#define NNC_DIAGNOSTIC(NAME, ID, SEVERITY, ARGUMENTS, MESSAGE, EXPLANATION) NAME##Index,
#include "lang/support/Diagnostics.def"
};
template <typename Signature> struct KindOf;
template <typename... Arguments> struct KindOf<void(Arguments...)> {
  using type = DiagnosticKind<Arguments...>;
};
} // namespace detail

namespace Diag {
using Text = std::string_view;
using Integer = int64_t;
#define NNC_DIAGNOSTIC(NAME, ID, SEVERITY, ARGUMENTS, MESSAGE, EXPLANATION)                        \
  inline constexpr detail::KindOf<void ARGUMENTS>::type NAME{detail::NAME##Index};
#include "lang/support/Diagnostics.def"
} // namespace Diag

/// A place with a text beside it.
struct Label {
  SourceRange range;
  std::string text; // may be empty
};

/// A remark below the snippet: `note` or `help`, with a snippet of its own when it has a valid
/// range.
struct Remark {
  enum class Kind { Note, Help } kind = Kind::Note;
  std::string text;
  SourceRange range;
};

struct Diagnostic {
  const DiagnosticInfo *info = nullptr;
  Label primary;
  std::string message;
  std::vector<Label> labels; // secondary
  std::vector<Remark> remarks;
  std::vector<Remark> context; // outermost first: what the compiler was doing when it found this
};

/// Adds to a diagnostic that has just been reported. Good until the Diagnostics object goes.
class DiagnosticBuilder {
public:
  explicit DiagnosticBuilder(Diagnostic *diagnostic) : diagnostic(diagnostic) {}
  /// The text beside the carets of the primary range.
  DiagnosticBuilder &here(std::string text);
  /// Another place that explains the problem. Ignored when the range is invalid.
  DiagnosticBuilder &label(SourceRange range, std::string text);
  DiagnosticBuilder &note(std::string text);
  /// A note with a snippet of its own.
  DiagnosticBuilder &note(SourceRange range, std::string text);
  DiagnosticBuilder &help(std::string text);
  /// Helps someone who wrote a name that is not known, by what it means elsewhere or by what it is
  /// near to: "did you mean `dense`?". False when nothing is known. `arguments` are those of the
  /// call; `quote` stands around a name that is suggested.
  bool suggest(NameKind kind, std::string_view name, std::span<const std::string_view> known,
               std::span<const std::string_view> arguments = {}, char quote = '`');
  bool suggest(NameKind kind, std::string_view name, std::span<const std::string> known,
               std::span<const std::string_view> arguments = {});

private:
  Diagnostic *diagnostic; // null when the report was a repetition and is not kept
};

class Diagnostics {
public:
  /// More errors than this are counted but not kept.
  static constexpr size_t errorLimit = 50;

  /// Reports a diagnostic. The same kind at the same range is kept once. An invalid range is
  /// allowed: then no source is shown.
  template <typename... Arguments>
  DiagnosticBuilder report(const DiagnosticKind<Arguments...> &kind, SourceRange range,
                           std::type_identity_t<Arguments>... arguments) {
    const DiagnosticInfo &info = allDiagnostics()[kind.index];
    return add(info, range, fmt::format(fmt::runtime(info.message), arguments...));
  }

  /// While it lives, everything reported carries a note of what is being done: "in `block`, applied
  /// here".
  class Context {
  public:
    Context(Diagnostics &diagnostics, SourceRange range, std::string text);
    ~Context();
    Context(const Context &) = delete;
    Context &operator=(const Context &) = delete;

  private:
    Diagnostics &diagnostics;
  };

  bool hasErrors() const { return errors != 0; }
  /// Counts those that were not kept because there were too many, not repetitions.
  size_t errorCount() const { return errors; }
  size_t warningCount() const { return warnings; }
  bool full() const { return errors >= errorLimit; }

  /// Everything kept, in source order: by the place of the outermost context if there is one, else
  /// by the primary range.
  std::vector<const Diagnostic *> sorted() const;
  /// The text of all diagnostics, as for a terminal. Colour by ANSI escapes when asked.
  std::string render(bool colour = false) const;

private:
  DiagnosticBuilder add(const DiagnosticInfo &info, SourceRange range, std::string message);

  std::deque<Diagnostic> kept; // a deque: builders point into it
  std::vector<Remark> contexts;
  size_t errors = 0;
  size_t warnings = 0;
};

/// The characters of a text from one column up to another, those replaced that a terminal would
/// obey or cannot show.
std::string printable(std::string_view text, size_t first = 0,
                      size_t last = std::string_view::npos);

/// The text of one diagnostic, with a line end.
std::string render(const Diagnostic &diagnostic, bool colour = false);

} // namespace nnc::lang
