// Implements `scan`: its block is elaborated once, for all steps.
#include "lang/elaborate/interpret/Interpreter.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/support/Names.h"

#include <utility>

namespace nnc::lang {

namespace {

/// Operations that are not supported in the block of a scan.
constexpr std::string_view notInScans[] = {"gradient", "batch_mean", "batch_sum", "batch_next",
                                           "batch_count"};

/// A value of the same structure with other tensors, which `next` goes through.
Entity withTensors(const Entity &like, const Tensor *&next) {
  auto *group = like.get<Group>();
  if (!group)
    return *next++;
  Group copy;
  for (const NamedEntity &member : group->members)
    copy.members.push_back(
        {member.name, member.range, std::make_shared<Entity>(withTensors(*member.value, next))});
  return copy;
}

Entity withTensors(const Entity &like, const std::vector<Tensor> &tensors) {
  const Tensor *next = tensors.data();
  return withTensors(like, next);
}

Type typeOf(const Tensor &tensor) { return {tensor.element, sizes(tensor.shape), 0}; }

Tensor withId(Tensor tensor, ValueId id) {
  tensor.id = id;
  tensor.reduction = {};
  return tensor;
}

} // namespace

bool Interpreter::collectTensors(Entity &value, const std::vector<Tensor> *like,
                                 std::string_view what, SourceRange range,
                                 std::vector<Tensor> &tensors) {
  value = emitter.listed(value, range);
  if (auto *group = value.get<Group>()) {
    for (NamedEntity &member : group->members) {
      Entity inner = *member.value;
      if (!collectTensors(inner, like, what, range, tensors))
        return false;
      member.value = std::make_shared<Entity>(std::move(inner));
    }
    return true;
  }
  Element preferred =
      like && tensors.size() < like->size() ? (*like)[tensors.size()].element : Element::Float;
  std::optional<Tensor> tensor = emitter.tensor(value, preferred, what, range);
  if (tensor)
    tensors.push_back(*tensor);
  return tensor.has_value();
}

/// The sequence that a source of a scan gives: of a range, its numbers.
Entity Interpreter::evaluateSequence(const Expression &expression) {
  Entity value = evaluate(expression);
  auto *range = value.get<RangeConstant>();
  if (!range)
    return value;
  int64_t count = 0;
  if (__builtin_sub_overflow(range->end, range->begin, &count) || count < 1 ||
      count > maximumElements) {
    environment.report(Diag::ScanSource, expression.range,
                       fmt::format("the range from {} to {}", range->begin, range->end));
    return Poison{};
  }
  Extent steps{count, range->origin ? range->origin
                                    : makeOrigin(environment.place(expression.range),
                                                 fmt::format("the range has {} numbers", count))};
  Tensor numbers =
      emitter.emit("iota", {}, Element::Int, {steps}, {{"dim", int64_t(0)}}, expression.range);
  if (range->begin == 0)
    return numbers;
  return operators.binary(BinaryOperator::Add, numbers, IntegerConstant{range->begin, nullptr},
                          expression.range);
}

/// Evaluates the sources of a scan and finds the number of steps, and the length of padded sources;
/// false if something was wrong.
bool Interpreter::evaluateSources(const ScanExpression &expression, std::vector<Carried> &sources,
                                  Extent &steps, LengthPtr &length) {
  bool good = true;
  Padding padding(environment, emitter);
  SourceRange first;
  for (const ScanSource &source : expression.sources) {
    SourceRange range = source.sequence->range;
    Carried &sequence = sources.emplace_back();
    sequence.value = evaluateSequence(*source.sequence);
    if (!collectTensors(sequence.value, nullptr, "scan", range, sequence.tensors)) {
      good = false;
      continue;
    }
    for (const Tensor &tensor : sequence.tensors) {
      if (tensor.shape.empty()) {
        environment.report(Diag::ScanSource, range, describe(Entity(tensor)))
            .note("the steps are the first dimension of a tensor");
        good = false;
      } else if (!first.valid()) {
        first = range;
        steps = tensor.shape[0];
      } else if (tensor.shape[0].size != steps.size) {
        environment.report(Diag::ScanLengths, range, steps.size, tensor.shape[0].size)
            .here(fmt::format("{} steps", tensor.shape[0].size))
            .label(first, fmt::format("{} steps", steps.size));
        good = false;
      }
      if (LengthPtr own = tensor.shape.empty() ? nullptr : padding.along(tensor, 0)) {
        length = padding.meet(length, own, range);
        steps.origin = withLength(steps.origin, length);
      }
    }
  }
  return good && first.valid();
}

Entity Interpreter::evaluateScan(const ScanExpression &expression) {
  if (!emitter.pass || environment.inRecipe || !environment.executing())
    return environment.unsupported("`scan` here", expression.range);
  std::vector<Carried> sources, carries;
  Extent steps;
  LengthPtr length;
  bool good = evaluateSources(expression, sources, steps, length);
  for (const ScanCarry &carry : expression.carries) {
    Carried &initial = carries.emplace_back();
    initial.value = evaluate(*carry.initial);
    good &= collectTensors(initial.value, nullptr, "with", carry.initial->range, initial.tensors);
  }
  if (!good)
    return Poison{};

  Graph &graph = emitter.pass->graph;
  Padding padding(environment, emitter);
  std::vector<Tensor> &paddedSteps = emitter.pass->padding.steps;
  std::optional<Tensor> truths;
  const bool isMasked = needsMask(length);
  if (isMasked)
    truths = padding.mask(length, steps.size, expression.range);
  graph.openScan(steps.size);
  if (truths) {
    Tensor now = withId(*truths, graph.addSequence(truths->id, {Element::Bool, {}, 0}));
    now.shape.clear();
    paddedSteps.push_back(now);
  }
  Frame &frame = environment.frame();
  frame.scopes.emplace_back();
  size_t outerScan = std::exchange(frame.scan, frame.scopes.size() - 1);
  for (size_t i = 0; i < sources.size(); ++i) {
    std::vector<Tensor> rows;
    for (Tensor row : sources[i].tensors) {
      Lengths lengths = padding.of(row);
      if (!lengths.empty())
        lengths.erase(lengths.begin());
      row.shape.erase(row.shape.begin());
      row = withId(row, graph.addSequence(row.id, typeOf(row)));
      padding.set(row, lengths);
      rows.push_back(row);
    }
    const Identifier &name = expression.sources[i].variable;
    environment.bindFresh(name.text, withTensors(sources[i].value, rows), name.range);
  }
  for (size_t i = 0; i < carries.size(); ++i) {
    std::vector<Tensor> &values = carries[i].inside;
    for (const Tensor &initial : carries[i].tensors) {
      values.push_back(withId(initial, graph.addCarry(initial.id, typeOf(initial))));
      padding.set(values.back(), padding.of(initial));
    }
    const Identifier &name = expression.carries[i].name;
    environment.bindFresh(name.text, withTensors(carries[i].value, values), name.range);
  }

  scans.push_back({{}, {}, emitter.pass->conditions.size()});
  int64_t outerRepetitions = std::exchange(emitter.repetitions, emitter.repetitions * steps.size);
  size_t errors = environment.diagnostics.errorCount();
  Entity last = evaluateBlock(*expression.body, false);
  std::optional<Entity> result;
  if (environment.diagnostics.errorCount() == errors)
    result = closeScan(expression, carries, steps, length, last);
  if (!result) {
    graph.abandonScan();
    if (isMasked)
      paddedSteps.pop_back();
  }
  emitter.repetitions = outerRepetitions;
  scans.pop_back();
  frame.scan = outerScan;
  frame.scopes.pop_back();
  return result && !result->is<Nothing>() ? *result : Entity(Poison{});
}

/// Checks a carry behind a step; nothing, with an error, if it has another type than before.
std::optional<std::vector<Tensor>> Interpreter::checkCarry(const ScanCarry &carry,
                                                           const Carried &initial) {
  Binding &now = environment.frame().scopes.back()[carry.name.text];
  std::vector<Tensor> tensors;
  Entity value = now.value;
  if (!collectTensors(value, &initial.tensors, carry.name.text, now.range, tensors))
    return std::nullopt;
  bool same = tensors.size() == initial.tensors.size();
  for (size_t i = 0; same && i < tensors.size(); ++i) {
    const Tensor &before = initial.tensors[i];
    Tensor &after = tensors[i];
    if (before.element == Element::Float)
      after = emitter.convert(after, Element::Float, now.range);
    same = before.element == after.element && sameSizes(before.shape, after.shape);
    if (same)
      continue;
    DiagnosticBuilder builder = environment.report(Diag::CarryChanged, now.range, carry.name.text,
                                                   describe(before.element, before.shape),
                                                   describe(after.element, after.shape));
    builder.here("the value behind a step")
        .label(carry.initial->range, "the value in front of the first step");
    environment.addOrigins(builder, before.shape, &after.shape);
    environment.addOrigins(builder, after.shape, &before.shape);
    if (before.shape.empty() && !after.shape.empty() && carry.initial->kind != ExpressionKind::Name)
      builder.help(fmt::format("begin with a tensor of that shape: `with {} = zeros({})`",
                               carry.name.text, fmt::join(sizes(after.shape), ", ")));
    return std::nullopt;
  }
  if (same)
    return tensors;
  environment
      .report(Diag::CarryChanged, now.range, carry.name.text, describe(initial.value),
              describe(value))
      .here("the value behind a step")
      .label(carry.initial->range, "the value in front of the first step");
  return std::nullopt;
}

/// Ends the block of a scan. Nothing, with an error, if it cannot be one; then the block is still
/// open.
std::optional<Entity> Interpreter::closeScan(const ScanExpression &expression,
                                             const std::vector<Carried> &carries,
                                             const Extent &steps, const LengthPtr &length,
                                             const Entity &last) {
  Graph &graph = emitter.pass->graph;
  Padding padding(environment, emitter);
  const Yielded &yielded = scans.back();
  const bool isMasked = needsMask(length);
  if (!yielded.value && (!last.is<Nothing>() || carries.empty())) {
    DiagnosticBuilder builder = environment.report(Diag::ScanValue, expression.range);
    const std::vector<StatementPtr> &statements = expression.body->statements;
    if (auto *value = statements.empty() ? nullptr : as<ExpressionStatement>(statements.back()))
      builder.label(value->range, "the value of each step")
          .help(fmt::format("write `yield {}`", value->range.text()));
    return std::nullopt;
  }
  std::vector<ValueId> next, emitted;
  for (size_t i = 0; i < carries.size(); ++i) {
    std::optional<std::vector<Tensor>> tensors = checkCarry(expression.carries[i], carries[i]);
    if (!tensors)
      return std::nullopt;
    for (size_t j = 0; j < tensors->size(); ++j) {
      const Tensor &before = carries[i].inside[j], &after = (*tensors)[j];
      for (int64_t axis = 0; axis < int64_t(before.shape.size()); ++axis)
        if (LengthPtr own = padding.along(after, axis); own && own != padding.along(before, axis)) {
          padding.refuse("a carry", own, expression.carries[i].initial->range,
                         "the carry is padded after a step, but its initial value is not: begin "
                         "with a padded value, as `0 * x` for a sequence `x`");
          return std::nullopt;
        }
      // After the last step of an example its carries keep their values.
      next.push_back(isMasked ? padding.choose(after, before, expression.range).id : after.id);
    }
  }
  std::vector<Tensor> rows;
  Entity row = yielded.value.value_or(Nothing{});
  if (yielded.value && !collectTensors(row, nullptr, "yield", yielded.range, rows))
    return std::nullopt;
  for (Tensor &tensor : rows) {
    if (isMasked)
      tensor = padding.zeroStep(tensor, yielded.range);
    emitted.push_back(tensor.id);
  }
  for (const Operation &operation : graph.scanOperations())
    if (contains(notInScans, operation.name)) {
      environment.report(Diag::NotSupported, operation.range,
                         fmt::format("`{}` in the block of a `scan`",
                                     operation.name == "gradient" ? "grad" : operation.name));
      return std::nullopt;
    }
  if (isMasked)
    emitter.pass->padding.steps.pop_back();
  std::vector<ValueId> results =
      graph.closeScan(std::move(next), std::move(emitted), environment.place(expression.range));

  auto sequence = [&](const Tensor &one, size_t result, int64_t extra) {
    Tensor all = withId(one, results[result]);
    all.shape.insert(all.shape.begin(), extra ? Extent{steps.size + extra, nullptr} : steps);
    Lengths lengths = padding.of(one);
    lengths.resize(one.shape.size());
    lengths.insert(lengths.begin(), extra ? nullptr : length);
    padding.set(all, lengths);
    if (isMasked && !extra)
      emitter.pass->padding.filled[all.id] = {{0}, 0};
    if (elementCount(all.shape) > maximumElements)
      environment.report(Diag::TooLarge, expression.range, describe(all.element, all.shape),
                         maximumElements);
    return all;
  };
  size_t result = 0;
  Group values; // the carries behind the last step
  for (size_t i = 0; i < carries.size(); ++i) {
    std::vector<Tensor> tensors;
    for (const Tensor &initial : carries[i].tensors) {
      Tensor trace = sequence(initial, result++, 1);
      if (!yielded.value)
        tensors.push_back(
            emitter.reshape(emitter.slice(trace, 0, {1, nullptr}, steps.size, expression.range),
                            initial.shape, expression.range));
    }
    if (!yielded.value)
      values.members.push_back({expression.carries[i].name.text, expression.carries[i].name.range,
                                std::make_shared<Entity>(withTensors(carries[i].value, tensors))});
  }
  if (!yielded.value)
    return carries.size() == 1 ? *values.members[0].value : Entity(values);
  for (Tensor &one : rows)
    one = sequence(one, result++, 0);
  return withTensors(row, rows);
}

void Interpreter::yield(const YieldStatement &statement) {
  Entity value = evaluate(*statement.value);
  // The parser has reported one outside of a scan.
  if (scans.empty() || value.poisoned())
    return;
  Yielded &scan = scans.back();
  if (scan.value) {
    DiagnosticBuilder builder = environment.report(Diag::YieldTwice, statement.range);
    if (scan.range != statement.range)
      builder.label(scan.range, "the first `yield`");
    return;
  }
  if (emitter.pass->conditions.size() > scan.conditions) {
    environment.report(Diag::YieldUnderCondition, statement.range);
    return;
  }
  scan.value = std::move(value);
  scan.range = statement.range;
}

} // namespace nnc::lang
