// Implements the options of `train`.
#include "runtime/cli/TrainOptions.h"

#include "runtime/cli/Commands.h"
#include "runtime/cli/RunFolder.h"
#include "runtime/support/AtomicFile.h"
#include "runtime/support/File.h"

#include <sys/stat.h>

namespace nnc::runtime {

static const Option trainOptions[] = {
    {"--data", "NAME=FOLDER", "folder of a data block's files (default: that of the program)",
     true},
    {"--recipe", "NAME", "the train block, of a program with several"},
    {"--epochs", "N", "passes over the training data in each phase, from its beginning"},
    {"--steps", "N", "steps of each phase, from its beginning; with --epochs, the shorter of both"},
    {"--stop-after", "N", "pause after N steps of this process; --resume goes on"},
    {"--pause-at-epoch", "N", "pause after epoch N of the run; --resume goes on"},
    {"--set", "KEY=VALUE", "change a setting of the recipe (listed below)", true},
    {"--seed", "S", "seed of initialisation, shuffling and dropout (default 0)"},
    {"--members", "N", "train an ensemble: N runs with consecutive seeds, side by side"},
    {"--bootstrap", nullptr,
     "train on as many examples drawn from the training set, some of them several times, by the "
     "seed"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
    {"--init", "W.safetensors", "start from these weights"},
    {"--init-partial", "W.safetensors",
     "start from those of these weights that fit; names the others"},
    {"--save", "W.safetensors", "file for the weights (default: MODEL.safetensors)"},
    {"--weights-only", nullptr, "save a file without the tensors that --resume needs"},
    {"--run", "DIR",
     "keep configuration, log, checkpoints and results in this folder (default: runs/MODEL-N)",
     false, true},
    {"--resume", "CKPT",
     "continue the run that saved this file, or that is in this folder, with its seed and "
     "settings"},
    {"--changed-data", nullptr, "resume although the data differs from that of the run"},
    {"--log", "F.jsonl",
     "write one JSON object per step and per epoch, or rows of a .csv file; `-`: print only these"},
    {"--tensorboard", "DIR",
     "write event files for TensorBoard to this folder (default: that of the run)", false, true},
    {"--no-shuffle", nullptr, "take the examples in the order of the file"},
    {"--plot", nullptr, "on a terminal, draw the curve of the losses below the progress line"},
    {"--quiet", nullptr, "print nothing but errors"},
};
const Command trainCommandTable = {"train", "train the model and save its weights", trainOptions};

bool resumesFolder(const Arguments &arguments) {
  struct stat status;
  return arguments.has("--resume") && stat(arguments.value("--resume").c_str(), &status) == 0 &&
         S_ISDIR(status.st_mode);
}

void checkTrainOptions(const Arguments &arguments) {
  if (arguments.has("--run") || resumesFolder(arguments)) {
    const char *folder = arguments.has("--run") ? "--run" : "--resume FOLDER";
    for (const char *option : {"--save", "--log", "--weights-only"})
      if (arguments.has(option))
        throw UsageError(text("%s and %s exclude each other: the folder of a run has its weights "
                              "and its log",
                              folder, option));
  }
  if (arguments.has("--run") && resumesFolder(arguments))
    throw UsageError("--run and --resume FOLDER exclude each other: leave out --run to go on with "
                     "that run");
  if (arguments.has("--tensorboard") && arguments.value("--tensorboard").empty() &&
      !arguments.has("--run") && !resumesFolder(arguments))
    throw UsageError("--tensorboard DIR: without --run it needs a folder");
  for (auto [one, other] : {std::pair("--init", "--resume"),
                            {"--init-partial", "--resume"},
                            {"--init", "--init-partial"}})
    if (arguments.has(one) && arguments.has(other))
      throw UsageError(text("%s and %s exclude each other", one, other));
  for (const char *option : {"--seed", "--bootstrap"})
    if (arguments.has(option) && arguments.has("--resume"))
      throw UsageError(text("%s: a resumed run keeps its seed and its examples", option));
  if (arguments.has("--changed-data") && !arguments.has("--resume"))
    throw UsageError("--changed-data is for --resume");
}

/// Fails before training rather than after it if the weights cannot be saved. Weights replace other
/// weight files only.
static void checkWritable(const std::string &path) {
  AtomicFile probe(path);
  std::string old = beginningOf(path, 9); // the size of a header, and its first character
  if (!old.empty() && !(old.size() == 9 && old.ends_with('{')))
    fail("cannot write %s: it exists and is not a weight file", path.c_str());
}

TrainingPlan planFiles(const Arguments &arguments, const std::string &defaultPath) {
  TrainingPlan plan;
  plan.savePath = arguments.value("--save", defaultPath);
  plan.logPath = arguments.value("--log");
  plan.resumed = arguments.has("--resume");
  // With the log on the standard output nothing else goes there.
  plan.quiet = arguments.has("--quiet") || plan.logPath == "-";
  plan.plot = arguments.has("--plot");
  plan.resumable = !arguments.has("--weights-only");
  if (arguments.has("--run")) { // its files are known once everything else has been checked
    RunFolder::checkFree(arguments.value("--run"));
    return plan;
  }
  if (plan.savePath == "-")
    throw UsageError("--save -: weights are saved to a file");
  checkWritable(plan.savePath);
  if (plan.logPath == plan.savePath ||
      (plan.logPath != "-" && isSameFile(plan.logPath, plan.savePath)))
    throw UsageError("--log and --save are the same file");
  return plan;
}

} // namespace nnc::runtime
