// The settings that a tuning tries: read from the command line or from the folder of a tuning that goes on.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/model/Description.h"
#include "runtime/support/Json.h"
#include "runtime/tune/Schedule.h"
#include "runtime/tune/Space.h"

#include <string>
#include <vector>

namespace nnc::runtime {

struct TunePlan {
  std::string search; ///< grid, random or halving
  int64_t seed = 0, factor = 0;
  std::vector<Axis> axes;           ///< settings, the seed, then configs
  size_t firstConfig = 0;           ///< the axis of the first config
  std::vector<Point> points;        ///< one for each trial
  std::string metric;               ///< that decides; empty: the loss
  bool highest = false;             ///< whether a higher one is better
  std::vector<std::string> options; ///< of `train`, as words
  int64_t epochs = 0;               ///< of a whole run, for halving

  /// "validation_loss", as logs name what decides.
  std::string measure() const { return "validation_" + (metric.empty() ? "loss" : metric); }
  /// "validation loss"
  std::string measureName() const { return "validation " + (metric.empty() ? "loss" : metric); }
  /// The options of `train` that make a trial.
  std::vector<std::string> trainWords(size_t trial) const;
  Schedule schedule() const {
    return search == "halving" ? Schedule(points.size(), epochs, factor) : Schedule(points.size());
  }
};

/// The record of a new tuning. Throws UsageError.
Json tuningRecord(const Description &description, const Recipe &recipe, const Arguments &arguments);

/// The plan of a record. Throws UsageError if the program cannot do it.
TunePlan readTunePlan(const Description &description, const Recipe &recipe, const Json &record);

/// A hash of all that a program is compiled from but its configs.
std::string programHash(const Description &description);

} // namespace nnc::runtime
