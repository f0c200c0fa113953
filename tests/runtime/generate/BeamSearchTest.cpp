// The search by beams, against greedy choice and against exhaustive search.
#include "runtime/generate/BeamSearch.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>

namespace nnc::runtime {
namespace {

using Elements = std::vector<int32_t>;

/// Logits that depend on the whole sequence, without a pattern.
std::vector<double> toy(const Elements &before, size_t classes) {
  double seed = 0.5;
  for (int32_t element : before)
    seed = std::sin(seed * 37.7 + element * 12.9 + 1);
  std::vector<double> logits(classes);
  for (size_t i = 0; i < classes; ++i)
    logits[i] = 2 * std::sin(seed * 91.3 + static_cast<double>(i) * 7.7);
  return logits;
}

std::vector<BeamSearch::Hypothesis> search(const BeamSearch::Settings &settings, size_t classes,
                                           int64_t count = 1) {
  BeamSearch search(settings);
  std::vector<Elements> beams(1);
  while (!beams.empty()) {
    std::vector<std::vector<double>> logits;
    for (const Elements &beam : beams)
      logits.push_back(toy(beam, classes));
    std::vector<Elements> next;
    for (const BeamSearch::Extension &extension : search.advance(logits)) {
      next.push_back(beams[extension.parent]);
      next.back().push_back(extension.element);
    }
    beams = std::move(next);
  }
  return search.best(count);
}

/// The best sequence by looking at all of them.
BeamSearch::Hypothesis exhaustive(const BeamSearch::Settings &settings, size_t classes) {
  BeamSearch::Hypothesis best;
  best.rank = -HUGE_VAL;
  std::function<void(const Elements &, double)> visit = [&](const Elements &before, double score) {
    std::vector<double> logits = toy(before, classes);
    double sum = 0;
    for (double logit : logits)
      sum += std::exp(logit);
    for (size_t i = 0; i < classes; ++i) {
      Elements elements = before;
      elements.push_back(static_cast<int32_t>(i));
      double total = score + logits[i] - std::log(sum);
      if (static_cast<int32_t>(i) == settings.end ||
          static_cast<int64_t>(elements.size()) == settings.longest) {
        double rank =
            total / std::pow(static_cast<double>(elements.size()), settings.lengthPenalty);
        if (rank > best.rank)
          best = {elements, total, rank};
      } else {
        visit(elements, total);
      }
    }
  };
  visit({}, 0);
  return best;
}

TEST(BeamSearch, WideBeamsAreExhaustive) {
  for (size_t classes : {2, 3, 4})
    for (double penalty : {0.0, 0.6, 1.0, 2.0}) {
      BeamSearch::Settings settings = {.width = static_cast<int64_t>(classes * classes * classes),
                                       .lengthPenalty = penalty,
                                       .longest = 4,
                                       .end = 1,
                                       .excluded = {}};
      BeamSearch::Hypothesis expected = exhaustive(settings, classes);
      std::vector<BeamSearch::Hypothesis> found = search(settings, classes, 3);
      ASSERT_FALSE(found.empty());
      EXPECT_EQ(found[0].elements, expected.elements) << classes << " " << penalty;
      EXPECT_NEAR(found[0].score, expected.score, 1e-12);
      EXPECT_NEAR(found[0].rank, expected.rank, 1e-12);
      for (size_t i = 1; i < found.size(); ++i)
        EXPECT_GE(found[i - 1].rank, found[i].rank);
    }
}

TEST(BeamSearch, OneBeamIsGreedy) {
  std::vector<BeamSearch::Hypothesis> found = search({.width = 1, .longest = 6, .excluded = {}}, 5);
  ASSERT_EQ(found.size(), 1u);
  Elements greedy;
  while (greedy.size() < 6) {
    std::vector<double> logits = toy(greedy, 5);
    greedy.push_back(
        static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  EXPECT_EQ(found[0].elements, greedy);
}

TEST(BeamSearch, EndedSequencesStayEnded) {
  for (const BeamSearch::Hypothesis &found :
       search({.width = 8, .lengthPenalty = 1, .longest = 5, .end = 2, .excluded = {}}, 4, 8)) {
    auto end = std::find(found.elements.begin(), found.elements.end(), 2);
    EXPECT_TRUE(end == found.elements.end() || end + 1 == found.elements.end());
    EXPECT_TRUE(end != found.elements.end() || found.elements.size() == 5);
  }
}

TEST(BeamSearch, ExcludedElementsAreNotChosen) {
  for (const BeamSearch::Hypothesis &found :
       search({.width = 6, .longest = 4, .excluded = {0, 3}}, 5, 6))
    for (int32_t element : found.elements)
      EXPECT_TRUE(element != 0 && element != 3);
}

TEST(BeamSearch, TiesAreBrokenByNumber) {
  BeamSearch search({.width = 2, .longest = 3, .excluded = {}});
  std::vector<std::vector<double>> equal = {{1, 1, 1}};
  std::vector<BeamSearch::Extension> extensions = search.advance(equal);
  ASSERT_EQ(extensions.size(), 2u);
  EXPECT_EQ(extensions[0].element, 0);
  EXPECT_EQ(extensions[1].element, 1);
}

TEST(BeamSearch, LogitsAreNumbers) {
  BeamSearch search({.width = 2, .longest = 3, .excluded = {}, .begin = 4});
  std::vector<std::vector<double>> logits = {{1, std::numeric_limits<double>::quiet_NaN()}};
  try {
    search.advance(logits);
    ADD_FAILURE();
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "the logit of element 1 at position 4 is not a number");
  }
}

} // namespace
} // namespace nnc::runtime
