// Implements the evaluation of expressions: literals, names, members, ranges, reductions.
#include "lang/elaborate/interpret/Interpreter.h"

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/index/Where.h"
#include "lang/elaborate/interpret/Advice.h"

#include <cmath>
#include <numbers>
#include <span>

namespace nnc::lang {

Entity Interpreter::evaluate(const Expression &expression) {
  Environment::Nesting nesting(environment);
  if (!environment.step(expression.range))
    return Poison{};
  switch (expression.kind) {
  case ExpressionKind::Error:
    return Poison{};
  case ExpressionKind::IntegerLiteral:
    return IntegerConstant{as<IntegerLiteral>(&expression)->value,
                           makeOrigin(expression.range, "")};
  case ExpressionKind::FloatLiteral:
    return as<FloatLiteral>(&expression)->value;
  case ExpressionKind::StringLiteral:
    return as<StringLiteral>(&expression)->value;
  case ExpressionKind::BoolLiteral:
    return as<BoolLiteral>(&expression)->value;
  case ExpressionKind::Name:
    return lookup(as<NameExpression>(&expression)->name, expression.range);
  case ExpressionKind::Member:
    return evaluateMember(*as<MemberExpression>(&expression));
  case ExpressionKind::Call:
    return evaluateCall(*as<CallExpression>(&expression));
  case ExpressionKind::Index: {
    auto *index = as<IndexExpression>(&expression);
    return indexEntity(evaluate(*index->base), index->items, expression.range);
  }
  case ExpressionKind::Unary: {
    auto *unaryExpression = as<UnaryExpression>(&expression);
    return operators.unary(unaryExpression->op, evaluate(*unaryExpression->operand),
                           expression.range);
  }
  case ExpressionKind::Binary: {
    auto *binaryExpression = as<BinaryExpression>(&expression);
    Entity left = evaluate(*binaryExpression->left);
    // Where the left side decides alone, the right one need not be known.
    if (auto *known = left.get<bool>())
      if ((binaryExpression->op == BinaryOperator::And && !*known) ||
          (binaryExpression->op == BinaryOperator::Or && *known))
        return left;
    // `sum[i] -x[i]`: the resolver has reported it, and the indices are unknown.
    if (auto *reduce = as<ReduceExpression>(binaryExpression->left);
        reduce && !reduce->operand && binaryExpression->op == BinaryOperator::Subtract &&
        !left.get<Tensor>())
      return Poison{};
    Entity right = evaluate(*binaryExpression->right);
    return operators.binary(binaryExpression->op, left, right, expression.range);
  }
  case ExpressionKind::Pipe:
    return evaluatePipe(*as<PipeExpression>(&expression));
  case ExpressionKind::Reduce:
    return evaluateReduce(*as<ReduceExpression>(&expression));
  case ExpressionKind::Where:
    reportWhere(environment, *as<WhereExpression>(&expression));
    return Poison{};
  case ExpressionKind::If:
    return evaluateIf(*as<IfExpression>(&expression));
  case ExpressionKind::Record: {
    Group group;
    for (const CallArgument &field : as<RecordExpression>(&expression)->fields)
      group.members.push_back(
          {field.name.text, field.name.range, std::make_shared<Entity>(evaluate(*field.value))});
    return group;
  }
  case ExpressionKind::List: {
    Group list;
    for (const ExpressionPtr &element : as<ListExpression>(&expression)->elements)
      list.members.push_back({"", element->range, std::make_shared<Entity>(evaluate(*element))});
    return list;
  }
  case ExpressionKind::Range:
    return evaluateRange(*as<RangeExpression>(&expression));
  case ExpressionKind::Comprehension:
    return evaluateComprehension(*as<ComprehensionExpression>(&expression));
  case ExpressionKind::NewDimension:
  case ExpressionKind::IndexVariable:
    environment.report(Diag::NotSupported, expression.range,
                       fmt::format("`{}` here", expression.range.text()));
    return Poison{};
  case ExpressionKind::Ellipsis:
    environment.report(Diag::NotSupported, expression.range, "`...` here");
    return Poison{};
  case ExpressionKind::Block:
    return evaluateBlock(*as<Block>(&expression));
  case ExpressionKind::Scan:
    return evaluateScan(*as<ScanExpression>(&expression));
  case ExpressionKind::Except: {
    auto *except = as<ExceptExpression>(&expression);
    auto value = std::make_shared<Entity>(evaluate(*except->value));
    if (value->poisoned())
      return Poison{};
    return ByPath{{{except->patterns, nullptr}}, std::move(value)};
  }
  case ExpressionKind::ByPath: {
    auto *byPath = as<ByPathExpression>(&expression);
    ByPath result;
    bool good = true;
    auto part = [&](const Expression &value) {
      auto entity = std::make_shared<Entity>(evaluate(value));
      good &= !entity->poisoned();
      return entity;
    };
    for (const ByPathExpression::Case &one : byPath->cases)
      result.cases.push_back({one.patterns, part(*one.value)});
    result.otherwise = part(*byPath->otherwise);
    return good ? Entity(std::move(result)) : Entity(Poison{});
  }
  }
  return Poison{};
}

Entity Interpreter::lookup(const std::string &name, SourceRange range) {
  if (Binding *local = environment.findLocal(name)) {
    local->used = true;
    return local->value;
  }
  if (name == "training")
    return Entity(emitter.pass && emitter.pass->training);
  if (name == "stochastic") {
    if (emitter.pass)
      emitter.pass->readsStochastic = true;
    return Entity(emitter.pass && (emitter.pass->training || emitter.pass->stochastic));
  }
  if (name == "pi")
    return Entity(std::numbers::pi);
  if (name == "infinity")
    return Entity(HUGE_VAL);
  if (const Global *global = environment.globals.find(name, environment.inStandard(range))) {
    if (global->entry)
      return config.value(name, *global);
    CallableEntity callable;
    callable.declaration = global->callable();
    callable.range = range;
    return callable;
  }
  if (const Builtin *builtin = findBuiltin(name)) {
    CallableEntity callable;
    callable.builtin = builtin;
    callable.range = range;
    return callable;
  }
  if (const DataDeclaration *data = environment.globals.findData(name))
    return DataEntity{data, ""};
  if (isPlannedName(name))
    return environment.unsupported(fmt::format("`{}`", name), range);
  std::vector<std::string> candidates = environment.localNames();
  for (const std::vector<std::string> &names :
       {environment.globals.names(environment.inStandard(range)), builtinNames()})
    candidates.insert(candidates.end(), names.begin(), names.end());
  environment.report(Diag::UnknownName, range, name).suggest(NameKind::Name, name, candidates);
  return Poison{};
}

Entity Interpreter::evaluateMember(const MemberExpression &expression,
                                   const std::vector<CallArgument> *arguments) {
  Entity base = evaluate(*expression.base);
  if (base.poisoned() || expression.member.text.empty())
    return Poison{};
  auto *group = base.get<Group>();
  std::vector<std::string> names;
  if (auto *data = base.get<DataEntity>(); data && data->field.empty())
    for (const Field &field : data->declaration->fields)
      if (field.name.text == expression.member.text)
        return DataEntity{data->declaration, field.name.text};
  if (group)
    for (const NamedEntity &member : group->members) {
      if (member.name == expression.member.text && !member.name.empty())
        return *member.value;
      names.push_back(member.name);
    }
  DiagnosticBuilder builder = environment.report(Diag::NoSuchField, expression.member.range,
                                                 describe(base), expression.member.text);
  if (!group)
    adviseMember(builder, environment.globals, expression, arguments);
  else if (!builder.suggest(NameKind::Other, expression.member.text, names) && !names.empty() &&
           !names[0].empty())
    builder.note(fmt::format("its fields are {}", fmt::join(names, ", ")));
  return Poison{};
}

std::optional<int64_t> Interpreter::evaluateInteger(const Expression &expression,
                                                    std::string_view what, OriginPtr *origin) {
  Entity value = evaluate(expression);
  if (value.poisoned())
    return std::nullopt;
  if (auto *integer = value.get<IntegerConstant>()) {
    if (origin)
      *origin = integer->origin;
    return integer->value;
  }
  environment.report(Diag::NotConstant, expression.range, what)
      .here(fmt::format("this is {}", describe(value)));
  return std::nullopt;
}

Entity Interpreter::evaluateRange(const RangeExpression &expression) {
  if (!expression.begin || !expression.end) {
    environment.report(Diag::NotConstant, expression.range, "both ends of a range");
    return Poison{};
  }
  std::optional<int64_t> begin = evaluateInteger(*expression.begin, "the begin of a range");
  OriginPtr origin;
  std::optional<int64_t> end = evaluateInteger(*expression.end, "the end of a range", &origin);
  if (!begin || !end)
    return Poison{};
  // A range over a padded dimension keeps its length.
  return RangeConstant{*begin, *end, *begin == 0 && paddedLength(origin) ? origin : nullptr};
}

Entity Interpreter::evaluateReduce(const ReduceExpression &expression) {
  if (expression.operand) {
    if (isOverIndices(expression))
      return indexNotation().alone(expression);
    if (auto *where = as<WhereExpression>(expression.operand))
      return indexNotation().applyToKept(ReducerEntity{&expression}, "", *where, expression.range);
    return reductions.apply(expression, expression.reducer.text, evaluate(*expression.operand),
                            expression.range);
  }
  if (Binding *local = environment.findLocal(expression.reducer.text)) {
    // A local of that name: this is its indexing.
    local->used = true;
    return indexEntity(local->value, expression.items, expression.range);
  }
  return ReducerEntity{&expression};
}

} // namespace nnc::lang
