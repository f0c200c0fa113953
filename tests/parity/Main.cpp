// nn-parity: checks compiled programs against golden values that PyTorch computed. See
// docs/parity.md.
#include "tests/parity/Checks.h"
#include "tests/parity/Report.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <fmt/format.h>

#include <algorithm>

namespace cl = llvm::cl;
using namespace nnc;
using namespace nnc::parity;

namespace {

cl::OptionCategory category("nn-parity");
cl::opt<std::string> folderArgument(cl::Positional, cl::desc("[FOLDER]"), cl::cat(category));
cl::opt<bool> useReference("reference",
                           cl::desc("evaluate plainly instead of running generated code"),
                           cl::cat(category));
cl::list<std::string> filters("filter",
                              cl::desc("only cases whose name contains TEXT (may be repeated)"),
                              cl::value_desc("TEXT"), cl::cat(category));
cl::opt<std::string> precisionName("float", cl::desc("f32, f64 or both (the default)"),
                                   cl::init("both"), cl::cat(category));
cl::opt<bool> printSource("print-source", cl::desc("print the programs instead of checking them"),
                          cl::cat(category));

std::string parityFolder() {
  if (!folderArgument.empty())
    return folderArgument;
  std::optional<std::string> shared = llvm::sys::Process::GetEnv("NNC_SHARED");
  return shared ? *shared + "/parity" : "";
}

bool selected(const std::string &name) {
  return filters.empty() || llvm::any_of(filters, [&](const std::string &text) {
           return name.find(text) != name.npos;
         });
}

std::vector<FloatPrecision> precisions() {
  if (precisionName == "f32")
    return {FloatPrecision::F32};
  if (precisionName == "f64")
    return {FloatPrecision::F64};
  return {FloatPrecision::F64, FloatPrecision::F32};
}

template <typename Check>
void measure(Report &report, const std::string &name, double exactness, double drift, Check check) {
  std::vector<Measurement> measurements;
  for (FloatPrecision precision : precisions())
    check(measurements.emplace_back(
        precision, std::max(exactness, precision == FloatPrecision::F32 ? drift : 0)));
  report.addChecked(name, measurements);
}

void runCase(const Case &entry, const std::string &folder, Engine engine, Report &report) {
  std::string path = folder + "/" + entry.name + ".safetensors";
  if (!llvm::sys::fs::exists(path))
    return report.addSkipped(entry.name, "no " + path);
  llvm::Expected<GoldenCase> golden = readGoldenCase(path);
  if (!golden)
    return report.addFailure(entry.name, llvm::toString(golden.takeError()));
  if (!entry.unsupported.empty())
    return report.addUnsupported(entry.name, entry.unsupported);
  if (!golden->images.empty() && !llvm::sys::fs::exists(golden->images))
    return report.addSkipped(entry.name, "no file " + golden->images);
  if (printSource)
    return fmt::print("// {}\n{}\n", entry.name, planCase(entry, *golden).text);
  measure(report, entry.name, entry.exactness, entry.drift,
          [&](Measurement &measurement) { checkCase(entry, *golden, engine, measurement); });
}

/// Files of the folder that no case of the table is for.
void reportUnknownFiles(const std::vector<Case> &cases, const std::string &folder, Report &report) {
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(folder, code), end; !code && file != end;
       file.increment(code)) {
    std::string name = llvm::sys::path::stem(file->path()).str();
    if (llvm::sys::path::extension(file->path()) == ".safetensors" && selected(name) &&
        llvm::none_of(cases, [&](const Case &entry) { return entry.name == name; }))
      report.addFailure(name, "not in the table of cases");
  }
}

void runInitialisers(const std::string &folder, Engine engine, Report &report) {
  llvm::Expected<std::vector<GoldenInitialiser>> golden =
      readGoldenInitialisers(folder + "/initialisers.json");
  if (!golden)
    return report.addFailure("initialisers", llvm::toString(golden.takeError()));
  std::vector<InitialiserCase> cases = initialiserCases();
  for (const GoldenInitialiser &expected : *golden) {
    std::string name =
        fmt::format("init_{}_{}", expected.name, expected.shape.size() == 4 ? "conv" : "dense");
    if (!selected(name) || printSource)
      continue;
    auto entry = llvm::find_if(
        cases, [&](const InitialiserCase &known) { return known.name == expected.name; });
    if (entry == cases.end())
      report.addFailure(name, "not in the table of cases");
    else if (!entry->unsupported.empty())
      report.addUnsupported(name, entry->unsupported);
    else
      measure(report, name, 0, 0, [&](Measurement &measurement) {
        checkInitialiser(*entry, expected, engine, measurement);
      });
  }
}

} // namespace

int main(int count, char **arguments) {
  llvm::InitLLVM init(count, arguments);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(count, arguments,
                              "Checks compiled programs against golden values of PyTorch.\n"
                              "FOLDER holds them; default: the folder parity in $NNC_SHARED.\n");
  std::vector<Case> cases = allCases();
  Report report;
  std::string folder = parityFolder();
  if (folder.empty() || !llvm::sys::fs::is_directory(folder)) {
    std::string reason =
        folder.empty() ? "no folder given, and NNC_SHARED is not set" : "no folder " + folder;
    for (const Case &entry : cases)
      report.addSkipped(entry.name, "");
    fmt::print("all skipped: {}\n", reason);
    report.printCounts("cases");
    return 0;
  }
  Engine engine = useReference ? Engine::Reference : Engine::GeneratedCode;
  for (const Case &entry : cases)
    if (selected(entry.name))
      runCase(entry, folder, engine, report);
  reportUnknownFiles(cases, folder, report);
  if (!printSource)
    report.printCounts("cases");
  runInitialisers(folder, engine, report);
  if (!printSource)
    report.printCounts("initialisers");
  return report.failed() ? 1 : 0;
}
