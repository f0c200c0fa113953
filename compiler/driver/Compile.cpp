// The pipeline, in one function (Compilation::run):
//
// | stage    | what there is                                                      | made by                                             |
// |----------|--------------------------------------------------------------------|-----------------------------------------------------|
// | ast      | the parsed program                                                 | lang/syntax                                         |
// | nn       | one function per role, operations of the `nn` dialect, batched     | lang/elaborate, import, nn-stage-nn                 |
// | grad     | the same with forward pass, backward pass and update spelled out   | nn-stage-grad: transforms                           |
// | opt      | the same, simplified, with layouts and recomputation chosen        | nn-stage-opt: transforms, layout, rematerialization |
// | linalg   | structured operations on tensors, fused                            | nn-stage-linalg: conversion, fusion                 |
// | loops    | vector code in loops on memory whose place in the arena is decided | nn-stage-loops: memory, loops, kernels              |
// | llvm     | LLVM IR                                                            | nn-stage-llvm: math, conversion; codegen            |
// | asm, obj | machine code                                                       | codegen/EmitObject                                  |
// | exe      | linked with the runtime                                            | codegen/LinkExecutable                              |
#include "compiler/driver/Compile.h"

#include "compiler/dialect/NN.h"
#include "compiler/driver/CacheSize.h"
#include "compiler/driver/EmptyMasks.h"
#include "compiler/passes/Pipelines.h"
#include "compiler/driver/Description.h"
#include "compiler/driver/DumpPasses.h"
#include "compiler/driver/Frontend.h"
#include "compiler/driver/Pictures.h"
#include "compiler/driver/MemoryLimit.h"
#include "compiler/driver/MemoryReport.h"
#include "compiler/driver/Output.h"
#include "compiler/driver/RemarkReport.h"
#include "compiler/driver/TokenizerReport.h"
#include "compiler/codegen/EmitObject.h"
#include "compiler/codegen/LinkExecutable.h"
#include "compiler/graph/Network.h"
#include "lang/syntax/ASTPrinter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Compression.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace nnc {
namespace {

class Compilation {
public:
  explicit Compilation(const CompileOptions &options)
      : options(options), context(MLIRContext::Threading::DISABLED),
        timingScope(timing.getRootScope()) {
    if (options.timing) {
      timing.setEnabled(true);
      timing.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
      timingScope = timing.getRootScope();
    }
    context.printOpOnDiagnostic(false);
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      frontend.report(diagnostic);
      return success();
    });
    if (!options.remarks.empty())
      remarks.collect(context, options.remarks);
  }
  ~Compilation() {
    remarks.print(llvm::errs(), options.colour);
    frontend.printDiagnostics(options.colour);
  }

  bool run();

private:
  bool parse();
  bool chooseOutput();
  bool elaborate();
  bool import();
  bool runPasses(Stage stage);
  bool fitMemory();
  bool checkSize(const std::string &where, int64_t limit);
  bool checkCache();
  bool emit();
  const lang::Function *chooseDrawn();
  bool drawGraph();
  LogicalResult runPipeline(ModuleOp on, llvm::function_ref<void(OpPassManager &)> build);
  LoweringOptions lowering() const;
  bool fail(const std::string &message);
  bool write(llvm::function_ref<void(llvm::raw_ostream &)> print);
  bool link(llvm::ArrayRef<llvm::SmallString<0>> objects);
  bool checkDumps();

  const CompileOptions &options;
  MLIRContext context;
  DefaultTimingManager timing;
  TimingScope timingScope;
  Frontend frontend;
  RemarkReport remarks{frontend};
  OwningOpRef<ModuleOp> module;
  TargetDescription target;
  std::optional<Output> output;
  MemoryLevel memory; // as the limit of memory asks for it
  PassDumps dumps{options.dumpAfter, options.dumpFolder, options.input};
};

/// Sizes of programs that take about 20 seconds on two cores: of the stages before kernels share
/// code, and of code generation. docs/performance.md has the measurements.
static constexpr int64_t maximumProgramOperations = 60'000, maximumDerivedOperations = 300'000,
                         maximumKernelOperations = 600'000;

bool Compilation::run() {
  if (!parse() || !chooseOutput())
    return false;
  if (options.emit == Stage::Ast)
    return write([&](llvm::raw_ostream &stream) { stream << lang::printAst(frontend.module()); });

  if (!elaborate())
    return false;
  if (options.graph)
    return drawGraph();
  if (!import())
    return false;
  for (Stage stage :
       {Stage::Nn, Stage::Grad, Stage::Opt, Stage::Linalg, Stage::Loops, Stage::Llvm}) {
    // From here on kernels are functions, which threads lower side by side; dumps have an order.
    if (stage == Stage::Loops && !dumps.isOn())
      context.enableMultithreading();
    if ((stage == Stage::Grad && options.memoryLimit && !fitMemory()) || !runPasses(stage) ||
        (stage == Stage::Nn && !checkCache()) ||
        (stage == Stage::Grad && !checkSize("with its derivatives", maximumDerivedOperations)) ||
        (stage == Stage::Loops && !checkSize("in its kernels", maximumKernelOperations)))
      return false;
    if (options.emit == stage && stage != Stage::Llvm)
      return write([&](llvm::raw_ostream &stream) {
        module->print(stream, OpPrintingFlags().useLocalScope().printNameLocAsPrefix());
        stream << "\n";
      });
    if (options.emit == Stage::Memory && stage == Stage::Loops)
      return write([&](llvm::raw_ostream &stream) { printMemoryReport(*module, stream); });
  }
  return emit();
}

bool Compilation::fail(const std::string &message) {
  mlir::emitError(UnknownLoc::get(&context)) << message;
  return false;
}

bool Compilation::parse() {
  TimingScope scope = timingScope.nest("parse");
  return frontend.parse(options.input);
}

/// Before the work, which would be lost if the result had nowhere to go.
bool Compilation::chooseOutput() {
  std::string error;
  output =
      Output::at(options.output, options.emit == Stage::Exe ? Output::Executable : Output::Text,
                 options.input, error);
  return output || fail(error);
}

bool Compilation::elaborate() {
  TimingScope scope = timingScope.nest("elaborate");
  return frontend.elaborate(options.defines, options.folders, options.watch);
}

bool Compilation::import() {
  TimingScope scope = timingScope.nest("import");
  if (frontend.program().functions.empty())
    return fail("`" + options.input + "` has no model to compile");
  std::string error;
  std::optional<TargetDescription> described = describeTarget(options.targetCpu, "", error);
  if (!described)
    return fail(error);
  target = *described;
  module = importProgram(frontend.program(), options.precision, context,
                         /*scopes=*/options.graph.has_value());
  if (!module)
    return false;
  for (const lang::Function &function : frontend.program().functions) {
    auto imported = module->lookupSymbol<func::FuncOp>(function.name);
    if (llvm::StringRef(function.name).starts_with("gradient")) // only gradient checks ask for it
      imported.erase();
    else if (function.batch != frontend.program().functions[0].batch)
      imported->setAttr(nn::batchAttrName, Builder(&context).getI64IntegerAttr(function.batch));
  }
  if (std::optional<Location> mask = findEmptyMask(*module)) {
    frontend.reportEmptyMask(*mask);
    return false;
  }
  return checkSize("with its loops unrolled", maximumProgramOperations);
}

bool Compilation::checkSize(const std::string &where, int64_t limit) {
  int64_t operations = 0;
  module->walk([&](Operation *) { ++operations; });
  if (options.anySize || operations <= limit)
    return true;
  frontend.reportSize(operations, where, limit);
  return false;
}

bool Compilation::checkCache() {
  std::optional<CacheSize> cache = cacheSize(*module);
  const int64_t limit = options.memoryLimit.value_or(machineMemory());
  if (!cache || cache->bytes <= limit)
    return true;
  frontend.reportCache(cache->of, formatSize(cache->bytes),
                       options.memoryLimit ? "the limit" : "the memory of this machine",
                       formatSize(limit), cache->formula);
  return false;
}

LogicalResult Compilation::runPipeline(ModuleOp on,
                                       llvm::function_ref<void(OpPassManager &)> build) {
  PassManager passes(&context);
  passes.enableTiming(timingScope);
  const bool trial = on != *module;
  remarks.suspend(trial);
  if (!trial)
    dumps.attach(passes);
#ifdef NDEBUG
  passes.enableVerifier(false);
#endif
  build(passes);
  return passes.run(on);
}

LoweringOptions Compilation::lowering() const {
  LoweringOptions result;
  result.targetCpu = options.targetCpu;
  result.targetThreads = options.targetThreads;
  result.profile = options.profile || options.trapNan;
  result.fuse = !options.trapNan;
  result.lines = options.emit != Stage::Exe;
  if (options.memoryLimit)
    result.memory = memory;
  return result;
}

bool Compilation::runPasses(Stage stage) {
  LogicalResult result = runPipeline(*module, [&](OpPassManager &passes) {
    switch (stage) {
    case Stage::Nn:
      return buildNnPipeline(passes, frontend.program().functions[0].batch);
    case Stage::Grad:
      return buildGradPipeline(passes, lowering());
    case Stage::Opt:
      return buildOptPipeline(passes, lowering());
    case Stage::Linalg:
      return buildLinalgPipeline(passes, lowering());
    case Stage::Loops:
      return buildLoopsPipeline(passes, lowering());
    default:
      return buildLlvmPipeline(passes, lowering());
    }
  });
  return succeeded(result) && !frontend.hasErrors();
}

/// Chooses as much recomputation as the limit of memory asks for.
bool Compilation::fitMemory() {
  auto run = [&](ModuleOp on, llvm::function_ref<void(OpPassManager &)> build) {
    return runPipeline(on, build);
  };
  FailureOr<MemoryFit> fit = nnc::fitMemory(*module, *options.memoryLimit, lowering(), run);
  if (failed(fit))
    return false;
  if (!fit->level) {
    frontend.reportMemoryLimit(formatSize(fit->smallestBytes), formatSize(*options.memoryLimit));
    return false;
  }
  memory = *fit->level;
  return true;
}

/// The function of a picture; null after an error.
const lang::Function *Compilation::chooseDrawn() {
  const std::vector<lang::Function> &functions = frontend.program().functions;
  const std::string &name = options.graph->function;
  const bool needsStep = options.graph->what != "network";
  std::vector<std::string> names;
  const lang::Function *chosen = nullptr;
  for (const lang::Function &function : functions) {
    const bool isStep = llvm::StringRef(function.name).starts_with("train_step");
    const bool isPrediction = llvm::StringRef(function.name).starts_with("predict") ||
                              function.name == "evaluate" || function.name == "generate";
    if (!isStep && (needsStep || !isPrediction))
      continue;
    names.push_back(function.name);
    if (name.empty()
            ? !chosen || (isStep && !llvm::StringRef(chosen->name).starts_with("train_step"))
            : function.name == name)
      chosen = &function;
  }
  if (!chosen)
    fail(names.empty() ? needsStep ? "the program has no `train` block, so it has no training step"
                                   : "`" + options.input + "` has no model to draw"
                       : "--function: the program has no function `" + name + "`, but " +
                             llvm::join(names, ", "));
  return chosen;
}

bool Compilation::drawGraph() {
  const lang::Function *function = chooseDrawn();
  if (!function)
    return false;
  const std::string &what = options.graph->what;
  graph::Drawing drawing;
  if (what == "network") {
    drawing = graph::drawNetwork(*function, frontend.source());
  } else {
    if (!import())
      return false;
    const bool kernels = what == "step";
    for (Stage stage : {Stage::Nn, Stage::Grad, Stage::Opt, Stage::Linalg})
      if ((kernels || stage <= Stage::Grad) && !runPasses(stage))
        return false;
    drawing =
        graph::drawStep(module->lookupSymbol<func::FuncOp>(function->name), *function, kernels);
  }
  drawing.title = frontend.program().model + ": " +
                  (what == "network"    ? "the network, shapes of one example"
                   : what == "gradient" ? "a training step with its gradient"
                                        : "the kernels of a training step") +
                  (options.graph->function.empty() ? "" : ", " + function->name);
  const std::string dot =
      formatDot(drawing, frontend.source(), {options.graph->expand, options.graph->link});
  std::string error;
  std::optional<std::string> content = renderGraph(dot, options.output, error);
  return content ? write([&](llvm::raw_ostream &stream) { stream << *content; }) : fail(error);
}

/// As runtime/Abi.h says; the text as it is where LLVM was built without zlib.
static std::string compressed(const std::string &text) {
  if (!llvm::compression::zlib::isAvailable())
    return text;
  llvm::SmallVector<uint8_t, 0> stream;
  llvm::compression::zlib::compress(llvm::arrayRefFromStringRef(text), stream,
                                    llvm::compression::zlib::BestSizeCompression);
  std::string packed(9, '\0');
  llvm::support::endian::write32le(packed.data() + 1, uint32_t(text.size()));
  llvm::support::endian::write32le(packed.data() + 5, uint32_t(stream.size()));
  return packed + llvm::toStringRef(stream).str();
}

bool Compilation::emit() {
  std::string error;
  const std::string description =
      describeModel(frontend.program(), readBlocks(*module), frontend.source(), options.defines,
                    frontend.vocabularies(), options.precision, target);
  ModelData data{description, {}};
  for (const FunctionBlocks &function : readBlocks(*module).functions)
    data.functions.push_back(
        llvm::StringRef(function.symbol).starts_with("nnc_generate_") ? "" : function.symbol);
  if (options.emit == Stage::Exe) {
    std::vector<llvm::SmallString<0>> objects;
    {
      TimingScope scope = timingScope.nest("generate machine code");
      data.description = compressed(description);
      objects = emitObjects(*module, target, data, error);
      if (objects.empty())
        return fail(error);
    }
    TimingScope scope = timingScope.nest("link");
    return link(objects);
  }

  LlvmModule llvmModule = translateToLlvm(*module, target, error);
  if (!llvmModule.module)
    return fail(error);
  addData(*llvmModule.module, data);
  optimize(*llvmModule.module, target);
  if (options.emit == Stage::Llvm)
    return write([&](llvm::raw_ostream &stream) { llvmModule.module->print(stream, nullptr); });
  llvm::SmallString<0> code;
  llvm::raw_svector_ostream stream(code);
  MachineCode kind = options.emit == Stage::Asm ? MachineCode::Assembly : MachineCode::Object;
  if (!emitMachineCode(*llvmModule.module, target, kind, stream, error))
    return fail(error);
  return write([&](llvm::raw_ostream &stream) { stream << code; });
}

/// Whether the pass that dumps were asked for has run.
bool Compilation::checkDumps() {
  std::vector<std::string> others = dumps.passesInstead();
  return others.empty() ||
         fail("no pass `" + options.dumpAfter + "` has run, but " + llvm::join(others, ", "));
}

bool Compilation::link(llvm::ArrayRef<llvm::SmallString<0>> objects) {
  std::string error;
  if (!checkDumps())
    return false;
  std::optional<WorkFolder> folder = output->makeFolder(error);
  if (!folder)
    return fail(error);
  std::vector<std::string> paths;
  for (const llvm::SmallString<0> &object : objects) {
    paths.push_back(folder->file("part" + std::to_string(paths.size()) + ".o"));
    if (!writeFile(paths.back(), [&](llvm::raw_ostream &stream) { stream << object; }, error))
      return fail("cannot write `" + options.output + "`: " + error);
  }
  std::vector<std::string> archives;
  auto add = [&](llvm::StringRef name) {
    llvm::SmallString<128> archive(options.libraryFolder);
    llvm::sys::path::append(archive, name);
    archives.push_back(std::string(archive));
  };
  std::vector<std::string> parts;
  const lang::Program &program = frontend.program();
  auto reads = [&](llvm::StringRef reader) {
    return llvm::any_of(program.data, [&](const lang::DataInfo &data) {
      return llvm::any_of(data.splits, [&](auto &split) { return split.reader == reader; });
    });
  };
  if (reads("images"))
    add("libnnc-images.a");
  if (options.profile)
    parts.push_back("nnc_profiler");
  for (auto [reader, part] :
       {std::pair("images", "nnc_images"), {"cifar", "nnc_cifar"}, {"ts", "nnc_time_series"}})
    if (reads(reader))
      parts.push_back(part);
  if (llvm::any_of(program.data, [](const lang::DataInfo &data) {
        return llvm::any_of(data.fields, [](auto &field) { return field.vocabulary > 0; });
      }))
    parts.push_back("nnc_tokenizers");
  if (llvm::any_of(program.recipes,
                   [](const lang::Recipe &recipe) { return recipe.validate > 0; }) ||
      llvm::any_of(program.data, [](const lang::DataInfo &data) {
        return llvm::any_of(data.splits, [](auto &split) { return split.name == "validation"; });
      }))
    parts.push_back("nnc_tune");
  if (llvm::any_of(program.functions,
                   [](const lang::Function &function) { return function.generation.has_value(); }))
    parts.push_back("nnc_generate");
  add("libnnc-runtime.a");
  const std::string linked = folder->file("executable");
  return (linkExecutable(paths, archives, parts, linked, folder->file("messages"), error) &&
          output->install(linked, error)) ||
         fail(error);
}

bool Compilation::write(llvm::function_ref<void(llvm::raw_ostream &)> print) {
  std::string error;
  return checkDumps() && (output->write(print, error) || fail(error));
}

} // namespace

std::optional<Stage> parseStage(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<Stage>>(name)
      .Case("ast", Stage::Ast)
      .Case("nn", Stage::Nn)
      .Case("grad", Stage::Grad)
      .Case("opt", Stage::Opt)
      .Case("linalg", Stage::Linalg)
      .Case("loops", Stage::Loops)
      .Case("llvm", Stage::Llvm)
      .Case("asm", Stage::Asm)
      .Case("obj", Stage::Obj)
      .Case("exe", Stage::Exe)
      .Default(std::nullopt);
}

bool compile(const CompileOptions &options) { return Compilation(options).run(); }

bool showTokenizers(const CompileOptions &options, const std::optional<std::string> &sample) {
  Frontend frontend;
  bool good = frontend.parse(options.input) && frontend.elaborate(options.defines, options.folders);
  if (good)
    good = printTokenizers(frontend.program(), frontend.vocabularies(), sample);
  frontend.printDiagnostics(options.colour);
  return good;
}

bool check(const CompileOptions &options) {
  Frontend frontend;
  bool good = frontend.parse(options.input) && frontend.elaborate(options.defines, options.folders);
  frontend.printDiagnostics(options.colour);
  return good;
}

} // namespace nnc
