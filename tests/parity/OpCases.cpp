// Operations on tensors: softmax and its kin, products, broadcasts, gather, reductions.
#include "tests/parity/Case.h"

namespace nnc::parity {

std::vector<Case> opCases() {
  return {
      {.name = "ew_log_softmax",
       .source = "model network(x: float[10]) -> float[10] { log_softmax(x) }"},
      {.name = "ew_log_softmax_dim1", .source = R"(
fn over_channels(x: float[C, L]) -> float[C, L] {
  shifted = x - stop_gradient(max[C](x))
  shifted - log(sum[C](exp(shifted)))
}
model network(x: float[5, 6]) -> float[5, 6] { over_channels(x) })"},
      {.name = "ew_logsumexp", .source = "model network(x: float[10]) -> float { logsumexp(x) }"},
      {.name = "ew_pow_tensor",
       .source = "model network(x: float[7], y: float[7]) -> float[7] { x^y }"},
      {.name = "ew_prelu",
       .source = "model network(x: float[4]) -> float[4] { act = prelu(); act(x) }",
       .placements = {{.golden = "weight", .ours = "act.slope"}}},
      {.name = "ew_prelu_shared", .source = R"(
model network(x: float[5, 4]) -> float[5, 4] {
  param weight: float[1] = 0.25
  select(x > 0, x, weight[0] * x)
})"},
      // The file normalises over the channels [N, C, L]; here they are the last dimension.
      {.name = "ew_softmax", .source = "model network(x: float[10]) -> float[10] { softmax(x) }"},
      {.name = "ew_softmax_dim1",
       .source = "model network(x: float[6, 5]) -> float[6, 5] { softmax(x) }",
       .placements = {{.golden = "x", .ours = "", .permutation = {0, 2, 1}},
                      {.golden = "loss_weight.output", .ours = "", .permutation = {0, 2, 1}},
                      {.golden = "output", .ours = "", .permutation = {0, 2, 1}}}},
      {.name = "op_bmm", .source = R"(
model network(a: float[3, 5, 7], b: float[3, 3, 7]) -> float[3, 5, 3] {
  y[h, i, j] = sum[k] a[h, i, k] * b[h, j, k]
  y
})"},
      // The gradients of what has no batch are sums over it.
      {.name = "op_broadcast",
       .source = R"(
model network(a: float[7, 3], d: float[1, 3]) -> float[7, 3] {
  param b: float[7, 1] = 0
  param c: float[3] = 0
  y[i, j] = a[i, j] * b[i, 0] + c[j] / d[0, j] - b[i, 0]
  y
})",
       .placements = {{.golden = "b", .ours = "b", .parameter = true},
                      {.golden = "c", .ours = "c", .parameter = true}}},
      {.name = "op_concat_slice",
       .source = R"(
model network(a: float[7, 4], b: float[5, 4]) -> float[4, 13] {
  rows = concat(a, b[1..3], a[0..1], a[2..3], a[4..5], a[6..7], dim = 0)
  y[c, r] = rows[r, c]
  y
})",
       .placements = {{.golden = "loss_weight.output", .ours = "", .permutation = {1, 0, 2}},
                      {.golden = "output", .ours = "", .permutation = {1, 0, 2}}}},
      {.name = "op_gather",
       .source = "model network(index: class[7][9], x: float[7]) -> float[9] { x[index] }",
       .placements = {{.golden = "index", .ours = "", .element = "class[7]", .shared = true}}},
      {.name = "op_matmul",
       .source = R"(
model network(a: float[7]) -> float[3] {
  param b: float[7, 3] = 0
  a @ b
})",
       .placements = {{.golden = "b", .ours = "b", .parameter = true}}},
      {.name = "op_reduce",
       .source = R"(
fn reductions(x: float[A, B, C])
    -> (sum: float[A, C], mean: float[B], var: float[A, B], max: float[A, C], min: float[A, B], prod: float[A, B]) {
  centre = mean[C](x)
  deviation[a, b, c] = x[a, b, c] - centre[a, b]
  (sum = sum[B](x), mean = mean[A, C](x), var = mean[C](deviation^2), max = max[B](x), min = min[C](x),
   prod = prod[C](x))
}
model network(x: float[5, 7, 3])
    -> (sum: float[5, 3], mean: float[7], var: float[5, 7], max: float[5, 3], min: float[5, 7], prod: float[5, 7]) {
  reductions(x)
})",
       .single = true},
  };
}

} // namespace nnc::parity
