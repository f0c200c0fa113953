//===- Passes.td - From nn on tensors to the LLVM dialect -----------------===//

#ifndef NNC_CONVERSION_PASSES
#define NNC_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def LowerToLoops : Pass<"lower-to-loops", "::mlir::ModuleOp"> {
  let summary = "Lower linalg ops on memrefs to vector code in scf loops, shared among threads";
  let description = [{
    Contractions go to the kernel generator of Contraction.h; every other linalg
    op is planned by KernelPlan.h and emitted by KernelEmitter.h. In a function
    with the attribute `nn.threaded`, whose last two arguments are the number of
    this thread and of all threads, a kernel that is worth it shares one of its
    parallel loops; the others run on thread 0. `@nnc_barrier` is called where
    Barriers.h says so. The partition never changes a result.
  }];
  let options = [
    Option<"targetCpu", "target-cpu", "std::string", "\"native\"", "processor to plan for">,
  ];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::math::MathDialect",
    "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect", "mlir::vector::VectorDialect",
  ];
}

#endif // NNC_CONVERSION_PASSES
