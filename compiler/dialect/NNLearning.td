//===- NNLearning.td - Random numbers, the batch, gradients ---------------===//

#ifndef NNC_DIALECT_NNLEARNING
#define NNC_DIALECT_NNLEARNING

include "compiler/dialect/NNBase.td"

class NN_RandomOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat(traits, [NN_HasBatchRule, NN_StopsGradient])> {
  let operationsPerElement = 24;
  let arguments = (ins NN_I64Scalar:$seed, NN_I64Scalar:$step, Optional<NN_Tensor>:$like,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$stream);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{
    $seed `,` $step `stream` $stream (`like` $like^ `:` type($like))? attr-dict `:` type($result)
  }];
}

def NN_RandomUniformOp : NN_RandomOp<"random_uniform"> {
  let summary = "uniform numbers in [0, 1), a function of seed, step and stream alone";
  let description = [{
    Counter-based, so that the numbers depend neither on threads nor on order.
    All arithmetic is on unsigned integers and wraps. With

        mix(z):      z ^= z >> 30; z *= 0xBF58476D1CE4E5B9;
                     z ^= z >> 27; z *= 0x94D049BB133111EB; z ^= z >> 31     (u64)
        triple32(x): x ^= x >> 17; x *= 0xED5AD4BB; x ^= x >> 11; x *= 0xAC4C1B51;
                     x ^= x >> 15; x *= 0x31848BAB; x ^= x >> 14             (u32)
        G = 0x9E3779B97F4A7C15

        key = mix(seed + G); key = mix((key ^ step) + G); key = mix((key ^ stream) + G)
        k0 = low 32 bits of key, k1 = high 32 bits of key

    the element with row-major index i (its low 32 bits) is

        h = triple32(i + k0); h = triple32(h ^ k1); (h >> 8) * 2^-24

    which is exact in f32, and the same number in f32 and f64. C++ versions of
    these functions are in NNRandom.h.

    `like` is a value whose examples each need numbers of their own: if it
    depends on the example, `nn-add-batch` gives the result a batch dimension. That pass
    drops the operand.
  }];
}

def NN_RandomNormalOp : NN_RandomOp<"random_normal"> {
  let summary = "standard normal numbers, a function of seed, step and stream alone";
  let description = [{
    Box-Muller in the float type of the result:

        u = random_uniform(seed, step, stream) + 2^-24
        v = random_uniform(seed, step, stream + 2^32)
        sqrt(-2 * log(u)) * cos(2 pi * v)

    The addition is exact, so the logarithm is finite. `stream` is below 2^32.
    `expandRandomNormal` builds this formula.
  }];
  let hasVerifier = 1;
}

class NN_BatchReductionOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat(traits, [SameOperandsAndResultType, NN_HasDerivative])> {
  let arguments = (ins NN_FloatTensor:$operand);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
}

def NN_BatchMeanOp : NN_BatchReductionOp<"batch_mean"> {
  let summary = "mean of a per-example value over the real examples of the batch";
  let description = "Replaced by `nn-add-batch`.";
}
def NN_BatchSumOp : NN_BatchReductionOp<"batch_sum"> {
  let summary = "sum of a per-example value over the real examples of the batch";
  let description = "Replaced by `nn-add-batch`.";
}
def NN_BatchNextOp : NN_Op<"batch_next", [SameOperandsAndResultType, NN_HasDerivative]> {
  let summary = "the value of the next example of the batch; the last one has that of the first";
  let description = [{
    With `previous` the value of the example before. Replaced by `nn-add-batch`. In a
    batch that is not full, the examples that fill it up take part: they are copies
    of the others in their order, so that each real example but the last has the next
    real one, and the last has a copy of the first.
  }];
  let arguments = (ins NN_Tensor:$operand, UnitAttr:$previous);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$operand (`previous` $previous^)? attr-dict `:` type($result)";
}
def NN_BatchCountOp : NN_Op<"batch_count"> {
  let summary = "number of real examples in the batch";
  let description = "Replaced by `nn-add-batch`.";
  let results = (outs NN_FloatScalar:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def NN_GradientOp : NN_Op<"gradient", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let operations = "0"; // replaced before work is counted
  let summary = "derivatives of a scalar by values it is computed from";
  let description = [{
    Result i is d loss / d values[i], of the type of values[i]; zeros if the loss
    does not depend on it. Replaced by `nn-differentiate`.

    Of a function that is written for one example, the loss is that example's, and
    so is the derivative: the examples of a batch do not know each other. Where
    `nn.batch_mean` or `nn.batch_sum` lies between a value and the loss, the
    derivative is that of the sum of the loss over the batch.

    ```mlir
    %dw, %db = nn.gradient %loss wrt %w, %b : tensor<f32> wrt tensor<4x3xf32>, tensor<3xf32>
    ```
  }];
  let arguments = (ins NN_FloatScalar:$loss, Variadic<NN_FloatTensor>:$values);
  let results = (outs Variadic<NN_FloatTensor>:$gradients);
  let assemblyFormat = "$loss `wrt` $values attr-dict `:` type($loss) `wrt` type($values)";
}

#endif // NNC_DIALECT_NNLEARNING
