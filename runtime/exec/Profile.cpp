// Implements Profile: thread 0 reads the clock where a region begins.
#include "runtime/exec/Profile.h"

#include "runtime/Abi.h"
#include "runtime/exec/FmaPeak.h"
#include "runtime/support/Error.h"
#include "runtime/support/Table.h"

#include <algorithm>
#include <map>

namespace nnc::runtime {

std::unique_ptr<Profile> (*makeProfile)(const Function &) = nullptr;

double Profile::measurePeak(ThreadPool &pool, DType type) const {
  return measureFmaPeak(pool, type);
}

/// Of the call that runs; null without profiling.
static RegionObserver *active = nullptr;

void observeRegions(RegionObserver *observer) { active = observer; }

void Profile::begin() {
  times.assign(function.regions.size() + 1, 0);
  current = 0;
  active = this;
  since = Clock::now();
}

void Profile::switchTo(size_t slot) {
  Clock::time_point now = Clock::now();
  times[current] += std::chrono::duration<double, std::micro>(now - since).count();
  current = slot;
  since = now;
}

void Profile::mark(size_t region) { switchTo(region + 1); }

void Profile::end() {
  switchTo(0);
  active = nullptr;
  calls.push_back(times);
}

std::vector<Profile::Line> Profile::lines() const {
  struct Sum {
    Line line;
    std::vector<size_t> regions;
  };
  std::map<std::pair<int64_t, std::string>, Sum> sums;
  auto add = [&](int64_t line, const std::string &pass, size_t region) -> Line & {
    Sum &sum = sums[{line, pass}];
    sum.line.line = line;
    sum.line.pass = pass;
    sum.regions.push_back(region);
    return sum.line;
  };
  add(0, "batch", 0);
  for (size_t i = 0; i < function.regions.size(); ++i) {
    const Region &region = function.regions[i];
    Line &line = add(region.line, region.backward ? "backward" : "forward", i + 1);
    line.kinds.insert(region.kind);
    line.flop += region.flop;
    line.bytes += region.bytes;
  }
  std::vector<Line> result;
  for (auto &[key, sum] : sums) {
    std::vector<double> totals;
    for (const std::vector<double> &call : calls) {
      totals.push_back(0);
      for (size_t region : sum.regions)
        totals.back() += call[region];
    }
    auto middle = totals.begin() + static_cast<std::ptrdiff_t>(totals.size() / 2);
    if (middle != totals.end()) {
      std::nth_element(totals.begin(), middle, totals.end());
      sum.line.microseconds = *middle;
    }
    result.push_back(std::move(sum.line));
  }
  std::stable_sort(result.begin(), result.end(), [](const Line &left, const Line &right) {
    return left.microseconds > right.microseconds;
  });
  return result;
}

static Profile::Line sumOf(const std::vector<Profile::Line> &lines) {
  Profile::Line total;
  for (const Profile::Line &line : lines) {
    total.microseconds += line.microseconds;
    total.flop += line.flop;
    total.bytes += line.bytes;
  }
  return total;
}

static std::string sourceOf(const Description &description, int64_t line) {
  auto found = description.sourceLines.find(line);
  return found == description.sourceLines.end() ? "" : found->second;
}

static double perSecond(double count, double microseconds) {
  return microseconds > 0 ? count / microseconds / 1e3 : 0;
}

void Profile::print(const Description &description, double peak) const {
  std::vector<Line> all = lines();
  Line total = sumOf(all);
  std::vector<std::vector<std::string>> rows{{"line", "pass", "us", "share", "MFLOP", "GFLOP/s",
                                              "of peak", "MB", "GB/s", "kernels", "source"}};
  auto add = [&](std::string where, const Line &line, std::string source) {
    double flop = static_cast<double>(line.flop), bytes = static_cast<double>(line.bytes);
    double gflops = perSecond(flop, line.microseconds);
    std::string kinds;
    for (const std::string &kind : line.kinds)
      kinds += (kinds.empty() ? "" : ", ") + kind;
    rows.push_back({std::move(where), line.pass, text("%.2f", line.microseconds),
                    text("%.1f %%", 100 * line.microseconds / total.microseconds),
                    text("%.3f", flop / 1e6), text("%.2f", gflops),
                    text("%.1f %%", 100 * gflops / peak), text("%.3f", bytes / 1e6),
                    text("%.2f", perSecond(bytes, line.microseconds)), kinds, std::move(source)});
  };
  for (const Line &line : all)
    if (line.microseconds > 0)
      add(line.line ? std::to_string(line.line) : "", line, sourceOf(description, line.line));
  add("total", total, "");
  printTable(rows, 2, 9);
}

Json Profile::json(const Description &description, double peak) const {
  std::vector<Line> all = lines();
  double total = sumOf(all).microseconds;
  Json result = Json::array();
  for (const Line &line : all) {
    double gflops = perSecond(static_cast<double>(line.flop), line.microseconds);
    result.push_back({{"line", line.line},
                      {"pass", line.pass},
                      {"kernels", line.kinds},
                      {"us", line.microseconds},
                      {"share", total > 0 ? line.microseconds / total : 0},
                      {"flop", line.flop},
                      {"gflops", gflops},
                      {"share_of_peak", gflops / peak},
                      {"bytes", line.bytes},
                      {"source", sourceOf(description, line.line)}});
  }
  return result;
}

} // namespace nnc::runtime

void nnc_profile(int64_t region, int64_t thread) {
  if (thread == 0 && nnc::runtime::active)
    nnc::runtime::active->mark(static_cast<size_t>(region));
}
