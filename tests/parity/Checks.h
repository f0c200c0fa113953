// Checking one case: compile its program, run it on the golden inputs, compare everything that the
// file expects.
#pragma once

#include "tests/parity/Case.h"
#include "tests/parity/Comparison.h"
#include "tests/parity/Executable.h"
#include "tests/parity/GoldenCase.h"
#include "tests/parity/ProgramText.h"

#include <set>
#include <string>

namespace nnc::parity {

/// One program of a case, compiled, with the tensors that are the same for all calls. Reports what
/// goes wrong to the measurement.
class Session {
public:
  Session(const Case &entry, const GoldenCase &golden, Engine engine, Measurement &measurement)
      : entry(entry), golden(golden), measurement(measurement), engine(engine) {}

  /// Compiles the program, and takes parameters, slots and states from its `initialize`.
  bool start(const ProgramPlan &plan, const std::vector<std::string> &functions);
  /// Sets parameters and states that stand in the file under these roles. `prefix` is left out of
  /// the golden names.
  void setPersistent(const std::vector<std::string> &roles, const std::string &prefix = "");
  /// Sets the counters of a step that `finished` others precede, in a run of `steps` steps of one
  /// epoch each.
  void setStep(int64_t finished, int64_t steps);
  bool call(const std::string &function, Tensors &results);
  /// Makes results of kind parameter, slot and state what the next call begins with.
  void keep(const Tensors &results);

  /// Compares a result with a golden tensor, as the case lays it out.
  void compare(const Tensors &results, const Port &port, const std::string &goldenName,
               Aspect aspect, Scale scale, const std::string &layoutOf = "");
  void markCompared(const std::string &goldenName) { compared.insert(goldenName); }
  /// Fails for each expected tensor that was not compared.
  void requireAllCompared();

  /// Null, with a failure, when there is no such result.
  const Array *result(const Tensors &results, const Port &port);

  Tensors arguments;
  const Case &entry;
  const GoldenCase &golden;
  Measurement &measurement;

private:
  Engine engine;
  std::unique_ptr<Executable> executable;
  std::set<std::string> compared;
};

/// Elementwise, op, layer and loss cases: values, loss and gradients.
void checkValues(const Case &entry, const GoldenCase &golden, Engine engine,
                 Measurement &measurement);
/// Batch normalisation while training: three steps, of which the file has the outputs and running
/// statistics.
void checkTrainingMode(const Case &entry, const GoldenCase &golden, Engine engine,
                       Measurement &measurement);
/// Twenty steps of an optimizer.
void checkOptimizer(const Case &entry, const GoldenCase &golden, Engine engine,
                    Measurement &measurement);
/// The learning rates of a run.
void checkSchedule(const Case &entry, const GoldenCase &golden, Engine engine,
                   Measurement &measurement);
/// A training run, step by step.
void checkTraining(const Case &entry, const GoldenCase &golden, Engine engine,
                   Measurement &measurement);
/// The distribution of an initialiser's numbers.
void checkInitialiser(const InitialiserCase &entry, const GoldenInitialiser &golden, Engine engine,
                      Measurement &measurement);

/// The program that a case is checked by.
ProgramPlan planCase(const Case &entry, const GoldenCase &golden);
/// Checks a case by the procedure for its kind.
void checkCase(const Case &entry, const GoldenCase &golden, Engine engine,
               Measurement &measurement);

} // namespace nnc::parity
