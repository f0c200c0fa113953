#include "runtime/Checkpoint.h"

#include "runtime/Json.h"

#include <cmath>

namespace nnc::runtime {

static const std::string resumePrefix = "resume/";

static StoredTensor stored(const PersistentTensor &tensor, const char *block,
                           const std::string &prefix) {
  return {prefix + tensor.name, tensor.dtype, tensor.shape, block + tensor.offset};
}

/// Infinity has no JSON; it stands for "no epoch yet" and is left out.
static Json toJson(const TrainingState &state) {
  Json json = {{"seed", state.seed},         {"step", state.step},
               {"epoch", state.epoch},       {"position", state.position},
               {"steps", state.steps},       {"examples", state.examples},
               {"shuffled", state.shuffled}, {"bad_epochs", state.badEpochs},
               {"sums", state.sums},         {"settings", state.settings}};
  if (std::isfinite(state.bestLoss))
    json["best_loss"] = state.bestLoss;
  return json;
}

static TrainingState stateFromJson(const Json &json) {
  TrainingState state;
  state.seed = json.at("seed");
  state.step = json.at("step");
  state.epoch = json.at("epoch");
  state.position = json.at("position");
  state.steps = json.at("steps");
  state.examples = json.at("examples");
  state.shuffled = json.at("shuffled");
  state.badEpochs = json.at("bad_epochs");
  state.sums = json.at("sums").get<std::vector<double>>();
  state.settings = json.at("settings").get<std::map<std::string, double>>();
  if (json.contains("best_loss"))
    state.bestLoss = json["best_loss"];
  return state;
}

void saveCheckpoint(const std::string &path, const Snapshot &snapshot) {
  const Description &description = snapshot.description;
  std::vector<StoredTensor> tensors;
  for (const PersistentTensor &tensor : description.tensors)
    if (tensor.kind != TensorKind::Slot)
      tensors.push_back(stored(tensor, snapshot.weights, ""));
  Metadata metadata = {{"format", "pt"},
                       {"producer", "nnc " + description.compiler},
                       {"model", description.model},
                       {"source", description.source}};
  auto add = [&](const char *key, const auto &byField) {
    if (!byField.empty())
      metadata[key] = dumpJson(byField);
  };
  add("classes", snapshot.conventions.classes);
  add("columns", snapshot.conventions.columns);
  add("bytes", snapshot.conventions.bytes);
  if (snapshot.state) {
    metadata["training"] = dumpJson(toJson(*snapshot.state));
    for (const PersistentTensor &tensor : description.tensors)
      if (tensor.kind == TensorKind::Slot || snapshot.current != snapshot.weights)
        tensors.push_back(stored(tensor, snapshot.current, resumePrefix));
  }
  writeSafetensors(path, tensors, metadata);
}

/// Copies one tensor from the file into its place.
static void loadTensor(const Safetensors &file, const PersistentTensor &tensor,
                       const std::string &name, const Description &description, char *block) {
  const StoredTensor *found = file.find(name);
  if (!found)
    fail("%s: these are not weights of model '%s': there is no tensor '%s'", file.origin().c_str(),
         description.model.c_str(), name.c_str());
  if (found->shape != tensor.shape)
    fail("%s: these are not weights of model '%s': tensor '%s' is %s, the model's is %s",
         file.origin().c_str(), description.model.c_str(), name.c_str(),
         describe(found->shape).c_str(), describe(tensor.shape).c_str());
  if (isFloat(found->dtype) != isFloat(tensor.dtype))
    fail("%s: these are not weights of model '%s': tensor '%s' holds %s, the model's %s",
         file.origin().c_str(), description.model.c_str(), name.c_str(), nameOf(found->dtype),
         nameOf(tensor.dtype));
  int64_t place = firstOverflow(found->data, found->dtype, tensor.dtype, tensor.count());
  if (place < tensor.count())
    fail("%s: tensor '%s' holds %g, which is too large for %s", file.origin().c_str(), name.c_str(),
         loadElement(found->data, found->dtype, place), nameOf(tensor.dtype));
  convertElements(found->data, found->dtype, block + tensor.offset, tensor.dtype, tensor.count());
}

void loadWeights(const Safetensors &file, const Description &description, char *persistent) {
  for (const PersistentTensor &tensor : description.tensors)
    if (tensor.kind != TensorKind::Slot)
      loadTensor(file, tensor, tensor.name, description, persistent);
}

/// The metadata `key`, which is JSON; empty if there is none.
template <typename T> static T fromMetadata(const Safetensors &file, const char *key) {
  if (!file.hasMetadata(key))
    return {};
  std::string origin = text("%s: metadata '%s'", file.origin().c_str(), key);
  try {
    return parseJson(file.metadata(key), origin).get<T>();
  } catch (const Json::exception &) {
    fail("%s: it is damaged", origin.c_str());
  }
}

DataConventions loadConventions(const Safetensors &file, const Description &description) {
  DataConventions result{fromMetadata<ClassNames>(file, "classes"),
                         fromMetadata<ClassNames>(file, "columns"),
                         fromMetadata<std::map<std::string, bool>>(file, "bytes")};
  for (const DataBlock &block : description.data) {
    for (const DataField &field : block.fields) {
      auto found = result.classes.find(field.name);
      if (found == result.classes.end() || found->second == field.classNames)
        continue;
      if (!field.classNames.empty() || static_cast<int64_t>(found->second.size()) > field.classes)
        fail("%s: its classes of field '%s' are %s, which are not those of the program",
             file.origin().c_str(), field.name.c_str(), list(found->second).c_str());
    }
  }
  return result;
}

Resumed loadForResume(const Safetensors &file, const Description &description, char *persistent,
                      char *best) {
  if (!file.hasMetadata("training"))
    fail("%s: training cannot be resumed from it, it holds only weights (--init starts from them)",
         file.origin().c_str());
  Resumed result;
  try {
    result.state = stateFromJson(parseJson(file.metadata("training"), file.origin()));
  } catch (const Json::exception &) {
    fail("%s: its training state is damaged", file.origin().c_str());
  }
  for (const PersistentTensor &tensor : description.tensors) {
    std::string name = resumePrefix + tensor.name;
    bool weight = tensor.kind != TensorKind::Slot;
    if (weight && file.find(name)) {
      result.hasBest = true;
      loadTensor(file, tensor, tensor.name, description, best);
    }
    if (weight && !file.find(name))
      name = tensor.name;
    loadTensor(file, tensor, name, description, persistent);
  }
  return result;
}

} // namespace nnc::runtime
