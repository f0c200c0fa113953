// Executes the compile-time part of a program: expressions, blocks, loops and conditions. This
// part follows the syntax tree; the others know what the operations mean.
#pragma once

#include "lang/elaborate/calls/Calls.h"
#include "lang/elaborate/environment/Config.h"
#include "lang/elaborate/index/IndexEvaluator.h"
#include "lang/elaborate/instances/Parameters.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

class Interpreter final : public Evaluator {
public:
  Interpreter(Environment &environment, Config &config, Emitter &emitter, Operators &operators,
              Reductions &reductions, Instances &instances, Parameters &parameters, Calls &calls)
      : environment(environment), config(config), emitter(emitter), operators(operators),
        reductions(reductions), instances(instances), parameters(parameters), calls(calls) {}

  Entity evaluate(const Expression &expression) override;
  Entity evaluateBlock(const Block &block, bool newScope = true) override;
  Entity apply(const Entity &callee, const std::vector<GivenArgument> &given,
               SourceRange range) override {
    return calls.apply(callee, given, range);
  }
  Entity evaluateStatement(const Statement &statement);
  /// Runs a `step` or a `then` in an inner block of a train block.
  std::function<void(const Statement &)> onRecipeStatement;
  void bindStatement(const BindingStatement &statement);
  IndexEvaluator indexNotation() {
    return IndexEvaluator(environment, *this, emitter, operators, reductions, calls);
  }

private:
  /// The value that the current scan's block has yielded so far.
  struct Yielded {
    std::optional<Entity> value;
    SourceRange range;
    size_t conditions = 0; // that were there around the scan
  };
  /// A sequence or the initial value of a carry, and the tensors in it.
  struct Carried {
    Entity value;
    std::vector<Tensor> tensors;
    std::vector<Tensor> inside; // of a carry: its values at the beginning of the block
  };

  // Statements.cpp
  void bind(const Identifier &name, Entity value);
  void nameValue(const std::string &name, const Entity &value);
  void loop(const ForStatement &statement);
  Entity evaluateComprehension(const ComprehensionExpression &expression);
  /// The elements of a range or a list, in order.
  std::vector<Entity> elements(const Expression &expression);
  void bindElement(const std::vector<Identifier> &names, Entity element, SourceRange range);
  Entity evaluateIf(const IfExpression &expression);

  // Expressions.cpp
  Entity lookup(const std::string &name, SourceRange range);
  /// `arguments` are those of the call, if this is what is called.
  Entity evaluateMember(const MemberExpression &expression,
                        const std::vector<CallArgument> *arguments = nullptr);
  Entity evaluateRange(const RangeExpression &expression);
  Entity evaluateReduce(const ReduceExpression &expression);
  std::optional<int64_t> evaluateInteger(const Expression &expression, std::string_view what,
                                         OriginPtr *origin = nullptr);

  // Scan.cpp
  Entity evaluateScan(const ScanExpression &expression);
  Entity evaluateSequence(const Expression &expression);
  bool evaluateSources(const ScanExpression &expression, std::vector<Carried> &sources,
                       Extent &steps, LengthPtr &length);
  std::optional<std::vector<Tensor>> checkCarry(const ScanCarry &carry, const Carried &initial);
  std::optional<Entity> closeScan(const ScanExpression &expression,
                                  const std::vector<Carried> &carries, const Extent &steps,
                                  const LengthPtr &length, const Entity &last);
  void yield(const YieldStatement &statement);
  /// Appends the tensors of a value: itself, or those of a record or list, in order; numbers become
  /// tensors. They have the element types of those in `like` where they can. False, with an error,
  /// where something else is among them.
  bool collectTensors(Entity &value, const std::vector<Tensor> *like, std::string_view what,
                      SourceRange range, std::vector<Tensor> &tensors);

  // Indexing.cpp
  /// A position in `size` elements; one written with a minus sign counts from the end.
  std::optional<int64_t> evaluatePosition(const Expression &expression, int64_t size,
                                          std::string_view what);
  Entity indexEntity(const Entity &base, const std::vector<ExpressionPtr> &items,
                     SourceRange range);
  Entity indexTensor(const Tensor &base, const std::vector<ExpressionPtr> &items,
                     SourceRange range);

  // CallExpressions.cpp
  Entity evaluateCall(const CallExpression &expression);
  Entity evaluatePipe(const PipeExpression &expression);
  std::vector<GivenArgument> evaluateArguments(const std::vector<CallArgument> &arguments);

  std::vector<Yielded> scans; // each in the block of the one before

  Environment &environment;
  Config &config;
  Emitter &emitter;
  Operators &operators;
  Reductions &reductions;
  Instances &instances;
  Parameters &parameters;
  Calls &calls;
};

} // namespace nnc::lang
