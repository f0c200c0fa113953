#include "lang/elaborate/Elaborator.h"

#include "lang/elaborate/Resolve.h"
#include "lang/elaborate/Training.h"

#include <charconv>
#include <cmath>
#include <numbers>
#include <pthread.h>

namespace nnc::lang {

namespace {

/// Evaluations nested in each other; the stack of elaborate() holds as many.
constexpr uint32_t maximumDepth = 6000;
constexpr size_t maximumFrames = 200;
constexpr uint64_t maximumSteps = 2'000'000;
constexpr size_t stackBytes = size_t(1) << 28;

/// Runs a function on a stack large enough for maximumDepth, whatever the caller's is.
void runOnLargeStack(std::function<void()> function) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stackBytes);
  pthread_t thread;
  auto run = [](void *argument) -> void * {
    (*static_cast<std::function<void()> *>(argument))();
    return nullptr;
  };
  if (pthread_create(&thread, &attributes, run, &function) == 0)
    pthread_join(thread, nullptr);
  else
    function();
  pthread_attr_destroy(&attributes);
}

} // namespace

std::optional<Program> elaborate(const Module &user, std::span<const Module *const> standard,
                                 Diagnostics &diagnostics, const ElaborateOptions &options) {
  std::optional<Program> program;
  runOnLargeStack([&] { program = Elaborator(user, standard, diagnostics, options).run(); });
  return program;
}

std::optional<Program> Elaborator::run() {
  collectGlobals();
  applyConfigOptions();
  Resolver(*this).run();
  TrainingElaborator(*this).run();
  if (!diagnostics.hasErrors())
    checkBatchSizes(program, diagnostics);
  if (diagnostics.hasErrors())
    return std::nullopt;
  return std::move(program);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

void Elaborator::addGlobal(Globals &globals, const Identifier &name, Global global,
                           bool reportRepetitions) {
  if (name.text.empty())
    return;
  auto [found, isNew] = globals.emplace(name.text, global);
  if (!isNew && reportRepetitions)
    diagnostics.report(Diag::Redefinition, name.range, name.text)
        .label(found->second.range, "first declared here");
}

void Elaborator::collectGlobals(bool reportRepetitions) {
  auto collect = [&](const Module &module, Globals &globals, bool isStandard) {
    for (const DeclarationPtr &declaration : module.declarations) {
      if (auto *callable = as<CallableDeclaration>(declaration)) {
        addGlobal(globals, callable->name, {callable, nullptr, callable->name.range, isStandard},
                  reportRepetitions);
      } else if (auto *config = as<ConfigDeclaration>(declaration)) {
        for (const Entry &entry : config->entries)
          addGlobal(globals, entry.name, {config, &entry, entry.name.range, isStandard},
                    reportRepetitions);
      } else if (auto *data = as<DataDeclaration>(declaration)) {
        auto [found, isNew] = dataBlocks.emplace(data->name.text, data);
        if (!isNew && reportRepetitions && !data->name.text.empty())
          diagnostics.report(Diag::Redefinition, data->name.range, data->name.text)
              .label(found->second->name.range, "first declared here");
      }
    }
  };
  collect(user, userGlobals, false);
  for (const Module *module : standard)
    collect(*module, standardGlobals, true);
}

void Elaborator::applyConfigOptions() {
  std::vector<std::string> names;
  for (const auto &[name, global] : userGlobals)
    if (global.entry)
      names.push_back(name);
  for (const auto &[name, value] : options.settings) {
    auto found = userGlobals.find(name);
    if (found == userGlobals.end() || !found->second.entry) {
      DiagnosticBuilder builder = diagnostics.report(Diag::UnknownConfig, {}, name);
      std::string_view nearest = nearestName(name, std::span<const std::string>(names));
      if (!nearest.empty())
        builder.help(fmt::format("did you mean `{}`?", nearest));
      else if (names.empty())
        builder.note("the program has no `config`");
      else
        builder.note(fmt::format("the config has: {}", fmt::join(names, ", ")));
      continue;
    }
    overrides[name] = value;
  }
}

namespace {

/// The value that `-D name=text` means for an entry whose default is `initial`; nothing when it is
/// of another kind.
std::optional<Entity> parseOverride(const std::string &text, const Entity &initial,
                                    const OriginPtr &origin) {
  const char *end = text.data() + text.size();
  if (initial.is<std::string>())
    return Entity(text);
  if (initial.is<bool>())
    return text == "true"    ? std::optional<Entity>(true)
           : text == "false" ? std::optional<Entity>(false)
                             : std::nullopt;
  int64_t integer = 0;
  if (auto [rest, error] = std::from_chars(text.data(), end, integer);
      error == std::errc() && rest == end)
    return initial.is<double>() ? Entity(double(integer))
                                : Entity(IntegerConstant{integer, origin});
  double real = 0;
  if (initial.is<double>())
    if (auto [rest, error] = std::from_chars(text.data(), end, real);
        error == std::errc() && rest == end && std::isfinite(real))
      return Entity(real);
  return std::nullopt;
}

std::string_view kindOfConstant(const Entity &value) {
  return value.is<IntegerConstant>() ? "a whole number"
         : value.is<double>()        ? "a number"
         : value.is<bool>()          ? "true or false"
                                     : "a text";
}

} // namespace

Entity Elaborator::configValue(const std::string &name, const Global &global) {
  auto known = configValues.find(name);
  if (known != configValues.end())
    return known->second;
  if (!configsInProgress.insert(name).second) {
    report(Diag::ConfigCycle, global.range, name);
    return Poison{};
  }
  Entity value;
  {
    EnterFrame enter(*this);
    value = evaluate(*global.entry->value);
  }
  configsInProgress.erase(name);
  if (!value.isNumber() && !value.is<bool>() && !value.is<std::string>() && !value.poisoned()) {
    report(Diag::NotConstant, global.entry->value->range, fmt::format("`{}`", name));
    value = Poison{};
  }
  if (auto override = overrides.find(name); override != overrides.end() && !value.poisoned()) {
    OriginPtr origin = makeOrigin(
        {}, fmt::format("`{}` is {} by -D {}={}", name, override->second, name, override->second));
    std::optional<Entity> parsed = parseOverride(override->second, value, origin);
    if (!parsed)
      report(Diag::BadConfigValue, global.range, name, override->second)
          .here(fmt::format("declared with {}", kindOfConstant(value)));
    value = parsed ? *parsed : Entity(Poison{});
  } else if (auto *integer = value.get<IntegerConstant>()) {
    integer->origin = makeOrigin(global.entry->value->range,
                                 fmt::format("`{}` is {} in the config", name, integer->value));
  }
  return configValues[name] = value;
}

const Global *Elaborator::findGlobal(std::string_view name, bool fromStandard) const {
  if (!fromStandard)
    if (auto found = userGlobals.find(name); found != userGlobals.end())
      return &found->second;
  auto found = standardGlobals.find(name);
  return found == standardGlobals.end() ? nullptr : &found->second;
}

Binding *Elaborator::findLocal(std::string_view name) {
  if (frames.empty())
    return nullptr;
  auto &scopes = frame().scopes;
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto found = scope->find(std::string(name)); found != scope->end())
      return &found->second;
  return nullptr;
}

std::optional<Entity> Elaborator::contextual(const std::string &name) {
  if (name == "training")
    return Entity(pass && pass->training);
  if (name == "pi")
    return Entity(std::numbers::pi);
  if (name == "infinity")
    return Entity(HUGE_VAL);
  return std::nullopt;
}

Entity Elaborator::lookup(const std::string &name, SourceRange range) {
  if (Binding *local = findLocal(name)) {
    local->used = true;
    return local->value;
  }
  if (std::optional<Entity> value = contextual(name))
    return *value;
  if (const Global *global = findGlobal(name, inStandard(range))) {
    if (global->entry)
      return configValue(name, *global);
    CallableEntity callable;
    callable.declaration = static_cast<const CallableDeclaration *>(global->declaration);
    callable.range = range;
    return callable;
  }
  if (const Builtin *builtin = findBuiltin(name)) {
    CallableEntity callable;
    callable.builtin = builtin;
    callable.range = range;
    return callable;
  }
  if (auto data = dataBlocks.find(name); data != dataBlocks.end())
    return DataEntity{data->second};
  if (isPlannedName(name))
    return unsupported(fmt::format("`{}`", name), range);
  reportUnknown(name, range, visibleNames(inStandard(range)));
  return Poison{};
}

std::vector<std::string> Elaborator::visibleNames(bool fromStandard) const {
  std::vector<std::string> names{"training", "pi", "infinity"};
  if (!frames.empty())
    for (const auto &scope : frames.back().scopes)
      for (const auto &[name, binding] : scope)
        names.push_back(name);
  if (!fromStandard)
    for (const auto &[name, global] : userGlobals)
      names.push_back(name);
  for (const auto &[name, global] : standardGlobals)
    names.push_back(name);
  for (const Builtin &builtin : allBuiltins())
    names.emplace_back(builtin.name);
  return names;
}

void Elaborator::reportUnknown(const std::string &name, SourceRange range,
                               std::vector<std::string> candidates) {
  DiagnosticBuilder builder = report(Diag::UnknownName, range, name);
  std::string_view nearest = nearestName(name, std::span<const std::string>(candidates));
  if (!nearest.empty())
    builder.help(fmt::format("did you mean `{}`?", nearest));
}

//===----------------------------------------------------------------------===//
// Places and limits
//===----------------------------------------------------------------------===//

SourceRange Elaborator::place(SourceRange range) const {
  if (!inStandard(range))
    return range;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
    if (frame->call.valid() && !inStandard(frame->call))
      return frame->call;
  return range;
}

void Elaborator::addStandardNote(DiagnosticBuilder &builder, SourceRange range) {
  if (inStandard(range) && place(range) != range && !frames.empty() && frame().callable)
    builder.note(fmt::format("found in `{}` of {}, line {}", frame().callable->name.text,
                             range.file->name(), range.start().line));
}

void Elaborator::addOrigins(DiagnosticBuilder &builder, const Shape &shape, const Shape *other) {
  std::set<std::pair<std::string, uint32_t>> said; // sentences and where they begin
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const Origin *origin = shape[axis].origin.get();
    if (!origin || origin->text.empty())
      continue;
    // Dimensions that agree explain nothing.
    if (other && other->size() == shape.size() && (*other)[axis].size == shape[axis].size)
      continue;
    if (!said.emplace(origin->text, origin->range.begin).second)
      continue;
    if (origin->range.valid() && !inStandard(origin->range))
      builder.note(origin->range, origin->text);
    else
      builder.note(origin->text);
  }
}

bool Elaborator::step(SourceRange range) {
  if (depth > maximumDepth || frames.size() > maximumFrames) {
    report(Diag::TooDeep, range);
    return false;
  }
  if (++steps > maximumSteps) {
    if (steps == maximumSteps + 1)
      report(Diag::TooMuch, range, int64_t(maximumSteps));
    return false;
  }
  return true;
}

Entity Elaborator::unsupported(std::string_view what, SourceRange range) {
  report(Diag::NotSupported, range, what);
  return Poison{};
}

//===----------------------------------------------------------------------===//
// Entities
//===----------------------------------------------------------------------===//

std::string LayerInstance::path() const {
  std::string prefix = parent ? parent->path() : "";
  if (isModel && name.empty())
    return prefix;
  return prefix.empty() ? name : prefix + "." + name;
}

std::string describe(const Entity &entity) {
  struct Describer {
    std::string operator()(const Poison &) const { return "an error"; }
    std::string operator()(const Nothing &) const { return "nothing"; }
    std::string operator()(const IntegerConstant &integer) const {
      return fmt::format("the number {}", integer.value);
    }
    std::string operator()(double number) const { return fmt::format("the number {}", number); }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::string &text) const {
      return fmt::format("the text \"{}\"", text);
    }
    std::string operator()(const RangeConstant &range) const {
      return fmt::format("the range {}..{}", range.begin, range.end);
    }
    std::string operator()(const ShapeConstant &shape) const {
      return "the shape " + describe(shape.shape);
    }
    std::string operator()(const Tensor &tensor) const {
      return describe(tensor.element, tensor.shape, tensor.classes);
    }
    std::string operator()(const Group &group) const {
      if (group.members.empty())
        return "an empty list";
      if (!group.members[0].name.empty())
        return "a record";
      std::string numbers;
      for (const NamedEntity &member : group.members) {
        if (!member.value->isNumber())
          return fmt::format("a list of {}", group.members.size());
        numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", member.value->number());
      }
      return fmt::format("the list ({})", numbers);
    }
    std::string operator()(const CallableEntity &callable) const {
      if (callable.builtin)
        return fmt::format("the function `{}`", callable.builtin->name);
      std::string_view kind = spelling(callable.declaration->callable);
      if (callable.declaration->callable == CallableKind::Function)
        kind = "function";
      return fmt::format("the {} `{}`", kind == "init" ? "initialiser" : kind,
                         callable.declaration->name.text);
    }
    std::string operator()(const LayerPtr &layer) const {
      return fmt::format("the {} `{}`", spelling(layer->declaration->callable),
                         layer->declaration->name.text);
    }
    std::string operator()(const ReducerEntity &reducer) const {
      return fmt::format("the reduction `{}`", reducer.expression->reducer.text);
    }
    std::string operator()(const ExceptEntity &) const { return "a value with exceptions"; }
    std::string operator()(const DataEntity &data) const {
      return fmt::format("the data block `{}`", data.declaration->name.text);
    }
  };
  return std::visit(Describer{}, entity.value);
}

} // namespace nnc::lang
