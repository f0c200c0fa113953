//===- NNAttention.td - Attention as one operation -------------------------===//

#ifndef NNC_DIALECT_NNATTENTION
#define NNC_DIALECT_NNATTENTION

include "compiler/dialect/NNBase.td"

class NN_AttentionBase<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat(traits, [SingleBlock, IsolatedFromAbove])> {
  let operations = "detail::countAttention(*this)";
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let declarations = [{
    ::mlir::Block *getBlock() { return &getBody().front(); }
    YieldOp getYield();
    /// The roles of the labels; the verifier has checked that each label has one.
    AttentionDims getDims();
  }];
}

def NN_AttentionOp : NN_AttentionBase<"attention", [NN_HasDerivative]> {
  let summary = "weighted sums of values, by the softmax of the products of queries and keys";
  let description = [{
    ```mlir
    %y, %lse = nn.attention %q, %k, %v [0, 1, 2] x [0, 3, 2] x [0, 3, 4] scores [0, 1, 3] -> [0, 1, 4]
        : tensor<2x9x8xf32>, tensor<2x9x8xf32>, tensor<2x9x8xf32>
       -> tensor<2x9x8xf32>, tensor<2x9xf32> {
    ^bb0(%score: tensor<2x9x9xf32>):
      ...
      nn.yield emit(%changed : tensor<2x9x9xf32>)
    }
    ```

    The scores are the contraction of queries and keys; the block changes them, element by element;
    their softmax over the keys are the weights; the result is the contraction of weights and
    values. It equals these operations one after the other, but no tensor of all scores is in
    memory. The second result is the logarithm of the sum of exponentials of each row of scores.

    Labels name dimensions as in nn.contract. Each has one role: in all lists it is a dimension of the
    batch; in queries, scores and result alone, one of rows; one each is that of keys (keys, values
    and scores), the inner one (queries and keys), and the column (values and result).

    The block sees the scores and the extras, and holds element-wise operations, broadcasts,
    transpositions, constants of equal elements, `iota` and uniform random numbers. An element of -inf
    leaves its key out, as in nn.softmax. The block may emit a second value, which does not depend on
    the scores: factors of the weights, as of dropout.

    No gradient reaches the extras, unless the attribute `extras_are_differentiated` asks for it. The
    derivative then computes the scores again and has them in memory, of one attention at a time.

    For a row with index t in its last dimension, the block leaves out all keys behind
    `t + last_key`, and all in front of `t + first_key`. A missing attribute means that keys are
    unbounded on that side. Kernels skip blocks of such scores.
  }];
  let arguments = (ins NN_FloatTensor:$query, NN_FloatTensor:$key, NN_FloatTensor:$value,
                       Variadic<NN_Tensor>:$extras, DenseI64ArrayAttr:$query_labels,
                       DenseI64ArrayAttr:$key_labels, DenseI64ArrayAttr:$value_labels,
                       DenseI64ArrayAttr:$score_labels, DenseI64ArrayAttr:$result_labels,
                       OptionalAttr<I64Attr>:$first_key, OptionalAttr<I64Attr>:$last_key,
                       UnitAttr:$extras_are_differentiated);
  let results = (outs NN_FloatTensor:$result, NN_FloatTensor:$logsumexp);
  let assemblyFormat = [{
    $query `,` $key `,` $value $query_labels `x` $key_labels `x` $value_labels
    `scores` $score_labels `->` $result_labels (`with` `(` $extras^ `:` type($extras) `)`)?
    attr-dict `:` type($query) `,` type($key) `,` type($value) `->` type($result) `,`
    type($logsumexp) $body
  }];
}

def NN_AttentionGradientOp : NN_AttentionBase<"attention_gradient"> {
  let summary = "the cotangents of the queries, keys and values of an nn.attention";
  let description = [{
    Operands are those of the nn.attention, its results, and the cotangent of the first one. The
    block sees the scores, the extras and the cotangents of the changed scores, and emits the changed
    scores, the cotangents of the scores and, if there are any, the factors of the weights. The weights are computed again from the scores and the
    logarithms of sums. It has no derivative.
  }];
  let arguments = (ins NN_FloatTensor:$query, NN_FloatTensor:$key, NN_FloatTensor:$value,
                       NN_FloatTensor:$result, NN_FloatTensor:$logsumexp,
                       NN_FloatTensor:$cotangent, Variadic<NN_Tensor>:$extras,
                       DenseI64ArrayAttr:$query_labels, DenseI64ArrayAttr:$key_labels,
                       DenseI64ArrayAttr:$value_labels, DenseI64ArrayAttr:$score_labels,
                       DenseI64ArrayAttr:$result_labels, OptionalAttr<I64Attr>:$first_key,
                       OptionalAttr<I64Attr>:$last_key);
  let results = (outs NN_FloatTensor:$query_cotangent, NN_FloatTensor:$key_cotangent,
                      NN_FloatTensor:$value_cotangent);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $result `,` $logsumexp `,` $cotangent
    $query_labels `x` $key_labels `x` $value_labels
    `scores` $score_labels `->` $result_labels (`with` `(` $extras^ `:` type($extras) `)`)?
    attr-dict `:` type($query) `,` type($key) `,` type($value) `,` type($result) `,`
    type($logsumexp) `,` type($cotangent) `->` type($query_cotangent) `,` type($key_cotangent) `,`
    type($value_cotangent) $body
  }];
}

#endif // NNC_DIALECT_NNATTENTION
