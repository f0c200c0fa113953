// Event files for TensorBoard: TFRecords of protocol buffers with the numbers of steps and epochs. They
// alone, of all that a run writes, say when it was written.
#pragma once

#include "runtime/train/Evaluation.h"
#include "runtime/train/TrainingLog.h"

#include <functional>
#include <optional>
#include <string>

namespace nnc::runtime {

class EventLog {
public:
  /// Makes a new file in the folder, which it makes too; the reader joins the files of a folder. A
  /// resumed run says behind which step it begins, so that the reader forgets what a killed process
  /// had written beyond. Throws Error if there can be no file. The first failed write calls `warn` and
  /// ends the log.
  EventLog(const std::string &folder, int64_t stepsBefore,
           std::function<void(const std::string &)> warn);
  EventLog(const EventLog &) = delete;
  ~EventLog();

  /// step/loss and step/lr
  void step(const LoggedStep &step);
  /// train/loss, train/accuracy, validation/loss and so on, at the last step of the epoch.
  void epoch(int64_t steps, const Measures &training, const std::optional<Measures> &evaluation,
             const char *evaluated);
  void flush();

private:
  void add(const std::string &event);

  std::string path, buffer;
  int descriptor = -1;
  std::function<void(const std::string &)> warn;
};

} // namespace nnc::runtime
