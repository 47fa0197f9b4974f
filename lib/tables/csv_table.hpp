#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::tables {

/// The fields of one line of our own CSV (RFC 4180, no line breaks inside fields), without its newline.
std::vector<std::string> split_csv_line(std::string_view line);

/// One of our own tables in memory: header and rows, by column name.
class ResultTable {
 public:
  explicit ResultTable(std::string_view text);
  const std::vector<std::string>& header() const { return header_; }
  std::size_t rows() const { return rows_.size(); }
  /// The place of a column, or -1.
  int column(std::string_view name) const;
  const std::string& at(std::size_t row, int column) const { return rows_[row][static_cast<std::size_t>(column)]; }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace normrun::tables
