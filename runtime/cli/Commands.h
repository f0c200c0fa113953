// The commands of a compiled model's executable: train, eval, predict, generate, find-rate,
// cross-validate, tune, bench, data, average, info.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/data/Dataset.h"
#include "runtime/exec/Execution.h"
#include "runtime/data/Sampling.h"
#include "runtime/support/Json.h"
#include "runtime/support/Safetensors.h"

#include <map>
#include <string>

namespace nnc::runtime {

/// Runs the command line of a compiled model; returns the exit status: 0, 1 after an error (one
/// line on the standard error), 2 if the command line is wrong, 128 + n if signal n ended the
/// training.
int runCommandLine(const Model &model, int argc, char **argv);

struct CommandEntry {
  const Command &table;
  int (*run)(const Model &model, const Arguments &arguments);
};
/// Commands that only some programs are linked with, those with a generate block and those with
/// validation data; else null.
extern const CommandEntry *generate, *tune;

extern const Command trainCommandTable, evaluateCommandTable, predictCommandTable,
    generateCommandTable, findRateCommandTable, crossValidateCommandTable, benchCommandTable,
    tuneCommandTable, dataCommandTable, averageCommandTable, infoCommandTable;

int trainCommand(const Model &model, const Arguments &arguments);
int evaluateCommand(const Model &model, const Arguments &arguments);
int predictCommand(const Model &model, const Arguments &arguments);
int generateCommand(const Model &model, const Arguments &arguments);
int findRateCommand(const Model &model, const Arguments &arguments);
int crossValidateCommand(const Model &model, const Arguments &arguments);
int tuneCommand(const Model &model, const Arguments &arguments);
int benchCommand(const Model &model, const Arguments &arguments);
int dataCommand(const Model &model, const Arguments &arguments);
int averageCommand(const Model &model, const Arguments &arguments);
int infoCommand(const Model &model, const Arguments &arguments);

/// The program as the command line names it.
const std::string &programWord();

/// Folder of each data block: --data NAME=FOLDER, else that of `before`, of a run, else the folder of
/// the program. Throws UsageError for an unknown block.
std::map<std::string, std::string> dataFolders(const Description &description,
                                               const Arguments &arguments, const Json &before = {});

/// The object that `info --json` prints.
Json infoJson(const Description &description);

/// --threads, else the number of cores.
int threadCount(const Arguments &arguments);

/// The name of a recipe's weights and runs: that of the model, or that of the recipe if the model has
/// several.
std::string nameOfRuns(const Description &description, const Recipe &recipe);

/// Which split is evaluated if the user does not say: test, else validation, else train.
std::string defaultSplit(const DataBlock &block, const Recipe &recipe);

/// One line on the standard error that names the tensors that the model lacks, if there are any.
void warnOfUnknownTensors(const Safetensors &file, const Description &description);

/// Throws Error if two files of weights, with these conventions, name the classes differently.
void checkSameClasses(const DataConventions &one, const DataConventions &other,
                      const std::string &oneFile, const std::string &otherFile);

/// Reads the weights into the execution's persistent block, with this warning.
Safetensors readWeights(const std::string &path, Execution &execution, bool raw = false);

/// The recipe that --recipe names, else that of a run, `otherwise`, or the only one. Throws Error if
/// the program has none, and UsageError if it has several and none is chosen.
const Recipe &chooseRecipe(const Description &description, const Arguments &arguments,
                           const std::string &otherwise = "");

/// The function of the predict block that --block names, or of the only one. Throws Error if the
/// program has none, and UsageError if it has several and none is chosen.
const Function &choosePrediction(const Description &description, const Arguments &arguments);

} // namespace nnc::runtime
