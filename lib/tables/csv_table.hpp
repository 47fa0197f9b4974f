#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::tables {

/// Splits a line of our own CSV, without its newline, into its fields (RFC 4180, no line breaks inside fields).
std::vector<std::string> split_csv_line(std::string_view line);

/// One of our own tables in memory: its header and its rows, read by column.
class ResultTable {
 public:
  explicit ResultTable(std::string_view text);
  const std::vector<std::string>& header() const { return header_; }
  std::size_t rows() const { return rows_.size(); }
  /// Returns the place of a column, or -1 where there is none.
  int column(std::string_view name) const;
  const std::string& at(std::size_t row, int column) const { return rows_[row][static_cast<std::size_t>(column)]; }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace normrun::tables
