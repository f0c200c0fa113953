//===- LoweringPasses.td - The passes from nn to LLVM, in order ------------===//

#ifndef NNC_LOWERINGPASSES
#define NNC_LOWERINGPASSES

include "mlir/Pass/PassBase.td"

def ConvertNNToLinalg : Pass<"convert-nn-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "Lower nn ops to linalg on tensors, in destination-passing style";
  let description = [{
    Element-wise operations, broadcasts, transpositions, reversals, iota and
    gather become `linalg.generic` whose indexing maps give the places of reads;
    reductions and contractions become a `linalg.fill` and a `linalg.generic`;
    slices and reshapes become views; pad and concat insert into a destination;
    random numbers become the integer arithmetic that their documentation gives.
    `nn.scatter_add` stays where updates may meet in one place.
  }];
  let dependentDialects = [
    "mlir::affine::AffineDialect", "mlir::arith::ArithDialect", "mlir::linalg::LinalgDialect",
    "mlir::math::MathDialect", "mlir::tensor::TensorDialect",
  ];
}

def FuseElementwise : Pass<"fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Make one kernel of element-wise ops and the kernels that read their results";
  let description = [{
    Producers become part of element-wise and reducing consumers where nothing
    expensive is computed twice; moves (broadcasts, transpositions) become part
    of the reader's indexing map, for contractions permutations only. Two
    kernels over the same elements, one of which reads the other's result, become
    one with both results. A kernel reads an operand once that it read twice in the
    same way. Overlapping windows are read where they lie; if no operand is left
    whose shape gives the extent of a loop over a window, an empty tensor gives it,
    which the body does not read. Remarks of the category `fusion` list the
    operations of each kernel and, for each producer that another kernel reads from
    memory, the obstacle to fusion.
  }];
  let dependentDialects = [
    "mlir::affine::AffineDialect", "mlir::linalg::LinalgDialect", "mlir::tensor::TensorDialect",
  ];
}

def SplitReductions : Pass<"split-reductions", "::mlir::func::FuncOp"> {
  let summary = "Let threads share long reductions to few results";
  let description = [{
    A long reduction with too few results for the threads to share becomes a
    reduction to a fixed number of partial results, and their combination. The pieces
    depend on the shape alone, so the sum is the same for any number of threads.
  }];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::linalg::LinalgDialect", "mlir::tensor::TensorDialect",
  ];
}

def MarkZeroBorders : Pass<"mark-zero-borders", "::mlir::func::FuncOp"> {
  let summary = "Mark the zeros that pad the operands of contractions";
  let description = [{
    Contractions that read padded images, through windows or not, get the attribute
    `nn.interiors`: the part of each operand that need not be zero. By it
    lower-to-loops leaves out products with zeros, a third of them in a 3x3
    convolution of 4x4 images. A border of zeros with weights that are not
    finite therefore gives finite sums.

    ```mlir
    %padded = tensor.insert_slice %x into %border[0, 1, 0] [8, 4, 3] [1, 1, 1] {nn.zero_border} : ...
    linalg.generic {...} ins(%padded, %w : tensor<8x6x3xf32>, tensor<3x3x5xf32>) ...
    // =>
    linalg.generic {...} ins(%padded, %w : tensor<8x6x3xf32>, tensor<3x3x5xf32>)
        {nn.interiors = [array<i64: 0, 8, 1, 5, 0, 3>, array<i64>]} ...
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def MergeEqualKernels : Pass<"merge-equal-kernels", "::mlir::func::FuncOp"> {
  let summary = "Compute equal kernels once";
  let description = [{
    Input: a function of one block. Output: the same function without operations
    that nothing uses, without operations that equal an earlier one, and without
    equal subexpressions in the bodies of kernels.

    MLIR's CSE leaves regions out of its hash. Kernels that differ in their bodies
    alone, such as the initialisations of equal layers, then fall into one bucket
    and are compared each with each; here bodies are part of the hash.

    ```mlir
    %0 = linalg.generic {...} ins(%x : ...) outs(%e : ...) { ... math.exp ... }
    %1 = linalg.generic {...} ins(%x : ...) outs(%e : ...) { ... math.tanh ... }
    %2 = linalg.generic {...} ins(%x : ...) outs(%e : ...) { ... math.exp ... }
    ```
    Uses of `%2` become uses of `%0`; `%1` stays.
  }];
  let dependentDialects = ["mlir::linalg::LinalgDialect"];
}

def SplitPrologues : Pass<"split-prologues", "::mlir::func::FuncOp"> {
  let summary = "Let contractions compute functions of saved values as they read them";
  let description = [{
    Input: fused kernels. Output: the same functions, in which some element-wise
    kernels carry `nn.prologue`: each is a function of one tensor, which stays in
    memory for other kernels, and the operand of one contraction. The contraction
    reads the tensor and computes the function as it copies its operand into panels,
    so that the result is not in memory. Where a kernel computes both the
    tensor and the function of it, the function becomes a kernel of its own. Only in
    functions that recompute values to save memory (`nn.recompute`).

    ```mlir
    %h, %g = linalg.generic {...} ins(%x, %bias : ...) outs(...) { // x + bias and its exp
    %y = linalg.generic {...} ins(%g, %w : ...) outs(...) { ... arith.mulf, arith.addf ... }
    ```
    becomes
    ```mlir
    %h = linalg.generic {...} ins(%x, %bias : ...) outs(...) { ... arith.addf ... }
    %g = linalg.generic {...} ins(%h : ...) outs(...) {nn.prologue} { ... math.exp ... }
    %y = linalg.generic {...} ins(%g, %w : ...) outs(...) { ... arith.mulf, arith.addf ... }
    ```
  }];
  let dependentDialects = ["mlir::linalg::LinalgDialect", "mlir::tensor::TensorDialect"];
}

def UpdateRows : Pass<"update-rows", "::mlir::func::FuncOp"> {
  let summary = "mark updates of tables that change only the rows that were looked up";
  let description = [{
    Input: fused kernels. Output: the same functions, in which some element-wise
    kernels that update a table [rows, elements] carry `nn.rows`.

    The gradient of a table of which rows are looked up is 0 in all others. If
    it goes into one update alone, and this update leaves an element with a gradient
    of 0 as it is, together with all optimizer state, then the other rows need no
    work: so for gradient descent and AdaGrad, not for momentum, Adam or decay. The
    pass follows the 0 through the body of the kernel. Where a product with a number
    of the run, such as a decay, stands in the way, rows stay as they are if that is 0,
    which the compiled code tests.

    A marked kernel has one more operand, which says by row whether it was looked up;
    here that is all of them. `assign-arena` fills it, adds the gradients of
    the rows that were looked up, and updates these rows. Tables with fewer than
    four times the rows that a step looks up stay as they are.
  }];
  let dependentDialects = ["mlir::linalg::LinalgDialect", "mlir::tensor::TensorDialect"];
}

def AssignArena : Pass<"assign-arena", "::mlir::ModuleOp"> {
  let summary = "Give every tensor its place in the blocks of memory of compiled functions";
  let description = [{
    The bufferisation of nnc. Each function `f` on tensors becomes a function
    `nnc_f` that is given the blocks `persistent`, `arena`, `inputs`, `outputs`
    and `scalars` as bytes, for functions of `nn-step` also the block `cache`, then
    the number of its thread and of all threads.
    The attributes `nn.kind` and `nn.name` of arguments and results determine
    the block of a tensor; without them arguments are inputs and results are
    outputs.

    Kernels are ordered so that the new value of a persistent tensor can be
    written over the old one; where a kernel needs both, the new value is copied
    at last. Updates come as soon as they can, and so does arithmetic on single
    numbers, which they wait for. Element-wise kernels write over an operand that
    dies. All other
    tensors get a place in the arena by the memory planner, whose plan is
    verified. The kernels of a scan stand once among the others, with the marks
    of StepLoops.h; they write carries and emitted values to their rows. The
    layouts stay on the module and its functions as attributes; see BlockLayout.h.
    With `profile` every kernel gets the number of its region, which lower-to-loops
    reports to the runtime.
  }];
  let options = [
    Option<"profile", "profile", "bool", "false", "number the kernels for a profile">,
  ];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::linalg::LinalgDialect",
    "mlir::LLVM::LLVMDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect",
    "mlir::tensor::TensorDialect", "mlir::vector::VectorDialect",
  ];
}

def LowerToLoops : Pass<"lower-to-loops", "::mlir::ModuleOp"> {
  let summary = "Lower linalg ops on memrefs to vector code in scf loops, shared among threads";
  let description = [{
    Contractions go to the kernel generator of Contraction.h; every other linalg
    op is planned by KernelPlan.h and emitted by KernelEmitter.h. A kernel whose
    operands lie in the blocks of a function becomes a function of its own, which
    equal kernels of the module share (KernelLibrary.h); another stays where it is.
    In a function
    with the attribute `nn.threaded`, whose last two arguments are the number of
    this thread and of all threads, threads share a parallel loop of each kernel
    that is faster so; the others run on thread 0. `@nnc_barrier` is called where
    BarrierTracker (Barriers.h) finds a conflict. Kernels with marks of loops over
    steps go into loops, which threads share as KernelPlanner decides or
    `loop-threads` says. The partition never changes a result.
  }];
  let options = [
    Option<"targetCpu", "target-cpu", "std::string", "\"native\"", "processor to plan for">,
    Option<"targetThreads", "target-threads", "unsigned", "0",
           "threads to plan for; 0: two">,
    Option<"loopThreads", "loop-threads", "std::string", "\"choose\"",
           "how threads share loops over steps: rows, kernels, one, or choose">,
    Option<"placePanels", "place-panels", "bool", "false",
           "lower nothing; only count the panels of loops in `nn.blocks`">,
  ];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect",
    "mlir::math::MathDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect",
    "mlir::vector::VectorDialect",
  ];
}

def ExpandMath : Pass<"expand-math", "::mlir::ModuleOp"> {
  let summary = "Replace the math dialect's functions by arithmetic in f32, by calls in f64";
  let description = [{
    exp, expm1, log, log1p, tanh, erf, sin, cos, atan2, powf and rsqrt on f32
    scalars and vectors of any shape become arithmetic, at most 4 units in the
    last place off (docs/math.md); on f64 they become calls of the C library,
    element by element. A quotient of f32 whose divisor is a constant becomes
    the product with its reciprocal in two parts, where the target has fused
    multiply-adds. Other ops of the dialect stay for lower-to-llvm.
  }];
  let options = [
    Option<"targetCpu", "target-cpu", "std::string", "\"native\"", "processor to plan for">,
  ];
  let dependentDialects = [
    "mlir::LLVM::LLVMDialect", "mlir::arith::ArithDialect", "mlir::func::FuncDialect",
    "mlir::math::MathDialect", "mlir::scf::SCFDialect", "mlir::vector::VectorDialect",
  ];
}

def LowerToLLVM : Pass<"lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Convert scf, arith, vector, memref and func to the LLVM dialect";
  let description = [{
    One conversion for all, with memrefs of static shape passed as bare pointers.
  }];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::cf::ControlFlowDialect", "mlir::func::FuncDialect",
    "mlir::LLVM::LLVMDialect", "mlir::vector::VectorDialect",
  ];
}

#endif // NNC_LOWERINGPASSES
