// Name resolution: every name of the user's file must mean something, also in definitions that
// nothing instantiates.
#pragma once

#include "lang/elaborate/Elaborator.h"

namespace nnc::lang {

class Resolver {
public:
  explicit Resolver(Elaborator &elaborator) : elaborator(elaborator) {}
  void run();

private:
  void callable(const CallableDeclaration &declaration);
  void data(const DataDeclaration &declaration);
  void train(const TrainDeclaration &declaration);
  void predict(const Identifier &model, const Block &body);
  void block(const Block &block);
  void statements(const Block &block);
  void statement(const Statement &statement);
  void expression(const Expression &expression);
  void call(const CallExpression &call);
  void type(const TypeExpression &type);
  void declareDimensions(const TypeExpression &type);
  void declareDimensions(const Expression &pattern);
  void declareIndices(const Expression &expression);
  void name(const std::string &name, SourceRange range);

  bool isLocal(const std::string &name) const;
  bool isKnown(const std::string &name) const;
  void declare(const std::string &name) { scopes.back().insert(name); }

  Elaborator &elaborator;
  std::vector<std::set<std::string>> scopes;
};

} // namespace nnc::lang
