// The table of cases: for each golden file the .nn program that is checked against it. An entry
// says only what is particular to its case; ProgramText.h fills in the rest of the program.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nnc::parity {

/// How a golden tensor stands in the program, where it is not by the rule: inputs and loss weights
/// are fields of the data with the batch first, parameters, buffers and outputs have the names and
/// layouts of the file (dots in the names of fields and outputs become underscores).
struct Placement {
  std::string golden;
  /// Its name in the program; empty: by the rule.
  std::string ours;
  /// Dimension i of ours is dimension permutation[i] of the golden tensor, the batch included;
  /// empty: the same layout.
  std::vector<int64_t> permutation = {};
  /// Element type of a field, `class[5]`; empty: `float` or `int`.
  std::string element = {};
  /// An input of the file that is a parameter of the program: it has no batch.
  bool parameter = false;
  /// An input of the file without a batch, which each example gets a copy of.
  bool shared = false;
  /// Elements from the first to before the second: a training run makes them of rounding noise, so
  /// they are not compared behind it.
  std::pair<int64_t, int64_t> noise = {0, 0};
};

struct Case {
  std::string name;
  /// Why it is not checked; empty when it is.
  std::string unsupported = {};
  /// The declaration of `model network` and of what it uses. Its inputs are the case's inputs in
  /// alphabetical order.
  std::string source = {};
  /// The part of a training block behind the data. Losses: statements of which the last one sets
  /// `loss`. Optimizers and schedules: the entries `optimizer`, `clip`. Elementwise, op and layer
  /// cases have none: their loss is that of the file.
  std::string training = {};
  std::vector<Placement> placements = {};
  /// The tensors have no batch: they are one example.
  bool single = false;
  /// The file's output is that of training, not of a prediction after it.
  bool trainingMode = false;
  /// Schedules: the length of the run, in steps and in epochs; 0: as many as the file has rates.
  int64_t steps = 0;
  /// Optimizers: of a batch, whose gradients are added up.
  int64_t parts = 1;
  /// How exact the file is, where that is less than 1e-9.
  double exactness = 0;
  /// How far a run in f32 may end from the file's in f64, where that is more than the bounds allow.
  double drift = 0;
};

/// Weight and bias of a Linear [out, in] as those of our dense layer [in, out] of the name `layer`.
std::vector<Placement> densePlacements(const std::string &golden, const std::string &layer);

/// Every case, by kind.
std::vector<Case> allCases();

// Its parts, by kind.
std::vector<Case> elementwiseCases();
std::vector<Case> opCases();
std::vector<Case> layerCases();
std::vector<Case> attentionCases();
std::vector<Case> imageCases();
std::vector<Case> recurrentCases();
std::vector<Case> lossCases();
std::vector<Case> optimizerCases();
std::vector<Case> scheduleCases();
std::vector<Case> trainingCases();

/// An initialiser of initialisers.json and its form in the language. An entry without source
/// is not checked.
struct InitialiserCase {
  std::string name;
  std::string initialiser; ///< what stands behind `param weight: float[...] =`
  std::string source = {}; ///< declarations that it needs
  std::string unsupported = {};
};
std::vector<InitialiserCase> initialiserCases();

} // namespace nnc::parity
