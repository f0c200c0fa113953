// Layers and models: instances, the paths of their parameters, parameters and states.
//
// A parameter's path is made of the names of the layers around it, from the model inwards. A layer
// is named by the binding (or the setting) that first holds it, else by its declaration. A name
// that is taken already in the same layer gets a number: dense, dense_2, dense_3.
#include "lang/elaborate/Elaborator.h"

#include <functional>
#include <numeric>
#include <utility>

namespace nnc::lang {

LayerPtr Elaborator::makeLayer(const CallableDeclaration &declaration,
                               std::vector<NamedEntity> settings, SourceRange range) {
  auto layer = std::make_shared<LayerInstance>();
  layer->declaration = &declaration;
  layer->range = place(range);
  // A layer that is given as a setting lives in the layer that it is given to.
  for (NamedEntity &setting : settings)
    if (auto *inner = setting.value->get<LayerPtr>();
        inner && (*inner)->name.empty() && !(*inner)->isModel) {
      (*inner)->name = setting.name;
      (*inner)->parent = layer.get();
    }
  layer->settings = std::move(settings);
  pass->layers.push_back(layer);
  return layer;
}

void Elaborator::nameLayer(LayerInstance &layer, const std::string &name, LayerInstance *parent) {
  layer.parent = parent;
  layer.name = parent ? parent->names.claim(name) : name;
}

std::string Elaborator::ownName(const std::string &name) {
  std::string prefix = frames.empty() || !frame().layer ? "" : frame().layer->path();
  return prefix.empty() ? name : prefix + "." + name;
}

LayerPtr Elaborator::modelInstance(const CallableDeclaration &declaration) {
  LayerPtr &model = pass->models[&declaration];
  if (!model) {
    model = std::make_shared<LayerInstance>();
    model->declaration = &declaration;
    model->range = declaration.name.range;
    model->isModel = true;
    // The model that is trained is the root of all paths; another one that it uses has its name.
    if (declaration.name.text != program.model)
      model->name = declaration.name.text;
  }
  return model;
}

Entity Elaborator::applyLayer(const LayerPtr &layer, const std::vector<GivenArgument> &given,
                              SourceRange range) {
  if (layer->name.empty() && !layer->isModel)
    nameLayer(*layer, layer->declaration->name.text, frames.empty() ? nullptr : frame().layer);
  if (!layer->isModel && !layer->parent) {
    report(Diag::LayerOutsideModel, range, layer->declaration->name.text);
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
  int64_t outerFlop = std::exchange(layerFlop, 0);
  Entity result = invoke(*layer->declaration, layer->settings, given, layer.get(), range);
  int64_t flop = std::exchange(layerFlop, outerFlop);
  if (record) {
    LayerInfo &info = program.layers[row];
    info.flop = flop;
    if (auto *input = given.empty() ? nullptr : given[0].value.get<Tensor>())
      info.input = sizes(input->shape);
    if (auto *output = result.get<Tensor>())
      info.output = sizes(output->shape);
  }
  if (auto *tensor = result.get<Tensor>(); tensor && tensor->graph == &pass->graph && !path.empty())
    pass->graph.name(tensor->id, path);
  layer->result = std::make_shared<Entity>(result);
  return result;
}

//===----------------------------------------------------------------------===//
// Parameters and states
//===----------------------------------------------------------------------===//

Tensor Elaborator::persistent(ArgumentKind kind, const std::string &path, Element element,
                              const Shape &shape, SourceRange range) {
  Tensor value;
  value.graph = &pass->graph;
  value.element = element;
  value.shape = shape;
  if (std::optional<ValueId> known = pass->graph.findArgument(kind, path))
    value.id = *known;
  else
    value.id = pass->graph.addArgument(kind, path, {element, sizes(shape), 0}, range);
  return value;
}

std::optional<Tensor> Elaborator::initialValue(Entity value, Element element, const Shape &shape,
                                               int64_t classes, SourceRange range) {
  for (int depth = 0; depth < 100; ++depth) {
    auto *callable = value.get<CallableEntity>();
    if (!callable || !callable->declaration ||
        callable->declaration->callable != CallableKind::Init)
      break;
    const CallableDeclaration &declaration = *callable->declaration;
    bool good = true;
    std::vector<NamedEntity> settings = callable->settings;
    if (!callable->bound)
      settings = bindSettings(declaration, {}, callable->range, good);
    if (!good)
      return std::nullopt;
    EnterFrame enter(*this, declaration, place(range));
    if (!declaration.settings.empty() && !declaration.settings[0].name.text.empty())
      bindFresh(declaration.settings[0].name.text, ShapeConstant{shape},
                declaration.settings[0].range);
    if (!enterSettings(declaration, settings) || !declaration.body)
      return std::nullopt;
    value = evaluateBlock(*declaration.body);
  }
  if (value.poisoned())
    return std::nullopt;
  if (value.isNumber() || value.is<bool>())
    return broadcastTo(convert(*tensor(value, element, "param", range), element, range), shape,
                       range);
  auto *known = value.get<Tensor>();
  if (!known) {
    report(Diag::InitialValue, range,
           fmt::format("{} is neither an initialiser nor a number", describe(value)));
    return std::nullopt;
  }
  if (!usable(*known, range))
    return std::nullopt;
  Tensor result = convert(*known, element, range);
  if (result.shape.empty())
    return broadcastTo(result, shape, range);
  if (!sameSizes(result.shape, shape)) {
    report(
        Diag::InitialValue, range,
        fmt::format("it has shape {}, the parameter {}", describe(result.shape), describe(shape)));
    return std::nullopt;
  }
  (void)classes;
  return result;
}

void Elaborator::declareParameter(const ParameterStatement &statement) {
  Shape shape;
  std::optional<Type> type =
      evaluateType(statement.type, shape, fmt::format("`{}`", statement.name.text));
  if (statement.name.text.empty())
    return;
  if (!type || !frame().layer || frame().target) {
    bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  if (type->element != Element::Float) {
    report(Diag::ParameterElement, statement.type.range, toSource(statement.type));
    bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  std::string path = ownName(frame().layer->names.claim(statement.name.text));
  SourceRange range = place(statement.range);
  auto known = parameterIndex.find(path);
  if (known != parameterIndex.end()) {
    const auto &[owner, first] = parameterOwners[path];
    if (!sameSizes(first, shape) || owner != frame().callable) {
      DiagnosticBuilder builder =
          report(Diag::ParameterChanged, statement.range, path, describe(first), describe(shape));
      addOrigins(builder, first, &shape);
      addOrigins(builder, shape, &first);
      builder.note("a layer that is applied twice has one set of parameters; make two layers if "
                   "you want two");
      bindFresh(statement.name.text, Poison{}, statement.name.range);
      return;
    }
  } else {
    parameterIndex[path] = program.parameters.size();
    parameterOwners[path] = {frame().callable, shape};
    program.parameters.push_back({path, *type, true, range});
    if (auto row = layerRows.find(frame().layer->path()); row != layerRows.end())
      program.layers[row->second].parameters +=
          std::accumulate(type->shape.begin(), type->shape.end(), int64_t(1), std::multiplies<>());
    EnterPass enter(*this, initialize.get());
    Entity value = evaluate(*statement.initial);
    if (std::optional<Tensor> initial =
            initialValue(value, Element::Float, shape, 0, statement.initial->range)) {
      pass->graph.name(initial->id, path);
      pass->graph.addResult(ResultKind::Parameter, path, initial->id);
    }
  }
  bindFresh(statement.name.text,
            persistent(ArgumentKind::Parameter, path, Element::Float, shape, range),
            statement.name.range);
}

void Elaborator::declareState(const StateStatement &statement) {
  if (statement.name.text.empty())
    return;
  if (!frame().layer) {
    bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  Shape shape;
  std::optional<Type> type;
  if (statement.type)
    type = evaluateType(*statement.type, shape, fmt::format("`{}`", statement.name.text));
  else
    report(Diag::StateType, statement.range, statement.name.text);
  if (!type) {
    bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  std::string path = ownName(frame().layer->names.claim(statement.name.text));
  if (!stateIndex.count(path)) {
    stateIndex[path] = program.states.size();
    program.states.push_back({path, *type, place(statement.range)});
    EnterPass enter(*this, initialize.get());
    Entity value = evaluate(*statement.initial);
    if (std::optional<Tensor> initial =
            initialValue(value, type->element, shape, 0, statement.initial->range)) {
      pass->graph.name(initial->id, path);
      pass->graph.addResult(ResultKind::State, path, initial->id);
    }
  }
  auto current = pass->states.find(path);
  if (current == pass->states.end())
    current = pass->states
                  .emplace(path, persistent(ArgumentKind::State, path, type->element, shape,
                                            place(statement.range)))
                  .first;
  bindFresh(statement.name.text, current->second, statement.name.range);
  findLocal(statement.name.text)->state = path;
}

void Elaborator::declareSlot(const StateStatement &statement) {
  OptimizerTarget &target = *frame().target;
  const std::string &name = statement.name.text;
  if (name.empty())
    return;
  Shape shape = target.value.shape;
  if (statement.type) {
    shape.clear();
    if (!evaluateType(*statement.type, shape, fmt::format("`{}`", name))) {
      bindFresh(name, Poison{}, statement.name.range);
      return;
    }
  }
  std::string key = name;
  for (int number = 2; target.slots.count(key); ++number)
    key = fmt::format("{}_{}", name, number);
  std::string path = target.parameter->path + "." + key;
  Type type{Element::Float, sizes(shape), 0};
  program.slots.push_back({path, target.parameter->path, type});
  {
    EnterPass enter(*this, initialize.get());
    Entity value = evaluate(*statement.initial);
    if (std::optional<Tensor> initial =
            initialValue(value, Element::Float, shape, 0, statement.initial->range)) {
      pass->graph.name(initial->id, path);
      pass->graph.addResult(ResultKind::Slot, path, initial->id);
    }
  }
  Tensor slot = persistent(ArgumentKind::Slot, path, Element::Float, shape, place(statement.range));
  target.slots[key] = slot;
  bindFresh(name, slot, statement.name.range);
  findLocal(name)->state = key;
}

void Elaborator::update(const UpdateStatement &statement) {
  const std::string &name = statement.name.text;
  OptimizerTarget *target = frame().target;
  // While evaluating, states stay as they are.
  if (!target && !pass->training)
    return;
  Entity value = evaluate(*statement.value);
  Binding *binding = findLocal(name);
  if (name.empty() || value.poisoned())
    return;
  if (!binding || (binding->state.empty() && !(target && name == "param"))) {
    report(Diag::BadUpdate, statement.name.range, name);
    return;
  }
  Tensor &place = binding->state.empty() ? target->value
                  : target               ? target->slots[binding->state]
                                         : pass->states[binding->state];
  std::optional<Tensor> next = tensor(value, place.element, "<-", statement.range);
  if (!next)
    return;
  Tensor converted = convert(*next, place.element, statement.range);
  if (converted.shape.empty())
    converted = broadcastTo(converted, place.shape, statement.range);
  if (!sameSizes(converted.shape, place.shape)) {
    DiagnosticBuilder builder = report(Diag::UpdateShape, statement.range, name,
                                       describe(place.shape), describe(converted.shape));
    addOrigins(builder, place.shape, &converted.shape);
    addOrigins(builder, converted.shape, &place.shape);
    return;
  }
  if (pass->graph.differsBetweenExamples(converted.id)) {
    DiagnosticBuilder builder = report(Diag::UpdatePerExample, statement.range, name);
    if (!inStandard(statement.range))
      builder.help(fmt::format("its mean over the batch is one value: `{} <- batch_mean({})`", name,
                               toSource(*statement.value)));
    return;
  }
  converted.shape = place.shape;
  place = converted;
  binding->value = converted;
}

} // namespace nnc::lang
