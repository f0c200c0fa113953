// The folder that holds all that belongs to one training run: its configuration, program, log,
// checkpoints and results. One process at a time writes to it.
#pragma once

#include "runtime/support/Json.h"

#include <string>

namespace nnc::runtime {

class RunFolder {
public:
  /// The files of a run. `configuration` is a function of the program, the data and the command
  /// line; only `environment` depends on the machine and the time.
  static constexpr const char *configuration = "config.json", *environment = "environment.json",
                              *program = "program.nn", *log = "log.jsonl",
                              *last = "last.safetensors", *best = "best.safetensors",
                              *metrics = "metrics.json", *validation = "validation.json",
                              *evaluation = "evaluation.json", *epochs = "epochs.json",
                              *lock = "lock";
  /// Of the folder of a tuning, whose trials have folders in it.
  static constexpr const char *tuning = "tuning.json";
  /// Of the folder of a trial: what it has written to the standard error.
  static constexpr const char *messages = "messages.txt";

  /// Throws Error if `path` holds a run or a tuning, or is something else than a folder. An empty path
  /// is always free.
  static void checkFree(const std::string &path);
  /// Makes a folder for the runs of several members, in which each has a folder of its own; its path.
  /// Throws Error if it holds something already.
  static std::string createForMembers(const std::string &path, const std::string &name);
  /// Makes and locks the folder of a new run. An empty path: the next of runs/NAME-1, runs/NAME-2,
  /// and so on. Throws Error as checkFree() does.
  static RunFolder create(const std::string &path, const std::string &name);
  /// Locks the folder of a run, or of a tuning, which has the file `mark`. Throws Error if it holds
  /// none, or if another process has locked it.
  static RunFolder open(const std::string &path, const char *mark = configuration);

  RunFolder(RunFolder &&other) noexcept;
  RunFolder &operator=(RunFolder &&) = delete;
  ~RunFolder();

  const std::string &path() const { return folder; }
  std::string file(const char *name) const { return folder + "/" + name; }
  bool has(const char *name) const;
  /// Lets a program that this process becomes keep the lock.
  void keepLock() const;

  /// Replaces a file atomically.
  void write(const char *name, const std::string &content) const;
  void write(const char *name, const Json &json) const;
  /// Throws Error if the file is missing or not a JSON object.
  Json read(const char *name) const;

private:
  explicit RunFolder(std::string path);

  std::string folder;
  int descriptor = -1; ///< of the lock
};

} // namespace nnc::runtime
