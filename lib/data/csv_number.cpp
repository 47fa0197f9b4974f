#include "data/csv_number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace normrun::data {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The powers of ten that a double holds exactly.
constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                            1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Reads a number of at most 15 digits, with at most one decimal point and no exponent.  Such a number is one exact integer divided by one
/// exact power of ten, so it is rounded only once (Clinger 1990).  std::from_chars reads all other numbers.
bool read_short_number(std::string_view text, double& value) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool is_negative = at != end && *at == '-';
  if (is_negative) ++at;
  std::uint64_t digits = 0;
  std::ptrdiff_t decimals = 0;
  const char* const first = at;
  for (; at != end && is_digit(*at); ++at) digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
  std::ptrdiff_t count = at - first;
  if (at != end && *at == '.') {
    const char* const point = at++;
    for (; at != end && is_digit(*at); ++at) digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
    decimals = at - point - 1;
    count += decimals;
  }
  if (at != end || count == 0 || count > 15) return false;
  const double whole =
      decimals == 0 ? static_cast<double>(digits) : static_cast<double>(digits) / kPowers[static_cast<std::size_t>(decimals)];
  value = is_negative ? -whole : whole;
  return true;
}

CellNumber read_number_text(std::string_view text) {
  CellNumber number;
  if (read_short_number(text, number.value)) {
    number.reading = CellReading::kNumber;
    return number;
  }
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return {CellReading::kText, 0.0};
  if (error == std::errc::result_out_of_range) return {CellReading::kOutOfRange, 0.0};
  number.reading = std::isfinite(number.value) ? CellReading::kNumber : CellReading::kNotFinite;
  return number;
}

/// Returns whether the digits stand in groups of three, as in 1,234,567.  The first of several groups does not begin with a zero: 0,235
/// has no thousands.
bool has_groups(std::string_view text, char thousands, char decimal) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const std::string_view whole = text.substr(0, text.find(decimal));
  std::size_t run = 0;
  bool is_first = true;
  for (const char c : whole) {
    if (c != thousands) {
      ++run;
      continue;
    }
    if (is_first ? run < 1 || run > 3 || whole.front() == '0' : run != 3) return false;
    is_first = false;
    run = 0;
  }
  return is_first || run == 3;
}

}  // namespace

std::string_view trimmed_cell(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_usual_missing(std::string_view trimmed) {
  static constexpr std::array<std::string_view, 17> kWords = {"",     "NA",   "N/A",  "n/a",  "na",   "NaN",  "nan", "NAN", "-nan",
                                                              "null", "NULL", "Null", "None", "<NA>", "#N/A", "#NA", "?"};
  return trimmed.size() <= 4 && std::find(kWords.begin(), kWords.end(), trimmed) != kWords.end();
}

CellReader::CellReader(char decimal, char thousands, const std::vector<std::string>& missing)
    : decimal_(decimal), thousands_(thousands), missing_(missing) {
  for (const std::string& word : missing_) {
    const CellNumber number = read_plain(word);
    if (number.reading == CellReading::kNumber) missing_numbers_.push_back(number.value);
  }
}

bool CellReader::is_listed_missing(std::string_view trimmed) const {
  return std::find(missing_.begin(), missing_.end(), trimmed) != missing_.end();
}

CellNumber CellReader::read(std::string_view cell) const {
  const CellNumber number = read_plain(cell);
  if (number.reading == CellReading::kNumber) {
    const bool is_listed = std::find(missing_numbers_.begin(), missing_numbers_.end(), number.value) != missing_numbers_.end();
    return is_listed ? CellNumber{CellReading::kMissing, 0.0} : number;
  }
  const std::string_view text = trimmed_cell(cell);
  return is_usual_missing(text) || is_listed_missing(text) ? CellNumber{CellReading::kMissing, 0.0} : number;
}

CellNumber CellReader::read_plain(std::string_view cell) const {
  const std::string_view text = trimmed_cell(cell);
  if (text.empty()) return {CellReading::kMissing, 0.0};
  if (decimal_ == '.' && thousands_ == '\0') return read_number_text(text);
  // A decimal mark has digits on both sides: "3," and "," are words.
  std::string plain;
  if (thousands_ != '\0' && !has_groups(text, thousands_, decimal_)) return {CellReading::kText, 0.0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == thousands_) continue;
    if (c == '.' && decimal_ == ',') return {CellReading::kText, 0.0};
    if (c == decimal_ && decimal_ == ',' && (i + 1 == text.size() || !is_digit(text[i + 1]))) return {CellReading::kText, 0.0};
    plain += c == decimal_ ? '.' : c;
  }
  return read_number_text(plain);
}

namespace {

/// Reads whole numbers and single characters from front to back.
class DateText {
 public:
  explicit DateText(std::string_view text) : text_(text) {}
  bool at_end() const { return place_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[place_]; }
  bool skip(char c) {
    if (peek() != c) return false;
    ++place_;
    return true;
  }
  /// Reads a number of at most four digits; returns -1 if there is none.
  int number(std::size_t& digits) {
    digits = 0;
    int value = 0;
    for (; !at_end() && is_digit(text_[place_]) && digits < 5; ++digits) value = 10 * value + (text_[place_++] - '0');
    return digits == 0 || digits > 4 ? -1 : value;
  }

 private:
  std::string_view text_;
  std::size_t place_ = 0;
};

/// Returns the number of days from 1970-01-01 to a date of the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date
/// algorithms").
std::int64_t days_of(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::optional<double> date_seconds(int year, int month, int day) {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
  return 86400.0 * static_cast<double>(days_of(year, month, day));
}

/// Reads three numbers as a date.  The year comes first, or it comes last after the day and the month.  If it comes last and the numbers
/// are no valid day and month in this order, the month is taken to come before the day.
std::optional<double> date_of(int first, std::size_t first_digits, int second, int third, std::size_t third_digits) {
  if (first_digits == 4) return date_seconds(first, second, third);
  if (third_digits != 4 && third_digits != 2) return std::nullopt;
  const int year = third_digits == 4 ? third : third + (third < 70 ? 2000 : 1900);
  const std::optional<double> day_first = date_seconds(year, second, first);
  return day_first ? day_first : date_seconds(year, first, second);
}

/// Reads the minutes, and the seconds if there are any, that follow the hour.
bool read_time(DateText& text, int hour, char mark, double& seconds) {
  std::size_t digits = 0;
  const int minute = text.number(digits);
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || digits != 2) return false;
  int second = 0;
  if (text.skip(mark)) {
    second = text.number(digits);
    if (second < 0 || second > 60) return false;
    if (mark == ':' && text.skip('.')) {
      while (is_digit(text.peek())) text.skip(text.peek());
    }
  } else if (mark == '.') {
    return false;  // a text such as 12.30 is a number, not a time
  }
  seconds = 3600.0 * hour + 60.0 * minute + second;
  // A time zone is skipped, because what people do depends on their own time of day.
  text.skip(' ');
  if (text.skip('Z')) return text.at_end();
  if (text.skip('+') || text.skip('-')) {
    text.number(digits);
    if (text.skip(':')) text.number(digits);
  }
  return text.at_end();
}

}  // namespace

std::optional<CellDate> read_date(std::string_view trimmed) {
  if (trimmed.size() < 4 || trimmed.size() > 40 || !is_digit(trimmed.front())) return std::nullopt;
  DateText text(trimmed);
  std::size_t first_digits = 0;
  const int first = text.number(first_digits);
  const char mark = text.peek();
  CellDate date;
  if (first < 0 || (mark != '-' && mark != '/' && mark != '.' && mark != ':')) return std::nullopt;
  text.skip(mark);
  if (mark == ':') {
    date.has_time = first_digits <= 2 && read_time(text, first, ':', date.seconds);
    return date.has_time ? std::optional(date) : std::nullopt;
  }
  DateText clock = text;
  if (mark == '.' && first_digits <= 2 && read_time(clock, first, '.', date.seconds) && date.seconds < 86400.0) {
    date.has_time = true;  // a time of day such as 18.00.00
    return date;
  }
  std::size_t digits = 0;
  const int second = text.number(digits);
  std::optional<double> day;
  if (text.skip(mark)) {
    std::size_t third_digits = 0;
    const int third = text.number(third_digits);
    day = date_of(first, first_digits, second, third, third_digits);
  } else if (mark != '.' && first_digits == 4 && digits == 2) {
    day = date_seconds(first, second, 1);  // a month such as 2024-01
  }
  if (!day) return std::nullopt;
  date.has_date = true;
  date.seconds = *day;
  if (text.at_end()) return date;
  if (!text.skip('T')) {
    if (!text.skip(' ')) return std::nullopt;
    while (text.skip(' ')) {
    }
  }
  const int hour = text.number(digits);
  double clock_seconds = 0.0;
  if (!text.skip(':') || !read_time(text, hour, ':', clock_seconds)) return std::nullopt;
  date.has_time = true;
  date.seconds += clock_seconds;
  return date;
}

DateParts parts_of_date(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::floor(seconds));
  const std::int64_t days = whole >= 0 ? whole / 86400 : (whole - 86399) / 86400;
  const std::int64_t rest = whole - days * 86400;
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  DateParts parts;
  parts.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  parts.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  parts.year = static_cast<int>(year_of_era + era * 400 + (parts.month <= 2 ? 1 : 0));
  parts.weekday = static_cast<int>(((days % 7) + 7 + 3) % 7) + 1;
  parts.hour = static_cast<int>(rest / 3600);
  parts.minute = static_cast<int>(rest / 60 % 60);
  parts.second = static_cast<int>(rest % 60);
  return parts;
}

}  // namespace normrun::data
