// Where the time of profiled code goes: collects the marks that the code makes by nnc_profile(),
// and sums them up by line of the program.
#pragma once

#include "runtime/exec/ThreadPool.h"
#include "runtime/model/Description.h"
#include "runtime/support/Json.h"

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace nnc::runtime {

/// Is told where thread 0 of profiled code begins a region.
class RegionObserver {
public:
  virtual ~RegionObserver() = default;
  virtual void mark(size_t region) = 0;
};

/// From now on; null: nobody. No function runs meanwhile.
void observeRegions(RegionObserver *observer);

/// The times of thread 0: a region lasts until the next one begins, and what thread 0 waits for
/// others belongs to the region that it waits after. So the times of a call add up to the call.
class Profile : public RegionObserver {
public:
  explicit Profile(const Function &function) : function(function) {}
  Profile(const Profile &) = delete;

  // Virtual, so that programs that are not profiled are linked without what is large.
  /// Before and after each call of the function. The time before its first region is the batch's.
  virtual void begin();
  virtual void end();
  void mark(size_t region) override;

  /// All regions of one line and pass.
  struct Line {
    int64_t line = 0; ///< 0 if unknown
    std::string pass; ///< forward, backward, or batch
    std::set<std::string> kinds;
    double microseconds = 0; ///< of a call, median
    int64_t flop = 0, bytes = 0;
  };
  /// The longest first.
  std::vector<Line> lines() const;

  /// Prints a table of the lines with their sum; speeds are compared with `peak`, in GFLOP/s.
  virtual void print(const Description &description, double peak) const;
  virtual Json json(const Description &description, double peak) const;

  /// The multiply-adds of this machine, in GFLOP/s, measured now.
  virtual double measurePeak(ThreadPool &pool, DType type) const;

private:
  using Clock = std::chrono::steady_clock;

  void switchTo(size_t slot);

  const Function &function;
  size_t current = 0; ///< 0: the batch, 1 + n: region n
  Clock::time_point since;
  std::vector<double> times; ///< of the call that runs
  std::vector<std::vector<double>> calls;
};

/// Null if this program is not built for profiles.
extern std::unique_ptr<Profile> (*makeProfile)(const Function &function);

} // namespace nnc::runtime
