// Implements parseDate(): digits by the letters of a format, and the calendar by <chrono>.
#include "runtime/data/Dates.h"

#include <chrono>

namespace nnc::runtime {

namespace {

struct Moment {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

/// Takes up to `most` digits, at least one, from the front.
std::optional<int> takeDigits(std::string_view &text, size_t most) {
  size_t count = 0;
  int value = 0;
  while (count < most && count < text.size() && text[count] >= '0' && text[count] <= '9')
    value = 10 * value + (text[count++] - '0');
  text.remove_prefix(count);
  return count ? std::optional(value) : std::nullopt;
}

int *memberOf(Moment &moment, char letter) {
  switch (letter) {
  case 'Y':
    return &moment.year;
  case 'm':
    return &moment.month;
  case 'd':
    return &moment.day;
  case 'H':
    return &moment.hour;
  case 'M':
    return &moment.minute;
  case 'S':
    return &moment.second;
  default:
    return nullptr;
  }
}

std::optional<Moment> match(std::string_view cell, std::string_view format) {
  Moment moment;
  while (!format.empty()) {
    char letter = format[0];
    format.remove_prefix(1);
    int *member = nullptr;
    if (letter == '%' && !format.empty()) {
      letter = format[0];
      format.remove_prefix(1);
      member = memberOf(moment, letter);
    }
    if (member) {
      std::optional<int> value = takeDigits(cell, letter == 'Y' ? 4 : 2);
      if (!value)
        return std::nullopt;
      *member = *value;
    } else if (cell.starts_with(letter)) {
      cell.remove_prefix(1);
    } else {
      return std::nullopt;
    }
  }
  return cell.empty() ? std::optional(moment) : std::nullopt;
}

std::optional<Moment> match(std::string_view cell, const std::string &format) {
  if (!format.empty())
    return match(cell, std::string_view(format));
  for (const char *common :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"})
    if (std::optional<Moment> moment = match(cell, std::string_view(common)))
      return moment;
  return std::nullopt;
}

} // namespace

std::optional<double> parseDate(std::string_view cell, const std::string &format,
                                Transform::DatePart part) {
  std::optional<Moment> moment = match(cell, format);
  if (!moment || moment->hour > 23 || moment->minute > 59 || moment->second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(moment->year),
                                         std::chrono::month(static_cast<unsigned>(moment->month)),
                                         std::chrono::day(static_cast<unsigned>(moment->day))};
  if (!date.ok())
    return std::nullopt;
  const std::chrono::sys_days days = date;
  switch (part) {
  case Transform::DatePart::Days:
    return static_cast<double>(days.time_since_epoch().count()) +
           (moment->hour * 3600 + moment->minute * 60 + moment->second) / 86400.0;
  case Transform::DatePart::Year:
    return moment->year;
  case Transform::DatePart::Month:
    return moment->month;
  case Transform::DatePart::Day:
    return moment->day;
  case Transform::DatePart::Hour:
    return moment->hour;
  case Transform::DatePart::Minute:
    return moment->minute;
  case Transform::DatePart::Weekday:
    return std::chrono::weekday(days).iso_encoding() - 1;
  case Transform::DatePart::Yearday:
    return static_cast<double>(
        (days - std::chrono::sys_days(date.year() / std::chrono::January / 1)).count() + 1);
  }
  return std::nullopt;
}

} // namespace nnc::runtime
