// Application of what can be applied: primitives, builtins, functions, layers and models.
#pragma once

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/signatures/SettingBinder.h"
#include "lang/elaborate/signatures/Unifier.h"

#include <functional>
#include <vector>

namespace nnc::lang {

class Calls {
public:
  Calls(Environment &environment, Evaluator &evaluator, Emitter &emitter, Operators &operators,
        Reductions &reductions, Types &types, Unifier &unifier, SettingBinder &binder,
        Instances &instances)
      : environment(environment), evaluator(evaluator), emitter(emitter), operators(operators),
        reductions(reductions), types(types), unifier(unifier), binder(binder),
        instances(instances) {}

  /// Gives a callable its settings; a layer becomes an instance.
  Entity construct(const CallableEntity &callable, const std::vector<GivenArgument> &given,
                   SourceRange range);
  /// Whether it is of a kind that can be applied.
  static bool canApply(const Entity &entity) {
    return entity.is<LayerPtr>() || entity.is<ReducerEntity>() || entity.is<CallableEntity>();
  }
  Entity apply(const Entity &callee, const std::vector<GivenArgument> &given, SourceRange range);
  Entity applyBuiltin(const Builtin &builtin, const std::vector<GivenArgument> &settings,
                      const std::vector<GivenArgument> &given, SourceRange range);
  /// Executes the body of a declaration. `layer` owns its parameters; without one, the caller's.
  Entity invoke(const CallableDeclaration &declaration, const std::vector<NamedEntity> &settings,
                const std::vector<GivenArgument> &given, LayerInstance *layer, SourceRange range);

private:
  Entity applyPrimitive(const CallableDeclaration &declaration,
                        const std::vector<GivenArgument> &given, SourceRange range);
  Entity applyLayer(const LayerPtr &layer, const std::vector<GivenArgument> &given,
                    SourceRange range);
  Entity finishInvocation(const CallableDeclaration &declaration, Entity value, SourceRange range);

  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
  Operators &operators;
  Reductions &reductions;
  Types &types;
  Unifier &unifier;
  SettingBinder &binder;
  Instances &instances;
  int contextLevels = 0;
};

} // namespace nnc::lang
