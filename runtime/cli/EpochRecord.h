// The record of epochs in a run's folder besides the log: the predictions over a line or a plane of
// inputs, where the program has such, after the first epochs and ever more rarely.
#pragma once

#include "runtime/cli/PredictionPlane.h"
#include "runtime/cli/RunFolder.h"

namespace nnc::runtime {

class EpochRecord {
public:
  /// Of a run that has done `epochs`: later ones that the folder has are forgotten. The other
  /// arguments are the data that the run is evaluated with, and must live as long.
  EpochRecord(const RunFolder &folder, Execution &execution, const DataBlock &block,
              const Dataset &dataset, const RowSet &rows, const DataConventions &conventions,
              int64_t epochs);

  /// After each epoch; they count from 1.
  void add(int64_t epoch);

private:
  const RunFolder &folder;
  Execution &execution;
  PredictionPlane plane;
  Json record; ///< null if nothing is kept
};

} // namespace nnc::runtime
