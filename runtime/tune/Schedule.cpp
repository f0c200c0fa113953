// Implements Schedule.
#include "runtime/tune/Schedule.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nnc::runtime {

Schedule::Schedule(size_t trials)
    : plan{{INT64_MAX, trials}}, results(1, std::vector<std::optional<double>>(trials)) {}

Schedule::Schedule(size_t trials, int64_t epochs, int64_t factor) {
  const auto by = static_cast<size_t>(factor);
  for (size_t entering = trials;; entering /= by) {
    plan.push_back({0, entering});
    if (entering < by || plan.size() > 62)
      break;
  }
  // A rung has at least one epoch, and more than the one before.
  int64_t left = epochs;
  size_t rungs = 1;
  while (left >= factor && rungs < plan.size()) {
    left /= factor;
    ++rungs;
  }
  plan.resize(rungs);
  left = epochs;
  for (auto rung = plan.rbegin(); rung != plan.rend(); ++rung) {
    rung->epochs = left;
    left = (left + factor - 1) / factor;
  }
  results.assign(rungs, std::vector<std::optional<double>>(trials));
}

bool Schedule::isBetter(size_t rung, size_t one, size_t other) const {
  const double mine = *results[rung][one], its = *results[rung][other];
  return mine != its ? mine < its : one < other;
}

size_t Schedule::mostEntering(size_t rung) const {
  if (rung == 0)
    return plan[0].trials;
  size_t failed = 0;
  for (const std::optional<double> &value : results[rung - 1])
    failed += value && !std::isfinite(*value);
  return std::min(plan[rung].trials, mostEntering(rung - 1) - failed);
}

bool Schedule::entersNext(Job job) const {
  if (!std::isfinite(*result(job)))
    return false;
  // Places that stay empty, since trials before failed, count as worse.
  size_t worse = plan[job.rung].trials - mostEntering(job.rung);
  for (size_t other = 0; other < results[job.rung].size(); ++other)
    worse += other != job.trial && results[job.rung][other] && isBetter(job.rung, job.trial, other);
  return worse + plan[job.rung + 1].trials >= plan[job.rung].trials;
}

std::optional<Schedule::Job> Schedule::next(const std::vector<bool> &running) {
  for (size_t rung = plan.size() - 1; rung > 0; --rung)
    for (size_t trial = 0; trial < running.size(); ++trial)
      if (!running[trial] && results[rung - 1][trial] && !results[rung][trial] &&
          entersNext({trial, rung - 1}))
        return Job{trial, rung};
  for (size_t trial = 0; trial < running.size(); ++trial)
    if (!running[trial] && !results[0][trial])
      return Job{trial, 0};
  return std::nullopt;
}

std::optional<size_t> Schedule::reached(size_t trial) const {
  for (size_t rung = plan.size(); rung-- > 0;)
    if (results[rung][trial])
      return rung;
  return std::nullopt;
}

std::vector<size_t> Schedule::ranking() const {
  std::vector<size_t> trials(results[0].size());
  std::iota(trials.begin(), trials.end(), size_t(0));
  std::ranges::sort(trials, [&](size_t one, size_t other) {
    auto key = [&](size_t trial) {
      const std::optional<size_t> rung = reached(trial);
      const bool good = rung && std::isfinite(*results[*rung][trial]);
      return std::pair(good, good ? *rung : 0);
    };
    if (key(one) != key(other))
      return key(one) > key(other);
    return key(one).first ? isBetter(key(one).second, one, other) : one < other;
  });
  return trials;
}

} // namespace nnc::runtime
