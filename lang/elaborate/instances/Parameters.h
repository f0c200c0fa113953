// The statements `param`, `state` and `<-`: values that persist between training steps.
#pragma once

#include "lang/elaborate/graph/Operators.h"
#include "lang/elaborate/instances/Instances.h"
#include "lang/elaborate/signatures/SettingBinder.h"
#include "lang/elaborate/signatures/Types.h"

#include <optional>

namespace nnc::lang {

class Parameters {
public:
  Parameters(Environment &environment, Evaluator &evaluator, Emitter &emitter, Types &types,
             SettingBinder &binder, Instances &instances, Operators &operators, Program &program)
      : environment(environment), evaluator(evaluator), emitter(emitter), types(types),
        binder(binder), instances(instances), operators(operators), program(program) {}

  void declareParameter(const ParameterStatement &statement);
  /// An initialiser applied to sizes: a tensor.
  Entity filled(const CallableEntity &initialiser, const std::vector<GivenArgument> &sizes,
                SourceRange range);
  /// Of a layer, or in the body of an optimizer a slot of the parameter at hand.
  void declareState(const StateStatement &statement);
  void update(const UpdateStatement &statement);

private:
  /// Turns a State into an ExampleState; false if its initial value is random.
  bool makeExampleState(const std::string &path, const Tensor &state);
  void declareSlot(const StateStatement &statement);
  /// The value that the layer which declares the parameter works with.
  Entity reparametrized(const ParameterStatement &statement, const std::string &path,
                        const Tensor &parameter);
  /// Appends the initial value to the function `initialize` and makes it the result of that kind.
  void initialize(ResultKind kind, const std::string &path, const Expression &initial,
                  Element element, const Shape &shape);
  std::optional<Tensor> initialValue(Entity value, Element element, const Shape &shape,
                                     SourceRange range);

  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
  Types &types;
  SettingBinder &binder;
  Instances &instances;
  Operators &operators;
  Program &program;
};

} // namespace nnc::lang
