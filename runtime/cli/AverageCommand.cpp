// `average`: the mean of saved weights.
#include "runtime/cli/Commands.h"
#include "runtime/support/AtomicFile.h"
#include "runtime/train/Checkpoint.h"

#include <cstring>

namespace nnc::runtime {

static const Option averageOptions[] = {
    {"-o", "OUT", "where the mean is saved (default: MODEL.safetensors)"},
};
const Command averageCommandTable = {"average", "the mean of the weights in several files",
                                     averageOptions, "WEIGHTS..."};

int averageCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  const std::vector<std::string> &files = arguments.operands();
  if (files.size() < 2)
    throw UsageError("average needs at least two files of weights");
  AlignedBuffer block(description.persistentBytes);
  std::vector<std::vector<double>> means(description.tensors.size());
  DataConventions conventions;
  for (size_t number = 0; number < files.size(); ++number) {
    Safetensors file = Safetensors::read(files[number]);
    loadWeights(file, description, block.data());
    warnOfUnknownTensors(file, description);
    DataConventions own = loadConventions(file, description);
    if (number == 0)
      conventions = own;
    checkSameClasses(own, conventions, files[number], files[0]);
    if (own.statistics != conventions.statistics)
      fail("%s was trained on data with other statistics of transforms than %s",
           files[number].c_str(), files[0].c_str());
    for (size_t i = 0; i < means.size(); ++i) {
      const PersistentTensor &tensor = description.tensors[i];
      means[i].resize(static_cast<size_t>(tensor.count()));
      for (int64_t at = 0; at < tensor.count(); ++at) {
        double &mean = means[i][static_cast<size_t>(at)];
        mean += (loadElement(block.data() + tensor.offset, tensor.dtype, at) - mean) /
                static_cast<double>(number + 1);
      }
    }
  }
  // States that are not floats are those of the last file.
  for (size_t i = 0; i < means.size(); ++i)
    if (const PersistentTensor &tensor = description.tensors[i]; isFloat(tensor.dtype))
      convertElements(reinterpret_cast<const char *>(means[i].data()), DType::F64,
                      block.data() + tensor.offset, tensor.dtype, tensor.count());
  saveCheckpoint(arguments.value("-o", description.weightsFile()),
                 {description, conventions, block.data(), block.data(), nullptr});
  return 0;
}

} // namespace nnc::runtime
