// Dates and times of the cells of tables as numbers.
#pragma once

#include "runtime/model/Description.h"

#include <optional>
#include <string>
#include <string_view>

namespace nnc::runtime {

/// A part of the date in a cell: days since 1970-01-01 with the time as a fraction; the year, the
/// month (1 to 12), the day (1 to 31), the hour, the minute, the day of the week (0 is Monday), or
/// the day of the year (1 to 366). `format` has %Y %m %d %H %M %S; an empty one stands for
/// 2024-03-01, also with T12:30, 12:30 or 12:30:00 behind it. std::nullopt if the cell is not a date.
std::optional<double> parseDate(std::string_view cell, const std::string &format,
                                Transform::DatePart part);

} // namespace nnc::runtime
