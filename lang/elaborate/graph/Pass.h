// A function of the program under construction, with the state that belongs to its elaboration
// alone: the same source is elaborated once for each function.
#pragma once

#include "lang/elaborate/graph/Graph.h"
#include "lang/elaborate/values/Entity.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace nnc::lang {

/// A batch must have at least so many examples.
struct BatchRequirement {
  int64_t examples;
  std::string text;
  SourceRange range;
};

/// The padded dimensions of a function that is being built; see Padding.h.
struct PaddingState {
  /// Of values with padded dimensions: the length of each dimension, null where it is not padded.
  std::map<ValueId, std::vector<LengthPtr>> lengths;
  std::map<std::string, LengthPtr> fields; // the lengths of the data's fields
  std::map<std::tuple<const Length *, LengthStep, int64_t>, LengthPtr> derived;
  /// By length and size: the padding mask, and for each position the one that `reverse` reads.
  std::map<std::pair<const Length *, int64_t>, Tensor> masks, reversals;
  /// Values whose padding is filled with one number, along some dimensions.
  struct Filled {
    std::set<int64_t> axes;
    double number = 0;
  };
  std::map<ValueId, Filled> filled;
  /// For each open scan over a padded dimension, whether its step is within the length.
  std::vector<Tensor> steps;
};

/// The sums over the examples of a split that the metrics of a function are computed of.
struct Totals {
  bool allowed = false; // in a metric
  std::vector<Tensor> sums;
  /// Of sums over pairs of examples, by their place among the sums: the score of an example, and
  /// whether it is positive.
  std::map<size_t, std::pair<Tensor, Tensor>> pairs;
  std::optional<Tensor> count;          // the sum of 1 over the examples, once it is needed
  std::vector<FunctionResult> formulas; // the metrics, by values of the same graph
};

struct Pass {
  Pass(std::string name, SourceRange range, bool training)
      : graph(std::move(name), range), training(training) {}
  Graph graph;
  bool training;
  bool takesParts = false;             // of batches: it adds up gradients
  bool stochastic = false;             // random layers are on, without training
  bool readsStochastic = false;        // some definition depends on whether they are
  std::vector<Identifier> frozen = {}; // patterns of the paths that are not trained
  PaddingState padding;
  bool generates = false; // the function of a generate block
  std::string
      sequence; // the padded field that it extends; empty if there is none, or it is unknown
  std::optional<std::pair<ValueId, Sampling>> sampled; // the logits of `sample`
  bool simplify = false; // drop additions of 0 and the like: in optimizers
  int64_t randomSites = 0;
  std::map<std::string, Tensor> states; // current value by path
  std::map<const CallableDeclaration *, LayerPtr> models;
  std::vector<LayerPtr> layers;           // keeps every instance alive
  std::map<std::string, Tensor> scalars;  // settings and counters by key
  std::map<std::string, Tensor> counters; // `step`, `steps`, ... as the language sees them
  /// The functions whose result a value is.
  std::map<ValueId, std::set<const CallableDeclaration *>> resultOf;
  /// Those that are known only while running, around what is being elaborated.
  std::vector<Entity> conditions;
  std::vector<BatchRequirement> batchRequirements;
  Totals totals;
};

} // namespace nnc::lang
