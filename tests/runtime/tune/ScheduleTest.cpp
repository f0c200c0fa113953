// Successive halving: what trains does not depend on the order in which trials end.
#include "runtime/tune/Schedule.h"
#include "tests/runtime/Support.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

namespace nnc::runtime {

/// Trials that end in a random order, some at a time; the trials of each rung.
static std::vector<std::set<size_t>> simulate(Schedule &schedule, size_t trials, size_t atOnce,
                                              uint32_t order, auto result) {
  std::vector<std::set<size_t>> entered(schedule.rungs().size());
  std::vector<bool> running(trials);
  std::vector<Schedule::Job> jobs;
  std::mt19937 random(order);
  for (;;) {
    if (std::optional<Schedule::Job> job =
            jobs.size() < atOnce ? schedule.next(running) : std::nullopt) {
      EXPECT_TRUE(entered[job->rung].insert(job->trial).second);
      running[job->trial] = true;
      jobs.push_back(*job);
      continue;
    }
    if (jobs.empty())
      return entered;
    const auto ending = jobs.begin() + static_cast<std::ptrdiff_t>(random() % jobs.size());
    schedule.setResult(*ending, result(ending->trial, ending->rung));
    running[ending->trial] = false;
    jobs.erase(ending);
  }
}

TEST(ScheduleTest, EachRungHasTheBestOfTheOneBefore) {
  constexpr size_t trials = 29;
  // Equal results, failures, and an order that changes from rung to rung.
  auto result = [](size_t trial, size_t rung) {
    const size_t value = (trial * 17 + rung * 5) % 11;
    return value == 3 || trial % 7 == 2 ? INFINITY : static_cast<double>(value);
  };
  std::vector<std::set<size_t>> expected(4);
  for (size_t trial = 0; trial < trials; ++trial)
    expected[0].insert(trial);
  for (size_t rung = 1, entering = trials / 3; rung < 4; ++rung, entering /= 3) {
    std::vector<std::pair<double, size_t>> sorted;
    for (size_t trial : expected[rung - 1])
      sorted.emplace_back(result(trial, rung - 1), trial);
    std::ranges::sort(sorted);
    for (size_t i = 0; i < std::min(entering, sorted.size()); ++i)
      if (std::isfinite(sorted[i].first))
        expected[rung].insert(sorted[i].second);
  }
  ASSERT_EQ(expected[3].size(), 1u);
  std::vector<size_t> ranking;
  for (uint32_t order = 0; order < 200; ++order) {
    Schedule schedule(trials, 60, 3);
    ASSERT_EQ(schedule.rungs().size(), 4u);
    EXPECT_EQ(simulate(schedule, trials, 1 + order % 9, order, result), expected);
    if (ranking.empty())
      ranking = schedule.ranking();
    EXPECT_EQ(schedule.ranking(), ranking);
  }
  EXPECT_EQ(ranking[0], *expected[3].begin());
}

TEST(ScheduleTest, GoesOnWhenAllOrNearlyAllFail) {
  for (size_t good : {size_t(0), size_t(1), size_t(5)}) {
    Schedule schedule(27, 27, 3);
    const auto entered = simulate(schedule, 27, 4, 1, [&](size_t trial, size_t) {
      return trial < good ? static_cast<double>(trial) : INFINITY;
    });
    EXPECT_EQ(entered[1].size(), good);
    EXPECT_EQ(entered[3].size(), std::min<size_t>(good, 1));
    EXPECT_EQ(schedule.ranking()[0], 0u);
  }
}

TEST(ScheduleTest, RungsEndWithAllEpochs) {
  auto epochs = [](size_t trials, int64_t all, int64_t factor) {
    std::vector<int64_t> result;
    const Schedule schedule(trials, all, factor);
    for (const Schedule::Rung &rung : schedule.rungs())
      result.push_back(rung.epochs);
    return result;
  };
  EXPECT_EQ(epochs(27, 27, 3), (std::vector<int64_t>{1, 3, 9, 27}));
  EXPECT_EQ(epochs(27, 60, 3), (std::vector<int64_t>{3, 7, 20, 60}));
  EXPECT_EQ(epochs(27, 5, 3), (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(epochs(27, 1, 3), (std::vector<int64_t>{1}));
  EXPECT_EQ(epochs(2, 100, 3), (std::vector<int64_t>{100}));
  EXPECT_EQ(epochs(1, 100, 2), (std::vector<int64_t>{100}));
}

} // namespace nnc::runtime
