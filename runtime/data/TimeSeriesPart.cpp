// The part of the runtime that programs with such data are linked with, by the symbol nnc_time_series. In an
// object of its own, to which nothing else refers.
#include "runtime/data/Readers.h"
#include "runtime/data/TimeSeries.h"

extern "C" {
extern const bool nnc_time_series;
const bool nnc_time_series =
    (nnc::runtime::timeSeriesReader = nnc::runtime::readTimeSeriesSplit) != nullptr;
}
