//===- NNBase.td - The nn dialect and its type constraints ----------------===//
//
// The dialect itself, the tensor types its operations accept, and the classes
// from which every family of operations is made.
//
//===----------------------------------------------------------------------===//

#ifndef NNC_DIALECT_NNBASE
#define NNC_DIALECT_NNBASE

include "mlir/IR/EnumAttr.td"
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
    and `nn.scan` has one result and none has a side effect. Floats are f32 or f64, integers
    i32 or i64, truth values i1. Element-wise operations take operands of one
    shape: a broadcast is always an operation of its own. Arithmetic follows
    IEEE 754; each operation states its deviations.
  }];
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
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

// The kinds of arguments and results of functions; the attribute `nn.kind` on them.
def NN_Kind : I32EnumAttr<"Kind", "part of a function's signature", [
    I32EnumAttrCase<"Parameter", 0, "parameter">, I32EnumAttrCase<"Slot", 1, "slot">,
    I32EnumAttrCase<"State", 2, "state">, I32EnumAttrCase<"Input", 3, "input">,
    I32EnumAttrCase<"ExampleWeight", 4, "example_weight">, I32EnumAttrCase<"Scalar", 5, "scalar">,
    I32EnumAttrCase<"Output", 6, "output">,
    I32EnumAttrCase<"ExampleOutput", 7, "example_output">, I32EnumAttrCase<"Token", 8, "token">,
    I32EnumAttrCase<"Cache", 9, "cache">, I32EnumAttrCase<"Total", 10, "total">]> {
  let cppNamespace = "::nnc::nn";
  let genSpecializedAttr = 0;
}
def NN_KindAttr : EnumAttr<NN_Dialect, NN_Kind, "kind"> {
  let assemblyFormat = "`<` $value `>`";
}

def NN_HasDerivative : DeclareOpInterfaceMethods<NN_Differentiable>;
def NN_HasBatchRule : DeclareOpInterfaceMethods<NN_Batchable, ["buildBatched"]>;

// Methods of Permutable that an operation has rules for, in NNDimensions.cpp; the others are as for an
// element-wise operation.
def NN_HasOrderRule : DeclareOpInterfaceMethods<NN_Permutable, ["buildPermuted"]>;
def NN_HasLayoutRule : DeclareOpInterfaceMethods<NN_Permutable, ["tieDims", "buildPermuted"]>;
def NN_HasSplatLayoutRule : DeclareOpInterfaceMethods<NN_Permutable, ["keepsOrder", "buildPermuted"]>;
def NN_HasTiesOnly : DeclareOpInterfaceMethods<NN_Permutable, ["tieDims", "keepsOrder"]>;

// The rules of NNSteps.cpp; by default, row by row.
def NN_HasStepRule : DeclareOpInterfaceMethods<NN_Steppable, ["buildStep"]>;

class NN_Trait<string name> : NativeOpTrait<name> {
  let cppNamespace = "::nnc::nn";
}
// Outside of functions operations could be operands of themselves, which folders follow without end.
def NN_InFunction : NN_Trait<"InFunction">;
def NN_ChoosesElements : NN_Trait<"ChoosesElements">;
def NN_StopsGradient : NN_Trait<"StopsGradient">;

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, !listconcat(traits, [Pure, NN_InFunction, NN_Work])> {
  // Work in units of an addition; moves read and write memory.
  int operationsPerElement = 4;
  string workOn = "getResult()";
  string operations = operationsPerElement # " * detail::elementsOf(" # workOn # ")";
  string declarations = "";
  let extraClassDeclaration = "int64_t countOperations() { return " # operations # "; }" # declarations;
}

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

// An operation on the elements along one dimension, by which their place in it counts. A trait says
// how the type of the result, which has the shape of the operand, follows from the operand's.
class NN_AlongDimOp<string mnemonic, Type tensor, list<Trait> traits>
    : NN_Op<mnemonic, !listconcat(traits, [NN_HasBatchRule, NN_HasOrderRule, NN_HasStepRule])> {
  let arguments = (ins NN_NumberTensor:$operand,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs tensor:$result);
  let assemblyFormat = "$operand `dim` $dim attr-dict `:` type($operand)";
  let hasVerifier = 1;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::verify() { return detail::verifyDim(*this, getDim()); }
    void $cppClass::buildBatched(::mlir::OpBuilder &builder, ::mlir::ValueRange operands,
                                 const ::llvm::SmallBitVector &, int64_t,
                                 ::llvm::SmallVectorImpl<::mlir::Value> &results) {
      results.push_back($cppClass::create(builder, getLoc(), operands[0], getDim() + 1));
    }
    ::mlir::Value $cppClass::buildPermuted(::mlir::OpBuilder &builder, PermutedOperands &operands,
                                           ::llvm::SmallVectorImpl<int64_t> &order) {
      return detail::buildInOrder(
          *this, builder, operands, order,
          builder.getNamedAttr("dim", builder.getI64IntegerAttr(placeIn(order, getDim()))));
    }
  }];
}

#endif // NNC_DIALECT_NNBASE
