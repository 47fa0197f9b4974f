#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normrun::data {

/// A cell without the blanks around it.
std::string_view trimmed_cell(std::string_view text);

enum class CellReading { kNumber, kMissing, kNotFinite, kOutOfRange, kText };
struct CellNumber {
  CellReading reading = CellReading::kText;
  double value = 0.0;
};

/// Reads cells as numbers, without regard to the locale.
class CellReader {
 public:
  CellReader() = default;
  /// `decimal`: '.' or ','; `thousands`: what stands between groups of three digits, '\0' for nothing; `missing`: words that
  /// mean "no value" beside the usual ones.
  CellReader(char decimal, char thousands, const std::vector<std::string>& missing);

  /// The number that the cell is, correctly rounded.  Empty cells and words such as NA are kMissing.
  CellNumber read(std::string_view cell) const;
  /// The same without missing words: "NA" is kText, and an empty cell kMissing.
  CellNumber read_plain(std::string_view cell) const;
  /// Whether the user named this word as missing.
  bool is_listed_missing(std::string_view trimmed) const;

 private:
  char decimal_ = '.';
  char thousands_ = '\0';
  std::vector<std::string> missing_;
  std::vector<double> missing_numbers_;
};

/// Whether the word usually means "no value": NA, N/A, NaN, null, None, "?" and their like.
bool is_usual_missing(std::string_view trimmed);

/// A date, a date with a time, or a time of day, in seconds from 1970-01-01 00:00 (times of day: from midnight).
struct CellDate {
  double seconds = 0.0;
  bool has_date = false;
  bool has_time = false;
};
/// Reads 2024-01-31, 2024/01/31, 31/01/2024, 31.01.2024, 01/31/2024, 2024-01, 2024-01-31T12:30:00Z, 12:30, 12.30.00 and their like.
/// Where day and month could be either, the day comes first.
std::optional<CellDate> read_date(std::string_view trimmed);

struct DateParts {
  int year = 1970;
  int month = 1;
  int day = 1;
  int weekday = 4;  // from Monday = 1 to Sunday = 7
  int hour = 0;
  int minute = 0;
  int second = 0;
};
DateParts parts_of_date(double seconds);

}  // namespace normrun::data
