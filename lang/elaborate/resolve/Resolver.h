// Checks of the user's file before anything is executed, also of definitions that nothing
// instantiates: every name has a meaning, every value is used, and the keys of a train block stand
// at its top level.
#pragma once

#include "lang/elaborate/environment/Globals.h"

#include <set>
#include <string>
#include <vector>

namespace nnc::lang {

class Resolver {
public:
  Resolver(const Globals &globals, Diagnostics &diagnostics)
      : globals(globals), diagnostics(diagnostics) {}
  void run();

private:
  void callable(const CallableDeclaration &declaration);
  void data(const DataDeclaration &declaration);
  void train(const TrainDeclaration &declaration);
  void recipeStatements(const Block &body);
  /// The block of a `step` or a `then`.
  void recipeBlock(const Block &body);
  void predict(const Identifier &model, const Block &body);
  /// `hasValue`: the last statement, if it is an expression, is the value of the block.
  void block(const Block &block, bool hasValue);
  void statements(const Block &block, bool hasValue);
  void statement(const Statement &statement);
  void key(const Identifier &name);
  void declareOnce(const Block &block);
  /// A statement that is an expression, whose value nothing takes. `condition` is the `if` whose
  /// branch it ends.
  void discarded(const Expression &expression, const IfExpression *condition = nullptr);
  void expression(const Expression &expression);
  /// `piped` is the value of the pipe whose stage this is.
  void call(const CallExpression &call, const Expression *piped = nullptr);
  void type(const TypeExpression &type);
  void declareDimensions(const TypeExpression &type);
  void declareDimensions(const Expression &pattern);
  void declareIndices(const Expression &expression);
  /// `arguments`: of the call, as they are written.
  void name(const std::string &name, SourceRange range,
            const std::vector<std::string> &arguments = {});
  /// Resolves the callee of a call.
  void callee(const Expression &callee, const std::vector<std::string> &arguments);
  void unknownName(const std::string &name, SourceRange range,
                   const std::vector<std::string> &arguments, std::string_view shown);

  bool isKeyPlace() const { return scopes.size() == keyDepth; }
  bool isLocal(const std::string &name) const;
  bool isKnown(const std::string &name) const;
  void declare(const std::string &name) { scopes.back().insert(name); }

  const Globals &globals;
  Diagnostics &diagnostics;
  std::vector<std::set<std::string>> scopes;
  /// The number of scopes around the statements that are read as keys; 0 outside of train blocks.
  size_t keyDepth = 0;
  /// The definition in index notation whose right side is being resolved; null outside.
  const IndexDefinition *definition = nullptr;
};

} // namespace nnc::lang
