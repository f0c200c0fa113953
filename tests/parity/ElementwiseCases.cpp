// Elementwise functions: one expression in x each. The points of a file are one example.
#include "tests/parity/Case.h"

#include <utility>

namespace nnc::parity {

std::vector<Case> elementwiseCases() {
  static constexpr std::pair<const char *, const char *> functions[] = {
      {"ew_abs", "abs(x)"},
      {"ew_cos", "cos(x)"},
      {"ew_elu", "elu(1)(x)"},
      {"ew_erf", "erf(x)"},
      {"ew_exp", "exp(x)"},
      {"ew_gaussian", "gaussian(x)"},
      {"ew_gelu_erf", "gelu(x)"},
      {"ew_gelu_tanh", "gelu_tanh(x)"},
      {"ew_hardtanh", "hardtanh(-1, 1)(x)"},
      {"ew_leaky_relu", "leaky_relu(0.01)(x)"},
      {"ew_log", "log(x)"},
      {"ew_mish", "mish(x)"},
      {"ew_pow_int", "x^3"},
      {"ew_pow_negative", "x^-0.5"},
      {"ew_pow_real", "x^1.5"},
      {"ew_pow_square", "x^2"},
      {"ew_relu", "relu(x)"},
      {"ew_selu", "selu(x)"},
      {"ew_sigmoid", "sigmoid(x)"},
      {"ew_silu", "silu(x)"},
      {"ew_sin", "sin(x)"},
      {"ew_softplus", "softplus(x)"},
      {"ew_softsign", "softsign(x)"},
      {"ew_sqrt", "sqrt(x)"},
      {"ew_tanh", "tanh(x)"},
  };
  std::vector<Case> result;
  for (auto [name, expression] : functions)
    result.push_back({.name = name,
                      .source = std::string("fn function(x: float[...]) -> float[...] { ") +
                                expression +
                                " }\nmodel network(x: float[{x}]) -> float[{x}] { function(x) }\n",
                      .single = true});
  return result;
}

} // namespace nnc::parity
