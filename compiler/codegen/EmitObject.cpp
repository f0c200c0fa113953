// Translates MLIR to LLVM IR, adds the data that the runtime reads, runs LLVM's passes, and
// generates code on threads.
#include "compiler/codegen/EmitObject.h"

#include "compiler/codegen/SplitModule.h"

#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/DCE.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"

namespace nnc {
namespace {

std::unique_ptr<llvm::TargetMachine> createMachine(const TargetDescription &target,
                                                   std::string &error) {
  static const bool initialised = [] {
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    // The loops of kernels are emitted with addresses that x86 and AArch64 can form, and reducing
    // their strength takes a quarter of the time of code generation. LLVM knows no other switch.
    if (auto *option = llvm::cl::getRegisteredOptions().lookup("disable-lsr"))
      static_cast<llvm::cl::opt<bool> *>(option)->setValue(true);
    return true;
  }();
  (void)initialised;
  llvm::Triple triple(target.triple);
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return nullptr;
  llvm::TargetOptions options;
  // Our own code generation emits each fused multiply-add; LLVM must not fuse others.
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>(
      found->createTargetMachine(triple, target.cpu, target.features, options, llvm::Reloc::PIC_,
                                 /*CodeModel=*/std::nullopt, llvm::CodeGenOptLevel::Less));
}

void registerTranslations(mlir::MLIRContext &context) {
  mlir::registerBuiltinDialectTranslation(context);
  mlir::registerLLVMDialectTranslation(context);
}

/// Translates without a change to the MLIR context, so that threads may do so at once.
LlvmModule translate(mlir::ModuleOp module, const TargetDescription &target, std::string &error) {
  LlvmModule result;
  result.context = std::make_unique<llvm::LLVMContext>();
  result.module = mlir::translateModuleToLLVMIR(module, *result.context);
  if (!result.module) {
    error = "the module has no form in LLVM IR";
    return result;
  }
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(target, error);
  if (!machine) {
    result.module.reset();
    return result;
  }
  result.module->setTargetTriple(machine->getTargetTriple());
  result.module->setDataLayout(machine->createDataLayout());
  // Full-width vectors, also where LLVM would rather use half the width. No exception passes through
  // compiled code, which needs no tables to unwind it.
  for (llvm::Function &function : *result.module) {
    if (function.isDeclaration())
      continue;
    function.setDoesNotThrow();
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", target.features);
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorBits));
    function.addFnAttr("min-legal-vector-width", std::to_string(target.vectorBits));
  }
  return result;
}

} // namespace

LlvmModule translateToLlvm(mlir::ModuleOp module, const TargetDescription &target,
                           std::string &error) {
  registerTranslations(*module.getContext());
  return translate(module, target, error);
}

void addData(llvm::Module &module, const ModelData &data) {
  llvm::LLVMContext &context = module.getContext();
  auto add = [&](llvm::Constant *value, llvm::StringRef symbol) {
    new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                             llvm::GlobalValue::ExternalLinkage, value, symbol);
  };
  add(llvm::ConstantDataArray::getString(context, data.description), "nnc_description");
  auto *pointer = llvm::PointerType::get(context, 0);
  llvm::SmallVector<llvm::Constant *> functions;
  for (const std::string &symbol : data.functions) {
    // It may be in another part.
    llvm::Constant *function = module.getFunction(symbol);
    if (symbol.empty())
      function = llvm::ConstantPointerNull::get(pointer);
    else if (!function)
      function = llvm::Function::Create(
          llvm::FunctionType::get(llvm::Type::getVoidTy(context), /*isVarArg=*/false),
          llvm::GlobalValue::ExternalLinkage, symbol, module);
    functions.push_back(function);
  }
  add(llvm::ConstantArray::get(llvm::ArrayType::get(pointer, functions.size()), functions),
      "nnc_functions");
}

void optimize(llvm::Module &module, const TargetDescription &target) {
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(target, error);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(machine.get());
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);

  // Peepholes find something in the arithmetic of users and of mathematical functions, but not in
  // contractions, where they would cost most.
  auto build = [](bool peepholes) {
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/false));
    if (peepholes)
      passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()),
                                                         /*UseMemorySSA=*/true));
    passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
    passes.addPass(llvm::SimplifyCFGPass());
    passes.addPass(llvm::DCEPass());
    return passes;
  };
  llvm::FunctionPassManager ofContractions = build(false), ofOthers = build(true);
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      (function.getName().starts_with("nnc_contraction_") ? ofContractions : ofOthers)
          .run(function, functions);
}

bool emitMachineCode(llvm::Module &module, const TargetDescription &target, MachineCode kind,
                     llvm::raw_pwrite_stream &output, std::string &error) {
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(target, error);
  if (!machine)
    return false;
  llvm::legacy::PassManager passes;
  auto type = kind == MachineCode::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                            : llvm::CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(passes, output, nullptr, type)) {
    error = "LLVM cannot generate code for " + target.triple;
    return false;
  }
  passes.run(module);
  return true;
}

std::vector<llvm::SmallString<0>> emitObjects(mlir::ModuleOp module,
                                              const TargetDescription &target,
                                              const ModelData &data, std::string &error) {
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> parts = splitModule(module);
  std::vector<llvm::SmallString<0>> objects(parts.size());
  std::vector<std::string> errors(parts.size());
  registerTranslations(*module.getContext());
  auto generate = [&](size_t i) {
    LlvmModule part = translate(*parts[i], target, errors[i]);
    if (!part.module)
      return mlir::failure();
    if (i == 0)
      addData(*part.module, data);
    optimize(*part.module, target);
    llvm::raw_svector_ostream stream(objects[i]);
    return mlir::success(
        emitMachineCode(*part.module, target, MachineCode::Object, stream, errors[i]));
  };
  if (mlir::succeeded(
          mlir::failableParallelForEachN(module.getContext(), 0, parts.size(), generate)))
    return objects;
  for (const std::string &message : errors)
    if (!message.empty())
      error = message;
  return {};
}

} // namespace nnc
