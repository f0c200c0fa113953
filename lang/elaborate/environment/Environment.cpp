// Implements Environment: scopes, the places of errors, limits.
#include "lang/elaborate/environment/Environment.h"

#include <set>
#include <utility>

namespace nnc::lang {

namespace {

/// Evaluations nested in each other; the stack of elaborate() holds as many.
constexpr uint32_t maximumDepth = 6000;
constexpr size_t maximumFrames = 200;
constexpr uint64_t maximumSteps = 2'000'000;

} // namespace

Binding *Environment::findLocal(std::string_view name) {
  if (!executing())
    return nullptr;
  auto &scopes = frame().scopes;
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto found = scope->find(std::string(name)); found != scope->end())
      return &found->second;
  return nullptr;
}

std::vector<std::string> Environment::localNames() const {
  std::vector<std::string> names;
  if (executing())
    for (const auto &scope : frames.back().scopes)
      for (const auto &[name, binding] : scope)
        names.push_back(name);
  return names;
}

void Environment::bindFresh(const std::string &name, Entity value, SourceRange range) {
  frame().scopes.back()[name] = {std::move(value), range, false};
}

std::string Environment::ownName(const std::string &name) const {
  const LayerInstance *layer = executing() ? frames.back().layer : nullptr;
  std::string prefix = layer ? layer->path() : "";
  return prefix.empty() ? name : prefix + "." + name;
}

SourceRange Environment::place(SourceRange range) const {
  if (!inStandard(range))
    return range;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
    if (frame->call.valid() && !inStandard(frame->call))
      return frame->call;
  return range;
}

std::vector<SourceRange> Environment::codeAt(SourceRange range) const {
  std::vector<SourceRange> code{range};
  const LayerInstance *layer = executing() ? frames.back().layer : nullptr;
  for (auto frame = frames.rbegin(); layer && frame != frames.rend(); ++frame) {
    if (frame->layer != layer || frame->callable == layer->declaration)
      break;
    code.push_back(frame->call);
  }
  return code;
}

void Environment::addStandardNote(DiagnosticBuilder &builder, SourceRange range) {
  if (inStandard(range) && place(range) != range && executing() && frame().callable)
    builder.note(fmt::format("found in `{}` of {}, line {}", frame().callable->name.text,
                             range.file->name(), range.start().line));
}

void Environment::addOrigins(DiagnosticBuilder &builder, const Shape &shape, const Shape *other) {
  std::set<std::pair<std::string, uint32_t>> written; // sentences and where they begin
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const Origin *origin = shape[axis].origin.get();
    if (!origin || origin->text.empty())
      continue;
    // Dimensions that agree explain nothing.
    if (other && other->size() == shape.size() && (*other)[axis].size == shape[axis].size)
      continue;
    if (!written.emplace(origin->text, origin->range.begin).second)
      continue;
    if (origin->range.valid() && !inStandard(origin->range))
      builder.note(origin->range, origin->text);
    else
      builder.note(origin->text);
  }
}

bool Environment::step(SourceRange range, uint64_t work) {
  if (depth > maximumDepth || frames.size() > maximumFrames) {
    report(Diag::TooDeep, range);
    return false;
  }
  bool wasBelow = steps <= maximumSteps;
  steps += work;
  if (steps > maximumSteps) {
    if (wasBelow)
      report(Diag::TooMuch, range, int64_t(maximumSteps));
    return false;
  }
  return true;
}

Entity Environment::unsupported(std::string_view what, SourceRange range) {
  report(Diag::NotSupported, range, what);
  return Poison{};
}

} // namespace nnc::lang
