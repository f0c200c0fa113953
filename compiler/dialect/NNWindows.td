//===- NNWindows.td - Windows over images and sequences --------------------===//
//
// The common part of convolution and pooling. Both operations are linear, and each is the other's
// adjoint, so that the family is closed under differentiation.
//
//===----------------------------------------------------------------------===//

#ifndef NNC_DIALECT_NNWINDOWS
#define NNC_DIALECT_NNWINDOWS

include "compiler/dialect/NNBase.td"

def NN_WindowsOp : NN_InferredOp<"windows", [NN_HasDerivative, NN_HasBatchRule, NN_HasLayoutRule, NN_HasStepRule,
                                            NN_ChoosesElements]> {
  let operationsPerElement = 0;
  let summary = "the elements under a window at each of its positions";
  let description = [{
    Dimension `dims[i]` of the operand, of extent X, becomes the positions of a
    window of `sizes[i]` elements, `dilations[i]` apart, that moves by
    `strides[i]`: `(X - (size - 1) * dilation - 1) / stride + 1` of them. The
    elements of the windows are new last dimensions, in the order of `dims`.

        result[..., p, ..., o] = operand[..., p * stride + o * dilation, ...]

    Nothing is copied on the way to code: contractions and reductions read the
    operand itself. A convolution is a contraction of windows and weights,
    pooling a reduction of windows.

    ```mlir
    %w = nn.windows %x [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1]
        : tensor<8x34x34x64xf32> -> tensor<8x32x32x64x3x3xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$operand, DenseI64ArrayAttr:$dims, DenseI64ArrayAttr:$sizes,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $operand $dims `sizes` $sizes `strides` $strides `dilations` $dilations attr-dict
    `:` type($operand) `->` type($result)
  }];
}

def NN_OverlapAddOp : NN_InferredOp<"overlap_add", [NN_HasDerivative, NN_HasBatchRule, NN_HasLayoutRule,
                                                    NN_Steppable]> {
  let operationsPerElement = 1;
  let workOn = "getOperand()";
  let summary = "adds the elements of windows where the windows have them from";
  let description = [{
    The adjoint of `nn.windows`, whose result the operand looks like: dimension
    `dims[i]` counts positions, the last dimensions count elements of a window.
    In the result dimension `dims[i]` has `extents[i]` elements; those that lie
    in no window are 0. A transposed convolution is the overlap of the products
    of inputs and weights.

    ```mlir
    %x = nn.overlap_add %w [1, 2] extents [34, 34] strides [1, 1] dilations [1, 1]
        : tensor<8x32x32x64x3x3xf32> -> tensor<8x34x34x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$operand, DenseI64ArrayAttr:$dims,
                       DenseI64ArrayAttr:$extents, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{
    $operand $dims `extents` $extents `strides` $strides `dilations` $dilations attr-dict
    `:` type($operand) `->` type($result)
  }];
  let declarations = [{
    /// Elements of a window along each of `dims`.
    ::llvm::ArrayRef<int64_t> getSizes() {
      return getOperand().getType().getShape().take_back(getDims().size());
    }
  }];
}

#endif // NNC_DIALECT_NNWINDOWS
