// Recurrent layers, embeddings, and a training run of an LSTM.
#include "tests/parity/Case.h"

namespace nnc::parity {

namespace {

/// Maps the parameters of one layer and direction in PyTorch to those of our cell at `path`.
void placeCell(Case &entry, const std::string &suffix, const std::string &path) {
  entry.placements.insert(
      entry.placements.end(),
      {{.golden = "weight_ih" + suffix, .ours = path + ".input.weight", .permutation = {1, 0}},
       {.golden = "weight_hh" + suffix, .ours = path + ".hidden.weight", .permutation = {1, 0}},
       {.golden = "bias_ih" + suffix, .ours = path + ".input.bias"},
       {.golden = "bias_hh" + suffix, .ours = path + ".hidden.bias"}});
}

/// States are [layers, batch, units] in the file.
Case recurrent(const std::string &name, const std::string &source) {
  Case entry = {.name = name, .source = source};
  for (const char *state : {"h0", "c0", "h_n", "c_n", "loss_weight.h_n", "loss_weight.c_n"})
    entry.placements.push_back({.golden = state, .ours = "", .permutation = {1, 0, 2}});
  return entry;
}

Case oneLayer(const std::string &name, const std::string &source) {
  Case entry = recurrent(name, source);
  placeCell(entry, "_l0", "layer.cell");
  return entry;
}

Case twoLayers() {
  Case entry = recurrent("lstm_2layer", R"(
model network(x: float[6, 4]) -> (output: float[6, 5], h_n: float[2, 5], c_n: float[2, 5]) {
  layers = (lstm_states(5, hidden_bias = true) for layer in 0..2)
  h = ()
  c = ()
  for layer in layers {
    states = layer(x)
    x = states.h
    h = h + (states.h[-1],)
    c = c + (states.c[-1],)
  }
  (output = x, h_n = stack(h), c_n = stack(c))
})");
  placeCell(entry, "_l0", "layers.cell");
  placeCell(entry, "_l1", "layers_2.cell");
  return entry;
}

Case bothDirections() {
  Case entry = recurrent("lstm_bidirectional", R"(
model network(x: float[6, 4]) -> (output: float[6, 8], h_n: float[2, 4], c_n: float[2, 4]) {
  ahead = lstm_states(4, hidden_bias = true)
  back = another(ahead)
  a = ahead(x)
  b = back(reverse(x))
  (output = concat(a.h, reverse(b.h)), h_n = stack(a.h[-1], b.h[-1]), c_n = stack(a.c[-1], b.c[-1]))
})");
  placeCell(entry, "_l0", "ahead.cell");
  placeCell(entry, "_l0_reverse", "back.cell");
  return entry;
}

/// A training run with the layer `lstm`, which returns the outputs only.
Case characters() {
  Case entry = {.name = "train_char_lstm",
                .source = R"(
model network(x: class[58][32]) -> float[32, 58] {
  table = embed(58, 16)
  layer = lstm(32, hidden_bias = true)
  head = dense(58)
  x |> table |> layer |> head
})",
                .training = "optimizer = adam(0.01)",
                .placements = {{.golden = "embed.weight", .ours = "table.weight"}}};
  Case cell;
  placeCell(cell, "_l0", "layer.cell");
  for (Placement &placement : cell.placements) {
    placement.golden = "lstm." + placement.golden;
    entry.placements.push_back(placement);
  }
  for (Placement &placement : densePlacements("head", "head"))
    entry.placements.push_back(placement);
  return entry;
}

} // namespace

std::vector<Case> recurrentCases() {
  return {
      {.name = "embedding",
       .source = R"(
model network(ids: class[11][7]) -> float[7, 5] {
  table = embed(11, 5)
  table(ids)
})",
       .placements = {{.golden = "ids", .ours = "", .element = "class[11]"},
                      {.golden = "weight", .ours = "table.weight"}}},
      oneLayer("gru", R"(
model network(x: float[6, 4]) -> (output: float[6, 5], h_n: float[1, 5]) {
  layer = gru(5)
  output = layer(x)
  (output = output, h_n = output[5..])
})"),
      oneLayer("gru_state", R"(
model network(h0: float[1, 4], x: float[4, 3]) -> (output: float[4, 4], h_n: float[1, 4]) {
  layer = gru(4)
  output = layer(x, h0[0])
  (output = output, h_n = output[3..])
})"),
      oneLayer("lstm_1layer", R"(
model network(c0: float[1, 4], h0: float[1, 4], x: float[5, 4])
    -> (output: float[5, 4], h_n: float[1, 4], c_n: float[1, 4]) {
  layer = lstm_states(4, hidden_bias = true)
  states = layer(x, h = h0[0], c = c0[0])
  (output = states.h, h_n = states.h[4..], c_n = states.c[4..])
})"),
      twoLayers(),
      bothDirections(),
      oneLayer("rnn_tanh", R"(
model network(x: float[7, 4]) -> (output: float[7, 5], h_n: float[1, 5]) {
  layer = rnn(5, hidden_bias = true)
  output = layer(x)
  (output = output, h_n = output[6..])
})"),
      oneLayer("rnn_tanh_state", R"(
model network(h0: float[1, 4], x: float[4, 3]) -> (output: float[4, 4], h_n: float[1, 4]) {
  layer = rnn(4, hidden_bias = true)
  output = layer(x, h0[0])
  (output = output, h_n = output[3..])
})"),
      characters(),
  };
}

} // namespace nnc::parity
