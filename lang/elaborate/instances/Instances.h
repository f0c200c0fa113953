// Instances of layers and models, and the parameters and states that they own.
//
// A parameter's path is made of the names of the layers around it, from the model inwards. A layer
// is named by the binding (or the setting) that first holds it, else by its declaration. A name
// that is taken already in the same layer gets a number: dense, dense_2, dense_3.
#pragma once

#include "lang/elaborate/graph/Emitter.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nnc::lang {

class Instances {
public:
  Instances(Environment &environment, Emitter &emitter, Program &program)
      : environment(environment), emitter(emitter), program(program) {}

  LayerPtr make(const CallableDeclaration &declaration, std::vector<NamedEntity> settings,
                SourceRange range);
  /// A layer with the same settings and its own parameters.
  LayerPtr another(const LayerInstance &layer, SourceRange range);
  /// Names a layer that has no name yet, with a number if the parent has a layer, parameter or
  /// state of that name already.
  void name(LayerInstance &layer, const std::string &name, LayerInstance *parent);
  /// The instance of a model; the function that is being built has one.
  LayerPtr model(const CallableDeclaration &declaration);
  /// The model whose layers have paths of one name; null: paths begin with the name of a model.
  const CallableDeclaration *root = nullptr;
  /// One application: `invoke` executes the body. Records the layer in the table of the program.
  Entity apply(const LayerPtr &layer, const std::vector<GivenArgument> &given, SourceRange range,
               const std::function<Entity()> &invoke);

  /// The path of a parameter or state of the layer that is being applied, which is declared at
  /// `range`.
  std::string declare(const std::string &name, SourceRange range);
  /// Null when no parameter has this path.
  const Shape *findParameter(const std::string &path) const;
  /// A parameter of the layer that is being applied.
  void addParameter(const std::string &path, const Type &type, const Shape &shape,
                    SourceRange range);
  /// False when it is there already.
  bool addState(const std::string &path, const Type &type, SourceRange range);
  /// A state that has been added.
  StateInfo &state(const std::string &path) { return program.states[states.at(path)]; }
  const std::vector<ParameterInfo> &parameters() const { return program.parameters; }

private:
  /// A name in a layer that no other place of its body has, also in another function of the
  /// program: code under `if training` is not met when evaluating.
  std::string claim(LayerInstance &owner, const std::string &name,
                    const std::vector<SourceRange> &code);

  Environment &environment;
  Emitter &emitter;
  Program &program;
  std::map<std::string, Shape> shapes;                    // of parameters, by path
  std::map<std::string, size_t> states;                   // in program.states, by path
  std::map<std::string, std::vector<SourceRange>> places; // the code that a path belongs to
  std::map<std::string, size_t> layerRows;                // in program.layers, by path
};

} // namespace nnc::lang
