// Implements TrainKeys: the kind of value that each key takes.
#include "lang/elaborate/training/TrainKeys.h"

#include "lang/elaborate/training/Metrics.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace nnc::lang {

namespace {

struct TrainKey {
  std::string_view name;
  int places; ///< of TrainKeys::Place
};

constexpr int everywhere = TrainKeys::Train | TrainKeys::Then | TrainKeys::Step;
constexpr int ofPhase = TrainKeys::Train | TrainKeys::Then;

constexpr TrainKey keys[] = {
    {"loss", everywhere},         {"optimizer", everywhere},
    {"batch", TrainKeys::Train},  {"epochs", ofPhase},
    {"steps", ofPhase},           {"validate", TrainKeys::Train},
    {"sample", TrainKeys::Train}, {"stop", ofPhase},
    {"clip", everywhere},         {"shuffle", TrainKeys::Train},
    {"bucket", TrainKeys::Train}, {"perturb", everywhere},
    {"constrain", everywhere},    {"average", everywhere},
    {"freeze", ofPhase},          {"load", TrainKeys::Train},
    {"cache", ofPhase},           {"trains", TrainKeys::Step},
    {"every", TrainKeys::Step},
};

constexpr auto keyNames = [] {
  std::array<std::string_view, std::size(keys)> names;
  std::ranges::transform(keys, names.begin(), &TrainKey::name);
  return names;
}();

} // namespace

std::span<const std::string_view> trainKeys() { return keyNames; }

bool isTrainKey(std::string_view name) {
  return std::ranges::find(keys, name, &TrainKey::name) != std::end(keys);
}

TrainKeys::Block TrainKeys::enter(Place place, std::string scope) {
  // A later phase may train what the one before had frozen.
  if (place == Then)
    cached.reset();
  return std::exchange(block, {place, std::move(scope), {}});
}

void TrainKeys::see(const Identifier &name) {
  auto [known, isNew] = block.seen.emplace(name.text, name.range);
  everSeen.insert(name.text);
  if (!isNew)
    diagnostics.report(Diag::RepeatedKey, name.range, name.text)
        .label(known->second, "given here already");
  int places = std::ranges::find(keys, name.text, &TrainKey::name)->places;
  if (places & block.place)
    return;
  DiagnosticBuilder builder = diagnostics.report(Diag::KeyPlace, name.range, name.text,
                                                 block.place == Train  ? "train"
                                                 : block.place == Then ? "then"
                                                                       : "step");
  builder.help(places == Step    ? "it belongs into a `step` block"
               : places == Train ? "it belongs into the train block itself"
                                 : "it belongs into the train block itself or into a `then` block");
}

void TrainKeys::require(SourceRange keyword, const nnc::lang::Block &body) {
  // A value that nothing takes is reported, and so is a binding by another name of the key.
  std::set<std::string_view> meant;
  for (const StatementPtr &statement : body.statements) {
    if (as<ExpressionStatement>(statement))
      meant.insert("loss");
    if (auto *binding = as<BindingStatement>(statement))
      for (const Identifier &name : binding->names)
        if (const Synonym *synonym = findSynonym(NameKind::Key, name.text, keyNames))
          meant.insert(synonym->name);
  }
  std::vector<std::string> missing;
  std::string_view example;
  auto need = [&](std::string_view text, std::string_view line) {
    missing.push_back(std::string(text));
    if (example.empty())
      example = line;
  };
  auto given = [&](std::string_view key) {
    return everSeen.count(std::string(key)) || meant.count(key);
  };
  if (!given("loss"))
    need("`loss`", "loss = cross_entropy(logits, label)");
  if (!given("optimizer"))
    need("`optimizer`", "optimizer = momentum(rate = 0.1, mu = 0.9)");
  if (!given("epochs") && !given("steps"))
    need("`epochs` or `steps`", "epochs = 5");
  if (!missing.empty())
    diagnostics.report(Diag::MissingKey, keyword, fmt::format("{}", fmt::join(missing, ", ")))
        .help(fmt::format("for instance `{}`", example));
}

std::optional<int64_t> TrainKeys::positiveInteger(const std::string &key, const Expression &value) {
  Entity given = elaboration.interpreter.evaluate(value);
  auto *integer = given.get<IntegerConstant>();
  if (integer && integer->value >= 1 && integer->value <= INT32_MAX)
    return integer->value;
  if (!given.poisoned())
    diagnostics.report(Diag::KeyValue, value.range, key,
                       fmt::format("a whole number from 1 to {}", INT32_MAX), describe(given));
  return std::nullopt;
}

void TrainKeys::readStop(const Expression &value) {
  stop = {};
  phase.stopMetric.clear();
  phase.stopHighest = false;
  auto *call = as<CallExpression>(&value);
  auto wrong = [&] {
    if (as<ErrorExpression>(&value))
      return;
    DiagnosticBuilder builder = diagnostics.report(
        Diag::KeyValue, value.range, "stop",
        "patience(n), with n the epochs to wait for a better loss", toSource(value));
    if (call && call->arguments.size() > 1)
      builder.help(
          "of a metric it is `stop = patience(5, metric = NAME)`, with `best = highest` or "
          "`best = lowest` for one of your own");
    else
      builder.help(fmt::format("write `stop = patience({})`",
                               as<IntegerLiteral>(&value) ? toSource(value) : "5"));
  };
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  if (!callee || callee->name != "patience" || call->arguments.empty() ||
      call->arguments[0].named())
    return wrong();
  for (const CallArgument &argument : call->arguments) {
    if (&argument == &call->arguments[0])
      continue;
    auto *name = as<NameExpression>(argument.value);
    if (name && argument.name.text == "metric")
      stop.metric = {name->name, name->range};
    else if (name && argument.name.text == "best" &&
             (name->name == "highest" || name->name == "lowest"))
      stop.highest = name->name == "highest";
    else
      return wrong();
  }
  if (stop.highest && stop.metric.text.empty())
    return wrong();
  if (std::optional<int64_t> epochs = positiveInteger("patience", *call->arguments[0].value))
    phase.patience = *epochs;
}

std::vector<Identifier> TrainKeys::patterns(const std::string &key, const Expression &value) {
  std::vector<Identifier> result;
  Entity given = elaboration.interpreter.evaluate(value);
  auto add = [&](const Entity &one, SourceRange range) {
    if (auto *text = one.get<std::string>())
      result.push_back({*text, range});
    else if (!one.poisoned())
      diagnostics.report(Diag::KeyValue, range, key,
                         "a pattern of paths as \"trunk.*\", or a list of them", describe(one));
  };
  if (auto *group = given.get<Group>())
    for (const NamedEntity &member : group->members)
      add(*member.value, value.range);
  else
    add(given, value.range);
  return result;
}

void TrainKeys::unfreeze(const std::vector<ExpressionPtr> &given) {
  for (const ExpressionPtr &expression : given)
    for (const Identifier &pattern : patterns("unfreeze", *expression)) {
      size_t erased =
          std::erase_if(frozen, [&](const Identifier &one) { return one.text == pattern.text; });
      if (erased)
        continue;
      DiagnosticBuilder builder =
          diagnostics.report(Diag::KeyValue, pattern.range, "unfreeze",
                             "what `freeze` names before", fmt::format("\"{}\"", pattern.text));
      if (!frozen.empty())
        builder.help(fmt::format("write `unfreeze(\"{}\")`", frozen[0].text));
    }
}

void TrainKeys::readLoad(const Expression &value) {
  if (auto *list = as<ListExpression>(&value)) {
    for (const ExpressionPtr &element : list->elements)
      readLoad(*element);
    return;
  }
  auto *call = as<CallExpression>(&value);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  Load load{"", {"*", value.range}, {}};
  bool fits = callee && callee->name == "weights" && !call->arguments.empty();
  for (size_t i = 0; fits && i < call->arguments.size(); ++i) {
    const CallArgument &argument = call->arguments[i];
    Entity given = elaboration.interpreter.evaluate(*argument.value);
    auto *text = given.get<std::string>();
    fits = text && (argument.named() ? argument.name.text == "as" : i < 2);
    if (fits && !argument.named() && i == 0)
      load.file = *text;
    else if (fits)
      (argument.named() ? load.to : load.from) = {*text, argument.value->range};
  }
  auto hasOneStar = [](const Identifier &pattern) {
    return std::ranges::count(pattern.text, '*') == 1;
  };
  if (load.to.text.empty())
    load.to = load.from;
  else
    fits &= hasOneStar(load.from) && hasOneStar(load.to);
  if (fits) {
    loads.push_back(std::move(load));
    return;
  }
  if (!as<ErrorExpression>(&value))
    diagnostics
        .report(Diag::KeyValue, value.range, "load",
                "weights(file, paths), or weights(file, paths, as = others) with a `*` in both",
                toSource(value))
        .help("write `load = weights(\"trunk.safetensors\", \"trunk.*\")`");
}

void TrainKeys::finishStop(const Metrics &metrics) {
  for (const Metrics::Known &known : metrics.known())
    if (known.isNumber && known.highest)
      phase.directions.emplace_back(known.name, *known.highest);
  if (stop.metric.text.empty())
    return;
  const std::string &name = stop.metric.text;
  std::vector<std::string> names;
  for (const Metrics::Known &known : metrics.known()) {
    names.push_back(known.name);
    if (known.name != name)
      continue;
    if (!known.isNumber) {
      diagnostics.report(Diag::KeyValue, stop.metric.range, "metric", "a metric of one number",
                         fmt::format("`{}`, a tensor", name));
      return;
    }
    std::optional<bool> highest = stop.highest ? stop.highest : known.highest;
    if (!highest) {
      diagnostics.report(Diag::StopDirection, stop.metric.range, name)
          .help(
              fmt::format("write `best = highest` or `best = lowest` behind `metric = {}`", name));
      return;
    }
    phase.stopMetric = name;
    phase.stopHighest = *highest;
    if (!known.highest)
      phase.directions.emplace_back(name, *highest);
    return;
  }
  DiagnosticBuilder builder =
      diagnostics.report(Diag::KeyValue, stop.metric.range, "metric", "a metric of the train block",
                         fmt::format("`{}`", name));
  if (!builder.suggest(NameKind::Other, name, names) && !names.empty())
    builder.note(fmt::format("the metrics are {}", fmt::join(names, ", ")));
}

/// The first of the values that is nothing to apply, or null. Parameters may be excepted
/// from a function, from an optimizer not.
static const Entity *unfit(const Entity &value, CallableKind kind) {
  auto *byPath = value.get<ByPath>();
  if (!byPath) {
    auto *callable = value.get<CallableEntity>();
    bool fits = callable && callable->declaration && callable->declaration->callable == kind;
    return fits ? nullptr : &value;
  }
  for (const ByPath::Case &one : byPath->cases) {
    if (!one.value && kind == CallableKind::Optimizer)
      return &value;
    if (const Entity *wrong = one.value ? unfit(*one.value, kind) : nullptr)
      return wrong;
  }
  return unfit(*byPath->otherwise, kind);
}

void TrainKeys::readPart(RecipePart &part, CallableKind kind, const std::string &key,
                         const Expression &value, std::string_view expected) {
  Environment &environment = elaboration.environment;
  environment.frame().scopes.emplace_back();
  environment.bindFresh("steps_per_epoch",
                        elaboration.emitter.convert(elaboration.emitter.scalar("steps_per_epoch"),
                                                    Element::Real, value.range),
                        value.range);
  part = {elaboration.interpreter.evaluate(value), value.range, block.scope};
  environment.frame().scopes.pop_back();
  const Entity *wrong = unfit(part.value, kind);
  if (part.value.poisoned() || !wrong)
    return;
  RecipePart shown{*wrong, value.range};
  DiagnosticBuilder builder =
      diagnostics.report(Diag::KeyValue, value.range, key, expected, describe(shown.value));
  if (!part.value.is<ByPath>())
    advisePart(builder, shown, key, value);
  part.value = Poison{};
}

void TrainKeys::advisePart(DiagnosticBuilder &builder, const RecipePart &part,
                           const std::string &key, const Expression &value) {
  const Globals &globals = elaboration.environment.globals;
  auto *callable = part.value.get<CallableEntity>();
  bool isSchedule = callable && callable->declaration &&
                    callable->declaration->callable == CallableKind::Schedule;
  if (auto *text = part.value.get<std::string>()) {
    const Global *meant = globals.find(*text, false);
    if (meant && meant->callable())
      builder.help(fmt::format("write `{} = {}()`", key, *text));
    else
      builder.suggest(NameKind::Name, *text, globals.names(false));
  } else if (key == "optimizer" && (part.value.isNumber() || isSchedule)) {
    builder.help(fmt::format("write `optimizer = sgd({})`", toSource(value)));
  } else if (key == "clip" && part.value.isNumber()) {
    builder.help(fmt::format("write `clip = global_norm({})`", toSource(value)));
  } else if (key == "perturb" && part.value.isNumber()) {
    builder.help(fmt::format("write `perturb = sam({})`", toSource(value)));
  } else if (key == "constrain" && part.value.isNumber()) {
    builder.help(fmt::format("write `constrain = max_norm({})`", toSource(value)));
  } else if (key == "average" && part.value.isNumber()) {
    builder.help(fmt::format("write `average = ema({})`", toSource(value)));
  }
}

void TrainKeys::readBatch(const Expression &examples, const Expression *parts) {
  recipe.batch = positiveInteger("batch", examples).value_or(recipe.batch);
  std::optional<int64_t> number = parts ? positiveInteger("batch", *parts) : 1;
  if (!number)
    return;
  if (recipe.batch % *number == 0) {
    recipe.batch /= *number;
    recipe.parts = *number;
    return;
  }
  diagnostics
      .report(Diag::KeyValue, parts->range, "batch", "in parts of the same size",
              fmt::format("{} examples in {}", recipe.batch, *number))
      .help(fmt::format("write `batch = {} in {}`",
                        (recipe.batch + *number - 1) / *number * *number, *number));
}

/// `stratified(10%)`, `grouped(10%, patient)`: what stands behind the first `skipped` arguments is
/// the field.
bool TrainKeys::readSelection(const std::string &key, const Expression &value,
                              std::initializer_list<std::string_view> manners, Selection &selection,
                              size_t skipped) {
  auto *call = as<CallExpression>(&value);
  auto *callee = as<NameExpression>(call ? call->callee.get() : &value);
  const size_t count = call ? call->arguments.size() : 0;
  auto *field = count == skipped + 1 ? as<NameExpression>(call->arguments[skipped].value) : nullptr;
  const bool known =
      callee && std::ranges::find(manners, std::string_view(callee->name)) != manners.end();
  if (!known || count > skipped + 1 || (count == skipped + 1 && !field)) {
    if (!as<ErrorExpression>(&value))
      diagnostics
          .report(Diag::KeyValue, value.range, key,
                  fmt::format("{}, with the field in brackets", fmt::join(manners, ", ")),
                  toSource(value))
          .help(skipped ? "write `validate = 10% stratified`, `10% grouped(patient)` or "
                          "`10% latest(time)`"
                        : "write `sample = balanced(label)`");
    return false;
  }
  selection = {callee->name, field ? field->name : ""};
  selectionRanges[key] = field ? field->range : value.range;
  return true;
}

void TrainKeys::readValidate(const Expression &value) {
  auto *call = as<CallExpression>(&value);
  const Expression *part = &value;
  if (call && !call->arguments.empty()) {
    if (!readSelection("validate", value, {"stratified", "grouped", "latest"}, recipe.validateBy,
                       1))
      return;
    part = call->arguments[0].value.get();
  }
  Entity given = elaboration.interpreter.evaluate(*part);
  if (given.isNumber() && given.number() >= 0 && given.number() < 1)
    recipe.validate = given.number();
  else if (!given.poisoned())
    diagnostics.report(Diag::KeyValue, part->range, "validate",
                       "a part of the training data, as 10%", describe(given));
}

void TrainKeys::finishSelections(const DataInfo &data) {
  auto check = [&](const std::string &key, Selection &selection, bool (*fits)(const DataField &),
                   std::string_view what) {
    std::vector<std::string> names, labels;
    for (const DataField &field : data.fields) {
      if (!fits(field))
        continue;
      names.push_back(field.name);
      if (!field.categories) // which mostly are inputs
        labels.push_back(field.name);
    }
    const std::vector<std::string> &likely = labels.empty() ? names : labels;
    if (selection.field.empty() && likely.size() == 1)
      selection.field = likely[0];
    if (std::ranges::find(names, selection.field) != names.end())
      return;
    DiagnosticBuilder builder =
        diagnostics.report(Diag::KeyValue, selectionRanges[key], key,
                           fmt::format("{} for `{}`", what, selection.manner),
                           selection.field.empty() ? "none" : fmt::format("`{}`", selection.field));
    if (!names.empty())
      builder.note(fmt::format("these fields fit: {}", fmt::join(names, ", ")));
  };
  auto isClass = [](const DataField &field) {
    return field.type.shape.empty() && field.type.classes > 0;
  };
  auto isScalar = [](const DataField &field) { return field.type.shape.empty(); };
  auto isNumber = [](const DataField &field) {
    return field.type.shape.empty() && !field.type.classes;
  };
  auto isFloat = [](const DataField &field) {
    return field.type.shape.empty() && field.type.element == Element::Float;
  };
  const std::string &manner = recipe.validateBy.manner;
  if (manner == "stratified")
    check("validate", recipe.validateBy, isClass, "a class field");
  else if (manner == "grouped")
    check("validate", recipe.validateBy, isScalar, "a field without dimensions");
  else if (manner == "latest" && !recipe.validateBy.field.empty())
    check("validate", recipe.validateBy, isNumber, "a field of numbers");
  if (!recipe.sample.manner.empty() && !recipe.shuffle)
    diagnostics.report(Diag::KeyValue, selectionRanges["sample"], "sample",
                       "left out with `shuffle = false`", recipe.sample.manner);
  else if (recipe.sample.manner == "balanced")
    check("sample", recipe.sample, isClass, "a class field");
  else if (recipe.sample.manner == "weighted")
    check("sample", recipe.sample, isFloat, "a field of weights");
}

void TrainKeys::read(const std::string &key, const Expression &value) {
  if (key == "epochs") {
    phase.epochs = positiveInteger(key, value);
  } else if (key == "steps") {
    phase.steps = positiveInteger(key, value);
  } else if (key == "validate") {
    readValidate(value);
  } else if (key == "sample") {
    readSelection(key, value, {"balanced", "weighted"}, recipe.sample);
  } else if (key == "shuffle" || key == "bucket") {
    Entity given = elaboration.interpreter.evaluate(value);
    if (auto *truth = given.get<bool>())
      (key == "shuffle" ? recipe.shuffle : recipe.bucket) = *truth;
    if (key == "bucket")
      recipe.bucketRange = value.range;
    if (!given.is<bool>() && !given.poisoned())
      diagnostics.report(Diag::KeyValue, value.range, key, "true or false", describe(given));
  } else if (key == "stop") {
    readStop(value);
  } else if (key == "freeze") {
    frozen = patterns(key, value);
  } else if (key == "trains") {
    trained = patterns(key, value);
  } else if (key == "every") {
    step.every = positiveInteger(key, value).value_or(1);
  } else if (key == "cache") {
    cached = {elaboration.interpreter.evaluate(value), value.range};
  } else if (key == "load") {
    readLoad(value);
  } else if (key == "optimizer") {
    readPart(optimizer, CallableKind::Optimizer, key, value, "an optimizer, as sgd(0.1)");
  } else if (key == "clip") {
    readPart(clip, CallableKind::Function, key, value,
             "a function of a gradient, as global_norm(1.0)");
  } else if (key == "perturb") {
    readPart(perturb, CallableKind::Function, key, value, "a function of a gradient, as sam(0.05)");
  } else if (key == "constrain") {
    readPart(constrain, CallableKind::Function, key, value,
             "a function of a parameter, as max_norm(3)");
  } else if (key == "average") {
    readPart(average, CallableKind::Function, key, value,
             "a function of an average and a parameter, as ema(0.999)");
  }
}

} // namespace nnc::lang
