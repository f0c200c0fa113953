// Implements the spellings of operators and words.
#include "lang/syntax/AST.h"

#include <algorithm>

#include "lang/support/Names.h"

namespace nnc::lang {

std::string_view spelling(BinaryOperator op) {
  switch (op) {
  case BinaryOperator::Add:
    return "+";
  case BinaryOperator::Subtract:
    return "-";
  case BinaryOperator::Multiply:
    return "*";
  case BinaryOperator::Divide:
    return "/";
  case BinaryOperator::Remainder:
    return "%";
  case BinaryOperator::Power:
    return "^";
  case BinaryOperator::MatrixMultiply:
    return "@";
  case BinaryOperator::Equal:
    return "==";
  case BinaryOperator::NotEqual:
    return "!=";
  case BinaryOperator::Less:
    return "<";
  case BinaryOperator::LessEqual:
    return "<=";
  case BinaryOperator::Greater:
    return ">";
  case BinaryOperator::GreaterEqual:
    return ">=";
  case BinaryOperator::And:
    return "and";
  case BinaryOperator::Or:
    return "or";
  }
  return "";
}

std::string_view spelling(UnaryOperator op) { return op == UnaryOperator::Negate ? "-" : "not"; }

std::string_view spelling(CallableKind kind) {
  switch (kind) {
  case CallableKind::Model:
    return "model";
  case CallableKind::Layer:
    return "layer";
  case CallableKind::Function:
    return "fn";
  case CallableKind::Init:
    return "init";
  case CallableKind::Optimizer:
    return "optimizer";
  case CallableKind::Schedule:
    return "schedule";
  case CallableKind::Primitive:
    return "primitive";
  }
  return "";
}

std::string_view spelling(ElementKind kind) {
  switch (kind) {
  case ElementKind::Float:
    return "float";
  case ElementKind::Int:
    return "int";
  case ElementKind::Bool:
    return "bool";
  case ElementKind::Class:
    return "class";
  case ElementKind::Category:
    return "category";
  case ElementKind::OneHot:
    return "one_hot";
  case ElementKind::String:
    return "string";
  case ElementKind::Init:
    return "init";
  case ElementKind::Schedule:
    return "schedule";
  case ElementKind::Function:
    return "fn";
  case ElementKind::Layer:
    return "layer";
  case ElementKind::Optimizer:
    return "optimizer";
  case ElementKind::Error:
    return "<error>";
  }
  return "";
}

static constexpr std::string_view reducers[] = {
    "sum", "mean", "max",  "min",    "prod",      "argmax",  "argmin",  "any",        "all",
    "var", "std",  "norm", "cumsum", "logsumexp", "softmax", "reverse", "log_softmax"};

bool isReducer(std::string_view name) { return contains(reducers, name); }

bool holdsBlock(const Statement &statement) {
  if (as<StepStatement>(&statement) || as<ThenStatement>(&statement))
    return true;
  auto *loop = as<ForStatement>(&statement);
  return loop && std::ranges::any_of(loop->body->statements,
                                     [](const StatementPtr &one) { return holdsBlock(*one); });
}

} // namespace nnc::lang
