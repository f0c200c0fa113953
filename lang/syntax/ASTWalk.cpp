// Implements the walk over the children of a node, one case for each kind.
#include "lang/syntax/ASTWalk.h"

namespace nnc::lang {

namespace {

/// Visits whatever is there of a list of nodes: pointers, null ones left out, and vectors of them.
class Children {
public:
  explicit Children(const ExpressionVisitor &visit) : visit(visit) {}

  template <typename... Parts> void operator()(const Parts &...parts) { (part(parts), ...); }

private:
  template <typename Node> void part(const std::unique_ptr<Node> &node) {
    if (node)
      visit(*node);
  }
  template <typename Node> void part(const std::vector<Node> &nodes) {
    for (const Node &node : nodes)
      part(node);
  }
  void part(const std::unique_ptr<TypeExpression> &type) {
    if (type)
      forEachChild(*type, visit);
  }
  void part(const TypeExpression &type) { forEachChild(type, visit); }
  void part(const StatementPtr &statement) { forEachChild(*statement, visit); }
  void part(const CallArgument &argument) { part(argument.value); }
  void part(const ByPathExpression::Case &one) { part(one.value); }
  void part(const ScanSource &source) { part(source.sequence); }
  void part(const ScanCarry &carry) { part(carry.initial); }
  void part(const Dimension &dimension) { part(dimension.value); }

  const ExpressionVisitor &visit;
};

} // namespace

void forEachChild(const TypeExpression &type, const ExpressionVisitor &visit) {
  if (type.classCount)
    visit(*type.classCount);
  for (const Dimension &dimension : type.dimensions)
    if (dimension.value)
      visit(*dimension.value);
}

void forEachChild(const Expression &node, const ExpressionVisitor &visit) {
  Children children(visit);
  switch (node.kind) {
  case ExpressionKind::Error:
  case ExpressionKind::IntegerLiteral:
  case ExpressionKind::FloatLiteral:
  case ExpressionKind::StringLiteral:
  case ExpressionKind::BoolLiteral:
  case ExpressionKind::Name:
  case ExpressionKind::Ellipsis:
  case ExpressionKind::NewDimension:
    return;
  case ExpressionKind::IndexVariable:
    return children(as<IndexVariableExpression>(&node)->values);
  case ExpressionKind::Comprehension:
    return children(as<ComprehensionExpression>(&node)->iterable,
                    as<ComprehensionExpression>(&node)->element);
  case ExpressionKind::Member:
    return children(as<MemberExpression>(&node)->base);
  case ExpressionKind::Call: {
    auto &call = *as<CallExpression>(&node);
    return children(call.callee, call.arguments, call.block);
  }
  case ExpressionKind::Index:
    return children(as<IndexExpression>(&node)->base, as<IndexExpression>(&node)->items);
  case ExpressionKind::Unary:
    return children(as<UnaryExpression>(&node)->operand);
  case ExpressionKind::Binary:
    return children(as<BinaryExpression>(&node)->left, as<BinaryExpression>(&node)->right);
  case ExpressionKind::Pipe:
    return children(as<PipeExpression>(&node)->value, as<PipeExpression>(&node)->stage);
  case ExpressionKind::Reduce:
    return children(as<ReduceExpression>(&node)->items, as<ReduceExpression>(&node)->operand);
  case ExpressionKind::Where:
    return children(as<WhereExpression>(&node)->condition, as<WhereExpression>(&node)->value);
  case ExpressionKind::If: {
    auto &choice = *as<IfExpression>(&node);
    return children(choice.condition, choice.then, choice.orElse);
  }
  case ExpressionKind::Record:
    return children(as<RecordExpression>(&node)->fields);
  case ExpressionKind::List:
    return children(as<ListExpression>(&node)->elements);
  case ExpressionKind::Range:
    return children(as<RangeExpression>(&node)->begin, as<RangeExpression>(&node)->end);
  case ExpressionKind::Block:
    return children(as<Block>(&node)->statements);
  case ExpressionKind::Scan: {
    auto &scan = *as<ScanExpression>(&node);
    return children(scan.sources, scan.carries, scan.body);
  }
  case ExpressionKind::Except:
    return children(as<ExceptExpression>(&node)->value);
  case ExpressionKind::ByPath:
    return children(as<ByPathExpression>(&node)->cases, as<ByPathExpression>(&node)->otherwise);
  }
}

void forEachChild(const Statement &node, const ExpressionVisitor &visit) {
  Children children(visit);
  switch (node.kind) {
  case StatementKind::Expression:
    return children(as<ExpressionStatement>(&node)->value);
  case StatementKind::Binding:
    return children(as<BindingStatement>(&node)->value, as<BindingStatement>(&node)->parts);
  case StatementKind::IndexDefinition:
    return children(as<IndexDefinition>(&node)->ranges, as<IndexDefinition>(&node)->value);
  case StatementKind::Parameter:
    return children(as<ParameterStatement>(&node)->type, as<ParameterStatement>(&node)->initial);
  case StatementKind::State:
    return children(as<StateStatement>(&node)->type, as<StateStatement>(&node)->initial);
  case StatementKind::Update:
    return children(as<UpdateStatement>(&node)->value);
  case StatementKind::For:
    return children(as<ForStatement>(&node)->iterable, as<ForStatement>(&node)->body);
  case StatementKind::Yield:
    return children(as<YieldStatement>(&node)->value);
  case StatementKind::Metric:
    return children(as<MetricStatement>(&node)->value);
  case StatementKind::Step:
    return children(as<StepStatement>(&node)->body);
  case StatementKind::Then:
    return children(as<ThenStatement>(&node)->unfrozen, as<ThenStatement>(&node)->body);
  }
}

} // namespace nnc::lang
