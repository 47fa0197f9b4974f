#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normrun::tables {

/// Splits our own CSV into the fields of its lines (RFC 4180: a field in quotes may hold line breaks).
std::vector<std::vector<std::string>> split_csv(std::string_view text);
/// Splits one line, without its newline.
std::vector<std::string> split_csv_line(std::string_view line);
/// Returns the number in a field of our tables, or nothing if the field is anything else.
std::optional<double> find_number(std::string_view field);
/// Returns the number in a field, or NaN if the field is anything else.
double read_number(std::string_view field);

/// One of our own tables in memory: its header and its rows, read by column.
class ResultTable {
 public:
  explicit ResultTable(std::string_view text);
  const std::vector<std::string>& header() const { return header_; }
  std::size_t rows() const { return rows_.size(); }
  /// Returns the place of a column, or -1 if there is none.
  int column(std::string_view name) const;
  const std::string& at(std::size_t row, int column) const { return rows_[row][static_cast<std::size_t>(column)]; }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace normrun::tables
