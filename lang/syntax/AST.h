// The abstract syntax tree: what the parser makes of a .nn file and what the elaborator reads. It
// says what was written, nothing more: names are unresolved and shapes unknown. Grammar:
// docs/language.md.
//
// Expressions, statements and declarations are three families of plain structs. Each family has a
// base with a `kind`; `as<T>(node)` gives the node as a T, or null when it is of another kind. Each
// node owns its children. The parser bounds the height of the tree (`maximumHeight`), so that
// recursive walks, destructors among them, cannot exhaust the stack.
#pragma once

#include "lang/support/Source.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nnc::lang {

/// How high a tree the parser builds: an expression of expressions of ...; a block counts as a
/// level as well.
inline constexpr uint32_t maximumHeight = 1000;

struct Expression;
struct Statement;
struct Declaration;
using ExpressionPtr = std::unique_ptr<Expression>;
using StatementPtr = std::unique_ptr<Statement>;
using DeclarationPtr = std::unique_ptr<Declaration>;

/// The node as a T, or null when it is of another kind (or null itself).
template <typename T, typename Base> const T *as(const Base *node) {
  return node && node->kind == T::Kind ? static_cast<const T *>(node) : nullptr;
}
template <typename T, typename Base> const T *as(const std::unique_ptr<Base> &node) {
  return as<T>(node.get());
}

/// A name where it is introduced or used as a key. Empty text: the parser found none there and has
/// reported it.
struct Identifier {
  std::string text;
  SourceRange range;
};

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// One entry of `[..]` in a type.
struct Dimension {
  enum class Kind {
    Size,     // `28`, `in`, `2 * units`, `H / stride`, `vocabulary(shakespeare)`: value
    Ellipsis, // `...`: any number of leading dimensions
    UpTo,     // `up to 29`: a padded dimension of at most `value`; each example has its own length
  };
  Kind kind = Kind::Size;
  ExpressionPtr value; // null for Ellipsis
  SourceRange range;
};

enum class ElementKind {
  Float,
  Int,
  Bool,
  Class,    // `class[n]`: an integer in [0, n)
  Category, // `category`: a class of as many as the training data has
  OneHot,   // `one_hot`, of fields: numbers that are 1 for the category and 0 for the others
  // Types of settings only:
  String,
  Init,      // an initialiser: `he`, `normal(0, 1)`, or a number
  Schedule,  // a schedule: `cosine(0.1)`, or a number
  Function,  // `fn`: a function, as `relu`
  Layer,     // `layer`: a layer, as `dense(64)`
  Optimizer, // `optimizer`: an optimizer, as `adam(1e-3)`
  Error,     // could not be read; reported by the parser
};

struct TypeExpression {
  ElementKind element = ElementKind::Error;
  ExpressionPtr classCount;          // of `class[n]`, else null
  std::vector<Dimension> dimensions; // empty for a scalar. `class[n][T]` is a vector of T classes.
  SourceRange range;
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

enum class ExpressionKind {
  Error,
  IntegerLiteral,
  FloatLiteral,
  StringLiteral,
  BoolLiteral,
  Name,
  Member,
  Call,
  Index,
  Unary,
  Binary,
  Pipe,
  Reduce,
  Where,
  If,
  Record,
  List,
  Range,
  Ellipsis,
  NewDimension,
  IndexVariable,
  Comprehension,
  Block,
  Scan,
  Except,
  ByPath,
};

struct Expression {
  const ExpressionKind kind;
  SourceRange range;
  uint32_t height = 1; // of the tree below, at most maximumHeight

  explicit Expression(ExpressionKind kind) : kind(kind) {}
  virtual ~Expression() = default;
};

/// Gives a node its kind, once as the constant that `as` compares with and once in the base.
template <ExpressionKind K> struct ExpressionNode : Expression {
  static constexpr ExpressionKind Kind = K;
  ExpressionNode() : Expression(K) {}
};

/// Where no expression could be read. An error has been reported: say nothing more about it.
struct ErrorExpression : ExpressionNode<ExpressionKind::Error> {};

/// `64`. Never negative; a minus sign is an operator.
struct IntegerLiteral : ExpressionNode<ExpressionKind::IntegerLiteral> {
  int64_t value = 0;
};

/// `0.5`, `1e-4`, or `10%`, whose value is 0.1. Never negative, always finite.
struct FloatLiteral : ExpressionNode<ExpressionKind::FloatLiteral> {
  double value = 0;
  bool percent = false;
};

/// `"train.csv"`, escapes resolved.
struct StringLiteral : ExpressionNode<ExpressionKind::StringLiteral> {
  std::string value;
};

struct BoolLiteral : ExpressionNode<ExpressionKind::BoolLiteral> {
  bool value = false;
};

/// A use of a name. `param`, `state`, `in`, `train` and other words of declarations are names here
/// too.
struct NameExpression : ExpressionNode<ExpressionKind::Name> {
  std::string name;
};

/// `x.y`
struct MemberExpression : ExpressionNode<ExpressionKind::Member> {
  ExpressionPtr base;
  Identifier member;
};

struct Block;

/// `value` or `name = value` in the parentheses of a call.
struct CallArgument {
  Identifier name; // empty text when positional
  ExpressionPtr value;
  bool named() const { return !name.text.empty(); }
};

/// `f(x)`, `dense(64)(x)` (whose callee is the call `dense(64)`), `load("f", "n") { ... }` (with a
/// trailing block).
struct CallExpression : ExpressionNode<ExpressionKind::Call> {
  ExpressionPtr callee;
  std::vector<CallArgument> arguments;
  std::unique_ptr<Block> block; // null when there is none
  SourceRange argumentsRange;   // from `(` to `)`
};

/// `x[i, j]`, `x[1..]`, `x[...]`. An item is any expression, a RangeExpression or an
/// EllipsisExpression.
struct IndexExpression : ExpressionNode<ExpressionKind::Index> {
  ExpressionPtr base;
  std::vector<ExpressionPtr> items;
};

enum class UnaryOperator { Negate, Not };

struct UnaryExpression : ExpressionNode<ExpressionKind::Unary> {
  UnaryOperator op = UnaryOperator::Negate;
  ExpressionPtr operand;
};

enum class BinaryOperator {
  Add,
  Subtract,
  Multiply,
  Divide,
  Remainder,
  Power,
  MatrixMultiply,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  And,
  Or,
};

struct BinaryExpression : ExpressionNode<ExpressionKind::Binary> {
  BinaryOperator op = BinaryOperator::Add;
  ExpressionPtr left, right;
  SourceRange operatorRange;
};

/// `value |> stage`: applies the stage to the value. `x |> dense(3)` means `dense(3)(x)`.
struct PipeExpression : ExpressionNode<ExpressionKind::Pipe> {
  ExpressionPtr value, stage;
  SourceRange operatorRange;
};

/// A reduction: `sum[i, j] x[i] * w[i, j]` over index variables, `max[n](x)` over named dimensions,
/// `mean[...](x)` over the leading dimensions. Without an operand (null) it is a function, `x |>
/// mean[T]`; or, where a local name hides the reduction's name, the indexing of that local.
struct ReduceExpression : ExpressionNode<ExpressionKind::Reduce> {
  Identifier reducer; // for which isReducer() holds
  /// Names, IndexVariableExpressions, positions (integers with or without a minus sign), or one
  /// EllipsisExpression among them.
  std::vector<ExpressionPtr> items;
  bool keep = false; // `mean[n, keep](x)`: what is reduced stays as a dimension of one element
  ExpressionPtr operand;
};

/// `where s <= t: score[h, t, s]`: the value where the condition holds; elsewhere it is absent
/// (reductions skip it).
struct WhereExpression : ExpressionNode<ExpressionKind::Where> {
  ExpressionPtr condition, value;
};

/// `if c { a } else { b }`; `orElse` is a Block, another IfExpression (`else if`), or null.
struct IfExpression : ExpressionNode<ExpressionKind::If> {
  ExpressionPtr condition;
  std::unique_ptr<Block> then;
  ExpressionPtr orElse;
};

/// `(h = e, c = e)`
struct RecordExpression : ExpressionNode<ExpressionKind::Record> {
  std::vector<CallArgument> fields; // all named
};

/// `(a, b)`, at least two
struct ListExpression : ExpressionNode<ExpressionKind::List> {
  std::vector<ExpressionPtr> elements;
};

/// `begin..end`, end exclusive. In an index an end may be missing (null): `x[1..]`, `x[..n]`.
struct RangeExpression : ExpressionNode<ExpressionKind::Range> {
  ExpressionPtr begin, end;
};

/// `...` among the items of an index or a reduction.
struct EllipsisExpression : ExpressionNode<ExpressionKind::Ellipsis> {};

/// `new` among the items of an index: a dimension of one element, `x[..., new]`.
struct NewDimensionExpression : ExpressionNode<ExpressionKind::NewDimension> {};

/// `k in 0..3` among the items of a reduction or of a definition.
struct IndexVariableExpression : ExpressionNode<ExpressionKind::IndexVariable> {
  Identifier variable;
  ExpressionPtr values;
};

/// `(dense(n) for n in sizes)`: a list. Several variables take each element apart.
struct ComprehensionExpression : ExpressionNode<ExpressionKind::Comprehension> {
  ExpressionPtr element;
  std::vector<Identifier> variables;
  ExpressionPtr iterable;
};

/// `{ ... }`: its value is that of its last statement, when that is an expression.
struct Block : ExpressionNode<ExpressionKind::Block> {
  std::vector<StatementPtr> statements;
};

/// `x in xs` of a scan.
struct ScanSource {
  Identifier variable;
  ExpressionPtr sequence;
};

/// `h = zeros(units)` of a scan: a value carried from step to step, and its first value.
struct ScanCarry {
  Identifier name;
  ExpressionPtr initial;
};

/// `scan x in xs with h = e, c = e { ...; yield e }`: runs the body for each element, rebinding the
/// carried names; its value is the sequence of what was yielded.
struct ScanExpression : ExpressionNode<ExpressionKind::Scan> {
  std::vector<ScanSource> sources;
  std::vector<ScanCarry> carries;
  std::unique_ptr<Block> body;
};

/// `0.1 except bias, "trunk.*"`: a value that does not apply to the parameters that these mean.
struct ExceptExpression : ExpressionNode<ExpressionKind::Except> {
  ExpressionPtr value;
  std::vector<Identifier> patterns;
};

/// `1e-5 for "trunk.*", 1e-3`: a value for the parameters that a pattern means, and one for the
/// others.
struct ByPathExpression : ExpressionNode<ExpressionKind::ByPath> {
  struct Case {
    ExpressionPtr value;
    std::vector<Identifier> patterns;
  };
  std::vector<Case> cases;
  ExpressionPtr otherwise;
};

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

enum class StatementKind {
  Expression,
  Binding,
  IndexDefinition,
  Parameter,
  State,
  Update,
  For,
  Yield,
  Metric,
  Step,
  Then,
};

struct Statement {
  const StatementKind kind;
  SourceRange range;

  explicit Statement(StatementKind kind) : kind(kind) {}
  virtual ~Statement() = default;
};

template <StatementKind K> struct StatementNode : Statement {
  static constexpr StatementKind Kind = K;
  StatementNode() : Statement(K) {}
};

/// An expression alone; `if` as a statement is one of these.
struct ExpressionStatement : StatementNode<StatementKind::Expression> {
  ExpressionPtr value;
};

/// `name = value`, or `q, k, v = value`. In `train`, `predict` and `generate` blocks a key is set
/// like this too.
struct BindingStatement : StatementNode<StatementKind::Binding> {
  std::vector<Identifier> names; // at least one
  ExpressionPtr value;
  ExpressionPtr parts; // of `batch = 512 in 8`; else null
};

/// `y[i, k] = sum[j] x[i, j] * w[j, k]`
struct IndexDefinition : StatementNode<StatementKind::IndexDefinition> {
  Identifier name;
  std::vector<Identifier> indices;
  std::vector<ExpressionPtr> ranges; // of each index, null where it follows from the value
  ExpressionPtr value;
};

/// `param weight: float[in, units] = he`
struct ParameterStatement : StatementNode<StatementKind::Parameter> {
  Identifier name;
  TypeExpression type;
  ExpressionPtr initial;
};

/// `state mean: float[C] = 0`; in an optimizer without a type, `state m = 0`: then it has the shape
/// of the parameter.
struct StateStatement : StatementNode<StatementKind::State> {
  Identifier name;
  std::unique_ptr<TypeExpression> type; // null when not written
  ExpressionPtr initial;
};

/// `name <- value`
struct UpdateStatement : StatementNode<StatementKind::Update> {
  Identifier name;
  ExpressionPtr value;
};

/// `for i in 0..layers { ... }`
struct ForStatement : StatementNode<StatementKind::For> {
  std::vector<Identifier> variables; // several take each element apart
  ExpressionPtr iterable;
  std::unique_ptr<Block> body;
};

/// `yield h`, in a scan.
struct YieldStatement : StatementNode<StatementKind::Yield> {
  ExpressionPtr value;
};

/// `metric accuracy(logits, label)` or `metric bits = loss / log(2)`, in a train block only.
struct MetricStatement : StatementNode<StatementKind::Metric> {
  Identifier name; // empty text when not written
  ExpressionPtr value;
};

/// `step critic { loss = ... }`, in a train block only: a training step of its own, which takes turns with
/// the others.
struct StepStatement : StatementNode<StatementKind::Step> {
  Identifier name;
  std::unique_ptr<Block> body;
};

/// `then tune { epochs = 2 }` or `then unfreeze("trunk.*") { epochs = 2 }`, in a train block only: a
/// later phase of training.
struct ThenStatement : StatementNode<StatementKind::Then> {
  Identifier name;                     // empty text when not written
  std::vector<ExpressionPtr> unfrozen; // patterns of paths
  std::unique_ptr<Block> body;
};

/// Whether a statement of a train block is a `step` or a `then`, or a loop with one. The block's other
/// statements come before these, wherever they stand.
bool holdsBlock(const Statement &statement);

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

enum class DeclarationKind { Config, Data, Callable, Train, Predict, Generate };

struct Declaration {
  const DeclarationKind kind;
  SourceRange range;
  SourceRange keyword; // the first word: `model`, `data`, ...

  explicit Declaration(DeclarationKind kind) : kind(kind) {}
  virtual ~Declaration() = default;
};

template <DeclarationKind K> struct DeclarationNode : Declaration {
  static constexpr DeclarationKind Kind = K;
  DeclarationNode() : Declaration(K) {}
};

/// `key = value` of a config or a data block.
struct Entry {
  Identifier name;
  ExpressionPtr value;
};

/// `config layers = 6, heads = 6`
struct ConfigDeclaration : DeclarationNode<DeclarationKind::Config> {
  std::vector<Entry> entries;
};

/// `image: float[28, 28]` of a data block, or `age: float = standardize`. Fields that are declared
/// together share type and transform.
struct Field {
  Identifier name;
  std::shared_ptr<const TypeExpression> type;
  std::shared_ptr<const Expression> transform; // null when there is none
};

/// `data mnist { fields and entries }`
struct DataDeclaration : DeclarationNode<DeclarationKind::Data> {
  Identifier name;
  std::vector<Field> fields;
  std::vector<Entry> entries;
};

/// A setting or an input: `units: int`, `bias: bool = true`, `shape`.
struct Parameter {
  Identifier name;
  std::unique_ptr<TypeExpression> type; // null when not written
  ExpressionPtr defaultValue;           // null when there is none
  SourceRange range;
};

/// One result: a type, with a name when there are several.
struct ResultDeclaration {
  Identifier name; // empty text when not named
  TypeExpression type;
};

enum class CallableKind { Model, Layer, Function, Init, Optimizer, Schedule, Primitive };

/// Everything that is declared with parameter lists.
///
///   layer, fn, primitive   settings in a list of their own (when two lists are written), then
///                          inputs, results, body
///   model                  inputs, results, body
///   init                   settings (the first is the shape), body
///   optimizer, schedule    settings, body
///
/// A primitive has no body (null): the compiler knows it.
struct CallableDeclaration : DeclarationNode<DeclarationKind::Callable> {
  CallableKind callable = CallableKind::Function;
  Identifier name;
  bool hasSettings = false; // whether a list of settings was written, be it empty
  std::vector<Parameter> settings;
  std::vector<Parameter> inputs;
  std::vector<ResultDeclaration> results; // empty when none was written
  std::unique_ptr<Block> body;
};

/// `train digit on mnist { ... }` or `train gan = generator, critic on ring { ... }`
struct TrainDeclaration : DeclarationNode<DeclarationKind::Train> {
  Identifier name; // that of the model when not written
  std::vector<Identifier> models;
  Identifier data;
  std::unique_ptr<Block> body;
};

/// `predict digit { ... }` or `predict digit as confidences { ... }`
struct PredictDeclaration : DeclarationNode<DeclarationKind::Predict> {
  Identifier model;
  Identifier name; // empty text when not written: then it has the model's
  std::unique_ptr<Block> body;
};

/// `generate gpt { ... }`
struct GenerateDeclaration : DeclarationNode<DeclarationKind::Generate> {
  Identifier model;
  std::unique_ptr<Block> body;
};

/// One file. `file` outlives the module.
struct Module {
  const SourceFile *file = nullptr;
  std::vector<DeclarationPtr> declarations;
};

/// The operator as it is written: `+`, `<=`, `and`.
std::string_view spelling(BinaryOperator op);
std::string_view spelling(UnaryOperator op);
/// The word that declares it: `model`, `fn`.
std::string_view spelling(CallableKind kind);
/// The word in a type: `float`, `class`.
std::string_view spelling(ElementKind kind);

/// The names that take dimensions in square brackets: `sum[n](x)`.
bool isReducer(std::string_view name);

} // namespace nnc::lang
