// Implements the evaluation of index notation: accesses bind index variables, products stay lists
// of factors.
#include "lang/elaborate/index/IndexEvaluator.h"

#include "lang/elaborate/index/Where.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>

namespace nnc::lang {

bool IndexEvaluator::mentionsVariable(const Expression &expression) const {
  auto *name = as<NameExpression>(&expression);
  if (name && (variables.count(name->name) || locals.count(name->name)))
    return true;
  bool found = false;
  forEachChild(expression, [&](const Expression &child) { found |= mentionsVariable(child); });
  return found;
}

bool IndexEvaluator::hasAccess(const Expression &expression) const {
  if (as<IndexExpression>(&expression))
    return true;
  bool found = false;
  forEachChild(expression, [&](const Expression &child) { found |= hasAccess(child); });
  return found;
}

bool IndexEvaluator::bindVariable(const std::string &name, const Extent &extent, SourceRange range,
                                  const Expression &use) {
  Variable &variable = variables[name];
  if (!variable.known) {
    variable.extent = extent;
    variable.range = range;
    variable.use = toSource(use);
    variable.known = true;
    return true;
  }
  if (variable.extent.size == extent.size) {
    if (paddedLength(extent.origin) && !isOfPadded(variable.extent.origin))
      variable.extent = extent;
    return true;
  }
  DiagnosticBuilder builder =
      environment.report(Diag::IndexExtents, range, name, variable.extent.size, extent.size);
  builder.here(fmt::format("`{}` has {} there", toSource(use), extent.size));
  builder.label(environment.inStandard(variable.range) ? SourceRange{} : variable.range,
                fmt::format("`{}` has {}", variable.use, variable.extent.size));
  environment.addOrigins(builder, {variable.extent});
  environment.addOrigins(builder, {extent});
  return false;
}

//===----------------------------------------------------------------------===//
// Labels
//===----------------------------------------------------------------------===//

IndexEvaluator::Labels IndexEvaluator::unite(const std::vector<Term> &terms) {
  Labels all;
  for (const Term &term : terms)
    for (const std::string &label : term.labels)
      if (std::find(all.begin(), all.end(), label) == all.end())
        all.push_back(label);
  Labels ordered;
  for (const std::string &label : preferred)
    if (std::find(all.begin(), all.end(), label) != all.end())
      ordered.push_back(label);
  for (const std::string &label : all)
    if (std::find(ordered.begin(), ordered.end(), label) == ordered.end())
      ordered.push_back(label);
  return ordered;
}

std::optional<Entity> IndexEvaluator::alignTerm(const Term &term, const Labels &labels,
                                                SourceRange range) {
  auto *value = term.value.get<Tensor>();
  if (!value || (term.labels.empty() && (value->shape.empty() || labels.empty())))
    return term.value;
  if (term.labels.empty()) {
    environment.report(Diag::NotIndexed, range, describe(term.value));
    return std::nullopt;
  }
  if (!emitter.usable(*value, range))
    return std::nullopt;
  // First into the order of the result, then along the labels it lacks.
  std::vector<int64_t> permutation, axes;
  Shape shape;
  for (size_t place = 0; place < labels.size(); ++place) {
    auto found = std::find(term.labels.begin(), term.labels.end(), labels[place]);
    if (found != term.labels.end()) {
      permutation.push_back(found - term.labels.begin());
      axes.push_back(int64_t(place));
    }
    shape.push_back(variables[labels[place]].extent);
  }
  Tensor ordered = *value;
  ordered.reduction = {};
  ordered = emitter.transpose(ordered, permutation, range);
  return Entity(emitter.broadcast(ordered, shape, axes, range));
}

std::optional<IndexEvaluator::Term> IndexEvaluator::force(Factors factors, SourceRange range) {
  if (factors.failed || factors.terms.empty())
    return std::nullopt;
  Term product = factors.terms[0];
  for (size_t index = 1; index < factors.terms.size(); ++index) {
    const Term &factor = factors.terms[index];
    Labels labels = unite({product, factor});
    bool plain = product.labels.empty() || factor.labels.empty();
    std::optional<Entity> left =
        plain ? std::optional(product.value) : alignTerm(product, labels, range);
    std::optional<Entity> right =
        plain ? std::optional(factor.value) : alignTerm(factor, labels, range);
    if (!left || !right)
      return std::nullopt;
    product = {operators.binary(BinaryOperator::Multiply, *left, *right, range),
               plain ? (product.labels.empty() ? factor.labels : product.labels) : labels};
    if (product.value.poisoned())
      return std::nullopt;
  }
  return product;
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

IndexEvaluator::Factors IndexEvaluator::evaluate(const Expression &expression) {
  if (!environment.step(expression.range))
    return failure();
  switch (expression.kind) {
  case ExpressionKind::Name: {
    const std::string &name = as<NameExpression>(&expression)->name;
    if (auto local = locals.find(name); local != locals.end())
      return one(local->second.value, local->second.labels);
    if (!isVariable(expression))
      return one(evaluator.evaluate(expression));
    const Variable &variable = variables[name];
    if (!variable.known) {
      if (!failed)
        environment.report(Diag::IndexUnknown, expression.range, name)
            .help(fmt::format("give its range where it is declared: `{} in 0..n`", name));
      return failure();
    }
    Entity numbers = emitter.emit("iota", {}, Element::Int, {variable.extent},
                                  {{"dim", int64_t(0)}}, expression.range);
    if (variable.begin != 0)
      numbers = operators.binary(BinaryOperator::Add, numbers,
                                 IntegerConstant{variable.begin, nullptr}, expression.range);
    return one(numbers, {name});
  }
  case ExpressionKind::Index:
    return evaluateAccess(*as<IndexExpression>(&expression));
  case ExpressionKind::Unary: {
    auto *unary = as<UnaryExpression>(&expression);
    std::optional<Term> operand = force(evaluate(*unary->operand), expression.range);
    return operand
               ? one(operators.unary(unary->op, operand->value, expression.range), operand->labels)
               : failure();
  }
  case ExpressionKind::Binary:
    return evaluateBinary(*as<BinaryExpression>(&expression));
  case ExpressionKind::Call: {
    auto *call = as<CallExpression>(&expression);
    if (!mentionsVariable(expression))
      return one(evaluator.evaluate(expression));
    std::vector<const Expression *> inputs;
    std::vector<std::string> names;
    for (const CallArgument &argument : call->arguments) {
      inputs.push_back(argument.value.get());
      names.push_back(argument.name.text);
    }
    return evaluateCall(evaluator.evaluate(*call->callee), inputs, names, expression.range);
  }
  case ExpressionKind::Pipe: {
    auto *pipe = as<PipeExpression>(&expression);
    return evaluateCall(evaluator.evaluate(*pipe->stage), {pipe->value.get()}, {""},
                        expression.range);
  }
  case ExpressionKind::Reduce:
    if (isOverIndices(*as<ReduceExpression>(&expression)))
      return evaluateReduce(*as<ReduceExpression>(&expression));
    return one(evaluator.evaluate(expression));
  case ExpressionKind::Where:
    reportWhere(environment, *as<WhereExpression>(&expression));
    return failure();
  case ExpressionKind::If:
    return evaluateIf(*as<IfExpression>(&expression));
  case ExpressionKind::Block:
    return evaluateBlock(*as<Block>(&expression));
  default:
    if (mentionsVariable(expression)) {
      environment.unsupported("this in index notation", expression.range);
      return failure();
    }
    return one(evaluator.evaluate(expression));
  }
}

IndexEvaluator::Factors IndexEvaluator::evaluateBinary(const BinaryExpression &expression) {
  // A side that only compares indices learns their ranges from the other one.
  bool rightFirst = !hasAccess(*expression.left) && hasAccess(*expression.right);
  Factors first = evaluate(rightFirst ? *expression.right : *expression.left);
  Factors second = evaluate(rightFirst ? *expression.left : *expression.right);
  Factors &left = rightFirst ? second : first, &right = rightFirst ? first : second;
  if (left.failed || right.failed)
    return failure();
  if (expression.op == BinaryOperator::Multiply) {
    left.terms.insert(left.terms.end(), right.terms.begin(), right.terms.end());
    return left;
  }
  if (expression.op == BinaryOperator::MatrixMultiply) {
    environment.unsupported("`@` in index notation", expression.range);
    return failure();
  }
  if (expression.op == BinaryOperator::Divide) {
    // A division by something without indices leaves the product as it is.
    std::optional<Term> divisor = force(right, expression.range);
    if (!divisor)
      return failure();
    if (divisor->labels.empty() && divisor->value.isNumber() && left.terms.size() > 1) {
      left.terms.push_back({operators.binary(BinaryOperator::Divide, IntegerConstant{1, nullptr},
                                             divisor->value, expression.range),
                            {}});
      return left;
    }
    right = {{*divisor}, false};
  }
  std::optional<Term> a = force(left, expression.left->range),
                      b = force(right, expression.right->range);
  if (!a || !b)
    return failure();
  Labels labels = unite({*a, *b});
  std::optional<Entity> x = alignTerm(*a, labels, expression.left->range),
                        y = alignTerm(*b, labels, expression.right->range);
  return x && y ? one(operators.binary(expression.op, *x, *y, expression.range), labels)
                : failure();
}

IndexEvaluator::Factors IndexEvaluator::evaluateCall(const Entity &callee,
                                                     const std::vector<const Expression *> &inputs,
                                                     const std::vector<std::string> &names,
                                                     SourceRange range) {
  if (auto *where = inputs.size() == 1 ? as<WhereExpression>(inputs[0]) : nullptr;
      where && !leavesOut(environment, callee).empty()) {
    std::optional<Kept> kept = keep(*where);
    return kept ? labelled(applyToKept(callee, names[0], *kept, range), kept->labels, range)
                : failure();
  }
  std::vector<Term> terms;
  for (const Expression *input : inputs) {
    std::optional<Term> term = force(evaluate(*input), input->range);
    if (!term)
      return failure();
    terms.push_back(*term);
  }
  Labels labels = unite(terms);
  std::vector<GivenArgument> given;
  for (size_t index = 0; index < terms.size(); ++index) {
    std::optional<Entity> value = terms[index].labels.empty()
                                      ? std::optional(terms[index].value)
                                      : alignTerm(terms[index], labels, range);
    if (!value)
      return failure();
    given.push_back({names[index], *value, inputs[index]->range});
  }
  return labelled(calls.apply(callee, given, range), labels, range);
}

IndexEvaluator::Factors IndexEvaluator::labelled(const Entity &result, const Labels &labels,
                                                 SourceRange range) {
  if (result.poisoned())
    return failure();
  auto *tensor = result.get<Tensor>();
  if (labels.empty() && (!tensor || tensor->shape.empty()))
    return one(result);
  Shape shape;
  for (const std::string &label : labels)
    shape.push_back(variables[label].extent);
  if (!tensor || !sameSizes(shape, tensor->shape)) {
    environment
        .report(Diag::IndexedCall, range, describe(shape),
                tensor ? tensor->shape.empty() ? "one number" : describe(tensor->shape)
                       : describe(result))
        .help("a reduction over an index names it: `sum[i] x[i]`");
    return failure();
  }
  return one(result, labels);
}

IndexEvaluator::Factors IndexEvaluator::evaluateIf(const IfExpression &expression) {
  std::optional<Term> condition;
  if (!mentionsVariable(*expression.condition)) {
    Entity known = evaluator.evaluate(*expression.condition);
    if (known.poisoned())
      return failure();
    if (auto *truth = known.get<bool>())
      return *truth              ? evaluate(*expression.then)
             : expression.orElse ? evaluate(*expression.orElse)
                                 : failure();
    condition = Term{known, {}};
  }
  if (!expression.orElse) {
    environment.report(Diag::RunTimeCondition, expression.range)
        .help("give both values: `if ... { a } else { b }`");
    return failure();
  }
  bool outside = std::exchange(guarded, true);
  std::optional<Term> yes = force(evaluate(*expression.then), expression.range),
                      no = force(evaluate(*expression.orElse), expression.range);
  guarded = outside;
  if (!condition) {
    learnFromComparisons(*expression.condition);
    condition = force(evaluate(*expression.condition), expression.condition->range);
  }
  if (!condition || !yes || !no)
    return failure();
  Labels labels = unite({*condition, *yes, *no});
  std::optional<Entity> test = alignTerm(*condition, labels, expression.range),
                        a = alignTerm(*yes, labels, expression.range),
                        b = alignTerm(*no, labels, expression.range);
  return test && a && b ? one(operators.select(*test, *a, *b, expression.range), labels)
                        : failure();
}

IndexEvaluator::Factors IndexEvaluator::evaluateBlock(const Block &block) {
  std::map<std::string, Term> outer = locals;
  Factors result{{}, true};
  for (const StatementPtr &statement : block.statements) {
    bool last = statement == block.statements.back();
    auto *binding = as<BindingStatement>(statement);
    auto *value = as<ExpressionStatement>(statement);
    if (binding && binding->names.size() == 1 && !last) {
      if (const Identifier &name = binding->names[0]; variables.count(name.text)) {
        environment.report(Diag::RepeatedArgument, name.range, name.text)
            .note("it is an index variable of this definition");
        break;
      }
      std::optional<Term> bound = force(evaluate(*binding->value), binding->value->range);
      if (!bound)
        break;
      locals[binding->names[0].text] = *bound;
    } else if (value && last) {
      result = evaluate(*value->value);
    } else {
      environment.report(Diag::NotSupported, statement->range,
                         "other statements than bindings of one name in index notation");
      break;
    }
  }
  if (block.statements.empty())
    environment.report(Diag::NoValue, block.range);
  locals = std::move(outer);
  if (result.failed)
    failed = true;
  return result;
}

bool IndexEvaluator::declareItems(
    const std::vector<ExpressionPtr> &items, Labels &names,
    std::vector<std::pair<std::string, std::optional<Variable>>> &hidden) {
  for (const ExpressionPtr &item : items) {
    auto *ranged = as<IndexVariableExpression>(item);
    auto *name = as<NameExpression>(item);
    if (!name && !ranged)
      return false; // reported by the parser
    const std::string &index = ranged ? ranged->variable.text : name->name;
    if (std::find(names.begin(), names.end(), index) != names.end()) {
      environment.report(Diag::RepeatedArgument, item->range, index);
      return false;
    }
    auto known = variables.find(index);
    hidden.emplace_back(index,
                        known == variables.end() ? std::nullopt : std::optional(known->second));
    variables[index] = {};
    names.push_back(index);
    if (ranged && !setRange(index, *ranged->values))
      return false;
  }
  return true;
}

void IndexEvaluator::declareFree(const Expression &expression) {
  forEachIndexName(expression, [&](const std::string &name) {
    if (!environment.findLocal(name) &&
        !environment.globals.find(name, environment.frame().standard) &&
        variables.emplace(name, Variable{}).second)
      preferred.push_back(name);
  });
}

Entity IndexEvaluator::alone(const Expression &expression) {
  std::optional<Term> result = force(evaluate(expression), expression.range);
  if (!result)
    return Poison{};
  std::optional<Entity> aligned = alignTerm(*result, unite({*result}), expression.range);
  return aligned ? *aligned : Entity(Poison{});
}

Entity IndexEvaluator::define(const IndexDefinition &statement) {
  for (size_t place = 0; place < statement.indices.size(); ++place) {
    const Identifier &index = statement.indices[place];
    if (index.text.empty())
      return Poison{};
    if (!variables.emplace(index.text, Variable{}).second) {
      environment.report(Diag::RepeatedArgument, index.range, index.text);
      return Poison{};
    }
    preferred.push_back(index.text);
    const ExpressionPtr &range = statement.ranges[place];
    if (!range)
      continue;
    if (!setRange(index.text, *range))
      return Poison{};
    if (int64_t begin = variables[index.text].begin; begin != 0) {
      environment.report(Diag::DefinitionBegin, range->range, index.text, begin);
      return Poison{};
    }
  }
  learnRanges(*statement.value);
  std::optional<Term> value = force(evaluate(*statement.value), statement.value->range);
  if (!value)
    return Poison{};
  for (const Identifier &index : statement.indices)
    if (!variables[index.text].known) {
      environment.report(Diag::IndexUnknown, index.range, index.text)
          .help(fmt::format("give its range: `{}[{} in 0..n] = ...`", statement.name.text,
                            index.text));
      return Poison{};
    }
  if (value->value.isNumber())
    value->value = emitter.constant(value->value, Element::Float, statement.range);
  if (value->labels.empty())
    if (auto *tensor = value->value.get<Tensor>(); tensor && tensor->shape.empty()) {
      Shape shape;
      for (const std::string &label : preferred)
        shape.push_back(variables[label].extent);
      return emitter.broadcastTo(*tensor, shape, statement.range);
    }
  std::optional<Entity> aligned = alignTerm(*value, preferred, statement.value->range);
  if (auto *tensor = aligned ? aligned->get<Tensor>() : nullptr)
    tensor->reduction.byName = true;
  return aligned ? *aligned : Entity(Poison{});
}

} // namespace nnc::lang
