//===- NNStructure.td - Constants and operations on shapes ----------------===//

#ifndef NNC_DIALECT_NNSTRUCTURE
#define NNC_DIALECT_NNSTRUCTURE

include "compiler/dialect/NNBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

def NN_ConstantOp : NN_Op<"constant", [
    ConstantLike, NN_HasSplatLayoutRule, AllTypesMatch<["value", "result"]>]> {
  let summary = "a tensor known when compiling";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def NN_IotaOp : NN_Op<"iota", [NN_HasOrderRule]> {
  let summary = "each element is its own index along one dimension";
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_BroadcastOp : NN_Op<"broadcast", [NN_HasDerivative, NN_HasBatchRule, NN_HasLayoutRule, NN_Steppable]> {
  let operationsPerElement = 0;
  let summary = "repeats a tensor along new dimensions";
  let description = [{
    `dims[i]` is where dimension i of the operand goes in the result; the
    numbers increase, and the extents are equal. All other dimensions of the
    result are new. An extent of 1 is not stretched: reshape it away first.

    ```mlir
    %y = nn.broadcast %bias [1] : tensor<10xf32> -> tensor<64x10xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_ReshapeOp : NN_Op<"reshape", [NN_HasDerivative, NN_HasBatchRule, NN_HasLayoutRule, NN_Steppable]> {
  let operationsPerElement = 0;
  let summary = "the same elements in row-major order in another shape";
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_TransposeOp : NN_InferredOp<"transpose", [NN_HasDerivative, NN_HasBatchRule, NN_HasLayoutRule,
                                                NN_Steppable]> {
  let summary = "permutes dimensions";
  let description = "Dimension i of the result is dimension `permutation[i]` of the operand.";
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand $permutation attr-dict `:` type($operand) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def NN_SliceOp : NN_InferredOp<"slice", [NN_HasDerivative, NN_HasBatchRule, NN_HasOrderRule, NN_HasStepRule,
                                        NN_ChoosesElements]> {
  let operationsPerElement = 0;
  let summary = "every strides[d]-th element of each dimension, sizes[d] of them from offsets[d]";
  let description = [{
    ```mlir
    %y = nn.slice %x [0, 2] [4, 3] [1, 2] : tensor<4x8xf32> -> tensor<4x3xf32>
    ```
    The lists are offsets, sizes and strides.
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$sizes,
                       DenseI64ArrayAttr:$strides);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand $offsets $sizes $strides attr-dict `:` type($operand) `->` type($result)
  }];
  let hasFolder = 1;
}

def NN_PadOp : NN_InferredOp<"pad", [NN_HasDerivative, NN_HasBatchRule, NN_HasOrderRule, NN_HasStepRule]> {
  let summary = "adds low[d] elements before and high[d] after each dimension";
  let description = [{
    The added elements are `value`, converted to the element type.

    ```mlir
    %y = nn.pad %x [0, 1] [0, 2] value 0.0 : tensor<4x8xf32> -> tensor<4x11xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       F64Attr:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand $low $high `value` $value attr-dict `:` type($operand) `->` type($result)
  }];
  let hasFolder = 1;
}

def NN_ConcatOp : NN_InferredOp<"concat", [NN_HasDerivative, NN_HasBatchRule, NN_HasOrderRule, NN_HasStepRule]> {
  let summary = "joins tensors along one dimension";
  let arguments = (ins Variadic<NN_Tensor>:$inputs,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$inputs `dim` $dim attr-dict `:` type($inputs) `->` type($result)";
  let hasFolder = 1;
}

def NN_ReverseOp : NN_Op<"reverse", [NN_HasDerivative, NN_HasBatchRule, NN_HasOrderRule,
                                   NN_HasStepRule, SameOperandsAndResultType]> {
  let summary = "reverses the order of the elements along some dimensions";
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_GatherOp : NN_InferredOp<"gather", [NN_HasDerivative, NN_HasBatchRule, NN_HasTiesOnly,
                                          NN_Steppable, NN_ChoosesElements]> {
  let summary = "looks entries up by index";
  let description = [{
    x has shape `[batch..., n, rest...]`, the indices `[batch..., index...]`, the
    result `[batch..., index..., rest...]`, with `batch_dims` dimensions in
    `batch`. An index outside 0 ... n-1 is clamped to the nearest of these, so
    that no index reads outside x. No gradient flows to the indices.
  }];
  let arguments = (ins NN_Tensor:$operand, NN_IntTensor:$indices,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$batch_dims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand `,` $indices `batch_dims` $batch_dims attr-dict
    `:` type($operand) `,` type($indices) `->` type($result)
  }];
}

def NN_ScatterAddOp : NN_InferredOp<"scatter_add", [NN_HasDerivative, NN_HasBatchRule, NN_HasTiesOnly,
                                                    NN_Steppable]> {
  let summary = "adds updates into a tensor of zeros at positions given by indices";
  let description = [{
    The adjoint of `nn.gather`: updates have shape `[batch..., index..., rest...]`,
    the indices `[batch..., index...]`, the result `[batch..., size, rest...]`.
    Updates to one position are added in the order of the indices. An index
    outside 0 ... size-1 is clamped to the nearest of these.
  }];
  let arguments = (ins NN_NumberTensor:$updates, NN_IntTensor:$indices,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$batch_dims,
                       ConfinedAttr<I64Attr, [IntPositive]>:$size);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = [{
    $updates `,` $indices `batch_dims` $batch_dims `size` $size attr-dict
    `:` type($updates) `,` type($indices) `->` type($result)
  }];
}

#endif // NNC_DIALECT_NNSTRUCTURE
