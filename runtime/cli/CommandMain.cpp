// Implements runCommandLine(): the table of commands, their errors, and what several of them read.
#include "runtime/cli/Commands.h"
#include "runtime/support/Output.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/cli/Settings.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <unistd.h>

namespace nnc::runtime {

const CommandEntry *generate = nullptr, *tune = nullptr;

namespace {

std::vector<CommandEntry> commands() {
  std::vector<CommandEntry> list = {{trainCommandTable, trainCommand},
                                    {evaluateCommandTable, evaluateCommand},
                                    {predictCommandTable, predictCommand}};
  if (generate)
    list.push_back(*generate);
  for (const CommandEntry &entry : {CommandEntry{findRateCommandTable, findRateCommand},
                                    {crossValidateCommandTable, crossValidateCommand}})
    list.push_back(entry);
  if (tune)
    list.push_back(*tune);
  for (const CommandEntry &entry : {CommandEntry{benchCommandTable, benchCommand},
                                    {dataCommandTable, dataCommand},
                                    {averageCommandTable, averageCommand},
                                    {infoCommandTable, infoCommand}})
    list.push_back(entry);
  return list;
}

std::string versionLine(const Description &description) {
  return text("%s (%s), %s for %s, compiled by nnc %s", description.model.c_str(),
              description.source.c_str(), nameOf(description.floatType), description.target.c_str(),
              description.compiler.c_str());
}

std::string generalHelp(const std::string &program, const Description &description) {
  std::string result = versionLine(description) + "\n\n";
  for (const CommandEntry &entry : commands())
    result += text("  %s %-14s %s\n", program.c_str(), entry.table.name, entry.table.summary);
  return result + text("\n`%s COMMAND --help` explains a command.\n", program.c_str());
}

int dispatch(const Model &model, const std::string &program, int argc, char **argv) {
  const Description &description = model.description;
  std::string command = argc > 1 ? argv[1] : "--help";
  if (command == "--help" || command == "-h" || command == "help") {
    print(generalHelp(program, description));
    return argc > 1 ? 0 : 2;
  }
  if (command == "--version") {
    print(versionLine(description) + "\n");
    return 0;
  }
  std::vector<std::string> names{"--help", "--version"};
  for (const CommandEntry &entry : commands()) {
    names.push_back(entry.table.name);
    if (command != entry.table.name)
      continue;
    for (int i = 2; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
      if (std::strcmp(argv[i], "--help") != 0 && std::strcmp(argv[i], "-h") != 0)
        continue;
      std::string help = helpText(program, entry.table);
      if (entry.run == trainCommand)
        help += settingsHelp(description);
      print(help);
      return 0;
    }
    return entry.run(model, Arguments(entry.table, {argv + 2, static_cast<size_t>(argc - 2)}));
  }
  if (command == "generate")
    fail("this program has no `generate` block");
  if (command == "tune")
    fail("tune compares trials by validation data, of which this program has none: write `validate "
         "= "
         "10%%` into the train block, or a `validation` split into the data block");
  throw UsageError(text("unknown command '%s'%s", printable(command).c_str(),
                        suggestion(command, names).c_str()));
}

} // namespace

static std::string firstWord;

const std::string &programWord() { return firstWord; }

int runCommandLine(const Model &model, int argc, char **argv) {
  std::string program = firstWord = argc > 0 ? argv[0] : "model";
  if (size_t slash = program.rfind('/'); slash != std::string::npos)
    program.erase(0, slash + 1);
  openStandardDescriptors();
  // A file that grows beyond the limit is an error of write(), reported as such.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    int status = dispatch(model, program, argc, argv);
    print("");
    return status;
  } catch (const UsageError &error) {
    std::fprintf(stderr, "%s: error: %s (see %s --help)\n", program.c_str(), error.what(),
                 program.c_str());
    return 2;
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "%s: error: not enough memory\n", program.c_str());
    return 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s: error: %s\n", program.c_str(), error.what());
    return 1;
  }
}

std::map<std::string, std::string> dataFolders(const Description &description,
                                               const Arguments &arguments, const Json &before) {
  std::map<std::string, std::string> folders;
  std::vector<std::string> names, given;
  for (const DataBlock &block : description.data) {
    folders[block.name] =
        before.is_object() ? before.value(block.name, block.folder) : block.folder;
    names.push_back(block.name);
  }
  for (const std::string &word : arguments.all("--data")) {
    // With a single block its name can be left out.
    bool folderOnly = word.find('=') == std::string::npos && names.size() == 1;
    auto [name, folder] = folderOnly ? std::pair(names[0], word) : splitAssignment("--data", word);
    if (!folders.count(name))
      throw UsageError(text("--data: this program has no data block '%s'%s",
                            printable(name).c_str(), suggestion(name, names).c_str()));
    if (std::find(given.begin(), given.end(), name) != given.end())
      throw UsageError(text("--data: the folder of '%s' is given twice", name.c_str()));
    given.push_back(name);
    folders[name] = folder;
  }
  return folders;
}

int threadCount(const Arguments &arguments) {
  std::optional<int64_t> threads = arguments.integer("--threads", 1, 1024);
  return threads ? static_cast<int>(*threads) : defaultThreads();
}

std::string nameOfRuns(const Description &description, const Recipe &recipe) {
  return description.recipes.size() == 1 ? description.model : recipe.name;
}

std::string defaultSplit(const DataBlock &block, const Recipe &recipe) {
  if (block.split("test"))
    return "test";
  return block.split("validation") || recipe.validate > 0 ? "validation" : "train";
}

void warnOfUnknownTensors(const Safetensors &file, const Description &description) {
  std::vector<std::string> unknown = unknownTensors(file, description);
  if (!unknown.empty())
    (void)writeAll(STDERR_FILENO, text("warning: %s: model '%s' has no tensor%s %s\n",
                                       file.origin().c_str(), description.model.c_str(),
                                       unknown.size() == 1 ? "" : "s", list(unknown).c_str()));
}

void checkSameClasses(const DataConventions &one, const DataConventions &other,
                      const std::string &oneFile, const std::string &otherFile) {
  if (one.classes != other.classes)
    fail("%s was trained on other classes than %s", oneFile.c_str(), otherFile.c_str());
}

Safetensors readWeights(const std::string &path, Execution &execution, bool raw) {
  Safetensors file = Safetensors::read(path);
  loadWeights(file, execution.description(), execution.persistent(), raw);
  warnOfUnknownTensors(file, execution.description());
  return file;
}

const Recipe &chooseRecipe(const Description &description, const Arguments &arguments,
                           const std::string &otherwise) {
  if (description.recipes.empty())
    throw Error("this program has no `train` block");
  std::vector<std::string> names;
  for (const Recipe &recipe : description.recipes)
    names.push_back(recipe.name);
  const std::string name = arguments.value("--recipe", otherwise);
  if (name.empty() && names.size() == 1)
    return description.recipes[0];
  if (name.empty())
    throw UsageError("the program has several train blocks: give --recipe, one of " + list(names));
  const Recipe *found = description.recipe(name);
  if (!found)
    throw UsageError(text("--recipe: there is no train block '%s'%s", printable(name).c_str(),
                          suggestion(name, names).c_str()));
  return *found;
}

const Function &choosePrediction(const Description &description, const Arguments &arguments) {
  const std::vector<const Function *> predictions = description.predictions();
  if (predictions.empty())
    throw Error("this program has no predictions");
  const std::string name = arguments.value("--block");
  if (name.empty() && predictions.size() == 1)
    return *predictions[0];
  std::string names;
  for (const Function *prediction : predictions) {
    if (prediction->block == name)
      return *prediction;
    names += (names.empty() ? "" : ", ") + prediction->block;
  }
  if (name.empty())
    throw UsageError("predict needs --block NAME, one of " + names);
  throw UsageError(text("--block: there is no predict block '%s', but %s", printable(name).c_str(),
                        names.c_str()));
}

} // namespace nnc::runtime
