// nnc: the compiler's command line.
#include "compiler/passes/RemarkCategories.h"
#include "compiler/driver/Compile.h"
#include "compiler/driver/Pictures.h"
#include "compiler/driver/MemoryLimit.h"
#include "compiler/driver/Output.h"
#include "compiler/driver/Reports.h"
#include "compiler/tools/TuneWords.h"
#include "lang/support/Diagnostics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sstream>
#include <unistd.h>

using namespace nnc;

namespace {

constexpr const char *introduction = R"(
nnc compiles a .nn file, which describes a network, its loss, its data and its training, into one
executable that trains, evaluates and predicts.

  nnc run examples/digits.nn                  compile, then train
  nnc build examples/mnist.nn -o mnist        compile only; then: ./mnist train | eval | predict | info | bench
  nnc build -D hidden=512 examples/mnist.nn   the same with another value for `config hidden`
  nnc tune FILE -- --over rate=1e-4..1:log    find good settings; -D hidden=64,128 tries both values
  nnc check examples/mnist.nn                 report the errors of a program
  nnc grad-check examples/iris.nn             compare its derivatives with finite differences
  nnc tokenizer FILE.nn                       print the vocabulary of its texts
  nnc explain N0302                           explain a diagnostic

See what training has done (`EXE train --run` keeps a run in a folder):
  nnc runs                                    the runs in the folder `runs`, compared
  nnc report runs/mnist-3 -o mnist.html       curves, confusion, worst examples, weights in one page
  nnc plot log.jsonl -o loss.svg              curves of logs, tables or runs; --what draws more of a run

See what the compiler does to a network:
  nnc graph FILE -o net.svg                   a picture of the network (--what gradient, --what step: of a training step)
  nnc build --emit=nn FILE                    the network as a graph of operations
  nnc build --emit=grad FILE                  with its derivative and the optimizer's update
  nnc build --emit=asm FILE                   the machine code of the training step
  nnc build --memory FILE                     the tensors of the training step, and their places
  nnc build --memory-limit=64MB FILE          a step that recomputes activations until it fits
  nnc build --remarks FILE                    the decisions of fusion, tiling, layout, recomputation
  nnc build --profile FILE -o EXE             then: EXE bench --profile, the time of each line
  nnc build --trap-nan FILE -o EXE            then: EXE train says which line makes the first nan
  nnc build --watch FILE -o EXE               then: EXE train --log also has gradients and updates by parameter
  nnc build --dump-after=all --dump-dir=D FILE   the program after every pass)";

/// The file name of the input without folder and ending: the executable's default name.
std::string defaultName(const std::string &input) { return llvm::sys::path::stem(input).str(); }

std::string outputName(const CompileOptions &options) {
  switch (options.emit) {
  case Stage::Exe:
    return defaultName(options.input);
  case Stage::Obj:
    return defaultName(options.input) + ".o";
  default:
    return "-";
  }
}

/// The library folder of an installation or a build tree is beside the folder of the executable.
std::string libraryFolder(const char *program) {
  static int anchor;
  std::string self = llvm::sys::fs::getMainExecutable(program, &anchor);
  llvm::SmallString<256> folder(llvm::sys::path::parent_path(llvm::sys::path::parent_path(self)));
  llvm::sys::path::append(folder, "lib");
  return std::string(folder);
}

/// The program, and the options of the front end.
void addProgram(CLI::App *command, CompileOptions &options, std::vector<std::string> &defines,
                std::vector<std::string> &folders) {
  command->add_option("FILE", options.input, "the .nn file")->required();
  command->add_option("-D", defines, "value of a `config` name: -D hidden=512")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--data", folders,
                   "folder of a data block's files, for nnc, which reads texts, and for the "
                   "executable (default: the folder of the program)")
      ->type_name("NAME=FOLDER")
      ->allow_extra_args(false);
}

void addCompileOptions(CLI::App *command, CompileOptions &options,
                       std::vector<std::string> &defines, std::vector<std::string> &folders,
                       std::string &precision) {
  addProgram(command, options, defines, folders);
  command->add_option("--float", precision, "precision of `float`: f32 or f64 (for checking)")
      ->check(CLI::IsMember({"f32", "f64"}))
      ->default_str("f32");
  command
      ->add_option("--target-cpu", options.targetCpu,
                   "processor to compile for, as LLVM names it (znver4, haswell, x86-64)")
      ->default_str("native");
  command
      ->add_option("--target-threads", options.targetThreads,
                   "threads to plan for; the code runs on any number, but another plan may round "
                   "differently")
      ->check(CLI::Range(1, 1024))
      ->default_str("2");
  command
      ->add_option("--dump-after", options.dumpAfter,
                   "write the program after this pass, or after `all`")
      ->type_name("PASS");
  command->add_option("--dump-dir", options.dumpFolder, "folder for --dump-after")
      ->default_str("dump");
  command->add_flag("--timing", options.timing, "print the time of each stage and each pass");
}

void addRemarks(CLI::App *command, std::string &remarks) {
  std::string categories;
  for (llvm::StringRef category : remarkCategories)
    categories += " " + category.str();
  command->add_flag(
      "--remarks", remarks,
      "print the decisions about each source line and their reasons; --remarks=REGEX: "
      "only in the categories that match, of" +
          categories);
}

bool readRemarks(std::string &remarks) {
  if (remarks.empty())
    return true;
  if (remarks == "true") // of a flag without a value
    remarks = ".*";
  std::string error;
  llvm::Regex regex("^(" + remarks + ")$");
  if (!regex.isValid(error)) {
    llvm::errs() << "nnc: --remarks needs a regular expression, not `" << lang::printable(remarks)
                 << "`: " << error << "\n";
    return false;
  }
  if (llvm::any_of(remarkCategories,
                   [&](llvm::StringRef category) { return regex.match(category); }))
    return true;
  llvm::errs() << "nnc: `" << lang::printable(remarks)
               << "` matches none of the categories of remarks:";
  for (llvm::StringRef category : remarkCategories)
    llvm::errs() << " " << category;
  llvm::errs() << "\n";
  return false;
}

void addMemoryLimit(CLI::App *command, std::string &limit) {
  command
      ->add_option(
          "--memory-limit", limit,
          "recompute activations in the backward pass until parameters, optimizer state and "
          "the step's arena take no more: 64MB, 512KB, 1.5GB are powers of 1000, "
          "64MiB of 1024; without a unit, bytes. Without a limit, a step that saves more than "
          "128 MiB does element-wise arithmetic again. The cache of `generate` may take as much")
      ->type_name("SIZE");
}

void addSizeLimit(CLI::App *command, CompileOptions &options) {
  command->add_flag("--no-size-limit", options.anySize,
                    "compile programs that take more than about 20 seconds, too");
}

bool readMemoryLimit(const std::string &limit, CompileOptions &options) {
  if (limit.empty())
    return true;
  options.memoryLimit = parseSize(limit);
  if (!options.memoryLimit)
    llvm::errs() << "nnc: --memory-limit needs a size such as 64MB, 512KiB or 1000000, not `"
                 << lang::printable(limit) << "`\n";
  return options.memoryLimit.has_value();
}

bool splitDefines(const std::vector<std::string> &defines, CompileOptions &options) {
  for (const std::string &define : defines) {
    size_t equals = define.find('=');
    if (equals == std::string::npos || equals == 0) {
      llvm::errs() << "nnc: -D needs NAME=VALUE, not `" << lang::printable(define) << "`\n";
      return false;
    }
    std::string name = define.substr(0, equals);
    if (llvm::any_of(options.defines, [&](const auto &known) { return known.first == name; })) {
      llvm::errs() << "nnc: -D gives `" << name << "` twice\n";
      return false;
    }
    options.defines.emplace_back(std::move(name), define.substr(equals + 1));
  }
  return true;
}

bool splitFolders(const std::vector<std::string> &given, CompileOptions &options) {
  for (const std::string &one : given) {
    size_t equals = one.find('=');
    std::string name = equals == std::string::npos ? "" : one.substr(0, equals);
    std::string folder = equals == std::string::npos ? one : one.substr(equals + 1);
    if (folder.empty() || (equals != std::string::npos && name.empty())) {
      llvm::errs() << "nnc: --data needs NAME=FOLDER, not `" << lang::printable(one) << "`\n";
      return false;
    }
    options.folders.emplace_back(std::move(name), std::move(folder));
  }
  return true;
}

int explain(const std::string &id) {
  for (const lang::DiagnosticInfo &info : lang::allDiagnostics()) {
    if (llvm::StringRef(info.id).equals_insensitive(id)) {
      llvm::outs() << lang::explanationOf(info);
      return 0;
    }
  }
  llvm::errs() << "nnc: no diagnostic has the number `" << lang::printable(id) << "`\n";
  return 2;
}

/// Compiles to a temporary executable and becomes it with these words, so that signals and the exit
/// code are its own. Returns only if that fails.
int run(CompileOptions options, const std::vector<std::string> &arguments) {
  const std::string name = defaultName(options.input);
  int executable = -1;
  {
    llvm::SmallString<128> temporary;
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, temporary);
    std::string error;
    std::optional<WorkFolder> folder = WorkFolder::create(temporary, error);
    if (!folder) {
      llvm::errs() << "nnc: cannot write to `" << temporary << "`: " << error << "\n";
      return 1;
    }
    options.output = folder->file("executable");
    if (!compile(options))
      return 1;
    executable = ::open(options.output.c_str(), O_RDONLY | O_CLOEXEC);
  }
  // Nothing is left to remove: the file exists as long as a process runs it.
  std::vector<const char *> words = {name.c_str()};
  for (const std::string &argument : arguments)
    words.push_back(argument.c_str());
  words.push_back(nullptr);
  ::fexecve(executable, const_cast<char *const *>(words.data()), environ);
  llvm::errs() << "nnc: cannot run the compiled program: " << std::strerror(errno) << "\n";
  return 1;
}

/// Opens the standard streams that the caller has closed, so that no file of ours gets their
/// numbers; using them fails as it would have.
void openStandardStreams() {
  for (int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) < 0)
      (void)::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/// Prints in one line why a library of the compiler cannot go on, and ends the process; callable
/// from any thread.
void reportFatalError(const char *reason) {
  std::string line = std::string("nnc: the compiler cannot go on: ") + reason;
  line = line.substr(0, line.find('\n')) + "\n";
  (void)!::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(1);
}

/// The exit code, once all output has arrived on standard output and error.
int finish(int status) {
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    llvm::errs() << "nnc: cannot write standard output: " << llvm::outs().error().message() << "\n";
    llvm::outs().clear_error();
    status = std::max(status, 1);
  }
  // Streams with an error end the process when they are destroyed.
  llvm::errs().clear_error();
  return status;
}

/// The first word before `--` that looks like an option and is not one.
std::optional<std::string> unknownOption(const CLI::App &app) {
  for (const std::string &word : app.remaining(/*recurse=*/true)) {
    if (word == "--")
      break;
    if (word.size() > 1 && word[0] == '-')
      return word;
  }
  return std::nullopt;
}

/// How to give a file whose name begins with a dash.
std::string hintAtFile(const std::string &word) {
  if (!llvm::StringRef(word).ends_with(".nn") && !llvm::sys::fs::exists(word))
    return "";
  return "; a file of this name stands behind `--`, as in `nnc build -- " + lang::printable(word) +
         "`";
}

} // namespace

/// Runs the command that the command line names; returns the exit code.
int execute(int count, char **arguments) {
  CLI::App app(introduction, "nnc");
  app.set_version_flag("--version", "nnc " NNC_VERSION);
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();

  CompileOptions options;
  options.libraryFolder = libraryFolder(arguments[0]);
  options.colour = llvm::sys::Process::StandardErrHasColors();
  std::vector<std::string> defines, folders, trainArguments;
  std::string precision = "f32", emit = "exe", id, memoryLimit;
  std::optional<std::string> sample;
  int64_t elements = 20;
  bool memory = false;

  CLI::App *build = app.add_subcommand("build", "compile a program");
  addCompileOptions(build, options, defines, folders, precision);
  build->add_option("-o,--output", options.output, "the file to write; `-` is standard output");
  build
      ->add_option("--emit", emit,
                   "the stage to write: ast nn grad opt linalg loops llvm asm obj exe")
      ->check(CLI::IsMember(
          {"ast", "nn", "grad", "opt", "linalg", "loops", "llvm", "asm", "obj", "exe"}))
      ->default_str("exe");
  build
      ->add_flag(
          "--memory", memory,
          "print the tensors of the training step and their places in memory, and build nothing")
      ->excludes("--emit");
  addMemoryLimit(build, memoryLimit);
  addSizeLimit(build, options);
  addRemarks(build, options.remarks);
  build->add_flag("--profile", options.profile,
                  "build for `EXE bench --profile`, which shows the time of each source line");
  build->add_flag(
      "--trap-nan", options.trapNan,
      "build a slower program that names the line of the first nan when training fails");
  build->add_flag("--watch", options.watch,
                  "training logs the gradient and the update of each parameter, and warns of "
                  "vanishing and exploding gradients and of dead units");

  CLI::App *runCommand = app.add_subcommand(
      "run", "compile a program and train with it; words after `--` go to `train`");
  addCompileOptions(runCommand, options, defines, folders, precision);
  addMemoryLimit(runCommand, memoryLimit);
  addSizeLimit(runCommand, options);
  addRemarks(runCommand, options.remarks);
  runCommand->add_option("ARGUMENTS", trainArguments, "for the compiled program's `train`");

  CLI::App *tuneCommand = app.add_subcommand(
      "tune", "train with many settings and values of `-D`, which may be lists, hidden=64,128, or "
              "ranges, hidden=32..256:log; words after `--` go to `tune` of the compiled program");
  addCompileOptions(tuneCommand, options, defines, folders, precision);
  addMemoryLimit(tuneCommand, memoryLimit);
  addSizeLimit(tuneCommand, options);
  tuneCommand->add_option("ARGUMENTS", trainArguments, "for the compiled program's `tune`");

  GraphOptions graph;
  CLI::App *graphCommand = app.add_subcommand("graph", "draw the network, or a training step");
  addProgram(graphCommand, options, defines, folders);
  graphCommand->add_option("-o,--output", options.output,
                           "the file to write: .svg, .png or .pdf (needs Graphviz), .dot; `-` is "
                           "the text of .dot on standard output");
  graphCommand
      ->add_option("--what", graph.what,
                   "network: layers and functions with the shapes between them; gradient: with the "
                   "backward pass and the update; step: the fused kernels of the compiled step")
      ->check(CLI::IsMember({"network", "gradient", "step"}));
  graphCommand->add_option("--function", graph.function,
                           "the function to draw, such as train_step_2, evaluate or predict");
  graphCommand->add_flag("--expand", graph.expand, "draw repeated layers each time");
  graphCommand->add_option("--link", graph.link,
                           "where boxes lead to; {file} and {line} are replaced; empty: nowhere");

  CLI::App *checkCommand = app.add_subcommand("check", "parse and type-check a program");
  addProgram(checkCommand, options, defines, folders);

  CLI::App *gradCheck = app.add_subcommand(
      "grad-check", "compare every derivative of a program's loss with finite differences in f64");
  addCompileOptions(gradCheck, options, defines, folders, precision);
  gradCheck->add_option("--elements", elements, "elements of each tensor to try")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 40))
      ->default_str("20");

  CLI::App *tokenizerCommand = app.add_subcommand(
      "tokenizer", "print the vocabulary of a program's texts: pieces, ids, counts");
  addProgram(tokenizerCommand, options, defines, folders);
  tokenizerCommand->add_option("--text", sample,
                               "print the pieces of this text instead of the vocabulary");

  std::vector<std::string> runFolders = {"runs"};
  bool json = false;
  CLI::App *runsCommand = app.add_subcommand("runs", "list and compare training runs");
  runsCommand->add_option("DIR", runFolders, "folders of runs, or folders with such folders");
  runsCommand->add_flag("--json", json, "print a JSON array");

  std::vector<std::string> reported;
  std::string page = "report.html";
  CLI::App *reportCommand = app.add_subcommand("report", "write a page about training runs");
  reportCommand->add_option("RUN", reported, "folders of runs, or folders with such folders")
      ->required();
  reportCommand->add_option("-o,--output", page, "the page of HTML to write");

  PlotOptions plot;
  CLI::App *plotCommand =
      app.add_subcommand("plot", "draw curves of logs, tables or runs, and results of a run");
  plotCommand
      ->add_option("INPUT", plot.inputs,
                   "logs (.jsonl, .csv), other CSV tables, or folders of runs")
      ->required();
  plotCommand
      ->add_option("-o,--output", plot.output, "the file to write: .svg; .png and .pdf by librsvg")
      ->required();
  plotCommand
      ->add_option(
          "--what", plot.what,
          "curves, or of runs: predictions (over one or two inputs; --columns X,Y draws the path "
          "of two columns of the logs), epochs (the predictions after some of them), landscape (of "
          "`EXE eval --run --landscape`), confusion, calibration, maps (outputs that have "
          "dimensions), weights (of the first layer), embeddings, histogram (of the tensor that "
          "--columns names), and what a program built with --watch logs: gradients (a histogram of "
          "each), norms (of each parameter: gradient, or what --columns names)")
      ->check(
          CLI::IsMember({"curves", "predictions", "epochs", "landscape", "confusion", "calibration",
                         "maps", "weights", "embeddings", "histogram", "gradients", "norms"}));
  plotCommand
      ->add_option("--columns", plot.columns, "columns to draw (default: the losses, or all)")
      ->delimiter(',')
      ->allow_extra_args(false);
  plotCommand->add_option("--x", plot.axis, "the column of tables that the others are drawn over");
  plotCommand->add_option("--title", plot.title, "a title");
  plotCommand->add_flag("--log-x", plot.logX, "a logarithmic horizontal axis");
  plotCommand->add_flag("--log-y", plot.logY, "a logarithmic vertical axis");
  plotCommand->add_flag("--dots", plot.dots, "points in place of lines");

  CLI::App *explainCommand = app.add_subcommand("explain", "explain a diagnostic");
  explainCommand->add_option("NUMBER", id, "its number, as in error[N0302]")->required();

  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError &error) {
    std::ostringstream output, errors;
    const bool good = app.exit(error, output, errors) == 0;
    llvm::outs() << output.str();
    if (good)
      return 0;
    if (std::optional<std::string> unknown = unknownOption(app)) {
      llvm::errs() << "nnc: unknown option `" << lang::printable(*unknown) << "`"
                   << hintAtFile(*unknown) << "\nRun with --help for more information.\n";
      return 2;
    }
    std::istringstream lines(errors.str());
    for (std::string line; std::getline(lines, line);)
      llvm::errs() << lang::printable(line) << "\n";
    return 2;
  }

  if (explainCommand->parsed())
    return explain(id);
  if (runsCommand->parsed())
    return showRuns(runFolders, json) ? 0 : 1;
  if (reportCommand->parsed())
    return writeReport(reported, page) ? 0 : 1;
  if (plotCommand->parsed())
    return writePlot(plot) ? 0 : 1;
  if (!splitDefines(defines, options) || !splitFolders(folders, options) ||
      !readMemoryLimit(memoryLimit, options) || !readRemarks(options.remarks))
    return 2;
  options.precision = precision == "f64" ? FloatPrecision::F64 : FloatPrecision::F32;
  if (checkCommand->parsed())
    return check(options) ? 0 : 1;
  if (tokenizerCommand->parsed())
    return showTokenizers(options, sample) ? 0 : 1;
  if (gradCheck->parsed())
    return checkGradients(options, elements) ? 0 : 1;
  if (runCommand->parsed() || tuneCommand->parsed()) {
    std::vector<std::string> words = {"train"};
    if (tuneCommand->parsed()) {
      words = tuneWords(
          options, compileCommand(arguments[0], options, defines, folders, precision, memoryLimit));
      options = untuned(options);
    }
    words.insert(words.end(), trainArguments.begin(), trainArguments.end());
    return run(options, words);
  }
  if (graphCommand->parsed()) {
    options.graph = graph;
    if (options.output.empty())
      options.output = defaultName(options.input) + ".svg";
    if (!isGraphFile(options.output)) {
      llvm::errs() << "nnc: -o " << lang::printable(options.output)
                   << ": the name must end with .svg, .png, .pdf or .dot\n";
      return 2;
    }
    options.emit = Stage::Linalg;
    return compile(options) ? 0 : 1;
  }
  options.emit = memory ? Stage::Memory : *parseStage(emit);
  if (options.output.empty())
    options.output = outputName(options);
  return compile(options) ? 0 : 1;
}

int main(int count, char **arguments) {
  openStandardStreams();
  // A write beyond the file size limit then fails instead of ending the process.
  std::signal(SIGXFSZ, SIG_IGN);
  llvm::install_fatal_error_handler(
      [](void *, const char *reason, bool) { reportFatalError(reason); });
  llvm::install_bad_alloc_error_handler(
      [](void *, const char *, bool) { reportFatalError("there is no memory left"); });
  std::set_new_handler([] { reportFatalError("there is no memory left"); });
  return finish(execute(count, arguments));
}
