// Implements the printing of trees, as source text and as an outline.
#include "lang/syntax/ASTPrinter.h"

#include "lang/support/Synonyms.h"

#include <fmt/format.h>

namespace nnc::lang {

namespace {

/// Source text on one line: comments left out, every run of blanks and line ends one blank.
std::string onOneLine(std::string_view text) {
  std::string result;
  bool blank = false, quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (!quoted && c == '/' && i + 1 < text.size() && text[i + 1] == '/') {
      while (i < text.size() && text[i] != '\n')
        ++i;
      blank = true;
      continue;
    }
    if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      blank = true;
      continue;
    }
    if (blank && !result.empty())
      result += ' ';
    blank = false;
    result += c;
    if (quoted && c == '\\' && i + 1 < text.size())
      result += text[++i];
    else if (c == '"')
      quoted = !quoted;
  }
  return result;
}

class Printer {
public:
  std::string run(const Module &module) {
    line("module", {});
    nested([&] {
      for (const DeclarationPtr &node : module.declarations)
        declaration(*node);
    });
    return std::move(output);
  }

private:
  void line(std::string_view text, const SourceRange &range) {
    output.append(2 * depth, ' ');
    output += text;
    if (range.valid()) {
      LineColumn start = range.start();
      output += fmt::format(" @{}:{}", start.line, start.column);
    }
    output += '\n';
  }

  template <typename Body> void nested(Body body) {
    ++depth;
    body();
    --depth;
  }

  /// A line that names the role of one child, and the child below it.
  void child(std::string_view role, const ExpressionPtr &node) {
    if (!node)
      return;
    line(role, {});
    nested([&] { expression(*node); });
  }

  void below(const ExpressionPtr &node) {
    if (node)
      nested([&] { expression(*node); });
  }

  void block(std::string_view role, const Block *node) {
    if (!node)
      return;
    line(role, {});
    nested([&] {
      for (const StatementPtr &item : node->statements)
        statement(*item);
    });
  }

  void declaration(const Declaration &node) {
    switch (node.kind) {
    case DeclarationKind::Config:
      line("config", node.range);
      return nested([&] { entries(as<ConfigDeclaration>(&node)->entries); });
    case DeclarationKind::Data: {
      auto &data = *as<DataDeclaration>(&node);
      line(fmt::format("data {}", data.name.text), node.range);
      return nested([&] {
        for (const Field &field : data.fields) {
          line(fmt::format("field {}: {}", field.name.text, toSource(*field.type)),
               field.name.range);
          if (field.transform)
            nested([&] { expression(*field.transform); });
        }
        entries(data.entries);
      });
    }
    case DeclarationKind::Callable:
      return callable(*as<CallableDeclaration>(&node));
    case DeclarationKind::Train: {
      auto &train = *as<TrainDeclaration>(&node);
      std::string models;
      for (const Identifier &model : train.models)
        models += (models.empty() ? "" : ", ") + model.text;
      std::string name = models == train.name.text ? "" : train.name.text + " = ";
      line(fmt::format("train {}{} on {}", name, models, train.data.text), node.range);
      return nested([&] { block("body", train.body.get()); });
    }
    case DeclarationKind::Predict: {
      auto &predict = *as<PredictDeclaration>(&node);
      std::string name = predict.name.text.empty() ? "" : " as " + predict.name.text;
      line(fmt::format("predict {}{}", predict.model.text, name), node.range);
      return nested([&] { block("body", predict.body.get()); });
    }
    case DeclarationKind::Generate:
      line(fmt::format("generate {}", as<GenerateDeclaration>(&node)->model.text), node.range);
      return nested([&] { block("body", as<GenerateDeclaration>(&node)->body.get()); });
    }
  }

  void entries(const std::vector<Entry> &list) {
    for (const Entry &entry : list) {
      line(fmt::format("entry {}", entry.name.text), entry.name.range);
      below(entry.value);
    }
  }

  void parameters(std::string_view role, const std::vector<Parameter> &list) {
    for (const Parameter &parameter : list) {
      std::string text = fmt::format("{} {}", role, parameter.name.text);
      if (parameter.type)
        text += ": " + toSource(*parameter.type);
      line(text, parameter.range);
      below(parameter.defaultValue);
    }
  }

  void callable(const CallableDeclaration &node) {
    line(fmt::format("{} {}", spelling(node.callable), node.name.text), node.range);
    nested([&] {
      parameters("setting", node.settings);
      parameters("input", node.inputs);
      for (const ResultDeclaration &result : node.results)
        line(result.name.text.empty()
                 ? fmt::format("result {}", toSource(result.type))
                 : fmt::format("result {}: {}", result.name.text, toSource(result.type)),
             result.type.range);
      block("body", node.body.get());
    });
  }

  static std::string names(const std::vector<Identifier> &list) {
    std::string result;
    for (const Identifier &item : list)
      result += fmt::format("{}{}", result.empty() ? "" : ", ", item.text);
    return result;
  }

  void statement(const Statement &node) {
    switch (node.kind) {
    case StatementKind::Expression:
      return expression(*as<ExpressionStatement>(&node)->value);
    case StatementKind::Binding:
      line(fmt::format("bind {}", names(as<BindingStatement>(&node)->names)), node.range);
      return nested([&] {
        expression(*as<BindingStatement>(&node)->value);
        child("in", as<BindingStatement>(&node)->parts);
      });
    case StatementKind::IndexDefinition: {
      auto &definition = *as<IndexDefinition>(&node);
      line(fmt::format("define {}[{}]", definition.name.text, names(definition.indices)),
           node.range);
      return nested([&] {
        for (size_t index = 0; index < definition.ranges.size(); ++index)
          child(fmt::format("{} in", definition.indices[index].text), definition.ranges[index]);
        expression(*definition.value);
      });
    }
    case StatementKind::Parameter: {
      auto &parameter = *as<ParameterStatement>(&node);
      line(fmt::format("param {}: {}", parameter.name.text, toSource(parameter.type)), node.range);
      return below(parameter.initial);
    }
    case StatementKind::State: {
      auto &state = *as<StateStatement>(&node);
      line(state.type ? fmt::format("state {}: {}", state.name.text, toSource(*state.type))
                      : fmt::format("state {}", state.name.text),
           node.range);
      return below(state.initial);
    }
    case StatementKind::Update:
      line(fmt::format("update {}", as<UpdateStatement>(&node)->name.text), node.range);
      return below(as<UpdateStatement>(&node)->value);
    case StatementKind::For: {
      auto &loop = *as<ForStatement>(&node);
      line(fmt::format("for {}", names(loop.variables)), node.range);
      return nested([&] {
        child("in", loop.iterable);
        block("body", loop.body.get());
      });
    }
    case StatementKind::Yield:
      line("yield", node.range);
      return below(as<YieldStatement>(&node)->value);
    case StatementKind::Metric: {
      auto &metric = *as<MetricStatement>(&node);
      line(metric.name.text.empty() ? "metric" : fmt::format("metric {}", metric.name.text),
           node.range);
      return below(metric.value);
    }
    case StatementKind::Step: {
      auto &step = *as<StepStatement>(&node);
      line("step " + step.name.text, node.range);
      return nested([&] { block("body", step.body.get()); });
    }
    case StatementKind::Then: {
      auto &phase = *as<ThenStatement>(&node);
      line(phase.name.text.empty() ? "then" : "then " + phase.name.text, node.range);
      return nested([&] {
        for (const ExpressionPtr &pattern : phase.unfrozen)
          child("unfreeze", pattern);
        block("body", phase.body.get());
      });
    }
    }
  }

  void arguments(const std::vector<CallArgument> &list) {
    for (const CallArgument &argument : list) {
      if (!argument.named()) {
        child("argument", argument.value);
        continue;
      }
      line(fmt::format("argument {}", argument.name.text), {});
      below(argument.value);
    }
  }

  void expression(const Expression &node) {
    switch (node.kind) {
    case ExpressionKind::Error:
      return line("error", node.range);
    case ExpressionKind::IntegerLiteral:
      return line(fmt::format("integer {}", as<IntegerLiteral>(&node)->value), node.range);
    case ExpressionKind::FloatLiteral:
      return line(fmt::format("float {}", as<FloatLiteral>(&node)->value), node.range);
    case ExpressionKind::StringLiteral:
      return line(fmt::format("string {}", node.range.text()), node.range);
    case ExpressionKind::BoolLiteral:
      return line(as<BoolLiteral>(&node)->value ? "bool true" : "bool false", node.range);
    case ExpressionKind::Name:
      return line(fmt::format("name {}", as<NameExpression>(&node)->name), node.range);
    case ExpressionKind::Member:
      line(fmt::format("member {}", as<MemberExpression>(&node)->member.text), node.range);
      return below(as<MemberExpression>(&node)->base);
    case ExpressionKind::Call: {
      auto &call = *as<CallExpression>(&node);
      line("call", node.range);
      return nested([&] {
        expression(*call.callee);
        arguments(call.arguments);
        block("block", call.block.get());
      });
    }
    case ExpressionKind::Index:
      line("index", node.range);
      return nested([&] {
        expression(*as<IndexExpression>(&node)->base);
        for (const ExpressionPtr &item : as<IndexExpression>(&node)->items)
          child("item", item);
      });
    case ExpressionKind::Unary:
      line(fmt::format("unary {}", spelling(as<UnaryExpression>(&node)->op)), node.range);
      return below(as<UnaryExpression>(&node)->operand);
    case ExpressionKind::Binary: {
      auto &binary = *as<BinaryExpression>(&node);
      line(fmt::format("binary {}", spelling(binary.op)), node.range);
      return nested([&] {
        expression(*binary.left);
        expression(*binary.right);
      });
    }
    case ExpressionKind::Pipe:
      line("pipe", node.range);
      return nested([&] {
        expression(*as<PipeExpression>(&node)->value);
        expression(*as<PipeExpression>(&node)->stage);
      });
    case ExpressionKind::Reduce:
      line(fmt::format("reduce {}{}", as<ReduceExpression>(&node)->reducer.text,
                       as<ReduceExpression>(&node)->keep ? " keep" : ""),
           node.range);
      return nested([&] {
        for (const ExpressionPtr &item : as<ReduceExpression>(&node)->items)
          child("over", item);
        child("operand", as<ReduceExpression>(&node)->operand);
      });
    case ExpressionKind::Where:
      line("where", node.range);
      return nested([&] {
        child("condition", as<WhereExpression>(&node)->condition);
        child("value", as<WhereExpression>(&node)->value);
      });
    case ExpressionKind::If: {
      auto &choice = *as<IfExpression>(&node);
      line("if", node.range);
      return nested([&] {
        child("condition", choice.condition);
        block("then", choice.then.get());
        if (auto *otherwise = as<Block>(choice.orElse))
          block("else", otherwise);
        else
          child("else", choice.orElse);
      });
    }
    case ExpressionKind::Record:
      line("record", node.range);
      return nested([&] {
        for (const CallArgument &field : as<RecordExpression>(&node)->fields)
          child(fmt::format("part {}", field.name.text), field.value);
      });
    case ExpressionKind::List:
      line("list", node.range);
      return nested([&] {
        for (const ExpressionPtr &element : as<ListExpression>(&node)->elements)
          child("element", element);
      });
    case ExpressionKind::Range:
      line("range", node.range);
      return nested([&] {
        child("from", as<RangeExpression>(&node)->begin);
        child("to", as<RangeExpression>(&node)->end);
      });
    case ExpressionKind::Ellipsis:
      return line("ellipsis", node.range);
    case ExpressionKind::NewDimension:
      return line("new", node.range);
    case ExpressionKind::IndexVariable:
      line(fmt::format("{} in", as<IndexVariableExpression>(&node)->variable.text), node.range);
      return below(as<IndexVariableExpression>(&node)->values);
    case ExpressionKind::Comprehension: {
      auto &list = *as<ComprehensionExpression>(&node);
      line(fmt::format("list for {}", names(list.variables)), node.range);
      return nested([&] {
        child("in", list.iterable);
        child("element", list.element);
      });
    }
    case ExpressionKind::Block:
      return block("block", as<Block>(&node));
    case ExpressionKind::Scan: {
      auto &scan = *as<ScanExpression>(&node);
      line("scan", node.range);
      return nested([&] {
        for (const ScanSource &source : scan.sources)
          child(fmt::format("element {}", source.variable.text), source.sequence);
        for (const ScanCarry &carry : scan.carries)
          child(fmt::format("carry {}", carry.name.text), carry.initial);
        block("body", scan.body.get());
      });
    }
    case ExpressionKind::Except:
      line(fmt::format("except {}", names(as<ExceptExpression>(&node)->patterns)), node.range);
      return below(as<ExceptExpression>(&node)->value);
    case ExpressionKind::ByPath: {
      auto &byPath = *as<ByPathExpression>(&node);
      line("by path", node.range);
      return nested([&] {
        for (const ByPathExpression::Case &one : byPath.cases) {
          line(fmt::format("for {}", names(one.patterns)), one.value->range);
          below(one.value);
        }
        line("otherwise", byPath.otherwise->range);
        below(byPath.otherwise);
      });
    }
    }
  }

  std::string output;
  size_t depth = 0;
};

} // namespace

std::string printAst(const Module &module) { return Printer().run(module); }

std::string toSource(const TypeExpression &type) {
  return type.element == ElementKind::Error ? "<error>" : onOneLine(type.range.text());
}

std::string toSource(const Expression &expression) {
  constexpr size_t longest = 80;
  std::string text = onOneLine(expression.range.text());
  if (text.size() <= longest)
    return text;
  text.resize(longest - 3);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
    text.pop_back(); // not in the middle of a character
  return text + "...";
}

std::string asOperand(const Expression &expression) {
  std::string text = toSource(expression);
  switch (expression.kind) {
  case ExpressionKind::Unary:
  case ExpressionKind::Binary:
  case ExpressionKind::Pipe:
  case ExpressionKind::Where:
  case ExpressionKind::If:
  case ExpressionKind::Range:
  case ExpressionKind::Except:
  case ExpressionKind::ByPath:
    return isBracketed(text) ? text : "(" + text + ")";
  default:
    return text;
  }
}

} // namespace nnc::lang
