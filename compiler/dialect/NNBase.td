//===- NNBase.td - The nn dialect and its type constraints ----------------===//
//
// The dialect itself, the tensor types its operations accept, and the classes
// from which every family of operations is made.
//
//===----------------------------------------------------------------------===//

#ifndef NNC_DIALECT_NNBASE
#define NNC_DIALECT_NNBASE

include "mlir/IR/OpBase.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "compiler/dialect/NNInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::nnc::nn";
  let summary = "Neural networks as a graph of differentiable tensor operations";
  let description = [{
    Values are builtin tensors of static shape with at least one element; every operation but `nn.gradient`
    has one result and none has a side effect. Floats are f32 or f64, integers
    i32 or i64, truth values i1. Element-wise operations take operands of one
    shape: a broadcast is always an operation of its own. Arithmetic follows
    IEEE 754; what deviates is stated at the operation.
  }];
  let hasConstantMaterializer = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

// No dimension is 0, and sizes do not overflow.
class NN_TensorOf<list<Type> types>
    : Type<And<[StaticShapeTensorOf<types>.predicate,
                CPred<"::nnc::nn::isUsable("
                      "::llvm::cast<::mlir::RankedTensorType>($_self))">]>,
           StaticShapeTensorOf<types>.summary # ", 1 to 2^42 bytes in all",
           "::mlir::RankedTensorType">;
def NN_FloatTensor : NN_TensorOf<[F32, F64]>;
def NN_IntTensor : NN_TensorOf<[I32, I64]>;
def NN_BoolTensor : NN_TensorOf<[I1]>;
def NN_NumberTensor : NN_TensorOf<[F32, F64, I32, I64]>;
def NN_Tensor : NN_TensorOf<[F32, F64, I32, I64, I1]>;

def NN_I64Scalar
    : Type<And<[IsTensorTypePred, HasAnyRankOfPred<[0]>,
                CPred<"::llvm::cast<::mlir::ShapedType>($_self).getElementType()"
                      ".isSignlessInteger(64)">]>,
           "tensor<i64>", "::mlir::RankedTensorType">,
      BuildableType<"::mlir::RankedTensorType::get({}, $_builder.getI64Type())">;
def NN_FloatScalar : 0DTensorOf<[F32, F64]>;

def NN_HasDerivative : DeclareOpInterfaceMethods<NN_Differentiable>;
def NN_HasBatchRule : DeclareOpInterfaceMethods<NN_Batchable, ["buildBatched"]>;

// Outside of functions operations could be operands of themselves, which folders follow without end.
def NN_InFunction : NativeOpTrait<"InFunction"> {
  let cppNamespace = "::nnc::nn";
}

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, !listconcat(traits, [Pure, NN_InFunction])>;

// An operation whose result type follows from its operands and attributes: its C++ function
// inferReturnTypes checks and computes. Verifying by it here, before the interface does, reports a
// mistake once.
class NN_InferredOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat(traits, [InferTypeOpAdaptor])> {
  let hasVerifier = 1;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::verify() { return detail::verifyInferredType(*this); }
  }];
}

#endif // NNC_DIALECT_NNBASE
