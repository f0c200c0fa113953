// Implements the weights that a run begins with.
#include "runtime/cli/InitialWeights.h"

#include "runtime/cli/Commands.h"
#include "runtime/support/Output.h"
#include "runtime/train/Checkpoint.h"

#include <optional>
#include <unistd.h>

namespace nnc::runtime {

/// The part of a name for which the `*` of a pattern stands; std::nullopt if the name does not fit.
/// A pattern without one is a whole name.
static std::optional<std::string> starOf(const std::string &pattern, const std::string &name) {
  const size_t star = pattern.find('*');
  if (star == std::string::npos)
    return pattern == name ? std::optional<std::string>("") : std::nullopt;
  const std::string before = pattern.substr(0, star), after = pattern.substr(star + 1);
  if (name.size() < before.size() + after.size() || !name.starts_with(before) ||
      !name.ends_with(after))
    return std::nullopt;
  return name.substr(star, name.size() - before.size() - after.size());
}

static std::string withStar(std::string pattern, const std::string &star) {
  if (size_t place = pattern.find('*'); place != std::string::npos)
    pattern.replace(place, 1, star);
  return pattern;
}

/// Copies what the patterns choose: all of it must be in the file.
static void loadPart(const LoadedWeights &load, Execution &execution) {
  Safetensors file = Safetensors::read(load.file);
  bool any = false;
  for (const PersistentTensor &tensor : execution.description().tensors) {
    std::optional<std::string> star =
        tensor.isWeight() ? starOf(load.to, tensor.name) : std::nullopt;
    if (!star)
      continue;
    any = true;
    loadTensor(file, tensor, withStar(load.from, *star), execution.description(),
               execution.persistent());
  }
  if (!any)
    fail("load: model '%s' has no parameter that fits \"%s\"",
         execution.description().model.c_str(), printable(load.to).c_str());
}

/// Copies all tensors that fit by name and shape, and names the others.
static void loadFitting(const std::string &path, Execution &execution) {
  const Description &description = execution.description();
  Safetensors file = Safetensors::read(path);
  std::vector<std::string> without;
  bool any = false;
  for (const PersistentTensor &tensor : description.tensors) {
    if (!tensor.isWeight())
      continue;
    const StoredTensor *found = file.find(tensor.name);
    if (!found || found->shape != tensor.shape || isFloat(found->dtype) != isFloat(tensor.dtype)) {
      without.push_back(tensor.name);
      continue;
    }
    loadTensor(file, tensor, tensor.name, description, execution.persistent());
    any = true;
  }
  if (!any)
    fail("%s: none of its tensors fits model '%s' by name and shape", path.c_str(),
         description.model.c_str());
  if (!without.empty())
    (void)writeAll(STDERR_FILENO, text("%s: not there, or of another shape, so new: %s\n",
                                       path.c_str(), list(without).c_str()));
  warnOfUnknownTensors(file, description);
}

DataConventions loadInitialWeights(Execution &execution, const Recipe &recipe,
                                   const Arguments &arguments) {
  if (arguments.has("--init")) {
    Safetensors file = readWeights(arguments.value("--init"), execution);
    return loadConventions(file, execution.description());
  }
  if (arguments.has("--init-partial")) {
    loadFitting(arguments.value("--init-partial"), execution);
    return {};
  }
  for (const LoadedWeights &load : recipe.loads)
    loadPart(load, execution);
  return {};
}

} // namespace nnc::runtime
