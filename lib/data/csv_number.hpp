#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normrun::data {

/// Returns a cell without the blanks around it.
std::string_view trimmed_cell(std::string_view text);

enum class CellReading { kNumber, kMissing, kNotFinite, kOutOfRange, kText };
struct CellNumber {
  CellReading reading = CellReading::kText;
  double value = 0.0;
};

/// Reads cells as numbers, independently of the locale.
class CellReader {
 public:
  CellReader() = default;
  /// `decimal` is '.' or ','.  `thousands` is the character between groups of three digits; '\0' means that there is none.  `missing` lists
  /// words that mean "no value", in addition to the usual ones.
  CellReader(char decimal, char thousands, const std::vector<std::string>& missing);

  /// Reads a cell as a correctly rounded number.  Empty cells and words such as NA are kMissing.
  CellNumber read(std::string_view cell) const;
  /// Reads a cell like read(), but knows no words for missing values: "NA" is kText, and only an empty cell is kMissing.
  CellNumber read_plain(std::string_view cell) const;
  /// Returns whether the user named this word as missing.
  bool is_listed_missing(std::string_view trimmed) const;

 private:
  char decimal_ = '.';
  char thousands_ = '\0';
  std::vector<std::string> missing_;
  std::vector<double> missing_numbers_;
};

/// Returns whether the word usually means "no value": NA, N/A, NaN, null, None, "?" and the like.
bool is_usual_missing(std::string_view trimmed);

/// A date, a date with a time, or a time of day.  `seconds` counts from 1970-01-01 00:00, or from midnight for a time of day.
struct CellDate {
  double seconds = 0.0;
  bool has_date = false;
  bool has_time = false;
};
/// Reads a date or a time such as 2024-01-31, 2024/01/31, 31/01/2024, 31.01.2024, 01/31/2024, 2024-01, 2024-01-31T12:30:00Z, 12:30 or
/// 12.30.00.  If both orders are possible, the day comes before the month.
std::optional<CellDate> read_date(std::string_view trimmed);

struct DateParts {
  int year = 1970;
  int month = 1;
  int day = 1;
  int weekday = 4;  // Monday is 1, Sunday is 7
  int hour = 0;
  int minute = 0;
  int second = 0;
};
DateParts parts_of_date(double seconds);

}  // namespace normrun::data
