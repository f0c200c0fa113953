// Which trial of a tuning trains next, and how far: all of them to the end, or by successive halving
// (Jamieson and Talwalkar 2016), in which the best of each rung go on to the next one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace nnc::runtime {

class Schedule {
public:
  struct Rung {
    int64_t epochs; ///< after which its trials are compared
    size_t trials;  ///< that enter it
  };
  struct Job {
    size_t trial, rung;
  };

  /// All trials train to the end, in one rung.
  explicit Schedule(size_t trials);
  /// Each rung takes one trial of `factor` on, to `factor` times as many epochs; the last one is at the
  /// end of all `epochs`.
  Schedule(size_t trials, int64_t epochs, int64_t factor);

  const std::vector<Rung> &rungs() const { return plan; }

  /// A trial has reached the end of a rung. Less is better; infinity: it has failed.
  void setResult(Job job, double value) { results[job.rung][job.trial] = value; }
  std::optional<double> result(Job job) const { return results[job.rung][job.trial]; }

  /// The job that can begin now, besides the trials that are running; the highest rung comes first. A trial
  /// goes on as soon as enough others of its rung are known to be worse, so that what is trained does
  /// not depend on the order in which trials end. Equal trials go on in the order of their numbers.
  std::optional<Job> next(const std::vector<bool> &running);

  /// The trials from the best to the worst: by the rung that they have reached, then by its result.
  std::vector<size_t> ranking() const;
  /// The highest rung whose end a trial has reached.
  std::optional<size_t> reached(size_t trial) const;

private:
  /// Whether a trial that has a result is certain to be among those of the next rung.
  bool entersNext(Job job) const;
  /// How many trials can enter a rung, since those that fail do not.
  size_t mostEntering(size_t rung) const;
  bool isBetter(size_t rung, size_t one, size_t other) const;

  std::vector<Rung> plan;
  std::vector<std::vector<std::optional<double>>> results; ///< by rung and trial
};

} // namespace nnc::runtime
