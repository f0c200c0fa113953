// Implements the record of epochs.
#include "runtime/cli/EpochRecord.h"

namespace nnc::runtime {

constexpr int64_t epochPoints = 100, epochSide = 32;
/// Floating-point operations after an epoch.
constexpr double mostEpochWork = 1e9;

EpochRecord::EpochRecord(const RunFolder &folder, Execution &execution, const DataBlock &block,
                         const Dataset &dataset, const RowSet &rows,
                         const DataConventions &conventions, int64_t epochs)
    : folder(folder), execution(execution),
      plane(execution, block, dataset, rows, conventions, epochPoints, epochSide) {
  if (!plane.exists() || plane.work() > mostEpochWork)
    return;
  record = plane.axes();
  record["epochs"] = Json::array();
  if (!folder.has(RunFolder::epochs))
    return;
  const Json before = folder.read(RunFolder::epochs);
  if (auto found = before.find("epochs"); found != before.end() && found->is_array())
    for (const Json &entry : *found)
      if (entry.is_object() && entry.value("epoch", int64_t(0)) <= epochs)
        record["epochs"].push_back(entry);
}

/// The first four, then four of each doubling.
static bool isKept(int64_t epoch) {
  int64_t step = 1;
  while (epoch / step >= 8)
    step *= 2;
  return epoch % step == 0;
}

void EpochRecord::add(int64_t epoch) {
  if (record.is_null() || !isKept(epoch))
    return;
  execution.exchangeAverages(); // with which the run is evaluated
  record["epochs"].push_back({{"epoch", epoch}, {"values", plane.values(/*digits=*/4)}});
  execution.exchangeAverages();
  folder.write(RunFolder::epochs, record);
}

} // namespace nnc::runtime
