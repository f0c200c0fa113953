#include "tests/parity/Executable.h"

#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Pipelines.h"
#include "lang/support/Diagnostics.h"
#include "lang/syntax/Parser.h"
#include "lang/StandardLibrary.h"
#include "lang/elaborate/Elaborate.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

using namespace mlir;

namespace nnc::parity {
namespace {

/// Everything of the front end that an elaborated program refers to.
struct Source {
  lang::SourceManager files;
  lang::Diagnostics diagnostics;
  std::unique_ptr<lang::Module> user;
  std::vector<std::unique_ptr<lang::Module>> standard;
  std::optional<lang::Program> program;

  bool elaborate(const std::string &text) {
    user = lang::parse(files.add("case.nn", text), diagnostics);
    std::vector<const lang::Module *> modules;
    for (const lang::StandardSource &source : lang::standardSources()) {
      standard.push_back(
          lang::parse(files.add(std::string(source.name), std::string(source.text)), diagnostics));
      modules.push_back(standard.back().get());
    }
    if (!diagnostics.hasErrors())
      program = lang::elaborate(*user, modules, diagnostics);
    return program && !diagnostics.hasErrors();
  }
};

std::string attributeText(DictionaryAttr attributes, StringRef name) {
  auto text = attributes ? attributes.getAs<StringAttr>(name) : StringAttr();
  return text ? text.str() : std::string();
}

std::string kindText(DictionaryAttr attributes) {
  std::optional<nn::Kind> kind = nn::kindIn(attributes);
  return kind ? stringifyKind(*kind).str() : std::string();
}

Signature signatureOf(func::FuncOp function) {
  Signature signature;
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    DictionaryAttr attributes = function.getArgAttrDict(index);
    signature.arguments.push_back({{kindText(attributes), attributeText(attributes, "nn.name")},
                                   cast<RankedTensorType>(type)});
  }
  for (auto [index, type] : llvm::enumerate(function.getResultTypes())) {
    DictionaryAttr attributes = function.getResultAttrDict(index);
    signature.results.push_back({{kindText(attributes), attributeText(attributes, "nn.name")},
                                 cast<RankedTensorType>(type)});
  }
  return signature;
}

DialectRegistry allDialects() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

} // namespace

struct Executable::State {
  Source source;
  MLIRContext context{allDialects(), MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;
  std::map<std::string, Signature> signatures;
  std::unique_ptr<Backend> backend;

  bool compile(const std::string &text, const ExecutableOptions &options, std::string &error);
  bool build(const ExecutableOptions &options, std::string &error);
  bool runPipeline(llvm::function_ref<void(PassManager &)> build) {
    PassManager passes(&context);
    build(passes);
    return succeeded(passes.run(*module));
  }
};

bool Executable::State::compile(const std::string &text, const ExecutableOptions &options,
                                std::string &error) {
  if (!source.elaborate(text)) {
    error = source.diagnostics.render();
    return false;
  }
  std::string reported;
  llvm::raw_string_ostream messages(reported);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      messages << diagnostic.getLocation() << ": " << diagnostic << "\n";
  });
  if (build(options, error))
    return true;
  error += reported;
  return false;
}

bool Executable::State::build(const ExecutableOptions &options, std::string &error) {
  module = importProgram(*source.program, options.precision, context);
  if (!module)
    return false;
  for (func::FuncOp function : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    if (!llvm::is_contained(options.functions, function.getName()))
      function.erase();
  if (!runPipeline([&](PassManager &passes) { buildNnPipeline(passes, options.batch); }))
    return false;
  for (func::FuncOp function : module->getOps<func::FuncOp>())
    signatures.emplace(function.getName().str(), signatureOf(function));
  backend = options.engine == Engine::Reference ? createReferenceBackend(*module, error)
                                                : createCodeBackend(*module, error);
  return backend != nullptr;
}

Executable::Executable(std::unique_ptr<State> state) : state(std::move(state)) {}
Executable::~Executable() = default;

std::unique_ptr<Executable>
Executable::compile(const std::string &text, const ExecutableOptions &options, std::string &error) {
  auto state = std::make_unique<State>();
  if (!state->compile(text, options, error))
    return nullptr;
  return std::unique_ptr<Executable>(new Executable(std::move(state)));
}

const Signature *Executable::signature(const std::string &function) const {
  auto found = state->signatures.find(function);
  return found == state->signatures.end() ? nullptr : &found->second;
}

bool Executable::call(const std::string &function, const Tensors &arguments, Tensors &results,
                      std::string &error) const {
  const Signature *ports = signature(function);
  if (!ports) {
    error = "the program has no function " + function;
    return false;
  }
  std::vector<Array> ordered;
  for (const TypedPort &port : ports->arguments) {
    std::vector<int64_t> shape = port.type.getShape().vec();
    auto given = arguments.find(port);
    if (given != arguments.end()) {
      if (given->second.size() != elementCount(shape)) {
        error = fmt::format("{} {} has shape {} in the program, {} in the file", port.kind,
                            port.name, describeShape(shape), describeShape(given->second.shape));
        return false;
      }
      ordered.push_back({shape, given->second.values});
      continue;
    }
    if (port.kind == "example_weight") {
      ordered.push_back(filled(shape, 1.0 / static_cast<double>(shape[0])));
      continue;
    }
    auto setting = llvm::find_if(state->source.program->settings, [&](const lang::Setting &known) {
      return known.key == port.name;
    });
    if (port.kind != "scalar" || setting == state->source.program->settings.end()) {
      error = fmt::format("{} asks for the {} {}, which the case does not give", function,
                          port.kind, port.name);
      return false;
    }
    ordered.push_back(scalar(setting->value));
  }
  std::vector<Array> computed;
  if (!state->backend->call(function, *ports, ordered, computed, error))
    return false;
  for (auto [port, array] : llvm::zip_equal(ports->results, computed))
    results.insert_or_assign(port, std::move(array));
  return true;
}

} // namespace nnc::parity
