// Implements the weights that a run begins with.
#include "runtime/cli/InitialWeights.h"

#include "runtime/cli/Commands.h"
#include "runtime/support/Output.h"
#include "runtime/train/Checkpoint.h"

#include <unistd.h>

namespace nnc::runtime {

static void loadPart(const LoadedWeights &load, Execution &execution) {
  const Description &description = execution.description();
  Safetensors file = Safetensors::read(load.file);
  for (const auto &[path, name] : load.tensors)
    loadTensor(file, *description.tensor(path), name, description, execution.persistent());
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
