// Implements Instances: names, the table of layers, and the parameters of the program.
#include "lang/elaborate/instances/Instances.h"

#include "lang/elaborate/environment/Patterns.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace nnc::lang {

LayerPtr Instances::make(const CallableDeclaration &declaration, std::vector<NamedEntity> settings,
                         SourceRange range) {
  auto layer = std::make_shared<LayerInstance>();
  layer->declaration = &declaration;
  layer->range = environment.place(range);
  layer->code = environment.codeAt(range);
  // A layer that is given as a setting lives in the layer that it is given to.
  for (NamedEntity &setting : settings)
    if (auto *inner = setting.value->get<LayerPtr>();
        inner && (*inner)->name.empty() && !(*inner)->isModel) {
      (*inner)->name = setting.name;
      (*inner)->parent = layer.get();
    }
  layer->settings = std::move(settings);
  emitter.pass->layers.push_back(layer);
  return layer;
}

LayerPtr Instances::another(const LayerInstance &layer, SourceRange range) {
  // The layers among its settings are copied too.
  std::function<Entity(const Entity &)> copied = [&](const Entity &value) -> Entity {
    if (auto *inner = value.get<LayerPtr>(); inner && !(*inner)->isModel)
      return another(**inner, range);
    auto *group = value.get<Group>();
    if (!group)
      return value;
    Group list = *group;
    for (NamedEntity &member : list.members)
      member.value = std::make_shared<Entity>(copied(*member.value));
    return list;
  };
  std::vector<NamedEntity> settings = layer.settings;
  for (NamedEntity &setting : settings)
    setting.value = std::make_shared<Entity>(copied(*setting.value));
  return make(*layer.declaration, std::move(settings), range);
}

void Instances::name(LayerInstance &layer, const std::string &name, LayerInstance *parent) {
  layer.parent = parent;
  layer.name = parent ? claim(*parent, name, layer.code) : name;
}

std::string Instances::claim(LayerInstance &owner, const std::string &name,
                             const std::vector<SourceRange> &code) {
  const std::string prefix = owner.path() + ".";
  for (;;) {
    std::string candidate = owner.names.claim(name);
    auto [known, isNew] = places.try_emplace(prefix + candidate, code);
    if (isNew || known->second == code)
      return candidate;
  }
}

std::string Instances::declare(const std::string &name, SourceRange range) {
  LayerInstance &layer = *environment.frame().layer;
  return environment.ownName(claim(layer, name, environment.codeAt(range)));
}

LayerPtr Instances::model(const CallableDeclaration &declaration) {
  LayerPtr &instance = emitter.pass->models[&declaration];
  if (!instance) {
    instance = std::make_shared<LayerInstance>();
    instance->declaration = &declaration;
    instance->range = declaration.name.range;
    instance->isModel = true;
    // Another model than the root has its name.
    if (&declaration != root)
      instance->name = declaration.name.text;
  }
  return instance;
}

Entity Instances::apply(const LayerPtr &layer, const std::vector<GivenArgument> &given,
                        SourceRange range, const std::function<Entity()> &invoke) {
  if (layer->name.empty() && !layer->isModel)
    name(*layer, layer->declaration->name.text,
         !environment.executing() ? nullptr : environment.frame().layer);
  if (!layer->isModel && !layer->parent) {
    environment.report(Diag::LayerOutsideModel, range, layer->declaration->name.text);
    return Poison{};
  }
  layer->names.clear();
  for (const NamedEntity &setting : layer->settings)
    if (setting.value->is<LayerPtr>())
      layer->names.claim(setting.name);
  ++layer->applications;

  // Rows of the table stand in the order of application, a layer before what it is made of.
  std::string path = layer->path();
  size_t row = program.layers.size();
  bool record = !path.empty() && layerRows.emplace(path, row).second;
  if (record)
    program.layers.push_back({path, layer->declaration->name.text, layer->range, {}, {}, 0});
  int64_t outerFlop = std::exchange(emitter.layerFlop, 0);
  // Frozen parts compute what they do in evaluation: statistics stay, and nothing is dropped.
  bool &training = emitter.pass->training;
  const bool outerTraining = training;
  training &= path.empty() || !matchesAny(emitter.pass->frozen, path + ".*");
  Entity result = invoke();
  training = outerTraining;
  int64_t flop = std::exchange(emitter.layerFlop, outerFlop);
  if (record) {
    LayerInfo &info = program.layers[row];
    info.flop = flop;
    if (auto *input = given.empty() ? nullptr : given[0].value.get<Tensor>())
      info.input = sizes(input->shape);
    if (auto *output = result.get<Tensor>())
      info.output = sizes(output->shape);
  }
  if (auto *tensor = result.get<Tensor>();
      tensor && tensor->graph == &emitter.pass->graph && !path.empty())
    emitter.pass->graph.name(tensor->id, path);
  layer->result = std::make_shared<Entity>(result);
  return result;
}

const Shape *Instances::findParameter(const std::string &path) const {
  auto found = shapes.find(path);
  return found == shapes.end() ? nullptr : &found->second;
}

void Instances::addParameter(const std::string &path, const Type &type, const Shape &shape,
                             SourceRange range) {
  shapes[path] = shape;
  program.parameters.push_back({path, type, false, range});
  if (auto row = layerRows.find(environment.frame().layer->path()); row != layerRows.end())
    program.layers[row->second].parameters +=
        std::accumulate(type.shape.begin(), type.shape.end(), int64_t(1), std::multiplies<>());
}

bool Instances::addState(const std::string &path, const Type &type, SourceRange range) {
  if (!states.emplace(path, program.states.size()).second)
    return false;
  program.states.push_back({path, type, range});
  return true;
}

} // namespace nnc::lang
