// One trial of a tuning, as the folder of its run has it, and the process that trains it.
#pragma once

#include "runtime/support/Json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nnc::runtime {

class Trial {
public:
  /// Reads what the folder has, which may be nothing. `measure` is the name in the log of what is
  /// compared; `decisive` of what `patience` waits for, empty without it, with its direction.
  Trial(std::string folder, std::string measure, std::string decisive, bool decisiveHighest);

  void read();
  /// The measure after so many epochs: of the last one of them, or, with patience, the best one; of a run that
  /// has ended, if `mustEnd`, that of the weights that it has saved. Infinity
  /// of a trial that has failed; nothing as long as it has not come so far, or, if `mustEnd`, to its end.
  std::optional<double> valueAfter(int64_t epochs, bool mustEnd) const;

  int64_t epochs() const { return static_cast<int64_t>(log.size()); }
  /// Whether its run has begun, in this tuning or in an earlier process of it.
  bool hasBegun() const { return begun; }
  bool canResume() const { return begun && saved; }
  /// Why it has failed, or has no result.
  std::string message() const {
    return why.empty() ? "its " + measure + " is not a finite number" : why;
  }
  /// Its process has ended with this status, and the folder does not say what is wrong.
  void setFailed(int status);
  /// Removes what a run has left that was killed before it saved.
  void clear() const;

  /// In the process that trains it: from here on messages go to a file of the folder.
  void redirectMessages() const;
  /// Once it has ended.
  void removeEmptyMessages() const;
  /// "validation loss 0.21, accuracy 0.93; test loss 0.25, accuracy 0.92"
  std::string describeResult() const;

private:
  struct Epoch {
    double measure, decisive;
  };
  std::string path, measure, decisive;
  bool decisiveHighest;
  std::vector<Epoch> log;
  std::string lastLine; ///< of the log, of an epoch
  Json final;           ///< the measures of the weights that the run has saved, once it has ended
  bool begun = false, saved = false, ended = false, failed = false;
  std::string why;
};

/// The program `name` in a folder, compiled by a command to which `-o FILE` is added, unless it is there.
/// Processes that need the same one wait for each other. Throws Error.
std::string compiledProgram(const std::string &folder, const std::string &name,
                            std::vector<std::string> command);

/// This process runs the program from here on. Throws Error.
[[noreturn]] void becomeProgram(const std::string &path, const std::vector<std::string> &words);

} // namespace nnc::runtime
