#include "tests/kernels/contraction/Jit.h"

#include "compiler/passes/Passes.h"
#include "compiler/codegen/EmitObject.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace mlir;

namespace nnc::test {
namespace {

[[noreturn]] void fail(const std::string &message) {
  llvm::errs() << "jit: " << message << "\n";
  std::abort();
}

template <typename T> T check(llvm::Expected<T> value) {
  if (!value)
    fail(llvm::toString(value.takeError()));
  return std::move(*value);
}

void check(llvm::Error error) {
  if (error)
    fail(llvm::toString(std::move(error)));
}

} // namespace

std::unique_ptr<MLIRContext> makeContext() {
  DialectRegistry registry;
  registry
      .insert<arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
              memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect, LLVM::LLVMDialect>();
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

TargetDescription target(const std::string &cpu, const std::string &features) {
  std::string error;
  std::optional<TargetDescription> found = describeTarget(cpu, features, error);
  if (!found)
    fail(error);
  return *found;
}

bool runsHere(const TargetDescription &target) {
  TargetDescription host = test::target("native");
  return target.vectorBits <= host.vectorBits && (host.hasFma || !target.hasFma);
}

Jit::Jit(ModuleOp module, const TargetDescription &target) {
  if (failed(verify(module)))
    fail("the module does not verify");
  PassManager passes(module.getContext());
  passes.addPass(createLowerToLLVM());
  passes.addNestedPass<LLVM::LLVMFuncOp>(createCSEPass());
  if (failed(passes.run(module)))
    fail("conversion to LLVM failed");

  std::string error;
  LlvmModule code = translateToLlvm(module, target, error);
  if (!code.module)
    fail(error);
  if (std::getenv("NNC_TEST_DUMP"))
    code.module->print(llvm::errs(), nullptr);
  optimize(*code.module, target);
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  if (!emitMachineCode(*code.module, target, MachineCode::Object, stream, error))
    fail(error);
  jit = check(llvm::orc::LLJITBuilder().create());
  check(jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(object, "test")));
}

Jit::~Jit() = default;

void *Jit::lookup(const std::string &name) const {
  return check(jit->lookup(name)).toPtr<void *>();
}

} // namespace nnc::test
