// Implements the files of weights and of runs, and checks all that is read from them.
#include "runtime/train/Checkpoint.h"

#include "runtime/model/Tokenizers.h"
#include "runtime/support/Hash.h"
#include "runtime/support/Json.h"
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace nnc::runtime {

static const std::string resumePrefix = "resume/", averagePrefix = "average/";

static StoredTensor stored(const PersistentTensor &tensor, const char *block,
                           const std::string &prefix) {
  return {prefix + tensor.name, tensor.dtype, tensor.shape, block + tensor.offset};
}

/// JSON has no number for what is not finite.
static Json numberToJson(double value) {
  if (std::isfinite(value))
    return value;
  return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
}

static Json numbersToJson(const std::vector<double> &values) {
  Json result = Json::array();
  for (double value : values)
    result.push_back(numberToJson(value));
  return result;
}

static Json toJson(const TrainingState &state) {
  Json watched = Json::array();
  for (const std::vector<double> &numbers : state.watched)
    watched.push_back(numbersToJson(numbers));
  return {{"seed", state.seed},
          {"recipe", state.recipe},
          {"phase", state.phase},
          {"steps_before", state.stepsBefore},
          {"epochs_before", state.epochsBefore},
          {"step", state.step},
          {"epoch", state.epoch},
          {"position", state.position},
          {"steps", state.steps},
          {"examples", state.examples},
          {"batch", state.batch},
          {"shuffled", state.shuffled},
          {"bootstrap", state.bootstrap},
          {"best_loss", numberToJson(state.bestLoss)},
          {"bad_epochs", state.badEpochs},
          {"validation_loss", numberToJson(state.validationLoss)},
          {"last_loss", numberToJson(state.last.loss)},
          {"last_rate", numberToJson(state.last.rate)},
          {"sums", numbersToJson(state.sums)},
          {"losses", numbersToJson(state.losses)},
          {"watched", std::move(watched)},
          {"settings", state.settings},
          {"data", state.data}};
}

namespace {

/// Reads the members of a training state. Whatever is wrong with one is an Error.
class StateReader {
public:
  StateReader(const Json &json, const std::string &origin) : json(json), origin(origin) {
    if (!json.is_object())
      damaged("it is not an object");
  }

  const Json &member(const char *key) const {
    auto found = json.find(key);
    if (found == json.end())
      damaged(text("it has no \"%s\"", key));
    return *found;
  }

  int64_t integer(const char *key, int64_t least, int64_t most) const {
    return integer(member(key), key, least, most);
  }

  int64_t integer(const Json &value, const char *key, int64_t least, int64_t most) const {
    bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= uint64_t{INT64_MAX}
                                           : value.is_number_integer();
    if (!fits || value.get<int64_t>() < least || value.get<int64_t>() > most)
      damaged(text("\"%s\" is %s, not an integer from %lld to %lld", key,
                   printable(dumpJson(value)).c_str(), static_cast<long long>(least),
                   static_cast<long long>(most)));
    return value.get<int64_t>();
  }

  double number(const char *key) const { return number(member(key), key); }

  double number(const Json &value, const char *key) const {
    for (double special : {INFINITY, -INFINITY, NAN})
      if (value == numberToJson(special))
        return special;
    if (!value.is_number())
      damaged(text("\"%s\" holds %s instead of a number", key, printable(dumpJson(value)).c_str()));
    return value.get<double>();
  }

  const Json &container(const char *key, bool isArray) const {
    const Json &value = member(key);
    if (isArray ? !value.is_array() : !value.is_object())
      damaged(text("\"%s\" is not an %s", key, isArray ? "array" : "object"));
    return value;
  }

  std::string string(const char *key) const {
    if (!member(key).is_string())
      damaged(text("\"%s\" is not a text", key));
    return member(key).get<std::string>();
  }

  bool boolean(const char *key) const {
    if (!member(key).is_boolean())
      damaged(text("\"%s\" is neither true nor false", key));
    return member(key).get<bool>();
  }

  [[noreturn]] void damaged(const std::string &reason) const {
    fail("%s: its training state is damaged: %s", origin.c_str(), reason.c_str());
  }

private:
  const Json &json;
  const std::string &origin;
};

} // namespace

static TrainingState stateFromJson(const Json &json, const std::string &origin) {
  StateReader reader(json, origin);
  TrainingState state;
  state.seed = reader.integer("seed", INT64_MIN, INT64_MAX);
  state.recipe = reader.string("recipe");
  state.stepsBefore = reader.integer("steps_before", 0, mostSteps);
  state.epochsBefore = reader.integer("epochs_before", 0, state.stepsBefore);
  state.step = reader.integer("step", state.stepsBefore ? 0 : 1, mostSteps);
  state.epoch = reader.integer("epoch", 0, state.step);
  state.examples = reader.integer("examples", 1, mostSteps);
  state.batch = reader.integer("batch", 1, mostSteps);
  state.position = reader.integer("position", 0, state.examples - 1);
  for (const Json &steps : reader.container("steps", true))
    state.steps.push_back(reader.integer(steps, "steps", 1, mostSteps));
  state.phase = reader.integer("phase", 0, static_cast<int64_t>(state.steps.size()) - 1);
  state.shuffled = reader.boolean("shuffled");
  state.bootstrap = reader.boolean("bootstrap");
  state.badEpochs = reader.integer("bad_epochs", 0, state.epoch);
  state.bestLoss = reader.number("best_loss");
  state.validationLoss = reader.number("validation_loss");
  state.last = {state.stepsBefore + state.step,
                state.epochsBefore + state.epoch + (state.position ? 1 : 0),
                reader.number("last_loss"), reader.number("last_rate")};
  for (const Json &sum : reader.container("sums", true))
    state.sums.push_back(reader.number(sum, "sums"));
  for (const Json &loss : reader.container("losses", true))
    state.losses.push_back(reader.number(loss, "losses"));
  for (const Json &numbers : reader.container("watched", true)) {
    if (!numbers.is_array())
      reader.damaged("\"watched\" holds something other than lists");
    state.watched.emplace_back();
    for (const Json &number : numbers)
      state.watched.back().push_back(reader.number(number, "watched"));
  }
  for (const auto &[name, value] : reader.container("settings", false).items()) {
    double number = reader.number(value, "settings");
    if (!std::isfinite(number))
      reader.damaged(text("its setting %s is not finite", printable(name).c_str()));
    state.settings[name] = number;
  }
  for (const auto &[split, hash] : reader.container("data", false).items()) {
    if (!hash.is_string())
      reader.damaged("\"data\" holds something other than text");
    state.data[split] = hash.get<std::string>();
  }
  return state;
}

void checkPlace(const TrainingState &state, const std::string &origin, int64_t every) {
  auto damaged = [&](const std::string &reason) {
    fail("%s: its training state is damaged: %s", origin.c_str(), reason.c_str());
  };
  const int64_t batch = state.batch, stepsPerEpoch = (state.examples + batch - 1) / batch;
  if (state.position % batch != 0)
    damaged(text("\"position\" is %lld, where no batch of %lld examples begins",
                 static_cast<long long>(state.position), static_cast<long long>(batch)));
  int64_t steps;
  if (__builtin_mul_overflow(state.epoch, stepsPerEpoch, &steps) ||
      steps != state.step - state.position / batch)
    damaged(text("\"step\" is %lld, but it is at example %lld after %lld epochs of %lld steps",
                 static_cast<long long>(state.step), static_cast<long long>(state.position),
                 static_cast<long long>(state.epoch), static_cast<long long>(stepsPerEpoch)));
  bool between = state.position == 0;
  if (between != state.sums.empty() ||
      (!between && every == 1 && state.sums[0] != static_cast<double>(state.position)))
    damaged("\"sums\" are not those of the epoch so far");
}

void copyWeights(const Description &description, const char *from, char *to) {
  for (const PersistentTensor &tensor : description.tensors)
    if (tensor.isWeight())
      std::memcpy(to + tensor.offset, from + tensor.offset, tensor.bytes());
}

/// Of all tensors that a file has, whatever their order.
static std::string hashOf(std::vector<StoredTensor> tensors) {
  std::ranges::sort(tensors, {}, &StoredTensor::name);
  Hash hash;
  for (const StoredTensor &tensor : tensors) {
    hash.add(std::string_view(tensor.name));
    hash.add(std::string_view(tensor.data, tensor.bytes()));
  }
  return hash.text();
}

void saveCheckpoint(const std::string &path, const Snapshot &snapshot) {
  const Description &description = snapshot.description;
  std::vector<StoredTensor> tensors;
  for (const PersistentTensor &tensor : description.tensors)
    if (tensor.isWeight())
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
  Json statistics = Json::object();
  for (const auto &[field, transforms] : snapshot.conventions.statistics) {
    Json list = Json::array();
    for (const std::vector<double> &numbers : transforms)
      list.push_back(numbersToJson(numbers));
    statistics[field] = std::move(list);
  }
  add("statistics", statistics);
  Json vocabularies = Json::object();
  for (const DataBlock &block : description.data)
    for (const DataField &field : block.fields)
      if (field.tokenizer)
        vocabularies[field.name] = {
            {"hash", field.tokenizer->hash()},
            {"vocabulary", parseJson(field.tokenizer->serialize(), "the vocabulary")}};
  add("vocabularies", vocabularies);
  if (snapshot.state) {
    metadata["training"] = dumpJson(toJson(*snapshot.state));
    for (const PersistentTensor &tensor : description.tensors)
      if (!tensor.isWeight() || snapshot.current != snapshot.weights)
        tensors.push_back(stored(tensor, snapshot.current, resumePrefix));
    metadata["hash"] = hashOf(tensors);
  }
  writeSafetensors(path, tensors, metadata);
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

/// Why the weights' vocabulary of a field is not that of the program.
static std::string vocabularyDifference(const Json &stored, const text::Tokenizer &here) {
  std::string error;
  const std::shared_ptr<const text::Tokenizer> there =
      parseTokenizer(stored.is_object() ? dumpJson(stored.value("vocabulary", Json())) : "", error);
  if (!there)
    return "";
  if (there->kind() != here.kind())
    return text(": it is of %s, the program's of %s", there->kindName(), here.kindName());
  for (int32_t id = 0; id < std::min(there->size(), here.size()); ++id)
    if (there->piece(id) != here.piece(id))
      return text(
          ": its %lld pieces differ from the program's %lld first in piece %d, %s there and "
          "%s here",
          static_cast<long long>(there->size()), static_cast<long long>(here.size()), id,
          text::shown(there->piece(id)).c_str(), text::shown(here.piece(id)).c_str());
  return text(": it has %lld pieces, the program's %lld", static_cast<long long>(there->size()),
              static_cast<long long>(here.size()));
}

/// Weights are only valid with the vocabulary of their training. Files of other producers may lack
/// it.
static void checkVocabularies(const Safetensors &file, const Description &description) {
  Json stored = fromMetadata<Json>(file, "vocabularies");
  for (const DataBlock &block : description.data)
    for (const DataField &field : block.fields) {
      if (!field.tokenizer || !stored.is_object() || !stored.contains(field.name))
        continue;
      const Json &one = stored[field.name];
      if (!one.is_object() || one.value("hash", Json()) != Json(field.tokenizer->hash()))
        fail("%s: its vocabulary of field '%s' is not the one that the program was compiled with%s",
             file.origin().c_str(), field.name.c_str(),
             vocabularyDifference(one, *field.tokenizer).c_str());
    }
}

void loadTensor(const Safetensors &file, const PersistentTensor &tensor, const std::string &name,
                const Description &description, char *block) {
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

void loadWeights(const Safetensors &file, const Description &description, char *persistent,
                 bool raw) {
  checkVocabularies(file, description);
  for (const PersistentTensor &tensor : description.tensors) {
    if (!tensor.isWeight())
      continue;
    // An average begins with what the parameter begins with.
    const std::string &own = tensor.kind == TensorKind::Average ? tensor.owner : tensor.name;
    const std::string average = averagePrefix + own;
    loadTensor(file, tensor, !raw && file.find(average) ? average : own, description, persistent);
  }
}

std::vector<std::string> unknownTensors(const Safetensors &file, const Description &description) {
  std::set<std::string> known;
  for (const PersistentTensor &tensor : description.tensors) {
    known.insert(resumePrefix + tensor.name);
    known.insert(averagePrefix + tensor.name);
    known.insert(resumePrefix + averagePrefix + tensor.name);
    if (tensor.isWeight())
      known.insert(tensor.name);
  }
  std::vector<std::string> unknown;
  for (const StoredTensor &tensor : file.tensors())
    if (!known.count(tensor.name))
      unknown.push_back(tensor.name);
  return unknown;
}

static std::map<std::string, std::vector<std::vector<double>>>
readStatistics(const Safetensors &file) {
  const Json stored = fromMetadata<Json>(file, "statistics");
  bool good = stored.is_null() || stored.is_object();
  std::map<std::string, std::vector<std::vector<double>>> result;
  for (const auto &[field, transforms] : stored.items())
    for (const Json &numbers : transforms) {
      std::vector<double> &list = result[field].emplace_back();
      good &= numbers.is_array();
      for (const Json &number : numbers) {
        good &= number.is_number();
        list.push_back(number.is_number() ? number.get<double>() : 0);
      }
    }
  if (!good)
    fail("%s: metadata 'statistics': it is damaged", file.origin().c_str());
  return result;
}

DataConventions loadConventions(const Safetensors &file, const Description &description) {
  DataConventions result{
      fromMetadata<ClassNames>(file, "classes"), fromMetadata<ClassNames>(file, "columns"),
      fromMetadata<std::map<std::string, bool>>(file, "bytes"), readStatistics(file)};
  for (const DataBlock &block : description.data) {
    for (const DataField &field : block.fields) {
      auto found = result.classes.find(field.name);
      if (found == result.classes.end() || found->second == field.classNames)
        continue;
      if (found->second.empty()) {
        // The numbers have names by now.
        result.classes.erase(found);
        continue;
      }
      if (!field.classNames.empty() ||
          static_cast<int64_t>(found->second.size()) > field.classCount())
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
  checkVocabularies(file, description);
  if (file.hasMetadata("hash") && file.metadata("hash") != hashOf(file.tensors()))
    fail(
        "%s: its tensors have changed since the run saved them (--init starts a new run from them)",
        file.origin().c_str());
  Resumed result;
  result.state = stateFromJson(parseJson(file.metadata("training"), file.origin()), file.origin());
  for (const PersistentTensor &tensor : description.tensors) {
    std::string name = resumePrefix + tensor.name;
    bool weight = tensor.isWeight();
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
