// The state of the abstract interpretation: which bodies are being executed, what names mean in
// them, where in the user's text an error belongs, and how much work has been done.
#pragma once

#include "lang/elaborate/environment/Frame.h"
#include "lang/elaborate/environment/Globals.h"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace nnc::lang {

class VocabularyReader;

/// The values of `vocabulary(data)`. The data blocks are elaborated before the models.
struct Vocabularies {
  VocabularyReader *reader = nullptr; ///< null: texts cannot be read
  /// By data block, then by field; fields without a vocabulary are not among them.
  std::map<std::string, std::map<std::string, int64_t>, std::less<>> sizes;
};

class Environment {
public:
  Environment(const Globals &globals, Diagnostics &diagnostics, Vocabularies &vocabularies)
      : globals(globals), diagnostics(diagnostics), vocabularies(vocabularies) {}

  // Frames and names.
  bool executing() const { return !frames.empty(); }
  /// Whether the body at hand was applied by another one.
  bool isNested() const { return frames.size() > 1; }
  Frame &frame() { return frames.back(); }
  Binding *findLocal(std::string_view name);
  std::vector<std::string> localNames() const;
  void bindFresh(const std::string &name, Entity value, SourceRange range);
  /// The name behind the path of the layer that is being applied.
  std::string ownName(const std::string &name) const;

  // Places.
  bool inStandard(SourceRange range) const { return globals.inStandard(range); }
  /// The place in the user's text that stands for `range`: itself, or where the user called into
  /// the standard library.
  SourceRange place(SourceRange range) const;

  /// A place in the body of the layer that is being applied: the code at `range`, with the calls of
  /// the functions that it stands in.
  std::vector<SourceRange> codeAt(SourceRange range) const;

  // Reports.
  template <typename... Arguments>
  DiagnosticBuilder report(const DiagnosticKind<Arguments...> &kind, SourceRange range,
                           std::type_identity_t<Arguments>... arguments) {
    DiagnosticBuilder builder = diagnostics.report(kind, place(range), arguments...);
    addStandardNote(builder, range);
    return builder;
  }
  /// Says where the differing dimensions of a shape came from.
  void addOrigins(DiagnosticBuilder &builder, const Shape &shape, const Shape *other = nullptr);
  Entity unsupported(std::string_view what, SourceRange range);

  // Limits.
  /// Counts a step of the work; false, with an error, when the work gets out of hand.
  bool step(SourceRange range, uint64_t work = 1);
  /// One evaluation inside of others, for its life time.
  class Nesting {
  public:
    explicit Nesting(Environment &environment) : depth(environment.depth) { ++depth; }
    ~Nesting() { --depth; }
    Nesting(const Nesting &) = delete;

  private:
    uint32_t &depth;
  };

  const Globals &globals;
  Diagnostics &diagnostics;
  Vocabularies &vocabularies;
  /// Padded dimensions of the data have their bucketSize() in this bucket, by default all of it.
  int64_t bucket = bucketCount;
  Reparametrization *nextReparametrization = nullptr; // for the layer that is applied next
  bool inRecipe = false; // in the body of a schedule, an optimizer or a function of `clip`

private:
  friend class EnterFrame;
  /// Adds to an error where in the standard library it arose.
  void addStandardNote(DiagnosticBuilder &builder, SourceRange range);

  std::deque<Frame> frames;
  uint32_t depth = 0;
  uint64_t steps = 0;
};

/// Pushes a frame with one empty scope for its life time.
class EnterFrame {
public:
  explicit EnterFrame(Environment &environment) : environment(environment) {
    environment.frames.emplace_back().scopes.emplace_back();
  }
  /// The frame of a declaration's body, applied at `call`.
  EnterFrame(Environment &environment, const CallableDeclaration &declaration, SourceRange call)
      : EnterFrame(environment) {
    Frame &entered = environment.frames.back();
    entered.callable = &declaration;
    entered.call = call;
    entered.standard = environment.inStandard(declaration.range);
  }
  ~EnterFrame() { environment.frames.pop_back(); }
  EnterFrame(const EnterFrame &) = delete;

private:
  Environment &environment;
};

} // namespace nnc::lang
