// The parts of the elaborator for one program, put together: each part knows those that stand
// before it, and the interpreter as the evaluator of the expressions inside of its own.
#pragma once

#include "lang/elaborate/interpret/Interpreter.h"

namespace nnc::lang {

struct Elaboration {
  Elaboration(const Globals &globals, const ConfigOverrides &overrides, Diagnostics &diagnostics,
              Vocabularies &vocabularies)
      : overrides(overrides), environment(globals, diagnostics, vocabularies) {}
  Elaboration(const Elaboration &) = delete;

  const ConfigOverrides &overrides;
  bool watch = false; // as in ElaborateOptions
  Program program;
  Environment environment;
  // Before the parts that it uses: each of them keeps it as an Evaluator.
  Interpreter interpreter{environment, config,    emitter,    operators,
                          reductions,  instances, parameters, calls};
  Config config{environment, interpreter, overrides};
  Emitter emitter{environment};
  Operators operators{environment, emitter};
  Reductions reductions{environment, interpreter, emitter};
  Types types{environment, interpreter, emitter};
  Unifier unifier{environment, interpreter, emitter, types};
  SettingBinder binder{environment, interpreter};
  Instances instances{environment, emitter, program};
  Parameters parameters{environment, interpreter, emitter,   types,
                        binder,      instances,   operators, program};
  Calls calls{environment, interpreter, emitter, operators, reductions,
              types,       unifier,     binder,  instances};
};

} // namespace nnc::lang
