//===- NNReduction.td - Reductions and contractions -----------------------===//

#ifndef NNC_DIALECT_NNREDUCTION
#define NNC_DIALECT_NNREDUCTION

include "compiler/dialect/NNBase.td"

class NN_ReductionOp<string mnemonic, list<Trait> traits = []>
    : NN_InferredOp<mnemonic, !listconcat(traits, [NN_HasDerivative, NN_HasBatchRule, NN_HasLayoutRule,
                                           NN_Steppable])> {
  let operationsPerElement = 1;
  let workOn = "getOperand()";
  let description = "`dims` increase; the reduced dimensions are dropped from the shape.";
  let arguments = (ins NN_NumberTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand) `->` type($result)";
  let hasFolder = 1;
}

def NN_ReduceSumOp : NN_ReductionOp<"reduce_sum"> {
  let summary = "sum over dimensions";
}
def NN_ReduceMaxOp : NN_ReductionOp<"reduce_max", [NN_ChoosesElements]> {
  let summary = "maximum over dimensions; NaN if one element is NaN";
  let description = [{
    `dims` increase; the reduced dimensions are dropped from the shape. The
    gradient goes to the first of equal maxima in row-major order.
  }];
}
def NN_ReduceMinOp : NN_ReductionOp<"reduce_min", [NN_ChoosesElements]> {
  let summary = "minimum over dimensions; NaN if one element is NaN";
  let description = [{
    `dims` increase; the reduced dimensions are dropped from the shape. The
    gradient goes to the first of equal minima in row-major order.
  }];
}
def NN_ReduceProdOp : NN_ReductionOp<"reduce_prod"> {
  let summary = "product over dimensions";
}

def NN_ArgmaxOp : NN_InferredOp<"argmax", [NN_HasBatchRule, NN_HasLayoutRule, NN_Steppable]> {
  let operationsPerElement = 1;
  let workOn = "getOperand()";
  let summary = "index of the first maximum along one dimension, as i32";
  let description = [{
    The index of the element that is left when each element in turn replaces the
    best so far if it is greater; so a NaN counts only in the first place.
  }];
  let arguments = (ins NN_NumberTensor:$operand,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs StaticShapeTensorOf<[I32]>:$result);
  let assemblyFormat = "$operand `dim` $dim attr-dict `:` type($operand) `->` type($result)";
}

def NN_ArgsortOp : NN_AlongDimOp<"argsort", NN_IntTensor, [
    TypesMatchWith<"the result has the shape of the operand and element type i32", "operand",
                   "result",
                   "::mlir::cast<::mlir::RankedTensorType>($_self).clone("
                   "::mlir::IntegerType::get($_self.getContext(), 32))">]> {
  let summary = "the indices of the elements along one dimension in ascending order, as i32";
  let description = [{
    Element k of the result is the place of the k-th smallest element. Equal
    elements, of which -0.0 and 0.0 are two, keep their order, and NaNs come
    last. Each element is compared with all others, so that the work grows with
    the square of the extent.
  }];
  let operations = "detail::countPairs(getOperand(), getDim())";
}

def NN_CumulativeSumOp : NN_AlongDimOp<"cumulative_sum", NN_NumberTensor,
                                       [SameOperandsAndResultType, NN_HasDerivative]> {
  let summary = "running sums along one dimension";
  let description = [{
    Element i is the sum of the elements 0 to i along `dim`. Floats are added as
    a tree, so that results differ by rounding from sums in order.
  }];
}

def NN_SoftmaxOp : NN_Op<"softmax", [
    SameOperandsAndResultType, NN_HasDerivative, NN_HasBatchRule, NN_HasOrderRule,
    NN_HasStepRule]> {
  let summary = "exp(x) divided by its sum over dimensions";
  let operationsPerElement = 32;
  let description = [{
    `dims` increase. The maximum over them is subtracted first, so that nothing
    overflows. An element of -inf is left out: its result is 0, and no gradient
    reaches it. If all elements are left out, all results are 0. An element of
    +inf or NaN makes all results NaN.
  }];
  let arguments = (ins NN_FloatTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand)";
  let hasVerifier = 1;
}

def NN_ContractOp : NN_InferredOp<"contract", [NN_HasDerivative, NN_HasBatchRule, NN_HasLayoutRule,
                                              NN_Steppable]> {
  let operations = "detail::countContraction(*this)";
  let summary = "sum of products: einsum of two operands";
  let description = [{
    Each list names the dimensions of one tensor by labels (numbers from 0,
    below 2^31). A label occurs at most once in a list, has one extent everywhere, and every
    label of the result occurs in an operand. Labels that are missing in the
    result are summed over.

    ```mlir
    %y = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2]
        : tensor<64x784xf32>, tensor<784x256xf32> -> tensor<64x256xf32>
    ```
    In canonical form labels are numbered in the order of their first
    occurrence, and every summed label occurs in both operands.
  }];
  let arguments = (ins NN_FloatTensor:$lhs, NN_FloatTensor:$rhs,
                       DenseI64ArrayAttr:$lhs_labels, DenseI64ArrayAttr:$rhs_labels,
                       DenseI64ArrayAttr:$result_labels);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs $lhs_labels `x` $rhs_labels `->` $result_labels attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasCanonicalizer = 1;
}

#endif // NNC_DIALECT_NNREDUCTION
