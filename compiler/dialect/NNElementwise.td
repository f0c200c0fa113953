//===- NNElementwise.td - Element-wise operations -------------------------===//

#ifndef NNC_DIALECT_NNELEMENTWISE
#define NNC_DIALECT_NNELEMENTWISE

include "compiler/dialect/NNBase.td"

class NN_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat(traits, [Elementwise, NN_Batchable, NN_Permutable, NN_Steppable])> {
  let operationsPerElement = 1;
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

class NN_UnaryOp<string mnemonic, Type tensor, list<Trait> traits = []>
    : NN_ElementwiseOp<mnemonic, !listconcat(traits, [SameOperandsAndResultType])> {
  let arguments = (ins tensor:$operand);
  let results = (outs tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
  let hasFolder = 1;
}
class NN_UnaryFloatOp<string mnemonic, list<Trait> traits = []>
    : NN_UnaryOp<mnemonic, NN_FloatTensor, traits>;
// Evaluated by a polynomial.
class NN_TranscendentalOp<string mnemonic> : NN_UnaryFloatOp<mnemonic, [NN_HasDerivative]> {
  let operationsPerElement = 16;
}
class NN_UnaryNumberOp<string mnemonic, list<Trait> traits = []>
    : NN_UnaryOp<mnemonic, NN_NumberTensor, traits>;

def NN_NegOp : NN_UnaryNumberOp<"neg", [NN_HasDerivative]> { let summary = "-x"; }
def NN_AbsOp : NN_UnaryNumberOp<"abs", [NN_HasDerivative]> {
  let summary = "absolute value; its derivative at 0 is 0";
}
def NN_SignOp : NN_UnaryNumberOp<"sign", [NN_HasDerivative]> {
  let summary = "-1, 0 or 1 by the sign of x; zeros keep their sign and NaN stays NaN; "
                "its derivative is 0 everywhere";
}
def NN_ExpOp : NN_TranscendentalOp<"exp"> { let summary = "e to the power x"; }
def NN_Expm1Op : NN_TranscendentalOp<"expm1"> { let summary = "exp(x) - 1, exact near 0"; }
def NN_LogOp : NN_TranscendentalOp<"log"> { let summary = "natural logarithm"; }
def NN_Log1pOp : NN_TranscendentalOp<"log1p"> { let summary = "log(1 + x), exact near 0"; }
def NN_SqrtOp : NN_UnaryFloatOp<"sqrt", [NN_HasDerivative]> {
  let summary = "square root";
  let operationsPerElement = 4;
}
def NN_RsqrtOp : NN_UnaryFloatOp<"rsqrt", [NN_HasDerivative]> {
  let summary = "1 / sqrt(x)";
  let operationsPerElement = 4;
}
def NN_TanhOp : NN_TranscendentalOp<"tanh"> { let summary = "hyperbolic tangent"; }
def NN_LogisticOp : NN_TranscendentalOp<"logistic"> { let summary = "1 / (1 + exp(-x))"; }
def NN_ErfOp : NN_TranscendentalOp<"erf"> { let summary = "error function"; }
def NN_SinOp : NN_TranscendentalOp<"sin"> { let summary = "sine of x in radians"; }
def NN_CosOp : NN_TranscendentalOp<"cos"> { let summary = "cosine of x in radians"; }
def NN_FloorOp : NN_UnaryFloatOp<"floor", [NN_HasDerivative]> {
  let summary = "largest integer not above x; its derivative is 0 everywhere";
}
def NN_CeilOp : NN_UnaryFloatOp<"ceil", [NN_HasDerivative]> {
  let summary = "smallest integer not below x; its derivative is 0 everywhere";
}
def NN_RoundOp : NN_UnaryFloatOp<"round", [NN_HasDerivative]> {
  let summary = "nearest integer, a half to the even one; its derivative is 0 everywhere";
}
def NN_NotOp : NN_UnaryOp<"not", NN_BoolTensor> { let summary = "logical negation"; }

def NN_StopGradientOp : NN_ElementwiseOp<"stop_gradient", [SameOperandsAndResultType, NN_StopsGradient]> {
  let summary = "x itself, through which no gradient flows";
  let description = [{
    `nn-differentiate` treats the result as a constant. The operation is removed
    by `nn-simplify` once no `nn.gradient` is left in the function.
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

class NN_BinaryOp<string mnemonic, Type tensor, list<Trait> traits = []>
    : NN_ElementwiseOp<mnemonic, !listconcat(traits, [SameOperandsAndResultType])> {
  let arguments = (ins tensor:$lhs, tensor:$rhs);
  let results = (outs tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
  let hasFolder = 1;
}
class NN_BinaryNumberOp<string mnemonic, list<Trait> traits = []>
    : NN_BinaryOp<mnemonic, NN_NumberTensor, traits>;

def NN_AddOp : NN_BinaryNumberOp<"add", [Commutative, NN_HasDerivative]> { let summary = "sum"; }
def NN_SubOp : NN_BinaryNumberOp<"sub", [NN_HasDerivative]> { let summary = "difference"; }
def NN_MulOp : NN_BinaryNumberOp<"mul", [Commutative, NN_HasDerivative]> { let summary = "product"; }
def NN_DivOp : NN_BinaryNumberOp<"div", [NN_HasDerivative]> {
  let operationsPerElement = 4;
  let summary = "quotient; of integers towards zero, and 0 where the divisor is 0";
}
def NN_RemOp : NN_BinaryNumberOp<"rem", [NN_HasDerivative]> {
  let operationsPerElement = 4;
  let summary = "remainder with the sign of the dividend; of integers 0 where the divisor is 0";
}
def NN_MaxOp : NN_BinaryNumberOp<"max", [NN_HasDerivative, NN_ChoosesElements]> {
  let summary = "larger of two; NaN if one is NaN";
  let description = [{
    0.0 is larger than -0.0. Where both operands are equal the gradient goes to
    the second one: `max(x, 0)` has derivative 0 at 0. For that reason the
    operation is not commutative.
  }];
}
def NN_MinOp : NN_BinaryNumberOp<"min", [NN_HasDerivative, NN_ChoosesElements]> {
  let summary = "smaller of two; NaN if one is NaN";
  let description = [{
    -0.0 is smaller than 0.0. Where both operands are equal the gradient goes to
    the second one, as for `nn.max`.
  }];
}
def NN_PowOp : NN_BinaryOp<"pow", NN_FloatTensor, [NN_HasDerivative]> {
  let summary = "lhs to the power rhs";
  let operationsPerElement = 16;
  let description = [{
    The derivative by the exponent is 0 where the base is 0, the derivative by
    the base is 0 where the exponent is 0. Constant exponents -1, 0, 1, 2 and 3
    become products.
  }];
  let hasCanonicalizer = 1;
}
def NN_Atan2Op : NN_BinaryOp<"atan2", NN_FloatTensor, [NN_HasDerivative]> {
  let summary = "angle in radians, from -pi to pi, of the point with ordinate lhs and abscissa rhs";
  let operationsPerElement = 16;
  let description = [{
    Zeros and infinities count as in C: `atan2(0, -1)` is pi, `atan2(-0.0, -1)`
    is -pi, at `(0, 0)` and between infinities signs decide. Both derivatives
    are 0 where `lhs^2 + rhs^2` is 0.
  }];
}
def NN_AndOp : NN_BinaryOp<"and", NN_BoolTensor, [Commutative]> { let summary = "both"; }
def NN_OrOp : NN_BinaryOp<"or", NN_BoolTensor, [Commutative]> { let summary = "at least one"; }

def NN_ComparePredicate : I32EnumAttr<"ComparePredicate", "how two numbers are compared", [
    I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
    I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]> {
  let cppNamespace = "::nnc::nn";
}

def NN_CompareOp : NN_InferredOp<"compare", [SameTypeOperands, Elementwise, NN_Batchable, NN_Permutable,
                                            NN_Steppable]> {
  let operationsPerElement = 1;
  let summary = "comparison; with NaN only `ne` holds";
  let arguments = (ins NN_ComparePredicate:$predicate, NN_Tensor:$lhs, NN_Tensor:$rhs);
  let results = (outs NN_BoolTensor:$result);
  let assemblyFormat = "$predicate $lhs `,` $rhs attr-dict `:` type($lhs)";
  let hasFolder = 1;
}

def NN_SelectOp : NN_ElementwiseOp<"select", [
    NN_HasDerivative,
    AllTypesMatch<["trueValue", "falseValue", "result"]>,
    TypesMatchWith<"the condition has the shape of the result and element type i1", "result",
                   "condition",
                   "::mlir::cast<::mlir::RankedTensorType>($_self).clone("
                   "::mlir::IntegerType::get($_self.getContext(), 1))">]> {
  let summary = "trueValue where the condition holds, falseValue elsewhere";
  let description = "No gradient flows to the condition.";
  let arguments = (ins NN_BoolTensor:$condition, NN_Tensor:$trueValue, NN_Tensor:$falseValue);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$condition `,` $trueValue `,` $falseValue attr-dict `:` type($result)";
  let hasFolder = 1;
}

def NN_ConvertOp : NN_ElementwiseOp<"convert", [NN_HasDerivative, SameOperandsAndResultShape]> {
  let summary = "the same numbers in another element type";
  let description = [{
    To a narrower float: rounded to nearest, ties to even. Float to integer:
    towards zero, saturating at the range's ends, NaN to 0. i1 to a number: 0 or
    1. Integer to integer: the low bits. Nothing converts to i1 (compare with 0
    instead).
  }];
  let arguments = (ins NN_Tensor:$operand);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasFolder = 1;
}

#endif // NNC_DIALECT_NNELEMENTWISE
